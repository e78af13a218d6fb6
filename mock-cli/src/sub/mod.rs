//! Sub-commands that do something without the model: `auth status` and `mcp …` (PROTOCOL 1.6).

mod args;
mod auth;
mod mcp;
mod servers;

use crate::profile::Profile;
use crate::transcript::Home;
use std::path::Path;

/// What a sub-command came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// For stdout, without its last line end.
    pub(crate) stdout: String,
    /// For stderr.
    pub(crate) stderr: String,
    /// The exit code.
    pub(crate) code: i32,
}

impl Outcome {
    fn said(stdout: String) -> Outcome {
        Outcome {
            stdout,
            ..Outcome::default()
        }
    }

    fn refused(text: &str) -> Outcome {
        Outcome {
            stderr: format!("{text}\n"),
            code: 1,
            ..Outcome::default()
        }
    }
}

/// Whether the arguments are a sub-command that may do something here.
pub(crate) fn is_one(args: &[String], profile: &Profile) -> bool {
    let known = |first: &String| profile.commands.contains(first);
    matches!(args, [first, _, ..] if ["auth", "mcp"].contains(&first.as_str()) && known(first))
}

/// Runs the sub-command that the arguments are; None: they are none that does something here.
pub(crate) fn run(
    args: &[String],
    profile: &'static Profile,
    home: &Home,
    cwd: &Path,
) -> Option<Outcome> {
    match args {
        [first, second, rest @ ..] if first == "auth" && second == "status" => {
            Some(auth::status(rest, profile, home, cwd))
        }
        [first, second, rest @ ..] if first == "mcp" => mcp::run(second, rest, profile, home, cwd),
        _ => None,
    }
}
