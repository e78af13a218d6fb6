//! How settings configure hooks.

use crate::protocol::wire::{Nullable, Object, Wire, wire};
use serde_json::Number;

wire! {
    /// Hooks of an event, and for which of its subjects they run.
    pub struct Matcher {
        /// A regular expression; absent, empty and `*` stand for all.
        matcher: Nullable<String>,
        /// The hooks.
        hooks: Option<Vec<Command>>,
    }

    /// A hook.
    pub struct Command {
        /// `command`, `prompt`, `agent` or `http`.
        kind as "type": Option<String>,
        /// What the shell runs.
        command: Option<String>,
        /// What a model is asked.
        prompt: Option<String>,
        /// Where it is posted.
        url: Option<String>,
        /// How long it may take, in seconds.
        timeout: Option<Number>,
        /// It goes on in the background.
        is_async as "async": Option<bool>,
        /// It runs only once.
        once: Option<bool>,
        /// What is shown meanwhile.
        status_message as "statusMessage": Option<String>,
        /// The shell.
        shell: Option<String>,
    }
}

/// The hooks of an event in the settings' `hooks`; entries of another form are passed over, as the CLI passes over them.
#[must_use]
pub fn configured(hooks: &Object, event: &str) -> Vec<Matcher> {
    let entries = hooks.get(event).and_then(|list| list.as_array());
    let entries = entries.into_iter().flatten().cloned();
    entries
        .filter_map(|entry| Matcher::read(entry).ok())
        .collect()
}
