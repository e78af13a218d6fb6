//! A small HTTP client over one connection a request, so that a step can hang up when it likes.

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::Ipv4Addr;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

/// Speaks HTTP to one port on loopback.
#[derive(Debug, Clone, Copy)]
pub struct Http {
    port: u16,
}

/// Why no answer, or not the whole of it, came.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No connection.
    #[error("connect: {0}")]
    Connect(std::io::Error),
    /// The connection broke, or what came is no HTTP.
    #[error("read the answer: {0}")]
    Broken(#[from] hyper::Error),
}

/// An answer whose body is read chunk by chunk. Dropping it hangs up.
#[derive(Debug)]
pub struct Body {
    /// The status code.
    pub status: u16,
    /// The content type, without its parameters.
    pub content_type: String,
    incoming: Incoming,
    _connection: HangUp,
}

/// Closes the connection when dropped.
#[derive(Debug)]
struct HangUp(AbortHandle);

impl Drop for HangUp {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Http {
    /// A client for a port of 127.0.0.1.
    pub fn new(port: u16) -> Self {
        Self { port }
    }

    /// `GET path`, up to the head of the answer.
    ///
    /// # Errors
    /// No connection, or no HTTP.
    pub async fn get(&self, path: &str) -> Result<Body, HttpError> {
        self.send(Method::GET, path, None).await
    }

    /// `POST path` with a JSON body (or none), up to the head of the answer.
    ///
    /// # Errors
    /// No connection, or no HTTP.
    pub async fn post(&self, path: &str, body: Option<&Value>) -> Result<Body, HttpError> {
        self.send(Method::POST, path, body).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Body, HttpError> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
            .await
            .map_err(HttpError::Connect)?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = HangUp(tokio::spawn(connection).abort_handle());
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", format!("127.0.0.1:{}", self.port));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let bytes = body.map(Value::to_string).unwrap_or_default();
        let request = request
            .body(Full::<Bytes>::from(bytes))
            .expect("method, path and headers are valid");
        let response = sender.send_request(request).await?;
        Ok(Body::new(response, connection))
    }
}

impl Body {
    fn new(response: Response<Incoming>, connection: HangUp) -> Self {
        let header = response.headers().get("content-type");
        let content_type = header
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Self {
            status: response.status().as_u16(),
            content_type: content_type
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned(),
            incoming: response.into_body(),
            _connection: connection,
        }
    }

    /// The next bytes of the body; None at its end. Cancel-safe.
    ///
    /// # Errors
    /// The connection broke before the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        while let Some(frame) = self.incoming.frame().await {
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// The rest of the body: JSON where it is JSON, else text.
    ///
    /// # Errors
    /// The connection broke before the end.
    pub async fn read(mut self) -> Result<Value, HttpError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&bytes).into_owned())))
    }
}
