//! The harness' side of a run.

use super::child::guard::OVER;
use super::link::{Link, Living, lock};
use super::wire::{Answer, Ask, Ready, Refusal};
use super::{
    Condition, Event, Isolation, Launch, Listener, Probe, Probed, Process, Signal, SignalError,
    SpawnError, SpawnSpec, Status, StopSpec, SuperviseError, Survivor, child, launch,
};
use std::io::{self, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::process::Child;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long [`Supervisor::finish`] lets processes react to `SIGTERM` before they are killed.
const LAST_GRACE: Duration = Duration::from_millis(500);
/// A process that does not die of `SIGKILL` within this time waits in the kernel: nothing is gained by waiting too.
const KILLED_WITHIN: Duration = Duration::from_secs(10);
/// No answer is waited for longer; a year cannot overflow.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
/// How long an answer may be late before the supervisor is told to go on, in case that something halted it.
const ROUSE_AFTER: Duration = Duration::from_secs(2);
/// How long a dropped handle waits for the supervisor to clean up; it goes on by itself after that.
const DROP_WAIT: Duration = Duration::from_secs(5);

/// A run's supervisor. Dropping it ends everything in the run by `SIGKILL`, also when the drop is due to a panic; so
/// does the death of the harness.
pub struct Supervisor {
    lifeline: UnixStream,
    process: Option<Child>,
    guard: Option<Guard>,
    ready: Option<Connection>,
    marker: (String, String),
    answers_within: Duration,
    /// The process that was started last, 0 before the first: the backend.
    backend: AtomicU32,
}

/// The supervisor's guard, and the harness' end of its lifeline: it acts when that closes without a word.
pub(super) struct Guard {
    pub(super) process: Child,
    pub(super) lifeline: io::PipeWriter,
}

impl Guard {
    /// Nobody is left, so that there is nothing to guard.
    fn dismiss(mut self) {
        let _ = self.lifeline.write_all(&[OVER]);
        drop(self.lifeline);
        let _ = self.process.wait();
    }
}

struct Connection {
    hello: Ready,
    link: Link,
    events: mpsc::UnboundedReceiver<Event>,
}

/// How the backend ended when it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Its status; None where nothing was started, the supervisor is gone, or not even `SIGKILL` helped in ten seconds.
    pub status: Option<Status>,
    /// The grace ran out and it was killed.
    pub forced: bool,
}

/// What was left when the run was ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finished {
    /// The processes that had to be ended.
    pub ended: Vec<Process>,
    /// What happened since the last [`Supervisor::next_event`].
    pub events: Vec<Event>,
}

impl Supervisor {
    /// Starts a supervisor, in a session of its own, and waits until it is ready. Needs a Tokio runtime with IO and
    /// time, on which it must stay.
    ///
    /// # Errors
    /// When the executable cannot be started or does not answer [`super::FLAG`].
    pub async fn launch(launch: Launch) -> Result<Supervisor, SuperviseError> {
        launch::launch(launch).await
    }

    pub(super) fn unready(lifeline: UnixStream, process: Child, launch: &Launch) -> Supervisor {
        Supervisor {
            lifeline,
            process: Some(process),
            guard: None,
            ready: None,
            marker: launch.marker.clone(),
            answers_within: launch.answers_within,
            backend: AtomicU32::new(0),
        }
    }

    pub(super) fn guarded_by(&mut self, guard: Guard) {
        self.guard = Some(guard);
    }

    /// The number of the supervisor's process.
    pub(super) fn number(&self) -> u32 {
        self.process.as_ref().map_or(0, Child::id)
    }

    pub(super) fn ready(
        &mut self,
        hello: Ready,
        link: Link,
        events: mpsc::UnboundedReceiver<Event>,
    ) {
        self.ready = Some(Connection {
            hello,
            link,
            events,
        });
    }

    fn connection(&self) -> &Connection {
        self.ready
            .as_ref()
            .expect("a handle is given out only when its supervisor is ready")
    }

    async fn ask(&self, ask: Ask) -> Result<Answer, SuperviseError> {
        self.ask_for(ask, Duration::ZERO).await
    }

    /// Asks something that may itself take `takes`; nothing that a run does to its supervisor can block the harness.
    async fn ask_for(&self, ask: Ask, takes: Duration) -> Result<Answer, SuperviseError> {
        let within = self.answers_within.saturating_add(takes);
        let mut answer = pin!(self.connection().link.ask(ask));
        let deadline = tokio::time::Instant::now() + within.min(LONGEST);
        let pause = ROUSE_AFTER.min(self.answers_within);
        loop {
            if let Ok(answer) = tokio::time::timeout(pause, &mut answer).await {
                return answer;
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(SuperviseError::Deaf { within });
            }
            self.rouse();
        }
    }

