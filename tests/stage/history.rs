//! The history of a stage.

use crate::support::{Host, Test, listing};
use claude_harness::stage::{HistoryProject, HistorySpec, Stage};
use serde_json::Value;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

pub(crate) const TESTS: &[Test] = &[
    ("the_same_seed_gives_the_same_history", same_seed),
    (
        "sessions_have_the_asked_messages_and_no_common_ids",
        sessions,
    ),
    ("a_gone_project_is_listed_but_does_not_exist", gone),
    ("without_a_history_the_home_is_cold", cold),
];

fn spec() -> HistorySpec {
    HistorySpec {
        sessions: 5,
        messages: 6,
        bytes: 300,
        seed: 42,
        project: HistoryProject::Project,
        config_dir: None,
        longest: 0,
        damage: Vec::new(),
    }
}

fn stage(host: &Host, spec: HistorySpec, profile: Option<&str>) -> Stage {
    let mut plan = host.plan("macos-finder", "electron-app");
    plan.history = vec![spec];
    plan.script.profile = profile.map(str::to_owned);
    Stage::build(&plan).unwrap()
}

/// The files of the history, with their contents.
fn files(stage: &Stage) -> Vec<(PathBuf, String)> {
    let mut files = listing(&stage.home.join(".claude"));
    files.retain(|path| path.is_file());
    files.push(stage.home.join(".claude.json"));
    files
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect()
}

fn transcripts(stage: &Stage) -> Vec<(PathBuf, Vec<Value>)> {
    files(stage)
        .into_iter()
        .filter(|(path, _)| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .map(|(path, text)| {
            let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
            (path, lines.collect())
        })
        .collect()
}

fn same_seed(host: &Host) {
    let text = |spec: HistorySpec| {
        let stage = stage(host, spec, None);
        let parts = files(&stage);
        let text: String = parts
            .iter()
            .map(|(path, text)| format!("{}\n{text}", path.display()))
            .collect();
        stage.normalise(&text)
    };
    let first = text(spec());
    assert_eq!(first, text(spec()));
    let mut other = spec();
    other.seed += 1;
    assert_ne!(first, text(other));
    // The names of the files and the working directories in them: nothing of this run is left.
    assert!(first.contains("<home>/.claude/projects/<home:encoded>-code-my-project-1-0/"));
    assert!(first.contains(r#""cwd":"<project>""#));
}

fn sessions(host: &Host) {
    for profile in ["1.0.108", "2.1.330"] {
        let stage = stage(host, spec(), Some(profile));
        let all = transcripts(&stage);
        assert_eq!(all.len(), 5);
        let mut ids = BTreeSet::new();
        for (path, lines) in &all {
            let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count();
            assert_eq!((of("user"), of("assistant")), (3, 3), "{}", path.display());
            for line in lines.iter().filter(|line| line["type"] == "assistant") {
                assert!(
                    ids.insert(line["message"]["id"].to_string()),
                    "an id stands twice"
                );
                assert_eq!(line["version"], profile);
                assert_eq!(line["cwd"], stage.project.to_str().unwrap());
            }
            let mode = path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, if profile == "1.0.108" { 0o644 } else { 0o600 });
        }
        assert_eq!(ids.len(), 15);
    }
}

fn gone(host: &Host) {
    let mut spec = spec();
    spec.project = HistoryProject::Gone;
    let stage = stage(host, spec, None);
    let config = std::fs::read_to_string(stage.home.join(".claude.json")).unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    let projects: Vec<&String> = config["projects"].as_object().unwrap().keys().collect();
    assert_eq!(projects.len(), 1);
    let gone = stage.history_project.as_ref().unwrap();
    assert_eq!(projects[0], gone.to_str().unwrap());
    assert!(gone.starts_with(&stage.home) && !gone.exists());
    assert_eq!(transcripts(&stage).len(), 5);
}

fn cold(host: &Host) {
    let stage = host.stage("macos-finder", "electron-app");
    let names: Vec<_> = listing(&stage.home)
        .into_iter()
        .map(|path| path.strip_prefix(&stage.home).unwrap().to_owned())
        .collect();
    // All that there is beside the project is the login.
    let expected = [
        ".claude",
        ".claude/.credentials.json",
        "code",
        "code/my project_1.0",
        "code/my project_1.0/README.md",
    ];
    assert_eq!(names, expected.map(PathBuf::from));
}
