//! Messages that the CLI itself puts into the conversation.

use super::Engine;
use crate::process::Quit;
use serde_json::{Value, json};

/// A message that the CLI puts into the conversation itself.
#[derive(Debug, Clone, Copy)]
pub(super) enum Injected<'a> {
    /// It reminds the model of something.
    Reminder,
    /// It is part of the turn.
    Companion,
    /// The same, after this message was refused.
    AfterRefusal(&'a str),
    /// The same, in place of these lines.
    Retraction(&'a [String]),
}

impl Engine {
    /// Puts a message into the conversation.
    pub(super) fn inject(&mut self, text: &str, kind: Injected<'_>) -> Result<(), Quit> {
        let block = json!({"type": "text", "text": text});
        self.inject_block(block, text.into(), kind)
    }

    /// The same for any block, and for what the transcript keeps of it.
    pub(super) fn inject_block(
        &mut self,
        block: Value,
        kept: Value,
        kind: Injected<'_>,
    ) -> Result<(), Quit> {
        let message = json!({"role": "user", "content": [block]});
        let (refused, retracted) = match kind {
            Injected::AfterRefusal(id) => (Some(id), None),
            Injected::Retraction(lines) => {
                (None, Some(lines.to_vec()).filter(|lines| !lines.is_empty()))
            }
            Injected::Reminder | Injected::Companion => (None, None),
        };
        let vars = self
            .vars()
            .with("message", message)
            .maybe("retracted", retracted)
            .maybe("refused_message_id", refused);
        self.conversation.lines += 1;
        self.emit("injected", &vars)?;
        let uuid = vars.get("uuid").and_then(Value::as_str).map(str::to_owned);
        let companion = !matches!(kind, Injected::Reminder);
        let vars = vars
            .with("message", json!({"role": "user", "content": kept}))
            .with("is_meta", true)
            .maybe("companion", companion.then_some(true));
        self.keep("injected", uuid.as_deref(), &vars);
        self.save();
        Ok(())
    }
}
