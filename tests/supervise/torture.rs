//! Every way of getting away, in every combination; and a well-behaved backend, which must not be accused.

use crate::trial;
use crate::world::{Actor, GIVE_UP, Way, World, block_on, died};
use claude_harness::supervise::{Status, StopSpec, Supervisor};
use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use std::io::Write;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// The first argument that makes the test binary a torturer: `<flag> <socket> <escapes> <generation>`.
pub(crate) const FLAG: &str = "--torture";

/// Its parent is dead before anybody looks.
const DOUBLE_FORK: u32 = 1;
const NEW_SESSION: u32 = 2;
/// Every descriptor, 0 to 2 included.
const CLOSE_ALL: u32 = 4;
/// Its arguments and its name in the listing.
const RENAME: u32 = 8;
/// `SIGTERM` and `SIGHUP` do nothing.
const DEFY: u32 = 16;
/// The marker is gone.
const CLEAR_ENVIRONMENT: u32 = 32;
/// Two generations further down.
const GRANDCHILD: u32 = 64;
const COMBINATIONS: u32 = 128;
/// Each combination while the supervisor looks, and once behind its back.
const RUNS: u32 = 2 * COMBINATIONS;
const WELL_BEHAVED: u32 = 200;
/// As many at a time: a run mostly waits for processes to start.
const THREADS: u32 = 4;

pub(crate) fn trials(way: Way) -> Vec<Trial> {
    vec![
        trial(
            way,
            "every_combination_of_escapes_is_found_and_ended",
            every_combination,
        ),
        trial(
            way,
            "a_well_behaved_backend_is_never_accused",
            never_accused,
        ),
    ]
}

/// What a process of the torturer does before it announces itself as `tortured <pid>`.
pub(crate) fn main(arguments: &[String]) -> ! {
    let [socket, escapes, generation] = arguments else {
        panic!("a torturer needs a socket, escapes and a generation")
    };
    let escapes: u32 = escapes.parse().expect("a number");
    let generation: u32 = generation.parse().expect("a number");
    let last = if escapes & GRANDCHILD == 0 { 1 } else { 3 };
    if generation < last {
        let mut next = Command::new(std::env::current_exe().expect("a path"));
        let number = (generation + 1).to_string();
        next.args([FLAG, socket, &escapes.to_string(), &number])
            .stdin(Stdio::null());
        if escapes & CLEAR_ENVIRONMENT != 0 {
            next.env_clear();
        }
        if escapes & RENAME != 0 {
            next.arg0("[kworker/0:1]");
        }
        let mut child = next.spawn().expect("a process");
        if escapes & DOUBLE_FORK != 0 {
            std::process::exit(0);
        }
        let _ = child.wait();
        std::process::exit(0);
    }
    escape(escapes);
    let mut control = UnixStream::connect(socket).expect("the test listens");
    writeln!(control, "tortured {}", std::process::id()).expect("the test listens");
    if escapes & CLOSE_ALL != 0 {
        close_all(control);
    } else {
        std::mem::forget(control);
    }
    loop {
        std::thread::park();
    }
}

fn escape(escapes: u32) {
    if escapes & NEW_SESSION != 0 {
        rustix::process::setsid().expect("no leader of a group");
    }
    #[cfg(target_os = "linux")]
    if escapes & RENAME != 0 {
        rustix::thread::set_name(c"kworker/0:1").expect("a new name");
    }
    if escapes & DEFY != 0 {
        for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
            signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))
                .expect("a handler");
        }
    }
}

#[expect(unsafe_code, reason = "no safe interface closes what others own")]
fn close_all(control: UnixStream) {
    drop(control);
    for descriptor in 0..256 {
        // SAFETY: this process does nothing with any descriptor from here on.
        unsafe {
            if rustix::io::fcntl_getfd(BorrowedFd::borrow_raw(descriptor)).is_ok() {
                rustix::io::close(descriptor);
            }
        }
    }
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(number.cast_signed()).unwrap()
}