    /// A process of the run may have halted its supervisor: they belong to the same user.
    fn rouse(&self) {
        if let Some(process) = &self.process {
            signal_own(process, rustix::process::Signal::CONT);
        }
    }

    /// How the processes of the run are doing, and what each holds; none when the supervisor is gone.
    pub async fn conditions(&self) -> Vec<Condition> {
        match self.ask(Ask::Conditions).await {
            Ok(Answer::Conditions(conditions)) => conditions,
            _ => Vec::new(),
        }
    }

    /// The supervisor's own process, which is no part of the run.
    pub fn pid(&self) -> u32 {
        self.connection().hello.pid
    }

    /// What is hidden from the run.
    pub fn isolation(&self) -> &Isolation {
        &self.connection().hello.isolation
    }

    /// What cannot be seen of processes on this platform, one sentence each.
    pub fn limits(&self) -> &[String] {
        &self.connection().hello.limits
    }

    /// Looks for programs as processes of the run would find them.
    ///
    /// # Errors
    /// When the supervisor is gone.
    pub async fn probe(&self, probe: Probe) -> Result<Probed, SuperviseError> {
        match self.ask(Ask::Probe(probe)).await? {
            Answer::Probed(probed) => Ok(probed),
            _ => Err(SuperviseError::Gone),
        }
    }

    /// Starts a process; the one that was started last is the backend that [`Supervisor::stop`] ends.
    ///
    /// # Errors
    /// With the system's own error when the process cannot be started.
    pub async fn spawn(&self, spec: &SpawnSpec) -> Result<u32, SpawnError> {
        match self.ask(Ask::Spawn(spec.clone())).await? {
            Answer::Spawned(Ok(pid)) => {
                self.backend.store(pid, Ordering::Relaxed);
                Ok(pid)
            }
            Answer::Spawned(Err(failure)) => Err(failure.into()),
            _ => Err(SuperviseError::Gone.into()),
        }
    }

    /// The next thing that happens; None when the supervisor is gone. No event is lost when this is cancelled.
    pub async fn next_event(&mut self) -> Option<Event> {
        self.ready.as_mut()?.events.recv().await
    }

    /// The processes of the run that live now, without the supervisor; none when it is gone.
    pub async fn processes(&self) -> Vec<Process> {
        match self.ask(Ask::Processes).await {
            Ok(Answer::Processes(processes)) => processes,
            _ => Vec::new(),
        }
    }

    /// Who listens on this TCP port of the loopback address or of all addresses.
    pub async fn listeners(&self, port: u16) -> Vec<Listener> {
        match self.ask(Ask::Listeners { port }).await {
            Ok(Answer::Listeners(listeners)) => listeners,
            _ => Vec::new(),
        }
    }

    /// CPU time in milliseconds that the run's processes have used so far, the dead included. It never shrinks, and
    /// stands still when all of them wait.
    pub async fn cpu(&self) -> u64 {
        match self.ask(Ask::Cpu).await {
            Ok(Answer::Cpu(ms)) => ms,
            _ => 0,
        }
    }

    /// Signals a process of this run.
    ///
    /// # Errors
    /// When it is not a live process of this run, or the system refuses.
    pub async fn signal(&self, pid: u32, signal: Signal) -> Result<(), SignalError> {
        match self.ask(Ask::Signal { pid, signal }).await? {
            Answer::Signalled(Ok(())) => Ok(()),
            Answer::Signalled(Err(Refusal::NotOfThisRun)) => Err(SignalError::NotOfThisRun(pid)),
            Answer::Signalled(Err(Refusal::System(errno))) => {
                Err(SignalError::Refused { pid, errno })
            }
            _ => Err(SuperviseError::Gone.into()),
        }
    }

    /// How a process of this run ended; None while it is not known to have.
    pub fn ended(&self, pid: u32) -> Option<Option<Status>> {
        self.connection().link.dead(pid)
    }

    /// Waits until a process that [`Supervisor::spawn`] started ends; None when the supervisor is gone. Events stay in
    /// line for [`Supervisor::next_event`].
    pub async fn wait(&self, pid: u32) -> Option<Status> {
        self.connection().link.death(pid).await.flatten()
    }

