//! The life of one turn: the CLI is started, read, perhaps cancelled, and always reaped.

use super::App;
use super::chat::{Request, line};
use super::defect::Defect;
use super::errno;
use super::history::has_transcript;
use super::json::{self, Parsed};
use super::lines::Lines;
use super::process::{Process, complaint};
use super::spawn::{self, Runner, Started};
use super::turns::Turn;
use axum::body::Bytes;
use std::future::pending;
use std::io::Write as _;
use std::os::unix::net::UnixStream as UnixPair;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::process::ChildStderr;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How long the last line of stderr is waited for once the CLI has ended.
const LAST_WORD: Duration = Duration::from_millis(200);
/// A year, which nobody waits for.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);
/// The buffer of a parser that has one (Python SDK: `max_buffer_size`).
const LONGEST_LINE: usize = 1024 * 1024;
/// The types of messages that there were when somebody wrote them all down.
const KNOWN: &[&str] = &[
    "system",
    "assistant",
    "user",
    "result",
    "stream_event",
    "control_request",
    "control_response",
    "control_cancel_request",
];

/// What clients see of an abort, by SDK 1.0.108.
const ABORTED: &str = "Claude Code process aborted by user";

/// Starts a turn as a task of its own, which outlives its HTTP exchange until the CLI is reaped.
pub(super) fn begin(app: Arc<App>, mut request: Request, lines: mpsc::Sender<Bytes>) {
    let turn = app.turns.enter(request.id.clone());
    if app.has(Defect::MixesSessionsUp) {
        *app.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(lines.downgrade());
    }
    tokio::spawn(async move {
        let label = request.id.clone().unwrap_or_else(|| "-".to_owned());
        if app.has(Defect::ResumesTheFirstId)
            && let Some(asked) = &request.call.resume
        {
            let first_ids = app.first_ids.lock().unwrap_or_else(PoisonError::into_inner);
            request.call.resume = first_ids.get(asked).or(Some(asked)).cloned();
        }
        if let Some(session) = &request.call.resume {
            if app.has(Defect::RemembersRunning) && busy::is_noted(session) {
                let text = "This conversation is processing the previous message, please wait";
                drop(turn);
                let _ = lines.send(line::error(text)).await;
                return;
            }
            if !app.has(Defect::ResumesBlindly) && !has_transcript(session) {
                app.log.line(format!(
                    "chat {label}: {session} has no transcript; starting a new session"
                ));
                request.call.resume = None;
            }
        }
        // A conversation has one turn at a time.
        let mut only = None;
        if let (Some(session), false) = (&request.call.resume, app.has(Defect::RunsASessionTwice)) {
            tokio::select! {
                biased;
                held = app.conversation(session).lock_owned() => only = Some(held),
                () = cancelled(&app, &turn, &lines) => {
                    drop(turn);
                    let _ = lines.send(line::error(ABORTED)).await;
                    return;
                }
            }
        }
        let runner = runner(&app);
        let path = app.path.as_deref();
        let start = || spawn::start(&app.claude, &runner, path, &request.call, |it| app.has(it));
        let mut again = false;
        let (stderr, stdin, alive, mut process, pid, session, end) = loop {
            let Started {
                mut child,
                stdin,
                prompt,
                stdout,
                command,
            } = match start() {
                Ok(started) => started,
                Err(error) => {
                    app.log.line(format!("chat {label}: {error}"));
                    drop(turn);
                    let _ = lines.send(line::error(&error.to_string())).await;
                    return;
                }
            };
            let stderr = child.stderr.take().map(|stderr| Stderr::of(&app, stderr));
            if let Some(prompt) = prompt {
                hand_over(&stdin, prompt);
            }
            // The end of the input is all that the CLI still waits for.
            let keeps = [Defect::LeavesStdinOpen, Defect::DiesOfABrokenPipe];
            let stdin = Some(stdin).filter(|_| keeps.iter().any(|it| app.has(*it)));
            let alive = app.turns.alive();
            let mut process = Process::watch(child);
            let pid = process.pid();
            app.log.line(format!(
                "chat {label}: started {} as {pid}",
                command.display()
            ));

            let mut seen = Seen::default();
            let end = follow(&app, &turn, &mut process, stdout, &lines, &mut seen).await;
            if seen.nothing && !again {
                // A CLI that was killed in a turn may answer the next one with nothing at all.
                app.log
                    .line(format!("chat {label}: an empty answer; once more"));
                again = true;
                process.end(app.options.grace_ms, force(&app)).await;
                continue;
            }
            let Seen {
                session, nothing, ..
            } = seen;
            let end = end.and_then(|()| match nothing {
                true => Err("Claude Code gave an empty answer".to_owned()),
                false => Ok(()),
            });
            break (stderr, stdin, alive, process, pid, session, end);
        };
        if let (Some(resumed), Some(session)) = (&request.call.resume, &session) {
            let mut first_ids = app.first_ids.lock().unwrap_or_else(PoisonError::into_inner);
            first_ids.insert(session.clone(), resumed.clone());
        }
        if app.has(Defect::DiesOfABrokenPipe) && end.is_err() {
            write_the_prompt(stdin.as_ref(), &request.call.prompt);
        }
        drop(stdin);
        if let (true, Some(session)) = (app.has(Defect::RemembersRunning), &session) {
            busy::forget(session);
        }
        if app.has(Defect::RetriesWithoutEnd) && end.is_err() && session.is_none() {
            for _ in 0..7 {
                if let Ok(again) = start() {
                    drop(again.stdin);
                    Process::watch(again.child).exited().await;
                }
            }
        }
        let end = match (end, stderr) {
            (Err(error), Some(stderr)) if error != ABORTED => Err(stderr.told(error).await),
            (end, _) => end,
        };
        // From here on an abort finds nothing, before the client can know of the end.
        drop(turn);
        let last = match end {
            Ok(()) => line::done(),
            Err(error) => line::error(&error),
        };
        // The client may be gone, or slow: neither keeps a CLI alive that is to go.
        let answer = async move {
            let _ = lines.send(last).await;
        };
        let reap = async {
            process.end(app.options.grace_ms, force(&app)).await;
            drop((alive, only));
            let exit = process.exited().await.and_then(complaint);
            app.log.line(format!(
                "chat {label}: {pid} ended: {}",
                exit.as_deref().unwrap_or("exit code 0")
            ));
        };
        tokio::join!(answer, reap);
    });
}

