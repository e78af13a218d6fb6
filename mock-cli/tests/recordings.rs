//! Every recording in `tests/recordings` is replayed: same arguments, same frames in the same order, a script that
//! says what the recorded model said; then exit code, stderr and each line of stdout are compared.

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use support::compare::{Known, elided};
use support::{Done, Run, Stage, kind};

/// Recordings that need something which is not there yet, and what.
const LATER: [(&str, &str); 1] = [(
    "2.1.330::ctl_setters_idle",
    "older models have four more tools, whose names are not known",
)];

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let mut trials = Vec::new();
    for version in fs::read_dir(root).unwrap() {
        for file in fs::read_dir(version.unwrap().path()).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            let recording: Value = serde_json::from_str(&text).unwrap();
            let name = format!(
                "{}::{}",
                text_at(&recording, "version"),
                text_at(&recording, "case")
            );
            let later = LATER.iter().any(|(n, _)| *n == name);
            let root_only = name.ends_with("_root") && !rustix::process::getuid().is_root();
            let trial = Trial::test(name, move || replay(&recording));
            // The CLI refuses some things only to root.
            trials.push(trial.with_ignored_flag(root_only || later));
        }
    }
    assert!(
        trials.len() > 150,
        "only {} recordings were found",
        trials.len()
    );
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn text_at<'a>(recording: &'a Value, key: &str) -> &'a str {
    recording[key].as_str().unwrap_or_default()
}

