//! What a turn does when it waits, is interrupted, is signalled, or finds no answer.

mod support;

use rustix::process::Signal;
use serde_json::{Value, json};
use std::io::Read;
use std::process::Stdio;
use support::{Run, SJ, Stage, kind};

const BOTH: [&str; 2] = ["1.0.108", "2.1.330"];

fn calls(profile: &str, calls: Value) -> Stage {
    Stage::new(json!({"profile": profile, "clock": 0.0, "calls": calls}))
}

fn piped(stage: &Stage, args: &[&str]) -> Run {
    Run::start(stage.command(args).stdin(Stdio::piped()))
}

fn result(line: &Value) -> bool {
    line["type"] == "result"
}

#[test]
fn an_interrupt_ends_a_hanging_turn_and_the_session_goes_on() {
    for profile in BOTH {
        let stage = calls(
            profile,
            json!([{"do": [{"say": "Half"}, "hang"]}, {"do": [{"say": "A2"}]}]),
        );
        let mut run = piped(&stage, &SJ);
        run.prompt("one");
        run.wait("answer", |l| l["type"] == "assistant");
        run.control("i1", json!({"subtype": "interrupt"}));
        run.wait("result", result);
        run.prompt("two");
        run.wait("result", result);
        let done = run.done();
        let want = [
            "system/init",
            "assistant",
            "control_response",
            "user",
            "result/error_during_execution",
            "system/init",
            "assistant",
            "result/success",
        ];
        assert_eq!(done.kinds(), want, "{profile}");
        let lines = done.json();
        assert_eq!(
            lines[3]["message"]["content"][0]["text"],
            "[Request interrupted by user]"
        );
        assert_eq!(lines[4]["is_error"], profile == "2.1.330");
        assert_eq!(done.code, 0, "the last result decides");
        assert!(stage.unused().is_empty());
    }
}

#[test]
fn after_an_interrupt_the_exit_code_is_the_versions() {
    for (profile, code) in [("1.0.108", 0), ("2.1.330", 1)] {
        let stage = calls(profile, json!([{"do": ["hang"]}]));
        let mut run = piped(&stage, &SJ);
        run.prompt("one");
        run.wait("init", |l| kind(l) == "system/init");
        run.control("i1", json!({"subtype": "interrupt"}));
        run.wait("result", result);
        assert_eq!(run.done().code, code, "{profile}");
    }
}

#[test]
fn an_interrupt_with_partial_messages_closes_the_stream() {
    let stage = calls("2.1.330", json!([{"do": [{"say": "abcdefghijk"}, "hang"]}]));
    let mut run = piped(&stage, &[&SJ[..], &["--include-partial-messages"]].concat());
    run.prompt("one");
    run.wait("block's end", |l| {
        l["event"]["type"] == "content_block_stop"
    });
    run.control("i1", json!({"subtype": "interrupt"}));
    let result = run.wait("result", result);
    let lines = run.done().json();
    let events: Vec<&str> = lines
        .iter()
        .filter_map(|l| l["event"]["type"].as_str())
        .collect();
    assert_eq!(
        events[events.len() - 2..],
        ["message_delta", "message_stop"]
    );
    let stop = lines
        .iter()
        .find(|l| l["event"]["type"] == "message_stop")
        .unwrap();
    assert_eq!(stop["abandoned_blocks"]["from_block_index"], 1);
    // Eleven characters that nobody counted are four tokens.
    assert_eq!(result["modelUsage"]["claude-opus-5-5"]["outputTokens"], 4);
}

#[test]
fn the_end_of_stdin_lets_the_turn_in_hand_finish() {
    for profile in BOTH {
        let stage = calls(profile, json!([{"do": [{"gate": "g"}, {"say": "late"}]}]));
        let mut run = piped(&stage, &SJ);
        run.prompt("one");
        run.wait("init", |l| kind(l) == "system/init");
        run.close_stdin();
        stage.open_gate("g");
        let done = run.ended();
        assert_eq!(
            done.kinds(),
            ["system/init", "assistant", "result/success"],
            "{profile}"
        );
        assert_eq!(done.code, 0);
    }
}

