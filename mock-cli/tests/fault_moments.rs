//! Faults that depend on a moment, of requests, of control requests and within a text, as they are seen on the wire.

mod support;

use mock_claude::ledger::Event;
use serde_json::{Value, json};
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Output, Stdio};
use support::{Run, Stage, until};

const STREAM: &[&str] = &["-p", "--output-format", "stream-json", "--verbose", "Hello"];
const CHAT: &[&str] = &[
    "-p",
    "--input-format",
    "stream-json",
    "--output-format",
    "stream-json",
    "--verbose",
];

fn doing(actions: Value) -> Stage {
    Stage::new(json!({"profile": "2.1.330", "clock": 0.0, "calls": [{"do": actions}]}))
}

/// A plain answer of a process with which this is wrong.
fn wrong(process: Value) -> Stage {
    Stage::new(json!({
        "profile": "2.1.330", "clock": 0.0, "process": [process], "calls": [{"do": [{"say": "Hi"}]}]
    }))
}

fn output(stage: &Stage) -> Output {
    stage.command(STREAM).output().unwrap()
}

/// The lines that are JSON.
fn messages(output: &Output) -> Vec<Value> {
    let lines = output.stdout.split(|b| *b == b'\n');
    lines
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect()
}

fn results(output: &Output) -> Vec<Value> {
    let all = messages(output).into_iter();
    all.filter(|m| m["type"] == "result").collect()
}

fn noted(stage: &Stage, wanted: impl Fn(&Event) -> bool) -> usize {
    let calls = stage.calls();
    calls
        .iter()
        .flat_map(|call| &call.events)
        .filter(|event| wanted(event))
        .count()
}

fn waiting(on: &'static str) -> impl Fn(&Event) -> bool {
    move |event| *event == Event::Waiting { on: on.into() }
}

