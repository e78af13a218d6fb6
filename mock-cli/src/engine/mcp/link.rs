//! MCP servers that are processes: started, asked for their tools, called.

use super::{Server, State, hello};
use crate::invocation::FACE_VARIABLES;
use crate::profile::Mcp;
use crate::template::Vars;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that runs.
#[derive(Debug)]
pub(super) struct Link {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<Value>,
    requests: u64,
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::INT);
        }
        // A server that does not end by itself when nobody talks to it any more is ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came of a start.
pub(super) type Started = Result<(Link, Value, Value), String>;

/// Starts all servers that are processes side by side. They are returned as the profile orders them; one that is
/// not ready within the profile's patience stays pending.
pub(super) fn start_all(servers: Vec<Server>, profile: &'static Mcp, cwd: &Path) -> Vec<Server> {
    let begun = Instant::now();
    let (sender, ready) = channel::<(usize, Started, Duration)>();
    let mut open = 0;
    for (index, server) in servers.iter().enumerate().filter(|(_, s)| !s.is_sdk()) {
        server.log.note(profile, "starting", &Vars::new());
        let (config, cwd, sender) = (server.config.clone(), cwd.to_owned(), sender.clone());
        let job = move || {
            let _ = sender.send((index, connect(&config, &cwd, profile), begun.elapsed()));
        };
        if thread::Builder::new().name("mcp".into()).spawn(job).is_ok() {
            open += 1;
        }
    }
    let mut order = Vec::new();
    let mut servers: Vec<Option<Server>> = servers.into_iter().map(Some).collect();
    while open > 0 {
        let limit = profile.patience_ms.map_or(PATIENCE, Duration::from_millis);
        let Ok((index, started, took)) = ready.recv_timeout(limit.saturating_sub(begun.elapsed()))
        else {
            break;
        };
        open -= 1;
        if let Some(server) = servers.get_mut(index).and_then(Option::as_mut) {
            server.started(started, took, profile);
        }
        order.push(index);
    }
    if profile.in_order {
        return servers.into_iter().flatten().collect();
    }
    let first: Vec<Server> = order
        .iter()
        .filter_map(|n| servers.get_mut(*n)?.take())
        .collect();
    first
        .into_iter()
        .chain(servers.into_iter().flatten())
        .collect()
}

impl Server {
    /// Starts it again.
    pub(super) fn restart(&mut self, profile: &'static Mcp, cwd: &Path) {
        self.stop(profile);
        let begun = Instant::now();
        self.log.note(profile, "starting", &Vars::new());
        let started = connect(&self.config, cwd, profile);
        self.started(started, begun.elapsed(), profile);
    }

    /// Ends its process, if there is one.
    pub(super) fn stop(&mut self, profile: &Mcp) {
        if self.link.take().is_some() {
            self.log.note(profile, "stopped", &Vars::new());
        }
    }

    /// Ends its process with the CLI's own.
    pub(in crate::engine) fn close(&mut self, profile: &Mcp) {
        if self.link.is_none() {
            return;
        }
        self.stop(profile);
        let kind = self.config["type"]
            .as_str()
            .unwrap_or("unknown")
            .to_uppercase();
        let seconds = self.since.map_or(0, |since| since.elapsed().as_secs());
        let vars = Vars::new().with("kind", kind).with("s", seconds);
        self.log.note(profile, "closed", &vars);
    }

    fn started(&mut self, started: Started, took: Duration, profile: &Mcp) {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let vars = Vars::new().with("ms", ms);
        let kind = self.config["type"].as_str().unwrap_or("undefined");
        match started {
            Ok((mut link, hello, listed)) => {
                let has = |what: &str| !hello["capabilities"][what].is_null();
                let vars = vars
                    .with("type", kind)
                    .with("transport", self.config["type"].as_str().unwrap_or("stdio"))
                    .with("has_tools", has("tools"))
                    .with("has_prompts", has("prompts"))
                    .with("has_resources", has("resources"))
                    .with(
                        "subscribes",
                        hello["capabilities"]["resources"]["subscribe"] == true,
                    )
                    .with("server", hello["serverInfo"].clone())
                    .with("negotiated", hello["protocolVersion"].clone());
                self.log.note(profile, "connected", &vars);
                link.requests = 2;
                self.info = hello["serverInfo"].clone();
                self.connected(&listed);
                self.link = Some(link);
                self.since = Some(Instant::now());
            }
            Err(why) => {
                // Newer versions name the system's error as well.
                let code = if why.starts_with("ENOENT") {
                    " (ENOENT)"
                } else {
                    ""
                };
                let vars = vars.with("error", why.as_str()).with("code", code);
                self.log.note(profile, "connect_failed", &vars);
                self.log.fault(profile, "connect_fault", &vars);
                self.lost(State::Failed(why));
            }
        }
    }

