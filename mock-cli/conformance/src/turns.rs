//! The model's turns of a recording, as an `api_script`.

use super::fit::elided;
use super::ground::Ground;
use super::recording::Recording;
use super::setup::Setup;
use serde_json::{Value, json};

/// The turns: as recorded, as prepared, or as the recorded output shows them.
#[must_use]
pub fn turns(recording: &Recording, setup: &Setup, ground: &Ground) -> Vec<Value> {
    let recorded = recording.raw["api_script"]
        .as_array()
        .filter(|_| !setup.shown);
    let turns = match recorded {
        Some(turns) if turns.iter().any(|t| t == "callable") => by_model(recording),
        Some(turns) => turns.clone(),
        None if !setup.turns.is_empty() => {
            let count = setup.turns.len() * setup.repeat.max(1);
            setup.turns.iter().cycle().take(count).cloned().collect()
        }
        None => shown(recording),
    };
    turns.iter().map(|turn| filled(turn, ground)).collect()
}

/// A turn that says one thing.
#[must_use]
pub fn saying(content: Value) -> Value {
    let tool = content
        .as_array()
        .is_some_and(|blocks| blocks.iter().any(|b| b["type"] == "tool_use"));
    json!({
        "content": content,
        "stop_reason": if tool { "tool_use" } else { "end_turn" },
        "usage": {"input_tokens": 10, "output_tokens": 5,
                  "cache_creation_input_tokens": 100, "cache_read_input_tokens": 1000},
    })
}

/// The recorder's model was overloaded until another model was asked: how often it was asked is recorded.
fn by_model(recording: &Recording) -> Vec<Value> {
    let requests = recording.raw["api_requests"].as_array();
    let asked: Vec<&str> = requests
        .into_iter()
        .flatten()
        .filter(|r| r["kind"] == "main")
        .filter_map(|r| r["model"].as_str())
        .collect();
    let overloaded = json!({"error": {"status": 529, "headers": {}, "body":
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}}});
    let first = asked.first().copied().unwrap_or_default();
    asked
        .iter()
        .map(|model| match *model == first {
            true => overloaded.clone(),
            false => saying(json!([{"type": "text", "text": format!("from fallback {model}")}])),
        })
        .collect()
}

/// The turns that the output shows: the blocks of each message of the model.
fn shown(recording: &Recording) -> Vec<Value> {
    let mut turns: Vec<(Value, Vec<Value>)> = Vec::new();
    for line in &recording.stdout {
        let message = &line["message"];
        if line["type"] != "assistant" || message["model"] == "<synthetic>" {
            continue;
        }
        let blocks = message["content"].as_array().cloned().unwrap_or_default();
        match turns.last_mut().filter(|(id, _)| *id == message["id"]) {
            Some((_, before)) => before.extend(blocks),
            None => turns.push((message["id"].clone(), blocks)),
        }
    }
    turns
        .into_iter()
        .map(|(_, blocks)| saying(blocks.into()))
        .collect()
}

/// A value with what is known filled in, and texts that were kept in part at their full length.
#[must_use]
pub fn filled(value: &Value, ground: &Ground) -> Value {
    match value {
        Value::String(text) => match elided(text) {
            Some((start, count)) => repeated(&ground.fill(start), count).into(),
            // A pause that differed from run to run.
            None => ground.fill(&text.replace("<SLEEP>", "41.77")).into(),
        },
        Value::Array(items) => items.iter().map(|v| filled(v, ground)).collect(),
        Value::Object(map) => {
            let left = map.get("run_in_background") == Some(&Value::Bool(true));
            let value = |key: &str, value: &Value| match value {
                Value::String(text) if left && key == "command" => shortened(text).into(),
                value => filled(value, ground),
            };
            map.iter().map(|(k, v)| (k.clone(), value(k, v))).collect()
        }
        other => other.clone(),
    }
}

/// A command that is left in the background, with its pause shortened: it only has to outlast the turn.
fn shortened(command: &str) -> String {
    let pause = regex_lite::Regex::new(r"time\.sleep\(\d\d\.");
    pause.map_or_else(
        |_| command.to_owned(),
        |pause| pause.replace_all(command, "time.sleep(3.").into_owned(),
    )
}

/// A text of so many characters that goes on as it began: what was cut was long because it repeats itself.
fn repeated(start: &str, count: usize) -> String {
    let known: Vec<char> = start.chars().collect();
    let repeats = |period: &usize| known.iter().zip(&known[*period..]).all(|(a, b)| a == b);
    let period = (1..known.len()).find(repeats).unwrap_or(known.len()).max(1);
    (0..count)
        .map(|n| known.get(n % period).copied().unwrap_or('x'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_was_cut_goes_on_as_it_began() {
        assert_eq!(repeated("abcabca", 10), "abcabcabca");
        assert_eq!(repeated("xx", 4), "xxxx");
    }
}
