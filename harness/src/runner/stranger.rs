//! A process that is not the backend's, on the backend's port.

use crate::scenario::Stranger;
use std::io;
use std::net::IpAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// What a stranger says to any request: the content type, and the body.
fn answer(stranger: Stranger) -> Option<(&'static str, &'static str)> {
    match stranger {
        Stranger::Answering => Some(("text/html", "<!doctype html><title>Another</title>\n")),
        Stranger::Lookalike => Some((
            "application/json",
            r#"{"status":"ok","projects":[],"conversations":[]}"#,
        )),
        Stranger::Silent => None,
    }
}

/// Holds a port until it is dropped.
#[derive(Debug)]
pub(super) struct Held(AbortHandle);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Listens on a port as somebody else would.
///
/// # Errors
/// The port cannot be listened on.
pub(super) async fn hold(stranger: Stranger, address: IpAddr, port: u16) -> io::Result<Held> {
    let listener = TcpListener::bind((address, port)).await?;
    let task = tokio::spawn(serve(listener, stranger));
    Ok(Held(task.abort_handle()))
}

async fn serve(listener: TcpListener, stranger: Stranger) {
    // Connections end with the task.
    let mut open = JoinSet::new();
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            open.spawn(meet(stream, stranger));
        }
    }
}

async fn meet(mut stream: TcpStream, stranger: Stranger) {
    let mut request = [0; 1024];
    while !matches!(stream.read(&mut request).await, Ok(0) | Err(_)) {
        if let Some((kind, body)) = answer(stranger) {
            let length = body.len();
            let text = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            let _ = stream.write_all(text.as_bytes()).await;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Http, Port};
    use std::net::Ipv4Addr;

    #[tokio::test(flavor = "current_thread")]
    async fn a_stranger_answers_with_a_page_of_its_own() {
        let port = Port::lease().unwrap();
        let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let held = hold(Stranger::Answering, local, port.number())
            .await
            .unwrap();
        let answer = Http::new(port.number()).get("/api/health").await.unwrap();
        assert_eq!(answer.status, 200);
        let body = answer.read().await.unwrap();
        assert_eq!(
            body.as_str(),
            Some("<!doctype html><title>Another</title>\n")
        );
        assert!(!port.is_free());
        drop(held);
        tokio::task::yield_now().await;
        assert!(port.is_free());
    }
}