#[test]
fn an_auth_error_ends_the_turn_in_every_version_however_often_it_is_asked() {
    for profile in ["1.0.108", "2.0.77", "2.1.330"] {
        let stage = Stage::new(json!({"profile": profile, "clock": 0.0, "calls": [
            {"do": [{"fault": "auth-error"}, {"say": "never"}]}
        ]}));
        let output = output(&stage);
        let result = &results(&output)[0];
        assert_eq!(result["is_error"], true, "{profile}: {result}");
        let said = result["result"].as_str().unwrap();
        assert!(said.contains("401") || said.contains("API key"), "{said}");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn an_overload_is_tried_again_as_often_as_it_lasts_and_then_answered() {
    let output = output(&doing(json!([{"fault": {"overload": 2}}, {"say": "Hi"}])));
    let all = messages(&output);
    let retries: Vec<&Value> = all.iter().filter(|m| m["subtype"] == "api_retry").collect();
    assert_eq!(retries.len(), 2);
    assert!(retries.iter().all(|m| m["error_status"] == 529));
    assert_eq!(results(&output)[0]["result"], "Hi");
}

#[test]
fn bytes_that_are_no_text_stand_within_the_text_of_the_next_line() {
    for (fault, bytes) in [
        ("nul", &b"\"text\":\"\0Hi\""[..]),
        ("invalid-utf8", b"\"text\":\"\xff\xc3(Hi\""),
    ] {
        let output = output(&doing(json!([{"fault": fault}, {"say": "Hi"}])));
        assert!(
            output.stdout.windows(bytes.len()).any(|part| part == bytes),
            "{fault}"
        );
        // That line alone is damaged.
        assert_eq!(results(&output)[0]["result"], "Hi");
    }
}

#[test]
fn the_result_of_a_tool_can_be_one_long_line() {
    let output = output(&doing(json!([{"long-result": 3_000_000}, {"say": "Hi"}])));
    let user = messages(&output).into_iter().find(|m| m["type"] == "user");
    let block = &user.unwrap()["message"]["content"][0];
    let said = block["content"].as_str().unwrap();
    assert_eq!(
        (&block["type"], said.len()),
        (&json!("tool_result"), 3_000_000)
    );
    assert_eq!(results(&output)[0]["result"], "Hi");
}

#[test]
fn silence_answers_no_request_and_a_hang_does() {
    for (action, answered) in [
        (json!({"fault": {"silence": null}}), false),
        (json!("hang"), true),
    ] {
        let stage = doing(json!([{"say": "On it."}, action]));
        let mut run = Run::start(stage.command(CHAT).stdin(Stdio::piped()));
        run.prompt("Hello");
        run.wait("text", |m| m["type"] == "assistant");
        until("the silence", || noted(&stage, waiting("hang")) == 1);
        run.control("r1", json!({"subtype": "interrupt"}));
        until("the request", || {
            noted(&stage, |e| matches!(e, Event::Stdin { .. })) == 2
        });
        if answered {
            run.wait("an answer", |m| m["type"] == "control_response");
        }
        run.signal(rustix::process::Signal::TERM);
        let done = run.ended();
        let replies = done
            .stdout
            .iter()
            .filter(|line| line.contains("control_response"))
            .count();
        assert_eq!(replies, usize::from(answered), "{:?}", done.stdout);
    }
    let output = output(&doing(
        json!([{"fault": {"silence": 600_000}}, {"say": "Hi"}]),
    ));
    assert_eq!(results(&output)[0]["result"], "Hi");
}

#[test]
fn a_wait_is_a_timer_of_the_ledger_on_the_scripts_clock() {
    let timers = |waits: usize| {
        let mut actions = vec![json!({"wait": 600_000}); waits];
        actions.push(json!({"say": "Hi"}));
        let stage = doing(actions.into());
        assert_eq!(results(&output(&stage))[0]["result"], "Hi");
        // Before the prompt is taken, stdin may be waited for or not.
        let calls = stage.calls();
        let events = calls[0].events.iter();
        let answer = events.skip_while(|e| !matches!(e, Event::Take { .. }));
        answer.filter(|event| waiting("timer")(event)).count()
    };
    assert_eq!(timers(9), timers(1) + 8);
}

#[test]
fn stdin_that_is_read_slowly_is_read_byte_by_byte() {
    let stage = wrong(json!({"stdin": "slowly"}));
    let done = stage.run(&["-p"], "Hello");
    assert_eq!(
        (done.stdout.as_slice(), done.code),
        (&["Hi".to_owned()][..], 0)
    );
    assert!(noted(&stage, waiting("timer")) > "Hello".len());
}

#[test]
fn a_process_dies_after_what_the_script_says() {
    let dies = |death: Value| {
        let output = output(&wrong(json!({"dies": death})));
        let end = output.status.code().or(output.status.signal().map(|n| -n));
        let types: Vec<String> = messages(&output)
            .iter()
            .map(|m| m["type"].as_str().unwrap().into())
            .collect();
        (types, end.unwrap())
    };
    let (types, end) = dies(json!({"after": {"lines": 1}, "exit": 7}));
    assert_eq!((types.as_slice(), end), (&["system".to_owned()][..], 7));
    let (types, end) = dies(json!({"after": "result", "signal": "SIGKILL"}));
    assert_eq!(
        (types.last().map(String::as_str), end),
        (Some("result"), -9)
    );

    let stage = wrong(json!({"dies": {"after": "stdin", "exit": 9, "stderr": "no"}}));
    let mut run = Run::start(stage.command(CHAT).stdin(Stdio::piped()));
    until("the start", || {
        stage.ledger_dir().join("calls").is_dir() && noted(&stage, waiting("stdin")) == 1
    });
    assert!(
        run.child.try_wait().unwrap().is_none(),
        "nothing has come yet"
    );
    run.prompt("Hello");
    let done = run.ended();
    assert_eq!(
        (done.code, done.stdout.len(), done.stderr.as_str()),
        (9, 0, "no\n")
    );
}

#[test]
fn an_error_of_no_turn_can_follow_a_result() {
    let then = json!({"subtype": "error_during_execution", "is_error": true, "num_turns": 0, "result": null});
    let stage = Stage::new(json!({"profile": "2.1.330", "clock": 0.0, "calls": [
        {"result": {"then": then}, "do": [{"say": "Hi"}]}
    ]}));
    let output = output(&stage);
    let results = results(&output);
    assert_eq!(
        (&results[0]["subtype"], &results[0]["result"]),
        (&json!("success"), &json!("Hi"))
    );
    assert_eq!(
        (&results[1]["subtype"], &results[1]["num_turns"]),
        (&json!("error_during_execution"), &json!(0))
    );
    assert_eq!(results[1].get("result"), None);
    assert_eq!((results.len(), output.status.code()), (2, Some(1)));
}

#[test]
fn every_kind_of_result_and_exit_code_can_be_had() {
    for subtype in ["success", "error_during_execution", "error_max_turns"] {
        for is_error in [true, false] {
            for exit in [0, 1] {
                let with = json!({"subtype": subtype, "is_error": is_error, "result": ""});
                let stage = Stage::new(json!({
                    "profile": "2.1.330", "clock": 0.0, "process": [{"exit-code": exit}],
                    "calls": [{"result": {"with": with}, "do": [{"say": "Hi"}]}],
                }));
                let output = output(&stage);
                let result = &results(&output)[0];
                assert_eq!(
                    (&result["subtype"], &result["is_error"]),
                    (&json!(subtype), &json!(is_error))
                );
                assert_eq!(
                    (&result["result"], output.status.code()),
                    (&json!(""), Some(exit))
                );
            }
        }
    }
}

#[test]
fn a_control_request_can_stay_unanswered_or_be_answered_twice_or_late() {
    let replies = |control: Value| {
        let stage = wrong(json!({"control": control}));
        let mut run = Run::start(stage.command(CHAT).stdin(Stdio::piped()));
        run.control("r1", json!({"subtype": "initialize"}));
        run.control(
            "r2",
            json!({"subtype": "set_permission_mode", "mode": "plan"}),
        );
        run.prompt("Hello");
        let lines = run.done().json();
        let of = |id: &str| {
            lines
                .iter()
                .filter(|m| m["response"]["request_id"] == id)
                .count()
        };
        (of("r1"), of("r2"))
    };
    assert_eq!(replies(json!({"set_permission_mode": "never"})), (1, 0));
    assert_eq!(replies(json!({"set_permission_mode": "twice"})), (1, 2));
    assert_eq!(replies(json!({"interrupt": "never"})), (1, 1));

    let stage = Stage::new(json!({
        "profile": "2.1.330", "process": [{"control": {"interrupt": {"late": 1}}}], "calls": []
    }));
    let mut run = Run::start(stage.command(CHAT).stdin(Stdio::piped()));
    run.control("r1", json!({"subtype": "interrupt"}));
    run.wait("an answer", |m| m["type"] == "control_response");
    run.done();
    let events = format!("{:?}", stage.calls()[0].events);
    let (wait, reply) = (events.find("\"timer\""), events.find("control_response"));
    assert!(wait.is_some() && wait < reply, "{events}");
}

#[test]
fn only_a_result_lacks_its_line_end_so_that_a_chat_comes_to_it() {
    let stage = wrong(json!({"stdout": {"no-final-newline": true}}));
    let mut run = Run::start(stage.command(CHAT).stdin(Stdio::piped()));
    run.control("r1", json!({"subtype": "initialize"}));
    run.wait("an answer", |m| m["type"] == "control_response");
    run.prompt("Hello");
    run.wait("text", |m| m["type"] == "assistant");
    run.done();
    for args in [
        STREAM,
        &["-p", "--output-format", "json", "Hello"],
        &["-p", "Hello"],
    ] {
        let stage = wrong(json!({"stdout": {"no-final-newline": true}}));
        let output = stage.command(args).output().unwrap();
        assert!(
            output.stdout.last().is_some_and(|b| *b != b'\n'),
            "{args:?}"
        );
    }
}

#[test]
fn stdout_ends_after_all_that_was_said_and_what_comes_later_is_lost_without_a_word() {
    for profile in ["1.0.108", "2.0.77", "2.1.330"] {
        let stage = Stage::new(json!({"profile": profile, "clock": 0.0, "calls": [
            {"do": [{"say": "Hi"}, {"fault": "close-stdout"}, {"gate": "go"}, {"say": "more"}]}
        ]}));
        let mut child = stage.command(STREAM).spawn().unwrap();
        let mut text = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert!(
            text.ends_with("}\n") && text.contains("\"Hi\"") && !text.contains("more"),
            "{text}"
        );
        until("the gate", || noted(&stage, waiting("gate")) == 1);
        assert!(child.try_wait().unwrap().is_none());
        stage.open_gate("go");
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), output.stderr.len()),
            (Some(0), 0),
            "{profile}"
        );
    }
}

#[test]
fn every_fault_of_the_table_is_shown_on_the_wire() {
    let tests = [
        include_str!("faults.rs"),
        include_str!("fault_moments.rs"),
        include_str!("turns.rs"),
    ];
    for fault in mock_claude::faults::faults() {
        let key = fault.name;
        let shown = tests
            .iter()
            .any(|text| text.contains(&format!("\"{key}\"")));
        assert!(shown, "no test has `{key}`");
    }
}