fn recording(version: &str, case: &str) -> Value {
    let file = format!(
        "{}/tests/recordings/{version}/{case}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

fn replay(recording: &Value) -> Result<(), Failed> {
    let mut stage = Stage::new(script(recording));
    let session = prepare(&mut stage, recording);
    let done = play(&stage, recording, &session);
    compare(&stage, recording, &session, &done).map_err(|difference| {
        let lines: Vec<String> = done
            .stdout
            .iter()
            .map(|l| l.chars().take(300).collect())
            .collect();
        Failed::from(format!(
            "{difference}\nexit {}\nstdout {lines:#?}\nstderr {}",
            done.code, done.stderr
        ))
    })
}

/// What has to be there first. Returns the session that the recording calls `<SID0>` or `<SID_FIRST>`.
fn prepare(stage: &mut Stage, recording: &Value) -> String {
    let (version, case) = (text_at(recording, "version"), text_at(recording, "case"));
    for (name, value) in recording["env"].as_object().unwrap() {
        if name == "CLAUDE_CONFIG_DIR" {
            let dir = stage.root().join("config");
            stage.env.push((name.clone(), dir.display().to_string()));
        } else {
            stage
                .env
                .push((name.clone(), value.as_str().unwrap().to_owned()));
        }
    }
    if let Some(dir) = path_of(recording) {
        // Recorded below a folder with a name of its own; only what comes after it matters.
        stage.cwd = stage.cwd.join(dir.trim_start_matches('/'));
        fs::create_dir_all(&stage.cwd).unwrap();
    }
    let earlier: &[&str] = match case {
        "resume_1_by_id"
        | "resume_6_session_id_already_used"
        | "resume_10_no_prompt"
        | "resume_empty_transcript" => &["resume_0_first"],
        "resume_2_continue" => &["resume_0_first", "resume_1_by_id"],
        "resume_3_fork" | "resume_9_other_cwd" | "resume_4_fork_with_session_id" => {
            &["resume_0_first", "resume_1_by_id", "resume_2_continue"]
        }
        _ => &[],
    };
    let mut session = String::new();
    for case in earlier {
        let before = self::recording(version, case);
        stage.script(script(&before));
        let done = play(stage, &before, &session);
        assert_eq!(done.code, 0, "{case}: {done:?}");
        if session.is_empty() {
            session = done.json()[0]["session_id"].as_str().unwrap().to_owned();
        }
        fs::remove_dir_all(stage.ledger_dir().join("taken")).unwrap();
    }
    stage.script(script(recording));
    match case {
        "resume_empty_transcript" => {
            let projects = stage.home.join(".claude/projects");
            let project = fs::read_dir(projects)
                .unwrap()
                .next()
                .unwrap()
                .unwrap()
                .path();
            fs::write(project.join(format!("{session}.jsonl")), "").unwrap();
        }
        "resume_9_other_cwd" => {
            stage.cwd = stage.root().join("elsewhere");
            fs::create_dir(&stage.cwd).unwrap();
        }
        _ => {}
    }
    session
}

/// The recorded working folder below the rig's own.
fn path_of(recording: &Value) -> Option<&str> {
    recording["stdout"][0]["cwd"]
        .as_str()?
        .strip_prefix("<GBASE>")
}

/// Runs the stand-in as the rig ran the CLI.
fn play(stage: &Stage, recording: &Value, session: &str) -> Done {
    let fill = |text: &str| {
        let uuid = "11111111-2222-4333-8444-555555555555";
        text.replace("<SID0>", session)
            .replace("<SID_FIRST>", session)
            .replace("<UUID:1>", uuid)
    };
    let args: Vec<String> = recording["argv"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| fill(a.as_str().unwrap()))
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut command = stage.command(&args);
    if text_at(recording, "stdin_mode") == "pipe" {
        command.stdin(Stdio::piped());
    }
    if text_at(recording, "case") == "invalid_cwd_deleted" {
        let gone = stage.root().join("gone");
        fs::create_dir(&gone).unwrap();
        let claude = stage.root().join("bin/claude");
        command = std::process::Command::new("/bin/sh");
        command
            .args([
                "-c",
                "cd \"$1\" && rmdir \"$1\" && shift && exec \"$@\"",
                "sh",
            ])
            .arg(gone)
            .arg(claude)
            .args(&args);
        command
            .env_clear()
            .env("HOME", &stage.home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    }
    let mut run = Run::start(&mut command);
    for step in recording["steps"].as_array().unwrap() {
        if let Some(frame) = step.get("send") {
            let mut frame = frame.clone();
            if let Some((start, count)) = frame["message"]["content"].as_str().and_then(elided) {
                frame["message"]["content"] = filled(start, count).into();
            }
            run.send_json(&frame);
        } else if let Some(text) = step["raw"].as_str() {
            run.send(text);
        } else if let Some(what) = step["wait"].as_str() {
            // A wait for what never came was part of some recordings: those waits ended by time.
            if comes(recording, what, &run) {
                run.wait(what, |line| is(line, what));
            }
        } else if let Some(signal) = step["signal"].as_str() {
            run.signal(match signal {
                "SIGINT" => rustix::process::Signal::INT,
                "SIGHUP" => rustix::process::Signal::HUP,
                _ => rustix::process::Signal::TERM,
            });
            return run.ended();
        } else if step["eof"] == true {
            run.close_stdin();
        }
    }
    run.done()
}

/// Whether the recording has another such line after those that were seen.
fn comes(recording: &Value, what: &str, run: &Run) -> bool {
    let count = |lines: &mut dyn Iterator<Item = Value>| lines.filter(|l| is(l, what)).count();
    let recorded = count(&mut recording["stdout"].as_array().unwrap().iter().cloned());
    recorded
        > count(
            &mut run
                .stdout
                .iter()
                .filter_map(|l| serde_json::from_str(l).ok()),
        )
}

/// Whether a line is what a step waits for: `result`, `init`, `type assistant`, `control_response init-1`.
fn is(line: &Value, what: &str) -> bool {
    match what.split_once(' ') {
        Some(("type", kind)) => line["type"] == kind,
        Some((kind, id)) => line["type"] == kind && line["response"]["request_id"] == id,
        None if what == "init" => kind(line) == "system/init",
        None => line["type"] == what,
    }
}

/// A script by which the model says what it said in the recording.
fn script(recording: &Value) -> Value {
    let lines = recording["stdout"].as_array().unwrap();
    let mut calls = Vec::new();
    let mut actions: Vec<Value> = Vec::new();
    for line in lines {
        match line {
            Value::Array(messages) => {
                actions.extend(messages.iter().flat_map(|m| blocks(m, messages)))
            }
            Value::Object(_) => actions.extend(blocks(line, lines)),
            _ => {}
        }
        if line["type"] == "result" && !actions.is_empty() {
            calls.push(json!({"do": std::mem::take(&mut actions)}));
        }
    }
    if calls.is_empty() && !lines.is_empty() {
        let text: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
        let say = if actions.is_empty() {
            vec![json!({"say": text.join("\n")})]
        } else {
            actions
        };
        calls.push(json!({"do": say}));
    }
    json!({"profile": recording["version"], "clock": 0.0, "calls": calls})
}

/// A text of so many characters that was kept only up to `start`.
fn filled(start: &str, count: usize) -> String {
    let more = count - start.chars().count();
    format!("{start}{}", "x".repeat(more))
}

fn blocks(line: &Value, lines: &[Value]) -> Vec<Value> {
    let assistant = line["type"] == "assistant";
    let blocks = line["message"]["content"].as_array().filter(|_| assistant);
    blocks
        .into_iter()
        .flatten()
        .map(|block| action(block, lines))
        .collect()
}

fn action(block: &Value, lines: &[Value]) -> Value {
    let text = |key: &str| match block[key].as_str().and_then(elided) {
        Some((start, count)) => filled(start, count),
        None => block[key].as_str().unwrap_or_default().to_owned(),
    };
    match block["type"].as_str() {
        Some("text") => json!({"say": text("text")}),
        Some("thinking") => json!({"think": text("thinking")}),
        _ => {
            let results = lines.iter().map(|l| &l["message"]["content"][0]);
            let result = results
                .into_iter()
                .find(|r| r["tool_use_id"] == block["id"])
                .unwrap();
            json!({"use": {"tool": block["name"], "input": block["input"],
                           "result": result["content"], "error": result["is_error"]}})
        }
    }
}

fn compare(stage: &Stage, recording: &Value, session: &str, done: &Done) -> Result<(), String> {
    let (version, case) = (text_at(recording, "version"), text_at(recording, "case"));
    let mut known = Known::default();
    let path = |path: &Path| path.display().to_string();
    let names = if version == "1.0.108" {
        mock_claude::profile::DirectoryNames::Unlimited
    } else {
        mock_claude::profile::DirectoryNames::Hashed
    };
    known.values = vec![
        ("<GBASE>".into(), path(&stage.root().join("cwd"))),
        (
            "<CWD_ENC>".into(),
            mock_claude::transcript::directory_name(&stage.cwd, names),
        ),
        ("<CWD>".into(), path(&stage.cwd)),
        ("<HOME>".into(), path(&stage.home)),
        (
            "<RUNROOT>/cfgdir-2.1.330".into(),
            path(&stage.root().join("config")),
        ),
        ("<SID_FIRST>".into(), session.into()),
    ];
    if !session.is_empty() {
        known.values.push(("<SID0>".into(), session.into()));
    }
    known.stop_reason_is_a_race = version == "1.0.108";
    // Side requests of 1.0.108 for Bash are in its costs.
    known.costs_differ = version == "1.0.108" && case.starts_with("tool_");
    if recording["exit_code"] != done.code {
        return Err(format!(
            "exit code {} recorded, {} ours",
            recording["exit_code"], done.code
        ));
    }
    let recorded = recording["stdout"].as_array().unwrap();
    for (n, line) in recorded.iter().enumerate() {
        let Some(text) = done.stdout.get(n) else {
            return Err(format!("line {n} is missing: {line}"));
        };
        let ours = match line {
            Value::String(_) => Value::String(text.clone()),
            _ => serde_json::from_str(text).map_err(|e| format!("line {n} is no JSON: {e}"))?,
        };
        let mut line = line.clone();
        if let Some(memory) = line.pointer_mut("/memory_paths/auto")
            && path_of(recording).is_some()
        {
            // The folder's name was recorded with the rig's own folder in it.
            *memory = "<HOME>/.claude/projects/<CWD_ENC>/memory/".into();
        }
        if let Some(difference) = known.difference(&line, &ours) {
            return Err(format!("line {n} differs at {difference}"));
        }
    }
    if let Some(more) = done.stdout.get(recorded.len()) {
        return Err(format!("a line too many: {more}"));
    }
    let expected = Value::from(text_at(recording, "stderr"));
    // These recordings hold of an uncaught error what it says, not what Node.js says besides.
    let stderr = match done.stderr.split_once("\n    at mock-claude") {
        Some((said, _)) => format!("{said}\n"),
        None => done.stderr.clone(),
    };
    match known.difference(&expected, &Value::from(stderr)) {
        None => Ok(()),
        Some(difference) => Err(format!("stderr differs{difference}")),
    }
}
