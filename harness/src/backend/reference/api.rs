//! The HTTP routes.

use super::App;
use super::chat;
use super::defect::Defect;
use super::history::{self, Encoding, Failure};
use axum::Json;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The page that every path outside the API gives, as a single-page app's server answers: projects, history, chat.
const PAGE: &str = include_str!("page.html");

/// All routes.
pub(super) fn router(app: Arc<App>) -> Router {
    let health = match app.options.health {
        true => Router::new().route("/api/health", get(health)),
        false => Router::new(),
    };
    health
        .route("/api/projects", get(projects))
        .route("/api/projects/{name}/histories", get(conversations))
        .route(
            "/api/projects/{name}/histories/{session}",
            get(conversation),
        )
        .route("/api/chat", post(chat::chat))
        .route("/api/abort/{request}", post(abort))
        .route("/api/socket", get(super::socket::socket))
        .fallback(otherwise)
        .method_not_allowed_fallback(otherwise)
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(cross_origin))
        .with_state(app)
}

/// An app's window is of another origin than its server.
async fn cross_origin(request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        let allowed = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET,POST,OPTIONS"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type"),
        ];
        (StatusCode::NO_CONTENT, allowed).into_response()
    } else {
        next.run(request).await
    };
    response.headers_mut().insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    response
}

async fn health(State(app): State<Arc<App>>) -> Json<Value> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Json(json!({
        "status": "ok",
        "timestamp": u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        "uptime": app.started.elapsed().as_secs_f64(),
        "pid": std::process::id(),
    }))
}

async fn abort(State(app): State<Arc<App>>, Path(request): Path<String>) -> Response {
    if app.abort(&request) {
        Json(json!({"success": true, "message": "Request aborted"})).into_response()
    } else {
        let error = json!({"error": "Request not found or already completed"});
        (StatusCode::NOT_FOUND, Json(error)).into_response()
    }
}

async fn projects(State(app): State<Arc<App>>) -> Response {
    let encoding = if app.has(Defect::UpstreamPathEncoding) {
        Encoding::Upstream
    } else {
        Encoding::Cli
    };
    let cold_is_an_error = app.has(Defect::ColdHome500);
    read(&app, move || history::projects(encoding, cold_is_an_error)).await
}

async fn conversations(State(app): State<Arc<App>>, Path(name): Path<String>) -> Response {
    read(&app, move || history::conversations(&name)).await
}

async fn conversation(
    State(app): State<Arc<App>>,
    Path((name, session)): Path<(String, String)>,
) -> Response {
    let strict = app.has(Defect::OneBadLineHidesAll);
    read(&app, move || history::conversation(&name, &session, strict)).await
}

/// Reads, and makes the JSON, on a thread of its own: a big history holds up neither a chat nor a health check.
async fn read<T, F>(app: &App, read: F) -> Response
where
    T: Serialize,
    F: FnOnce() -> Result<T, Failure> + Send + 'static,
{
    let read = move || read().map(|found| serde_json::to_vec(&found));
    let body = if app.has(Defect::ReadsHistoryInline) {
        Ok(read())
    } else {
        tokio::task::spawn_blocking(read).await
    };
    match body {
        Ok(Ok(Ok(json))) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Ok(Err(failure)) => (failure.status, Json(failure.body)).into_response(),
        Ok(Ok(Err(_))) | Err(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response()
        }
    }
}

async fn otherwise(request: Request) -> Response {
    if *request.method() != Method::GET && *request.method() != Method::HEAD {
        (StatusCode::NOT_FOUND, "404 Not Found").into_response()
    } else if request.uri().path().starts_with("/api/") {
        (StatusCode::NOT_FOUND, "Not found").into_response()
    } else {
        Html(PAGE).into_response()
    }
}
