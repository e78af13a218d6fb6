//! Deciding about commands, as versions do that parse them (2.1).

use super::bash_files::OnPath;
use super::decide::asked_by_rule;
use super::rule::Commands;
use super::shell::flatten;
use super::shell::parts::{Argument, Part, Parts, parts};
use super::shell::{Script, hazards, parse, read_only, wrappers};
use super::{
    Behavior, Capabilities, Decision, Permissions, Question, Source, ToolUse, Update, suggest,
    wording,
};

/// Programs that change files, which `acceptEdits` allows.
const ON_FILES: [&str; 7] = ["touch", "mkdir", "rm", "rmdir", "mv", "cp", "sed"];

impl Permissions {
    pub(super) fn decide_command(&self, capabilities: &Capabilities, call: &ToolUse) -> Decision {
        let Some(command) = call.input["command"].as_str() else {
            return ask(
                wording::NEEDS_APPROVAL.to_owned(),
                "other",
                Some(Vec::new()),
            );
        };
        let command = command.trim();
        let script = parse(command);
        if let Some(held) = self.whole(Behavior::Deny, "Bash") {
            return deny(command, "rule", Some(held.source));
        }
        if capabilities.shell < 3 {
            return self.decide_by_words(capabilities, call, command, script.as_ref().ok());
        }
        if let Some(denied) = self.ruled_out(Behavior::Deny, command, script.as_ref().ok()) {
            return denied;
        }
        if let Some(denied) = self.path_denied(capabilities, call, command, script.as_ref().ok()) {
            return denied;
        }
        if call.mode == "bypassPermissions" {
            return Decision::Allow("mode");
        }
        let home = self.home.to_string_lossy();
        let known = match &script {
            Ok(script) => parts(script, command, &home),
            Err(_) => Err(super::shell::unclear::Unclear::Unparsed),
        };
        let known = known.map(|known| self.without_idle_cd(known, call));
        let command = match &known {
            Ok(Parts { parts, .. }) => parts.first().map_or(command, |part| match part.start {
                start if command[..start].starts_with("cd ") => &command[start..],
                _ => command,
            }),
            Err(_) => command,
        };
        if let Ok(known) = &known
            && let Some(question) = self.dangers(capabilities, call, known)
        {
            return Decision::Ask(question);
        }
        if let Some(held) = self.asks_first(capabilities, "Bash") {
            return asked_by_rule(wording::needs_use("Bash"), held.source);
        }
        if let Some(asked) = self.ruled_out(Behavior::Ask, command, script.as_ref().ok()) {
            return asked;
        }
        if let Some(held) = self.whole(Behavior::Allow, "Bash") {
            return Decision::Granted(held.source);
        }
        let exact = |held: &super::Held| {
            let content = held.rule.content.as_deref();
            held.rule.tool == "Bash" && content == Some(command)
        };
        if let Some(held) = self.of(Behavior::Allow).find(|held| exact(held)) {
            return Decision::Granted(held.source);
        }
        let known = match known {
            Ok(known) => known,
            Err(unclear) => {
                let reason = unclear.reason(capabilities.shell >= 4);
                return ask(reason, "other", Some(Vec::new()));
            }
        };
        if let Some(reason) = known
            .parts
            .iter()
            .find_map(|part| hazards::reason(part, capabilities))
        {
            let suggestions = (reason != wording::SED).then(Vec::new);
            return ask(reason, "other", suggestions);
        }
        self.decide_parts(capabilities, call, command, &known)
    }

    /// Whether a command changes nothing, whatever is allowed.
    pub(crate) fn only_reads(&self, capabilities: &Capabilities, command: &str) -> bool {
        let home = self.home.to_string_lossy();
        let known = parse(command).ok();
        let known = known.and_then(|script| parts(&script, command, &home).ok());
        known.is_some_and(|known| {
            let reads = |part: &Part| {
                let mut written = part.files.iter().filter(|file| file.writes);
                read_only::is_read_only(part, capabilities)
                    && written.all(|file| file.to.text == "/dev/null")
            };
            !known.background && known.parts.iter().all(reads)
        })
    }

