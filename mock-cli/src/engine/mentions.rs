//! Files and folders that a prompt names as `@path`: the model is given them.

use super::Engine;
use std::path::PathBuf;

impl Engine {
    /// Counts what a prompt brings along, where that is a message of its own.
    pub(super) fn bring_along(&mut self, prompt: &str) {
        if !self.keeps_commands() {
            return;
        }
        for path in mentioned(prompt) {
            let file: PathBuf = self.setup.cwd.join(&path);
            let agent = path.strip_prefix("agent-");
            if !file.exists() && agent.is_none_or(|name| self.setup.own.agent(name).is_none()) {
                continue;
            }
            self.conversation.passing_lines += 1;
            if file.is_dir() {
                // It is listed by a command.
                self.ask_about_command(&format!("ls {path}"));
            }
        }
    }
}

/// The paths that a text names, each once.
fn mentioned(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut rest = text;
    let mut before = ' ';
    while let Some(at) = rest.find('@') {
        before = rest[..at].chars().next_back().unwrap_or(before);
        rest = &rest[at + 1..];
        if !before.is_whitespace() {
            continue;
        }
        let path = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => rest.split_whitespace().next(),
        };
        let path = path.unwrap_or_default().to_owned();
        before = '@';
        if !path.is_empty() && !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_behind_a_blank_and_an_at_sign_is_named() {
        assert_eq!(
            mentioned("look at @a.txt and @d/ please, me@example.com"),
            ["a.txt", "d/"]
        );
        assert_eq!(mentioned("@\"a b\" @a @a"), ["a b", "a"]);
    }
}
