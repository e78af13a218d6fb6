//! Hooks: how they run beside each other and beside everything else. Values as seen on the real CLIs 1.0.108, 2.0.77 and
//! 2.1.330 on the same scripts.

mod support;

use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs;
use support::{Run, Stage, until};

const VERSIONS: [&str; 3] = ["1.0.108", "2.0.77", "2.1.330"];
const STREAM: [&str; 6] = [
    "-p",
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
    "--allowedTools",
    "Bash",
];

/// A stage on which the model calls `echo a` and then says that it is done.
fn stage(profile: &str) -> Stage {
    let call = json!({"type": "tool_use", "name": "Bash", "input": {"command": "echo a"}});
    Stage::new(json!({"profile": profile, "clock": 0.0, "api_script": [
        {"content": [call]}, {"content": [{"type": "text", "text": "done"}]},
    ]}))
}

/// Settings with these commands for an event.
fn hooks(event: &str, matcher: &str, commands: &[Value]) -> String {
    let hooks: Vec<Value> = commands
        .iter()
        .map(|command| match command {
            Value::String(text) => json!({"type": "command", "command": text}),
            other => other.clone(),
        })
        .collect();
    json!({"hooks": {event: [{"matcher": matcher, "hooks": hooks}]}}).to_string()
}

/// What the call of the tool came to.
fn result(stage: &Stage, settings: &str) -> String {
    let mut args: Vec<&str> = vec!["-p", "go", "--output-format=stream-json", "--verbose"];
    args.extend(["--allowedTools", "Bash", "--settings", settings]);
    let done = stage.run(&args, "");
    let user = done.json().into_iter().find(|line| line["type"] == "user");
    let content = &user.expect("a result of the tool")["message"]["content"][0]["content"];
    content.as_str().unwrap().to_owned()
}

#[test]
fn a_matcher_is_a_regular_expression_unless_it_is_a_list_of_names() {
    for profile in VERSIONS {
        for (matcher, fires) in [
            ("Ba.*", true),
            ("^Bash$", true),
            ("Read|Bash", true),
            ("Edit|Ba.*", true),
            ("B", false),
            ("[", false),
        ] {
            let settings = hooks("PreToolUse", matcher, &[json!("echo no >&2; exit 2")]);
            let blocked = result(&stage(profile), &settings) != "a";
            assert_eq!(blocked, fires, "{profile} {matcher}");
        }
    }
}

#[test]
fn hooks_run_side_by_side_and_speak_in_the_order_in_which_they_end() {
    // The first one ends only when the second one has.
    let one = json!("while ! [ -e two ]; do sleep 0.01; done; echo one >&2; exit 2");
    let two = json!("echo two >&2; touch two; exit 2");
    let settings = hooks("PreToolUse", "", &[one.clone(), two.clone()]);
    let said = |profile| result(&stage(profile), &settings);
    let (one, two) = (one.as_str().unwrap(), two.as_str().unwrap());
    assert_eq!(
        said("1.0.108"),
        format!("Bash operation blocked by hook:\n- [{two}]: two\n\n- [{one}]: one\n")
    );
    let last = format!("PreToolUse:Bash hook error: [{one}]: one\n");
    assert_eq!((said("2.0.77"), said("2.1.330")), (last.clone(), last));
}

#[test]
fn a_hook_may_write_more_than_a_pipe_holds_before_it_reads() {
    let settings = hooks(
        "PreToolUse",
        "",
        &[json!("head -c 300000 /dev/zero; cat >/dev/null")],
    );
    assert_eq!(result(&stage("2.1.330"), &settings), "a");
}

#[test]
fn a_hook_whose_time_is_up_is_ended_with_all_that_it_has_started() {
    let hook =
        json!({"type": "command", "timeout": 1, "command": "sleep 1000 & echo $! > pid; wait"});
    let settings = hooks("PreToolUse", "", &[hook]);
    for profile in VERSIONS {
        let stage = stage(profile);
        assert_eq!(result(&stage, &settings), "a");
        until("the hook's child has ended", || has_ended(&stage));
    }
}

/// Whether the process that a hook has noted is gone.
fn has_ended(stage: &Stage) -> bool {
    rustix::process::test_kill_process(noted(stage)).is_err()
}

/// The process that a hook has noted.
fn noted(stage: &Stage) -> rustix::process::Pid {
    let pid = fs::read_to_string(stage.cwd.join("pid")).unwrap();
    rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap()
}

