//! The life of one turn: the CLI is started, read, perhaps cancelled, and always reaped.

use super::App;
use super::chat::{Request, line};
use super::defect::Defect;
use super::json::{self, Parsed};
use super::lines::Lines;
use super::process::{Process, complaint};
use super::spawn::{self, Runner, Started};
use super::turns::Turn;
use axum::body::Bytes;
use std::future::pending;
use std::path::Path;
use std::sync::Arc;
use tokio::net::UnixStream;
use tokio::sync::mpsc;

/// What clients see of an abort, by SDK 1.0.108.
const ABORTED: &str = "Claude Code process aborted by user";

/// Starts a turn as a task of its own, which outlives its HTTP exchange until the CLI is reaped.
pub(super) fn begin(app: Arc<App>, request: Request, lines: mpsc::Sender<Bytes>) {
    let turn = app.turns.enter(request.id.clone());
    tokio::spawn(async move {
        let label = request.id.as_deref().unwrap_or("-");
        let Started {
            child,
            stdin,
            stdout,
            command,
        } = match spawn::start(&app.claude, &runner(&app), &request.call) {
            Ok(started) => started,
            Err(error) => {
                app.log.line(format!("chat {label}: {error}"));
                drop(turn);
                let _ = lines.send(line::error(&error.to_string())).await;
                return;
            }
        };
        // The prompt went with the arguments: the end of the input is all that the CLI still waits for.
        let stdin = Some(stdin).filter(|_| app.has(Defect::LeavesStdinOpen));
        let alive = app.turns.alive();
        let mut process = Process::watch(child);
        let pid = process.pid();
        app.log.line(format!(
            "chat {label}: started {} as {pid}",
            command.display()
        ));

        let end = follow(&app, &turn, &mut process, stdout, &lines).await;
        drop(stdin);
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
            process.end(app.options.grace_ms).await;
            drop(alive);
            let exit = process.exited().await.and_then(complaint);
            app.log.line(format!(
                "chat {label}: {pid} ended: {}",
                exit.as_deref().unwrap_or("exit code 0")
            ));
        };
        tokio::join!(answer, reap);
    });
}

/// What runs a CLI that is a script: the app's own runtime, which is what `process.execPath` is in its server.
fn runner(app: &App) -> Runner<'_> {
    let runtime = app.options.runtime.as_deref();
    match runtime.filter(|_| !app.has(Defect::SpawnBareNode)) {
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
) -> Result<(), String> {
    let grace = app.options.grace_ms;
    let pump = pump(stdout, lines);
    let cancelled = cancelled(app, turn, lines);
    tokio::pin!(pump, cancelled);
    tokio::select! {
        biased;
        read = &mut pump => read?,
        () = &mut cancelled => {
            // What the CLI still has to say is passed on. A grandchild may hold its stdout for ever.
            let rest = tokio::time::timeout(grace.saturating_mul(2), pump);
            let _ = tokio::join!(rest, process.end(grace));
            return Err(ABORTED.to_owned());
        }
    }
    tokio::select! {
        biased;
        exit = process.exited() => exit.and_then(complaint).map_or(Ok(()), Err),
        // The caller ends the process.
        () = &mut cancelled => Err(ABORTED.to_owned()),
    }
}

/// Passes the CLI's lines on; a client that has gone does not keep the CLI from writing.
async fn pump(stdout: UnixStream, lines: &mpsc::Sender<Bytes>) -> Result<(), String> {
    let mut input = Lines::new(stdout);
    while let Some(text) = input.next().await {
        if text.trim().is_empty() {
            continue;
        }
        match json::parse(&text)? {
            Parsed::Null => {
                return Err("Cannot read properties of null (reading 'type')".to_owned());
            }
            // The SDK keeps these to itself.
            Parsed::Typed(
                "stream_event" | "control_request" | "control_response" | "control_cancel_request",
            ) => {}
            Parsed::Typed(_) | Parsed::Other => {
                let _ = lines.send(line::message(&text)).await;
            }
        }
    }
    Ok(())
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
