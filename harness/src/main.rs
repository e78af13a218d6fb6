//! The `claude-harness` command.

fn main() {}
