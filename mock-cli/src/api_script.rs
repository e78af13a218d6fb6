//! Turns of the model as recordings give them: what a fake Messages API would answer, request by request.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The answer to one request. Times are in seconds, on the script's clock.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiTurn {
    /// The content blocks. A tool block without an `id` gets the next one (`toolu_fake0001`, …); `raw` replaces the
    /// text of its input, `chunk` the characters per delta of a text block.
    #[serde(default)]
    pub content: Vec<Value>,
    /// Why the model stopped; None: `tool_use` where there is a tool block, else `end_turn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// What it cost, with the API's names; None: a small prompt with a warm cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Value>,
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

impl ApiTurn {
    /// What an API says that has nothing left to say.
    #[must_use]
    pub fn exhausted() -> Self {
        ApiTurn::saying("SCRIPT EXHAUSTED")
    }

    /// A turn of one text.
    #[must_use]
    pub fn saying(text: &str) -> Self {
        ApiTurn {
            content: vec![serde_json::json!({"type": "text", "text": text})],
            ..ApiTurn::default()
        }
    }
}