/// Runs `one` for each number, some at a time; all of them, before the first failure is passed on.
fn each(runs: u32, one: impl Fn(u32) + Sync) {
    let next = AtomicU32::new(0);
    let failed = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let number = next.fetch_add(1, Ordering::Relaxed)
                    && number < runs
                {
                    let run = std::panic::AssertUnwindSafe(|| one(number));
                    if std::panic::catch_unwind(run).is_err() {
                        eprintln!("run {number} failed");
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner(), 0, "runs failed");
}

async fn every_combination(way: Way) {
    each(RUNS, |number| {
        block_on(tortured(way, number % COMBINATIONS, number >= COMBINATIONS));
    });
}

/// The combinations that the portable way cannot see, as its limits say: no tie is left, and nobody looked meanwhile.
fn has_no_tie(escapes: u32) -> bool {
    let all = DOUBLE_FORK | NEW_SESSION | CLEAR_ENVIRONMENT;
    escapes & all == all
}

async fn tortured(way: Way, escapes: u32, behind_its_back: bool) {
    let mut world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let mut backend = world.start(&supervisor, "backend").await;
    if behind_its_back {
        kill_process(pid(supervisor.pid()), Signal::STOP).unwrap();
        // The signal is only on its way yet.
        let stopped = waitpid(Some(pid(supervisor.pid())), WaitOptions::UNTRACED).unwrap();
        assert!(stopped.is_some_and(|(_, status)| status.stopped()));
    }
    backend.ask(&format!("torture {escapes}"));
    let tortured = world.meet("tortured");
    if behind_its_back && escapes & DOUBLE_FORK != 0 {
        backend.ask("reap");
    }
    let gone = Gone::of(tortured);
    if behind_its_back {
        kill_process(pid(supervisor.pid()), Signal::CONT).unwrap();
    }
    backend.tell("exit 0");
    let status = died(&mut supervisor, backend.pid).await;
    assert_eq!(status, Some(Status::Exited(0)));
    let survivors = supervisor.survivors(Duration::ZERO).await;
    let found = survivors
        .iter()
        .any(|survivor| survivor.process.pid == gone.pid);
    let may_be_missed = way == Way::Portable && has_no_tie(escapes);
    if may_be_missed {
        let named = |limit: &String| limit.contains("cleared its environment");
        assert!(supervisor.limits().iter().any(named));
        assert!(
            !(found && behind_its_back),
            "{escapes:07b}: a limit is not true"
        );
    } else {
        assert!(found, "{escapes:07b} got away: {survivors:?}");
    }
    let finished = supervisor.finish().await.unwrap();
    if found {
        let ended = finished.ended.iter().any(|ended| ended.pid == gone.pid);
        assert!(ended, "{escapes:07b} was not ended: {:?}", finished.ended);
    } else {
        kill_process(pid(gone.pid), Signal::KILL).unwrap();
    }
    gone.wait();
}

async fn never_accused(way: Way) {
    each(WELL_BEHAVED, |number| block_on(well_behaved(way, number)));
}

/// A backend with a child, which it ends and waits for; by itself, or when asked to.
async fn well_behaved(way: Way, number: u32) {
    let world = World::new(way);
    let mut supervisor: Supervisor = world.supervisor().await;
    let when = if number.is_multiple_of(2) {
        "exit 0"
    } else {
        "echo up; while :; do wait $child; done"
    };
    let script = format!(
        "sleep 1000 & child=$!; trap 'kill $child; wait $child; exit 0' TERM; trap 'kill $child; wait $child' EXIT; {when}"
    );
    supervisor.spawn(&world.sh(&script)).await.unwrap();
    let up = async {
        while let Some(event) = supervisor.next_event().await {
            match event {
                claude_harness::supervise::Event::Log { .. } => return,
                claude_harness::supervise::Event::Died {
                    status: Some(_), ..
                } => return,
                _ => {}
            }
        }
    };
    up.await;
    let stopped = supervisor
        .stop(StopSpec {
            grace: GIVE_UP,
            ..StopSpec::default()
        })
        .await;
    assert_eq!(
        (stopped.status, stopped.forced),
        (Some(Status::Exited(0)), false)
    );
    assert_eq!(supervisor.survivors(Duration::from_secs(60)).await, []);
    assert_eq!(supervisor.finish().await.unwrap().ended, []);
}

/// Knows when a process is gone, also when that holds no descriptor any more.
struct Gone {
    pid: u32,
    #[cfg(target_os = "linux")]
    process: std::os::fd::OwnedFd,
}

impl Gone {
    fn of(actor: Actor) -> Gone {
        Gone {
            pid: actor.pid,
            #[cfg(target_os = "linux")]
            process: rustix::process::pidfd_open(
                pid(actor.pid),
                rustix::process::PidfdFlags::empty(),
            )
            .expect("it lives"),
        }
    }

    #[cfg(target_os = "linux")]
    fn wait(self) {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let limit = Timespec {
            tv_sec: 60,
            tv_nsec: 0,
        };
        let mut waiting = [PollFd::new(&self.process, PollFlags::IN)];
        poll(&mut waiting, Some(&limit)).expect("an event");
        assert!(!waiting[0].revents().is_empty(), "{} lives", self.pid);
    }

    #[cfg(not(target_os = "linux"))]
    fn wait(self) {
        // On macOS a kqueue would tell of it; what waits here is only a test.
        while rustix::process::test_kill_process(pid(self.pid)).is_ok() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
