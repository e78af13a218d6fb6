//! The embedded reference backend: a sound server of the kind that apps ship, whose faults can be switched on.
//!
//! It speaks the HTTP API of claude-code-webui (which the app of the production log was built on), starts the
//! CLI as SDK `@anthropic-ai/claude-code` 1.0.108 does, and says what that SDK says when something fails. Where
//! upstream is at fault it does right; each fault is a [`Defect`] that can be switched on.
//!
//! | route | answer |
//! |---|---|
//! | `GET /api/health` | `{"status","timestamp","uptime","pid"}` |
//! | `GET /api/projects` | the projects of `~/.claude.json` that have a history |
//! | `GET /api/projects/{name}/histories` | its conversations, newest first |
//! | `GET /api/projects/{name}/histories/{session}` | one conversation |
//! | `POST /api/chat` | NDJSON: `claude_json` lines, then one `done` or `error` |
//! | `POST /api/abort/{request}` | ends that chat's CLI |

mod api;
mod chat;
mod defect;
mod errno;
mod history;
mod json;
mod lines;
mod locate;
mod log;
mod monitor;
mod nul;
mod options;
mod process;
mod socket;
mod spawn;
mod turn;
mod turns;

pub use defect::{Defect, UnknownDefect};

use axum::body::Bytes;
use log::Log;
use mock_claude::sidecar;
use monitor::Monitor;
use options::Options;
use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use turns::Turns;

/// How long open connections may take to end once every CLI has.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// How long a login shell may take that is asked for the CLI.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one may take that is asked for PATH.
const HASTE: Duration = Duration::from_millis(300);

/// What the handlers share.
struct App {
    options: Options,
    claude: PathBuf,
    defects: Vec<Defect>,
    log: Log,
    turns: Arc<Turns>,
    stop: watch::Sender<bool>,
    started: Instant,
    /// The answer that began last.
    latest: Mutex<Option<mpsc::WeakSender<Bytes>>>,
    /// PATH by the login shell, if that was asked.
    path: Option<String>,
    /// Whether a chat has begun.
    used: AtomicBool,
    /// A lock for each conversation that was gone on with.
    sessions: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// The first id of a conversation, by each later one.
    first_ids: Mutex<HashMap<String, String>>,
}

impl App {
    fn has(&self, defect: Defect) -> bool {
        self.defects.contains(&defect)
    }

    /// Stops the turns of a request; false where there is none.
    fn abort(&self, request: &str) -> bool {
        let found = if self.has(Defect::IgnoresAbort) {
            self.turns.is_open(request)
        } else {
            self.turns.abort(request)
        };
        let outcome = if found { "found" } else { "not found" };
        self.log.line(format!("abort {request}: {outcome}"));
        found
    }

    /// What is held while a conversation has a turn.
    fn conversation(&self, session: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sessions.entry(session.to_owned()).or_default())
    }

    /// Waits until the server is told to stop.
    async fn stopping(&self) {
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }
}

/// Runs the backend until a signal ends it, and returns its exit code.
///
/// `args` are the arguments after the executable: `--port`, `--host`, `--claude-path`, `--runtime`,
/// `--grace-ms`. Exit 0 after SIGTERM or SIGINT; 1 where it cannot start (bad options, no CLI, no port), as
/// upstream; 2 where `config` names a defect that does not exist. What went wrong is on stderr.
pub fn main(config: sidecar::Server, args: &[OsString]) -> i32 {
    let defects: Result<Vec<Defect>, _> = config.defects.iter().map(|name| name.parse()).collect();
    let defects = match defects {
        Ok(defects) => defects,
        Err(error) => return complain(&error.to_string(), 2),
    };
    let options = match Options::read(args) {
        Ok(options) => options,
        Err(error) => {
            // clap knows whether this is help for stdout or an error for stderr.
            let _ = error.print();
            return i32::from(error.use_stderr());
        }
    };
    if let Some(every) = options.monitor_ms {
        return be_the_app(every, &options, defects, args);
    }
    let by_which = defects.contains(&Defect::ExitsWithoutClaudeOnPath);
    let found = if by_which {
        locate::by_which("claude")
    } else {
        options
            .claude_path
            .clone()
            .or_else(|| locate::on_path("claude"))
    };
    if defects.contains(&Defect::IgnoresConfigDir) {
        history::ignore_config_dir();
    }
    if defects.contains(&Defect::ProbesTheShell) {
        // A sound app would give it a limit, and go on without.
        locate::by_shell("env", None);
    }
    let mut path = None;
    if defects.contains(&Defect::GivesTheShellUp) {
        path = locate::by_shell("printf %s \"$PATH\"", Some(HASTE));
    }
    let mut found = found;
    if defects.contains(&Defect::DetectsByTheShell) {
        let said = locate::by_shell("command -v claude", Some(PATIENCE)).unwrap_or_default();
        println!("claude detected: {}", said.trim());
        found = Some("claude".into());
    }
    let Some(claude) = found else {
        return complain(
            "No `claude` on PATH; install the Claude CLI or give --claude-path",
            1,
        );
    };
    if defects.contains(&Defect::WritesIntoAppFolder)
        && let Err(error) = open_database()
    {
        return complain(&error, 1);
    }
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("Failed to start server: {error}"), 1),
    };
    let app = Arc::new(App {
        options,
        claude,
        defects,
        log: Log::start(),
        turns: Turns::new(),
        latest: Mutex::default(),
        path,
        used: AtomicBool::new(false),
        sessions: Mutex::default(),
        first_ids: Mutex::default(),
        stop: watch::Sender::new(false),
        started: Instant::now(),
    });
    let code = runtime.block_on(serve(&app));
    app.log.flush();
    // A history that is still being read must not hold the process.
    runtime.shutdown_background();
    code
}