#[test]
fn prompts_that_wait_are_one_turn_each_or_one_together() {
    for (profile, answers) in [
        ("1.0.108", vec!["A1", "two", "three"]),
        ("2.1.330", vec!["A1", "both"]),
    ] {
        let stage = calls(
            profile,
            json!([
                {"when": {"prompt": "one"}, "do": [{"gate": "g"}, {"say": "A1"}]},
                {"when": {"prompt": "two\nthree"}, "do": [{"say": "both"}]},
                {"when": {"prompt": "two"}, "do": [{"say": "two"}]},
                {"when": {"prompt": "three"}, "do": [{"say": "three"}]},
            ]),
        );
        let mut run = piped(&stage, &SJ);
        run.prompt("one");
        run.wait("init", |l| kind(l) == "system/init");
        run.prompt("two");
        run.prompt("three");
        // Requests are answered in order, so both prompts are in when this one is answered.
        run.control(
            "sync",
            json!({"subtype": "set_permission_mode", "mode": "default"}),
        );
        run.wait("answer", |l| l["type"] == "control_response");
        stage.open_gate("g");
        let done = run.done();
        let got: Vec<String> = done
            .json()
            .iter()
            .filter(|l| result(l))
            .map(|l| l["result"].as_str().unwrap().into())
            .collect();
        assert_eq!(got, answers, "{profile}");
    }
}

#[test]
fn control_requests_are_answered_while_a_turn_runs() {
    for profile in BOTH {
        let stage = calls(profile, json!([{"do": [{"gate": "g"}, {"say": "x"}]}]));
        let mut run = piped(&stage, &SJ);
        run.prompt("one");
        run.wait("init", |l| kind(l) == "system/init");
        run.control(
            "c",
            json!({"subtype": "set_permission_mode", "mode": "plan"}),
        );
        let answer = run.wait("answer", |l| l["type"] == "control_response");
        assert_eq!(answer["response"]["response"]["mode"], "plan");
        stage.open_gate("g");
        assert_eq!(run.done().code, 0);
    }
}

#[test]
fn sigterm_ends_any_state_with_143_and_without_a_result() {
    for profile in BOTH {
        let stage = calls(profile, json!([{"do": ["hang"]}]));
        let mut run = piped(&stage, &SJ);
        run.prompt("one");
        run.wait("init", |l| kind(l) == "system/init");
        run.signal(Signal::TERM);
        let done = run.ended();
        assert_eq!(
            (done.code, done.kinds()),
            (143, vec!["system/init".to_owned()]),
            "{profile}"
        );
        let call = &stage.calls()[0];
        assert_eq!(
            (call.signals(), call.exit_code()),
            (vec!["SIGTERM"], Some(143))
        );
        assert_eq!(call.waiting(), None);
    }
}

#[test]
fn sighup_is_handled_only_by_the_newer_version() {
    for (profile, code) in [("1.0.108", -1), ("2.1.330", 129)] {
        let stage = calls(profile, json!([{"do": ["hang"]}]));
        let mut run = piped(&stage, &SJ);
        run.prompt("one");
        run.wait("init", |l| kind(l) == "system/init");
        run.signal(Signal::HUP);
        assert_eq!(run.ended().code, code, "{profile}");
        assert_eq!(stage.calls()[0].killed(), profile == "1.0.108");
    }
}

#[test]
fn sigint_in_a_turn_ends_with_0_and_the_newer_version_says_so_first() {
    for profile in BOTH {
        let stage = calls(profile, json!([{"do": [{"say": "Half"}, "hang"]}]));
        let mut run = piped(&stage, &SJ);
        run.prompt("one");
        run.wait("answer", |l| l["type"] == "assistant");
        run.signal(Signal::INT);
        let done = run.ended();
        assert_eq!(done.code, 0, "{profile}");
        let more: &[&str] = if profile == "1.0.108" {
            &[]
        } else {
            &["user", "result/error_during_execution"]
        };
        assert_eq!(done.kinds()[2..], *more, "{profile}");
    }
}

