//! MCP servers: both sides' requests, slow starts, calls that take long, and how servers are ended. Values as seen on the
//! real CLIs 1.0.108, 2.0.77 and 2.1.330 on the same servers.

mod support;

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use support::{Done, Run, Stage, until};

/// A server in the shell. `$ON_LIST` and `$ON_CALL` are run before it answers, `$ON_START` first.
const SERVER: &str = r#"
log() { printf '%s\n' "$1" >> log; }
trap 'log INT; exit' INT; trap 'log TERM; exit' TERM
eval "$ON_START"
while IFS= read -r line; do
  log "$line"
  case "$line" in
    *server/discover*) echo '{"jsonrpc":"2.0","id":"server-discover-probe-1","error":{"code":-32601,"message":"no"}}' ;;
    *'"initialize"'*) echo '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}' ;;
    *tools/list*) eval "$ON_LIST"; echo '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}}' ;;
    *tools/call*) eval "$ON_CALL"; echo '{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"called"}]}}' ;;
  esac
done
log EOF
"#;

const STREAM: [&str; 6] = [
    "-p",
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
    "--allowedTools",
    "mcp__x__t",
];

/// A stage on which the model calls the server's tool and then says that it is done.
fn stage(profile: &str) -> Stage {
    let call = json!({"type": "tool_use", "name": "mcp__x__t", "input": {}});
    Stage::new(json!({"profile": profile, "clock": 0.0, "api_script": [
        {"content": [call]}, {"content": [{"type": "text", "text": "done"}]},
    ]}))
}

fn config(env: Value) -> String {
    let server = json!({"command": "/bin/bash", "args": ["-c", SERVER], "env": env});
    json!({"mcpServers": {"x": server}}).to_string()
}

fn run(stage: &Stage, config: &str) -> Done {
    let mut args = vec!["-p", "go", "--output-format=stream-json", "--verbose"];
    args.extend(["--allowedTools", "mcp__x__t", "--mcp-config", config]);
    stage.run(&args, "")
}

fn streaming(stage: &Stage, env: Value) -> Run {
    let config = config(env);
    let args = [&STREAM[..], &["--mcp-config", &config]].concat();
    Run::start(stage.command(&args).stdin(Stdio::piped()))
}

/// The content of the tool's result.
fn called(done: &Done) -> Value {
    let lines = done.json();
    let user = lines.iter().find(|line| line["type"] == "user");
    user.expect("a result of the tool")["message"]["content"][0]["content"].clone()
}

/// What the server logged; None before it has started.
fn log(stage: &Stage) -> Option<String> {
    fs::read_to_string(stage.cwd.join("log")).ok()
}

#[test]
fn a_servers_own_requests_are_answered_and_their_ids_are_none_of_ours() {
    let ask = r#"echo '{"jsonrpc":"2.0","id":1,"method":"ping"}'; echo '{"jsonrpc":"2.0","id":2,"method":"roots/list"}'; echo '{"jsonrpc":"2.0","id":"s","method":"sampling/createMessage","params":{}}'"#;
    for profile in ["1.0.108", "2.0.77", "2.1.330"] {
        let stage = stage(profile);
        let done = run(&stage, &config(json!({"ON_LIST": ask, "ON_CALL": ask})));
        assert_eq!(
            called(&done),
            json!([{"type": "text", "text": "called"}]),
            "{profile}"
        );
        let log = log(&stage).expect("a log");
        let root = format!(
            r#"{{"roots":[{{"uri":"file://{}"}}]}}"#,
            stage.cwd.display()
        );
        assert!(
            log.contains(r#"{"result":{},"jsonrpc":"2.0","id":1}"#),
            "{log}"
        );
        assert!(log.contains(&root), "{log}");
        assert!(log.contains(r#""id":"s","error":{"code":-32601"#), "{log}");
    }
}

#[test]
fn what_is_no_utf8_and_what_is_no_json_is_passed_over() {
    let noise = r#"printf '{"jsonrpc":"2.0","method":"n","params":{"d":"\377"}}\nnot json\n'"#;
    let done = run(
        &stage("2.1.330"),
        &config(json!({"ON_LIST": noise, "ON_CALL": noise})),
    );
    assert_eq!(called(&done), json!([{"type": "text", "text": "called"}]));
}

#[test]
fn a_server_is_ended_in_the_way_of_the_version_and_has_time_to_clean_up() {
    for (profile, last) in [
        ("1.0.108", "TERM\n"),
        ("2.0.77", "EOF\n"),
        ("2.1.330", "INT\n"),
    ] {
        let stage = stage(profile);
        run(&stage, &config(json!({})));
        let log = log(&stage).expect("a log");
        assert!(log.ends_with(last), "{profile}: {log}");
    }
}

#[test]
fn the_client_is_answered_while_a_server_starts() {
    let stage = stage("2.1.330");
    let wait = "while ! [ -e go ]; do sleep 0.01; done";
    let mut run = streaming(&stage, json!({"ON_START": wait}));
    run.control("i", json!({"subtype": "initialize"}));
    run.wait("answer", |line| line["response"]["request_id"] == "i");
    run.prompt("go");
    run.control(
        "m",
        json!({"subtype": "set_permission_mode", "mode": "plan"}),
    );
    run.wait("answer", |line| line["response"]["request_id"] == "m");
    fs::write(stage.cwd.join("go"), "").unwrap();
    let init = run.wait("init", |line| line["subtype"] == "init");
    assert_eq!(init["mcp_servers"][0]["status"], "connected");
    run.wait("result", |line| line["type"] == "result");
    run.done();
}

#[test]
fn the_client_is_answered_while_a_tool_of_a_server_is_called_and_can_stop_it() {
    let stage = stage("2.1.330");
    let mut run = streaming(
        &stage,
        json!({"ON_CALL": "while :; do IFS= read -r line; log \"$line\"; done"}),
    );
    run.prompt("go");
    until("the tool is called", || {
        log(&stage).is_some_and(|log| log.contains("tools/call"))
    });
    run.control(
        "m",
        json!({"subtype": "set_permission_mode", "mode": "acceptEdits"}),
    );
    run.wait("answer", |line| line["response"]["request_id"] == "m");
    run.control("i", json!({"subtype": "interrupt"}));
    let result = run.wait("result", |line| line["type"] == "result");
    assert_eq!(result["terminal_reason"], "aborted_tools");
    until("the server is told", || {
        log(&stage)
            .is_some_and(|log| log.contains(r#""notifications/cancelled","params":{"requestId":2"#))
    });
    run.done();
}

#[test]
fn a_call_that_takes_longer_than_it_may_is_given_up() {
    for (profile, said) in [
        ("1.0.108", "MCP error -32001: Request timed out"),
        ("2.0.77", "MCP tool call 't' timed out after 1s"),
        ("2.1.330", "MCP server \"x\" tool \"t\" timed out after 1s"),
    ] {
        let mut stage = stage(profile);
        stage.env.push(("MCP_TOOL_TIMEOUT".into(), "1000".into()));
        let done = run(&stage, &config(json!({"ON_CALL": "sleep 1000 & wait"})));
        assert_eq!(called(&done), said, "{profile}");
    }
}

#[test]
fn variables_in_a_configuration_are_filled_in() {
    let mut stage = stage("2.1.330");
    stage.env.push(("SHELL_OF_MINE".into(), "/bin/bash".into()));
    let server = json!({"command": "${SHELL_OF_MINE}", "args": ["-c", SERVER], "env": {"ON_CALL": "${NOT_SET:-:}"}});
    let done = run(&stage, &json!({"mcpServers": {"x": server}}).to_string());
    assert_eq!(called(&done), json!([{"type": "text", "text": "called"}]));
}

/// Answers requests over HTTP until it is dropped with its process.
fn http_server(events: bool) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream, events));
        }
    });
    port
}

