//! Decoders that are fed bytes as they come and give whole frames: [`Lines`] for newline-delimited JSON, [`Events`]
//! for server-sent events.
//!
//! Neither reads nor waits: whoever owns the pipe or the socket feeds what it has read, so that threads, `async` code
//! and tests use the same decoder.
//!
//! ```
//! use mock_claude::protocol::decode::{Events, Lines};
//!
//! let mut lines = Lines::new();
//! lines.feed(b"{\"a\":1}\r\n{\"b\"");
//! assert_eq!(lines.next().unwrap().text().unwrap(), "{\"a\":1}");
//! assert!(lines.next().is_none());
//! lines.feed(b":2}");
//! assert_eq!(lines.finish().unwrap().text().unwrap(), "{\"b\":2}");
//!
//! let mut events = Events::new();
//! events.feed(b"event: ping\ndata: {}\n\n");
//! assert_eq!(events.next().unwrap().data, "{}");
//! ```

mod events;
mod lines;
#[cfg(test)]
mod tests;

pub use events::{Event, Events};
pub use lines::{Line, Lines, lines, read_lines};