    /// Asks the backend to end and waits for that; when the grace is over it is killed. Its descendants are left alone:
    /// see [`Supervisor::survivors`].
    pub async fn stop(&mut self, spec: StopSpec) -> Stopped {
        let backend = self.backend.load(Ordering::Relaxed);
        if backend == 0 {
            return Stopped {
                status: None,
                forced: false,
            };
        }
        if let Some(status) = self.ended(backend) {
            return Stopped {
                status,
                forced: false,
            };
        }
        // It may be dead already: then the wait is over at once.
        let _ = self.signal(backend, spec.signal).await;
        if let Ok(status) = tokio::time::timeout(spec.grace, self.wait(backend)).await {
            return Stopped {
                status,
                forced: false,
            };
        }
        let forced = self.signal(backend, Signal::Kill).await.is_ok();
        let status = tokio::time::timeout(KILLED_WITHIN, self.wait(backend)).await;
        Stopped {
            status: status.ok().flatten(),
            forced,
        }
    }

    /// Who of the run still lives (zombies aside) after at most `settle`; returns as soon as nobody does.
    pub async fn survivors(&mut self, settle: Duration) -> Vec<Survivor> {
        match self
            .ask_for(
                Ask::Survivors {
                    settle_ms: milliseconds(settle),
                },
                settle,
            )
            .await
        {
            Ok(Answer::Survivors(survivors)) => survivors,
            _ => Vec::new(),
        }
    }

    /// Ends every process that is left, by `SIGTERM` and soon by `SIGKILL`, and then the supervisor itself.
    ///
    /// # Errors
    /// When the supervisor was gone already.
    pub async fn finish(mut self) -> Result<Finished, SuperviseError> {
        let answer = self
            .ask_for(
                Ask::Finish {
                    grace_ms: milliseconds(LAST_GRACE),
                },
                LAST_GRACE + KILLED_WITHIN,
            )
            .await;
        if answer.is_err()
            && let Some(process) = &self.process
        {
            // Deaf for good: whoever it left is ended without it.
            signal_own(process, rustix::process::Signal::KILL);
        }
        // Only this direction: what the supervisor has still to say is read to its end.
        let _ = self.lifeline.shutdown(Shutdown::Write);
        let mut events = Vec::new();
        if let Some(connection) = &mut self.ready {
            let rest = async {
                while let Some(event) = connection.events.recv().await {
                    events.push(event);
                }
            };
            let _ = tokio::time::timeout(KILLED_WITHIN, rest).await;
        }
        if let Some(burial) = self.burial() {
            let _ = tokio::task::spawn_blocking(move || burial.hold()).await;
        }
        match answer? {
            Answer::Finished(ended) => Ok(Finished { ended, events }),
            _ => Err(SuperviseError::Gone),
        }
    }
}

impl Supervisor {
    fn burial(&mut self) -> Option<Burial> {
        Some(Burial {
            process: self.process.take()?,
            guard: self.guard.take(),
            marker: self.marker.clone(),
            living: self.ready.as_ref().map(|ready| ready.link.living()),
        })
    }
}

/// The end of a supervisor, which is waited for away from the runtime.
struct Burial {
    process: Child,
    guard: Option<Guard>,
    marker: (String, String),
    living: Option<Living>,
}

impl Burial {
    /// Waits for the supervisor. If it was killed, or failed, its run is ended here.
    fn hold(mut self) {
        if !self.process.wait().is_ok_and(|status| status.success()) {
            let living = self.living.map(|living| lock(&living).clone());
            child::strays::end(&self.marker, &living.unwrap_or_default());
        }
        if let Some(guard) = self.guard {
            guard.dismiss();
        }
    }
}

/// Signals the supervisor, which was not waited for yet: its number is its own.
fn signal_own(process: &Child, signal: rustix::process::Signal) {
    let pid = i32::try_from(process.id()).ok();
    if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let _ = self.lifeline.shutdown(Shutdown::Both);
        self.rouse();
        let Some(burial) = self.burial() else {
            return;
        };
        // Waiting here keeps a stage's folder from being removed under a live process; the thread reaps the supervisor
        // also when it needs longer than that.
        let (gone, going) = channel();
        let reaper = std::thread::Builder::new()
            .name("supervisor-reaper".to_string())
            .spawn(move || {
                burial.hold();
                let _ = gone.send(());
            });
        if reaper.is_ok() {
            let _ = going.recv_timeout(DROP_WAIT);
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
