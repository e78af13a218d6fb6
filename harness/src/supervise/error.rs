//! What can go wrong; every text completes "failed to ...".

use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a supervisor could not be started or asked.
#[derive(Debug, thiserror::Error)]
pub enum SuperviseError {
    /// The operating system refused to start it, or to make its files.
    #[error("start the supervisor {}", executable.display())]
    Start {
        /// What was to be executed.
        executable: PathBuf,
        /// The reason.
        #[source]
        source: io::Error,
    },
    /// It was started but did not say that it is ready.
    #[error("hear from the supervisor {}: {said}", executable.display())]
    Silent {
        /// What was executed.
        executable: PathBuf,
        /// What it wrote instead, or how it ended.
        said: String,
    },
    /// It ended while it was needed; its run has ended with it, or is orphaned if it was killed.
    #[error("reach the supervisor: it is gone")]
    Gone,
    /// It lives, but does not answer: it is halted, or waits in the kernel.
    #[error("hear from the supervisor: no answer within {within:?}")]
    Deaf {
        /// How long it was waited for.
        within: Duration,
    },
    /// A request cannot be written as JSON (a path that is not UTF-8).
    #[error("put a request to the supervisor into words")]
    Request(#[source] serde_json::Error),
}

/// Why a process was not started.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The operating system refused.
    #[error(transparent)]
    Refused(#[from] SpawnFailure),
    /// There was nobody to ask.
    #[error(transparent)]
    Supervisor(#[from] SuperviseError),
}

/// What the operating system said when it refused to start a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("start {}: {errno}: {text}", program.display())]
pub struct SpawnFailure {
    /// What was to be executed.
    pub program: PathBuf,
    /// The name of the error, e.g. `ENOENT`; `errno 123` where it has none here.
    pub errno: String,
    /// The system's own text for it.
    pub text: String,
    /// What the error is about; the system reports a missing folder and a missing program alike.
    pub step: Step,
}

/// The step of a start that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Going to the working directory.
    WorkingDirectory,
    /// Executing the program, or the interpreter or loader that it names.
    Program,
    /// Making pipes, processes or limits.
    Preparation,
}

/// Why a signal was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SignalError {
    /// No live process of this run has that number.
    #[error("signal process {0}: it is not a live process of this run")]
    NotOfThisRun(u32),
    /// The operating system refused.
    #[error("signal process {pid}: {errno}")]
    Refused {
        /// The process.
        pid: u32,
        /// The name of the error.
        errno: String,
    },
    /// There was nobody to ask.
    #[error(transparent)]
    Supervisor(#[from] SuperviseError),
}

/// The name of an error number, as a person writes it.
pub(super) fn errno_name(error: &io::Error) -> String {
    use rustix::io::Errno;
    const NAMES: &[(Errno, &str)] = &[
        (Errno::NOENT, "ENOENT"),
        (Errno::ACCESS, "EACCES"),
        (Errno::NOTDIR, "ENOTDIR"),
        (Errno::NOEXEC, "ENOEXEC"),
        (Errno::PERM, "EPERM"),
        (Errno::ISDIR, "EISDIR"),
        (Errno::LOOP, "ELOOP"),
        (Errno::NAMETOOLONG, "ENAMETOOLONG"),
        (Errno::TOOBIG, "E2BIG"),
        (Errno::TXTBSY, "ETXTBSY"),
        (Errno::AGAIN, "EAGAIN"),
        (Errno::NOMEM, "ENOMEM"),
        (Errno::MFILE, "EMFILE"),
        (Errno::NFILE, "ENFILE"),
        (Errno::INVAL, "EINVAL"),
        (Errno::IO, "EIO"),
        (Errno::ROFS, "EROFS"),
        (Errno::NOSPC, "ENOSPC"),
        (Errno::NODEV, "ENODEV"),
        (Errno::NOSYS, "ENOSYS"),
        (Errno::BUSY, "EBUSY"),
        (Errno::EXIST, "EEXIST"),
        (Errno::SRCH, "ESRCH"),
    ];
    let Some(raw) = error.raw_os_error() else {
        return error.kind().to_string();
    };
    NAMES
        .iter()
        .find(|(errno, _)| errno.raw_os_error() == raw)
        .map_or_else(|| format!("errno {raw}"), |(_, name)| (*name).to_string())
}

/// The system's text for an error, without the number that Rust appends.
pub(super) fn errno_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(at) => text[..at].to_string(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_number_has_the_name_that_people_search_for() {
        let missing = std::fs::metadata("/nowhere/at/all").unwrap_err();
        assert_eq!(errno_name(&missing), "ENOENT");
        assert_eq!(errno_text(&missing), "No such file or directory");
        assert_eq!(
            errno_name(&io::Error::from_raw_os_error(12345)),
            "errno 12345"
        );
    }
}
