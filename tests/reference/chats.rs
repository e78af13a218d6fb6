//! What a chat starts, and what it answers.

use crate::server::{self, Server};
use crate::stage::Stage;
use crate::{cli, command, start, trials};
use libtest_mimic::Trial;
use serde_json::json;

pub(crate) fn trials() -> Vec<Trial> {
    let trials = trials![
        a_chat_streams_the_messages_of_the_cli,
        the_cli_is_called_as_the_sdk_calls_it,
        an_entrypoint_that_is_set_is_kept,
        a_script_runs_under_the_apps_runtime,
        claude_is_found_on_path,
        without_any_claude_the_backend_exits_with_1,
        a_cli_that_fails_gives_the_text_of_the_sdk,
        a_cli_that_cannot_start_gives_the_text_of_the_system,
        a_missing_folder_looks_like_a_missing_node,
        odd_lines_pass_as_they_pass_the_sdk,
        a_line_that_is_no_json_ends_the_turn_of_an_sdk,
        a_long_prompt_goes_to_stdin,
        a_bad_request_gives_the_error_of_upstream,
        routes_answer_as_upstream,
    ];
    // Elsewhere only the sum of all arguments is limited.
    let linux_only = |name: &str| name.ends_with("a_long_prompt_is_too_long_for_the_system");
    let ignored = |name: &str| linux_only(name) && !cfg!(target_os = "linux");
    trials
        .into_iter()
        .map(|trial| {
            let ignored = ignored(trial.name());
            trial.with_ignored_flag(ignored)
        })
        .collect()
}

fn a_chat_streams_the_messages_of_the_cli() {
    let stage = Stage::new();
    let server = start(&stage, "", "answers");
    let stream = server.chat("Hello");
    assert_eq!(stream.status, 200);
    assert!(
        stream.head.contains("content-type: application/x-ndjson"),
        "{}",
        stream.head
    );
    assert!(
        stream.head.contains("access-control-allow-origin: *"),
        "{}",
        stream.head
    );
    let lines = stream.lines();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(
        lines[0],
        json!({"type": "claude_json", "data": {"type": "system", "subtype": "init"}})
    );
    assert_eq!(
        lines[1]["data"]["message"]["content"][0]["text"],
        "Hi there"
    );
    assert_eq!(lines[2]["data"]["type"], "result");
    assert_eq!(lines[3], json!({"type": "done"}));
}

fn the_cli_is_called_as_the_sdk_calls_it() {
    let stage = Stage::new();
    // Its conversation has no transcript.
    let server = start(&stage, "resumes-blindly", "records");
    let folder = stage.path("home").canonicalize().expect("it exists");
    let lines = server
        .chat_with(&json!({"message": "/ hi\nthere ", "requestId": "r", "sessionId": "S", "permissionMode": "plan",
            "allowedTools": ["Bash(ls:*)", "Read"], "workingDirectory": folder}))
        .lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(
        stage.read("argv"),
        "--output-format\nstream-json\n--verbose\n--resume\nS\n--allowedTools\nBash(ls:*),Read\n\
         --permission-mode\nplan\n--print\n--\nhi\nthere\n"
    );
    assert_eq!(stage.read("cwd").trim(), folder.to_str().expect("UTF-8"));
    assert_eq!(stage.read("stdin"), "", "stdin was at its end");
    let env = stage.read("env");
    for expected in [
        "CLAUDE_CODE_ENTRYPOINT=sdk-ts",
        &format!("HOME={}", stage.path("home").display()),
    ] {
        assert!(
            env.lines().any(|line| line == expected),
            "no {expected} in {env}"
        );
    }
    if cfg!(target_os = "linux") {
        let fds = stage.read("fds");
        let target = |fd: &str| {
            fds.lines()
                .find_map(|line| line.split_once(&format!(" {fd} -> ")))
                .map(|(_, to)| to)
        };
        // fd 1 of `ls` itself is the file; that of the shell is not seen here.
        assert!(
            target("0").is_some_and(|to| to.starts_with("socket:")),
            "{fds}"
        );
    }
    let own = rustix::process::getpgrp().as_raw_nonzero().to_string();
    assert_eq!(
        stage.read("pgid").trim(),
        own,
        "the CLI is in the backend's process group"
    );
}

