//! What the tests of the stage share.

use claude_harness::stage::{self, Environment, Executables, Layout, Plan, ServerPayload, Stage};
use mock_claude::ledger::Call;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

/// A test that has a host to build stages on.
pub(crate) type Test = (&'static str, fn(&Host));

/// This host: with its real Node, and as if it had none.
#[derive(Clone)]
pub(crate) struct Host {
    with_node: Executables,
    bare: Executables,
    node: Arc<Option<PathBuf>>,
}

impl std::panic::UnwindSafe for Host {}

impl Host {
    pub(crate) fn prepare() -> Self {
        let executable = std::env::current_exe().unwrap();
        let node = stage::find_node();
        Self {
            with_node: stage::prepare(&executable, node.as_deref()).unwrap(),
            bare: stage::prepare(&executable, None).unwrap(),
            node: Arc::new(node),
        }
    }

    /// Why tests that need Node cannot run, if they cannot.
    pub(crate) fn without_node(&self) -> Option<&'static str> {
        match *self.node {
            Some(_) => None,
            None => Some("there is no node on PATH"),
        }
    }

    /// Whether a missing Node is to be a failure.
    pub(crate) fn node_is_required(&self) -> bool {
        std::env::var("CLAUDE_HARNESS_REQUIRE")
            .is_ok_and(|all| all.split(',').any(|one| one == "node"))
    }

    /// A plan for a stage with Node, if this host has it.
    pub(crate) fn plan(&self, environment: &str, layout: &str) -> Plan {
        Plan {
            environment: environment_named(environment),
            layout: layout_named(layout),
            project: None,
            server: ServerPayload::Reference {
                defects: Vec::new(),
            },
            history: Vec::new(),
            script: serde_json::from_value(serde_json::json!({
                "calls": [{ "times": 100, "do": [{ "say": "Hi there" }] }],
            }))
            .unwrap(),
            executables: self.with_node.clone(),
            outside: Vec::new(),
            keep: false,
        }
    }

    /// A plan for a stage as if this host had no Node.
    pub(crate) fn bare_plan(&self, environment: &str, layout: &str) -> Plan {
        Plan {
            executables: self.bare.clone(),
            ..self.plan(environment, layout)
        }
    }

    #[track_caller]
    pub(crate) fn stage(&self, environment: &str, layout: &str) -> Stage {
        Stage::build(&self.plan(environment, layout)).unwrap()
    }
}

#[track_caller]
pub(crate) fn environment_named(name: &str) -> Environment {
    let all = stage::environments(None).unwrap();
    let found = all.into_iter().find(|found| found.item.name == name);
    found.unwrap().item
}

#[track_caller]
pub(crate) fn layout_named(name: &str) -> Layout {
    let all = stage::layouts(None).unwrap();
    let found = all.into_iter().find(|found| found.item.name == name);
    found.unwrap().item
}

/// A command in the stage's environment and working directory.
pub(crate) fn command(stage: &Stage, program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command
        .env_clear()
        .envs(&stage.env)
        .current_dir(&stage.cwd)
        .stdin(std::process::Stdio::null());
    command
}

/// The stage's `sh`.
pub(crate) fn sh(stage: &Stage, script: &str) -> Output {
    let (_, bin) = stage
        .path
        .iter()
        .find(|(declared, _)| declared == "/bin")
        .unwrap();
    command(stage, bin.join("sh"))
        .args(["-c", script])
        .output()
        .unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Everything below a folder, sorted; links are not followed.
pub(crate) fn listing(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        all.push(entry.path());
        if entry.file_type().unwrap().is_dir() {
            all.extend(listing(&entry.path()));
        }
    }
    all.sort();
    all
}

/// The only call of the stand-in.
#[track_caller]
pub(crate) fn only_call(stage: &Stage) -> Call {
    let mut calls = mock_claude::ledger::read(&stage.ledger).unwrap();
    assert_eq!(calls.len(), 1, "{calls:#?}");
    calls.remove(0)
}
