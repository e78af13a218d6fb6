//! Deciding about commands, as versions do that look at their words (1.0 and 2.0).
//!
//! They part a line at its operators, refuse what looks dangerous by its characters, and know each part by its words.
//! The line is parsed here all the same, so that what they would not understand is asked about.

use super::bash;
use super::decide::asked_by_rule;
use super::rule::Commands;
use super::shell::files::{self, Use};
use super::shell::parts::{Argument, Part, Redirected, parts};
use super::shell::{Kind, Script, Word, hazards, looks, parse, pieces};
use super::{
    Behavior, Capabilities, Decision, Permissions, Question, ToolUse, Update, expand, resolve,
    suggest, updates, wording,
};
use std::path::Path;

/// Programs that change files, which `acceptEdits` allows.
const ON_FILES: [&str; 7] = ["touch", "mkdir", "rm", "rmdir", "mv", "cp", "sed"];

impl Permissions {
    /// Whether a command is one that has to be understood first: no rule speaks of it, and it may change something.
    #[must_use]
    pub(crate) fn is_unclear(&self, capabilities: &Capabilities, call: &ToolUse) -> bool {
        let command = call.input["command"].as_str().unwrap_or_default();
        let pieces = pieces(command);
        let clear = |piece: &&str| {
            let part = alone(piece, &self.home.to_string_lossy());
            part.is_some_and(|part| {
                part.files.is_empty() && looks::is_read_only(&part, piece, capabilities)
            })
        };
        let harmless = !pieces.is_empty() && pieces.iter().all(clear) && !command.contains('>');
        let ruled = matches!(
            self.decide(capabilities, call),
            Decision::Deny { .. } | Decision::Allow("rule" | "subcommandResults")
        );
        !harmless && !ruled
    }

    pub(super) fn decide_by_words(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
        command: &str,
        script: Option<&Script>,
    ) -> Decision {
        if let Some(denied) = self.denied_by_words(capabilities, command) {
            return denied;
        }
        if let Some(denied) = self.path_denied(call, command, script) {
            return denied;
        }
        if call.mode == "bypassPermissions" {
            return Decision::Allow("mode");
        }
        let asked = |content: Option<&str>| {
            let rules = self
                .of(Behavior::Ask)
                .filter(|held| held.rule.tool == "Bash");
            let mut fitting = rules.filter(|held| held.rule.content.as_deref() == content);
            fitting.next().map(|held| held.source)
        };
        if let Some(source) = asked(None).or_else(|| asked(Some(command))) {
            return asked_by_rule(wording::needs_use("Bash"), source);
        }
        if self.whole(Behavior::Allow, "Bash").is_some() {
            return Decision::Allow("rule");
        }
        if self.ruled_by_words(Behavior::Allow, capabilities, command, true) {
            return Decision::Allow("rule");
        }
        for piece in pieces(command) {
            if self.ruled_by_words(Behavior::Ask, capabilities, piece, false) {
                return asked_by_rule(wording::needs_use("Bash"), super::Source::CliArg);
            }
        }
        if let Some(hazard) = looks::hazard(command, script, capabilities) {
            let question = question(capabilities, hazard.reason, hazard.suggests.then(Vec::new));
            return Decision::Ask(question);
        }
        let home = self.home.to_string_lossy();
        let pieces = pieces(command);
        if capabilities.shell >= 2
            && let Some(question) = self.folders_and_words(capabilities, call, &pieces)
        {
            return Decision::Ask(question);
        }
        let mut asked: Vec<String> = Vec::new();
        for piece in &pieces {
            let Some(part) = alone(piece, &home) else {
                asked.push((*piece).to_owned());
                continue;
            };
            let piped = capabilities.shell < 2 && looks::has_pipe(script);
            let ruled =
                !piped && self.ruled_by_words(Behavior::Allow, capabilities, &part.text, false);
            if let Some(question) = self.file_question(capabilities, call, &part) {
                return Decision::Ask(question);
            }
            let sed = part.program() == "sed" && capabilities.shell >= 2 && !ruled;
            if sed && !hazards::is_printing_sed(&part) && !self.accepted(capabilities, call, &part)
            {
                let question = question(capabilities, wording::SED.to_owned(), None);
                return Decision::Ask(question);
            }
            let known = ruled
                || looks::is_read_only(&part, piece, capabilities)
                || self.accepted(capabilities, call, &part)
                || (part.words.is_empty() && part.sets.is_empty() && part.text.is_empty());
            if !known {
                asked.push(part.text.clone());
            }
        }
        if script.is_none() && asked.is_empty() {
            asked.push(command.to_owned());
        }
        let twice = command.contains("2>&1") && command.contains(">/dev/null");
        if capabilities.shell < 2 && twice {
            asked.push("/dev/null".to_owned());
        }
        if asked.is_empty() {
            return Decision::Allow("subcommandResults");
        }
        let mut unique = asked.clone();
        unique.dedup();
        let piped = capabilities.shell < 2 && looks::has_pipe(script);
        let suggestions = (!piped).then(|| vec![suggest::commands(capabilities, &unique)]);
        if pieces.len() == 1 {
            let question = question(
                capabilities,
                wording::NEEDS_APPROVAL.to_owned(),
                suggestions,
            );
            return Decision::Ask(question);
        }
        Decision::Ask(Question {
            message: wording::parts(&unique),
            suggestions,
            ..Question::default()
        })
    }