fn an_entrypoint_that_is_set_is_kept() {
    let stage = Stage::new();
    let mut command = command(&stage, "");
    command
        .arg("--claude-path")
        .arg(cli("records"))
        .env("CLAUDE_CODE_ENTRYPOINT", "mine");
    Server::start(command).chat("Hello").lines();
    assert!(
        stage
            .read("env")
            .lines()
            .any(|line| line == "CLAUDE_CODE_ENTRYPOINT=mine")
    );
}

fn a_script_runs_under_the_apps_runtime() {
    let stage = Stage::new();
    let mut command = command(&stage, "");
    command
        .arg("--claude-path")
        .arg(cli("answers.js"))
        .args(["--runtime", "/bin/sh"]);
    let lines = Server::start(command).chat("Hello").lines();
    assert_eq!(lines.last(), Some(&json!({"type": "done"})));
    assert_eq!(lines.len(), 4, "{lines:?}");
}

fn claude_is_found_on_path() {
    let stage = Stage::new();
    let mut command = command(&stage, "");
    command.env("PATH", cli("with-claude"));
    assert_eq!(Server::start(command).chat("Hello").lines().len(), 4);
}

fn without_any_claude_the_backend_exits_with_1() {
    let stage = Stage::new();
    let mut command = command(&stage, "");
    command.env("PATH", cli("with-node")).args(["--port", "0"]);
    let (code, out, err) = server::refusal(command);
    assert_eq!(code, Some(1));
    assert!(err.contains("No `claude` on PATH"), "{err}");
    assert!(!out.contains("Listening"), "{out}");
}

fn a_cli_that_fails_gives_the_text_of_the_sdk() {
    for (name, error) in [
        ("fails", "Claude Code process exited with code 3: boom"),
        ("dies", "Claude Code process terminated by signal SIGKILL"),
    ] {
        let stage = Stage::new();
        let lines = start(&stage, "", name).chat("Hello").lines();
        assert_eq!(lines[0]["data"]["type"], "system", "{name}");
        assert_eq!(
            lines[1..],
            [json!({"type": "error", "error": error})],
            "{name}"
        );
    }
    let stage = Stage::new();
    assert_eq!(
        start(&stage, "takes-any-end", "says-nothing")
            .chat("Hello")
            .lines(),
        [json!({"type": "done"})]
    );
}

fn a_cli_that_cannot_start_gives_the_text_of_the_system() {
    let stage = Stage::new();
    let error = |path: &std::path::Path| {
        let mut command = command(&stage, "");
        command
            .arg("--claude-path")
            .arg(path)
            .env("PATH", "/no/such/folder");
        Server::start(command).chat_error(&json!({"message": "Hello"}))
    };
    let (missing, path) = ("/no/such/claude", |name: &str| {
        cli(name).display().to_string()
    });
    assert_eq!(
        error(missing.as_ref()),
        format!(
            "Claude Code native binary not found at {missing}. Please ensure Claude Code is installed via native \
             installer or specify a valid path with options.pathToClaudeCodeExecutable."
        )
    );
    assert_eq!(
        error("/no/cli.js".as_ref()),
        "Claude Code executable not found at /no/cli.js. Is options.pathToClaudeCodeExecutable set?"
    );
    assert_eq!(
        error(&cli("answers.js")),
        "Failed to spawn Claude Code process: spawn node ENOENT",
        "a script without a runtime of its own is for `node`"
    );
    for (name, code) in [
        ("not-executable", "EACCES"),
        ("with-node", "EACCES"),
        ("bad-interpreter", "ENOENT"),
    ] {
        let expected = format!(
            "Failed to spawn Claude Code process: spawn {} {code}",
            path(name)
        );
        assert_eq!(error(&cli(name)), expected);
    }
    let mut command = command(&stage, "");
    command.arg("--claude-path").arg(cli("no-interpreter"));
    let lines = Server::start(command).chat("Hello").lines();
    assert_eq!(
        lines.last(),
        Some(&json!({"type": "done"})),
        "a file without #! is for the shell: {lines:?}"
    );
}

