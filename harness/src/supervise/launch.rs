//! Starting the supervisor.

use super::child::guard::WORD;
use super::handle::{Guard, Supervisor};
use super::link::{self, Link};
use super::wire::{GREETING, Message, Setup};
use super::{FLAG, SuperviseError};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use std::io::{self, IoSlice, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long the supervisor may take to get ready. Generous: it only ends the wait for an executable that is none.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// How long the supervisor may take for an answer. Generous: it only ends the wait for one that will never come.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

/// What a supervisor needs to know.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The executable that answers [`FLAG`] by calling [`super::child::main`].
    pub executable: PathBuf,
    /// A folder for the supervisor's own files (`supervisor.log`, and `mask/`, on which it may mount); made when
    /// missing.
    pub scratch: PathBuf,
    /// Absolute files to hide from the run, e.g. `/usr/bin/node`; those that do not exist are ignored.
    pub hide: Vec<PathBuf>,
    /// Absolute folders that the run is to find read-only, also as root.
    pub read_only: Vec<PathBuf>,
    /// A variable, name and value, put on every process of the run; the value must be this run's alone.
    pub marker: (String, String),
    /// Whether to use the portable way of finding processes also on Linux.
    pub portable: bool,
    /// Whether the harness' own stdin, stdout and stderr may be passed on ([`super::Stdio::Inherit`]). The supervisor
    /// then stays in the harness' session, so that a controlling terminal works.
    pub inherit: bool,
    /// How long the supervisor may take for an answer, beyond what the request itself takes.
    pub answers_within: Duration,
}

impl Launch {
    /// A launch that hides nothing and passes no descriptor on.
    pub fn new(executable: PathBuf, scratch: PathBuf, marker: (String, String)) -> Launch {
        Launch {
            executable,
            scratch,
            hide: Vec::new(),
            read_only: Vec::new(),
            marker,
            portable: false,
            inherit: false,
            answers_within: ANSWERS_WITHIN,
        }
    }
}

/// Starts a supervisor and waits until it is ready.
pub(super) async fn launch(launch: Launch) -> Result<Supervisor, SuperviseError> {
    let executable = launch.executable.clone();
    let refused = |source| SuperviseError::Start {
        executable: launch.executable.clone(),
        source,
    };
    let (socket, child) = start(&launch).map_err(refused)?;
    let lifeline = socket.try_clone().map_err(refused)?;
    // From here on dropping the handle ends the process, whatever fails below.
    let mut supervisor = Supervisor::unready(lifeline, child, &launch);
    supervisor.guarded_by(guard(&launch, supervisor.number()).map_err(refused)?);
    if let Err(error) = greet(&socket, &launch) {
        let said = format!("{} ({error})", last_words(&launch.scratch));
        return Err(SuperviseError::Silent { executable, said });
    }
    socket.set_nonblocking(true).map_err(refused)?;
    let (reader, writer) = tokio::net::UnixStream::from_std(socket)
        .map_err(refused)?
        .into_split();
    let mut lines = link::Lines::new(reader);
    let said = match tokio::time::timeout(READY_WITHIN, lines.next()).await {
        Ok(Some(Ok(Message::Ready(ready)))) => {
            let (link, events) = Link::over(lines, writer);
            supervisor.ready(ready, link, events);
            return Ok(supervisor);
        }
        Ok(Some(Ok(_))) => "it spoke before it was ready".to_string(),
        Ok(Some(Err(error))) => format!("it speaks another language ({error})"),
        Ok(None) => last_words(&launch.scratch),
        Err(_) => format!(
            "nothing within {} s; does it answer {FLAG}?",
            READY_WITHIN.as_secs()
        ),
    };
    Err(SuperviseError::Silent { executable, said })
}

fn start(launch: &Launch) -> io::Result<(UnixStream, Child)> {
    std::fs::create_dir_all(&launch.scratch)?;
    let (ours, theirs) = UnixStream::pair()?;
    // Not the harness' own stderr: whoever waits for the end of that stream must not wait for the supervisor.
    let log = std::fs::File::create(log_file(&launch.scratch))?;
    let child = Command::new(&launch.executable)
        .arg(FLAG)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    Ok((ours, child))
}

/// Starts the supervisor's guard, with the harness' end of its lifeline.
fn guard(launch: &Launch, supervisor: u32) -> io::Result<Guard> {
    let (theirs, lifeline) = io::pipe()?;
    let log = std::fs::File::create(launch.scratch.join("guard.log"))?;
    let process = Command::new(&launch.executable)
        .args([FLAG, WORD])
        .arg(&launch.scratch)
        .arg(supervisor.to_string())
        .args([&launch.marker.0, &launch.marker.1])
        .stdin(theirs)
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    Ok(Guard { process, lifeline })
}

fn greet(socket: &UnixStream, launch: &Launch) -> io::Result<()> {
    let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
    let own = [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if launch.inherit {
        ancillary.push(SendAncillaryMessage::ScmRights(&own));
    }
    rustix::net::sendmsg(
        socket,
        &[IoSlice::new(&[GREETING])],
        &mut ancillary,
        SendFlags::empty(),
    )?;
    let setup = Setup {
        scratch: launch.scratch.clone(),
        hide: launch.hide.clone(),
        read_only: launch.read_only.clone(),
        marker: launch.marker.clone(),
        portable: launch.portable,
        inherit: launch.inherit,
    };
    let mut line = serde_json::to_vec(&setup)?;
    line.push(b'\n');
    let mut socket = socket;
    socket.write_all(&line)
}

fn log_file(scratch: &Path) -> PathBuf {
    scratch.join("supervisor.log")
}

fn last_words(scratch: &Path) -> String {
    let bytes = std::fs::read(log_file(scratch)).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    // The reason comes first; what may follow is a backtrace.
    let said: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .take(3)
        .collect();
    if said.is_empty() {
        return "it ended without a word".to_string();
    }
    format!("it ended and said: {}", said.join(" / "))
}
