//! The supervisor's own process: single-threaded, so that it can be the only one that waits on strangers.

mod census;
mod conditions;
mod descriptors;
mod ending;
pub(super) mod guard;
mod jobs;
mod journal;
mod listeners;
mod logs;
mod looking;
mod mask;
mod members;
mod poll;
mod prepare;
mod requests;
mod run;
mod signals;
mod spawn;
mod terminal;
mod wire;

pub(super) use census::strays;

use super::wire::{Ready, Setup};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Serves as a run's supervisor until the harness closes its end or is gone, then ends the run and the process; or as
/// the guard of a supervisor, which ends the run where the supervisor cannot.
///
/// An executable calls this first thing in `main` when its first argument is [`super::FLAG`]: before it has a second
/// thread or an open file.
pub fn main() -> ! {
    let arguments: Vec<_> = std::env::args_os().skip(2).collect();
    let served = match arguments.split_first() {
        Some((word, arguments)) if word == guard::WORD => guard::serve(arguments),
        _ => serve(),
    };
    match served {
        Ok(()) => std::process::exit(0),
        Err(error) => {
            eprintln!("claude-harness supervisor: {error}");
            std::process::exit(1)
        }
    }
}

fn serve() -> io::Result<()> {
    descriptors::close_strays();
    let (mut wire, inherited) = wire::Wire::greeted()?;
    let setup = wire.setup()?;
    let _alive = guard::mark_alive(&setup.scratch)?;
    leave_the_group(&setup)?;
    // Not on a folder that somebody else may want to remove or mount on.
    std::env::set_current_dir("/")?;
    let signals = signals::Signals::register()?;
    let isolation = mask::isolate(&setup);
    let census = census::open(&setup)?;
    let ready = Ready {
        pid: std::process::id(),
        isolation,
        limits: census.limits(),
    };
    wire.put(&super::wire::Message::Ready(ready));
    let mut run = run::Run::new(setup, inherited, wire, signals, census);
    let serving = catch_unwind(AssertUnwindSafe(|| run.serve()));
    if serving.is_err() {
        // A mistake in here must not leave the run to nobody. Ending it needs no more than a census.
        let _ = catch_unwind(AssertUnwindSafe(|| run.end(None)));
        return Err(io::Error::other("it panicked, and has ended the run"));
    }
    Ok(())
}

/// A kill of the harness' group, or Ctrl-C in its terminal, must not take the supervisor before it has cleaned up.
fn leave_the_group(setup: &Setup) -> io::Result<()> {
    if setup.inherit {
        // In the same session, or the terminal would not serve the processes that get it.
        rustix::process::setpgid(None, None)?;
    } else {
        rustix::process::setsid()?;
    }
    Ok(())
}
