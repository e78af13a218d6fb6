//! What a real backend got wrong, as switches.

use std::fmt;
use std::str::FromStr;

/// One thing that the reference backend does as a real backend did it, instead of rightly.
///
/// A defect changes what the backend *does*; error texts still come from what the system answers.
///
/// ```
/// use claude_harness::backend::reference::Defect;
///
/// let defect: Defect = "spawn-bare-node".parse().unwrap();
/// assert_eq!(defect, Defect::SpawnBareNode);
/// assert_eq!(defect.to_string(), "spawn-bare-node");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Defect {
    /// Runs a `.js` CLI with `node` by name, whatever `PATH` holds, instead of the app's own runtime.
    SpawnBareNode,
    /// Encodes project paths as claude-code-webui does (`/ \ : . _` only), so that a space hides the history.
    UpstreamPathEncoding,
    /// Answers `/api/projects` with 500 where `~/.claude.json` does not exist yet.
    ColdHome500,
    /// Lets the CLI run on when the client of its stream has gone.
    NoCancelOnDisconnect,
    /// Prints `Listening on …` before the bind, also where the bind then fails.
    ListeningBeforeBind,
    /// Dies of SIGTERM and SIGINT without ending its CLI children.
    AbandonsChildrenOnStop,
    /// Asks `which claude` before anything else, also where `--claude-path` was given, and exits with 1 without it.
    ExitsWithoutClaudeOnPath,
    /// Answers an abort with 200 and does nothing.
    IgnoresAbort,
    /// Runs the CLI by Electron's executable without `ELECTRON_RUN_AS_NODE`, so that only a forked server, which inherits
    /// it, gets an answer (FAILURES L08).
    ForgetsRunAsNode,
    /// Keeps its database beside its executable, which fails where the app cannot be written to.
    WritesIntoAppFolder,
    /// Keeps its end of the CLI's stdin open, so that a CLI that waits for the end of its input never begins.
    LeavesStdinOpen,
    /// Keeps a temporary file of every turn, and keeps it open.
    KeepsAFilePerTurn,
    /// Reads histories on the thread that answers everybody, as `readFileSync` does.
    ReadsHistoryInline,
}

impl Defect {
    /// Every defect, in the order in which they are documented.
    pub const fn all() -> &'static [Self] {
        &[
            Self::SpawnBareNode,
            Self::UpstreamPathEncoding,
            Self::ColdHome500,
            Self::NoCancelOnDisconnect,
            Self::ListeningBeforeBind,
            Self::AbandonsChildrenOnStop,
            Self::ExitsWithoutClaudeOnPath,
            Self::IgnoresAbort,
            Self::ForgetsRunAsNode,
            Self::WritesIntoAppFolder,
            Self::LeavesStdinOpen,
            Self::KeepsAFilePerTurn,
            Self::ReadsHistoryInline,
        ]
    }

    /// The name in scenario files and sidecars.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SpawnBareNode => "spawn-bare-node",
            Self::UpstreamPathEncoding => "upstream-path-encoding",
            Self::ColdHome500 => "cold-home-500",
            Self::NoCancelOnDisconnect => "no-cancel-on-disconnect",
            Self::ListeningBeforeBind => "listening-before-bind",
            Self::AbandonsChildrenOnStop => "abandons-children-on-stop",
            Self::ExitsWithoutClaudeOnPath => "exits-without-claude-on-path",
            Self::IgnoresAbort => "ignores-abort",
            Self::ForgetsRunAsNode => "forgets-run-as-node",
            Self::WritesIntoAppFolder => "writes-into-app-folder",
            Self::LeavesStdinOpen => "leaves-stdin-open",
            Self::KeepsAFilePerTurn => "keeps-a-file-per-turn",
            Self::ReadsHistoryInline => "reads-history-inline",
        }
    }

    /// What the backend then does, in one line.
    pub const fn about(self) -> &'static str {
        match self {
            Self::SpawnBareNode => {
                "runs a .js CLI with `node` by name instead of the app's own runtime"
            }
            Self::UpstreamPathEncoding => {
                "encodes project paths by / \\ : . _ only, so that a space hides the history"
            }
            Self::ColdHome500 => {
                "answers /api/projects with 500 where ~/.claude.json does not exist yet"
            }
            Self::NoCancelOnDisconnect => {
                "lets the CLI run on when the client of its stream has gone"
            }
            Self::ListeningBeforeBind => {
                "prints `Listening on` before the bind, also where the bind then fails"
            }
            Self::AbandonsChildrenOnStop => {
                "dies of SIGTERM and SIGINT without ending its CLI children"
            }
            Self::ExitsWithoutClaudeOnPath => {
                "asks `which claude` first, ignoring --claude-path, and exits with 1 without it"
            }
            Self::IgnoresAbort => "answers an abort with 200 and does nothing",
            Self::ForgetsRunAsNode => {
                "runs the CLI by Electron's executable without ELECTRON_RUN_AS_NODE"
            }
            Self::WritesIntoAppFolder => {
                "keeps its database beside its executable, also where the app is read-only"
            }
            Self::KeepsAFilePerTurn => "keeps a temporary file of every turn, and keeps it open",
            Self::ReadsHistoryInline => "reads histories on the thread that answers everybody",
            Self::LeavesStdinOpen => "keeps the CLI's stdin open without ever writing to it",
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no defect has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to find a defect named `{0}`")]
pub struct UnknownDefect(pub String);

impl FromStr for Defect {
    type Err = UnknownDefect;

    fn from_str(name: &str) -> Result<Self, UnknownDefect> {
        Self::all()
            .iter()
            .copied()
            .find(|defect| defect.name() == name)
            .ok_or_else(|| UnknownDefect(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_defect_is_found_under_its_name() {
        for &defect in Defect::all() {
            assert_eq!(defect.name().parse(), Ok(defect));
        }
    }

    #[test]
    fn an_unknown_name_is_named_in_the_error() {
        let error = "spawn-node".parse::<Defect>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "failed to find a defect named `spawn-node`"
        );
    }
}
