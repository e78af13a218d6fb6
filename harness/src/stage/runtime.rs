//! The stand-in for Node where there is none: it runs the CLI's own `cli.js`, as written by us, and nothing else.

use super::command_line::{Asked, asked};
use mock_claude::Invocation;
use mock_claude::cli_js::{is_our_cli_js, native_behind};
use std::ffi::OsString;
use std::path::Path;

/// What the stand-in says to `--version`: a pre-release, so that nobody takes it for a real one.
const VERSION: &str = "v20.20.2-stand-in";

/// Acts as `node`; `argv` begins with the name under which it was started. Gives the exit code.
pub fn main(argv: &[OsString]) -> i32 {
    run(argv.get(1..).unwrap_or_default())
}

/// Runs our `cli.js` in this process; anything else is refused with a text on stderr.
pub(crate) fn run(args: &[OsString]) -> i32 {
    match asked(args) {
        Asked::Version => {
            println!("{VERSION}");
            0
        }
        Asked::Script(script, args) => script_only(Path::new(script), args),
        Asked::Other => {
            eprintln!("claude-harness: there is no real Node here; its stand-in only runs the CLI");
            1
        }
    }
}

fn script_only(script: &Path, args: &[OsString]) -> i32 {
    let absolute = std::path::absolute(script).unwrap_or_else(|_| script.to_owned());
    if !absolute.exists() {
        // Node's own words; clients look for them.
        eprintln!("Error: Cannot find module '{}'", absolute.display());
        return 1;
    }
    if !is_our_cli_js(&absolute) {
        eprintln!(
            "claude-harness: there is no real Node here; its stand-in only runs the CLI, not {}",
            absolute.display()
        );
        return 1;
    }
    let native = native_behind(&absolute);
    if !native.exists() {
        // As the script itself says it.
        let native = native.display();
        eprintln!("mock-claude: failed to start {native}: spawn {native} ENOENT");
        return 70;
    }
    // The stand-in runs in this very process, as the real CLI's script does in Node's.
    match Invocation::through_cli_js(&absolute, args.to_vec()) {
        Ok(invocation) => mock_claude::run(&invocation),
        Err(error) => {
            eprintln!("claude-harness: {}: {error}", absolute.display());
            1
        }
    }
}
