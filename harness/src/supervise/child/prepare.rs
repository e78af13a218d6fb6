//! What a new process does between fork and exec. The only place for it, because it is unsafe.

use crate::supervise::SpawnSpec;
use crate::supervise::Stdio as Kind;
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// All decided before the fork: after it, only system calls.
struct Steps {
    new_session: bool,
    /// What becomes the controlling terminal.
    terminal: Option<OwnedFd>,
    umask: Option<Mode>,
    limits: [Option<(Resource, Rlimit)>; 2],
    close: [bool; 3],
}

/// Makes `command` lead its session, set its mask and limits and close descriptors, as `spec` says.
pub(super) fn prepare(command: &mut Command, spec: &SpawnSpec, terminal: Option<OwnedFd>) {
    let steps = Steps {
        new_session: spec.new_session || terminal.is_some(),
        terminal,
        umask: spec.umask.map(|mask| Mode::from_bits_truncate(mask as _)),
        limits: [
            spec.nofile.map(|soft| soft_limit(Resource::Nofile, soft)),
            spec.core.map(|soft| soft_limit(Resource::Core, soft)),
        ],
        close: [spec.stdin, spec.stdout, spec.stderr].map(|kind| kind == Kind::Closed),
    };
    before_exec(command, steps);
}

fn soft_limit(resource: Resource, soft: u64) -> (Resource, Rlimit) {
    let hard = rustix::process::getrlimit(resource).maximum;
    let soft = hard.map_or(soft, |hard| soft.min(hard));
    (
        resource,
        Rlimit {
            current: Some(soft),
            maximum: hard,
        },
    )
}

#[expect(
    unsafe_code,
    reason = "a session, a mask, limits and closed descriptors can only be set in the new process"
)]
fn before_exec(command: &mut Command, steps: Steps) {
    // SAFETY: the closure runs in a fork of a single-threaded process and makes system calls only: it allocates
    // nothing and takes no lock. Descriptors 0 to 2 of the new process belong to nobody in it but the program to come.
    unsafe {
        command.pre_exec(move || {
            let steps = &steps;
            // Should the supervisor be killed, its lifeline to the harness is no help any more.
            #[cfg(target_os = "linux")]
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
            if steps.new_session {
                rustix::process::setsid()?;
            }
            if let Some(terminal) = &steps.terminal {
                rustix::process::ioctl_tiocsctty(terminal)?;
            }
            if let Some(mask) = steps.umask {
                rustix::process::umask(mask);
            }
            for (resource, limit) in steps.limits.iter().flatten() {
                rustix::process::setrlimit(*resource, *limit)?;
            }
            for (descriptor, _) in (0..).zip(&steps.close).filter(|(_, close)| **close) {
                rustix::io::close(descriptor);
            }
            Ok::<(), io::Error>(())
        });
    }
}
