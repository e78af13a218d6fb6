//! MCP servers that are processes: started, asked for their tools, called (PROTOCOL 8.2).

use crate::invocation::FACE_VARIABLES;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server of `--mcp-config`.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: String,
    /// Its tools by their own names; None: it could not be reached.
    pub(super) tools: Option<Vec<String>>,
    link: Option<Link>,
}

/// A server that runs.
#[derive(Debug)]
struct Link {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<Value>,
    requests: u64,
}

impl Drop for Link {
    fn drop(&mut self) {
        // A server that does not end by itself when nobody talks to it any more is ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the servers that the configurations name. What has no command is passed over.
pub(super) fn start(configs: &[String], cwd: &Path, protocol: &str) -> Vec<Server> {
    let mut servers = Vec::new();
    for config in configs {
        let text = match serde_json::from_str::<Value>(config) {
            Ok(_) => config.clone(),
            Err(_) => std::fs::read_to_string(cwd.join(config)).unwrap_or_default(),
        };
        let config: Value = serde_json::from_str(&text).unwrap_or_default();
        for (name, server) in config["mcpServers"].as_object().into_iter().flatten() {
            if server["command"].is_string() {
                let link = connect(server, cwd, protocol);
                let (link, tools) = link.map_or((None, None), |(l, t)| (Some(l), Some(t)));
                servers.push(Server {
                    name: name.clone(),
                    tools,
                    link,
                });
            }
        }
    }
    servers
}

fn connect(server: &Value, cwd: &Path, protocol: &str) -> Option<(Link, Vec<String>)> {
    let args = server["args"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let mut command = Command::new(server["command"].as_str()?);
    command
        .args(args)
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
    let mut child = command.spawn().ok()?;
    let (stdin, stdout) = (child.stdin.take()?, child.stdout.take()?);
    let (sender, lines) = channel();
    thread::Builder::new()
        .name("mcp".into())
        .spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let Ok(value) = serde_json::from_str(&line) else {
                    continue;
                };
                if sender.send(value).is_err() {
                    break;
                }
            }
        })
        .ok()?;
    let mut link = Link {
        child,
        stdin,
        lines,
        requests: 0,
    };
    let client = json!({"name": "claude-code", "version": "mock"});
    link.request(
        "initialize",
        json!({"protocolVersion": protocol, "capabilities": {"roots": {}}, "clientInfo": client}),
    )?;
    link.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))?;
    let listed = link.request("tools/list", json!({}))?;
    let tools = listed["tools"].as_array().cloned().unwrap_or_default();
    let names = tools
        .iter()
        .filter_map(|t| t["name"].as_str().map(str::to_owned));
    Some((link, names.collect()))
}

impl Link {
    fn send(&mut self, message: &Value) -> Option<()> {
        writeln!(self.stdin, "{message}").ok()?;
        self.stdin.flush().ok()
    }

    /// The result of a request; None where there is none.
    fn request(&mut self, method: &str, params: Value) -> Option<Value> {
        let id = self.requests;
        self.requests += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        let begun = Instant::now();
        loop {
            let answer = self
                .lines
                .recv_timeout(PATIENCE.saturating_sub(begun.elapsed()))
                .ok()?;
            if answer["id"] == id {
                return answer.get("result").cloned();
            }
        }
    }
}

impl Server {
    /// The names of its tools, as the model knows them.
    pub(super) fn full_names(&self) -> impl Iterator<Item = String> {
        let name = &self.name;
        self.tools
            .iter()
            .flatten()
            .map(move |tool| format!("mcp__{name}__{tool}"))
    }

    /// Calls a tool; None where the server does not answer.
    pub(super) fn call(&mut self, tool: &str, arguments: &Value) -> Option<Value> {
        let params = json!({"name": tool, "arguments": arguments});
        self.link.as_mut()?.request("tools/call", params)
    }
}

/// The server of a tool, and its own name there.
pub(super) fn find<'a>(servers: &'a mut [Server], tool: &str) -> Option<(&'a mut Server, String)> {
    let (server, name) = tool.strip_prefix("mcp__")?.split_once("__")?;
    let found = servers.iter_mut().find(|s| s.name == server)?;
    let known = found
        .tools
        .as_ref()
        .is_some_and(|tools| tools.iter().any(|t| t == name));
    known.then(|| (found, name.to_owned()))
}
