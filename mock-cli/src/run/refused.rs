//! What is said where a call cannot begin: on stderr, and to clients that hide that in their own words.

use crate::json::{self, Escapes};
use crate::process::complain;
use crate::protocol::stream::{Subtype, TurnResult};
use crate::protocol::wire::{Nullable, Wire};
use serde::Deserialize;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::{BufRead, Write};

/// Says why a call cannot begin. A client that opens with a request gets its answer, and every client the result of a
/// turn that failed; the command line is not read beyond what that takes.
pub(super) fn refuse(args: &[OsString], text: &str) {
    complain(&format!("{text}\n"));
    let args: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let asks = |arg: &&str| matches!(*arg, "--version" | "-v" | "--help" | "-h");
    if args.iter().any(asks) {
        return;
    }
    let mut lines = Vec::new();
    if option(&args, "--input-format") == Some("stream-json") {
        lines.extend(first_request().map(|id| denied(&id, text)));
    }
    match option(&args, "--output-format") {
        Some("stream-json" | "json") => lines.push(result(text)),
        _ => lines.push(text.to_owned()),
    }
    for line in lines {
        // Whoever does not read it has the exit code.
        let _ = std::io::stdout().write_all(format!("{line}\n").as_bytes());
    }
}

/// The value of an option, in one argument or two.
fn option<'a>(args: &[&'a str], name: &str) -> Option<&'a str> {
    let at = args.iter().position(|arg| arg.starts_with(name))?;
    match args[at].strip_prefix(name)? {
        "" => args.get(at + 1).copied(),
        value => value.strip_prefix('='),
    }
}

/// The id of the request that a client opens with; None where it opens with something else, or not at all.
fn first_request() -> Option<String> {
    #[derive(Deserialize)]
    struct Request {
        r#type: String,
        request_id: String,
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).ok()?;
    let request: Request = serde_json::from_str(&line).ok()?;
    (request.r#type == "control_request").then_some(request.request_id)
}

fn denied(id: &str, text: &str) -> String {
    let response = json!({"subtype": "error", "request_id": id, "error": text});
    line(&json!({"type": "control_response", "response": response}))
}

fn result(text: &str) -> String {
    let result = TurnResult {
        subtype: Some(Subtype::ErrorDuringExecution),
        is_error: Some(true),
        duration_ms: Some(0),
        duration_api_ms: Some(0),
        num_turns: Some(0),
        result: Some(text.to_owned()),
        stop_reason: Nullable::Null,
        session_id: Some(String::new()),
        total_cost_usd: Some(0.into()),
        usage: Some(crate::turn::Usage::ZERO.api()),
        permission_denials: Some(Vec::new()),
        errors: Some(vec![text.to_owned()]),
        ..TurnResult::default()
    };
    line(&result.write())
}

fn line(value: &Value) -> String {
    json::line(value, Escapes::None)
}
