//! A small HTTP client over one connection a request, so that a step can hang up when it likes.

use super::gate::{Gate, Gated};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::AbortHandle;

/// The receive buffer, in bytes, of a client that reads slowly or not at all; the system may give a little more.
const SMALL_WINDOW: u32 = 4096;
/// The least that hyper can be told to read at once.
const SMALL_PIECE: usize = 8192;

/// Speaks HTTP to one port on loopback.
#[derive(Debug, Clone)]
pub struct Http {
    address: SocketAddr,
    /// What every request brings, such as a token.
    headers: Arc<HeaderMap>,
}

/// How a client takes an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Window {
    /// As much at once as comes.
    #[default]
    Large,
    /// A few kilobytes, so that the peer soon has to wait.
    Small,
}

/// Why no answer, or not the whole of it, came.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No connection. Its text is the same on all systems.
    #[error("connect: {}", .0.kind())]
    Connect(std::io::Error),
    /// The connection broke, or what came is no HTTP.
    #[error("read the answer: {0}")]
    Broken(#[from] hyper::Error),
    /// A WebSocket was asked for, and the backend answered as with a page: status and body.
    #[error("{0} {1}")]
    NoSocket(u16, String),
    /// A WebSocket broke, or what came is none.
    #[error("WebSocket: {0}")]
    Socket(Box<tokio_tungstenite::tungstenite::Error>),
}

type Head = Pin<Box<dyn Future<Output = Result<Response<Incoming>, hyper::Error>> + Send>>;

/// A request that was sent, and whose answer nobody reads yet. Dropping it hangs up.
pub struct Sent {
    head: Head,
    // While it lives hyper does not close the connection.
    _sender: SendRequest<Full<Bytes>>,
    gate: Arc<Gate>,
    connection: Connection,
}

impl std::fmt::Debug for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sent").finish_non_exhaustive()
    }
}

/// An answer whose body is read chunk by chunk. Dropping it hangs up.
#[derive(Debug)]
pub struct Body {
    /// The status code.
    pub status: u16,
    /// The content type, without its parameters.
    pub content_type: String,
    incoming: Incoming,
    connection: Connection,
}

/// The client's side of a connection, which is closed when this is dropped.
#[derive(Debug)]
pub struct Connection {
    /// The same socket as hyper's.
    socket: std::net::TcpStream,
    task: AbortHandle,
}

