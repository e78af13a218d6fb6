//! Deciding about tools other than commands: on files, on the web, and all others.

use super::{
    Behavior, Capabilities, Decision, Destination, Held, Permissions, Question, Rule, Source,
    ToolUse, expand, normalise, paths, resolve, suggest, updates, web, wording,
};
use std::path::{Path, PathBuf};

/// Tools that change files.
const EDITS: [&str; 4] = ["Write", "Edit", "MultiEdit", "NotebookEdit"];
/// Tools that look at files.
const READS: [&str; 4] = ["Read", "Glob", "Grep", "LS"];
/// Tools that nobody is asked about.
const FREE: [&str; 19] = [
    "Task",
    "Agent",
    "TodoWrite",
    "BashOutput",
    "KillBash",
    "KillShell",
    "ToolSearch",
    "TaskStop",
    "TaskOutput",
    "TaskCreate",
    "TaskUpdate",
    "TaskGet",
    "TaskList",
    "ReportFindings",
    "CronCreate",
    "CronDelete",
    "CronList",
    "ListMcpResourcesTool",
    "EnterPlanMode",
];
/// Names of rules that speak of edits, and of reading.
const EDIT_RULES: [&str; 1] = ["Edit"];
const READ_RULES: [&str; 1] = ["Read"];

impl Permissions {
    /// The full path that a file tool works on.
    #[must_use]
    pub(crate) fn path_of(&self, call: &ToolUse) -> Option<PathBuf> {
        let key = match call.tool {
            "Read" | "Write" | "Edit" | "MultiEdit" => "file_path",
            "NotebookEdit" => "notebook_path",
            "Glob" | "Grep" | "LS" => "path",
            _ => return None,
        };
        match call.input[key].as_str() {
            Some(path) => Some(expand(path, &self.cwd, &self.home)),
            None if READS.contains(&call.tool) => Some(self.cwd.clone()),
            None => None,
        }
    }

    /// Why a call on a file is refused before anything else is looked at.
    #[must_use]
    pub(crate) fn refuses(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
    ) -> Option<(&'static str, Source)> {
        // The first versions look at rules when they decide, and at nothing before.
        if capabilities.permissions < 2 {
            return None;
        }
        let path = self.path_of(call)?;
        let denied = |tools: &[&str]| {
            let mut rules = self.of(Behavior::Deny);
            let held = rules.find(|held| {
                let named = tools.contains(&held.rule.tool.as_str());
                named && self.rule_covers(held, &path)
            });
            held.map(|held| held.source)
        };
        let unread = |text| {
            let source = denied(&READ_RULES).filter(|_| capabilities.permissions >= 4)?;
            Some((text, source))
        };
        let folder = |source| (wording::DENIED_FOLDER, source);
        match call.tool {
            "Read" => denied(&READ_RULES).map(folder),
            "Write" => denied(&EDIT_RULES).map(folder).or_else(|| unread(
                "File is covered by a Read deny rule in your permission settings and cannot be written.",
            )),
            "Edit" | "MultiEdit" => denied(&EDIT_RULES).map(folder).or_else(|| unread(
                "File is covered by a Read deny rule in your permission settings and cannot be edited.",
            )),
            _ => None,
        }
    }

    /// Decides about a call.
    #[must_use]
    pub(crate) fn decide(&self, capabilities: &Capabilities, call: &ToolUse) -> Decision {
        let decision = match call.tool {
            "Bash" => self.decide_command(capabilities, call),
            _ => self.decide_tool(capabilities, call),
        };
        let asks = matches!(call.tool, "AskUserQuestion" | "ExitPlanMode");
        match decision {
            // What a rule has asked is asked, in the version before the newest one.
            Decision::Ask(ref question)
                if wording::needs_classifier(capabilities, call)
                    && !asks
                    && (capabilities.permissions >= 4 || question.rule_source.is_none()) =>
            {
                let (message, reason) = wording::no_classifier(capabilities, call.tool);
                Decision::Deny {
                    message,
                    kind: Some("classifier"),
                    reason: Some(reason.to_owned()),
                    rule_source: None,
                }
            }
            Decision::Ask(_) if call.mode == "dontAsk" => Decision::Deny {
                message: wording::dont_ask(capabilities, call.tool),
                kind: Some("mode"),
                reason: None,
                rule_source: None,
            },
            // What the tool itself has to ask comes before a rule that has all of it asked.
            Decision::Allow(_) | Decision::Granted(_)
                if capabilities.permissions >= 4 && call.mode != "bypassPermissions" =>
            {
                match self.whole(Behavior::Ask, call.tool) {
                    Some(held) => asked_by_rule(wording::needs_use(call.tool), held.source),
                    None => decision,
                }
            }
            decision => decision,
        }
    }

    /// The rule that has all of a tool asked, where that comes before what the tool itself has to ask.
    pub(super) fn asks_first(&self, capabilities: &Capabilities, tool: &str) -> Option<&Held> {
        self.whole(Behavior::Ask, tool)
            .filter(|_| capabilities.permissions < 4)
    }

