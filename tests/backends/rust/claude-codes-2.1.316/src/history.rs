//! The history as the CLI keeps it, by the routes of claude-code-webui.

use std::collections::{BTreeSet, HashSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::transcript::{Summary, entries, in_order};

pub(crate) type Reply = (StatusCode, Value);

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Encoding {
    Real,
    Sdk,
}

impl Encoding {
    fn folder_of(self, path: &str) -> String {
        if self == Self::Sdk {
            return claude_codes::transcript::encode_project_dir(Path::new(path));
        }
        let kept = |unit| u8::try_from(unit).ok().filter(u8::is_ascii_alphanumeric);
        path.encode_utf16()
            .map(|unit| kept(unit).map_or('-', char::from))
            .collect()
    }
}

pub(crate) struct History {
    encoding: Encoding,
    config: PathBuf,
    projects: PathBuf,
}

impl History {
    pub(crate) fn new(encoding: Encoding) -> Self {
        let home = std::env::home_dir().unwrap_or_default();
        let chosen = std::env::var_os("CLAUDE_CONFIG_DIR")
            .filter(|folder| !folder.is_empty())
            .map(PathBuf::from);
        let config = chosen.as_ref().unwrap_or(&home).join(".claude.json");
        let projects = chosen
            .unwrap_or_else(|| home.join(".claude"))
            .join("projects");
        Self {
            encoding,
            config,
            projects,
        }
    }

    pub(crate) fn projects(&self) -> Reply {
        let text = match std::fs::read(&self.config) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return ok(json!({ "projects": [] }));
            }
            Err(_) => return failed("Failed to read projects"),
        };
        let Ok(config) = serde_json::from_slice::<Value>(&text) else {
            return failed("Failed to read projects");
        };
        let paths = config["projects"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(path, _)| path);
        let found = paths.filter_map(|path| {
            let name = self
                .encoding
                .folder_of(path.strip_suffix('/').unwrap_or(path));
            let listed = self.projects.join(&name).is_dir();
            listed.then(|| json!({ "path": path, "encodedName": name }))
        });
        ok(json!({ "projects": found.collect::<Vec<_>>() }))
    }

    pub(crate) fn conversations(&self, project: &str) -> Reply {
        if !is_file_name(project) {
            return bad(json!({ "error": "Invalid encoded project name" }));
        }
        let Ok(folder) = self.projects.join(project).read_dir() else {
            return (
                StatusCode::NOT_FOUND,
                json!({ "error": "Project not found" }),
            );
        };
        let files = folder.flatten().map(|file| file.path());
        let files: BTreeSet<_> = files
            .filter(|path| path.extension().is_some_and(|it| it == "jsonl"))
            .collect();
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for file in files.iter().filter(|file| file.is_file()) {
            let summary = Summary::of(file);
            // The CLI copies what it resumes: of the same messages there is one conversation.
            let is_new = summary.ids.is_empty() || seen.insert(summary.ids.clone());
            if summary.messages > 0 && is_new {
                found.push(summary);
            }
        }
        found.sort_by(|one, other| other.start.cmp(&one.start));
        let found: Vec<_> = found.iter().map(Summary::to_json).collect();
        ok(json!({ "conversations": found }))
    }

    pub(crate) fn conversation(&self, project: &str, session: &str) -> Reply {
        if !is_file_name(project) {
            return bad(json!({ "error": "Invalid encoded project name" }));
        }
        if !is_file_name(session) || session.starts_with('.') {
            let error = "Invalid session ID format";
            return bad(json!({ "error": error, "details": error }));
        }
        let file = self.projects.join(project).join(format!("{session}.jsonl"));
        if !file.is_file() {
            return (
                StatusCode::NOT_FOUND,
                json!({ "error": "Conversation not found", "sessionId": session }),
            );
        }
        let messages = in_order(entries(&file).collect());
        if messages.is_empty() {
            let error = "Failed to fetch conversation details";
            let body = json!({ "error": error, "details": "Empty conversation file" });
            return (StatusCode::INTERNAL_SERVER_ERROR, body);
        }
        let mut times = messages
            .iter()
            .filter_map(|entry| entry["timestamp"].as_str());
        let start = times.next().unwrap_or_default();
        let end = times.next_back().unwrap_or(start);
        let metadata =
            json!({ "startTime": start, "endTime": end, "messageCount": messages.len() });
        ok(json!({ "sessionId": session, "metadata": metadata, "messages": messages }))
    }
}

fn ok(body: Value) -> Reply {
    (StatusCode::OK, body)
}

fn bad(body: Value) -> Reply {
    (StatusCode::BAD_REQUEST, body)
}

fn failed(error: &str) -> Reply {
    (StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": error }))
}

fn is_file_name(name: &str) -> bool {
    let refused = |letter: char| letter < ' ' || "<>:\"|?*/\\".contains(letter);
    !matches!(name, "" | "." | "..") && !name.contains(refused)
}
