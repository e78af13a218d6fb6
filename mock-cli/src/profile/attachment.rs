//! What a version tells the model beside its prompts, as its transcripts keep it.

use super::by_name::by_name;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A line of type `attachment`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attachment {
    /// The template of what is attached, with its `type`.
    pub(crate) body: Value,
    /// When it is written.
    #[serde(default)]
    pub(crate) on: On,
    /// Only where the model has this tool, or one of these.
    #[serde(default)]
    pub(crate) tools: Vec<String>,
    /// Only in these permission modes; empty: in all.
    #[serde(default)]
    pub(crate) modes: Vec<String>,
    /// At which place it is told again after a summary; 0: with the next prompt.
    #[serde(default)]
    pub(crate) compacted: u8,
    /// As whom the model is told of it; None: it is not told.
    #[serde(default)]
    pub(crate) role: Option<String>,
    /// What stands beside these keys.
    #[serde(default)]
    pub(crate) beside: Map<String, Value>,
}

by_name! {
    /// When an attachment is written.
    #[derive(Default)]
    pub(crate) enum On {
        /// With a prompt, where it says another thing than before.
        #[default]
        Prompt,
        /// The same, but also with a prompt that only looks like a command.
        EveryPrompt,
        /// With a prompt that names no command that there is.
        UnknownCommand,
        /// With a prompt that is a command of the user's own.
        OwnCommand,
        /// With what hooks say of a prompt.
        Hooks,
        /// Before each request, where there is a budget.
        Budget,
        /// Before each request, where the model is told what tokens are left.
        TokenCount,
        /// After the first answer that came to its end.
        Answer,
        /// When it happens.
        Event,
    }
}
