//! JSON-RPC 2.0 over the stdin and stdout of a process, a message a line.

use super::Config;
use jsonrpsee_types::error::METHOD_NOT_FOUND_CODE;
use jsonrpsee_types::{ErrorObject, Id, Notification, Response, ResponsePayload};
use mock_claude::protocol::decode::Lines;
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize as _, Serialize};
use serde_json::Value;
use serde_json::value::to_raw_value;
use std::collections::BTreeMap;
use std::io;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{broadcast, oneshot, watch};

/// How long the backend may take between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(5);

/// The other end of a conversation.
pub(super) struct Peer {
    stdin: tokio::sync::Mutex<ChildStdin>,
    waiting: Arc<Waiting>,
    next: AtomicU64,
    /// What it sends by itself: notifications, and requests, which want an answer.
    incoming: broadcast::Sender<Value>,
    pid: Option<u32>,
    ended: watch::Receiver<Option<i32>>,
}

impl Peer {
    /// Starts the process.
    pub(super) fn start(config: &Config) -> io::Result<Self> {
        let mut child = command(&config.command)?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let missing = || io::Error::other("no pipe");
        let stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let waiting = Arc::default();
        let (incoming, _) = broadcast::channel(1024);
        let (end, ended) = watch::channel(None);
        let pid = child.id();
        tokio::spawn(read(stdout, Arc::clone(&waiting), incoming.clone()));
        tokio::spawn(reap(child, end, Arc::clone(&waiting)));
        Ok(Self {
            stdin: tokio::sync::Mutex::new(stdin),
            waiting,
            next: AtomicU64::new(1),
            incoming,
            pid,
            ended,
        })
    }

    /// What it sends by itself from now on.
    pub(super) fn incoming(&self) -> broadcast::Receiver<Value> {
        self.incoming.subscribe()
    }

    /// Sends a request and waits for its answer; the error is its message, or that the process has ended.
    pub(super) async fn ask(&self, method: &str, params: Value) -> Result<Value, String> {
        self.ask_as(self.number(), method, params).await
    }

    /// A number for a request.
    pub(super) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends a request under this number.
    pub(super) async fn ask_as(
        &self,
        id: u64,
        method: &str,
        params: Value,
    ) -> Result<Value, String> {
        let (sender, answer) = oneshot::channel();
        lock(&self.waiting).insert(id, sender);
        let params = to_raw_value(&params).ok();
        let request = jsonrpsee_types::Request::owned(method.to_owned(), params, Id::Number(id));
        self.send(&request).await;
        answer
            .await
            .unwrap_or_else(|_| Err("the backend has ended".to_owned()))
    }

    /// Sends what wants no answer.
    pub(super) async fn tell(&self, method: &str, params: Value) {
        self.send(&Notification::new(method.into(), params)).await;
    }

    /// Answers a request of the other side.
    pub(super) async fn answer(&self, request: &Value, answer: Result<Value, &str>) {
        let payload = match answer {
            Ok(result) => ResponsePayload::success(result),
            Err(text) => {
                let error = ErrorObject::owned(METHOD_NOT_FOUND_CODE, text, None::<()>);
                ResponsePayload::error(error)
            }
        };
        let id = Id::deserialize(&request["id"]).unwrap_or(Id::Null);
        self.send(&Response::new(payload, id)).await;
    }

    async fn send(&self, message: &impl Serialize) {
        let mut line = serde_json::to_vec(message).unwrap_or_default();
        line.push(b'\n');
        // Who has ended is found out by other means.
        let _ = self.stdin.lock().await.write_all(&line).await;
    }

    /// Waits for the process's end and gives its exit code.
    pub(super) async fn ended(&self) -> i32 {
        let mut ended = self.ended.clone();
        let code = ended.wait_for(Option::is_some).await;
        code.map_or(1, |code| code.unwrap_or(1))
    }

    /// Ends the process: SIGTERM, and SIGKILL after a grace.
    pub(super) async fn stop(&self) {
        self.signal(Signal::TERM);
        if tokio::time::timeout(GRACE, self.ended()).await.is_err() {
            self.signal(Signal::KILL);
            self.ended().await;
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = self.pid.and_then(|pid| Pid::from_raw(pid.cast_signed()));
        if let (Some(pid), None) = (pid, *self.ended.borrow()) {
            let _ = kill_process(pid, signal);
        }
    }
}

/// Whoever waits for an answer, by the request's number.
type Waiting = Mutex<BTreeMap<u64, Asked>>;
type Asked = oneshot::Sender<Result<Value, String>>;

fn lock(waiting: &Waiting) -> MutexGuard<'_, BTreeMap<u64, Asked>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn read(
    stdout: tokio::process::ChildStdout,
    waiting: Arc<Waiting>,
    incoming: broadcast::Sender<Value>,
) {
    let mut stdout = stdout;
    let mut lines = Lines::new();
    let mut buffer = Vec::with_capacity(64 * 1024);
    while stdout.read_buf(&mut buffer).await.is_ok_and(|n| n > 0) {
        lines.feed(&buffer);
        buffer.clear();
        for line in lines.by_ref() {
            take(&line.lossy(), &waiting, &incoming);
        }
    }
    if let Some(line) = lines.finish() {
        take(&line.lossy(), &waiting, &incoming);
    }
}

fn take(line: &str, waiting: &Waiting, incoming: &broadcast::Sender<Value>) {
    let message: Value = serde_json::from_str(line).unwrap_or_default();
    if message["method"].is_string() {
        let _ = incoming.send(message);
        return;
    }
    let Ok(response) = serde_json::from_str::<Response<'_, Value>>(line) else {
        println!("no JSON-RPC: {line}");
        return;
    };
    let asked = response.id.as_number();
    let asked = asked.and_then(|id| lock(waiting).remove(id));
    if let Some(asked) = asked {
        let _ = asked.send(match response.payload {
            ResponsePayload::Success(result) => Ok(result.into_owned()),
            ResponsePayload::Error(error) => Err(told(&error)),
        });
    }
}

/// The text of an error; some say only in its details what has happened.
fn told(error: &ErrorObject<'_>) -> String {
    let data = error.data().map(|data| data.get()).unwrap_or_default();
    let data: Value = serde_json::from_str(data).unwrap_or_default();
    match data["details"].as_str() {
        Some(details) => format!("{}: {details}", error.message()),
        None => error.message().to_owned(),
    }
}

async fn reap(mut child: Child, end: watch::Sender<Option<i32>>, waiting: Arc<Waiting>) {
    let status = child.wait().await;
    let code = status.ok().and_then(|status| status.code()).unwrap_or(1);
    println!("the backend ended: exit code {code}");
    end.send_replace(Some(code));
    lock(&waiting).clear();
}

/// A command by its words.
pub(super) fn command(words: &[String]) -> io::Result<Command> {
    let (program, args) = words
        .split_first()
        .ok_or_else(|| io::Error::other("no command"))?;
    let mut command = Command::new(program);
    command.args(args);
    Ok(command)
}
