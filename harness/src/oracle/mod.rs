//! The conformance room: the [comparison](mock_claude_conformance) with the real CLI, and what that is run before, the
//! fake Messages API of [`api`].

pub mod api;
pub mod real;

pub use mock_claude_conformance::*;
