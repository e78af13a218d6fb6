//! Deciding about commands, as versions do that look at their words (1.0 and 2.0).
//!
//! They part a line at its operators, refuse what looks dangerous by its characters, and know each part by its words.
//! The line is parsed here all the same, so that what they would not understand is asked about.

use super::bash;
use super::decide::asked_by_rule;
use super::rule::Commands;
use super::shell::parts::{Argument, Part, Redirected, parts};
use super::shell::{Kind, Script, Word, hazards, known, looks, parse, pieces};
use super::{
    Behavior, Capabilities, Decision, Permissions, Question, ToolUse, Update, suggest, wording,
};
use std::path::Path;

/// Programs that change files, which `acceptEdits` allows.
const ON_FILES: [&str; 7] = ["touch", "mkdir", "rm", "rmdir", "mv", "cp", "sed"];

impl Permissions {
    /// Whether a command is one that has to be understood first: no rule speaks of it, and it may change something. A
    /// rule for the whole tool speaks of none, and what looks dangerous is not read any further. (Seen on 1.0.108 and 2.0.77.)
    #[must_use]
    pub(crate) fn is_unclear(&self, capabilities: &Capabilities, call: &ToolUse) -> bool {
        let command = call.input["command"].as_str().unwrap_or_default();
        let pieces = pieces(command);
        let clear = |piece: &&str| {
            let part = alone(piece, &self.home.to_string_lossy());
            part.is_some_and(|part| {
                part.files.is_empty() && known::is_read_only(&part, piece, capabilities)
            })
        };
        let harmless = !pieces.is_empty() && pieces.iter().all(clear) && !command.contains('>');
        let mut rules = self.clone();
        rules.rules.retain(|held| {
            held.behavior != Behavior::Allow
                || held.rule.content.is_some()
                || held.rule.tool != call.tool
        });
        let ruled = match rules.decide(capabilities, call) {
            Decision::Deny { .. } | Decision::Allow("subcommandResults") | Decision::Granted(_) => {
                true
            }
            Decision::Ask(question) => question.rule_source.is_some(),
            Decision::Allow(_) => false,
        };
        let hazard = looks::hazard(command, parse(command).ok().as_ref(), capabilities);
        !harmless && !ruled && hazard.is_none()
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
        if let Some(denied) = self.path_denied(capabilities, call, command, script) {
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
        if let Some(held) = self.whole(Behavior::Allow, "Bash") {
            return Decision::Granted(held.source);
        }
        if self.ruled_by_words(Behavior::Allow, capabilities, command, true) {
            return Decision::Granted(super::Source::CliArg);
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
                || known::is_read_only(&part, piece, capabilities)
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
            return Some(bash::deny(command, "rule", None));
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
            None,
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

pub(super) fn question(
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

pub(super) fn reading(capabilities: &Capabilities, folder: &Path) -> Vec<Update> {
    suggest::reading(capabilities, folder).into_iter().collect()
}

/// The one command that a part of a line is, if it is one that is understood.
pub(super) fn alone(piece: &str, home: &str) -> Option<Part> {
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
            text: text.unwrap_or_else(|| piece[word.span.clone()].trim_matches('"').to_owned()),
            ..Argument::default()
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
