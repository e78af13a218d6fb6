//! Summaries of old sessions, which the versions that make them write at the start of the next one (PROTOCOL 5.3).

use crate::ids::is_uuid;
use crate::order;
use crate::order::SortedSet;
use crate::profile::Profile;
use crate::protocol::decode::lines;
use crate::protocol::transcript::Line;
use crate::template::Vars;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// The lines that a new session begins with: a summary of every conversation in this project folder that has none,
/// the latest file first, up to the first file that begins with a summary itself. None where there are none.
pub(crate) fn summaries(project_dir: &Path, profile: &Profile) -> Option<String> {
    let template = profile.transcript.entries.get("summary")?;
    let mut text = String::new();
    let mut files: Vec<_> = fs::read_dir(project_dir)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .map(|path| (modified(&path), path))
        .collect();
    order::sort_by(&mut files, Ord::cmp);
    for (_, path) in files.into_iter().rev() {
        let lines = lines_of(&path);
        let first = lines.first().and_then(|line| line.kind.as_deref());
        if first == Some("summary") {
            break;
        }
        if !path
            .file_stem()
            .and_then(|s| s.to_str())
            .is_some_and(is_uuid)
        {
            continue;
        }
        for (leaf, title) in unsummarized(&lines) {
            let vars = Vars::new().with("summary", title).with("leaf_uuid", leaf);
            template.write(&[&vars], crate::json::Escapes::None, &mut text);
            text.push('\n');
        }
    }
    (!text.is_empty()).then_some(text)
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|m| m.modified()).ok()
}

/// The lines; one that cannot be read says nothing.
fn lines_of(path: &Path) -> Vec<Line> {
    let text = fs::read(path).unwrap_or_default();
    lines(&text)
        .map(|line| serde_json::from_str(&String::from_utf8_lossy(line)).unwrap_or_default())
        .collect()
}

/// The ends of conversations without a summary: their uuids, and what stands for a summary.
fn unsummarized(lines: &[Line]) -> Vec<(String, String)> {
    let parents = lines.iter().filter_map(|line| line.parent_uuid.as_deref());
    let summarized = lines.iter().filter_map(|line| line.leaf_uuid.as_deref());
    let gone: SortedSet<&str> = parents.chain(summarized).collect();
    let messages = lines.iter().filter(|line| {
        matches!(
            line.kind.as_deref(),
            Some("user" | "assistant" | "system" | "attachment")
        )
    });
    let first = messages.clone().next();
    let title = first.and_then(|line| Some(line.message.as_ref()?.text()));
    let title: String = title.unwrap_or_default().chars().take(50).collect();
    messages
        .filter_map(|line| line.uuid.as_deref())
        .filter(|uuid| !gone.contains(uuid))
        .map(|uuid| (uuid.to_owned(), title.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(dir: &Path, name: char, lines: &str) {
        let uuid: String = "00000000-0000-4000-8000-000000000000".replace('0', &name.to_string());
        fs::write(dir.join(uuid + ".jsonl"), lines).unwrap();
    }

    #[test]
    fn every_conversation_gets_one_summary() {
        let profile = Profile::named("1.0.108").unwrap();
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(summaries(dir.path(), profile), None);
        let two_ends = concat!(
            r#"{"type":"user","uuid":"u","parentUuid":null,"message":{"content":"hi"}}"#,
            "\n",
            r#"{"type":"assistant","uuid":"a","parentUuid":"u","message":{"content":[]}}"#,
            "\n",
            r#"{"type":"assistant","uuid":"b","parentUuid":"u","message":{"content":[]}}"#,
            "\n",
            "broken\n",
        );
        write(dir.path(), '1', two_ends);
        let text = summaries(dir.path(), profile).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(
            text.starts_with(r#"{"type":"summary","summary":"hi","leafUuid":"a"}"#),
            "{text}"
        );
        write(dir.path(), '1', &(text + two_ends));
        assert_eq!(summaries(dir.path(), profile), None);
    }

    #[test]
    fn versions_without_summaries_write_none() {
        assert_eq!(
            summaries(Path::new("/nonexistent"), Profile::newest()),
            None
        );
    }
}