/// Seen on all four.
#[test]
fn the_newest_version_ends_its_hooks_with_itself_and_older_ones_leave_them() {
    let settings = hooks(
        "PreToolUse",
        "",
        &[json!("sleep 1000 & echo $! > pid; wait")],
    );
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let stage = stage("2.1.330");
        let run = blocked_in_hook(&stage, &settings);
        run.signal(signal);
        run.ended();
        until("the hook's child has ended", || has_ended(&stage));
    }
    for profile in ["1.0.108", "2.0.77", "2.1.197"] {
        let stage = stage(profile);
        let run = blocked_in_hook(&stage, &settings);
        run.signal(Signal::TERM);
        run.ended();
        assert!(!has_ended(&stage), "{profile}");
        rustix::process::kill_process(noted(&stage), Signal::KILL).unwrap();
    }
}

/// Seen on 2.1.330: SIGTERM, and SIGKILL 1.5 s later.
#[test]
fn what_a_hook_has_started_is_told_to_end_before_it_is_killed() {
    let hook = "trap 'echo told > told; exit' TERM; sleep 1000 & echo $$ > pid; wait";
    let stage = stage("2.1.330");
    let run = blocked_in_hook(&stage, &hooks("PreToolUse", "", &[json!(hook)]));
    run.signal(Signal::TERM);
    run.ended();
    assert!(stage.cwd.join("told").exists());

    let deaf = "trap '' TERM; echo $$ > pid; while :; do sleep 0.01; done";
    let stage = self::stage("2.1.330");
    let run = blocked_in_hook(&stage, &hooks("PreToolUse", "", &[json!(deaf)]));
    run.signal(Signal::TERM);
    run.ended();
    until("the deaf hook has been killed", || has_ended(&stage));
}

/// A run whose hook has begun and waits.
fn blocked_in_hook(stage: &Stage, settings: &str) -> Run {
    let args = [&STREAM[..], &["--settings", settings]].concat();
    let mut run = Run::start(stage.command(&args).stdin(std::process::Stdio::piped()));
    run.prompt("go");
    until("the hook has begun", || {
        fs::read_to_string(stage.cwd.join("pid")).is_ok_and(|pid| pid.ends_with('\n'))
    });
    run
}

#[test]
fn the_client_is_answered_while_a_hook_runs() {
    let settings = hooks(
        "PreToolUse",
        "",
        &[json!(
            "echo $$ > pid; while ! [ -e go ]; do sleep 0.01; done"
        )],
    );
    let stage = stage("2.1.330");
    let mut run = blocked_in_hook(&stage, &settings);
    run.control(
        "m",
        json!({"subtype": "set_permission_mode", "mode": "plan"}),
    );
    run.wait("answer", |line| line["response"]["request_id"] == "m");
    fs::write(stage.cwd.join("go"), "").unwrap();
    run.wait("result", |line| line["type"] == "result");
    assert_eq!(run.done().code, 0);
}

#[test]
fn an_interrupt_ends_a_hook_and_the_turn() {
    let settings = hooks(
        "PreToolUse",
        "",
        &[json!("sleep 1000 & echo $! > pid; wait")],
    );
    for profile in VERSIONS {
        let stage = stage(profile);
        let mut run = blocked_in_hook(&stage, &settings);
        run.control("i", json!({"subtype": "interrupt"}));
        let result = run.wait("result", |line| line["type"] == "result");
        assert_eq!(result["subtype"], "error_during_execution", "{profile}");
        until("the hook's child has ended", || has_ended(&stage));
        run.done();
    }
}

#[test]
fn what_blocks_the_end_of_every_turn_is_passed_over_in_the_end() {
    let settings = hooks("Stop", "", &[json!("echo no >&2; exit 2")]);
    let turns = vec![json!({"content": [{"type": "text", "text": "t"}]}); 12];
    let stage = Stage::new(json!({"profile": "2.1.330", "clock": 0.0, "api_script": turns}));
    let args = [
        "-p",
        "go",
        "--output-format=stream-json",
        "--verbose",
        "--settings",
        &settings,
    ];
    let done = stage.run(&args, "");
    let answers = done
        .kinds()
        .iter()
        .filter(|kind| *kind == "assistant")
        .count();
    assert_eq!((answers, done.code), (9, 0));
}

#[test]
fn a_call_that_a_hook_makes_names_the_call_whose_hook_it_is() {
    let stage = stage("2.1.330");
    let claude = stage.root().join("bin/claude");
    let settings = hooks(
        "PreToolUse",
        "",
        &[json!(format!("{} --version", claude.display()))],
    );
    result(&stage, &settings);
    let parents: Vec<Option<u32>> = stage.calls().iter().map(|call| call.start.parent).collect();
    assert_eq!(parents, [None, Some(1)]);
}
