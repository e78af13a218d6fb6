//! The surroundings of a test: a folder, a socket for actors, a supervisor in one of its two ways.

use crate::actor;
use claude_harness::supervise::{Event, Launch, Process, SpawnSpec, Stream, Supervisor};
use rustix::event::{PollFd, PollFlags, Timespec};
use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// When a test is given up: far beyond what a busy machine needs.
pub(crate) const GIVE_UP: Duration = Duration::from_secs(120);

/// How processes are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Adopted,
    Portable,
}

impl Way {
    /// The ways that this platform has.
    pub(crate) fn here() -> Vec<Way> {
        if cfg!(target_os = "linux") {
            vec![Way::Adopted, Way::Portable]
        } else {
            vec![Way::Portable]
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Way::Adopted => "adopted",
            Way::Portable => "portable",
        }
    }
}

/// Runs a test on a runtime of its own.
pub(crate) fn block_on(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        tokio::time::timeout(GIVE_UP, test)
            .await
            .expect("the test to end in time")
    });
}

pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) way: Way,
    control: UnixListener,
    early: Vec<Actor>,
}

impl World {
    pub(crate) fn new(way: Way) -> World {
        // Short: the path of a socket may have about a hundred bytes.
        let dir = tempfile::Builder::new()
            .prefix("chs-")
            .tempdir()
            .expect("a folder");
        let control = UnixListener::bind(dir.path().join("s")).expect("a socket");
        World {
            dir,
            way,
            control,
            early: Vec::new(),
        }
    }

    /// The launch of this world's supervisor.
    pub(crate) fn launch(&self) -> Launch {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let run = format!(
            "{}-{}",
            std::process::id(),
            RUNS.fetch_add(1, Ordering::Relaxed)
        );
        let exe = std::env::current_exe().expect("a path");
        let mut launch = Launch::new(
            exe,
            self.dir.path().join("scratch"),
            ("HARNESS_TEST_RUN".to_string(), run),
        );
        launch.portable = self.way == Way::Portable;
        launch
    }

    pub(crate) async fn supervisor(&self) -> Supervisor {
        Supervisor::launch(self.launch())
            .await
            .expect("a supervisor")
    }

    /// `/bin/sh -c script` in this world's folder.
    pub(crate) fn sh(&self, script: &str) -> SpawnSpec {
        SpawnSpec::new("/bin/sh".into(), self.dir.path().into())
            .args(["-c", script])
            .env("PATH", "/usr/bin:/bin")
    }

    pub(crate) fn actor_spec(&self, name: &str) -> SpawnSpec {
        let exe = std::env::current_exe().expect("a path");
        let socket = self.socket().display().to_string();
        SpawnSpec::new(exe, self.dir.path().into()).args([actor::FLAG, &socket, name])
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("s")
    }

    /// Starts an actor as a process of the run.
    pub(crate) async fn start(&mut self, supervisor: &Supervisor, name: &str) -> Actor {
        supervisor
            .spawn(&self.actor_spec(name))
            .await
            .expect("a process");
        self.meet(name)
    }

    /// Waits for the actor of that name.
    pub(crate) fn meet(&mut self, name: &str) -> Actor {
        loop {
            if let Some(index) = self.early.iter().position(|actor| actor.name == name) {
                return self.early.swap_remove(index);
            }
            let mut waiting = [PollFd::new(&self.control, PollFlags::IN)];
            let timeout = Timespec {
                tv_sec: 60,
                tv_nsec: 0,
            };
            rustix::event::poll(&mut waiting, Some(&timeout)).expect("an event");
            assert!(!waiting[0].revents().is_empty(), "{name} never came");
            let (stream, _) = self.control.accept().expect("an actor");
            self.early.push(Actor::new(stream));
        }
    }
}

/// The test's end of an actor.
pub(crate) struct Actor {
    pub(crate) name: String,
    pub(crate) pid: u32,
    stream: BufReader<UnixStream>,
}

impl Actor {
    fn new(stream: UnixStream) -> Actor {
        stream.set_nonblocking(false).expect("a blocking socket");
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .expect("a limit");
        let mut actor = Actor {
            name: String::new(),
            pid: 0,
            stream: BufReader::new(stream),
        };
        let hello = actor.line();
        let (name, pid) = hello.split_once(' ').expect("a name and a number");
        (actor.name, actor.pid) = (name.to_string(), pid.parse().expect("a number"));
        actor
    }

    /// Tells it to do something, and waits until it has.
    pub(crate) fn ask(&mut self, order: &str) -> String {
        self.tell(order);
        self.line()
    }

    /// Tells it to do something after which it does not answer.
    pub(crate) fn tell(&mut self, order: &str) {
        writeln!(self.stream.get_mut(), "{order}").expect("the actor lives");
    }

    /// Waits until it is dead, or has closed its end.
    pub(crate) fn gone(mut self) {
        // A kill with unread orders is seen as a reset.
        let mut rest = String::new();
        match self.stream.read_line(&mut rest) {
            Ok(read) => assert_eq!((read, rest.as_str()), (0, "")),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("an answer");
        assert!(line.ends_with('\n'), "{} is dead", self.name);
        line.trim_end().to_string()
    }
}

/// Waits for an event that `pick` takes; the others are dropped.
pub(crate) async fn until<T>(
    supervisor: &mut Supervisor,
    mut pick: impl FnMut(Event) -> Option<T>,
) -> T {
    loop {
        let event = supervisor
            .next_event()
            .await
            .expect("the supervisor to live");
        if let Some(picked) = pick(event) {
            return picked;
        }
    }
}

pub(crate) async fn born(supervisor: &mut Supervisor, pid: u32) -> Process {
    until(supervisor, |event| match event {
        Event::Born(process) if process.pid == pid => Some(process),
        _ => None,
    })
    .await
}

pub(crate) async fn died(
    supervisor: &mut Supervisor,
    pid: u32,
) -> Option<claude_harness::supervise::Status> {
    until(supervisor, |event| match event {
        Event::Died { pid: dead, status } if dead == pid => Some(status),
        _ => None,
    })
    .await
}

/// Runs a process to its end and gives what it wrote, stream by stream, and how it ended.
pub(crate) async fn run(
    supervisor: &mut Supervisor,
    spec: &SpawnSpec,
) -> (Vec<String>, Vec<String>, String) {
    let pid = supervisor.spawn(spec).await.expect("a process");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = until(supervisor, |event| match event {
        Event::Log {
            pid: of,
            stream,
            line,
        } if of == pid => {
            match stream {
                Stream::Stdout => out.push(line),
                Stream::Stderr => err.push(line),
            }
            None
        }
        Event::Died { pid: dead, status } if dead == pid => Some(status),
        _ => None,
    })
    .await;
    (
        out,
        err,
        status.map_or("unknown".to_string(), |status| status.to_string()),
    )
}
