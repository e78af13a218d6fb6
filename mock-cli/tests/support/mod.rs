//! What the tests share.

#![allow(dead_code, reason = "each test target uses another part of this")]

pub(crate) mod api;
mod stage;

pub(crate) use stage::*;