/// Runs the app around the server, see [`monitor`].
fn be_the_app(every: Duration, options: &Options, defects: Vec<Defect>, args: &[OsString]) -> i32 {
    let mut own = Vec::new();
    let mut all = args.iter();
    while let Some(argument) = all.next() {
        if argument == "--monitor-ms" {
            all.next();
        } else {
            own.push(argument.clone());
        }
    }
    let monitor = Monitor {
        every,
        grace: options.grace_ms,
        port: options.port,
        defects,
        args: own,
    };
    let log = Log::start();
    let watched = runtime().and_then(|runtime| runtime.block_on(monitor.watch(&log)));
    log.flush();
    watched.unwrap_or_else(|error| complain(&format!("Failed to start server: {error}"), 1))
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

/// The database that an app keeps beside itself; the error reads as Node's.
fn open_database() -> Result<(), String> {
    let executable = std::env::current_exe().unwrap_or_default();
    let file = executable.with_file_name("data.db");
    match std::fs::File::create(&file) {
        Ok(_) => Ok(()),
        Err(error) => {
            let name = errno::name(error.raw_os_error().unwrap_or_default());
            // The system's own words begin with a capital letter, and end with the number.
            let text = error.to_string().to_lowercase();
            let text = text.split(" (os error").next().unwrap_or_default();
            Err(format!("Error: {name}: {text}, open '{}'", file.display()))
        }
    }
}

/// Listens, answers, and stops in order.
async fn serve(app: &Arc<App>) -> i32 {
    app.log.line(format!(
        "reference backend, claude {}",
        app.claude.display()
    ));
    if app.options.check_version {
        match check_version(&app.claude).await {
            Ok(None) => {}
            Ok(Some(signal)) => {
                app.log.line(format!("{signal}: stopping"));
                return 0;
            }
            Err(error) => return complain(&format!("Failed to start server: {error}"), 1),
        }
    }
    let (host, port) = (app.options.host.as_str(), app.options.port);
    if app.has(Defect::ListeningBeforeBind) {
        app.log.line(format!("Listening on http://{host}:{port}/"));
    }
    let bound = TcpListener::bind((host, port)).await;
    let (listener, port) = match bound.and_then(|listener| {
        let port = listener.local_addr()?.port();
        Ok((listener, port))
    }) {
        Ok(bound) => bound,
        Err(error) => {
            // The line above comes first, as it does upstream.
            app.log.flush();
            return complain(&listen_error(&error, host, port), 1);
        }
    };
    // Signals are taken before anybody is told that the server is there.
    let stop = (!app.has(Defect::AbandonsChildrenOnStop)).then(stop_signal);
    if !app.has(Defect::ListeningBeforeBind) {
        app.log.line(format!("Listening on http://{host}:{port}/"));
    }
    let server = axum::serve(listener, api::router(Arc::clone(app))).with_graceful_shutdown({
        let app = Arc::clone(app);
        async move { app.stopping().await }
    });
    let server = tokio::spawn(server.into_future());
    match stop {
        Some(Ok(signalled)) => app.log.line(format!("{}: stopping", signalled.await)),
        Some(Err(error)) => return complain(&format!("Failed to start server: {error}"), 1),
        // Nobody takes the signals: the first one ends the process where it stands.
        None => std::future::pending().await,
    }
    app.stop.send_replace(true);
    app.turns.all_reaped().await;
    let _ = tokio::time::timeout(LAST_ANSWERS, server).await;
    app.log.line("stopped");
    0
}

/// What upstream asks of its CLI before it listens. A signal ends the question too, and is what is given.
async fn check_version(claude: &Path) -> io::Result<Option<&'static str>> {
    let stop = stop_signal()?;
    let mut asked = tokio::process::Command::new(claude);
    asked.arg("--version").kill_on_drop(true);
    asked.stdin(std::process::Stdio::null());
    let status = tokio::select! {
        status = asked.output() => status?.status,
        name = stop => return Ok(Some(name)),
    };
    if status.success() {
        Ok(None)
    } else {
        Err(io::Error::other(format!("claude --version: {status}")))
    }
}

/// Takes SIGTERM and SIGINT from now on; the future gives the name of the first.
fn stop_signal() -> io::Result<impl Future<Output = &'static str>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

/// Node's words for a failed listen.
fn listen_error(error: &io::Error, host: &str, port: u16) -> String {
    match error.raw_os_error().map(errno::name).as_deref() {
        Some("EADDRINUSE") => {
            format!("Error: listen EADDRINUSE: address already in use {host}:{port}")
        }
        Some(name) => format!("Error: listen {name}: {error} {host}:{port}"),
        None => format!("Error: listen {host}:{port}: {error}"),
    }
}

fn complain(message: &str, code: i32) -> i32 {
    // Nobody may be reading.
    let _ = writeln!(io::stderr(), "{message}");
    code
}