#[test]
fn sigint_in_text_format_prints_execution_error_on_the_newer_version() {
    for (profile, text) in [("1.0.108", vec![]), ("2.1.330", vec!["Execution error"])] {
        let stage = calls(profile, json!([{"do": ["hang"]}]));
        let run = Run::start(&mut stage.command(&["-p", "hi"]));
        support::until("it hangs", || {
            stage
                .calls()
                .first()
                .is_some_and(|c| c.waiting() == Some("hang"))
        });
        run.signal(Signal::INT);
        let done = run.ended();
        assert_eq!(
            (
                done.code,
                done.stdout.iter().map(String::as_str).collect::<Vec<_>>()
            ),
            (0, text),
            "{profile}"
        );
    }
}

#[test]
fn an_exit_in_the_script_ends_the_process_without_a_result() {
    let stage = calls("2.1.330", json!([{"do": [{"say": "x"}, {"exit": 7}]}]));
    let done = stage.run(
        &["-p", "hi", "--output-format", "stream-json", "--verbose"],
        "",
    );
    assert_eq!(
        (done.code, done.kinds()),
        (7, vec!["system/init".to_owned(), "assistant".to_owned()])
    );
}

#[test]
fn a_prompt_without_an_entry_ends_with_70_and_the_near_miss() {
    let stage = calls(
        "2.1.330",
        json!([{"line": 4, "when": {"prompt": "Hello"}, "do": [{"say": "x"}]}]),
    );
    let done = stage.run(&["-p", "hello"], "");
    // Clients that hide stderr show what an API says.
    assert_eq!(done.code, 70);
    assert!(
        done.stdout[0].contains("nearest is entry 1 (line 4)"),
        "{:?}",
        done.stdout
    );
    let text = r#"mock-claude: no entry for the prompt "hello": nearest is entry 1 (line 4), but it wants the prompt "Hello""#;
    assert_eq!(done.stderr, format!("{text}\n"));
    let call = &stage.calls()[0];
    assert_eq!(
        (call.unmatched(), call.prompts(), call.exit_code()),
        (Some(text), vec!["hello"], Some(70))
    );
    assert_eq!(stage.unused(), [0]);
}

#[test]
fn calls_without_a_prompt_take_no_entry_and_are_in_the_ledger() {
    let stage = Stage::saying("2.1.330", &["x"]);
    assert_eq!(
        stage.run(&["--version"], "").stdout,
        ["2.1.330 (Claude Code)"]
    );
    assert_eq!(stage.run(&["--bogus-flag"], "").code, 1);
    assert_eq!(stage.run(&["-p", "hi"], "").stdout, ["x"]);
    let calls = stage.calls();
    let argv: Vec<&str> = calls.iter().map(|c| c.start.argv[0].as_str()).collect();
    assert_eq!(argv, ["--version", "--bogus-flag", "-p"]);
    assert_eq!(
        calls.iter().map(|c| c.start.call).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(calls[2].start.env["HOME"], stage.home.display().to_string());
    assert_eq!((calls[0].taken(), calls[2].taken()), (vec![], vec![0]));
}

#[test]
fn the_same_seed_gives_the_same_ids_and_every_call_has_its_own() {
    let ids = || {
        let stage = Stage::saying("2.1.330", &["x", "y"]);
        let run = || {
            stage
                .run(&["-p", "hi", "--output-format", "json"], "")
                .json()[0]["session_id"]
                .clone()
        };
        (run(), run())
    };
    let (first, second) = ids();
    assert_ne!(first, second);
    assert_eq!(ids(), (first, second));
}

#[test]
fn large_output_arrives_whole_at_a_reader_that_comes_late() {
    let text = "0123456789".repeat(100_000);
    let stage = Stage::saying("2.1.330", &[&text]);
    let mut child = stage
        .command(&["-p", "hi", "--output-format", "stream-json", "--verbose"])
        .spawn()
        .unwrap();
    // The pipe is full long before the answer is out: the process then waits for its reader.
    support::until("it has answered", || {
        stage.calls().first().is_some_and(|c| !c.taken().is_empty())
    });
    let mut out = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let lines: Vec<Value> = out
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines[1]["message"]["content"][0]["text"], text);
    assert_eq!(lines[2]["result"], text);
}