impl Connection {
    /// Closes the connection: a FIN, whatever was not read.
    pub fn close(self) {
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    /// Resets the connection: a RST.
    pub fn reset(self) {
        let _ = rustix::net::sockopt::set_socket_linger(&self.socket, Some(Duration::ZERO));
    }

    /// Sends no more, and can still read.
    pub fn half_close(&self) {
        let _ = self.socket.shutdown(Shutdown::Write);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Http {
    /// A client for a port of 127.0.0.1.
    pub fn new(port: u16) -> Self {
        Self::at(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
    }

    /// A client for a port of ::1.
    pub fn v6(port: u16) -> Self {
        Self::at(IpAddr::V6(Ipv6Addr::LOCALHOST), port)
    }

    fn at(address: IpAddr, port: u16) -> Self {
        let address = SocketAddr::new(address, port);
        Self {
            address,
            headers: Arc::default(),
        }
    }

    /// The same client, with headers of its own.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = Arc::new(headers);
        self
    }

    /// Adds its headers to those of a request.
    pub(super) fn add_headers(&self, headers: &mut HeaderMap) {
        let own = self.headers.iter();
        headers.extend(own.map(|(name, value)| (name.clone(), value.clone())));
    }

    /// The address.
    pub fn address(&self) -> IpAddr {
        self.address.ip()
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Address and port, as in a URL.
    pub(super) fn host(&self) -> String {
        self.address.to_string()
    }

    /// The same client for another port.
    pub fn on(&self, port: u16) -> Self {
        Self {
            address: SocketAddr::new(self.address.ip(), port),
            headers: Arc::clone(&self.headers),
        }
    }

    /// `GET path`, up to the head of the answer.
    ///
    /// # Errors
    /// No connection, or no HTTP.
    pub async fn get(&self, path: &str) -> Result<Body, HttpError> {
        let sent = self.send(Method::GET, path, None, Window::Large).await?;
        sent.head().await
    }

    /// `POST path` with a JSON body (or none), up to the head of the answer.
    ///
    /// # Errors
    /// No connection, or no HTTP.
    pub async fn post(&self, path: &str, body: Option<&Value>) -> Result<Body, HttpError> {
        let sent = self.send(Method::POST, path, body, Window::Large).await?;
        sent.head().await
    }

    /// `POST path`, of whose answer nothing is read yet.
    ///
    /// # Errors
    /// No connection.
    pub async fn begin(
        &self,
        path: &str,
        body: Option<&Value>,
        window: Window,
    ) -> Result<Sent, HttpError> {
        self.send(Method::POST, path, body, window).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        window: Window,
    ) -> Result<Sent, HttpError> {
        let stream = self.connect(window).await.map_err(HttpError::Connect)?;
        let stream = stream.into_std().map_err(HttpError::Connect)?;
        let socket = stream.try_clone().map_err(HttpError::Connect)?;
        let gate = Arc::new(Gate::default());
        let stream = Gated {
            stream: TokioIo::new(TcpStream::from_std(stream).map_err(HttpError::Connect)?),
            gate: Arc::clone(&gate),
        };
        let mut builder = hyper::client::conn::http1::Builder::new();
        if window == Window::Small {
            builder.max_buf_size(SMALL_PIECE);
        }
        let (mut sender, connection) = builder.handshake(stream).await?;
        let connection = Connection {
            socket,
            task: tokio::spawn(connection).abort_handle(),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.host());
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let bytes = body.map(Value::to_string).unwrap_or_default();
        let mut request = request
            .body(Full::<Bytes>::from(bytes))
            .expect("method, path and headers are valid");
        self.add_headers(request.headers_mut());
        let head = Box::pin(sender.send_request(request));
        Ok(Sent {
            head,
            _sender: sender,
            gate,
            connection,
        })
    }

    pub(super) async fn connect(&self, window: Window) -> std::io::Result<TcpStream> {
        let socket = match self.address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        if window == Window::Small {
            // Before the connect: the window is agreed on there.
            socket.set_recv_buffer_size(SMALL_WINDOW)?;
        }
        socket.connect(self.address).await
    }
}

impl Sent {
    /// Waits until the request was handed to the system, or an answer to it cannot come any more.
    pub async fn handed_over(&mut self) {
        let gate = Arc::clone(&self.gate);
        tokio::select! {
            () = gate.sent() => {}
            // With a closed gate this is only how the connection fails.
            _ = std::future::poll_fn(|context| match self.head.as_mut().poll(context) {
                std::task::Poll::Ready(failed) => {
                    // A future that has come to its end is not asked again.
                    self.head = Box::pin(async move { failed });
                    std::task::Poll::Ready(())
                }
                std::task::Poll::Pending => std::task::Poll::Pending,
            }) => {}
        }
    }

    /// Reads the head of the answer.
    ///
    /// # Errors
    /// The connection broke, or what came is no HTTP.
    pub async fn head(self) -> Result<Body, HttpError> {
        self.gate.open();
        Ok(Body::new(self.head.await?, self.connection))
    }

    /// The connection.
    pub fn into_connection(self) -> Connection {
        self.connection
    }

    /// The connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl Body {
    fn new(response: Response<Incoming>, connection: Connection) -> Self {
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
            connection,
        }
    }

    /// The connection, without the rest of the answer.
    pub fn into_connection(self) -> Connection {
        self.connection
    }

    /// The connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::net::{SocketAddr, TcpListener};

    /// What a server sees that takes one request and reads on.
    fn server() -> (u16, std::thread::JoinHandle<std::io::Result<usize>>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener
            .local_addr()
            .as_ref()
            .map(SocketAddr::port)
            .unwrap();
        let seen = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept()?;
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") {
                stream.read_exact(&mut byte)?;
                request.push(byte[0]);
            }
            stream.read(&mut byte)
        });
        (port, seen)
    }

    async fn sent(port: u16) -> Sent {
        let http = Http::new(port);
        let mut sent = http.begin("/", None, Window::Small).await.unwrap();
        sent.handed_over().await;
        sent
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_client_that_closes_sends_a_fin() {
        let (port, seen) = server();
        sent(port).await.into_connection().close();
        assert_eq!(seen.join().unwrap().unwrap(), 0);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_client_that_resets_sends_a_rst() {
        let (port, seen) = server();
        sent(port).await.into_connection().reset();
        // The socket is also that of the connection's task, which ends when it is looked at again.
        tokio::task::yield_now().await;
        let error = seen.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_half_closed_connection_can_still_be_read() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener
            .local_addr()
            .as_ref()
            .map(SocketAddr::port)
            .unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            // Only the client's FIN ends this.
            stream.read_to_end(&mut request).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
            std::io::Write::write_all(&mut stream, answer).unwrap();
        });
        let sent = sent(port).await;
        sent.connection().half_close();
        let body = sent.head().await.unwrap();
        assert_eq!(body.read().await.unwrap(), Value::from("hi"));
        server.join().unwrap();
    }
}
