//! One supervisor process a run: it starts the backend, adopts its orphans, and ends the run when the harness goes away.
//!
//! The handle ([`Supervisor`]) lives in the harness and never waits for a process that it did not start, so that many
//! runs in one process cannot steal each other's children. The other side is [`child::main`]: an executable that is
//! started as `<executable> --claude-harness-supervisor` calls it at once.
//!
//! ```no_run
//! use claude_harness::supervise::{self, Event, Launch, SpawnSpec, StopSpec, Supervisor};
//! use std::time::Duration;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     if std::env::args().nth(1).as_deref() == Some(supervise::FLAG) {
//!         supervise::child::main()
//!     }
//!     let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//!     runtime.block_on(async {
//!         let marker = ("CLAUDE_HARNESS_RUN".to_string(), "4f2a".to_string());
//!         let launch = Launch::new(std::env::current_exe()?, "/tmp/run-4f2a".into(), marker);
//!         let mut run = Supervisor::launch(launch).await?;
//!         run.spawn(&SpawnSpec::new("/bin/sh".into(), "/".into()).args(["-c", "echo up; sleep 100"])).await?;
//!         while let Some(event) = run.next_event().await {
//!             if let Event::Log { line, .. } = event {
//!                 println!("{line}");
//!                 break;
//!             }
//!         }
//!         run.stop(StopSpec { grace: Duration::from_secs(5), ..StopSpec::default() }).await;
//!         assert!(run.survivors(Duration::from_secs(1)).await.is_empty());
//!         run.finish().await?;
//!         Ok(())
//!     })
//! }
//! ```

pub mod child;
mod error;
mod event;
mod handle;
mod isolation;
pub mod journal;
mod launch;
mod link;
mod probe;
mod process;
mod signal;
mod spec;
mod wire;

pub use error::{SignalError, SpawnError, SpawnFailure, Step, SuperviseError};
pub use event::{Event, Stream};
pub use handle::{Finished, Stopped, Supervisor};
pub use isolation::{Isolation, IsolationLevel};
pub use launch::Launch;
pub use probe::{Probe, Probed, ShellProbe, Sighting, Unanswered, Way};
pub use process::{Ancestor, Condition, Listener, Process, Status, Survivor, Tie};
pub use signal::Signal;
pub use spec::{SpawnSpec, Stdio, StopSpec};

/// The first argument that makes an executable serve as the supervisor.
pub const FLAG: &str = "--claude-harness-supervisor";
