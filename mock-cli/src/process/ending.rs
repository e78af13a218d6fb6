//! The end of the process: whoever begins it first has the last word.

use crate::ledger::{Event, Ledger};
use crate::order::{SortedMap, SortedSet};
use crate::profile::ServerEnd;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, test_kill_process_group,
    waitid,
};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Clones share the one end.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    begun: Arc<AtomicBool>,
    /// Held while something is started that the end has to find.
    starts: Arc<Mutex<()>>,
    ledger: Ledger,
    /// The process groups of commands that run.
    groups: Arc<Mutex<SortedSet<i32>>>,
    /// The process groups of hooks that run.
    hooks: Arc<Mutex<SortedSet<i32>>>,
    /// Whether both end with the process, and in peace.
    kills: bool,
    /// One for each group that was told to end; it is closed when that is over.
    dying: Arc<Mutex<Vec<Receiver<()>>>>,
    /// Servers that are asked to end with the process.
    servers: Arc<Mutex<SortedMap<i32, ServerEnd>>>,
    /// Files that an orderly end takes away.
    passing: Arc<Mutex<Vec<PathBuf>>>,
    /// Folders that any end takes away.
    folders: Arc<Mutex<Vec<PathBuf>>>,
}

impl Ending {
    pub(crate) fn new(ledger: Ledger, kills: bool) -> Self {
        Ending {
            begun: Arc::default(),
            starts: Arc::default(),
            ledger,
            groups: Arc::default(),
            hooks: Arc::default(),
            kills,
            dying: Arc::default(),
            servers: Arc::default(),
            passing: Arc::default(),
            folders: Arc::default(),
        }
    }

    /// Notes a file that an orderly end takes away.
    pub(crate) fn will_remove(&self, file: PathBuf) {
        self.passing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(file);
    }

    /// Notes a folder that any end takes away that the process lives to see.
    pub(crate) fn will_remove_folder(&self, folder: PathBuf) {
        self.folders
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(folder);
    }

    /// Takes the files away that only a running process has.
    pub(crate) fn tidy(&self) {
        let mut files = self.passing.lock().unwrap_or_else(PoisonError::into_inner);
        for file in files.drain(..) {
            // Whoever took it away before has done what was to be done.
            let _ = std::fs::remove_file(file);
        }
    }

    /// Holds the end up while something is started and noted here, else the end could miss it. Where it has begun this
    /// never returns.
    pub(crate) fn hold(&self) -> MutexGuard<'_, ()> {
        loop {
            let held = self.starts();
            if !self.has_begun() {
                return held;
            }
            drop(held);
            self.give_way();
        }
    }

    fn starts(&self) -> MutexGuard<'_, ()> {
        self.starts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a command's process group, see [`Ending::hold`].
    pub(crate) fn will_kill(&self, group: i32) {
        self.groups().insert(group);
    }

    /// Forgets a group whose command has ended.
    pub(crate) fn has_ended(&self, group: i32) {
        self.groups().remove(&group);
    }

    /// Notes a hook's process group, see [`Ending::hold`].
    pub(crate) fn will_kill_hook(&self, group: i32) {
        self.hooks().insert(group);
    }

    /// Forgets a group whose hook has ended.
    pub(crate) fn hook_has_ended(&self, group: i32) {
        self.hooks().remove(&group);
    }

    /// Kills a hook with everything that it started.
    pub(crate) fn kill_hook(&self, group: i32) {
        self.hook_has_ended(group);
        let over = self.put_down(group);
        self.dying().extend(over);
    }

    fn hooks(&self) -> MutexGuard<'_, SortedSet<i32>> {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a server, which is asked to end with the process, however that ends, see [`Ending::hold`].
    pub(crate) fn will_end(&self, pid: i32, end: ServerEnd) {
        self.servers().insert(pid, end);
    }

    /// Forgets a server that has ended.
    pub(crate) fn server_ended(&self, pid: i32) {
        self.servers().remove(&pid);
    }

    fn servers(&self) -> MutexGuard<'_, SortedMap<i32, ServerEnd>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether commands run that end with the process.
    pub(crate) fn has_commands(&self) -> bool {
        self.kills && !self.groups().is_empty()
    }

    /// Kills the commands that run, before the process ends by a signal: it waits for them, and for nothing that they
    /// started.
    pub(crate) fn kill_all(&self) {
        for group in std::mem::take(&mut *self.groups()) {
            self.put_down(group);
        }
    }

    /// Kills a command with everything that it started. The process outlives its grace.
    pub(crate) fn kill(&self, group: i32) {
        self.has_ended(group);
        let over = self.put_down(group);
        self.dying().extend(over);
    }

    /// Kills a group as the version does: at once, or after it was told to end, which is over when what is returned is
    /// closed.
    fn put_down(&self, group: i32) -> Option<Receiver<()>> {
        let pid = Pid::from_raw(group)?;
        if !self.kills {
            signal(pid, Signal::KILL);
            return None;
        }
        signal(pid, Signal::TERM);
        let (over, end) = channel::<()>();
        let wait = move || {
            let _over = over;
            wait_for_group(pid, Instant::now() + GRACE);
            signal(pid, Signal::KILL);
        };
        match thread::Builder::new().name("group-end".into()).spawn(wait) {
            Ok(_) => Some(end),
            // Without a thread nothing says when its grace is over.
            Err(_) => {
                signal(pid, Signal::KILL);
                None
            }
        }
    }

    fn dying(&self) -> MutexGuard<'_, Vec<Receiver<()>>> {
        self.dying.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn groups(&self) -> MutexGuard<'_, SortedSet<i32>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Never returns once another thread has begun the end: nothing happens any more.
    pub(crate) fn give_way(&self) {
        while self.has_begun() {
            thread::park();
        }
    }

    fn has_begun(&self) -> bool {
        self.begun.load(Ordering::SeqCst)
    }

    /// Begins the end and notes it. Where another thread has begun it already this never returns: that thread
    /// is about to end the process, and a second exit code would be a lie.
    pub(crate) fn begin(&self, event: Event) {
        if self.begun.swap(true, Ordering::SeqCst) {
            self.give_way();
        }
        // What is being started is noted first.
        drop(self.starts());
        if self.kills {
            for group in std::mem::take(&mut *self.hooks()) {
                let over = self.put_down(group);
                self.dying().extend(over);
            }
        }
        for dying in std::mem::take(&mut *self.dying()) {
            // Nothing is sent; it is closed.
            let _ = dying.recv();
        }
        let servers = std::mem::take(&mut *self.servers());
        // All are of one version.
        if let Some(end) = servers.values().next() {
            end_in_peace(servers.keys().copied(), *end);
        }
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        for folder in folders.drain(..) {
            // A command that goes on may hold it; it is in the folder for such things.
            let _ = std::fs::remove_dir_all(folder);
        }
        self.ledger.note(event);
    }

    /// Ends the process from any thread.
    pub(crate) fn exit(&self, event: Event, code: i32) -> ! {
        self.begin(event);
        std::process::exit(code)
    }
}

