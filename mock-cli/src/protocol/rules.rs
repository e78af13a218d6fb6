//! Permission rules and changes to them, as settings, clients and the CLI write them.

use super::wire::{Object, tagged, wire, words};
use std::fmt;

words! {
    /// What a rule says of a call.
    pub enum Behavior {
        /// It runs.
        Allow = "allow",
        /// It does not run.
        Deny = "deny",
        /// Somebody is asked.
        Ask = "ask",
    }
}

words! {
    /// Where a change is kept.
    pub enum Destination {
        /// The user's settings.
        UserSettings = "userSettings",
        /// The project's settings.
        ProjectSettings = "projectSettings",
        /// The project's settings that are not shared.
        LocalSettings = "localSettings",
        /// This session alone.
        Session = "session",
        /// The command line.
        CliArg = "cliArg",
    }
}

words! {
    /// How far tools may go without asking.
    pub enum Mode {
        /// Whoever is asked decides.
        Default = "default",
        /// Edits below the working directories run.
        AcceptEdits = "acceptEdits",
        /// Everything runs.
        BypassPermissions = "bypassPermissions",
        /// Nothing that changes anything runs.
        Plan = "plan",
        /// What would be asked is denied.
        DontAsk = "dontAsk",
        /// A classifier decides.
        Auto = "auto",
        /// Another agent decides.
        Delegate = "delegate",
    }
}

wire! {
    /// A rule: a tool, and which of its calls are meant.
    pub struct Rule {
        /// The tool.
        tool_name as "toolName": Option<String>,
        /// Which calls; all of them where it is absent.
        content as "ruleContent": Option<String>,
    }

    /// Rules that are added, replaced or removed.
    pub struct RulesUpdate {
        /// `addRules`, `replaceRules` or `removeRules`.
        kind as "type": Option<String>,
        /// The rules.
        rules: Option<Vec<Rule>>,
        /// What they say.
        behavior: Option<Behavior>,
        /// Where it is kept.
        destination: Option<Destination>,
    }

    /// Another mode.
    pub struct ModeUpdate: "type" = "setMode" {
        /// The mode.
        mode: Option<Mode>,
        /// Where it is kept.
        destination: Option<Destination>,
    }

    /// Working directories that are added or removed.
    pub struct DirectoriesUpdate {
        /// `addDirectories` or `removeDirectories`.
        kind as "type": Option<String>,
        /// The directories.
        directories: Option<Vec<String>>,
        /// Where it is kept.
        destination: Option<Destination>,
    }
}

tagged! {
    /// A change of permissions, by its `type`.
    pub enum Update by "type" {
        /// Rules come.
        "addRules" => AddRules(RulesUpdate),
        /// Rules come, and those that were there go.
        "replaceRules" => ReplaceRules(RulesUpdate),
        /// Rules go.
        "removeRules" => RemoveRules(RulesUpdate),
        /// The mode changes.
        "setMode" => SetMode(ModeUpdate),
        /// Directories come.
        "addDirectories" => AddDirectories(DirectoriesUpdate),
        /// Directories go.
        "removeDirectories" => RemoveDirectories(DirectoriesUpdate),
    }
}

impl Rule {
    /// Reads `Tool` or `Tool(content)`; parentheses and backslashes in the content are escaped by a backslash.
    ///
    /// ```
    /// use mock_claude::protocol::rules::Rule;
    ///
    /// let rule = Rule::parse("Bash(echo \\(hi\\))");
    /// assert_eq!(rule.content.as_deref(), Some("echo (hi)"));
    /// assert_eq!(rule.to_string(), "Bash(echo \\(hi\\))");
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Rule {
        let parts = text.strip_suffix(')').and_then(|open| open.split_once('('));
        let (tool, content) = match parts {
            Some((tool, content)) if !tool.is_empty() => (tool, Some(content)),
            _ => (text, None),
        };
        Rule {
            tool_name: Some(tool.to_owned()),
            content: content.map(unescaped),
            ..Rule::default()
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tool_name.as_deref().unwrap_or_default())?;
        match &self.content {
            None => Ok(()),
            Some(content) => write!(f, "({})", escaped(content)),
        }
    }
}

fn unescaped(content: &str) -> String {
    let mut plain = String::with_capacity(content.len());
    let mut chars = content.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('(' | ')' | '\\')) => plain.extend(chars.next()),
            _ => plain.push(c),
        }
    }
    plain
}

fn escaped(content: &str) -> String {
    let mut text = String::with_capacity(content.len());
    for c in content.chars() {
        if matches!(c, '(' | ')' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

/// The permissions that a settings file names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleLists {
    /// What runs.
    pub allow: Vec<Rule>,
    /// What does not run.
    pub deny: Vec<Rule>,
    /// What is asked.
    pub ask: Vec<Rule>,
}

impl RuleLists {
    /// The lists of a settings file's `permissions`; entries that are no text are passed over.
    #[must_use]
    pub fn of(permissions: &Object) -> RuleLists {
        let list = |name: &str| {
            let entries = permissions.get(name).and_then(|list| list.as_array());
            let texts = entries
                .into_iter()
                .flatten()
                .filter_map(|entry| entry.as_str());
            texts.map(Rule::parse).collect()
        };
        RuleLists {
            allow: list("allow"),
            deny: list("deny"),
            ask: list("ask"),
        }
    }
}