    /// A request to its process. The error is what the server said, or that it is gone.
    pub(super) fn ask(
        &mut self,
        method: &str,
        params: Value,
        profile: &Mcp,
    ) -> Result<Value, String> {
        let Some(link) = self.link.as_mut() else {
            return Err("Not connected".into());
        };
        let Some(answer) = link.request(method, params) else {
            self.link = None;
            return Err(closed(profile));
        };
        result(answer, profile)
    }
}

/// What is said of a server that has ended.
fn closed(profile: &Mcp) -> String {
    said(-32000, "Connection closed", profile)
}

/// The result in an answer; the error as the version tells it.
fn result(answer: Value, profile: &Mcp) -> Result<Value, String> {
    match answer.get("error") {
        None => Ok(answer["result"].clone()),
        Some(error) => {
            let text = error["message"].as_str().unwrap_or_default();
            Err(said(
                error["code"].as_i64().unwrap_or_default(),
                text,
                profile,
            ))
        }
    }
}

/// An error of a server: newer versions tell it by its message alone.
pub(super) fn said(code: i64, text: &str, profile: &Mcp) -> String {
    if profile.plain_errors {
        text.to_owned()
    } else {
        format!("MCP error {code}: {text}")
    }
}

fn connect(server: &Value, cwd: &Path, profile: &Mcp) -> Started {
    let program = server["command"].as_str().unwrap_or_default();
    let mut link = spawn(server, program, cwd).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => profile.missing_program.replace("${program}", program),
        _ => error.to_string(),
    })?;
    let lost = || closed(profile);
    let result = |answer| result(answer, profile);
    let params = hello(profile, &json!({"roots": {}}));
    let hello = result(link.request("initialize", params).ok_or_else(lost)?)?;
    link.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        .ok_or_else(lost)?;
    let listed = match &hello["capabilities"]["tools"] {
        Value::Null => Value::Null,
        _ => result(link.request("tools/list", json!({})).ok_or_else(lost)?)?,
    };
    Ok((link, hello, listed))
}

fn spawn(server: &Value, program: &str, cwd: &Path) -> io::Result<Link> {
    let args = server["args"].as_array().into_iter().flatten();
    let mut command = Command::new(program);
    command
        .args(args.filter_map(Value::as_str))
        .current_dir(cwd)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    for name in FACE_VARIABLES {
        command.env_remove(name);
    }
    for (name, value) in server["env"].as_object().into_iter().flatten() {
        command.env(name, value.as_str().unwrap_or_default());
    }
    let mut child = command.spawn()?;
    let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
    let stdin = child.stdin.take().ok_or_else(gone)?;
    let stdout = child.stdout.take().ok_or_else(gone)?;
    let (sender, lines) = channel();
    thread::Builder::new().name("mcp".into()).spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let Ok(value) = serde_json::from_str(&line) else {
                continue;
            };
            if sender.send(value).is_err() {
                break;
            }
        }
    })?;
    Ok(Link {
        child,
        stdin,
        lines,
        requests: 0,
    })
}

impl Link {
    fn send(&mut self, message: &Value) -> Option<()> {
        writeln!(self.stdin, "{message}").ok()?;
        self.stdin.flush().ok()
    }

    /// The answer to a request; None where there is none.
    fn request(&mut self, method: &str, params: Value) -> Option<Value> {
        let id = self.requests;
        self.requests += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        let begun = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            let answer = self.lines.recv_timeout(left).ok()?;
            if answer["id"] == id {
                return Some(answer);
            }
        }
    }
}