/// How long a command or a hook has between SIGTERM and SIGKILL, as seen on 2.1.330.
pub(super) const GRACE: Duration = Duration::from_millis(1500);

/// Sends a signal to a group; it may have ended by itself.
fn signal(group: Pid, signal: Signal) {
    let _ = kill_process_group(group, signal);
}

/// Waits until nobody is left in a group, or until that time. Nothing tells of the end of processes that are no children
/// of one's own, so the group is looked at.
fn wait_for_group(group: Pid, until: Instant) {
    const LOOK: Duration = Duration::from_millis(5);
    while test_kill_process_group(group).is_ok() && Instant::now() < until {
        thread::sleep(LOOK);
    }
}

/// How long a server has after each step, before it is killed. (Seen on 2.1.330: one that needs 200 ms gets SIGTERM and
/// ends in peace, one that needs 2 s is killed.)
fn steps(end: ServerEnd) -> &'static [(Option<Signal>, Duration)] {
    const SHORT: Duration = Duration::from_millis(100);
    const LONG: Duration = Duration::from_millis(400);
    match end {
        ServerEnd::Interrupt => &[(Some(Signal::INT), SHORT), (Some(Signal::TERM), LONG)],
        ServerEnd::Terminate => &[(Some(Signal::TERM), LONG)],
        ServerEnd::Eof => &[(None, LONG), (Some(Signal::TERM), LONG)],
    }
}

/// Ends children of this process: asked to, then told to, then killed. Whoever has started them waits for them, and
/// has closed their stdin where that is what ends them.
pub(crate) fn end_in_peace(pids: impl IntoIterator<Item = i32>, end: ServerEnd) {
    let mut left: Vec<(Pid, Receiver<()>)> = Vec::new();
    for pid in pids.into_iter().filter_map(Pid::from_raw) {
        let (ended, end) = channel();
        let wait = move || {
            let _ended: Sender<()> = ended;
            // The end is only looked at. An error says that there is no such child any more.
            let _ = waitid(
                WaitId::Pid(pid),
                WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
            );
        };
        let waits = thread::Builder::new().name("server-end".into()).spawn(wait);
        // Without a thread to wait for it nothing says when its grace is over.
        match waits {
            Ok(_) => left.push((pid, end)),
            Err(_) => kill_now(pid),
        }
    }
    for (signal, grace) in steps(end) {
        if let Some(signal) = *signal {
            for (pid, _) in &left {
                // It may have ended by itself.
                let _ = kill_process(*pid, signal);
            }
        }
        let until = Instant::now() + *grace;
        left.retain(|(_, end)| {
            let left = until.saturating_duration_since(Instant::now());
            end.recv_timeout(left) == Err(RecvTimeoutError::Timeout)
        });
    }
    for (pid, _) in left {
        kill_now(pid);
    }
}

/// Kills a process; it may have ended by itself.
fn kill_now(pid: Pid) {
    let _ = kill_process(pid, Signal::KILL);
}