    /// Decides about a line whose commands are known.
    fn decide_parts(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
        command: &str,
        known: &Parts,
    ) -> Decision {
        if let Some(question) = self.folders_change(capabilities, call, command, known) {
            return Decision::Ask(question);
        }
        if known.subshell {
            return ask(wording::OPERATORS.to_owned(), "other", None);
        }
        for part in &known.parts {
            let found = self.on_paths(capabilities, call, command, known, part);
            let (answered, open): (Vec<OnPath>, Vec<OnPath>) = found
                .into_iter()
                .partition(|on_path| on_path.answered_by_rule);
            // What no rule for commands answers comes first.
            let answered = answered
                .into_iter()
                .filter(|_| self.allowed(part).is_none());
            if let Some(on_path) = open.into_iter().chain(answered).next() {
                return Decision::Ask(on_path.question);
            }
        }
        if known.background {
            return ask(wording::BACKGROUND.to_owned(), "safetyCheck", None);
        }
        let mut asked = Vec::new();
        let mut by_mode = false;
        let mut exact = None;
        let alone = known.parts.len() == 1 && !known.compound && !command.ends_with(';');
        for part in &known.parts {
            match self.allowed(part) {
                Some(named) => exact = named.filter(|_| alone),
                None => {
                    if let Some(question) = self.edits(capabilities, call, part) {
                        match question {
                            Some(question) => return Decision::Ask(question),
                            None => {
                                by_mode = true;
                                continue;
                            }
                        }
                    }
                    if read_only::is_read_only(part, capabilities) {
                        continue;
                    }
                    if part.program() == "sed" {
                        return ask(wording::SED.to_owned(), "other", None);
                    }
                    asked.push(part);
                }
            }
        }
        if asked.is_empty() {
            return match exact {
                Some(source) => Decision::Granted(source),
                None if by_mode && call.mode == "auto" => Decision::Allow("mode"),
                None => Decision::Allow("subcommandResults"),
            };
        }
        let texts: Vec<String> = asked.iter().map(|part| part.text.clone()).collect();
        let mut shown: Vec<String> = Vec::new();
        for part in asked {
            let text = if part.piped { &part.shown } else { &part.text };
            if !shown.contains(text) {
                shown.push(text.clone());
            }
        }
        // One version keeps each rule by itself.
        let at_once = if capabilities.shell == 2 {
            1
        } else {
            texts.len()
        };
        let suggested = texts.chunks(at_once);
        let suggested = suggested.map(|texts| suggest::commands(capabilities, texts));
        let suggestions = Some(suggested.collect());
        if known.parts.len() == 1 && !has_nested(known, command) {
            return ask(wording::NEEDS_APPROVAL.to_owned(), "other", suggestions);
        }
        Decision::Ask(Question {
            message: wording::parts(&shown),
            suggestions,
            kind: Some("subcommandResults"),
            ..Question::default()
        })
    }

    /// Whether a rule allows a command; its source, where it names just this one.
    pub(super) fn allowed(&self, part: &Part) -> Option<Option<Source>> {
        let unsafe_variable = part.sets.iter().any(|name| !wrappers::is_harmless(name));
        let whole = part.text.clone();
        let inner = wrappers::unwrapped(part);
        let mut written = vec![whole];
        let mut meant = Vec::new();
        if !unsafe_variable {
            written.push(inner.text.clone());
            meant.push(inner.plain());
        }
        meant.extend(wrappers::started_by_xargs(&inner));
        let rules = self
            .of(Behavior::Allow)
            .filter(|held| held.rule.tool == "Bash");
        let mut found = None;
        let contents = rules.filter_map(|held| Some((held.rule.content.as_deref()?, held.source)));
        for (content, source) in contents {
            let rule = Commands::parse(content);
            if written.iter().any(|way| rule.names(way)) {
                return Some(Some(source));
            }
            let exact = matches!(rule, Commands::Exact(_));
            if written.iter().any(|way| rule.cover(way))
                || (!exact && meant.iter().any(|way| rule.cover(way)))
            {
                found = Some(None);
            }
        }
        found
    }

