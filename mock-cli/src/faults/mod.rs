//! What the stand-in does wrong on demand: faults of bytes, of time, of the process and of the protocol.
//!
//! A [`PointFault`] happens where it stands among the actions of an entry. [`CallFaults`] hold for a whole call,
//! [`VersionFaults`] for `--version`, a [`ResultFault`] for the result of a turn.

mod act;
mod list;
mod shape;

pub use act::SIGNALS;
pub(crate) use act::{die, failed, perform};
pub use list::{Fault, Kind, Place, faults};
pub(crate) use shape::{Shape, within_text};

use crate::order::SortedMap;
use crate::script::When;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A fault at a point among the actions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum PointFault {
    /// A line on stdout that is no JSON.
    Noise(String),
    /// Bytes on stdout as they are, without a line end.
    Bytes(Vec<u8>),
    /// Any JSON value as a line.
    Message(Value),
    /// An empty line.
    BlankLine,
    /// The last line once more.
    DuplicateLine,
    /// A message of a type that no client knows.
    UnknownType,
    /// A system message of a subtype that no client knows.
    UnknownSubtype,
    /// A message of the model with a content block of a type that no client knows.
    UnknownBlock,
    /// Text on stderr.
    Stderr(String),
    /// So many KiB on stderr, which blocks where nobody reads them.
    StderrFlood(u32),
    /// stdout ends, and the process lives on.
    CloseStdout,
    /// The process dies of this signal, e.g. `SIGSEGV`.
    Signal(String),
    /// A process of its own that lives on.
    Grandchild(Grandchild),
    /// A child that ends and is never waited for.
    Zombie,
    /// Nothing is written and nothing taken in for so many milliseconds of the script's clock; None: for ever.
    Silence(Option<u64>),
    /// A NUL byte within the text of the next line.
    Nul,
    /// Bytes that are no UTF-8 within the text of the next line.
    InvalidUtf8,
    /// The API does not know the user (401), however often it is asked.
    AuthError,
    /// The API is overloaded (529) for so many requests.
    Overload(u32),
}

/// A process that the CLI leaves behind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Grandchild {
    /// The streams that it keeps open: `stdout`, `stderr`.
    pub holds: Vec<Stream>,
    /// Whether it leads a session of its own, away from any group.
    pub new_session: bool,
}

/// An output stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Descriptor 1.
    Stdout,
    /// Descriptor 2.
    Stderr,
}

/// What holds for a whole call; a call takes the first of a script's list that fits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct CallFaults {
    /// Arguments that must stand in argv; the prompt is not known yet.
    pub when: When,
    /// For so many calls; None: for all.
    pub times: Option<u32>,
    /// How long after its start it does anything, in milliseconds on the script's clock.
    pub slow_start: Option<u64>,
    /// How it dies, and when.
    pub dies: Option<Death>,
    /// What it writes on stdout before it reads stdin, with a line end.
    pub burst: Option<String>,
    /// Whether and how it reads stdin.
    pub stdin: Reads,
    /// What it does not react to.
    pub ignores: Vec<Ignored>,
    /// Whether it lives on when all is done.
    pub lingers: bool,
    /// The exit code, whatever came out.
    pub exit_code: Option<i32>,
    /// How its lines reach stdout.
    pub stdout: Shaping,
    /// How it answers the client's `initialize`.
    pub initialize: Handshake,
    /// How it answers other control requests, by subtype.
    pub control: SortedMap<String, Handshake>,
}

/// How a process dies, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Death {
    /// Of a signal, e.g. `SIGKILL`.
    pub signal: Option<String>,
    /// With an exit code.
    pub exit: Option<i32>,
    /// What it says on stderr before.
    pub stderr: Option<String>,
    /// After what; None: before its first byte.
    pub after: Option<After>,
}

/// What a process does yet before it dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    /// It reads something from stdin, or finds its end.
    Stdin,
    /// It writes so many lines.
    Lines(u32),
    /// It writes a result.
    Result,
}

/// How stdin is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// As the CLI does.
    #[default]
    Normally,
    /// Not at all.
    Never,
    /// A byte every ten milliseconds of the script's clock.
    Slowly,
}

/// What a process does not react to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ignored {
    /// SIGTERM and SIGHUP.
    Sigterm,
    /// The end of stdin.
    Eof,
    /// SIGINT and the control request `interrupt`.
    Interrupt,
}

/// How lines reach stdout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Shaping {
    /// In pieces.
    pub split: Option<Split>,
    /// Byte by byte, so many milliseconds of the script's clock apart.
    pub dribble: Option<u64>,
    /// With CR LF.
    pub crlf: bool,
    /// With a byte-order mark before the first.
    pub bom: bool,
    /// A result has no line end; where another line follows, that one begins with it.
    pub no_final_newline: bool,
    /// With fields that no client knows, one of them null.
    pub extra_fields: bool,
}

/// Where lines are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// After every byte.
    EveryByte,
    /// After the first byte of every character that has several.
    Utf8,
    /// After so many bytes of each line.
    At(usize),
}

/// How a control request of the client's is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Handshake {
    /// As the CLI does.
    #[default]
    Normal,
    /// Not at all.
    Never,
    /// After so many milliseconds of the script's clock.
    Late(u64),
    /// Twice.
    Twice,
}

/// What `--version` does wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct VersionFaults {
    /// What it says instead.
    pub says: Option<String>,
    /// A line before it, as of a wrapper script.
    pub banner: Option<String>,
    /// How long it takes, in milliseconds on the script's clock.
    pub takes: Option<u64>,
    /// The exit code.
    #[serde(rename = "exit-status")]
    pub exit: Option<i32>,
}

/// What is wrong with the result of a turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResultFault {
    /// There is none.
    Missing,
    /// It comes twice.
    Twice,
    /// Some of its fields are others; null takes a field away.
    With(Map<String, Value>),
    /// After it comes another one, with these fields.
    Then(Map<String, Value>),
}

impl CallFaults {
    /// Whether something is ignored.
    pub(crate) fn ignores(&self, what: Ignored) -> bool {
        self.ignores.contains(&what)
    }

    /// How it dies where this is the moment.
    pub(crate) fn dies_after(&self, moment: Option<After>) -> Option<&Death> {
        self.dies.as_ref().filter(|death| death.after == moment)
    }
}
