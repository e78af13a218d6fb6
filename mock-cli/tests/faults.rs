//! Every fault, as it is seen on the wire.

mod support;

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Output, Stdio};
use support::{Run, Stage, kind, until};

const SJ: [&str; 4] = ["-p", "--output-format", "stream-json", "--verbose"];

fn stage(script: Value) -> Stage {
    let mut script = script;
    let defaults = json!({"profile": "2.1.330", "clock": 0.0, "calls": [{"do": [{"say": "Hi"}]}]});
    for (key, value) in defaults.as_object().unwrap() {
        if script.get(key).is_none() {
            script[key] = value.clone();
        }
    }
    Stage::new(script)
}

/// The whole output for the prompt `Hello`.
fn output(stage: &Stage) -> Output {
    let args = [&SJ[..], &["Hello"]].concat();
    stage.command(&args).output().unwrap()
}

fn doing(actions: Value) -> Output {
    output(&stage(json!({"calls": [{"do": actions}]})))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The kinds of the lines that are JSON.
fn kinds(output: &Output) -> Vec<String> {
    let text = text(output);
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines.map(|line: Value| kind(&line)).collect()
}

#[test]
fn lines_that_are_no_json_stand_where_the_script_has_them() {
    let said = text(&doing(json!([
        {"say": "Hi"},
        {"fault": {"noise": "nvm: using node v20"}},
        {"fault": "blank-line"},
        {"fault": {"bytes": [255, 0, 10]}},
    ])));
    let output = doing(json!([{"say": "Hi"}, {"fault": {"bytes": [255, 0, 10]}}]));
    assert!(output.stdout.windows(3).any(|it| it == [255, 0, 10]));
    let lines: Vec<&str> = said.lines().collect();
    let at = lines
        .iter()
        .position(|line| *line == "nvm: using node v20")
        .unwrap();
    assert!(lines[at - 1].contains("\"Hi\""), "{said}");
    assert_eq!(lines[at + 1], "");
}

#[test]
fn messages_that_no_client_knows_come_between_those_that_it_knows() {
    let output = doing(json!([
        {"fault": "unknown-type"},
        {"say": "Hi"},
        {"fault": "unknown-subtype"},
        {"fault": "unknown-block"},
        {"fault": {"message": {"type": "mine", "n": null}}},
    ]));
    let want = [
        "system/init",
        "future_event",
        "assistant",
        "system/future_notice",
        "assistant",
        "mine",
        "result/success",
    ];
    assert_eq!(kinds(&output), want);
    assert!(text(&output).contains(r#""type":"hologram""#));
}

#[test]
fn a_line_can_come_twice() {
    let said = text(&doing(json!([{"say": "Hi"}, {"fault": "duplicate-line"}])));
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("\"Hi\"") && line.contains("assistant"))
            .count(),
        2
    );
}

#[test]
fn a_long_text_is_one_long_line() {
    let said = text(&doing(json!([{"long-text": 3_000_000}])));
    assert!(
        said.lines()
            .any(|line| line.contains("\"assistant\"") && line.len() > 3_000_000)
    );
}

#[test]
fn a_result_can_be_missing_doubled_or_another() {
    let result = |fault: Value| {
        let output = output(&stage(
            json!({"calls": [{"result": fault, "do": [{"say": "Hi"}]}]}),
        ));
        let results = kinds(&output)
            .into_iter()
            .filter(|kind| kind.starts_with("result"));
        (results.collect::<Vec<_>>(), output.status.code())
    };
    assert_eq!(result(json!("missing")), (vec![], Some(0)));
    let twice = vec!["result/success".to_owned(); 2];
    assert_eq!(result(json!("twice")), (twice, Some(0)));
    let with =
        json!({"with": {"is_error": true, "subtype": "error_during_execution", "result": null}});
    assert_eq!(
        result(with),
        (vec!["result/error_during_execution".to_owned()], Some(1))
    );
}

#[test]
fn stderr_gets_what_the_script_has_for_it() {
    let output = doing(
        json!([{"fault": {"stderr": "a hint"}}, {"fault": {"stderr-flood": 200}}, {"say": "Hi"}]),
    );
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with("a hint\n"), "{said}");
    assert!(said.len() >= 200 * 1024, "{}", said.len());
}

#[test]
fn a_flood_blocks_where_nobody_reads_it() {
    let stage =
        stage(json!({"calls": [{"do": [{"fault": {"stderr-flood": 200}}, {"say": "Hi"}]}]}));
    let args = [&SJ[..], &["Hello"]].concat();
    let mut child = stage.command(&args).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).unwrap();
        text
    });
    // Somebody reads in the end: only then is there an answer.
    let mut stderr = child.stderr.take().unwrap();
    let mut first = [0; 1024];
    stderr.read_exact(&mut first).unwrap();
    assert!(!reader.is_finished());
    std::io::copy(&mut stderr, &mut std::io::sink()).unwrap();
    assert!(reader.join().unwrap().contains("result"));
    child.wait().unwrap();
}