fn force(app: &App) -> bool {
    !app.has(Defect::NeverEscalates)
}

/// What a client that hands the prompt over on stdin does when the CLI has gone.
fn write_the_prompt(stdin: Option<&UnixPair>, prompt: &str) {
    let Some(mut stdin) = stdin else { return };
    if let Err(error) = stdin.write_all(prompt.as_bytes()) {
        let name = errno::name(error.raw_os_error().unwrap_or_default());
        eprintln!("Error: write {name}\n    at unhandled 'error' event");
        std::process::exit(1);
    }
}

/// What the CLI says on stderr.
struct Stderr {
    last: JoinHandle<String>,
    /// It is there, and nobody reads it.
    _unread: Option<ChildStderr>,
}

impl Stderr {
    fn of(app: &App, stderr: ChildStderr) -> Self {
        if app.has(Defect::NeverDrainsStderr) {
            return Self {
                last: tokio::spawn(async { String::new() }),
                _unread: Some(stderr),
            };
        }
        let last = tokio::spawn(async move {
            let mut lines = Lines::new(stderr);
            let mut last = String::new();
            while let Some(line) = lines.next().await {
                if !line.trim().is_empty() {
                    last = line;
                }
            }
            last
        });
        Self {
            last,
            _unread: None,
        }
    }

    /// An error with the CLI's last word on it. A grandchild may hold the stream, so there is a limit.
    async fn told(self, error: String) -> String {
        match tokio::time::timeout(LAST_WORD, self.last).await {
            Ok(Ok(last)) if !last.is_empty() => format!("{error}: {last}"),
            _ => error,
        }
    }
}

