//! Turns of the model as recordings give them: what a fake Messages API would answer, request by request.

use crate::protocol::api::{Block, Usage};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// The answer to one request. Times are in seconds, on the script's clock.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiTurn {
    /// The content blocks. A tool block without an `id` gets the next one (`toolu_fake0001`, …).
    #[serde(default)]
    pub content: Vec<ApiBlock>,
    /// Why the model stopped; None: `tool_use` where there is a tool block, else `end_turn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// What it cost, with the API's names; None: a small prompt with a warm cache.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "usage"
    )]
    pub usage: Option<Usage>,
    /// An HTTP error instead of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ApiError>,
    /// A wait before the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<f64>,
    /// A wait after each event of the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<f64>,
    /// Characters per delta of text; None: two halves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk: Option<usize>,
    /// The sequence that the model stopped at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_sequence: Option<String>,
    /// More keys for the last delta.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub delta_extra: Map<String, Value>,
    /// After so many events the connection is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disconnect_after: Option<usize>,
    /// An error event instead of the end of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sse_error: Option<Value>,
    /// The index of a block after which the stream stalls for `stall`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stall_after_block: Option<usize>,
    /// How long it stalls there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stall: Option<f64>,
    /// No answer for so long; then the connection ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hang: Option<f64>,
    /// The connection is reset before an answer, where this is true or a number but 0; `"refused"`: there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop: Option<Value>,
    /// Headers of the answer.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub headers: Map<String, Value>,
    /// Whether a `ping` event follows the first one, which counts for `disconnect_after`; None: it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ping: Option<bool>,
    /// The model that the answer names; None: the one that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// An HTTP error of the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The body: usually `{"type":"error","error":{"type":…,"message":…}}`, or a text that is no JSON.
    #[serde(default)]
    pub body: Value,
    /// Headers, such as `retry-after` (seconds) and `x-should-retry`.
    #[serde(default)]
    pub headers: Map<String, Value>,
}

/// A content block, and how it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct ApiBlock {
    /// The block.
    pub block: Block,
    /// Characters per delta of a text block, before that of the turn.
    pub chunk: Option<usize>,
    /// The text of a tool's input, in place of its `input`.
    pub raw: Option<String>,
}

impl From<Block> for ApiBlock {
    fn from(block: Block) -> Self {
        ApiBlock {
            block,
            chunk: None,
            raw: None,
        }
    }
}

impl TryFrom<Map<String, Value>> for ApiBlock {
    type Error = String;

    fn try_from(mut map: Map<String, Value>) -> Result<Self, String> {
        if !map.get("type").is_some_and(Value::is_string) {
            return Err("a content block needs a `type`, such as \"text\"".to_owned());
        }
        let mut take = |key| map.shift_remove(key).filter(|value| !value.is_null());
        let chunk = take("chunk").map(|chunk| {
            let count = chunk.as_u64().and_then(|count| usize::try_from(count).ok());
            count.ok_or_else(|| format!("`chunk` is a number of characters, not {chunk}"))
        });
        let raw = take("raw").map(|raw| match raw {
            Value::String(text) => Ok(text),
            other => Err(format!("`raw` is the text of an input, not {other}")),
        });
        Ok(ApiBlock {
            chunk: chunk.transpose()?,
            raw: raw.transpose()?,
            block: Block::of(map),
        })
    }
}

impl From<ApiBlock> for Map<String, Value> {
    fn from(scripted: ApiBlock) -> Self {
        let mut map = scripted.block.object();
        map.extend(
            scripted
                .chunk
                .map(|chunk| ("chunk".to_owned(), chunk.into())),
        );
        map.extend(scripted.raw.map(|raw| ("raw".to_owned(), raw.into())));
        map
    }
}

/// The API's own type keeps what does not fit it; a script with a word for a number is wrong.
fn usage<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Usage>, D::Error> {
    let Some(map) = Option::<Map<String, Value>>::deserialize(from)? else {
        return Ok(None);
    };
    for key in [
        "input_tokens",
        "output_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
    ] {
        if let Some(value) = map.get(key).filter(|v| !v.is_null() && !v.is_u64()) {
            return Err(D::Error::custom(format!(
                "`{key}` is a number of tokens, not {value}"
            )));
        }
    }
    Ok(Some(Usage::of(map)))
}

impl ApiTurn {
    /// A turn of one text.
    #[must_use]
    pub fn saying(text: &str) -> Self {
        ApiTurn {
            content: vec![Block::text(text).into()],
            ..ApiTurn::default()
        }
    }
}
