//! Whether a call has the input that its tool needs.

use super::Done;
use crate::profile::Profile;
use crate::protocol::tools::Unparsed;
use serde_json::{Value, json};

/// The parameters of the tools that run here: the needed ones, with their types, and the others.
fn parameters(tool: &str) -> Option<(&'static [&'static str], &'static [&'static str])> {
    Some(match tool {
        "Bash" => (
            &["command"],
            &[
                "description",
                "timeout",
                "run_in_background",
                "dangerouslyDisableSandbox",
                "sandbox",
                "shellExecutable",
            ],
        ),
        "Read" => (&["file_path"], &["offset", "limit", "pages"]),
        "Write" => (&["file_path", "content"], &[]),
        "Edit" => (&["file_path", "old_string", "new_string"], &["replace_all"]),
        _ => return None,
    })
}

/// The type that a parameter has to have, where one is checked.
fn expected(name: &str) -> Option<&'static str> {
    Some(match name {
        "command" | "description" | "file_path" | "content" | "old_string" | "new_string" => {
            "string"
        }
        "timeout" | "offset" | "limit" => "number",
        "run_in_background" | "dangerouslyDisableSandbox" | "replace_all" => "boolean",
        _ => return None,
    })
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// What is wrong with a call's input.
pub(super) fn fault(profile: &Profile, tool: &str, input: &Value) -> Option<Done> {
    let unparsed = Unparsed::at(input).input;
    if let Some(raw) = unparsed.and_then(|input| input.raw) {
        let len = raw.len();
        let shown: String = raw.chars().take(200).collect();
        let text = format!(
            "InputValidationError: {tool} was called with input that could not be parsed as JSON.\nYou sent (first {} of {len} bytes): {shown}\n(This note is the stand-in's own.)",
            shown.len()
        );
        return Some(Done::uncalled(
            &text,
            format!("InputValidationError: JSON parse failed ({len} bytes)"),
        ));
    }
    let (needed, others) = parameters(tool)?;
    let mut faults = Vec::new();
    let mut issues = Vec::new();
    for name in needed {
        if input.get(*name).is_none() {
            faults.push(format!("The required parameter `{name}` is missing"));
            issues.push(missing(name, profile.behaviour.fourth_checker));
        }
    }
    let extra: Vec<&String> = input
        .as_object()
        .into_iter()
        .flat_map(|map| map.keys())
        .filter(|key| !needed.contains(&key.as_str()) && !others.contains(&key.as_str()))
        .collect();
    for name in &extra {
        faults.push(format!("An unexpected parameter `{name}` was provided"));
    }
    for name in needed.iter().chain(others) {
        let Some((expected, value)) = expected(name).zip(input.get(*name)) else {
            continue;
        };
        let received = type_of(value);
        if received != expected {
            faults.push(format!("The parameter `{name}` type is expected as `{expected}` but provided as `{received}`"));
            issues.push(mistyped(
                name,
                expected,
                received,
                profile.behaviour.fourth_checker,
            ));
        }
    }
    if !extra.is_empty() {
        issues.push(unrecognized(&extra, profile.behaviour.fourth_checker));
    }
    if faults.is_empty() {
        return None;
    }
    let plural = if faults.len() > 1 { "issues" } else { "issue" };
    let text = format!(
        "InputValidationError: {tool} failed due to the following {plural}:\n{}",
        faults.join("\n")
    );
    let structured = format!(
        "InputValidationError: {}",
        crate::json::pretty(&issues.into())
    );
    Some(Done::uncalled(&text, structured))
}

/// The two generations of the CLI's checker word their issues differently.
fn missing(name: &str, fourth: bool) -> Value {
    match fourth {
        true => json!({
            "expected": "string", "code": "invalid_type", "path": [name],
            "message": "Invalid input: expected string, received undefined",
        }),
        false => json!({
            "code": "invalid_type", "expected": "string", "received": "undefined", "path": [name], "message": "Required",
        }),
    }
}

fn mistyped(name: &str, expected: &str, received: &str, fourth: bool) -> Value {
    match fourth {
        true => json!({
            "expected": expected, "code": "invalid_type", "path": [name],
            "message": format!("Invalid input: expected {expected}, received {received}"),
        }),
        false => json!({
            "code": "invalid_type", "expected": expected, "received": received, "path": [name],
            "message": format!("Expected {expected}, received {received}"),
        }),
    }
}

fn unrecognized(keys: &[&String], fourth: bool) -> Value {
    let listed: Vec<String> = keys.iter().map(|k| format!("'{k}'")).collect();
    let quoted: Vec<String> = keys.iter().map(|k| format!("\"{k}\"")).collect();
    match fourth {
        true => json!({
            "code": "unrecognized_keys", "keys": keys, "path": [],
            "message": format!("Unrecognized key{}: {}", if keys.len() > 1 { "s" } else { "" }, quoted.join(", ")),
        }),
        false => json!({
            "code": "unrecognized_keys", "keys": keys, "path": [],
            "message": format!("Unrecognized key(s) in object: {}", listed.join(", ")),
        }),
    }
}
