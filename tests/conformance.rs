//! The stand-in against what was recorded of the real CLI, and the comparison against itself.

use claude_harness::oracle::compare::Comparison;
use claude_harness::oracle::fit::{Known, elided, items};
use claude_harness::oracle::recording::Recording;
use claude_harness::oracle::report::{Count, claims, complaints};
use claude_harness::oracle::rules::Rules;
use claude_harness::oracle::seen::Seen;
use claude_harness::oracle::shipped::{recordings, versions};
use claude_harness::oracle::suite::{Outcome, Plan, run};
use serde_json::{Map, Value, json};

/// Every recording that is shipped, on the stand-in.
fn replayed(perturb: bool) -> Outcome {
    let plan = Plan {
        perturb,
        ..Plan::shipped(env!("CARGO_BIN_EXE_claude-harness"))
    };
    run(&plan, &|_| {}).unwrap()
}

#[test]
fn the_stand_in_does_what_was_recorded_of_the_real_cli_and_the_readme_says_how_often() {
    let outcome = replayed(false);
    assert_eq!(complaints(&outcome), Vec::<String>::new());
    let readme = include_str!("../README.md");
    // Where something cannot be run (another uid, a mount) the claim cannot be checked.
    let whole = outcome.cases.iter().all(|case| case.skipped.is_none());
    for claim in claims(&outcome).iter().filter(|_| whole) {
        assert!(readme.contains(claim), "the README does not say: {claim}");
    }
    // Behaviour hangs on no text, order of flags, id or chunk of stdin of a recording.
    let perturbed = replayed(true);
    for version in versions() {
        let percent = |outcome: &Outcome| {
            Count::of(outcome.cases.iter().filter(|c| c.version == version)).percent()
        };
        let (plain, other) = (percent(&outcome), percent(&perturbed));
        assert!(
            other >= plain - 1.0,
            "{version}: {plain} %, perturbed {other} %"
        );
    }
}

#[test]
fn a_recording_agrees_with_itself() {
    let bench = Bench::new();
    for recording in &bench.recordings {
        let difference = bench.difference(recording, &bench.seen(recording));
        assert_eq!(difference, None, "{} {}", recording.version, recording.case);
    }
}

#[test]
fn whatever_changes_in_an_output_is_a_difference_unless_a_rule_names_its_place() {
    let bench = Bench::new();
    let cases = [
        "tool_bash_echo",
        "perm_stdio_allow",
        "api_500_retry1",
        "ctl_interrupt_streaming",
    ];
    let mut changed = 0;
    for recording in bench
        .recordings
        .iter()
        .filter(|r| cases.contains(&r.case.as_str()))
    {
        let mut recording = recording.clone();
        recording.files = None;
        let recording = &recording;
        for (line, recorded) in recording.stdout.iter().enumerate() {
            let mut places = Vec::new();
            leaves(recorded, "", &mut places);
            for place in places {
                let mut seen = bench.seen(recording);
                let mut value: Value = serde_json::from_str(&seen.stdout[line]).unwrap();
                let Some(leaf) = value.pointer_mut(&place) else {
                    continue;
                };
                *leaf = other_than(leaf);
                seen.stdout[line] = value.to_string();
                changed += 1;
                let noticed = bench.difference(recording, &seen).is_some();
                let kind = claude_harness::oracle::compare::kind(recorded);
                let path = format!("stdout/{kind}{place}");
                let excused =
                    bench
                        .rules
                        .excuse(&recording.version, &recording.case, &path, |_| true)
                        || recorded.pointer(&place).is_some_and(stands_for_any);
                assert!(
                    noticed || excused,
                    "{} {}: {path}",
                    recording.version,
                    recording.case
                );
            }
        }
    }
    assert!(changed > 500, "only {changed} leaves");
}

#[test]
fn another_exit_line_stderr_or_file_is_a_difference() {
    let bench = Bench::new();
    let recording = bench
        .recordings
        .iter()
        .find(|r| r.case == "tool_bash_echo")
        .unwrap();
    let changes: [fn(&mut Seen); 7] = [
        |seen| seen.code += 1,
        |seen| seen.stderr.push_str("oops\n"),
        |seen| seen.stdout.push("{}".into()),
        |seen| seen.stdout.truncate(1),
        |seen| {
            let mut line: Map<String, Value> = serde_json::from_str(&seen.stdout[0]).unwrap();
            let first = line.remove("type").unwrap();
            line.insert("type".into(), first);
            seen.stdout[0] = Value::from(line).to_string();
        },
        |seen| drop(seen.files.remove("<HOME>/.claude.json")),
        |seen| {
            drop(
                seen.files
                    .insert("<HOME>/new".into(), json!({"mode": "0o644", "text": ""})),
            )
        },
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let mut seen = bench.seen(recording);
        change(&mut seen);
        assert!(bench.difference(recording, &seen).is_some(), "change {n}");
    }
}

struct Bench {
    recordings: Vec<Recording>,
    rules: Rules,
}

