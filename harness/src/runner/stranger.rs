//! A process that is not the backend's, on the backend's port.

use crate::backend::Http;
use crate::scenario::Stranger;
use crate::supervise::{Launch, SpawnSpec, Supervisor};
use std::io;
use std::net::IpAddr;
use std::time::Duration;
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
        // The last one speaks for itself.
        Stranger::Silent | Stranger::EarlierRun => None,
    }
}

/// Holds a port until it is dropped.
pub(super) enum Held {
    Listener(AbortHandle),
    /// It ends with this.
    Supervised {
        _supervisor: Box<Supervisor>,
    },
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Self::Listener(task) = self {
            task.abort();
        }
    }
}

/// Starts the backend as an earlier run of the app had left it: a process that is none of this run, and answers. A
/// supervisor of its own ends it, whatever becomes of the harness.
///
/// # Errors
/// It cannot be started, or ends, or does not answer within [`START`].
pub(super) async fn earlier_run(launch: Launch, spec: &SpawnSpec, http: &Http) -> io::Result<Held> {
    let supervisor = Supervisor::launch(launch).await.map_err(io::Error::other)?;
    let pid = supervisor.spawn(spec).await.map_err(io::Error::other)?;
    let answers = async {
        // Nothing tells of another process's sockets.
        while http.get("/").await.is_err() {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        () = answers => Ok(Held::Supervised { _supervisor: Box::new(supervisor) }),
        _ = supervisor.wait(pid) => Err(io::Error::other("it ended before it answered")),
        () = tokio::time::sleep(START) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// How long that one may take to start.
const START: Duration = Duration::from_secs(60);
/// How often it is asked.
const LOOK: Duration = Duration::from_millis(25);

/// Listens on a port as somebody else would.
///
/// # Errors
/// The port cannot be listened on.
pub(super) async fn hold(stranger: Stranger, address: IpAddr, port: u16) -> io::Result<Held> {
    let listener = TcpListener::bind((address, port)).await?;
    let task = tokio::spawn(serve(listener, stranger));
    Ok(Held::Listener(task.abort_handle()))
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
    use crate::backend::Port;
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
