//! The model's turns, as people write them: `api_script`.

use super::turns::{ApiBlock, ApiError, ApiTurn};
use crate::protocol::api::{Block, StopReason, Usage};
use crate::protocol::wire::Fields;
use crate::source::{InputError, Map, Node};
use serde_json::{Map as Object, Value};

/// The keys of a turn, and what each says.
pub(crate) const TURN: &[(&str, &str)] = &[
    ("content", "the blocks of the answer"),
    (
        "stop_reason",
        "why the model stopped; else `tool_use` where there is a tool block, or `end_turn`",
    ),
    (
        "usage",
        "what it cost, with the API's names: `{ input_tokens: 10, output_tokens: 5 }`",
    ),
    (
        "error",
        "an HTTP error in place of an answer: `{ status: 529, body: {...}, headers: { retry-after: \"1\" } }`",
    ),
    ("delay", "a wait before the answer"),
    ("gap", "a wait after each event of the stream"),
    ("chunk", "characters in each delta of text; else two halves"),
    ("stop_sequence", "the sequence that the model stopped at"),
    ("delta_extra", "more keys for the last delta"),
    (
        "disconnect_after",
        "after so many events the connection is cut",
    ),
    (
        "sse_error",
        "an error event in place of the end of the message",
    ),
    (
        "stall_after_block",
        "the number of the block after which the stream stalls, from 0",
    ),
    ("stall", "how long it stalls there"),
    ("hang", "no answer for so long; then the connection ends"),
    (
        "drop",
        "the connection is reset before an answer (`true`), or refused (`refused`)",
    ),
    ("headers", "headers of the answer"),
    (
        "ping",
        "whether a `ping` event follows the first one; it does when nothing is said",
    ),
    (
        "model",
        "the model that the answer names; else the one that was asked",
    ),
];

/// The kinds of blocks, with the keys that each may have; the first ones must be there.
pub(crate) const BLOCKS: &[(&str, &[&str], &[&str])] = &[
    ("text", &["text"], &["chunk", "citations", "cache_control"]),
    ("thinking", &["thinking"], &["signature"]),
    ("redacted_thinking", &["data"], &[]),
    ("tool_use", &["name"], &["id", "input", "raw"]),
    ("server_tool_use", &["name"], &["id", "input"]),
    ("web_search_tool_result", &["tool_use_id"], &["content"]),
];

/// Reads `api_script`.
///
/// # Errors
/// Where a turn is wrong, with the place.
pub fn turns(node: Node<'_>) -> Result<Vec<ApiTurn>, InputError> {
    node.list()?.into_iter().map(turn).collect()
}

/// Reads one turn of the model.
///
/// # Errors
/// Where it is wrong, with the place.
pub fn turn(node: Node<'_>) -> Result<ApiTurn, InputError> {
    const SHAPE: &str =
        "a turn is `{ content: [{ type: text, text: Hi }] }`, or has an `error`, `hang` or `drop`";
    let known: Vec<&str> = TURN.iter().map(|(key, _)| *key).collect();
    let map = match node.entries() {
        Ok(_) => node.map("a turn", &known)?,
        Err(_) => return Err(node.expected("a turn of the model").with_help(SHAPE)),
    };
    let content = map.optional("content", content)?;
    let ends = ["error", "hang", "drop"];
    if content.is_none() && !ends.iter().any(|key| map.get(key).is_some()) {
        return Err(node.error("this turn says nothing").with_help(SHAPE));
    }
    Ok(ApiTurn {
        content: content.unwrap_or_default(),
        stop_reason: map.optional("stop_reason", stop_reason)?,
        usage: map.optional("usage", usage)?,
        error: map.optional("error", error)?,
        delay: map.optional("delay", seconds)?,
        gap: map.optional("gap", seconds)?,
        chunk: count(&map, "chunk", 1)?,
        stop_sequence: map.optional("stop_sequence", |node| node.text().map(str::to_owned))?,
        delta_extra: map.optional("delta_extra", object)?.unwrap_or_default(),
        disconnect_after: count(&map, "disconnect_after", 0)?,
        sse_error: map.optional("sse_error", |node| node.json())?,
        stall_after_block: count(&map, "stall_after_block", 0)?,
        stall: map.optional("stall", seconds)?,
        hang: map.optional("hang", seconds)?,
        drop: map.optional("drop", drop)?,
        headers: map.optional("headers", object)?.unwrap_or_default(),
        ping: map.optional("ping", |node| node.boolean())?,
        model: map.optional("model", |node| node.filled().map(str::to_owned))?,
    })
}

