//! What a runtime is asked to run, read as Node reads its command line.

use std::ffi::{OsStr, OsString};

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
