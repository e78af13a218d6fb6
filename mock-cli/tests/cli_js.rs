//! The face `cli.js`, in a real Node. Without one these are ignored, unless `CLAUDE_HARNESS_REQUIRE` names `node`.

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use mock_claude::cli_js;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs;
use std::process::{Command, Stdio};
use support::{Run, Stage, until};

type Check = fn(&Node) -> Result<(), Failed>;

/// Node, and how the script is laid out for it.
struct Node {
    /// The `type` of the package.json around the script.
    package: &'static str,
}

fn main() {
    let there = Command::new("node")
        .arg("--version")
        .output()
        .is_ok_and(|o| o.status.success());
    let required = std::env::var("CLAUDE_HARNESS_REQUIRE")
        .is_ok_and(|r| r.split(',').any(|r| r.trim() == "node"));
    let checks: [(&str, Check); 6] = [
        (
            "a_prompt_is_answered_through_the_script",
            a_prompt_is_answered,
        ),
        ("stdin_reaches_the_stand_in", stdin_reaches_the_stand_in),
        ("the_exit_code_is_mirrored", the_exit_code_is_mirrored),
        ("signals_are_forwarded", signals_are_forwarded),
        (
            "a_death_by_signal_is_mirrored",
            a_death_by_signal_is_mirrored,
        ),
        (
            "a_killed_script_takes_the_stand_in_with_it",
            a_killed_script_takes_the_stand_in_with_it,
        ),
    ];
    let mut trials = Vec::new();
    for package in ["commonjs", "module"] {
        for (name, check) in checks {
            let run = move || {
                if there {
                    check(&Node { package })
                } else {
                    Err("CLAUDE_HARNESS_REQUIRE wants node, and there is none".into())
                }
            };
            let trial = Trial::test(format!("{package}::{name}"), run);
            let trial = if there {
                trial
            } else {
                trial.with_kind("no node here")
            };
            trials.push(trial.with_ignored_flag(!there && !required));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

impl Node {
    /// Puts the script on the stage, and the stand-in with its sidecar behind it.
    fn command(&self, stage: &Stage, args: &[&str]) -> Command {
        let package = stage.root().join("node_modules/claude");
        cli_js::install(&stage.root().join("bin/claude"), &package).unwrap();
        fs::write(
            package.join("package.json"),
            json!({"type": self.package}).to_string(),
        )
        .unwrap();
        let role = json!({"role": "claude", "script": "../../../script.json", "ledger": "../../../ledger"});
        fs::write(
            package.join("vendor/.claude.harness.json"),
            role.to_string(),
        )
        .unwrap();
        let command = stage.command(&[]);
        let mut node = Command::new("node");
        node.arg(package.join("cli.js"))
            .args(args)
            .current_dir(&stage.cwd)
            .env_clear();
        for (name, value) in command.get_envs() {
            node.env(name, value.unwrap_or_default());
        }
        node.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        node.stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        node
    }
}

fn one(actions: Value) -> Stage {
    Stage::new(json!({"profile": "2.1.330", "clock": 0.0, "calls": [{"do": actions}]}))
}

fn hanging(node: &Node) -> (Stage, Run) {
    let stage = one(json!(["hang"]));
    let run = Run::start(&mut node.command(&stage, &["-p", "hi"]));
    until("it hangs", || {
        stage
            .calls()
            .first()
            .is_some_and(|c| c.waiting() == Some("hang"))
    });
    (stage, run)
}

fn equal<T: PartialEq + std::fmt::Debug>(got: T, want: T) -> Result<(), Failed> {
    if got == want {
        Ok(())
    } else {
        Err(format!("{got:?} instead of {want:?}").into())
    }
}

fn a_prompt_is_answered(node: &Node) -> Result<(), Failed> {
    let stage = one(json!([{"say": "through node"}]));
    let run = Run::start(&mut node.command(&stage, &["-p", "hi", "--add-dir", ""]));
    let pid = run.child.id();
    let done = run.ended();
    equal(
        (done.code, done.stdout, done.stderr),
        (0, vec!["through node".into()], String::new()),
    )?;
    let start = &stage.calls()[0].start;
    equal(
        (start.face.as_str(), start.shown_pid, start.ppid),
        ("cli.js", pid, std::process::id()),
    )?;
    equal(
        start.executable.ends_with("node_modules/claude/cli.js"),
        true,
    )?;
    equal(
        start.argv.clone(),
        ["-p", "hi", "--add-dir", ""].map(str::to_owned).to_vec(),
    )?;
    equal(
        start.env.keys().any(|k| k.starts_with("MOCK_CLAUDE_")),
        false,
    )
}

fn stdin_reaches_the_stand_in(node: &Node) -> Result<(), Failed> {
    let stage = one(json!([{"say": "A1"}]));
    let args = [
        "--input-format",
        "stream-json",
        "--output-format",
        "stream-json",
        "--verbose",
    ];
    let mut run = Run::start(node.command(&stage, &args).stdin(Stdio::piped()));
    run.prompt("one");
    run.wait("result", |l| l["type"] == "result");
    equal(run.done().code, 0)
}

fn the_exit_code_is_mirrored(node: &Node) -> Result<(), Failed> {
    let stage = one(json!([{"exit": 42}]));
    equal(
        Run::start(&mut node.command(&stage, &["-p", "hi"]))
            .ended()
            .code,
        42,
    )
}

fn signals_are_forwarded(node: &Node) -> Result<(), Failed> {
    let (stage, run) = hanging(node);
    run.signal(Signal::TERM);
    equal(run.ended().code, 143)?;
    equal(stage.calls()[0].signals(), vec!["SIGTERM"])
}

fn a_death_by_signal_is_mirrored(node: &Node) -> Result<(), Failed> {
    let (stage, run) = hanging(node);
    let pid = i32::try_from(stage.calls()[0].start.pid).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), Signal::KILL)
        .unwrap();
    equal(run.ended().code, -9)
}

fn a_killed_script_takes_the_stand_in_with_it(node: &Node) -> Result<(), Failed> {
    let (stage, run) = hanging(node);
    run.signal(Signal::KILL);
    // stdout ends only when the stand-in, which has it too, has ended.
    equal(run.ended().code, -9)?;
    let call = &stage.calls()[0];
    equal(
        call.events
            .contains(&mock_claude::ledger::Event::LifelineLost),
        true,
    )?;
    equal(call.killed(), true)
}
