//! Reading what the CLI wrote: projects, conversations, one conversation.

mod conversation;
mod encode;
mod list;
mod projects;

pub(super) use conversation::conversation;
pub(super) use encode::Encoding;
pub(super) use list::conversations;
pub(super) use projects::projects;

use axum::http::StatusCode;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// An answer that is not 200.
#[derive(Debug, PartialEq)]
pub(super) struct Failure {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

impl Failure {
    fn new(status: StatusCode, error: &str) -> Self {
        Self {
            status,
            body: json!({"error": error}),
        }
    }

    fn with(status: StatusCode, error: &str, details: impl ToString) -> Self {
        Self {
            status,
            body: json!({"error": error, "details": details.to_string()}),
        }
    }
}

/// Where the CLI keeps its files for this process's user.
struct Places {
    config: PathBuf,
    projects: PathBuf,
}

static IGNORES_CONFIG_DIR: AtomicBool = AtomicBool::new(false);

/// From now on the history is looked for in HOME alone.
pub(super) fn ignore_config_dir() {
    IGNORES_CONFIG_DIR.store(true, Ordering::Relaxed);
}

/// Whether a conversation has a transcript, in any project.
pub(super) fn has_transcript(session: &str) -> bool {
    let folders = std::fs::read_dir(Places::find().projects);
    let mut folders = folders.into_iter().flatten().flatten();
    is_file_name(session)
        && folders.any(|folder| folder.path().join(format!("{session}.jsonl")).is_file())
}

impl Places {
    /// `$CLAUDE_CONFIG_DIR` holds both where it is set; else they are `~/.claude.json` and `~/.claude`.
    fn find() -> Self {
        let named = std::env::var_os("CLAUDE_CONFIG_DIR").filter(|folder| !folder.is_empty());
        if let Some(folder) = named.filter(|_| !IGNORES_CONFIG_DIR.load(Ordering::Relaxed)) {
            let folder = PathBuf::from(folder);
            return Self {
                config: folder.join(".claude.json"),
                projects: folder.join("projects"),
            };
        }
        let home = std::env::home_dir().unwrap_or_default();
        Self {
            config: home.join(".claude.json"),
            projects: home.join(".claude/projects"),
        }
    }
}

/// Whether a name from a URL is one of a file: the characters that upstream refuses, and no way out of the folder.
fn is_file_name(name: &str) -> bool {
    let dangerous = |c: char| {
        matches!(
            c,
            '<' | '>' | ':' | '"' | '|' | '?' | '*' | '/' | '\\' | '\0'..='\x1f'
        )
    };
    !name.is_empty() && name != "." && name != ".." && !name.contains(dangerous)
}

/// A project's folder of transcripts, by the name in the URL.
fn folder(name: &str) -> Result<PathBuf, Failure> {
    if is_file_name(name) {
        Ok(Places::find().projects.join(name))
    } else {
        Err(Failure::new(
            StatusCode::BAD_REQUEST,
            "Invalid encoded project name",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_lead_out_of_its_folder() {
        for bad in ["", ".", "..", "a/b", "a\\b", "a:b", "a\nb", "a?"] {
            assert!(!is_file_name(bad), "{bad:?}");
        }
        for good in ["-Users-me-my-app", "-p--x", "é"] {
            assert!(is_file_name(good), "{good}");
        }
    }
}
