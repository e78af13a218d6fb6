//! What stands in lines of a transcript that differ from one another.

use serde_json::Value;

/// One block of the model's message, as it is kept.
#[derive(Debug)]
pub(crate) struct BlockEntry<'a> {
    pub(crate) uuid: &'a str,
    pub(crate) message_id: &'a str,
    pub(crate) request_id: &'a str,
    pub(crate) request_ref: &'a str,
    pub(crate) model: &'a str,
    pub(crate) index: usize,
    pub(crate) content: Value,
    pub(crate) stop_reason: Value,
    pub(crate) stop_sequence: Option<String>,
    pub(crate) usage: Value,
    pub(crate) aborted: bool,
    /// Whether the answer was streamed to its end.
    pub(crate) details: bool,
    /// The effort that was asked for, with models that know of it.
    pub(crate) effort: Option<&'a str>,
    /// The same, where it can be set by turn.
    pub(crate) per_turn_effort: Option<&'a str>,
    /// The MCP server and the tool whose result it answers.
    pub(crate) served: Option<(&'a str, &'a str)>,
    /// The request of the classifier, in modes that have one.
    pub(crate) classifier: Option<&'a str>,
    /// The command of the user's own that is carried out.
    pub(crate) skill: Option<&'a str>,
}

/// Where a prompt comes from; `given` where the client gave it its id.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PromptKind {
    /// The model is asked.
    Asked { given: bool },
    /// It only becomes part of the conversation.
    Noted { given: bool },
    /// The CLI itself tells the model of something that came from there.
    Told(Value),
}
