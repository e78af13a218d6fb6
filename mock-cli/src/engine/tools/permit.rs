//! Whether a tool may run: rules, modes, and where it works (PROTOCOL 7.2).

use super::reach::{self, Reach};
use super::rules::{self, Rule, commands, path_of};
use crate::argv::Options;
use crate::profile::{Approval, Profile};
use crate::template::{Vars, text};
use crate::transcript::Home;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The permissions of a session.
#[derive(Debug, Default)]
pub(crate) struct Permissions {
    allow: Vec<Rule>,
    deny: Vec<Rule>,
    ask: Vec<Rule>,
    directories: Vec<PathBuf>,
}

/// What is decided about a call.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Decision {
    /// It runs; why, as `tool_result_meta` names it.
    Allow(&'static str),
    /// It does not run.
    Deny {
        message: String,
        reason: Option<&'static str>,
    },
    /// Somebody is to be asked; where there is nobody it is denied with this text.
    Ask(Question),
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    pub(super) message: String,
    pub(super) suggestions: Value,
    pub(super) blocked_path: Option<String>,
    /// `decision_reason` with its type.
    pub(super) reason: Option<(&'static str, &'static str)>,
}

/// Commands that change nothing.
const READ_ONLY: [&str; 17] = [
    "echo", "ls", "cat", "pwd", "head", "tail", "wc", "which", "whoami", "date", "true", "grep",
    "find", "stat", "sleep", "uname", "id",
];
/// Commands on files, which `acceptEdits` allows.
const ON_FILES: [&str; 7] = ["touch", "mkdir", "rm", "rmdir", "mv", "cp", "sed"];

impl Permissions {
    /// From the command line and the settings.
    pub(crate) fn new(options: &Options, home: &Home, cwd: &Path) -> Self {
        let mut permissions = Permissions::default();
        let parsed = |rules: &[String]| {
            rules::split(rules)
                .iter()
                .map(|r| Rule::parse(r))
                .collect::<Vec<_>>()
        };
        permissions.allow = parsed(&options.allowed_tools);
        permissions.deny = parsed(&options.disallowed_tools);
        permissions.directories = options.add_dirs.iter().map(|dir| cwd.join(dir)).collect();
        permissions.directories.push(cwd.to_owned());
        for settings in crate::settings::all(options, home, cwd) {
            let rules = |key: &str| {
                let list = settings["permissions"][key]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                list.iter()
                    .filter_map(Value::as_str)
                    .map(Rule::parse)
                    .collect::<Vec<_>>()
            };
            permissions.allow.extend(rules("allow"));
            permissions.deny.extend(rules("deny"));
            permissions.ask.extend(rules("ask"));
        }
        permissions
    }

    /// Whether a folder is one of the session's, or lies in one.
    pub(super) fn covers(&self, folder: &Path) -> bool {
        self.directories.iter().any(|dir| folder.starts_with(dir))
    }

    /// Adds the rules of more settings.
    pub(crate) fn take_settings(&mut self, settings: &Value) {
        for (key, list) in [
            ("allow", &mut self.allow),
            ("deny", &mut self.deny),
            ("ask", &mut self.ask),
        ] {
            let rules = settings["permissions"][key]
                .as_array()
                .into_iter()
                .flatten();
            list.extend(rules.filter_map(Value::as_str).map(Rule::parse));
        }
    }

    /// Whether a tool is disallowed altogether, so that the model does not even see it.
    pub(crate) fn hides(&self, tool: &str) -> bool {
        self.deny
            .iter()
            .any(|rule| rule.tool == tool && rule.content.is_none())
    }

