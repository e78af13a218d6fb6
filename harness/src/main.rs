//! The `claude-harness` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    claude_harness::roles::dispatch().unwrap_or_else(claude_harness::cli::main)
}