/// Writes a prompt to the CLI's stdin, on a thread of its own: the CLI may be slow to read, or gone.
fn hand_over(stdin: &UnixPair, prompt: String) {
    let Ok(mut stdin) = stdin.try_clone() else {
        return;
    };
    std::thread::spawn(move || {
        let _ = stdin.write_all(prompt.as_bytes());
    });
}

/// What runs a CLI that is a script: the app's own runtime, which is what `process.execPath` is in its server.
fn runner(app: &App) -> Runner<'_> {
    let runtime = app.options.runtime.as_deref();
    let first = !app.used.swap(true, Ordering::Relaxed);
    let by_name = app.has(Defect::SpawnBareNode)
        || app.has(Defect::GivesTheShellUp)
        || (app.has(Defect::InitialisesOnFirstUse) && first);
    match runtime.filter(|_| !by_name) {
        Some(program) => Runner {
            program,
            as_node: app.options.electron && !app.has(Defect::ForgetsRunAsNode),
        },
        None => Runner {
            program: Path::new("node"),
            as_node: false,
        },
    }
}

/// Passes lines on until stdout has ended and the process too, as the SDK's iterator does; the error is what
/// the client is told.
async fn follow(
    app: &App,
    turn: &Turn,
    process: &mut Process,
    stdout: UnixStream,
    lines: &mpsc::Sender<Bytes>,
    seen: &mut Seen,
) -> Result<(), String> {
    let grace = app.options.grace_ms;
    let pump = pump(app, stdout, lines, seen);
    let cancelled = cancelled(app, turn, lines);
    tokio::pin!(cancelled);
    let cut = {
        tokio::pin!(pump);
        tokio::select! {
            biased;
            read = &mut pump => { read?; false }
            () = &mut cancelled => {
                // What the CLI still has to say is passed on. A grandchild may hold its stdout for ever.
                let rest = tokio::time::timeout(grace.saturating_mul(2), pump);
                let _ = tokio::join!(rest, process.end(grace, force(app)));
                true
            }
        }
    };
    if cut {
        return Err(ABORTED.to_owned());
    }
    let exited = async {
        // A turn is over with its result; who does not end then is ended by the caller.
        if seen.finished && !app.has(Defect::WaitsForExit) {
            return tokio::time::timeout(grace, process.exited())
                .await
                .ok()
                .flatten();
        }
        process.exited().await
    };
    tokio::select! {
        biased;
        exit = exited => match exit.and_then(complaint) {
            Some(error) => Err(error),
            None if seen.finished || app.has(Defect::TakesAnyEnd) => Ok(()),
            None => Err("Claude Code ended without a result".to_owned()),
        },
        // The caller ends the process.
        () = &mut cancelled => Err(ABORTED.to_owned()),
    }
}

/// What came of a CLI so far.
#[derive(Default)]
struct Seen {
    session: Option<String>,
    /// A result came.
    finished: bool,
    /// The model said something, or used a tool.
    spoke: bool,
    /// The result is empty, of no turn, and the model had said nothing.
    nothing: bool,
}