fn a_missing_folder_looks_like_a_missing_node() {
    let stage = Stage::new();
    let mut command = command(&stage, "");
    command
        .arg("--claude-path")
        .arg(cli("answers.js"))
        .env("PATH", cli("with-node"));
    let server = Server::start(command);
    let here = json!({"message": "Hello", "workingDirectory": stage.path("home")});
    assert_eq!(server.chat_with(&here).lines().len(), 4, "there is a node");
    let nowhere = json!({"message": "Hello", "workingDirectory": "/no/such/folder"});
    assert_eq!(
        server.chat_error(&nowhere),
        "Failed to spawn Claude Code process: spawn node ENOENT"
    );
    let a_file = json!({"message": "Hello", "workingDirectory": cli("answers")});
    assert_eq!(server.chat_error(&a_file), "spawn ENOTDIR");
}

fn odd_lines_pass_as_they_pass_the_sdk() {
    let stage = Stage::new();
    let lines = start(&stage, "takes-any-end", "mixes")
        .chat("Hello")
        .lines();
    let data: Vec<_> = lines
        .iter()
        .filter_map(|line| line.get("data").cloned())
        .collect();
    assert_eq!(
        data,
        [
            json!(42),
            json!("text"),
            json!([1]),
            json!({"type": "a\u{fffd}", "n": 1.5}),
            json!({"type": "brand_new"})
        ]
    );
    assert_eq!(lines.last(), Some(&json!({"type": "done"})));
}

fn a_line_that_is_no_json_ends_the_turn_of_an_sdk() {
    for (name, error) in [
        (
            "garbles",
            "Unexpected token 'p', \"plain text\"... is not valid JSON",
        ),
        ("cuts", "Unterminated string in JSON at position 25"),
        (
            "says-null",
            "Cannot read properties of null (reading 'type')",
        ),
    ] {
        let stage = Stage::new();
        let lines = start(&stage, "dies-of-noise", name).chat("Hello").lines();
        assert_eq!(
            lines.last(),
            Some(&json!({"type": "error", "error": error})),
            "{name}"
        );
    }
}

fn a_long_prompt_goes_to_stdin() {
    let stage = Stage::new();
    let prompt = "x".repeat(200_000);
    let server = start(&stage, "", "records");
    assert_eq!(
        server.chat(&prompt).lines().last(),
        Some(&json!({"type": "done"}))
    );
    assert_eq!(stage.read("stdin"), prompt);
    assert!(stage.read("argv").ends_with("--print\n"));
    let server = start(&stage, "long-prompts-in-argv", "records");
    let error = server.chat_error(&json!({"message": prompt}));
    assert_eq!(error, "spawn E2BIG");
}

fn a_bad_request_gives_the_error_of_upstream() {
    let stage = Stage::new();
    let server = start(&stage, "", "answers");
    let answer = crate::http::post(server.port, "/api/chat", "no JSON");
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (500, "Internal Server Error")
    );
    let error = server.chat_error(&json!({"requestId": "r"}));
    assert_eq!(
        error,
        "Cannot read properties of undefined (reading 'startsWith')"
    );
}

fn routes_answer_as_upstream() {
    let stage = Stage::new();
    let server = start(&stage, "", "answers");
    let health = server.get("/api/health").json();
    assert_eq!(health["status"], "ok");
    assert_eq!(health["pid"], server.pid());
    assert!(
        health["timestamp"].is_u64() && health["uptime"].is_f64(),
        "{health}"
    );
    let unknown = server.get("/api/unknown");
    assert_eq!((unknown.status, unknown.body.as_str()), (404, "Not found"));
    let page = server.get("/projects/any/path");
    assert_eq!(page.status, 200);
    assert!(
        page.head.contains("content-type: text/html")
            && page.head.contains("access-control-allow-origin: *")
    );
    let preflight = crate::http::send(server.port, "OPTIONS", "/api/chat", None);
    assert_eq!(preflight.status, 204);
    assert!(
        preflight
            .head
            .contains("access-control-allow-methods: get,post,options"),
        "{}",
        preflight.head
    );
    let abort = server.post("/api/abort/unknown", &json!({}));
    assert_eq!(abort.status, 404);
    assert_eq!(
        abort.json(),
        json!({"error": "Request not found or already completed"})
    );
}
