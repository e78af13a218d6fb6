//! What one run left behind.

use serde_json::{Map, Value, json};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The output, the end and the files of one run.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The exit code; negative for a signal.
    pub code: i64,
    /// The lines of stdout, without their ends.
    pub stdout: Vec<String>,
    /// All of stderr.
    pub stderr: String,
    /// Written files by path, with `mode`, `bytes` and `text`.
    pub files: Map<String, Value>,
    /// What the client sent, answers included.
    pub sent: Vec<Value>,
}

/// The files below these folders that are not in `before`.
#[must_use]
pub fn files(folders: &[&Path]) -> Map<String, Value> {
    let mut found = Map::new();
    for folder in folders {
        walk(folder, &mut found, 0);
    }
    found
}

fn walk(folder: &Path, found: &mut Map<String, Value>, depth: usize) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        let Ok(data) = path.symlink_metadata() else {
            continue;
        };
        if data.is_dir() && depth < 40 {
            walk(&path, found, depth + 1);
        } else if data.is_file() || data.is_symlink() {
            // A link is noted with what it leads to.
            let text = std::fs::read(&path).unwrap_or_default();
            let file = json!({
                "bytes": data.len(),
                "mode": format!("0o{:o}", data.mode() & 0o777),
                "text": String::from_utf8_lossy(&text),
            });
            found.insert(path.display().to_string(), file);
        }
    }
}
