//! What comes of control requests that ask for something.

use crate::protocol::wire::{Object, wire};
use serde_json::{Number, Value};

wire! {
    /// What fills a context, or is left of it.
    pub struct ContextPart {
        /// What it is.
        id: Option<String>,
        /// The same for people.
        name: Option<String>,
        /// How much it is.
        tokens: Option<u64>,
        /// How it is drawn.
        color: Option<String>,
        /// `used`, `buffer` or `free`.
        kind: Option<String>,
        /// Where it comes from.
        source: Option<String>,
    }

    /// One square of the picture of a context.
    pub struct Square {
        /// How it is drawn.
        color: Option<String>,
        /// Whether it is drawn at all.
        filled as "isFilled": Option<bool>,
        /// The part that it belongs to.
        category as "categoryName": Option<String>,
        /// How much that part is.
        tokens: Option<u64>,
        /// How much that is of the whole.
        percentage: Option<u64>,
        /// How much of the square is filled.
        fullness as "squareFullness": Option<Number>,
    }

    /// A hook, as `get_hooks_listing` shows it.
    pub struct ListedHook {
        /// When it runs.
        event: Option<String>,
        /// For which of the event's subjects.
        matcher: Option<Value>,
        /// The settings that it comes from.
        source: Option<String>,
        /// `command`, for example.
        kind as "type": Option<Value>,
        /// What is shown of it.
        display_text as "displayText": Option<Value>,
        /// What runs.
        command_text as "commandText": Option<Value>,
        /// What that is.
        content_label as "contentLabel": Option<String>,
        /// How it is configured.
        editable: Option<Object>,
    }

    /// An event, as `get_hooks_listing` shows it.
    pub struct ListedEvent {
        /// The event.
        name: Option<String>,
        /// How many hooks it has.
        hook_count as "hookCount": Option<u64>,
    }

    /// A command or a skill, as `initialize` and `reload_skills` list them.
    pub struct Command {
        /// Its name.
        name: Option<String>,
        /// What it does.
        description: Option<String>,
        /// What stands for its arguments.
        argument_hint as "argumentHint": Option<Value>,
        /// Other names of it.
        aliases: Option<Vec<String>>,
        /// Whether the CLI brings it along.
        builtin: Option<bool>,
    }

    /// A subagent, as `initialize` lists them.
    pub struct AgentInfo {
        /// Its name.
        name: Option<String>,
        /// What it is for.
        description: Option<String>,
        /// Its model, where it has one of its own.
        model: Option<String>,
    }
}
