//! What a client did, step by step.

use serde_json::Value;

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A frame, written as one line.
    Send(Value),
    /// Bytes as they are.
    Raw(String),
    /// Wait for a line of stdout.
    Wait {
        /// Which: `result`, `init`, `type assistant`, `control_response init-1`, or a predicate's text.
        what: String,
        /// How long the recorder waited, in seconds.
        max: f64,
    },
    /// A pause in seconds.
    Sleep(f64),
    /// A signal, by its name.
    Signal(String),
    /// Close stdin.
    Eof,
    /// Wait for the end of the process.
    WaitExit,
    /// Wait until the model was asked so often.
    WaitAsked(usize),
}

/// Reads the steps of a recording; what only looked at the process table is left out.
///
/// # Errors
/// A text that names a step that is not known.
pub fn read_steps(steps: &[Value]) -> Result<Vec<Step>, String> {
    let mut read = Vec::new();
    for step in steps {
        read.push(if let Some(frame) = step.get("send") {
            Step::Send(frame.clone())
        } else if let Some(text) = step["raw"].as_str() {
            Step::Raw(text.to_owned())
        } else if let Some(what) = step["wait"].as_str() {
            Step::Wait {
                what: what.to_owned(),
                max: step["max_s"].as_f64().unwrap_or(15.0),
            }
        } else if let Some(seconds) = step["sleep_s"].as_f64() {
            Step::Sleep(seconds)
        } else if let Some(name) = step["signal"].as_str() {
            Step::Signal(name.to_owned())
        } else if step.get("eof").is_some() {
            Step::Eof
        } else if step.get("waitexit").is_some() {
            Step::WaitExit
        } else if let Some(count) = step["wait_api_requests"].as_u64() {
            Step::WaitAsked(count as usize)
        } else if step.get("procs").is_some() {
            continue;
        } else {
            return Err(format!("a step that is not known: {step}"));
        });
    }
    Ok(read)
}

/// Whether a line is what a step waits for.
#[must_use]
pub fn is(line: &Value, what: &str) -> bool {
    if what.contains("content_block_delta") {
        return line["type"] == "stream_event" && line["event"]["type"] == "content_block_delta";
    }
    match what.split_once(' ') {
        Some(("type", kind)) => line["type"] == kind,
        Some((kind, id)) => line["type"] == kind && line["response"]["request_id"] == id,
        None if what == "init" => line["type"] == "system" && line["subtype"] == "init",
        None => line["type"] == what,
    }
}

/// Which waits of these steps were answered in the recorded output: each looks on from where the one before it ended.
#[must_use]
pub fn answered(steps: &[Step], stdout: &[Value]) -> Vec<bool> {
    let mut cursor = 0;
    let waits = steps.iter().filter_map(|step| match step {
        Step::Wait { what, .. } => Some(what),
        _ => None,
    });
    waits
        .map(
            |what| match stdout[cursor..].iter().position(|line| is(line, what)) {
                Some(at) => {
                    cursor += at + 1;
                    true
                }
                None => false,
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_wait_for_what_never_came_is_known_before() {
        let wait = |what: &str| Step::Wait {
            what: what.into(),
            max: 1.0,
        };
        let steps = [wait("result"), Step::Eof, wait("result"), wait("type user")];
        let stdout = [json!({"type": "user"}), json!({"type": "result"})];
        assert_eq!(answered(&steps, &stdout), [true, false, false]);
    }
}
