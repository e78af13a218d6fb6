//! A process that says what it finds around itself, in a file: its streams are part of what it looks at.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, fstat};
use rustix::process::{Resource, getpid, getrlimit, getsid, umask};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

/// The argument that makes this test binary such a process; the file is the next one.
pub(crate) const FLAG: &str = "--look-around";

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) cwd: PathBuf,
    /// `null`, `terminal`, `pipe`, `dead pipe`, or what else it is.
    pub(crate) streams: [String; 3],
    pub(crate) leads_session: bool,
    pub(crate) has_terminal: bool,
    pub(crate) umask: u32,
    pub(crate) nofile: Option<u64>,
    pub(crate) nofile_hard: Option<u64>,
    pub(crate) core: Option<u64>,
    pub(crate) root: bool,
}

/// Looks around if this process was started for that.
pub(crate) fn dispatch() -> bool {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_none_or(|first| first != FLAG) {
        return false;
    }
    let file = PathBuf::from(args.next().expect("a file"));
    let text = serde_json::to_string(&look()).expect("plain data");
    // The reader must never see half of it.
    std::fs::write(file.with_extension("part"), text).expect("to write");
    std::fs::rename(file.with_extension("part"), file).expect("to rename");
    true
}

fn look() -> Seen {
    let nofile = getrlimit(Resource::Nofile);
    let streams = [
        stream(&std::io::stdin()),
        stream(&std::io::stdout()),
        stream(&std::io::stderr()),
    ];
    Seen {
        env: std::env::vars().collect(),
        cwd: std::env::current_dir().expect("a working directory"),
        streams,
        leads_session: getsid(None).is_ok_and(|session| session == getpid()),
        has_terminal: std::fs::File::open("/dev/tty").is_ok(),
        umask: umask(rustix::fs::Mode::empty()).bits() as _,
        nofile: nofile.current,
        nofile_hard: nofile.maximum,
        core: getrlimit(Resource::Core).current,
        root: rustix::process::geteuid().is_root(),
    }
}

fn stream(stream: &impl std::os::fd::AsFd) -> String {
    let stream = stream.as_fd();
    let stat = fstat(stream).expect("an open stream");
    match FileType::from_raw_mode(stat.st_mode) {
        _ if rustix::termios::isatty(stream) => "terminal".to_owned(),
        FileType::Fifo if is_dead(stream) => "dead pipe".to_owned(),
        FileType::Fifo => "pipe".to_owned(),
        FileType::CharacterDevice if stat.st_rdev == null_device() => "null".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Whether nobody has the other end: a writer is told of an error, a reader of a hang-up.
fn is_dead(stream: BorrowedFd<'_>) -> bool {
    let mut asked = [PollFd::from_borrowed_fd(
        stream,
        PollFlags::IN | PollFlags::OUT,
    )];
    let _ = poll(&mut asked, Some(&Timespec::default()));
    asked[0]
        .revents()
        .intersects(PollFlags::ERR | PollFlags::HUP)
}

fn null_device() -> u64 {
    let stat = rustix::fs::stat(Path::new("/dev/null")).expect("a null device");
    stat.st_rdev as _
}
