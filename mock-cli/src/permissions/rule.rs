//! Permission rules as people write them: `Bash`, `Bash(touch:*)`, `Read(//etc/**)`.

use std::fmt;

/// One rule: a tool, and what of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The tool, or `mcp__server` for all of a server's.
    pub tool: String,
    /// A command, a path, a domain; all where it is missing.
    pub content: Option<String>,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Behavior {
    /// It runs unasked.
    Allow,
    /// It does not run.
    Deny,
    /// Somebody is asked, whatever else holds.
    Ask,
}

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Source {
    /// `settings.json` in the configuration folder.
    UserSettings,
    /// `.claude/settings.json` of the project.
    ProjectSettings,
    /// `.claude/settings.local.json` of the project.
    LocalSettings,
    /// `--settings`
    FlagSettings,
    /// The machine's.
    PolicySettings,
    /// `--allowedTools` and its like.
    CliArg,
    /// What was said during the session.
    Session,
}

impl Source {
    /// The name in messages.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Source::UserSettings => "userSettings",
            Source::ProjectSettings => "projectSettings",
            Source::LocalSettings => "localSettings",
            Source::FlagSettings => "flagSettings",
            Source::PolicySettings => "policySettings",
            Source::CliArg => "cliArg",
            Source::Session => "session",
        }
    }
}

impl Rule {
    /// Reads `Tool` or `Tool(content)`; nothing as content stands for all of the tool.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Rule {
        let read = crate::protocol::rules::Rule::parse(text);
        Rule {
            tool: read.tool_name.unwrap_or_else(|| text.to_owned()),
            content: read.content.filter(|content| !content.is_empty()),
        }
    }

    /// The rule as a version with these [`Capabilities::permissions`](super::Capabilities) takes it; None where it speaks
    /// of nothing then. (Seen on 1.0.108, 2.0.77, 2.1.197 and 2.1.330.)
    pub(crate) fn meant(mut self, behavior: Behavior, permissions: u8) -> Option<Rule> {
        let older = permissions < 3;
        match (self.tool.as_str(), self.content.as_deref()) {
            ("*", _) if older => return None,
            // What is allowed has to be named.
            ("*" | "mcp__*", _) if behavior == Behavior::Allow => return None,
            (_, Some("*")) if !older => self.content = None,
            ("Bash", Some("*" | ":*")) => return None,
            (_, Some("/**")) if older => return None,
            _ => {}
        }
        Some(self)
    }

    /// Whether it speaks of a tool of this name.
    #[must_use]
    pub(crate) fn speaks_of(&self, tool: &str) -> bool {
        let server = tool
            .strip_prefix("mcp__")
            .and_then(|rest| rest.split_once("__"))
            .is_some_and(|(server, _)| {
                let all = self.tool.strip_suffix("__*").unwrap_or(&self.tool);
                all == format!("mcp__{server}")
            });
        let agents = tool == "Agent" && self.tool == "Task";
        self.tool == tool || agents || server || self.tool == "*"
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Some(content) => write!(f, "{}({content})", self.tool),
            None => f.write_str(&self.tool),
        }
    }
}

/// Rules as people write them in one argument or several: separated by commas or blanks outside of parentheses.
#[must_use]
pub(crate) fn split(arguments: &[String]) -> Vec<String> {
    let mut rules = Vec::new();
    for argument in arguments {
        let (mut rule, mut depth) = (String::new(), 0_u32);
        for c in argument.chars() {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                ',' | ' ' if depth == 0 => {
                    rules.push(std::mem::take(&mut rule));
                    continue;
                }
                _ => {}
            }
            rule.push(c);
        }
        rules.push(rule);
    }
    rules.retain(|rule| !rule.is_empty());
    rules
}

/// What a rule says of commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Commands<'a> {
    /// This one.
    Exact(&'a str),
    /// Those that begin with these words.
    Prefix(&'a str),
    /// Those that fit, `*` standing for anything.
    Pattern(&'a str),
}

impl<'a> Commands<'a> {
    pub(super) fn parse(content: &'a str) -> Commands<'a> {
        if let Some(prefix) = content.strip_suffix(":*") {
            return Commands::Prefix(prefix);
        }
        let escaped = content.replace("\\*", "");
        match escaped.contains('*') {
            true => Commands::Pattern(content),
            false => Commands::Exact(content),
        }
    }

    /// Whether it speaks of a command that is written so.
    pub(super) fn cover(&self, command: &str) -> bool {
        match self {
            Commands::Exact(exact) => *exact == command,
            Commands::Prefix(prefix) => {
                let rest = command.strip_prefix(prefix);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            }
            Commands::Pattern(pattern) => {
                let bare = pattern
                    .strip_suffix(" *")
                    .filter(|bare| !bare.contains('*'));
                bare == Some(command) || fits(pattern, command)
            }
        }
    }

    /// Whether it names this very command, as far as its end.
    pub(super) fn names(&self, command: &str) -> bool {
        match self {
            Commands::Exact(exact) | Commands::Prefix(exact) => *exact == command,
            Commands::Pattern(_) => false,
        }
    }
}

/// Whether a text fits a pattern in which `*` stands for anything and `\*` for itself.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = vec![String::new()];
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek().is_some_and(|c| matches!(c, '*' | '\\')) => {
                let literal = chars.next().unwrap_or(c);
                parts
                    .last_mut()
                    .into_iter()
                    .for_each(|part| part.push(literal));
            }
            '*' => parts.push(String::new()),
            c => parts.last_mut().into_iter().for_each(|part| part.push(c)),
        }
    }
    let Some((first, others)) = parts.split_first() else {
        return text.is_empty();
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    let Some((last, middle)) = others.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part.as_str()) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}
