//! A WebSocket as an app's window holds one: a message each way is a text.

use super::http::{Http, HttpError, Window};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use serde_json::Value;
use std::net::Shutdown;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// The least that is read at once, in bytes, by a client that takes little at a time.
const SMALL_PIECE: usize = 4096;

/// An open WebSocket. Dropping it closes the connection without a word.
#[derive(Debug)]
pub(super) struct Socket {
    stream: WebSocketStream<TcpStream>,
    /// The same socket.
    raw: std::net::TcpStream,
}

/// What came over a socket.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// A message.
    Text(String),
    /// The other side closed it, and said so.
    Closed,
    /// The connection broke.
    CutOff,
}

impl Socket {
    /// Opens one as a page of the backend's own does, which says where it is from.
    ///
    /// # Errors
    /// No connection, or the backend does not switch protocols.
    pub(super) async fn open(http: &Http, path: &str, window: Window) -> Result<Self, HttpError> {
        let stream = http.connect(window).await.map_err(HttpError::Connect)?;
        let stream = stream.into_std().map_err(HttpError::Connect)?;
        let raw = stream.try_clone().map_err(HttpError::Connect)?;
        let stream = TcpStream::from_std(stream).map_err(HttpError::Connect)?;
        let host = http.host();
        let mut request = format!("ws://{host}{path}").into_client_request()?;
        if let Ok(origin) = HeaderValue::from_str(&format!("http://{host}")) {
            request.headers_mut().insert("origin", origin);
        }
        http.add_headers(request.headers_mut());
        let mut config = WebSocketConfig::default()
            .max_message_size(None)
            .max_frame_size(None);
        if window == Window::Small {
            config = config.read_buffer_size(SMALL_PIECE);
        }
        let opened = tokio_tungstenite::client_async_with_config(request, stream, Some(config));
        let (stream, _) = opened.await?;
        Ok(Self { stream, raw })
    }

    /// Sends a message.
    ///
    /// # Errors
    /// The connection is gone.
    pub(super) async fn send(&mut self, message: &Value) -> Result<(), HttpError> {
        Ok(self.stream.send(Message::text(message.to_string())).await?)
    }

    /// The next message. Cancel-safe.
    pub(super) async fn next(&mut self) -> Came {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => return Came::Text(text.to_string()),
                Some(Ok(Message::Binary(bytes))) => {
                    return Came::Text(String::from_utf8_lossy(&bytes).into_owned());
                }
                Some(Ok(Message::Close(_))) => return Came::Closed,
                // The library answers a ping.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Err(_)) | None => return Came::CutOff,
            }
        }
    }

    /// Whether it is still open, between two messages of the user; what came meanwhile belongs to neither and is passed over.
    pub(super) fn is_open(&mut self) -> bool {
        while let Some(came) = self.next().now_or_never() {
            if !matches!(came, Came::Text(_)) {
                return false;
            }
        }
        true
    }

    /// Closes it as a page does that the user leaves.
    pub(super) async fn close(mut self) {
        let going = CloseFrame {
            code: CloseCode::Away,
            reason: "".into(),
        };
        let _ = self.stream.send(Message::Close(Some(going))).await;
        let _ = self.raw.shutdown(Shutdown::Write);
    }

    /// Resets the connection: a RST.
    pub(super) fn reset(self) {
        let _ = rustix::net::sockopt::set_socket_linger(&self.raw, Some(Duration::ZERO));
    }
}

impl From<Error> for HttpError {
    fn from(error: Error) -> Self {
        match error {
            Error::Http(response) => {
                let body = response.body().as_deref().unwrap_or_default();
                let body = String::from_utf8_lossy(body).trim().to_owned();
                Self::NoSocket(response.status().as_u16(), body)
            }
            other => Self::Socket(Box::new(other)),
        }
    }
}
