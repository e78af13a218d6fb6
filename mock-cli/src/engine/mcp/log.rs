//! The log files of MCP servers, below the user's cache folder.

use crate::profile::{Mcp, Profile};
use crate::template::{Vars, text};
use crate::time;
use crate::transcript::{append, directory_name};
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};

/// The permission bits of every log.
const MODE: u32 = 0o644;

/// Where a server's log goes.
#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    file: Option<PathBuf>,
    cwd: String,
    session: String,
}

impl Log {
    /// The log of a server; all logs of one process have the same name.
    pub(super) fn of(
        server: &str,
        profile: &Profile,
        cwd: &Path,
        session: &str,
        since_ms: u64,
    ) -> Log {
        let cache = std::env::var_os("XDG_CACHE_HOME")
            .filter(|dir| !dir.is_empty())
            .map(PathBuf::from)
            .or_else(|| Some(std::env::home_dir()?.join(".cache")));
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let server: String = server
            .chars()
            .map(|c| if plain(c) { c } else { '-' })
            .collect();
        let name = time::iso(since_ms).replace([':', '.'], "-");
        let file = cache.map(|cache| {
            cache
                .join("claude-cli-nodejs")
                .join(directory_name(cwd, profile.behaviour.directory_names))
                .join(format!("mcp-logs-{server}"))
                .join(format!("{name}.{}", profile.mcp.log_ending))
        });
        Log {
            file,
            cwd: cwd.to_string_lossy().into_owned(),
            session: session.to_owned(),
        }
    }

    /// Notes what the profile has for this occasion.
    pub(super) fn note(&self, profile: &Mcp, occasion: &str, vars: &Vars) {
        self.write(profile, occasion, "debug", vars);
    }

    /// The same, as an error.
    pub(super) fn fault(&self, profile: &Mcp, occasion: &str, vars: &Vars) {
        self.write(profile, occasion, "error", vars);
    }

    fn write(&self, profile: &Mcp, occasion: &str, level: &str, vars: &Vars) {
        let Some(file) = &self.file else { return };
        for template in profile.log.get(occasion).into_iter().flatten() {
            let said = text(template, vars);
            let now = time::iso(time::now_ms());
            let line = json!({
                level: said, "timestamp": now, "sessionId": self.session, "cwd": self.cwd,
            });
            // A log that cannot be written is lost without a word.
            let _ = if profile.log_ending == "jsonl" {
                append(file, MODE, &format!("{line}\n"))
            } else {
                grow(file, line)
            };
        }
    }
}

/// Adds a line to a log that is one array.
fn grow(file: &Path, line: Value) -> io::Result<()> {
    let old = std::fs::read_to_string(file).unwrap_or_default();
    let mut lines = match serde_json::from_str(&old) {
        Ok(Value::Array(lines)) => lines,
        _ => Vec::new(),
    };
    lines.push(line);
    let text = crate::json::pretty(&Value::Array(lines));
    if old.is_empty() {
        return append(file, MODE, &text);
    }
    std::fs::write(file, text)
}