/// Passes the CLI's lines on; a client that has gone does not keep the CLI from writing.
async fn pump(
    app: &App,
    stdout: UnixStream,
    lines: &mpsc::Sender<Bytes>,
    seen: &mut Seen,
) -> Result<(), String> {
    let mut input = Lines::new(stdout);
    if app.has(Defect::DecodesChunks) {
        input = input.decoded_in_pieces();
    }
    loop {
        let limit = patience(app, seen.finished);
        let text = match tokio::time::timeout(limit, input.next()).await {
            Ok(Some(text)) => text,
            Ok(None) => return Ok(()),
            Err(_) if seen.finished => return Ok(()),
            Err(_) => {
                let ms = limit.as_millis();
                return Err(format!("Claude Code gave no sign of life for {ms} ms"));
            }
        };
        // A byte-order mark is no part of a line.
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            continue;
        }
        if app.has(Defect::LimitsLines) && text.len() > LONGEST_LINE {
            return Err(format!(
                "Failed to decode JSON: JSON message exceeded maximum buffer size of {LONGEST_LINE} bytes..."
            ));
        }
        let kind = match json::parse(text) {
            Ok(Parsed::Typed(kind)) => kind.to_owned(),
            Ok(Parsed::Other) => String::new(),
            Ok(Parsed::Null) if app.has(Defect::DiesOfNoise) => {
                return Err("Cannot read properties of null (reading 'type')".to_owned());
            }
            Err(error) if app.has(Defect::DiesOfNoise) => return Err(error),
            Ok(Parsed::Null) | Err(_) => {
                app.log.line(format!(
                    "the CLI wrote a line that is no message: {text:.80}"
                ));
                continue;
            }
        };
        if app.has(Defect::DiesOnUnknownType) && !KNOWN.contains(&kind.as_str()) {
            return Err(format!("Unknown message type: {kind}"));
        }
        if seen.session.is_none() {
            seen.session = session_id(text);
            if let (true, Some(session)) = (app.has(Defect::RemembersRunning), &seen.session) {
                busy::note(session);
            }
        }
        match kind.as_str() {
            // The SDK keeps these to itself.
            "stream_event" | "control_request" | "control_response" | "control_cancel_request" => {}
            // A turn has one result; what comes after it is of no turn.
            "result" if seen.finished && !app.has(Defect::WaitsForExit) => {}
            "result" if !seen.spoke && is_empty(text) && !app.has(Defect::TakesEmptyResults) => {
                seen.nothing = true;
            }
            _ => pass(app, text, &kind, lines).await,
        }
        seen.finished |= kind == "result";
        seen.spoke |= kind == "assistant";
    }
}

/// How long the next line may take.
fn patience(app: &App, finished: bool) -> Duration {
    let silence = if finished {
        (!app.has(Defect::WaitsForExit)).then_some(app.options.grace_ms)
    } else {
        (!app.has(Defect::NoIdleBudget)).then_some(app.options.idle_ms)
    };
    silence.unwrap_or(FOR_EVER)
}

async fn pass(app: &App, text: &str, kind: &str, lines: &mpsc::Sender<Bytes>) {
    let latest = app.has(Defect::MixesSessionsUp).then(|| {
        let latest = app.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.as_ref().and_then(mpsc::WeakSender::upgrade)
    });
    let lines = latest.flatten().unwrap_or_else(|| lines.clone());
    let mut shown = text.to_owned();
    if kind == "result" && app.has(Defect::ShowsErrorsAsSuccess) {
        shown = shown.replace("\"is_error\":true", "\"is_error\":false");
    }
    let times = if kind == "assistant" && app.has(Defect::DoublesText) {
        2
    } else {
        1
    };
    for _ in 0..times {
        let _ = lines.send(line::message(&shown)).await;
    }
}

/// Whether a result is that of no turn at all.
fn is_empty(text: &str) -> bool {
    let message: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    message["num_turns"] == 0 && message["result"] == "" && message["is_error"] == false
}

fn session_id(text: &str) -> Option<String> {
    let message: serde_json::Value = serde_json::from_str(text).ok()?;
    message["session_id"].as_str().map(str::to_owned)
}

/// Notes on disk that a conversation is busy.
mod busy {
    use std::path::PathBuf;

    fn file(session: &str) -> PathBuf {
        let home = std::env::home_dir().unwrap_or_default();
        home.join(".reference-backend")
            .join(format!("{session}.busy"))
    }

    pub(super) fn is_noted(session: &str) -> bool {
        file(session).exists()
    }

    pub(super) fn note(session: &str) {
        let file = file(session);
        // Who cannot write it down does not remember it.
        let _ = file.parent().map(std::fs::create_dir_all);
        let _ = std::fs::write(file, "");
    }

    pub(super) fn forget(session: &str) {
        let _ = std::fs::remove_file(file(session));
    }
}

/// Waits until there is a reason to cancel: an abort, a client that has gone, the server's own end.
async fn cancelled(app: &App, turn: &Turn, lines: &mpsc::Sender<Bytes>) {
    let gone = async {
        if app.has(Defect::NoCancelOnDisconnect) {
            pending::<()>().await;
        }
        lines.closed().await;
    };
    tokio::select! {
        () = turn.aborted() => {}
        () = gone => {}
        () = app.stopping() => {}
    }
}