#[test]
fn a_reader_that_goes_away_is_fatal_to_the_older_version_only() {
    for (profile, code) in [("1.0.108", 1), ("2.1.330", 0)] {
        let stage = calls(profile, json!([{"do": [{"gate": "g"}, {"say": "x"}]}]));
        let mut child = stage
            .command(&["-p", "hi", "--output-format", "stream-json", "--verbose"])
            .spawn()
            .unwrap();
        support::until("it waits", || {
            stage
                .calls()
                .first()
                .is_some_and(|c| c.waiting() == Some("gate"))
        });
        drop(child.stdout.take());
        stage.open_gate("g");
        let mut stderr = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{profile}");
        assert_eq!(stderr.contains("write EPIPE"), code == 1, "{stderr}");
    }
}

#[test]
fn a_silent_stdin_is_waited_for_by_the_older_version_and_noticed_by_the_newer() {
    let stage = Stage::saying("2.1.330", &["x"]);
    let run = piped(&stage, &["-p", "hi"]);
    // stdin stays open until the process has ended by itself.
    let done = run.ended();
    assert_eq!(done.stdout, ["x"]);
    assert!(
        done.stderr
            .starts_with("Warning: no stdin data received in 3s"),
        "{}",
        done.stderr
    );

    let stage = Stage::saying("1.0.108", &["x"]);
    let run = piped(&stage, &["-p", "hi"]);
    support::until("it waits for stdin", || {
        stage
            .calls()
            .first()
            .is_some_and(|c| c.waiting() == Some("stdin"))
    });
    let done = run.done();
    assert_eq!(
        (done.stdout, done.stderr),
        (vec!["x".to_owned()], String::new())
    );
}

#[test]
fn verbose_json_is_one_array_of_all_messages() {
    for profile in BOTH {
        let stage = Stage::saying(profile, &["x"]);
        let done = stage.run(&["-p", "hi", "--output-format", "json", "--verbose"], "");
        assert_eq!(done.stdout.len(), 1);
        let kinds: Vec<String> = done.json()[0]
            .as_array()
            .unwrap()
            .iter()
            .map(kind)
            .collect();
        assert_eq!(
            kinds,
            ["system/init", "assistant", "result/success"],
            "{profile}"
        );
    }
}

#[test]
fn the_environment_gives_a_script_where_no_file_does() {
    let stage = Stage::saying("1.0.108", &["from the environment"]);
    let exe = env!("CARGO_BIN_EXE_mock-claude");
    let run = |script: Option<std::path::PathBuf>| {
        let mut command = std::process::Command::new(exe);
        command
            .args(["-p", "hi"])
            .current_dir(&stage.cwd)
            .env_clear()
            .env("HOME", &stage.home);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(script) = script {
            command
                .env("MOCK_CLAUDE_SCRIPT", script)
                .env("MOCK_CLAUDE_LEDGER", stage.ledger_dir());
        }
        Run::start(&mut command).ended()
    };
    assert_eq!(
        run(Some(stage.root().join("script.json"))).stdout,
        ["from the environment"]
    );
    assert_eq!(stage.calls()[0].start.profile, "1.0.108");
    let without = run(None);
    assert_eq!(without.code, 70);
    assert!(
        without.stderr.contains("there is no script"),
        "{}",
        without.stderr
    );
}
