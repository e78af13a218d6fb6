//! The small choices that versions make, by name.

use super::by_name::by_name;

by_name! {
    /// What becomes of commands in the background when a run ends.
    pub enum BackgroundEnd {
        /// They are left behind.
        Left,
        /// They are killed.
        Killed,
        /// They are killed after a while.
        Grace,
        /// The run goes on until they have ended, and the model is told.
        Awaited,
    }
}
by_name! {
    /// What happens on input lines that make no sense.
    pub enum InputLines {
        /// Any type but `user` and `control…` ends the process.
        Strict,
        /// The same, but for `keep_alive`.
        StrictButKeepAlive,
        /// Unknown types are ignored; only what is no JSON ends the process.
        Lenient,
        /// The same, with what the parser says, and for blanks too.
        LenientButLoud,
    }
}
by_name! {
    /// What of an answer is counted.
    pub enum Billing {
        /// Nothing.
        Nothing,
        /// What it costs, but not its tokens in the result of the turn.
        Cost,
        /// Its tokens in the result of the turn, but not what it costs.
        Tokens,
        /// Both.
        All,
    }
}
by_name! {
    /// Which ends of an answer matter.
    pub enum Heeded {
        /// None: what came is the answer.
        Nothing,
        /// A refusal, but no limit.
        Refusal,
        /// All.
        All,
    }
}
by_name! {
    /// What `num_turns` counts.
    pub enum NumTurns {
        /// The messages of the whole conversation, but for the first.
        Conversation,
        /// The requests of this turn.
        Requests,
    }
}
by_name! {
    /// What a result's `usage` covers.
    pub enum UsageScope {
        /// The last request.
        LastRequest,
        /// All requests of the turn.
        Turn,
    }
}
by_name! {
    /// Which usage and stop reason a block's line shows.
    pub enum BlockUsage {
        /// The final ones; the stop reason on the last block.
        Final,
        /// Those of the message's start; no stop reason.
        Start,
    }
}
by_name! {
    /// What becomes of a half block when a turn is interrupted.
    pub enum Interrupted {
        /// It is lost.
        DropPartial,
        /// It is written, marked as aborted.
        KeepPartial,
    }
}
by_name! {
    /// What SIGINT does in a turn.
    pub enum Sigint {
        /// The process ends with 0, without another line.
        Exit,
        /// The turn is interrupted with its lines, then the process ends with 0.
        Interrupt,
    }
}
by_name! {
    /// What a closed stdout does.
    pub enum EarlyClose {
        /// An uncaught error, exit 1.
        Fatal,
        /// What is written is lost, the run goes on.
        Dropped,
    }
}
by_name! {
    /// Where a resumed session goes on.
    pub enum ResumeMode {
        /// Under a new id, in a new file that begins with the old messages.
        Copy,
        /// Under the same id, in the same file.
        Append,
    }
}
by_name! {
    /// What `--resume` without any prompt does.
    pub enum ResumeWithoutPrompt {
        /// Exit 0 without a word.
        Silent,
        /// An error.
        Refused,
    }
}
by_name! {
    /// What `--resume` says of a value that is no UUID.
    pub enum NotUuid {
        /// Four lines of usage.
        Usage,
        /// One line; a title would also do.
        Title,
    }
}
by_name! {
    /// How long names of project folders are shortened.
    pub enum DirectoryNames {
        /// Not at all.
        Unlimited,
        /// After 200 characters, with a hash.
        Hashed,
    }
}
by_name! {
    /// The answer to a control request of an unknown subtype.
    pub enum UnknownControl {
        /// None, ever.
        Silent,
        /// An error.
        Error,
    }
}
by_name! {
    /// The answer to an `initialize` that comes again, or after the first prompt.
    pub enum InitializeAgain {
        /// `Already initialized`.
        Error,
        /// The same payload, with what is still open beside it, and `background_tasks_changed`.
        AnswerWithMore,
        /// The same; what is open stands beside the first answer, too.
        Answer,
    }
}
by_name! {
    /// Which modes `set_permission_mode` takes.
    pub enum ModeChange {
        /// Any text.
        Any,
        /// Any text, also to skip permissions; a second answer without a payload follows.
        Twice,
        /// Any text; a status line tells of a known one.
        AnyTold,
        /// The known ones, and a status line tells of the change.
        Known,
    }
}
by_name! {
    /// Whether `set_model` is answered.
    pub enum SetModel {
        /// Never.
        Silent,
        /// Without a payload.
        AnswerSilently,
        /// The same; the client is told of the model, also where there is no conversation yet.
        Told,
        /// With the model.
        Answer,
    }
}
by_name! {
    /// What an answer comes to that a limit has cut off.
    pub enum CutAnswer {
        /// The turn fails; with tools in the answer it is said, and they run.
        Fails,
        /// It is said, and the model is asked to go on, without an end.
        Endless,
        /// The model is asked to go on, three times in a turn.
        Continued,
    }
}
by_name! {
    /// What becomes of a start whose configuration is no JSON.
    pub enum CorruptConfig {
        /// It is told, and the file is replaced.
        Replaced,
        /// The process ends.
        Fatal,
    }
}
by_name! {
    /// How the CLI fails.
    pub enum Fault {
        /// With an uncaught exception.
        Crash,
        /// With a plain error.
        Refused,
    }
}
by_name! {
    /// What reports an exception that nobody caught.
    pub enum Runtime {
        /// Node.js.
        Node,
        /// Bun, which is part of the executable.
        Bun,
    }
}
by_name! {
    /// How a missing settings file is named.
    pub enum SettingsPath {
        /// As it was given.
        AsGiven,
        /// As an absolute path.
        Resolved,
    }
}
by_name! {
    /// Whether `--session-id` goes with `--resume` or `--continue`.
    pub enum SessionIdRule {
        /// Never.
        Never,
        /// With `--fork-session`, as older versions say it.
        ForkOnly,
        /// With `--fork-session`.
        Fork,
    }
}
by_name! {
    /// Whether something is refused.
    pub enum Refusal {
        /// It is.
        Refused,
        /// It is not.
        Accepted,
    }
}
by_name! {
    /// How a small fault is taken.
    pub enum Lenience {
        /// With a line on stderr.
        Notice,
        /// Without a word.
        Silent,
        /// By crashing.
        Crash,
    }
}
by_name! {
    /// What a stream comes to whose connection is lost.
    pub enum BrokenStream {
        /// Complete blocks are the answer; where there is none, the whole answer is asked for again.
        Accept,
        /// It is asked for again; blocks that are out stay out.
        Again,
        /// The same, but behind complete blocks the turn says so, and goes on only where a tool was called.
        Told,
        /// It is retried like any failed request, and nothing of it is told.
        Retry,
    }
}
by_name! {
    /// What a stream comes to that ends with an error event.
    pub enum StreamError {
        /// What came is the answer.
        Accept,
        /// The turn fails with what the error says.
        Fail,
        /// The model is asked to go on, three times at most.
        Resume,
    }
}
by_name! {
    /// What an answer without content comes to.
    pub enum EmptyAnswer {
        /// The turn ends with `error_during_execution`.
        Error,
        /// The model is asked once more.
        AskAgain,
    }
}
by_name! {
    /// What becomes of a tool's input that is no JSON.
    pub enum UnparsedInput {
        /// The tool gets no input.
        Empty,
        /// Its text is kept as `__unparsedToolInput`.
        Kept,
    }
}
by_name! {
    /// How the input of a tool that the API itself runs is shown.
    pub enum ServerInput {
        /// As the text that came.
        Text,
        /// As the value that the text stands for.
        Parsed,
    }
}
by_name! {
    /// How the content of files is shown.
    pub enum FileTexts {
        /// `     1→line`.
        Arrows,
        /// `1`, a tab, the line; and edits say on stdout whether they replace all.
        Tabs,
    }
}
by_name! {
    /// How a command's two streams are told.
    pub enum CommandOutput {
        /// As one, in the order of writing, after its exit code.
        Merged,
        /// stderr first, after the exit code.
        Apart,
        /// stderr first, without the exit code.
        ApartWithoutCode,
    }
}

by_name! {
    /// How commands, skills and agents of the user's own are taken. Later ones can do what earlier ones can.
    #[derive(PartialOrd, Ord)]
    pub enum OwnDefinitions {
        /// Commands only (1.0.108).
        AsFound,
        /// Skills and agents, too (2.0.77).
        WithSkills,
        /// By name; skills may be hidden from users; arguments by position (2.1.197).
        Sorted,
        /// Each name once; arguments that are missing stay as they are written (2.1.330).
        Once,
    }
}

impl OwnDefinitions {
    /// Whether there are skills, and agents in files.
    #[must_use]
    pub fn has_skills(self) -> bool {
        self >= OwnDefinitions::WithSkills
    }
}
