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

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::HeaderMap;
    use serde_json::json;
    use std::net::Ipv4Addr;
    use tokio::net::TcpListener;
    use tokio_tungstenite::accept_async;

    /// A server for one client: it says what it hears until the client goes, and how that was.
    async fn echo(listener: TcpListener) -> Vec<String> {
        let (stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 2048];
        let length = stream.peek(&mut head).await.unwrap();
        let mut heard = vec![String::from_utf8_lossy(&head[..length]).to_lowercase()];
        let mut socket = accept_async(stream).await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            match message {
                Message::Text(text) => {
                    heard.push(text.to_string());
                    socket.send(Message::Ping("?".into())).await.unwrap();
                    socket.send(Message::Text(text)).await.unwrap();
                }
                Message::Close(frame) => heard.push(format!("{:?}", frame.map(|it| it.code))),
                _ => {}
            }
        }
        heard
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_socket_brings_its_headers_and_says_when_it_goes() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(echo(listener));
        let mut headers = HeaderMap::new();
        headers.insert("x-token", "secret".parse().unwrap());
        let http = Http::new(port).with_headers(headers);
        let mut socket = Socket::open(&http, "/ws", Window::Small).await.unwrap();
        socket.send(&json!({ "text": "Hi" })).await.unwrap();
        assert_eq!(
            socket.next().await,
            Came::Text(r#"{"text":"Hi"}"#.to_owned())
        );
        assert!(socket.is_open());
        socket.close().await;
        let heard = server.await.unwrap();
        assert!(heard[0].starts_with("get /ws "), "{heard:?}");
        assert!(heard[0].contains("x-token: secret") && heard[0].contains("origin: http://127"));
        assert_eq!(heard[1..], [r#"{"text":"Hi"}"#, "Some(Away)"]);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_server_that_speaks_no_websocket_is_told_by_its_status() {
        let server = wiremock::MockServer::start().await;
        let http = Http::new(server.address().port());
        let error = Socket::open(&http, "/ws", Window::Large).await.unwrap_err();
        assert!(matches!(error, HttpError::NoSocket(404, _)), "{error}");
    }
}
