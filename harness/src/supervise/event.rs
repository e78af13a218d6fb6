//! What a supervisor tells without being asked.

use super::process::{Process, Status};
use serde::{Deserialize, Serialize};

/// Something that happened in the run, in the order in which the supervisor saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A line arrived on a [`super::Stdio::Pipe`].
    Log {
        /// The process that was started with this pipe; one of its descendants may have written the line.
        pid: u32,
        /// Which pipe.
        stream: Stream,
        /// The text without its line end; invalid UTF-8 is replaced. The last line may have had no line end, and a
        /// line of more than a mebibyte arrives in pieces.
        line: String,
    },
    /// A process of the run was seen for the first time.
    Born(Process),
    /// A process was seen under a new name: it executed another program, or renamed itself.
    Became(Process),
    /// A process is gone. It was announced by [`Event::Born`], or came and went within two looks.
    Died {
        /// Which.
        pid: u32,
        /// How; None for a process whose parent took the status (known only of children of the supervisor).
        status: Option<Status>,
    },
}

/// An output of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Descriptor 1.
    Stdout,
    /// Descriptor 2.
    Stderr,
}
