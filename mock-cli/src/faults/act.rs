//! Faults of the process, as they happen.

use super::{Death, Grandchild, PointFault, Stream};
use crate::process::{EX_SCRIPT, Quit, complain};
use rustix::process::{Resource, Rlimit, Signal, getpid, kill_process, setrlimit};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Does what concerns the process; what is written to stdout is the caller's.
pub(crate) fn perform(fault: &PointFault) -> Result<(), Quit> {
    let done = match fault {
        PointFault::Stderr(text) => {
            complain(&format!("{text}\n"));
            Ok(())
        }
        PointFault::StderrFlood(kib) => {
            flood(*kib);
            Ok(())
        }
        PointFault::Signal(name) => raise(name),
        PointFault::Grandchild(grandchild) => leave(grandchild),
        PointFault::Zombie => spawn(&mut Command::new("/bin/sh"), &["-c", ":"]),
        _ => Ok(()),
    };
    done.map_err(failed)
}

/// A fault that could not be had.
#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
pub(crate) fn failed(error: io::Error) -> Quit {
    complain(&format!("mock-claude: failed to misbehave: {error}\n"));
    Quit(EX_SCRIPT)
}

/// Dies.
pub(crate) fn die(death: &Death) -> Quit {
    if let Some(text) = &death.stderr {
        complain(&format!("{text}\n"));
    }
    if let Some(name) = &death.signal
        && let Err(error) = raise(name)
    {
        complain(&format!("mock-claude: failed to misbehave: {error}\n"));
        return Quit(EX_SCRIPT);
    }
    Quit(death.exit.unwrap_or(1))
}

fn flood(kib: u32) {
    let line = format!("{:.<1023}\n", "stderr ");
    for _ in 0..kib {
        complain(&line);
    }
}

/// The signals that a script can name.
pub const SIGNALS: &[&str] = &[
    "SIGABRT", "SIGBUS", "SIGHUP", "SIGILL", "SIGINT", "SIGKILL", "SIGPIPE", "SIGSEGV", "SIGTERM",
    "SIGTRAP",
];

fn signal(name: &str) -> Option<Signal> {
    Some(match name {
        "SIGABRT" => Signal::ABORT,
        "SIGBUS" => Signal::BUS,
        "SIGHUP" => Signal::HUP,
        "SIGILL" => Signal::ILL,
        "SIGINT" => Signal::INT,
        "SIGKILL" => Signal::KILL,
        "SIGPIPE" => Signal::PIPE,
        "SIGSEGV" => Signal::SEGV,
        "SIGTERM" => Signal::TERM,
        "SIGTRAP" => Signal::TRAP,
        _ => return None,
    })
}

/// Dies of a signal; one that has a handler is heard by it.
fn raise(name: &str) -> io::Result<()> {
    let signal = signal(name).ok_or_else(|| io::Error::other(format!("no signal {name}")))?;
    // Somebody else's tests are no reason to leave a core file behind; where that is refused there is one.
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    kill_process(getpid(), signal)?;
    // Rust's own handler looks for an overflow of the stack, and only then steps aside.
    if signal == Signal::SEGV || signal == Signal::BUS {
        kill_process(getpid(), signal)?;
    }
    loop {
        std::thread::park();
    }
}

/// A process that nobody ends: an hour is for ever here. The fraction tells whose it is, to people and tests.
fn leave(grandchild: &Grandchild) -> io::Result<()> {
    let mut command = Command::new("/bin/sleep");
    let holds = |stream| match grandchild.holds.contains(&stream) {
        true => Stdio::inherit(),
        false => Stdio::null(),
    };
    command
        .stdout(holds(Stream::Stdout))
        .stderr(holds(Stream::Stderr));
    if grandchild.new_session {
        leads_a_session(&mut command);
    }
    command.stdin(Stdio::null());
    let length = format!("3600.{}", std::process::id());
    command.arg(length).spawn().map(drop)
}

#[expect(unsafe_code, reason = "a session can only be set in the new process")]
fn leads_a_session(command: &mut Command) {
    // SAFETY: a system call and nothing else.
    unsafe {
        command.pre_exec(|| Ok(rustix::process::setsid().map(drop)?));
    }
}

/// Starts a child that nobody waits for.
fn spawn(command: &mut Command, args: &[&str]) -> io::Result<()> {
    command.args(args).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(drop)
}
