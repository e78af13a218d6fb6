//! What a run leaves on disk, held against what the recordings show: the files, their modes, and every line of the
//! transcripts that is not the CLI's own text.

mod support;

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use support::Stage;
use support::compare::Known;

fn recording(version: &str, case: &str) -> Value {
    let file = format!(
        "{}/tests/recordings/{version}/{case}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

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

/// Recorded paths with the stage's own names, and no run-dependent parts.
fn expected(
    recording: &Value,
    known: &Known,
    sessions: &BTreeMap<&str, String>,
) -> BTreeMap<String, Value> {
    let name = |path: &str| {
        let mut path = path.strip_prefix("<HOME>/").unwrap().to_owned();
        for (placeholder, value) in &known.values {
            path = path.replace(placeholder.as_str(), value);
        }
        for (placeholder, id) in sessions {
            path = path.replace(placeholder, id);
        }
        path
    };
    recording["files"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, file)| (name(path), file.clone()))
        .collect()
}

fn check(version: &str, case: &str, script: Value, earlier: Option<Value>) {
    let stage = Stage::new(json!({"profile": version, "clock": 0.0, "calls": script}));
    let recording = recording(version, case);
    let mut sessions = BTreeMap::new();
    let mut first = String::new();
    if let Some(prompt) = earlier {
        let done = stage.run(
            &["-p", prompt.as_str().unwrap(), "--output-format", "json"],
            "",
        );
        first = done.json()[0]["session_id"].as_str().unwrap().to_owned();
        sessions.insert("<SID0>", first.clone());
    }
    let args: Vec<String> = recording["argv"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a.as_str().unwrap().replace("<SID0>", &first))
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = stage.run(&args, "");
    assert_eq!(done.code, 0, "{done:?}");
    sessions.insert(
        "<UUID:1>",
        done.json()[0]["session_id"].as_str().unwrap().to_owned(),
    );

    let profile = mock_claude::profile::Profile::named(version).unwrap();
    let mut known = Known::default();
    known.stop_reason_is_a_race = version == "1.0.108";
    known.values = vec![
        (
            "<CWD_ENC>".into(),
            mock_claude::transcript::directory_name(&stage.cwd, profile.behaviour.directory_names),
        ),
        ("<CWD>".into(), stage.cwd.display().to_string()),
        ("<SID0>".into(), first),
    ];
    // `<UUID:1>` is the session everywhere.
    let ours: BTreeMap<String, u32> = tree(&stage.home)
        .into_iter()
        .map(|(path, mode)| match path.split_once(".backup.") {
            Some((start, _)) => (format!("{start}.backup.<EPOCH_MS>"), mode),
            None => (path, mode),
        })
        .collect();
    let expected = expected(&recording, &known, &sessions);
    let modes: BTreeMap<String, u32> = expected
        .iter()
        .map(|(path, file)| {
            let mode = file["mode"].as_str().unwrap().trim_start_matches("0o");
            (path.clone(), u32::from_str_radix(mode, 8).unwrap())
        })
        .collect();
    assert_eq!(ours, modes, "{version} {case}");

    for (path, file) in &expected {
        let text = || fs::read_to_string(stage.home.join(path)).unwrap();
        if let Some(lines) = file["lines"].as_array() {
            let text = text();
            let ours = without_attachments(&text);
            assert_eq!(lines.len(), ours.len(), "{path}: {text}");
            for (recorded, ours) in lines.iter().zip(&ours) {
                if let Some(difference) = known.difference(recorded, ours) {
                    panic!("{version} {case}: {path} differs at {difference}\n{recorded}\n{ours}");
                }
            }
        } else if let Some(recorded) = file.get("json").filter(|_| !path.contains("backups")) {
            let ours: Value = serde_json::from_str(&text()).unwrap();
            let keys = |v: &Value| v.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>());
            assert_eq!(keys(&ours), keys(recorded), "{path}");
            assert_eq!(
                ours.get("projects").and_then(keys),
                recorded
                    .get("projects")
                    .map(|_| vec![stage.cwd.display().to_string()])
            );
        }
    }
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

fn answers(texts: &[&str]) -> Value {
    texts.iter().map(|t| json!({"do": [{"say": t}]})).collect()
}

#[test]
fn a_turn_leaves_the_recorded_files() {
    for version in ["1.0.108", "2.1.330"] {
        check(
            version,
            "text_stream_json_verbose",
            answers(&["Hello there."]),
            None,
        );
    }
}

#[test]
fn a_turn_with_a_tool_leaves_the_recorded_files() {
    for version in ["1.0.108", "2.1.330"] {
        let tool = json!({"tool": "Bash", "input": {"command": "echo hi", "description": "say hi"}, "result": "hi"});
        let script = json!([{"do": [{"say": "Running."}, {"use": tool}, {"say": "Done."}]}]);
        check(version, "tool_bash_echo", script, None);
    }
}

#[test]
fn a_resumed_session_is_copied_by_the_older_version() {
    let script = answers(&["First answer.", "Second answer."]);
    check(
        "1.0.108",
        "resume_1_by_id",
        script,
        Some("first prompt".into()),
    );
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