    /// Takes what a client decided for more than one call.
    pub(super) fn update(&mut self, updates: &Value) -> Option<String> {
        let mut mode = None;
        for update in updates.as_array().into_iter().flatten() {
            let rules = update["rules"].as_array().cloned().unwrap_or_default();
            let rules = rules.iter().map(|rule| Rule {
                tool: rule["toolName"].as_str().unwrap_or_default().into(),
                content: rule["ruleContent"].as_str().map(str::to_owned),
            });
            match (update["type"].as_str(), update["behavior"].as_str()) {
                (Some("addRules"), Some("allow")) => self.allow.extend(rules),
                (Some("addRules"), Some("deny")) => self.deny.extend(rules),
                (Some("addDirectories"), _) => {
                    let dirs = update["directories"]
                        .as_array()
                        .cloned()
                        .unwrap_or_default();
                    self.directories
                        .extend(dirs.iter().filter_map(Value::as_str).map(PathBuf::from));
                }
                (Some("setMode"), _) => mode = update["mode"].as_str().map(str::to_owned),
                _ => {}
            }
        }
        mode
    }

    /// Whether a command is one that has to be understood first: no rule speaks of it, and it may change something.
    pub(super) fn is_unclear(&self, input: &Value, cwd: &Path) -> bool {
        let speaks = |rule: &Rule| rule.content.is_some() && rule.matches("Bash", input, cwd);
        let denied = |rule: &Rule| rule.matches("Bash", input, cwd);
        let command = input["command"].as_str().unwrap_or_default();
        let clear = harmless(command) && !command.contains('>');
        !clear && !self.allow.iter().any(speaks) && !self.deny.iter().any(denied)
    }