#[test]
fn a_process_dies_of_the_signal_that_the_script_names() {
    for (name, number) in [("SIGKILL", 9), ("SIGSEGV", 11), ("SIGILL", 4)] {
        let output = doing(json!([{"say": "Hi"}, {"fault": {"signal": name}}]));
        assert_eq!(output.status.signal(), Some(number), "{name}");
        assert_eq!(kinds(&output), ["system/init", "assistant"], "{name}");
    }
}

#[test]
fn stdout_ends_and_the_process_lives() {
    let stage =
        stage(json!({"calls": [{"do": [{"say": "Hi"}, {"fault": "close-stdout"}, "hang"]}]}));
    let args = [&SJ[..], &["Hello"]].concat();
    let mut child = stage.command(&args).spawn().unwrap();
    let mut said = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(said.contains("\"Hi\""));
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_grandchild_keeps_the_stream_that_it_holds() {
    let stage = stage(json!({"calls": [{"do": [
        {"fault": {"grandchild": {"holds": ["stdout"], "new-session": true}}}, {"say": "Hi"},
    ]}]}));
    let args = [&SJ[..], &["Hello"]].concat();
    let mut child = stage.command(&args).spawn().unwrap();
    let pid = child.id();
    assert!(child.wait().unwrap().success());
    // The process is gone, its stdout is not at its end: somebody holds it, in a session of his own.
    let listed = std::process::Command::new("ps")
        .args(["-A", "-o", "pid=,pgid=,args="])
        .output()
        .unwrap();
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let line = listed
        .lines()
        .find(|line| line.ends_with(&format!("sleep 3600.{pid}")));
    let numbers: Vec<i32> = line
        .unwrap()
        .split_whitespace()
        .take(2)
        .map(|it| it.parse().unwrap())
        .collect();
    assert_eq!(numbers[0], numbers[1], "it leads its group");
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || stdout.read_to_string(&mut String::new()));
    assert!(!reader.is_finished());
    let grandchild = rustix::process::Pid::from_raw(numbers[0]).unwrap();
    rustix::process::kill_process(grandchild, rustix::process::Signal::KILL).unwrap();
    reader.join().unwrap().unwrap();
}

#[test]
fn a_child_that_is_never_waited_for_is_a_zombie() {
    let stage = stage(json!({"calls": [{"do": [{"fault": "zombie"}, {"say": "Hi"}, "hang"]}]}));
    let args = [&SJ[..], &["Hello"]].concat();
    let mut run = Run::start(&mut stage.command(&args));
    run.wait("answer", |line| line["type"] == "assistant");
    let pid = run.child.id();
    let zombies = || {
        let listed = std::process::Command::new("ps")
            .args(["-A", "-o", "ppid=,stat="])
            .output()
            .unwrap();
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        listed.lines().any(|line| {
            let mut words = line.split_whitespace();
            words.next() == Some(&pid.to_string())
                && words.next().is_some_and(|stat| stat.starts_with('Z'))
        })
    };
    until("there is a zombie", zombies);
    run.signal(rustix::process::Signal::KILL);
}

#[test]
fn a_process_can_die_before_its_first_byte() {
    let dies = |death: Value| output(&stage(json!({"process": [{"dies": death}]})));
    let killed = dies(json!({"signal": "SIGKILL"}));
    assert_eq!((killed.status.signal(), killed.stdout.len()), (Some(9), 0));
    let refused = dies(json!({"exit": 132, "stderr": "panic: illegal instruction"}));
    assert_eq!(refused.status.code(), Some(132));
    assert_eq!(
        String::from_utf8_lossy(&refused.stderr),
        "panic: illegal instruction\n"
    );
}

#[test]
fn a_fault_of_a_process_holds_for_as_many_calls_as_it_says() {
    let stage = stage(json!({
        "process": [{"times": 1, "dies": {"exit": 3}}],
        "calls": [{"times": 2, "do": [{"say": "Hi"}]}],
    }));
    let version = stage.command(&["--version"]).output().unwrap();
    assert!(version.status.success(), "a question is no call");
    let codes: Vec<_> = (0..3).map(|_| output(&stage).status.code()).collect();
    assert_eq!(codes, [Some(3), Some(0), Some(0)]);
}

#[test]
fn bytes_come_in_other_pieces_and_line_ends() {
    let shaped = |shape: Value| {
        text(&output(&stage(
            json!({"seed": 7, "process": [{"stdout": shape}], "calls": [{"do": [{"say": "Grüße, 世界"}]}]}),
        )))
    };
    let says = |text: &str| text.lines().any(|line| line.contains("Grüße, 世界"));
    for shape in [
        json!({"split": "utf8"}),
        json!({"split": {"at": 9}}),
        json!({"dribble": 1}),
    ] {
        let text = shaped(shape);
        assert!(says(&text) && text.ends_with('\n'), "{text}");
    }
    let crlf = shaped(json!({"crlf": true}));
    assert_eq!(crlf.matches("\r\n").count(), crlf.matches('\n').count());
    assert!(shaped(json!({"bom": true})).starts_with('\u{feff}'));
    assert!(!shaped(json!({"no-final-newline": true})).ends_with('\n'));
    assert!(
        shaped(json!({"extra-fields": true}))
            .lines()
            .all(|line| line.contains("future_field"))
    );
}

