//! What a run leaves on disk, held against what the recordings show: the files, their modes, and every line of the
//! transcripts that is not the CLI's own text.

mod support;

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use support::Stage;

/// All files below a folder, by their path in it.
fn tree(root: &Path) -> BTreeMap<String, u32> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
                files.insert(
                    path.strip_prefix(root)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned(),
                    mode,
                );
            }
        }
    }
    files
}

/// The lines of a transcript without its attachments, which hold the CLI's own text: what follows one then follows
/// what the attachment followed. (The recordings here have been kept in the same way.)
fn without_attachments(text: &str) -> Vec<Value> {
    let mut before: BTreeMap<String, Value> = BTreeMap::new();
    let mut kept = Vec::new();
    for line in text.lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        for key in ["parentUuid", "leafUuid"] {
            if let Some(parent) = line
                .get(key)
                .and_then(Value::as_str)
                .and_then(|p| before.get(p))
                .cloned()
            {
                line[key] = parent;
            }
        }
        if line["type"] == "attachment" {
            before.insert(
                line["uuid"].as_str().unwrap().to_owned(),
                line["parentUuid"].clone(),
            );
        } else {
            kept.push(line);
        }
    }
    kept
}

#[test]
fn a_session_that_is_not_to_be_kept_leaves_no_transcript() {
    let stage = Stage::saying("2.1.330", &["x"]);
    assert_eq!(
        stage
            .run(&["-p", "hi", "--no-session-persistence"], "")
            .code,
        0
    );
    assert!(
        !tree(&stage.home)
            .keys()
            .any(|path| path.ends_with(".jsonl"))
    );
}

#[test]
fn a_home_that_cannot_be_written_stops_only_the_older_version() {
    for (version, code) in [("1.0.108", 1), ("2.1.330", 0)] {
        let mut stage = Stage::saying(version, &["x"]);
        // Below a file nothing can be written, whoever asks.
        stage.home = stage.root().join("script.json");
        let done = stage.run(&["-p", "hi"], "");
        assert_eq!(done.code, code, "{done:?}");
        assert_eq!(
            done.stderr
                .starts_with("Error: ENOTDIR: not a directory, open '"),
            code == 1,
            "{}",
            done.stderr
        );
    }
}

#[test]
fn a_history_is_gone_on_with() {
    for profile in mock_claude::profile::Profile::all() {
        let stage = Stage::saying(&profile.version, &["A2"]);
        let home = mock_claude::transcript::Home::in_home(&stage.home);
        let past = mock_claude::transcript::PastSession::new(profile, &stage.cwd, 5).turn(
            1_795_000_000_000,
            "one",
            "A1",
        );
        past.write(&home).unwrap();
        for args in [["--continue", "--verbose"], ["--resume", past.id()]] {
            stage.script(json!({"profile": profile.version, "calls": [
                {"when": {"session": past.id()}, "times": 9, "do": [{"say": "A2"}]},
                {"when": {"resumes": true}, "times": 9, "do": [{"say": "A2"}]},
            ]}));
            let done = stage.run(
                &[&["-p", "two", "--output-format", "json"][..], &args].concat(),
                "",
            );
            assert_eq!(done.code, 0, "{done:?}");
        }
    }
}

#[test]
fn the_previous_configuration_is_kept_every_time_or_only_at_first() {
    for (version, backups) in [("1.0.108", 1), ("2.1.330", 1)] {
        let stage =
            Stage::new(json!({"profile": version, "calls": [{"times": 2, "do": [{"say": "x"}]}]}));
        let read = || fs::read_to_string(stage.home.join(".claude.json")).unwrap();
        assert_eq!(stage.run(&["-p", "one"], "").code, 0);
        let first = read();
        assert_eq!(stage.run(&["-p", "two"], "").code, 0);
        assert_eq!(
            read(),
            first,
            "a second run in the same folder has nothing to add"
        );
        let files: Vec<String> = tree(&stage.home)
            .into_keys()
            .filter(|f| f.contains(".backup"))
            .collect();
        assert_eq!(files.len(), backups, "{files:?}");
        let kept = fs::read_to_string(stage.home.join(&files[0])).unwrap();
        assert_eq!(kept == first, version == "1.0.108", "{kept}");
        assert!(!first.contains("$"), "{first}");
    }
}

#[test]
fn an_echoed_prompt_has_the_id_that_the_transcript_keeps() {
    let stage = Stage::saying("2.1.330", &["x"]);
    let args = [
        "-p",
        "--input-format",
        "stream-json",
        "--output-format",
        "stream-json",
        "--verbose",
    ];
    let input = json!({"type": "user", "message": {"role": "user", "content": "one"}});
    let done = stage.run(
        &[&args[..], &["--replay-user-messages"]].concat(),
        &format!("{input}\n"),
    );
    let echo = done
        .json()
        .into_iter()
        .find(|l| l["isReplay"] == true)
        .unwrap();
    let transcript = tree(&stage.home)
        .into_keys()
        .find(|f| f.ends_with(".jsonl"))
        .unwrap();
    let text = fs::read_to_string(stage.home.join(transcript)).unwrap();
    let kept = without_attachments(&text)
        .into_iter()
        .find(|l| l["type"] == "user")
        .unwrap();
    assert_eq!(echo["uuid"], kept["uuid"]);
}