fn content(node: Node<'_>) -> Result<Vec<ApiBlock>, InputError> {
    let blocks = node.list().map_err(|error| {
        error.with_help("blocks stand in a list: `content: [{ type: text, text: Hi }]`")
    })?;
    blocks.into_iter().map(block).collect()
}

fn block(node: Node<'_>) -> Result<ApiBlock, InputError> {
    const SHAPE: &str = "a block is `{ type: text, text: Hi }` or `{ type: tool_use, name: Bash, input: { command: ls } }`";
    let Ok(entries) = node.entries() else {
        return Err(node.expected("a content block").with_help(SHAPE));
    };
    let Some((_, _, kind)) = entries.iter().find(|(_, key, _)| *key == "type") else {
        return Err(node.error("a content block has a `type`").with_help(SHAPE));
    };
    let kinds: Vec<(&str, usize)> = BLOCKS
        .iter()
        .enumerate()
        .map(|(at, block)| (block.0, at))
        .collect();
    let (name, required, optional) = BLOCKS[kind.one_of("type of a content block", &kinds)?];
    let known = [&["type"], required, optional].concat();
    let map = node.map(&format!("a block of type `{name}`"), &known)?;
    for key in required {
        let value = map.required(key)?;
        if name == "tool_use" {
            value.filled()?;
        } else {
            value.text()?;
        }
    }
    for key in ["id", "signature", "raw"] {
        map.optional(key, |node| node.text().map(str::to_owned))?;
    }
    if let Some(input) = map.get("input")
        && input.entries().is_err()
    {
        return Err(input.expected("a mapping, as the input of a tool is"));
    }
    let chunk = count(&map, "chunk", 1)?;
    let raw = map.optional("raw", |node| node.text().map(str::to_owned))?;
    let mut said = object(node)?;
    said.shift_remove("chunk");
    said.shift_remove("raw");
    if name == "tool_use" {
        // A tool that needs no input gets an empty one.
        said.entry("input")
            .or_insert_with(|| Value::Object(Object::new()));
    }
    let block = Block::of(said);
    Ok(ApiBlock { block, chunk, raw })
}

fn stop_reason(node: Node<'_>) -> Result<String, InputError> {
    let reasons: Vec<(&str, &str)> = StopReason::ALL
        .iter()
        .map(|reason| (reason.as_str(), reason.as_str()))
        .collect();
    node.one_of("stop reason", &reasons).map(str::to_owned)
}

/// The keys of `usage` that are numbers of tokens.
const TOKENS: [&str; 4] = [
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
];

fn usage(node: Node<'_>) -> Result<Usage, InputError> {
    let map = node.map("`usage`", Usage::default().keys())?;
    for key in TOKENS {
        map.optional(key, |node| {
            node.integer(0..=i64::MAX)
                .map_err(|_| node.expected("a number of tokens"))
        })?;
    }
    Ok(Usage::of(object(node)?))
}

fn error(node: Node<'_>) -> Result<ApiError, InputError> {
    let map = node.map("`error`", &["status", "body", "headers"])?;
    Ok(ApiError {
        status: map.required("status")?.integer(100..=599)? as u16,
        body: map
            .optional("body", |node| node.json())?
            .unwrap_or_default(),
        headers: map.optional("headers", object)?.unwrap_or_default(),
    })
}

fn drop(node: Node<'_>) -> Result<Value, InputError> {
    match node.json()? {
        Value::Bool(drop) => Ok(drop.into()),
        Value::Number(number) => Ok(number.into()),
        Value::String(word) if word == "refused" => Ok(word.into()),
        _ => Err(node.expected("`true` or `refused`")),
    }
}

/// A duration in seconds on the script's clock. A bare number is one of seconds, as recordings have it.
fn seconds(node: Node<'_>) -> Result<f64, InputError> {
    match node.number() {
        Some(number) if (0.0..1e9).contains(&number) => Ok(number),
        Some(_) => Err(node
            .expected("a duration")
            .with_help("write `250ms` or `2s`")),
        None => node.duration().map(|duration| duration.as_secs_f64()),
    }
}

fn count(map: &Map<'_>, key: &str, least: i64) -> Result<Option<usize>, InputError> {
    let count = |node: Node<'_>| node.integer(least..=i64::from(u32::MAX));
    Ok(map.optional(key, count)?.map(|count| count as usize))
}

fn object(node: Node<'_>) -> Result<Object<String, Value>, InputError> {
    match node.json()? {
        Value::Object(map) => Ok(map),
        _ => Err(node.expected("a mapping")),
    }
}
