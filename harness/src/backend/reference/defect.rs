//! What a real backend got wrong, as switches.

use std::fmt;
use std::str::FromStr;

/// Declares the defects: each with its name in scenario files, and a line that says what the backend then does.
macro_rules! defects {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $about:literal;)+) => {
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
            $($(#[$doc])* $variant,)+
        }

        impl Defect {
            /// Every defect, in the order in which they are documented.
            pub const fn all() -> &'static [Self] {
                &[$(Self::$variant),+]
            }

            /// The name in scenario files and sidecars.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What the backend then does, in one line.
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => $about,)+
                }
            }
        }
    };
}

defects! {
    /// Runs a `.js` CLI with `node` by name, whatever `PATH` holds, instead of the app's own runtime.
    SpawnBareNode = "spawn-bare-node",
        "runs a .js CLI with `node` by name instead of the app's own runtime";
    /// Encodes project paths as claude-code-webui does (`/ \ : . _` only), so that a space hides the history.
    UpstreamPathEncoding = "upstream-path-encoding",
        "encodes project paths by / \\ : . _ only, so that a space hides the history";
    /// Answers `/api/projects` with 500 where `~/.claude.json` does not exist yet.
    ColdHome500 = "cold-home-500",
        "answers /api/projects with 500 where ~/.claude.json does not exist yet";
    /// Lets the CLI run on when the client of its stream has gone.
    NoCancelOnDisconnect = "no-cancel-on-disconnect",
        "lets the CLI run on when the client of its stream has gone";
    /// Prints `Listening on …` before the bind, also where the bind then fails.
    ListeningBeforeBind = "listening-before-bind",
        "prints `Listening on` before the bind, also where the bind then fails";
    /// Dies of SIGTERM and SIGINT without ending its CLI children.
    AbandonsChildrenOnStop = "abandons-children-on-stop",
        "dies of SIGTERM and SIGINT without ending its CLI children";
    /// Asks `which claude` before anything else, also where `--claude-path` was given, and exits with 1 without it.
    ExitsWithoutClaudeOnPath = "exits-without-claude-on-path",
        "asks `which claude` first, ignoring --claude-path, and exits with 1 without it";
    /// Answers an abort with 200 and does nothing.
    IgnoresAbort = "ignores-abort",
        "answers an abort with 200 and does nothing";
    /// Runs the CLI by Electron's executable without `ELECTRON_RUN_AS_NODE`, so that only a forked server, which inherits
    /// it, gets an answer (FAILURES L08).
    ForgetsRunAsNode = "forgets-run-as-node",
        "runs the CLI by Electron's executable without ELECTRON_RUN_AS_NODE";
    /// Keeps its database beside its executable, which fails where the app cannot be written to.
    WritesIntoAppFolder = "writes-into-app-folder",
        "keeps its database beside its executable, also where the app is read-only";
    /// Keeps its end of the CLI's stdin open, so that a CLI that waits for the end of its input never begins.
    LeavesStdinOpen = "leaves-stdin-open",
        "keeps the CLI's stdin open without ever writing to it";
    /// Keeps a temporary file of every turn, and keeps it open.
    KeepsAFilePerTurn = "keeps-a-file-per-turn",
        "keeps a temporary file of every turn, and keeps it open";
    /// Reads histories on the thread that answers everybody, as `readFileSync` does.
    ReadsHistoryInline = "reads-history-inline",
        "reads histories on the thread that answers everybody";
    /// Ends a turn with an error when a message has a type that it does not know (FAILURES T03).
    DiesOnUnknownType = "dies-on-unknown-type",
        "ends a turn with an error when a message has a type that it does not know";
    /// Takes no line of more than 1 MiB (FAILURES T04).
    LimitsLines = "limits-lines",
        "takes no line of more than 1 MiB";
    /// Decodes what it reads piece by piece, so that a character that is cut is lost (FAILURES T05).
    DecodesChunks = "decodes-chunks",
        "decodes what it reads piece by piece, so that a character that is cut is lost";
    /// Ends a turn with an error when a line of the CLI is no JSON (FAILURES T06).
    DiesOfNoise = "dies-of-noise",
        "ends a turn with an error when a line of the CLI is no JSON";
    /// Passes every message of the model on twice (FAILURES T19).
    DoublesText = "doubles-text",
        "passes every message of the model on twice";
    /// Shows every result as a success (FAILURES T16, Y05).
    ShowsErrorsAsSuccess = "shows-errors-as-success",
        "shows every result as a success";
    /// Ends a turn only when the CLI's process has ended (FAILURES T02).
    WaitsForExit = "waits-for-exit",
        "ends a turn only when the CLI's process has ended";
    /// Waits for the CLI's next line for ever (FAILURES T01).
    NoIdleBudget = "no-idle-budget",
        "waits for the CLI's next line for ever";
    /// Shows a turn as done whose CLI ended without a result (FAILURES T01).
    TakesAnyEnd = "takes-any-end",
        "shows a turn as done whose CLI ended without a result";
    /// Gives the CLI a pipe for stderr and never reads it (FAILURES T07).
    NeverDrainsStderr = "never-drains-stderr",
        "gives the CLI a pipe for stderr and never reads it";
    /// Does not tell what a CLI that failed said on stderr (FAILURES T08).
    HidesStderr = "hides-stderr",
        "does not tell what a CLI that failed said on stderr";
    /// Starts the CLI with variables of its own instead of those that it has (FAILURES S01).
    ReplacesEnvironment = "replaces-environment",
        "starts the CLI with variables of its own instead of those that it has";
    /// Passes variables on that only its launcher is concerned with, such as LD_LIBRARY_PATH and NODE_OPTIONS (FAILURES S02, S03, S11).
    PassesLauncherVariables = "passes-launcher-variables",
        "passes variables on that only its launcher is concerned with, such as LD_LIBRARY_PATH and NODE_OPTIONS";
    /// Passes a flag that the installed CLI does not have (FAILURES D04).
    PassesUnknownFlags = "passes-unknown-flags",
        "passes a flag that the installed CLI does not have";
    /// Resumes a conversation also where its transcript is gone (FAILURES H01).
    ResumesBlindly = "resumes-blindly",
        "resumes a conversation also where its transcript is gone";
    /// Answers with 500 where a single line of a transcript is damaged (FAILURES H05).
    OneBadLineHidesAll = "one-bad-line-hides-all",
        "answers with 500 where a single line of a transcript is damaged";
    /// Looks for the history in ~/.claude, wherever CLAUDE_CONFIG_DIR says that it is (FAILURES H07).
    IgnoresConfigDir = "ignores-config-dir",
        "looks for the history in ~/.claude, wherever CLAUDE_CONFIG_DIR says that it is";
    /// Sends SIGTERM to a CLI that is to end, and never SIGKILL (FAILURES Y01, Z01).
    NeverEscalates = "never-escalates",
        "sends SIGTERM to a CLI that is to end, and never SIGKILL";
    /// Starts a CLI that failed again at once, eight times (FAILURES Y08).
    RetriesWithoutEnd = "retries-without-end",
        "starts a CLI that failed again at once, eight times";
    /// Notes on disk that a conversation is busy, and believes that after a crash (FAILURES Z03).
    RemembersRunning = "remembers-running",
        "notes on disk that a conversation is busy, and believes that after a crash";
    /// Asks an interactive login shell for its variables before it listens, and waits for it (FAILURES L02).
    ProbesTheShell = "probes-the-shell",
        "asks an interactive login shell for its variables before it listens, and waits for it";
    /// Writes the prompt to a CLI that may be gone already, and dies of the error (FAILURES S06).
    DiesOfABrokenPipe = "dies-of-a-broken-pipe",
        "writes the prompt to a CLI that may be gone already, and dies of the error";
    /// Passes one --session-id with every message of a conversation (FAILURES S10).
    ReusesSessionId = "reuses-session-id",
        "passes one --session-id with every message of a conversation";
    /// Sends what a CLI says to the chat that began last (FAILURES T12).
    MixesSessionsUp = "mixes-sessions-up",
        "sends what a CLI says to the chat that began last";
    /// Passes every prompt as an argument, however long (FAILURES S05).
    LongPromptsInArgv = "long-prompts-in-argv",
        "passes every prompt as an argument, however long";
    /// Resumes a conversation by the first id that it ever had (FAILURES H04).
    ResumesTheFirstId = "resumes-the-first-id",
        "resumes a conversation by the first id that it ever had";
    /// Begins a turn of a conversation beside another one of the same (FAILURES Y06).
    RunsASessionTwice = "runs-a-session-twice",
        "begins a turn of a conversation beside another one of the same";
    /// Cuts an answer off in which nothing comes for 300 ms, as a server's idle timeout does (FAILURES T15).
    CutsSilentAnswers = "cuts-silent-answers",
        "cuts an answer off in which nothing comes for 300 ms";
    /// Holds the whole answer back until it is complete, as a buffering proxy or a compressing middleware does (FAILURES T10).
    HoldsAnswersBack = "holds-answers-back",
        "holds the whole answer back until it is complete";
    /// Takes an empty result of a resumed conversation for the answer (FAILURES H06).
    TakesEmptyResults = "takes-empty-results",
        "takes an empty result without a turn for the answer";
    /// Runs the CLI by a shell, with the arguments put together as they are (FAILURES W03).
    RunsByAShell = "runs-by-a-shell",
        "runs the CLI by a shell, with the arguments put together as they are";
    /// As the app around the server (`--monitor-ms`): takes a server for ill that has not begun yet (the origin's attempt 8).
    ChecksWithoutGrace = "checks-without-grace",
        "as the app around the server (--monitor-ms): takes a server for ill that has not begun yet";
    /// As the app around the server: starts the next one before the last has let go of the port (the origin's attempt 9).
    RestartsAtOnce = "restarts-at-once",
        "as the app around the server: starts the next one before the last has let go of the port";
    /// As the app around the server: takes a server for ill that has no health check (the origin's attempt 8).
    Takes404ForIllness = "takes-404-for-illness",
        "as the app around the server: takes a server for ill that has no health check";
    /// Hands npm's `claude.cmd` to spawn, which Node on Windows refuses with EINVAL; here that error is all there is of it
    /// (FAILURES W01).
    RunsTheCmdShim = "runs-the-cmd-shim",
        "hands npm's claude.cmd to spawn, which Node on Windows refuses with EINVAL";
    /// Finds the CLI by asking a login shell, and then runs `claude` by name (FAILURES D01).
    DetectsByTheShell = "detects-by-the-shell",
        "finds the CLI by asking a login shell, and then runs `claude` by name";
    /// Asks a login shell for PATH, gives up after 300 ms, and goes on with what it has, without a word (FAILURES L03).
    GivesTheShellUp = "gives-the-shell-up",
        "asks a login shell for PATH, gives up after 300 ms, and goes on without a word";
    /// Looks for its runtime beside the first chat, which has `node` by name until then (FAILURES L04).
    InitialisesOnFirstUse = "initialises-on-first-use",
        "looks for its runtime beside the first chat, which has `node` by name until then";
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
