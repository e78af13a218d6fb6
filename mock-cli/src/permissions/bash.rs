//! Deciding about commands, as versions do that parse them (2.1).

use super::decide::{accepting, asked_by_rule};
use super::rule::Commands;
use super::shell::files::{self, OnFiles, Use};
use super::shell::parts::{Argument, Part, Parts, flatten, parts};
use super::shell::{Script, hazards, parse, read_only, wrappers};
use super::{
    Behavior, Capabilities, Decision, Permissions, Question, ToolUse, Update, expand, resolve,
    suggest, updates, wording,
};
use std::path::{Path, PathBuf};

/// Programs that change files, which `acceptEdits` allows.
const ON_FILES: [&str; 7] = ["touch", "mkdir", "rm", "rmdir", "mv", "cp", "sed"];

/// A question about a file, and whether a rule for the command answers it.
struct OnPath {
    question: Question,
    answered_by_rule: bool,
}

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
        if self.whole(Behavior::Deny, "Bash").is_some() {
            return deny(command, "rule");
        }
        if capabilities.shell < 3 {
            return self.decide_by_words(capabilities, call, command, script.as_ref().ok());
        }
        if let Some(denied) = self.ruled_out(Behavior::Deny, command, script.as_ref().ok()) {
            return denied;
        }
        if let Some(denied) = self.path_denied(call, command, script.as_ref().ok()) {
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
        if let Some(held) = self.whole(Behavior::Ask, "Bash") {
            return asked_by_rule(wording::needs_use("Bash"), held.source);
        }
        if self.whole(Behavior::Allow, "Bash").is_some() {
            return Decision::Allow("rule");
        }
        let exact = |held: &super::Held| {
            let content = held.rule.content.as_deref();
            held.rule.tool == "Bash" && content == Some(command)
        };
        if self.of(Behavior::Allow).any(exact) {
            return Decision::Allow("rule");
        }
        let known = match known {
            Ok(known) => known,
            Err(unclear) => {
                let reason = unclear.reason(capabilities.shell >= 4);
                return ask(reason, "other", Some(Vec::new()));
            }
        };
        if let Some(asked) = self.ruled_out(Behavior::Ask, command, script.as_ref().ok()) {
            return asked;
        }
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
        let mut exact = known.parts.len() == 1 && !known.compound;
        for part in &known.parts {
            match self.allowed(part) {
                Some(named) => exact &= named,
                None => {
                    exact = false;
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
            let ended = command.ends_with(';');
            if by_mode && call.mode == "auto" {
                return Decision::Allow("mode");
            }
            return Decision::Allow(if exact && !ended {
                "rule"
            } else {
                "subcommandResults"
            });
        }
        let texts: Vec<String> = asked.iter().map(|part| part.text.clone()).collect();
        let mut shown: Vec<String> = Vec::new();
        for part in asked {
            let text = if part.piped { &part.shown } else { &part.text };
            if !shown.contains(text) {
                shown.push(text.clone());
            }
        }
        let suggestions = Some(vec![suggest::commands(capabilities, &texts)]);
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

    /// Whether a rule allows a command; whether it names just this one.
    fn allowed(&self, part: &Part) -> Option<bool> {
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
        for content in rules.filter_map(|held| held.rule.content.as_deref()) {
            let rule = Commands::parse(content);
            if written.iter().any(|way| rule.names(way)) {
                return Some(true);
            }
            let exact = matches!(rule, Commands::Exact(_));
            if written.iter().any(|way| rule.cover(way))
                || (!exact && meant.iter().any(|way| rule.cover(way)))
            {
                found = Some(false);
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
        let rules: Vec<(Commands, super::Source)> = held
            .filter_map(|held| Some((Commands::parse(held.rule.content.as_deref()?), held.source)))
            .collect();
        if rules.is_empty() {
            return None;
        }
        let home = self.home.to_string_lossy();
        let known = script.and_then(|script| parts(script, command, &home).ok());
        let decided =
            |part: Option<&Part>, kind: &'static str, source: super::Source| match behavior {
                Behavior::Deny => {
                    let shown = part
                        .filter(|part| part.piped)
                        .map_or(command, |part| &part.text);
                    deny(shown, kind)
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

    /// Whether a rule on files denies a file that a command names.
    pub(super) fn path_denied(
        &self,
        call: &ToolUse,
        command: &str,
        script: Option<&Script>,
    ) -> Option<Decision> {
        let mut on_files = self.of(Behavior::Deny).map(|held| held.rule.tool.as_str());
        if !on_files.any(|tool| matches!(tool, "Read" | "Edit")) {
            return None;
        }
        let home = self.home.to_string_lossy();
        let known = parts(script?, command, &home).ok()?;
        let mut base = call.folder.to_owned();
        for part in &known.parts {
            let inner = wrappers::unwrapped(part);
            let denied = |named: &Argument, rules: &[&str]| {
                let text = named.text.split(['*', '?', '[']).next().unwrap_or_default();
                let path = expand(text, &base, &self.home);
                let from_start = expand(text, call.folder, &self.home);
                [path, from_start]
                    .iter()
                    .any(|path| self.path_rule(Behavior::Deny, rules, path).is_some())
            };
            let redirected = part
                .files
                .iter()
                .any(|file| denied(&file.to, if file.writes { &["Edit"] } else { &["Read"] }));
            let named = files::program(inner.program()).is_some_and(|program| {
                let rules: &[&str] = match (program.uses, program.name) {
                    (Use::Looks, _) => &["Read"],
                    (_, "cp" | "mv" | "sed") => &["Read", "Edit"],
                    (Use::Writes, _) => &["Edit"],
                };
                files::named(program, &inner, &home)
                    .iter()
                    .any(|named| denied(named, rules))
            });
            if redirected || named {
                let shown = if part.piped { &part.shown } else { command };
                return Some(deny(shown, "subcommandResults"));
            }
            if part.program() == "cd" {
                if let Some(to) = part.words.get(1) {
                    base = expand(&to.text, &base, &self.home);
                }
            }
        }
        None
    }

    /// The questions that no rule for commands answers: protected files, and removals of too much.
    fn dangers(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
        known: &Parts,
    ) -> Option<Question> {
        for part in &known.parts {
            let inner = wrappers::unwrapped(part);
            let program = files::program(inner.program()).filter(|p| p.uses == Use::Writes);
            let mut paths: Vec<PathBuf> = Vec::new();
            let home = self.home.to_string_lossy();
            if let Some(program) = program {
                for named in files::named(program, &inner, &home) {
                    let path = expand(&named.text, call.folder, &self.home);
                    if matches!(program.name, "rm" | "rmdir")
                        && let Some(question) = self.removes_too_much(program, &named.text, &path)
                    {
                        return Some(question);
                    }
                    paths.push(path);
                }
            }
            let redirected = part.files.iter().filter(|file| file.writes);
            paths.extend(redirected.map(|file| expand(&file.to.text, call.folder, &self.home)));
            for path in paths {
                if let Some(mut question) = self.protected(capabilities, call, &path) {
                    let folder = suggest::folder_of(&path).display().to_string();
                    let redirects = program.is_none();
                    let list = [
                        Some(updates::directories(vec![folder])),
                        (accepting(call) && !redirects).then(updates::accept_edits),
                    ];
                    question.suggestions = Some(list.into_iter().flatten().collect());
                    question.blocked_path = Some(path.display().to_string());
                    return Some(question);
                }
            }
        }
        None
    }

    fn removes_too_much(&self, program: &OnFiles, named: &str, path: &Path) -> Option<Question> {
        let all = named == "*" || named.ends_with("/*");
        let what = if all {
            path.parent().unwrap_or(path)
        } else {
            path
        };
        let top = what.parent().is_none_or(|parent| parent == Path::new("/"));
        let critical = top || what == self.home;
        let own = self.cwd.starts_with(what);
        if !critical && !own {
            return None;
        }
        let (name, shown) = (program.name, path.display());
        let kind = match critical {
            true => "critical path",
            false => "working directory or its ancestor",
        };
        Some(Question {
            message: format!(
                "Dangerous {name} operation detected: '{shown}'\n\n(The rest of this notice is the stand-in's own.)"
            ),
            suggestions: Some(Vec::new()),
            blocked_path: None,
            kind: Some("safetyCheck"),
            approvable: Some(false),
            rule_source: None,
            reason: Some(format!("Dangerous {name} operation on {kind}: {shown}")),
        })
    }

    /// A line without a first change to the folder in which it runs anyway.
    fn without_idle_cd(&self, mut known: Parts, call: &ToolUse) -> Parts {
        let idle = |part: &Part| {
            let target = part
                .words
                .get(1)
                .map(|word| expand(&word.text, call.folder, &self.home));
            part.program() == "cd"
                && part.words.len() == 2
                && target.as_deref() == Some(call.folder)
        };
        if known.parts.len() > 1 && known.parts.first().is_some_and(idle) {
            known.parts.remove(0);
        }
        known
    }

    /// The question about a line that changes the folder and does something that depends on it.
    fn folders_change(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
        command: &str,
        known: &Parts,
    ) -> Option<Question> {
        let changes = known
            .parts
            .iter()
            .filter(|part| part.program() == "cd")
            .count();
        let question = |message: String, reason: String, suggestions| Question {
            message,
            suggestions,
            kind: Some("other"),
            reason: Some(reason),
            ..Question::default()
        };
        let plain = |text: &str| question(text.to_owned(), text.to_owned(), None);
        if changes == 0 || known.parts.len() < 2 {
            return None;
        }
        if changes > 1 {
            return Some(plain(wording::FOLDERS));
        }
        if known
            .parts
            .iter()
            .any(|part| wrappers::unwrapped(part).program() == "git")
        {
            return Some(plain(wording::folder_then_git(capabilities)));
        }
        let redirects = |part: &Part| {
            let away = |path: &str| path != "/dev/null";
            part.files
                .iter()
                .any(|file| file.writes && away(&file.to.text))
        };
        if known.parts.iter().any(redirects) {
            let (reason, message) = wording::folder_then_write(true);
            return Some(question(message, reason, None));
        }
        let home = self.home.to_string_lossy();
        let writes = |part: &Part| {
            let inner = wrappers::unwrapped(part);
            let program = files::program(inner.program()).filter(|p| p.uses == Use::Writes);
            let changes = !hazards::is_printing_sed(&inner);
            program.is_some_and(|p| changes && !files::named(p, &inner, &home).is_empty())
        };
        let unallowed = known
            .parts
            .iter()
            .filter(|part| self.allowed(part).is_none());
        if unallowed.clone().any(writes) {
            let (reason, message) = wording::folder_then_write(false);
            let mut list = Vec::new();
            if accepting(call) {
                list.push(suggest::commands(capabilities, &[command.to_owned()]));
                list.push(updates::accept_edits());
            }
            return Some(question(message, reason, Some(list)));
        }
        None
    }

    /// The question about the first file of a command that is not simply one to be looked at within the folders.
    fn on_paths(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
        command: &str,
        known: &Parts,
        part: &Part,
    ) -> Vec<OnPath> {
        let mut found = Vec::new();
        let home = self.home.to_string_lossy();
        for file in &part.files {
            let by = match file.writes {
                true => "Output redirection to",
                false => "Input redirection from",
            };
            let does = (!file.writes).then_some("read files in");
            found.extend(self.on_path(
                capabilities,
                call,
                command,
                known,
                &file.to,
                by,
                does,
                true,
            ));
        }
        let inner = wrappers::unwrapped(part);
        let Some(program) = files::program(inner.program()) else {
            return found;
        };
        if program.uses == Use::Writes {
            let flags = inner.words[1..]
                .iter()
                .any(|word| word.text.starts_with('-') && word.text != "-");
            match program.name {
                "mv" | "cp" if flags => {
                    let reason = format!(
                        "{} command with flags requires manual approval",
                        program.name
                    );
                    let question = Question {
                        message: reason.clone(),
                        suggestions: Some(Vec::new()),
                        kind: Some("other"),
                        reason: Some(reason),
                        ..Question::default()
                    };
                    found.push(OnPath {
                        question,
                        answered_by_rule: true,
                    });
                    return found;
                }
                _ => {}
            }
        }
        let printing = hazards::is_printing_sed(&inner);
        for named in files::named(program, &inner, &home) {
            let looks = program.uses == Use::Looks || printing;
            let does = looks.then_some(program.does);
            let by = format!("{} in", program.name);
            found.extend(self.on_path(
                capabilities,
                call,
                command,
                known,
                &named,
                &by,
                does,
                false,
            ));
        }
        found
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "all of a question about one file"
    )]
    fn on_path(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
        command: &str,
        known: &Parts,
        named: &Argument,
        by: &str,
        does: Option<&str>,
        redirects: bool,
    ) -> Option<OnPath> {
        let text = named.text.as_str();
        if redirects && matches!(text, "/dev/null") {
            return None;
        }
        let manual = |reason: &str, blocked: bool, suggestions: Option<Vec<Update>>| {
            let question = Question {
                message: reason.to_owned(),
                suggestions,
                blocked_path: blocked.then(|| text.to_owned()),
                kind: Some("other"),
                reason: Some(reason.to_owned()),
                ..Question::default()
            };
            Some(OnPath {
                question,
                answered_by_rule: false,
            })
        };
        if redirects && (text.starts_with("/dev/tcp") || text.starts_with("/dev/udp")) {
            return manual(wording::NETWORK, false, None);
        }
        if text.starts_with('~') && !(text == "~" || text.starts_with("~/")) {
            return manual(wording::TILDE, true, None);
        }
        let globbed = !named.quoted && text.contains(['*', '?', '[']);
        let expands = text.contains(['$', '`']) && !named.quoted;
        if expands || named.unknown || (redirects && (globbed || text.starts_with('~'))) {
            return manual(wording::EXPANSION, false, None);
        }
        if globbed && does.is_none() {
            let folder = call.folder.display().to_string();
            let list = [
                Some(suggest::commands(capabilities, &[command.to_owned()])),
                Some(updates::directories(vec![folder])),
                accepting(call).then(updates::accept_edits),
            ];
            return manual(
                wording::GLOB,
                true,
                Some(list.into_iter().flatten().collect()),
            );
        }
        let plain =
            match text.find(['*', '?', '[']).filter(|_| globbed) {
                Some(at) => text[..at].rsplit_once('/').map_or("", |(folder, _)| {
                    if folder.is_empty() { "/" } else { folder }
                }),
                None => text,
            };
        // A change of folder may move what is named from there.
        let changed = known
            .parts
            .iter()
            .filter(|part| part.program() == "cd" && !by.starts_with("cd "));
        let mut bases = vec![call.folder.to_owned()];
        for change in changed {
            if let Some(to) = change.words.get(1) {
                bases.push(expand(&to.text, call.folder, &self.home));
            }
        }
        let paths: Vec<PathBuf> = bases
            .iter()
            .map(|base| expand(plain, base, &self.home))
            .collect();
        let away = paths.iter().find(|path| !self.inside(path));
        let path = away.unwrap_or(&paths[0]);
        let allowed: &[&str] = if does.is_some() {
            &["Read", "Edit"]
        } else {
            &["Edit"]
        };
        let inside = away.is_none();
        let read = does.is_some();
        if self.path_rule(Behavior::Allow, allowed, path).is_some() {
            return None;
        }
        let climbs = climbs(plain);
        if inside && climbs {
            let list = (!read).then(|| {
                vec![
                    suggest::commands(capabilities, &[command.to_owned()]),
                    updates::directories(vec![suggest::folder_of(path).display().to_string()]),
                ]
            });
            return manual(wording::DOTS, true, list);
        }
        let real = resolve(path);
        let out = inside && !real.as_deref().is_some_and(|real| self.inside(real));
        if inside && !out && (read || matches!(call.mode, "acceptEdits" | "auto")) {
            return None;
        }
        let folders: Vec<String> = self
            .folders()
            .map(|f| format!("'{}'", f.display()))
            .collect();
        let shown = match (&real, out) {
            (Some(real), true) => real.display().to_string(),
            _ => path.display().to_string(),
        };
        let mut list = Vec::new();
        let target = if out {
            real.as_deref().unwrap_or(path)
        } else {
            path
        };
        let folder = suggest::folder_of(target);
        if !out && folder != Path::new("/") {
            list.push(suggest::commands(capabilities, &[command.to_owned()]));
        }
        match read {
            true => list.extend(suggest::reading(capabilities, folder)),
            false => {
                list.push(updates::directories(vec![folder.display().to_string()]));
                list.extend((accepting(call) && !redirects).then(updates::accept_edits));
            }
        }
        let reason = out.then(|| wording::leads_out(path, target));
        let message = match &reason {
            Some(reason) => format!(
                "{} {reason}",
                wording::needs(if read { "read from" } else { "write to" }, path)
            ),
            None => wording::on_file(capabilities, by, &shown, does, inside, &folders.join(", ")),
        };
        let several = plain.contains("../") && climbs && read;
        Some(OnPath {
            question: Question {
                message,
                suggestions: (!several).then_some(list),
                blocked_path: Some(shown),
                kind: reason.as_ref().map(|_| "safetyCheck"),
                approvable: reason.as_ref().map(|_| true),
                rule_source: None,
                reason,
            },
            answered_by_rule: inside && !out && !redirects,
        })
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

/// Whether `..` follows a folder's name in a path, as it is written.
fn climbs(path: &str) -> bool {
    let mut named = false;
    for part in path.split('/') {
        match part {
            ".." if named => return true,
            "" | "." | ".." => {}
            _ => named = true,
        }
    }
    false
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

pub(super) fn deny(command: &str, kind: &'static str) -> Decision {
    Decision::Deny {
        message: format!("Permission to use Bash with command {command} has been denied."),
        kind: Some(kind),
        reason: None,
    }
}
