//! A small sound backend on the real `claude-codes`, with the HTTP API of the reference backend.

mod chat;
mod cli;
mod history;
mod transcript;
mod turn;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use clap::{Parser, ValueEnum};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::chat::Chats;
use crate::history::{Encoding, History};

#[derive(Parser)]
#[command(about = "A small sound backend on the real claude-codes")]
pub(crate) struct Options {
    #[arg(long, default_value_t = 8080)]
    port: u16,
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Without it, or for a name, the SDK looks on PATH; the last one counts
    #[arg(long, overrides_with = "claude_path")]
    claude_path: Option<PathBuf>,
    /// How a project's path becomes the name of its folder: as the CLI does it, or as the SDK says that it does
    #[arg(long, value_enum, default_value = "real")]
    path_encoding: Encoding,
    /// Messages one by one, or as the stream of the SDK's examples, which ends at the first that it cannot read
    #[arg(long, value_enum, default_value = "receive")]
    read: Read,
    /// What is resumed: the id that the CLI's messages have, or the one that the SDK's `session_uuid` says
    #[arg(long, value_enum, default_value = "cli")]
    session_id: SessionId,
    #[arg(long, value_enum, default_value = "cancel")]
    on_disconnect: OnDisconnect,
    /// Whether the user is asked, and says yes to everything
    #[arg(long, value_enum, default_value = "off")]
    permissions: Permissions,
    /// How long a CLI may take to end its turn when it is stopped
    #[arg(long, default_value_t = 5000)]
    grace_ms: u64,
    /// How long a CLI may take for its handshake, for which the SDK has no limit
    #[arg(long, default_value_t = 60_000)]
    handshake_ms: u64,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Read {
    Receive,
    Stream,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum SessionId {
    Cli,
    Sdk,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum OnDisconnect {
    Cancel,
    Abandon,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Permissions {
    Off,
    Allow,
}

impl Options {
    fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms)
    }
}

/// An app that stops reading, or is gone, must not take the server with it, as `println!` would.
pub(crate) fn log(line: &str) {
    let _ = writeln!(std::io::stdout(), "{}", line.replace(['\r', '\n'], " "));
}

struct App {
    chats: Arc<Chats>,
    history: History,
    started: Instant,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "Error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listener = TcpListener::bind((options.host.as_str(), options.port)).await?;
    log(&format!(
        "rust backend {}, listening on http://{}/",
        std::process::id(),
        listener.local_addr()?
    ));

    // A client that does not read cannot hold the server for longer than a CLI may.
    let limit = options.grace() + Duration::from_secs(1);
    let history = History::new(options.path_encoding);
    let chats = Arc::new(Chats::new(options));
    let app = Arc::new(App {
        chats: chats.clone(),
        history,
        started: Instant::now(),
    });
    let (stopping, told) = oneshot::channel();
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    let server = axum::serve(listener, router(app)).with_graceful_shutdown(async {
        let _ = told.await;
    });
    let server = tokio::spawn(server.into_future());

    let by = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    };
    log(&format!("{by}: stopping"));
    let _ = stopping.send(());
    let in_order = async {
        chats.stop().await;
        let _ = server.await;
    };
    let _ = tokio::time::timeout(limit, in_order).await;
    log("stopped");
    Ok(())
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/api/chat", post(chat))
        .route("/api/abort/{request}", post(abort))
        .route("/api/health", get(health))
        .route("/api/projects", get(projects))
        .route("/api/projects/{project}/histories", get(conversations))
        .route(
            "/api/projects/{project}/histories/{session}",
            get(conversation),
        )
        .fallback(page)
        .layer(DefaultBodyLimit::disable())
        .with_state(app)
}

type Server = State<Arc<App>>;

async fn chat(State(app): Server, body: String) -> Response {
    let Ok(request) = serde_json::from_str(&body) else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response();
    };
    app.chats.clone().answer(request)
}

async fn abort(State(app): Server, Path(request): Path<String>) -> Response {
    let found = app.chats.abort(&request);
    log(&format!(
        "abort {request}: {}",
        if found { "found" } else { "not found" }
    ));
    if found {
        return Json(json!({ "success": true, "message": "Request aborted" })).into_response();
    }
    let error = json!({ "error": "Request not found or already completed" });
    (StatusCode::NOT_FOUND, Json(error)).into_response()
}

async fn health(State(app): Server) -> Response {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Json(json!({
        "status": "ok",
        "timestamp": now.as_millis() as u64,
        "uptime": app.started.elapsed().as_secs_f64(),
        "pid": std::process::id(),
    }))
    .into_response()
}

async fn projects(State(app): Server) -> Response {
    blocking(move || app.history.projects()).await
}

async fn conversations(State(app): Server, Path(project): Path<String>) -> Response {
    blocking(move || app.history.conversations(&project)).await
}

async fn conversation(
    State(app): Server,
    Path((project, session)): Path<(String, String)>,
) -> Response {
    blocking(move || app.history.conversation(&project, &session)).await
}

/// A history is read beside the threads that serve, so that a health check is answered meanwhile.
async fn blocking(read: impl FnOnce() -> history::Reply + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(read).await {
        Ok((status, body)) => (status, Json(body)).into_response(),
        Err(error) => {
            log(&format!("history: {error}"));
            (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response()
        }
    }
}

async fn page(uri: Uri) -> Response {
    if uri.path().starts_with("/api") {
        return (StatusCode::NOT_FOUND, "Not found").into_response();
    }
    Html("<!doctype html>\n<title>Rust backend</title>\n<p>The Rust backend of claude-harness.\n")
        .into_response()
}
