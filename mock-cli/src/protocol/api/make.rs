//! Making events and blocks, for whoever plays the API.

use super::{
    Block, BlockDelta, BlockStart, BlockStop, CitationDelta, Delta, Ending, ErrorBody, Event,
    InputDelta, Message, MessageDelta, MessageStart, SignatureDelta, Text, TextDelta, Thinking,
    ThinkingDelta, ToolUse, Usage,
};
use crate::protocol::TextOr;
use crate::protocol::wire::{Nullable, Object};
use serde_json::Value;

impl Message {
    /// A message of the user.
    #[must_use]
    pub fn user(text: &str) -> Message {
        Message {
            role: Some("user".to_owned()),
            content: Some(TextOr::Text(text.to_owned())),
            ..Message::default()
        }
    }
}

impl Event {
    /// The start of an answer.
    #[must_use]
    pub fn message_start(message: Message) -> Event {
        let message = Some(message);
        Event::MessageStart(Box::new(MessageStart {
            message,
            ..MessageStart::default()
        }))
    }

    /// The start of a block.
    #[must_use]
    pub fn block_start(index: u64, block: Block) -> Event {
        Event::BlockStart(Box::new(BlockStart {
            index: Some(index),
            content_block: Some(block),
            ..BlockStart::default()
        }))
    }

    /// More of a block.
    #[must_use]
    pub fn block_delta(index: u64, delta: Delta) -> Event {
        Event::BlockDelta(Box::new(BlockDelta {
            index: Some(index),
            delta: Some(delta),
            ..BlockDelta::default()
        }))
    }

    /// The end of a block.
    #[must_use]
    pub fn block_stop(index: u64) -> Event {
        Event::BlockStop(Box::new(BlockStop {
            index: Some(index),
            ..BlockStop::default()
        }))
    }

    /// What is known of a message at its end.
    #[must_use]
    pub fn message_delta(delta: Ending, usage: Usage) -> Event {
        Event::MessageDelta(Box::new(MessageDelta {
            delta: Some(delta),
            usage: Some(usage),
            ..MessageDelta::default()
        }))
    }

    /// The end of an answer.
    #[must_use]
    pub fn message_stop() -> Event {
        Event::MessageStop(Box::default())
    }

    /// A sign of life.
    #[must_use]
    pub fn ping() -> Event {
        Event::Ping(Box::default())
    }

    /// An answer breaks off; the error may be any JSON.
    #[must_use]
    pub fn error(error: Value) -> Event {
        let body = [
            ("type".to_owned(), "error".into()),
            ("error".to_owned(), error),
        ];
        Event::Error(Box::new(ErrorBody::of(body.into_iter().collect())))
    }
}

impl Delta {
    /// More text.
    #[must_use]
    pub fn text(text: &str) -> Delta {
        Delta::Text(Box::new(TextDelta {
            text: Some(text.to_owned()),
            ..TextDelta::default()
        }))
    }

    /// More thinking.
    #[must_use]
    pub fn thinking(text: &str) -> Delta {
        let thinking = Some(text.to_owned());
        Delta::Thinking(Box::new(ThinkingDelta {
            thinking,
            ..ThinkingDelta::default()
        }))
    }

    /// More of a signature.
    #[must_use]
    pub fn signature(text: &str) -> Delta {
        let signature = Some(text.to_owned());
        Delta::Signature(Box::new(SignatureDelta {
            signature,
            ..SignatureDelta::default()
        }))
    }

    /// A source of the text.
    #[must_use]
    pub fn citation(citation: Object) -> Delta {
        Delta::Citation(Box::new(CitationDelta {
            citation: Some(citation),
            ..CitationDelta::default()
        }))
    }

    /// More of a tool's input.
    #[must_use]
    pub fn input(json: &str) -> Delta {
        let partial_json = Some(json.to_owned());
        Delta::Input(Box::new(InputDelta {
            partial_json,
            ..InputDelta::default()
        }))
    }
}

impl Block {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Block {
        Block::Text(Box::new(Text {
            text: Some(text.to_owned()),
            ..Text::default()
        }))
    }

    /// A thought.
    #[must_use]
    pub fn thinking(text: &str, signature: &str) -> Block {
        Block::Thinking(Box::new(Thinking {
            thinking: Some(text.to_owned()),
            signature: Some(signature.to_owned()),
            ..Thinking::default()
        }))
    }

    /// A call of a tool.
    #[must_use]
    pub fn tool_use(id: &str, name: &str, input: Value) -> Block {
        Block::ToolUse(Box::new(ToolUse {
            id: Nullable::Of(id.to_owned()),
            name: Some(name.to_owned()),
            input: Some(input),
            ..ToolUse::default()
        }))
    }
}