    /// Whether a rule denies a line, or a part of it as it is written.
    fn denied_by_words(&self, capabilities: &Capabilities, command: &str) -> Option<Decision> {
        let rule = |text: &str| self.ruled_by_words(Behavior::Deny, capabilities, text, false);
        if rule(command) {
            return Some(bash::deny(command, "rule"));
        }
        let home = self.home.to_string_lossy();
        let pieces = pieces(command);
        let denied = pieces.iter().find(|piece| {
            let part = alone(piece, &home);
            rule(piece)
                || part.is_some_and(|part| {
                    rule(&part.text) || (part.sets.is_empty() && rule(&part.plain()))
                })
        })?;
        let piped = looks::has_pipe(parse(command).ok().as_ref());
        Some(bash::deny(
            if piped { denied } else { command },
            "subcommandResults",
        ))
    }

    /// Whether a rule of a behavior speaks of a command as it is written; `alone` where it has to name all of it.
    fn ruled_by_words(
        &self,
        behavior: Behavior,
        capabilities: &Capabilities,
        text: &str,
        alone: bool,
    ) -> bool {
        let rules = self.of(behavior).filter(|held| held.rule.tool == "Bash");
        rules
            .filter_map(|held| held.rule.content.as_deref())
            .any(|content| {
                if alone {
                    return content == text;
                }
                let text = collapse(text);
                match Commands::parse(content) {
                    // The first versions take a prefix as it is.
                    Commands::Prefix(prefix) if capabilities.shell < 2 => text.starts_with(prefix),
                    Commands::Pattern(_) if capabilities.shell < 2 => false,
                    Commands::Pattern(pattern)
                        if pattern.ends_with(" *") && text == pattern[..pattern.len() - 2] =>
                    {
                        false
                    }
                    rule => rule.cover(&text),
                }
            })
    }

    /// The question about lines that change the folder more than once, or before they write.
    fn folders_and_words(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
        pieces: &[&str],
    ) -> Option<Question> {
        let home = self.home.to_string_lossy();
        let known: Vec<Part> = pieces
            .iter()
            .filter_map(|piece| alone(piece, &home))
            .collect();
        let changes = known.iter().filter(|part| part.program() == "cd").count();
        if changes == 0 || known.len() < 2 {
            return None;
        }
        if changes > 1 {
            return Some(question(capabilities, wording::FOLDERS.to_owned(), None));
        }
        let reply = |redirects: bool, suggestions| {
            let (reason, message) = wording::folder_then_write(redirects);
            Some(Question {
                message,
                ..question(capabilities, reason, suggestions)
            })
        };
        let redirects = |part: &Part| {
            part.files
                .iter()
                .any(|file| file.writes && file.to.text != "/dev/null")
        };
        if known.iter().any(redirects) {
            return reply(true, None);
        }
        let stays = known.iter().any(|part| {
            let to = part
                .words
                .get(1)
                .map(|word| expand(&word.text, call.folder, &self.home));
            part.program() == "cd" && to.as_deref() == Some(call.folder)
        });
        let writes = |part: &&Part| {
            let program = files::program(part.program());
            program.is_some_and(|p| p.uses == Use::Writes && p.name != "tee")
                && !hazards::is_printing_sed(part)
        };
        if known.iter().any(|part| writes(&part)) && !stays {
            let accept = Some(updates::accept_edits());
            return reply(false, Some(accept.into_iter().collect()));
        }
        None
    }

