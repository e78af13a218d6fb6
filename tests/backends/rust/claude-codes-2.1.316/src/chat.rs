//! The chats that are open: who may stop them, and which of them wait for another one.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Notify, mpsc, watch};

use crate::Options;
use crate::turn::{SdkIds, Turn};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
    pub(crate) session_id: Option<String>,
    pub(crate) allowed_tools: Option<Vec<String>>,
    pub(crate) working_directory: Option<String>,
    pub(crate) permission_mode: Option<String>,
}

pub(crate) struct Chats {
    options: Options,
    open: Mutex<Open>,
    sessions: Mutex<HashMap<String, Session>>,
    running: watch::Sender<usize>,
    sdk_ids: SdkIds,
}

#[derive(Default)]
struct Open {
    chats: Vec<(Option<String>, Arc<Notify>)>,
    stopping: bool,
}

/// Whoever holds it has the turn of a conversation.
type Session = Arc<tokio::sync::Mutex<()>>;

impl Chats {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            open: Mutex::default(),
            sessions: Mutex::default(),
            running: watch::Sender::new(0),
            sdk_ids: SdkIds::default(),
        }
    }

    pub(crate) fn answer(self: Arc<Self>, request: Request) -> Response {
        let stop = Arc::new(Notify::new());
        {
            let mut open = lock(&self.open);
            if open.stopping {
                return (StatusCode::SERVICE_UNAVAILABLE, "Stopping").into_response();
            }
            open.chats.push((request.request_id.clone(), stop.clone()));
            self.running.send_modify(|running| *running += 1);
        }
        let (lines, received) = mpsc::channel(16);
        let turn = Turn {
            request,
            stop,
            lines,
            sdk_ids: self.sdk_ids.clone(),
        };
        tokio::spawn(async move {
            self.follow(turn).await;
            self.running.send_modify(|running| *running -= 1);
        });
        let body = stream::unfold(received, async |mut received| {
            received
                .recv()
                .await
                .map(|line: String| (Ok::<_, Infallible>(line), received))
        });
        let headers = [
            (header::CONTENT_TYPE, "application/x-ndjson"),
            (header::CACHE_CONTROL, "no-cache"),
        ];
        (headers, Body::from_stream(body)).into_response()
    }

    async fn follow(&self, turn: Turn) {
        let outcome = self.in_its_session(&turn).await;
        lock(&self.open)
            .chats
            .retain(|(_, stop)| !Arc::ptr_eq(stop, &turn.stop));
        let last = match outcome {
            Ok(()) => json!({ "type": "done" }),
            Err(error) => {
                turn.log(&error);
                json!({ "type": "error", "error": error })
            }
        };
        turn.send(&last).await;
    }

    /// A conversation has one turn at a time.
    async fn in_its_session(&self, turn: &Turn) -> Result<(), String> {
        let Some(id) = &turn.request.session_id else {
            return turn.answer(&self.options).await;
        };
        let session = lock(&self.sessions).entry(id.clone()).or_default().clone();
        let outcome = tokio::select! {
            _mine = session.lock() => turn.answer(&self.options).await,
            stopped = turn.given_up(&self.options) => Err(stopped),
        };
        drop(session);
        lock(&self.sessions).retain(|_, session| Arc::strong_count(session) > 1);
        outcome
    }

    pub(crate) fn abort(&self, id: &str) -> bool {
        let mut open = lock(&self.open);
        let before = open.chats.len();
        open.chats.retain(|(name, stop)| {
            let found = name.as_deref() == Some(id);
            if found {
                stop.notify_one();
            }
            !found
        });
        open.chats.len() < before
    }

    /// Stops all turns, and waits until the last CLI has ended.
    pub(crate) async fn stop(&self) {
        {
            let mut open = lock(&self.open);
            open.stopping = true;
            open.chats.drain(..).for_each(|(_, stop)| stop.notify_one());
        }
        let _ = self
            .running
            .subscribe()
            .wait_for(|running| *running == 0)
            .await;
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