#[test]
fn a_split_line_arrives_in_several_reads() {
    let stage = stage(json!({"process": [{"stdout": {"split": "every-byte"}}]}));
    let args = [&SJ[..], &["Hello"]].concat();
    let mut child = stage.command(&args).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (mut reads, mut all) = (0, Vec::<u8>::new());
    let mut buffer = [0; 65536];
    loop {
        match stdout.read(&mut buffer).unwrap() {
            0 => break,
            n => {
                reads += 1;
                all.extend(&buffer[..n]);
            }
        }
    }
    child.wait().unwrap();
    // A slow reader takes some together.
    assert!(
        reads > all.len() / 10,
        "{reads} reads of {} bytes",
        all.len()
    );
}

#[test]
fn stdin_can_be_read_never_slowly_or_without_end() {
    let never = stage(json!({"process": [{"stdin": "never"}]}));
    let args = [&SJ[..], &["Hello"]].concat();
    // The pipe is open, and nobody waits for its end.
    let mut child = never.command(&args).stdin(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(said.contains("result"), "{said}");
    child.wait().unwrap();

    let slow = stage(json!({"process": [{"stdin": "slowly"}]}));
    let mut child = slow.command(&SJ).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"Hello").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());

    let deaf = stage(json!({"process": [{"ignores": ["eof"]}]}));
    let mut child = deaf.command(&SJ).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"Hello").unwrap();
    wait_for(&deaf, "stdin-end");
    assert!(
        child.try_wait().unwrap().is_none(),
        "its end is not noticed"
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Waits until the only call has noted an event of this name.
fn wait_for(stage: &Stage, name: &str) {
    until(name, || {
        let calls = stage.calls();
        let mut events = calls.iter().flat_map(|call| &call.events);
        events.any(|event| serde_json::to_value(event).unwrap()["event"] == name)
    });
}

#[test]
fn a_burst_comes_before_stdin_is_read() {
    let stage = stage(json!({"process": [{"burst": "{\"type\":\"early\"}"}]}));
    let mut child = stage.command(&SJ).stdin(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 16];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut first)
        .unwrap();
    assert_eq!(&first, b"{\"type\":\"early\"}");
    child.stdin.take().unwrap().write_all(b"Hello").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn signals_and_the_end_can_be_ignored() {
    let stage = stage(json!({
        "process": [{"ignores": ["sigterm", "interrupt"], "lingers": true}],
    }));
    let args = [&SJ[..], &["Hello"]].concat();
    let mut run = Run::start(&mut stage.command(&args));
    run.wait("result", |line| line["type"] == "result");
    wait_for(&stage, "waiting");
    run.signal(rustix::process::Signal::TERM);
    run.signal(rustix::process::Signal::INT);
    wait_for(&stage, "signal");
    assert!(run.child.try_wait().unwrap().is_none());
    run.signal(rustix::process::Signal::KILL);
}

#[test]
fn the_exit_code_can_be_another() {
    let output = output(&stage(json!({"process": [{"exit-code": 1}]})));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("\"is_error\":false"));
}

#[test]
fn the_handshake_can_stay_away_or_come_twice() {
    let answers = |how: Value| {
        let stage = stage(json!({"process": [{"initialize": how}]}));
        let args = [&SJ[..], &["--input-format", "stream-json"]].concat();
        let mut run = Run::start(stage.command(&args).stdin(Stdio::piped()));
        run.control("i1", json!({"subtype": "initialize"}));
        run.prompt("Hello");
        run.wait("result", |line| line["type"] == "result");
        let kinds = run.done().kinds();
        kinds
            .iter()
            .filter(|kind| *kind == "control_response")
            .count()
    };
    assert_eq!(answers(json!("never")), 0);
    assert_eq!(answers(json!("twice")), 2);
    assert_eq!(answers(json!({"late": 50})), 1);
}

#[test]
fn the_version_can_be_wrong_late_or_behind_a_banner() {
    let stage = stage(json!({
        "version": {"says": "0.2.9 (Claude Code)", "banner": "Now using node v20", "takes": 5, "exit-status": 4},
    }));
    let output = stage.command(&["--version"]).output().unwrap();
    assert_eq!(text(&output), "Now using node v20\n0.2.9 (Claude Code)\n");
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn a_slow_start_is_a_wait_that_the_ledger_tells() {
    let stage = stage(json!({"clock": 1.0, "process": [{"slow-start": 20}]}));
    assert!(output(&stage).status.success());
    wait_for(&stage, "waiting");
}
