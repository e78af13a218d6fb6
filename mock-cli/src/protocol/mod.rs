//! The wire, typed: everything that a CLI, its client and the Messages API write to each other.
//!
//! [`decode`] cuts bytes into lines and server-sent events.

pub mod decode;