    /// Whether a rule denies or asks about any command of a line, however it is started.
    pub(super) fn ruled_out(
        &self,
        behavior: Behavior,
        command: &str,
        script: Option<&Script>,
    ) -> Option<Decision> {
        let held = self.of(behavior).filter(|held| held.rule.tool == "Bash");
        let rules: Vec<(Commands, Source)> = held
            .filter_map(|held| Some((Commands::parse(held.rule.content.as_deref()?), held.source)))
            .collect();
        if rules.is_empty() {
            return None;
        }
        let home = self.home.to_string_lossy();
        let known = script.and_then(|script| parts(script, command, &home).ok());
        let decided = |part: Option<&Part>, kind: &'static str, source: Source| match behavior {
            Behavior::Deny => {
                let shown = part
                    .filter(|part| part.piped)
                    .map_or(command, |part| &part.text);
                deny(shown, kind, Some(source))
            }
            _ => asked_by_rule(wording::needs_use("Bash"), source),
        };
        if let Some(known) = &known {
            for part in &known.parts {
                let ways = wrappers::all_ways(part);
                let texts: Vec<String> = ways
                    .iter()
                    .flat_map(|way| [way.text.clone(), way.plain()])
                    .collect();
                let named = rules
                    .iter()
                    .find(|(rule, _)| texts.iter().any(|text| rule.names(text)));
                let alone = known.parts.len() == 1
                    && !part.text.starts_with("xargs ")
                    && part.shown == part.text;
                let alone = alone
                    || (known.parts.len() == 1
                        && !part.shown.contains("$(")
                        && part.program() != "xargs");
                if let Some((_, source)) = named.filter(|_| alone) {
                    return Some(decided(None, "rule", *source));
                }
                let found = rules
                    .iter()
                    .find(|(rule, _)| texts.iter().any(|text| rule.cover(text)));
                if let Some((_, source)) = found {
                    let kind = "subcommandResults";
                    return Some(match behavior {
                        Behavior::Ask if part.piped => Decision::Ask(Question {
                            message: wording::parts(std::slice::from_ref(&part.shown)),
                            kind: Some(kind),
                            ..Question::default()
                        }),
                        _ => decided(Some(part), kind, *source),
                    });
                }
            }
        } else {
            let mut texts = vec![command.to_owned()];
            let mut simple = Vec::new();
            if let Some(script) = script {
                flatten(script, &mut simple);
            }
            for simple in simple {
                // A word that is not known ends what is known of a command.
                let words = simple.words.iter().map_while(|word| word.literal());
                let part = Part {
                    words: words
                        .map(|text| Argument {
                            text,
                            ..Argument::default()
                        })
                        .collect(),
                    ..Part::default()
                };
                texts.extend(wrappers::all_ways(&part).iter().map(Part::plain));
            }
            let found = rules
                .iter()
                .find(|(rule, _)| texts.iter().any(|text| rule.cover(text)));
            if let Some((_, source)) = found {
                return Some(decided(None, "rule", *source));
            }
        }
        None
    }

    /// Whether the mode allows a command on files: None where it has no say, a question where it has doubts.
    fn edits(&self, _: &Capabilities, call: &ToolUse, part: &Part) -> Option<Option<Question>> {
        if !matches!(call.mode, "acceptEdits" | "auto") || !part.sets.is_empty() {
            return None;
        }
        let program = part.program();
        if !ON_FILES.contains(&program) || part.words[0].quoted {
            return None;
        }
        let flags = part.words[1..]
            .iter()
            .any(|word| word.text.starts_with('-'));
        match program {
            "touch" if flags => None,
            "sed" if hazards::is_printing_sed(part) => None,
            "sed" if !hazards::is_replacing_sed(part) => Some(Some(Question {
                message: wording::SED.to_owned(),
                kind: Some("other"),
                reason: Some(wording::SED.to_owned()),
                ..Question::default()
            })),
            _ => Some(None),
        }
    }
}

/// Whether there is more to a line than its one command.
fn has_nested(known: &Parts, command: &str) -> bool {
    known.parts.len() == 1 && known.parts[0].sets.iter().any(|_| command.contains("$("))
}

fn ask(reason: String, kind: &'static str, suggestions: Option<Vec<Update>>) -> Decision {
    Decision::Ask(Question {
        message: reason.clone(),
        suggestions,
        kind: Some(kind),
        reason: Some(reason),
        approvable: (kind == "safetyCheck").then_some(false),
        ..Question::default()
    })
}

pub(super) fn deny(command: &str, kind: &'static str, rule_source: Option<Source>) -> Decision {
    Decision::Deny {
        message: format!("Permission to use Bash with command {command} has been denied."),
        kind: Some(kind),
        reason: None,
        rule_source,
    }
}