impl Bench {
    fn new() -> Self {
        let mut recordings = recordings().unwrap();
        // Of some calls only a few bytes were kept; others are no calls.
        recordings
            .retain(|r| r.is_call() && r.raw.get("assistant_text_segment_bytes_repr").is_none());
        Bench {
            recordings,
            rules: Rules::embedded().unwrap(),
        }
    }

    fn list(&self, version: &str, case: &str, key: &str) -> Option<Vec<Value>> {
        let mut recordings = self.recordings.iter();
        recordings
            .find(|r| r.version == version && r.case == case)?
            .list(key)
            .cloned()
    }

    fn difference(&self, recording: &Recording, seen: &Seen) -> Option<String> {
        let sessions = ["0", "_FIRST", "_SECOND"];
        let sessions = sessions.map(|name| (format!("<SID{name}>"), format!("sid{name}")));
        let mut comparison = Comparison {
            rules: &self.rules,
            version: &recording.version,
            case: &recording.case,
            known: Known::with(sessions.into()),
            lists: &|case, key| self.list(&recording.version, case, key),
        };
        comparison.difference(recording, seen)
    }

    /// What was recorded, as a run would show it.
    fn seen(&self, recording: &Recording) -> Seen {
        let sample = |value: &Value| self.sample(value, "", &recording.version);
        let text = |value: &Value| match sample(value) {
            Value::String(text) => text,
            value => value.to_string(),
        };
        let mut files = Map::new();
        for (path, file) in recording.files.iter().flatten() {
            let lines = |lines: &Vec<Value>| lines.iter().map(&text).collect::<Vec<_>>().join("\n");
            let count = file["lines"]
                .as_str()
                .and_then(|t| t[1..].split(' ').next()?.parse().ok());
            let written = match (file["lines"].as_array(), count) {
                (Some(all), _) => lines(all),
                (None, Some(count)) => vec!["{}"; count].join("\n"),
                (None, None) => [&file["json"], &file["text"]]
                    .into_iter()
                    .find(|v| !v.is_null())
                    .map(&text)
                    .unwrap_or_default(),
            };
            files.insert(
                concrete(path),
                json!({"mode": file["mode"], "text": written}),
            );
        }
        Seen {
            code: recording.exit_code,
            stdout: recording.stdout.iter().map(&text).collect(),
            stderr: concrete(&recording.stderr),
            files,
            sent: Vec::new(),
        }
    }

    fn sample(&self, value: &Value, key: &str, version: &str) -> Value {
        match value {
            Value::String(text) if text == "<int>" => 7.into(),
            Value::String(text) if text == "<float>" => 7.5.into(),
            Value::String(text) => match items(text) {
                Some((count, case)) => {
                    let list = self.list(version, case, key);
                    let list = list.filter(|list| list.len() == count);
                    self.sample(
                        &list.unwrap_or(vec![Value::Null; count]).into(),
                        key,
                        version,
                    )
                }
                None => concrete(text).into(),
            },
            Value::Array(items) => items.iter().map(|v| self.sample(v, key, version)).collect(),
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| (concrete(key), self.sample(value, key, version)))
                .collect(),
            other => other.clone(),
        }
    }
}

/// A text with something that each placeholder may stand for.
fn concrete(text: &str) -> String {
    let (start, count) = elided(text).unwrap_or((text, 0));
    let mut out = start.to_owned();
    for (name, value) in [
        // The recorder replaced its folder before the working folder in it.
        ("<RUN_ENC>/work", "<RUN_ENC>-work"),
        ("<TS>", "2026-11-22T14:48:08.104Z"),
        ("<EPOCH_MS>", "1795358113945"),
        ("<int>", "7"),
        ("<float>", "7.5"),
        ("<SLEEP>", "7.5"),
        ("<N>", "7"),
        ("<HEX>", "ab"),
        ("<prose>", "some prose"),
    ] {
        out = out.replace(name, value);
    }
    for (start, value) in [("<UUID:", "id"), ("<SID", "sid"), ("<PROMPT:", "a prompt ")] {
        while let Some(at) = out.find(start) {
            let length = out[at..].find('>').unwrap();
            let inner = out[at + start.len()..at + length].to_owned();
            out.replace_range(at..=at + length, &format!("{value}{inner}"));
        }
    }
    let missing = count.saturating_sub(out.chars().count());
    out + &"x".repeat(missing)
}

fn leaves(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            map.iter()
                .for_each(|(key, v)| leaves(v, &format!("{place}/{key}"), found));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(n, v)| leaves(v, &format!("{place}/{n}"), found));
        }
        _ => found.push(place.to_owned()),
    }
}

/// Another value of the same type.
fn other_than(value: &Value) -> Value {
    match value {
        Value::String(text) => format!("{text} and more").into(),
        Value::Number(number) => json!(number.as_f64().unwrap_or_default() + 1.0),
        Value::Bool(flag) => (!flag).into(),
        _ => json!("something"),
    }
}

/// Whether the recording itself says that any such value may stand there.
fn stands_for_any(recorded: &Value) -> bool {
    recorded
        .as_str()
        .is_some_and(|text| text.starts_with('<') || text.ends_with('…'))
}
