//! The CLI's `cli.js` face, and how a runtime without a real Node becomes what is behind it.

use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

// PLACEHOLDER until mock_claude exports its own.
pub(crate) const CLI_JS: &str = r#"#!/usr/bin/env node
// claude-harness: stand-in cli.js
;(async () => {
  const { spawn } = await import('node:child_process')
  const { dirname, join } = await import('node:path')
  const { realpathSync } = await import('node:fs')
  const child = spawn(join(dirname(realpathSync(process.argv[1])), 'vendor', 'claude'), process.argv.slice(2), { stdio: 'inherit' })
  child.on('exit', (code, signal) => signal ? process.kill(process.pid, signal) : process.exit(code))
})()
"#;
const MARKER: &str = "claude-harness: stand-in cli.js";

/// Whether a file is the `cli.js` that we wrote: only that one may be run without Node.
pub(crate) fn is_our_cli_js(path: &Path) -> bool {
    let mut head = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(1024).read_to_end(&mut head))
        .is_ok_and(|_| String::from_utf8_lossy(&head).contains(MARKER))
}

/// The native stand-in behind a `cli.js`: found from its resolved path, as Node resolves the main module.
pub(crate) fn native_behind(cli_js: &Path) -> PathBuf {
    let real = cli_js.canonicalize().unwrap_or_else(|_| cli_js.to_owned());
    real.parent()
        .unwrap_or(Path::new("/"))
        .join("vendor/claude")
}

/// Becomes the stand-in behind `cli_js`, in this very process; returns only if that fails. The ledger then
/// shows the call as one that came through `cli.js`, with this process as the one that clients see.
pub(crate) fn become_cli(cli_js: &Path, args: &[OsString]) -> std::io::Error {
    Command::new(native_behind(cli_js))
        .args(args)
        .env("MOCK_CLAUDE_FACE", cli_js)
        .env("MOCK_CLAUDE_SHOWN_PID", std::process::id().to_string())
        .exec()
}

/// What a runtime was asked to run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked<'a> {
    /// To say its version.
    Version,
    /// A script with its arguments.
    Script(&'a OsStr, &'a [OsString]),
    /// Something else: code on the command line, a session at a terminal.
    Other,
}

/// Reads Node's own options; the arguments come without the runtime's name.
pub(crate) fn asked(args: &[OsString]) -> Asked<'_> {
    // Those that take a value as an argument of its own.
    const WITH_VALUE: &[&str] = &[
        "-r",
        "--require",
        "--import",
        "--loader",
        "--experimental-loader",
        "-C",
        "--conditions",
        "--env-file",
        "--title",
    ];
    let mut rest = args;
    while let Some((first, after)) = rest.split_first() {
        let text = first.to_string_lossy();
        match &*text {
            "-v" | "--version" => return Asked::Version,
            "-e" | "--eval" | "-p" | "--print" | "-pe" | "-i" | "--interactive" | "-" => {
                return Asked::Other;
            }
            "--" => {
                rest = after;
                break;
            }
            option if WITH_VALUE.contains(&option) => rest = after.get(1..).unwrap_or_default(),
            option if option.starts_with('-') => rest = after,
            _ => break,
        }
    }
    match rest.split_first() {
        Some((script, args)) => Asked::Script(script, args),
        None => Asked::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_s_own_options_come_before_the_script() {
        let args = |words: &str| words.split(' ').map(OsString::from).collect::<Vec<_>>();
        let all = args("--no-warnings --import x.mjs cli.js -p --version");
        assert_eq!(
            asked(&all),
            Asked::Script(OsStr::new("cli.js"), &args("-p --version"))
        );
        assert_eq!(asked(&args("--version cli.js")), Asked::Version);
        assert_eq!(asked(&args("-e cli.js")), Asked::Other);
        assert_eq!(asked(&args("--require")), Asked::Other);
    }
}
