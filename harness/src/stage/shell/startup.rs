//! Which startup files a shell reads, and what a scenario can have them do.

use crate::yaml::{InputError, Node};
use std::path::Path;

/// Shells that read the same startup files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Bash,
    Zsh,
    Sh,
}

impl Family {
    /// By the shell's name on the stage, whichever shell of the host plays it.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "bash" => Self::Bash,
            "zsh" => Self::Zsh,
            _ => Self::Sh,
        }
    }

    /// The file in HOME that an interactive user's lines are in.
    pub(super) fn own_file(self) -> &'static str {
        match self {
            Self::Bash => ".bashrc",
            Self::Zsh => ".zshrc",
            Self::Sh => ".profile",
        }
    }

    /// Shell text that reads the startup files, in the order in which this shell reads them.
    pub(super) fn startup(self, login: bool, interactive: bool, etc: &Path) -> String {
        let etc = |name: &str| quoted(&etc.join(name));
        let home = |name: &str| format!("\"${{HOME}}/{name}\"");
        let mut lines = Vec::new();
        let mut read = |file: String| lines.push(format!("if [ -r {file} ]; then . {file}; fi"));
        match self {
            Self::Bash if login => {
                read(etc("profile"));
                // Only the first of them.
                let [a, b, c] = [".bash_profile", ".bash_login", ".profile"].map(home);
                lines.push(format!(
                    "if [ -r {a} ]; then . {a}; elif [ -r {b} ]; then . {b}; elif [ -r {c} ]; then . {c}; fi"
                ));
            }
            Self::Bash if interactive => {
                read(etc("bash.bashrc"));
                read(home(".bashrc"));
            }
            Self::Zsh => {
                read(etc("zshenv"));
                read(home(".zshenv"));
                if login {
                    read(etc("zprofile"));
                    read(home(".zprofile"));
                }
                if interactive {
                    read(etc("zshrc"));
                    read(home(".zshrc"));
                }
                if login {
                    read(etc("zlogin"));
                    read(home(".zlogin"));
                }
            }
            Self::Sh if login => {
                read(etc("profile"));
                read(home(".profile"));
            }
            _ => {}
        }
        let mut text: String = lines.into_iter().map(|line| line + "\n").collect();
        if !text.is_empty() {
            // What comes next must not find the status of the last file.
            text.push_str(":\n");
        }
        text
    }
}

/// The file of a stage that reads the startup files.
pub(super) fn file_name(login: bool) -> &'static str {
    if login { "login" } else { "interactive" }
}

/// A word for any shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}

/// What a login shell's own startup file does at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rc {
    /// It takes 15 seconds.
    Slow,
    /// It greets, on stdout and on stderr.
    Noisy,
    /// It never ends.
    Hanging,
    /// Another shell takes its place, as with `exec fish`.
    Replaces,
    /// It ends the shell with status 1.
    Exits,
    /// These lines.
    Lines(String),
}

impl Rc {
    pub(crate) fn read(node: Node<'_>) -> Result<Self, InputError> {
        let text = node.filled()?;
        let words = [
            ("slow", Self::Slow),
            ("noisy", Self::Noisy),
            ("hanging", Self::Hanging),
            ("replaces", Self::Replaces),
            ("exits", Self::Exits),
        ];
        if let Some((_, rc)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(rc.clone());
        }
        // A single bare word is more likely a misspelt one of those than a command.
        if text.chars().all(|c| c.is_ascii_alphabetic()) {
            let known = words.map(|(word, _)| word);
            return Err(node.unknown("behaviour of a startup file", text, &known));
        }
        Ok(Self::Lines(text.to_owned()))
    }

    /// What it adds to a startup file of that shell.
    pub(super) fn text_in(&self, file: &str, shell: &str) -> &str {
        if file != Family::of(shell).own_file() {
            return "";
        }
        match self {
            Self::Slow => "\nsleep 15\n",
            Self::Noisy => {
                "\necho 'Welcome back! You have mail.'\necho 'nvm is not compatible with the npm config' >&2\n"
            }
            // A shell that has no `sleep` must not spin.
            Self::Hanging => "\nwhile sleep 3600; do :; done\n",
            Self::Replaces => "\nexec sh\n",
            Self::Exits => "\nexit 1\n",
            Self::Lines(lines) => lines,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(name: &str, login: bool, interactive: bool) -> Vec<String> {
        let text = Family::of(name).startup(login, interactive, Path::new("/s/etc"));
        let words = text
            .split(['[', ']'])
            .filter_map(|part| part.strip_prefix(" -r "));
        words
            .map(|file| {
                file.trim()
                    .replace("\"${HOME}/", "~/")
                    .replace(['"', '\''], "")
            })
            .collect()
    }

    #[test]
    fn each_shell_reads_what_its_manual_says() {
        let own = ["~/.bash_profile", "~/.bash_login", "~/.profile"];
        assert_eq!(
            files("bash", true, true),
            [&["/s/etc/profile"][..], &own].concat()
        );
        assert_eq!(
            files("bash", false, true),
            ["/s/etc/bash.bashrc", "~/.bashrc"]
        );
        assert!(files("bash", false, false).is_empty());
        assert_eq!(files("zsh", false, false), ["/s/etc/zshenv", "~/.zshenv"]);
        let all = files("zsh", true, true);
        assert_eq!(all.len(), 8);
        assert_eq!(all.last().unwrap(), "~/.zlogin");
        assert_eq!(files("dash", true, false), ["/s/etc/profile", "~/.profile"]);
        assert!(files("sh", false, true).is_empty());
    }
}