    /// The question about the first file of a command that may not simply be used.
    fn file_question(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
        part: &Part,
    ) -> Option<Question> {
        let home = self.home.to_string_lossy();
        let redirected = part
            .files
            .iter()
            .map(|file| (file.to.clone(), file.writes, None));
        let indexed = part.words.iter().any(|word| word.text == "--no-index");
        let program = files::program(part.program()).filter(|program| {
            program.name != "tee" && (program.name != "git" || (indexed && capabilities.shell >= 2))
        });
        let named = program.into_iter().flat_map(|program| {
            let looks = program.uses == Use::Looks;
            files::named(program, part, &home)
                .into_iter()
                .map(move |word| (word, !looks, Some(program)))
        });
        for (word, writes, program) in redirected.chain(named) {
            let text = word.text.as_str();
            if program.is_none() && text == "/dev/null" {
                continue;
            }
            let by = match program {
                Some(program) => format!("{} in", program.name),
                None => "Output redirection to".to_owned(),
            };
            if capabilities.shell >= 2 && text.contains(['$', '%']) {
                let folder = call.folder.display().to_string();
                let bare = !text.contains('/');
                let list = match (program.is_some(), writes) {
                    (false, _) => None,
                    (true, true) => Some(vec![
                        updates::directories(vec![folder]),
                        updates::accept_edits(),
                    ]),
                    (true, false) if bare => Some(reading(capabilities, call.folder)),
                    (true, false) => Some(Vec::new()),
                };
                return Some(Question {
                    blocked_path: program.map(|_| text.to_owned()),
                    ..question(capabilities, wording::EXPANSION.to_owned(), list)
                });
            }
            let globbed = !word.quoted && text.contains(['*', '?', '[']);
            if globbed && writes && capabilities.shell >= 2 {
                let list = vec![
                    updates::directories(vec![call.folder.display().to_string()]),
                    updates::accept_edits(),
                ];
                return Some(Question {
                    blocked_path: Some(text.to_owned()),
                    ..question(capabilities, wording::GLOB.to_owned(), Some(list))
                });
            }
            let plain = match text.find(['*', '?', '[']).filter(|_| globbed) {
                Some(at) => match text[..at].rsplit_once('/') {
                    Some(("", _)) => "/",
                    Some((folder, _)) => folder,
                    None => "",
                },
                None => text,
            };
            let path = expand(plain, call.folder, &self.home);
            let allowed: &[&str] = if writes { &["Edit"] } else { &["Read", "Edit"] };
            if self.path_rule(Behavior::Allow, allowed, &path).is_some() {
                continue;
            }
            if writes
                && capabilities.shell >= 2
                && let Some(question) =
                    self.protected_by_words(capabilities, call, &path, program.is_some())
            {
                return Some(question);
            }
            let real = resolve(&path);
            let inside =
                self.inside(&path) && real.as_deref().is_some_and(|real| self.inside(real));
            if inside {
                continue;
            }
            let shown = if self.inside(&path) {
                real.as_deref().unwrap_or(&path)
            } else {
                &path
            };
            let folder = suggest::folder_of(shown);
            let folders: Vec<String> = self
                .folders()
                .map(|f| format!("'{}'", f.display()))
                .collect();
            let does = program.map_or("write to files in", |program| program.does);
            let suggestions = match writes {
                true => {
                    let mode = program.is_some();
                    let mut list = vec![updates::directories(vec![folder.display().to_string()])];
                    list.extend(mode.then(updates::accept_edits));
                    list
                }
                false => reading(capabilities, folder),
            };
            let path = shown.display().to_string();
            return Some(Question {
                message: wording::on_file(
                    capabilities,
                    &by,
                    &path,
                    Some(does),
                    false,
                    &folders.join(", "),
                ),
                suggestions: Some(suggestions),
                blocked_path: Some(path),
                ..Question::default()
            });
        }
        None
    }