fn serve(stream: TcpStream, events: bool) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let request: Value = match body.is_empty() {
        // A GET asks for a stream of events.
        true => Value::Null,
        false => serde_json::from_slice(&body).unwrap(),
    };
    let result = match request["method"].as_str() {
        Some("initialize") => {
            json!({"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "s", "version": "1"}})
        }
        Some("tools/list") => json!({"tools": [{"name": "t", "inputSchema": {"type": "object"}}]}),
        Some("tools/call") => json!({"content": [{"type": "text", "text": "called"}]}),
        _ => Value::Null,
    };
    let mut stream = stream;
    if result.is_null() {
        let status = if first.starts_with("GET") {
            "405 No"
        } else {
            "202 Accepted"
        };
        return write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
    }
    let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": result}).to_string();
    let (kind, text) = match events {
        true => (
            "text/event-stream",
            format!("event: message\ndata: {answer}\n\n"),
        ),
        false => ("application/json", answer),
    };
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nmcp-session-id: 7\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    )
}

#[test]
fn a_server_behind_a_url_answers_in_json_or_in_events() {
    for events in [false, true] {
        let url = format!("http://127.0.0.1:{}/mcp", http_server(events));
        let config = json!({"mcpServers": {"x": {"type": "http", "url": url}}});
        let done = run(&stage("2.1.330"), &config.to_string());
        assert_eq!(called(&done), json!([{"type": "text", "text": "called"}]));
    }
}

#[test]
fn a_server_that_nobody_is_behind_has_failed() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}/mcp");
    for kind in ["http", "sse"] {
        let config = json!({"mcpServers": {"x": {"type": kind, "url": url}}});
        let done = run(&stage("2.1.330"), &config.to_string());
        let init = done
            .json()
            .into_iter()
            .find(|line| line["subtype"] == "init");
        assert_eq!(
            init.unwrap()["mcp_servers"][0]["status"],
            "failed",
            "{kind}"
        );
    }
}

/// Seen on 2.1.197 and 2.1.330, which say `stdio` where the program was named.
#[test]
fn a_program_that_is_nowhere_on_path_is_told_from_a_file_that_is_not_there() {
    for (profile, command, said) in [
        (
            "2.1.330",
            "nosuchprogram",
            "Executable not found in $PATH: \"stdio\"",
        ),
        (
            "2.1.197",
            "nosuchprogram",
            "Executable not found in $PATH: \"nosuchprogram\"",
        ),
        (
            "2.1.197",
            "/no/such",
            "ENOENT: no such file or directory, posix_spawn '/no/such'",
        ),
    ] {
        let config = json!({"mcpServers": {"x": {"command": command, "args": []}}}).to_string();
        let stage = stage(profile);
        let asked = json!({"type": "control_request", "request_id": "r", "request": {"subtype": "mcp_status"}});
        let args = [&STREAM[..], &["--mcp-config", &config]].concat();
        let lines = stage.run(&args, &format!("{asked}\n")).json();
        let answer = lines.iter().find(|line| line["type"] == "control_response");
        let server = &answer.unwrap()["response"]["response"]["mcpServers"][0];
        assert_eq!(server["error"], said, "{profile}");
    }
}