    /// Decides about a call.
    pub(super) fn decide(
        &self,
        profile: &Profile,
        mode: &str,
        tool: &str,
        input: &Value,
        cwd: &Path,
    ) -> Decision {
        let matching = |rules: &[Rule]| rules.iter().find(|r| r.matches(tool, input, cwd)).cloned();
        let kind = |rule: &Rule| match rule.content {
            Some(_) if tool == "Bash" => "subcommandResults",
            _ => "rule",
        };
        if let Some(rule) = matching(&self.deny) {
            let command = match input["command"].as_str() {
                Some(command) => format!(" with command {command}"),
                None => String::new(),
            };
            return Decision::Deny {
                message: format!("Permission to use {tool}{command} has been denied."),
                reason: Some(kind(&rule)),
            };
        }
        if mode == "bypassPermissions" {
            return Decision::Allow("mode");
        }
        // Older versions ask only where nothing allows it, which is what happens without such a rule, too.
        if profile.behaviour.approval == Approval::Paths && matching(&self.ask).is_some() {
            let vars = Vars::new().with("tool", tool);
            return Decision::Ask(Question {
                message: text(profile.text("needs_use"), &vars),
                suggestions: json!([]),
                blocked_path: None,
                reason: Some(("", "rule")),
            });
        }
        let asks = matches!(tool, "AskUserQuestion" | "ExitPlanMode");
        if let Some(rule) = matching(&self.allow).filter(|_| !asks) {
            return Decision::Allow(kind(&rule));
        }
        let path = path_of(tool, input).map(|path| cwd.join(path));
        let inside = path
            .as_ref()
            .is_none_or(|path| self.directories.iter().any(|dir| path.starts_with(dir)));
        let edits = matches!(tool, "Write" | "Edit" | "MultiEdit" | "NotebookEdit");
        let command = input["command"].as_str().unwrap_or_default();
        let redirects = command.contains('>');
        let asks_redirects = !profile.text("needs_approval_redirect").is_empty()
            || !profile.text("redirect_approval_path").is_empty();
        let harmless = match tool {
            "Bash" => harmless(command) && !(redirects && asks_redirects),
            "Read" | "Glob" | "Grep" => inside,
            "Task" | "Agent" | "TodoWrite" | "StructuredOutput" | "BashOutput" | "KillBash"
            | "ToolSearch" | "TaskStop" => true,
            _ => false,
        };
        if tool == "StructuredOutput" {
            return Decision::Allow("");
        }
        let paths = tool == "Bash" && profile.behaviour.approval == Approval::Paths;
        if paths && let Some(found) = reach::outside(command, &self.directories, cwd) {
            return self.away(profile, &found, input, cwd);
        }
        if harmless {
            let parts = tool == "Bash" && profile.behaviour.approval == Approval::Paths;
            return Decision::Allow(if parts { "subcommandResults" } else { "mode" });
        }
        if mode == "acceptEdits" && edits && inside || (mode == "auto" && !asks) {
            return Decision::Allow("mode");
        }
        let redirects_freely = profile.text("needs_approval_redirect").is_empty();
        if mode == "acceptEdits"
            && tool == "Bash"
            && self.works_inside(command, cwd)
            && (!redirects || redirects_freely)
        {
            let parts = profile.behaviour.approval == Approval::Paths;
            return Decision::Allow(if parts { "subcommandResults" } else { "mode" });
        }
        let shown = path
            .as_ref()
            .map(|p| p.to_string_lossy().into_owned())
            .unwrap_or_default();
        let vars = Vars::new()
            .with("tool", tool)
            .with("path", shown.as_str())
            .with("cwd", cwd.to_string_lossy().into_owned());
        if mode == "dontAsk" {
            return Decision::Deny {
                message: text(profile.text("dont_ask"), &vars),
                reason: Some("mode"),
            };
        }
        if mode == "plan" && edits && !profile.text("plan_write").is_empty() {
            return Decision::Deny {
                message: text(profile.text("plan_write"), &vars),
                reason: Some("mode"),
            };
        }
        let changes = commands(command)
            .into_iter()
            .find(|c| {
                c.split_whitespace()
                    .next()
                    .is_some_and(|p| ON_FILES.contains(&p))
            })
            .filter(|_| tool == "Bash" && profile.behaviour.approval == Approval::Paths);
        let blocked = changes.and_then(|c| {
            c.split_whitespace()
                .skip(1)
                .find(|word| !word.starts_with('-'))
        });
        let blocked = blocked.map(|word| cwd.join(word).to_string_lossy().into_owned());
        let redirected = command.split('>').nth(1).map(str::trim);
        let redirected = redirected.filter(|_| tool == "Bash" && blocked.is_none());
        let redirected = redirected
            .filter(|_| !profile.text("redirect_approval_path").is_empty())
            .and_then(|target| target.split_whitespace().next());
        let redirected = redirected.map(|target| cwd.join(target).to_string_lossy().into_owned());
        let asked: Vec<&str> = commands(command)
            .into_iter()
            .filter(|part| !only(part, &READ_ONLY))
            .collect();
        let several = tool == "Bash" && commands(command).len() > 1;
        let parts = if several {
            asked.join(", ")
        } else {
            String::new()
        };
        let noun = match asked.len() {
            1 => "part requires",
            _ => "parts require",
        };
        let vars = vars.with("parts", parts.as_str()).with("noun", noun);
        let name = match tool {
            "Bash" if redirected.is_some() => "redirect_approval_path",
            "Bash" if blocked.is_some() => "needs_approval_path",
            "Bash" if redirects && !redirects_freely => "needs_approval_redirect",
            "Bash" if several && !profile.text("needs_approval_parts").is_empty() => {
                "needs_approval_parts"
            }
            "Bash" => "needs_approval",
            "Read" | "Glob" | "Grep" => "needs_read",
            _ if edits => "needs_write",
            _ => "needs_use",
        };
        let blocked = blocked.or(redirected);
        let vars = match &blocked {
            Some(path) => vars
                .with("path", path.as_str())
                .with("program", changes.and_then(|c| c.split_whitespace().next())),
            None => vars,
        };
        let outside = !inside;
        Decision::Ask(Question {
            message: text(profile.text(name), &vars),
            suggestions: self.suggestions(profile, tool, input, cwd, inside, blocked.is_some()),
            blocked_path: blocked,
            reason: outside
                .then_some(("Path is outside allowed working directories", "workingDir")),
        })
    }

    /// The question about a command that would work on a file outside of the session's folders.
    fn away(&self, profile: &Profile, found: &Reach, input: &Value, cwd: &Path) -> Decision {
        let path = found.path.to_string_lossy().into_owned();
        let vars = Vars::new()
            .with("by", found.by.as_str())
            .with("path", path.as_str())
            .with("cwd", cwd.to_string_lossy().into_owned())
            .maybe("looks", found.looks);
        let name = match found.looks {
            Some(_) => "blocked_outside",
            None => "needs_approval_outside",
        };
        Decision::Ask(Question {
            message: text(profile.text(name), &vars),
            suggestions: self.suggestions(profile, "Bash", input, cwd, false, false),
            blocked_path: Some(path),
            reason: None,
        })
    }