    fn protected_by_words(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
        path: &Path,
        program: bool,
    ) -> Option<Question> {
        let found = self.protected(capabilities, call, path)?;
        let folder = suggest::folder_of(path).display().to_string();
        let mut list = vec![updates::directories(vec![folder])];
        list.extend(
            (program && matches!(call.mode, "default" | "plan")).then(updates::accept_edits),
        );
        Some(Question {
            suggestions: Some(list),
            blocked_path: Some(path.display().to_string()),
            kind: None,
            approvable: None,
            reason: found.reason.filter(|_| program),
            ..found
        })
    }

    /// Whether the mode allows a command on files.
    fn accepted(&self, capabilities: &Capabilities, call: &ToolUse, part: &Part) -> bool {
        let replaces =
            part.program() != "sed" || (capabilities.shell >= 2 && hazards::is_replacing_sed(part));
        matches!(call.mode, "acceptEdits")
            && part.sets.is_empty()
            && ON_FILES.contains(&part.program())
            && !part.words.iter().any(|word| word.unknown)
            && replaces
    }
}

fn question(
    capabilities: &Capabilities,
    reason: String,
    suggestions: Option<Vec<Update>>,
) -> Question {
    Question {
        message: reason.clone(),
        suggestions,
        reason: (capabilities.shell >= 2).then_some(reason),
        ..Question::default()
    }
}

fn reading(capabilities: &Capabilities, folder: &Path) -> Vec<Update> {
    suggest::reading(capabilities, folder).into_iter().collect()
}

/// The one command that a part of a line is, if it is one that is understood.
fn alone(piece: &str, home: &str) -> Option<Part> {
    let script = parse(piece).ok()?;
    let Ok(known) = parts(&script, piece, home) else {
        return unknown(&script, piece);
    };
    if known.subshell || known.background || known.compound {
        return None;
    }
    match known.parts.as_slice() {
        [part] => Some(part.clone()),
        // A variable alone is set.
        [] if !piece.trim_start().starts_with('#') => None,
        [] => Some(Part::default()),
        _ => None,
    }
}

/// A simple command with words that are known only when it runs: these as they are written.
fn unknown(script: &Script, piece: &str) -> Option<Part> {
    let [statement] = script.statements.as_slice() else {
        return None;
    };
    let [(_, pipeline)] = statement.pipelines.as_slice() else {
        return None;
    };
    let [command] = pipeline.commands.as_slice() else {
        return None;
    };
    let Kind::Simple(simple) = &command.kind else {
        return None;
    };
    let argument = |word: &Word| {
        let text = word.literal();
        Argument {
            unknown: text.is_none(),
            quoted: false,
            text: text.unwrap_or_else(|| piece[word.span.clone()].trim_matches('"').to_owned()),
        }
    };
    Some(Part {
        text: piece.to_owned(),
        words: simple.words.iter().map(argument).collect(),
        sets: simple
            .assignments
            .iter()
            .map(|set| set.name.clone())
            .collect(),
        files: command
            .redirects
            .iter()
            .map(|redirect| Redirected {
                to: argument(&redirect.target),
                writes: redirect.operator.contains('>'),
            })
            .collect(),
        ..Part::default()
    })
}

/// A command with one blank between its words, as long as there are no quotes in it.
fn collapse(text: &str) -> String {
    match text.contains(['\'', '"', '\\', '\n']) {
        true => text.to_owned(),
        false => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}