    fn decide_tool(&self, capabilities: &Capabilities, call: &ToolUse) -> Decision {
        let tool = call.tool;
        if let Some(held) = self.whole(Behavior::Deny, tool) {
            return denied(format!("Permission to use {tool} has been denied."), held);
        }
        if let Some(path) = self.path_of(call) {
            return self.decide_file(capabilities, call, &path);
        }
        let url = call.input["url"].as_str().filter(|_| tool == "WebFetch");
        let content = |behavior: Behavior| {
            self.of(behavior).find(|held| {
                let content = held.rule.content.as_deref();
                if tool == "Skill" && held.rule.tool == tool {
                    return content.is_some() && content == call.input["skill"].as_str();
                }
                held.rule.tool == tool
                    && content
                        .zip(url)
                        .is_some_and(|(content, url)| web::covers(content, url))
            })
        };
        if let Some(held) = content(Behavior::Deny) {
            let domain = url.and_then(web::host).unwrap_or_default();
            return denied(format!("{tool} denied access to domain:{domain}."), held);
        }
        let asks = matches!(tool, "AskUserQuestion" | "ExitPlanMode");
        if !asks && call.mode == "bypassPermissions" {
            return Decision::Allow("mode");
        }
        if let Some(held) = self
            .asks_first(capabilities, tool)
            .or_else(|| content(Behavior::Ask))
        {
            return asked_by_rule(wording::needs_use(tool), held.source);
        }
        let granted = self
            .whole(Behavior::Allow, tool)
            .or_else(|| content(Behavior::Allow));
        if let Some(held) = granted.filter(|_| !asks) {
            return Decision::Granted(held.source);
        }
        // Older versions ask before a skill is called.
        let free = FREE.contains(&tool) || tool == "Skill" && capabilities.permissions >= 3;
        if tool == "StructuredOutput" || free {
            return Decision::Allow("");
        }
        let rule = Rule {
            tool: tool.to_owned(),
            content: url.and_then(web::host).map(|host| format!("domain:{host}")),
        };
        if call.mode == "plan" && capabilities.permissions >= 4 && tool.starts_with("mcp__") {
            return planned(format!("call {tool}"));
        }
        let message = match tool {
            "ExitPlanMode" => "Exit plan mode?".to_owned(),
            "AskUserQuestion" => "Answer questions?".to_owned(),
            "Skill" => {
                let skill = call.input["skill"].as_str().unwrap_or_default();
                format!("Execute skill: {skill}")
            }
            tool => wording::needs_use(tool),
        };
        Decision::Ask(Question {
            message,
            suggestions: (!asks && capabilities.permissions >= 3)
                .then(|| vec![updates::allow(&[rule], Destination::LocalSettings)]),
            ..Question::default()
        })
    }

    fn decide_file(&self, capabilities: &Capabilities, call: &ToolUse, path: &Path) -> Decision {
        let edits = EDITS.contains(&call.tool);
        let verb = if edits { "write to" } else { "read from" };
        let rules = if edits { EDIT_RULES } else { READ_RULES };
        // (A rule for all of `Edit` says nothing of `Write`.)
        if let Some(held) = self.path_rule(Behavior::Deny, &rules, path) {
            let verb = if edits { "edit" } else { "read" };
            let message = format!("Permission to {verb} {} has been denied.", path.display());
            return denied(message, held);
        }
        if call.tool == "Write"
            && capabilities.permissions >= 3
            && let Ok(link) = path.read_link()
        {
            let target = normalise(&link, &folder(path));
            return Decision::Deny {
                message: format!(
                    "Refusing to write {}: it is a symbolic link. Write to the link's target path instead: {}.",
                    path.display(),
                    target.display()
                ),
                kind: Some("other"),
                reason: Some("Write target is a symbolic link".to_owned()),
                rule_source: None,
            };
        }
        let as_given = call.input["file_path"]
            .as_str()
            .filter(|_| capabilities.permissions < 3);
        let shown = wording::needs(verb, as_given.map_or(path, Path::new));
        if edits
            && call.mode != "bypassPermissions"
            && let Some(question) = self.protected(capabilities, call, path)
        {
            return Decision::Ask(question);
        }
        if call.mode == "bypassPermissions" {
            return Decision::Allow("mode");
        }
        if let Some(held) = self.asks_first(capabilities, call.tool) {
            return asked_by_rule(wording::needs_use(call.tool), held.source);
        }
        if let Some(held) = self.path_rule(Behavior::Ask, &rules, path) {
            return asked_by_rule(shown, held.source);
        }
        // What may be edited may be read.
        let allowed: &[&str] = if edits {
            &EDIT_RULES
        } else {
            &["Read", "Edit"]
        };
        let whole = self.whole(Behavior::Allow, call.tool);
        if let Some(held) = whole.or_else(|| self.path_rule(Behavior::Allow, allowed, path)) {
            return Decision::Granted(held.source);
        }
        self.ask_about_file(capabilities, call, path, shown)
    }

