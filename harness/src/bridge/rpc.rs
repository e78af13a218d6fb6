//! JSON-RPC 2.0 over the stdin and stdout of a process, a message a line.

use super::Config;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
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
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
            .await;
        answer
            .await
            .unwrap_or_else(|_| Err("the backend has ended".to_owned()))
    }

    /// Sends what wants no answer.
    pub(super) async fn tell(&self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
            .await;
    }

    /// Answers a request of the other side.
    pub(super) async fn answer(&self, request: &Value, answer: Result<Value, &str>) {
        let mut message = json!({ "jsonrpc": "2.0", "id": request["id"] });
        match answer {
            Ok(result) => message["result"] = result,
            Err(text) => message["error"] = json!({ "code": -32601, "message": text }),
        }
        self.send(&message).await;
    }

    async fn send(&self, message: &Value) {
        // Who has ended is found out by other means.
        let _ = self
            .stdin
            .lock()
            .await
            .write_all(format!("{message}\n").as_bytes())
            .await;
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
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(message) = serde_json::from_str::<Value>(&line) else {
            println!("no JSON-RPC: {line}");
            continue;
        };
        if message["method"].is_string() {
            let _ = incoming.send(message);
            continue;
        }
        let id = message["id"].as_u64().unwrap_or_default();
        if let Some(asked) = lock(&waiting).remove(&id) {
            let error = &message["error"];
            let _ = asked.send(if error.is_null() {
                Ok(message["result"].clone())
            } else {
                let text = error["message"].as_str().unwrap_or_default();
                // Some say only there what has happened.
                let details = error["data"]["details"]
                    .as_str()
                    .map(|it| format!(": {it}"));
                Err(format!("{text}{}", details.unwrap_or_default()))
            });
        }
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
