//! The files that a command would work on, as versions see them that parse it (2.1).

use super::bash::deny;
use super::decide::accepting;
use super::shell::files::{self, OnFiles, Use};
use super::shell::parts::{Argument, Part, Parts, parts};
use super::shell::{Script, hazards, wrappers};
use super::wording::Works;
use super::{
    Behavior, Capabilities, Decision, Permissions, Question, ToolUse, Update, expand, resolve,
    suggest, updates, wording,
};
use std::path::{Path, PathBuf};

/// A question about a file, and whether a rule for the command answers it.
pub(super) struct OnPath {
    pub(super) question: Question,
    pub(super) answered_by_rule: bool,
}

impl Permissions {
    /// Whether a rule on files denies a file that a command names.
    pub(super) fn path_denied(
        &self,
        capabilities: &Capabilities,
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
                    .find_map(|path| self.path_rule(Behavior::Deny, rules, path))
                    .map(|held| held.source)
            };
            let redirected = part
                .files
                .iter()
                .find_map(|file| denied(&file.to, if file.writes { &["Edit"] } else { &["Read"] }));
            let named = files::program(inner.program(), capabilities).and_then(|program| {
                let rules: &[&str] = match (program.uses, program.name) {
                    (Use::Looks, _) => &["Read"],
                    (_, "cp" | "mv" | "sed") => &["Read", "Edit"],
                    (Use::Writes, _) => &["Edit"],
                };
                files::named(program, &inner, &home)
                    .iter()
                    .find_map(|named| denied(named, rules))
            });
            if let Some(source) = redirected.or(named) {
                let shown = if part.piped { &part.shown } else { command };
                return Some(deny(shown, "subcommandResults", Some(source)));
            }
            if part.program() == "cd"
                && let Some(to) = part.words.get(1)
            {
                base = expand(&to.text, &base, &self.home);
            }
        }
        None
    }

    /// The questions that no rule for commands answers: protected files, and removals of too much.
    pub(super) fn dangers(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
        known: &Parts,
    ) -> Option<Question> {
        for part in &known.parts {
            let inner = wrappers::unwrapped(part);
            let program =
                files::program(inner.program(), capabilities).filter(|p| p.uses == Use::Writes);
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
    pub(super) fn without_idle_cd(&self, mut known: Parts, call: &ToolUse) -> Parts {
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
    pub(super) fn folders_change(
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
            let program =
                files::program(inner.program(), capabilities).filter(|p| p.uses == Use::Writes);
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
    pub(super) fn on_paths(
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
            let works = Works {
                looks: !file.writes,
                does: match file.writes {
                    true => "write to files in",
                    false => "read files in",
                },
            };
            found.extend(self.on_path(
                capabilities,
                call,
                command,
                known,
                &file.to,
                by,
                works,
                true,
            ));
        }
        let inner = wrappers::unwrapped(part);
        let Some(program) = files::program(inner.program(), capabilities) else {
            return found;
        };
        // Behind a pipe it is decided about the command (seen on 2.1.330).
        if program.name == "tee" && part.piped {
            return found;
        }
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
            // With a pattern, even a `sed` that only prints counts as one that writes.
            let looks = program.uses == Use::Looks || (printing && !named.pattern);
            let works = Works {
                looks,
                does: program.does,
            };
            let by = format!("{} in", program.name);
            found.extend(self.on_path(
                capabilities,
                call,
                command,
                known,
                &named,
                &by,
                works,
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
        works: Works,
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
        let globbed = named.pattern;
        let expands = text.contains(['$', '`']) && !named.quoted;
        if expands || named.unknown || (redirects && (globbed || text.starts_with('~'))) {
            return manual(wording::EXPANSION, false, None);
        }
        if globbed && !works.looks {
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
        let allowed: &[&str] = if works.looks {
            &["Read", "Edit"]
        } else {
            &["Edit"]
        };
        let inside = away.is_none();
        let read = works.looks;
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
            None => wording::on_file(capabilities, by, &shown, works, inside, &folders.join(", ")),
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
