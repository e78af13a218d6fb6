//! The wire, typed: everything that a CLI, its client and the Messages API write to each other.
//!
//! - [`stream`]: the lines of stream-json, in both directions
//! - [`control`]: control requests and their answers
//! - [`api`]: the Messages API
//! - [`transcript`]: the lines of a transcript
//! - [`hooks`], [`rules`], [`mcp`], [`tools`]: what stands inside of those, and beside them
//! - [`decode`]: bytes to lines and events
//!
//! A message is read without loss and written back as it came; [`wire`] says how, and why so.
//!
//! ```
//! use mock_claude::protocol::stream::Message;
//!
//! let line = r#"{"is_error":false,"future":1,"type":"result","subtype":"success","total_cost_usd":0}"#;
//! let message = Message::parse(line).unwrap();
//! let Message::Result(result) = &message else { panic!("a result") };
//! assert_eq!(result.is_error, Some(false));
//! assert_eq!(serde_json::to_string(&message).unwrap(), line);
//! ```

pub mod api;
pub mod control;
pub mod decode;
pub mod hooks;
pub mod mcp;
pub mod notebook;
mod plain;
pub mod rules;
pub mod stream;
#[cfg(test)]
mod tests;
pub mod tools;
pub mod transcript;
pub mod wire;

pub use plain::{Named, TextOr};