    /// Whether a command only shows things, changes files by known programs, and writes to files of the session's
    /// folders.
    fn works_inside(&self, command: &str, cwd: &Path) -> bool {
        let known = [&READ_ONLY[..], &ON_FILES[..]].concat();
        let mut targets = command.split('>').skip(1);
        let inside = |target: &str| {
            let word = target.split_whitespace().next().unwrap_or_default();
            let path = cwd.join(word.trim_matches(['"', '\'']));
            target.is_empty() || self.directories.iter().any(|dir| path.starts_with(dir))
        };
        only(command, &known) && targets.all(inside)
    }

    fn suggestions(
        &self,
        profile: &Profile,
        tool: &str,
        input: &Value,
        cwd: &Path,
        inside: bool,
        blocked: bool,
    ) -> Value {
        let rule = |content: &str| {
            json!({"type": "addRules", "rules": [{"toolName": tool, "ruleContent": content}],
                   "behavior": "allow", "destination": "localSettings"})
        };
        let accept = json!({"type": "setMode", "mode": "acceptEdits", "destination": "session"});
        let parent = path_of(tool, input)
            .and_then(|path| path.parent().map(|p| p.to_string_lossy().into_owned()))
            .unwrap_or_default();
        let command = input["command"].as_str().unwrap_or_default();
        match tool {
            "Bash" => {
                let mut list = vec![rule(&prefix(command, profile.behaviour.approval))];
                if blocked {
                    list.push(json!({"type": "addDirectories", "directories": [cwd.to_string_lossy()], "destination": "session"}));
                    list.push(accept);
                }
                list.into()
            }
            "Read" | "Glob" | "Grep" => {
                json!([{"type": "addRules", "rules": [{"toolName": "Read", "ruleContent": format!("/{parent}/**")}],
                                               "behavior": "allow", "destination": "session"}])
            }
            "Write" | "Edit" | "MultiEdit" | "NotebookEdit" if inside => json!([accept]),
            "Write" | "Edit" | "MultiEdit" | "NotebookEdit" => json!([accept,
                {"type": "addDirectories", "directories": [parent], "destination": "session"}]),
            "AskUserQuestion" | "ExitPlanMode" => Value::Null,
            tool if tool.starts_with("mcp__") && profile.behaviour.approval == Approval::Plain => {
                Value::Null
            }
            _ => {
                json!([{"type": "addRules", "rules": [{"toolName": tool}], "behavior": "allow", "destination": "localSettings"}])
            }
        }
    }
}

/// Whether a command line changes nothing.
fn harmless(command: &str) -> bool {
    only(command, &READ_ONLY)
}

/// Whether a command line runs these programs only.
fn only(command: &str, programs: &[&str]) -> bool {
    let commands = commands(command);
    let program = |c: &&str| {
        c.split_whitespace()
            .next()
            .is_some_and(|p| programs.contains(&p))
    };
    !commands.is_empty() && commands.iter().all(program)
}

/// The command as a rule would name it: with its first word of argument where that looks like a subcommand.
fn prefix(command: &str, approval: Approval) -> String {
    let asked = |c: &&str| {
        c.split_whitespace()
            .next()
            .is_some_and(|p| !READ_ONLY.contains(&p))
    };
    let several = commands(command);
    if approval == Approval::Plain && several.len() > 1 {
        return several
            .iter()
            .find(|c| asked(c))
            .copied()
            .unwrap_or(command)
            .to_owned();
    }
    if several.len() > 1 {
        return command.to_owned();
    }
    let mut words = command.split_whitespace();
    let (program, second) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let subcommand = second.starts_with(|c: char| c.is_ascii_lowercase())
        && second
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    match (subcommand, approval) {
        (false, _) => command.to_owned(),
        (true, Approval::Paths) => format!("{program} {second} *"),
        (true, Approval::Plain) => command.to_owned(),
    }
}
