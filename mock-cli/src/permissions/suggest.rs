//! What could be allowed for longer.

use super::shell;
use super::{Capabilities, Destination, Rule, Update, updates};
use std::path::Path;

/// Programs whose first argument is another program, so that a rule for it would allow too much.
const STARTERS: [&str; 22] = [
    "sudo", "doas", "env", "nohup", "nice", "time", "timeout", "xargs", "bash", "sh", "zsh",
    "fish", "watch", "command", "builtin", "exec", "eval", "stdbuf", "setsid", "ionice", "strace",
    "ltrace",
];

/// The rule that a command would be allowed by: with its first argument where that looks like a subcommand.
pub(super) fn rule_for(capabilities: &Capabilities, command: &str) -> String {
    if capabilities.shell < 3 {
        return command.to_owned();
    }
    let mut words = command.split_whitespace().peekable();
    while let Some((name, _)) = words.peek().and_then(|word| word.split_once('='))
        && shell::is_harmless(name)
    {
        words.next();
    }
    let (Some(program), Some(second)) = (words.next(), words.next()) else {
        return command.to_owned();
    };
    if program.contains('=') || STARTERS.contains(&program) || !is_subcommand(second) {
        return command.to_owned();
    }
    format!("{program} {second} *")
}

fn is_subcommand(word: &str) -> bool {
    let mut parts = word.split('-');
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && parts.all(|part| !part.is_empty() && part.chars().all(plain))
}

/// Rules for commands, kept with the project on this machine.
pub(super) fn commands(capabilities: &Capabilities, commands: &[String]) -> Update {
    let mut rules: Vec<Rule> = Vec::new();
    for command in commands {
        let rule = Rule {
            tool: "Bash".to_owned(),
            content: Some(rule_for(capabilities, command)),
        };
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    updates::allow(&rules, Destination::LocalSettings)
}

/// A rule to read in a folder, for this session. None for the root.
pub(super) fn reading(capabilities: &Capabilities, folder: &Path) -> Option<Update> {
    let destination = match capabilities.permissions {
        ..=1 => Destination::LocalSettings,
        _ => Destination::Session,
    };
    let rule = Rule {
        tool: "Read".to_owned(),
        content: Some(format!("/{}/**", folder.display())),
    };
    (folder != Path::new("/")).then(|| updates::allow(&[rule], destination))
}

/// The folder itself, or that of a file.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.is_dir() {
        true => path,
        false => path.parent().unwrap_or(path),
    }
}
