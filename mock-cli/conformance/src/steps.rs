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
        /// Whether it came.
        came: bool,
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
                came: step["came"] != false,
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

/// States of each wait whether it was answered before the recorded client went on: each looks on from where the one
/// before it ended. `stdout` and `stdin` are entries as the recorder wrote them, with their times where they have any.
pub fn mark_waits(steps: &mut [Step], stdout: &[Value], stdin: &[Value]) {
    let acts = acts(steps, stdin);
    let mut cursor = 0;
    for (n, step) in steps.iter_mut().enumerate() {
        let Step::Wait { what, came, .. } = step else {
            continue;
        };
        let next = acts[n + 1..].iter().flatten().next();
        let found = stdout[cursor..].iter().position(|entry| {
            let line = entry.get("line").unwrap_or(entry);
            let late = next.is_some_and(|next| entry["t_ms"].as_f64().is_some_and(|t| t > *next));
            is(line, what) && !late
        });
        *came &= found.is_some();
        cursor += found.map_or(0, |at| at + 1);
    }
}

/// When the client took each step, where the recording says so.
fn acts(steps: &[Step], stdin: &[Value]) -> Vec<Option<f64>> {
    let mut left = stdin.iter();
    let mut time_of = |wanted: &dyn Fn(&Value) -> bool| {
        let found = left.clone().position(wanted)?;
        left.nth(found)?["t_ms"].as_f64()
    };
    let times = steps.iter().map(|step| match step {
        Step::Send(frame) => time_of(&|entry| entry.get("line") == Some(frame)),
        Step::Eof => time_of(&|entry| entry.get("eof").is_some()),
        _ => None,
    });
    times.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn came(steps: &[Step]) -> Vec<bool> {
        let waits = steps.iter().filter_map(|step| match step {
            Step::Wait { came, .. } => Some(*came),
            _ => None,
        });
        waits.collect()
    }

    #[test]
    fn a_wait_for_what_never_came_is_known_before() {
        let steps = [
            json!({"wait": "result"}),
            json!({"eof": true}),
            json!({"wait": "result"}),
            json!({"wait": "type user"}),
        ];
        let mut steps = read_steps(&steps).unwrap();
        let stdout = [json!({"type": "user"}), json!({"type": "result"})];
        mark_waits(&mut steps, &stdout, &[]);
        assert_eq!(came(&steps), [true, false, false]);
    }

    #[test]
    fn what_came_only_after_the_client_went_on_did_not_come() {
        let steps = [json!({"wait": "result"}), json!({"eof": true})];
        let mut steps = read_steps(&steps).unwrap();
        let stdout = [json!({"t_ms": 20, "line": {"type": "result"}})];
        mark_waits(&mut steps, &stdout, &[json!({"t_ms": 30, "eof": true})]);
        assert_eq!(came(&steps), [true]);
        mark_waits(&mut steps, &stdout, &[json!({"t_ms": 10, "eof": true})]);
        assert_eq!(came(&steps), [false]);
    }
}