    /// What becomes of a call on a file that no rule speaks of.
    fn ask_about_file(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
        path: &Path,
        shown: String,
    ) -> Decision {
        let edits = EDITS.contains(&call.tool);
        let inside = self.inside(path);
        let real = resolve(path);
        let out = inside && !real.as_deref().is_some_and(|real| self.inside(real));
        if inside && !out && (!edits || matches!(call.mode, "acceptEdits" | "auto")) {
            return Decision::Allow("mode");
        }
        // Nobody has to judge what only reads.
        if !edits && wording::needs_classifier(capabilities, call) {
            return Decision::Allow("mode");
        }
        let newer = capabilities.permissions >= 3;
        let anywhere = capabilities.permissions >= 4;
        if edits && newer && (inside || anywhere) && call.mode == "plan" {
            return planned(format!("write to {}", path.display()));
        }
        // Newer versions say where a link leads.
        let named = capabilities.permissions >= 4;
        let outside = Some(wording::OUTSIDE.to_owned());
        let why = match (inside, out) {
            (true, true) if named => {
                Some(wording::leads_out(path, real.as_deref().unwrap_or(path)))
            }
            (true, false) => None,
            // A file that is not there yet is no link, as older versions see it.
            (true, true) if edits && !newer => None,
            _ => outside,
        };
        let start = match call.tool {
            "Glob" | "Grep" | "LS" => suggest::folder_of(path).to_owned(),
            _ => folder(path),
        };
        let mut folders = vec![start];
        folders.extend(resolve(&folders[0]).filter(|real| *real != folders[0]));
        let suggestions = match edits {
            true => {
                let mut list = Vec::new();
                list.extend((!newer || accepting(call)).then(updates::accept_edits));
                if why.is_some() {
                    let names = folders.iter().map(|f| f.display().to_string()).collect();
                    list.push(updates::directories(names));
                }
                list
            }
            false => folders
                .iter()
                .filter_map(|folder| suggest::reading(capabilities, folder))
                .collect(),
        };
        let leads = out && named;
        Decision::Ask(Question {
            message: match leads {
                true => format!("{shown} {}.", why.as_deref().unwrap_or_default()),
                false => shown,
            },
            suggestions: Some(suggestions),
            blocked_path: real
                .filter(|_| leads)
                .map(|real| real.display().to_string()),
            kind: why.as_ref().map(|_| {
                if leads && edits {
                    "safetyCheck"
                } else {
                    "workingDir"
                }
            }),
            approvable: (leads && edits).then_some(true),
            rule_source: None,
            reason: why,
        })
    }

    /// The question about a file that is protected whatever is allowed.
    pub(super) fn protected(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
        path: &Path,
    ) -> Option<Question> {
        let real = resolve(path);
        let sensitive = |path: &Path| {
            self.folders()
                .any(|folder| paths::is_sensitive(path, folder))
        };
        if !(sensitive(path) || real.as_deref().is_some_and(sensitive)) {
            return None;
        }
        let reason = match paths::is_own_settings(path) {
            true => wording::needs("write to", path),
            false if capabilities.permissions < 2 => wording::needs("write to", path),
            false => wording::sensitive(path),
        };
        let mut list = Vec::new();
        list.extend(accepting(call).then(updates::accept_edits));
        if !self.inside(path) {
            list.push(updates::directories(vec![
                folder(path).display().to_string(),
            ]));
        }
        Some(Question {
            message: reason.clone(),
            suggestions: (capabilities.permissions >= 3).then_some(list),
            blocked_path: None,
            kind: Some("safetyCheck"),
            reason: Some(reason),
            approvable: Some(true),
            rule_source: None,
        })
    }

    /// Whether a rule speaks of a path as it is named.
    fn rule_covers(&self, held: &super::Held, path: &Path) -> bool {
        held.rule.content.as_deref().is_some_and(|content| {
            let base = self.base(held.source);
            super::globs::PathRule::new(content, base, &self.cwd, &self.home).covers(path)
        })
    }
}

/// Whether edits are not accepted yet, but could be.
pub(super) fn accepting(call: &ToolUse) -> bool {
    matches!(call.mode, "default" | "plan")
}

fn folder(path: &Path) -> PathBuf {
    path.parent().unwrap_or(path).to_owned()
}

/// What plan mode does not let happen.
fn planned(what: String) -> Decision {
    Decision::Deny {
        message: format!("Cannot {what} while in plan mode."),
        kind: Some("mode"),
        reason: None,
        rule_source: None,
    }
}

fn denied(message: String, held: &Held) -> Decision {
    Decision::Deny {
        message,
        kind: Some("rule"),
        reason: None,
        rule_source: Some(held.source),
    }
}

pub(super) fn asked_by_rule(message: String, source: Source) -> Decision {
    Decision::Ask(Question {
        message,
        kind: Some("rule"),
        rule_source: Some(source),
        ..Question::default()
    })
}
