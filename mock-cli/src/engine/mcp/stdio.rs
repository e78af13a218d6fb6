//! Servers that are processes.

use crate::invocation::as_child;
use crate::process::{Arrival, ServerNews, end_in_peace};
use crate::profile::ServerEnd;
use crate::protocol::decode::Lines;
use crate::protocol::mcp::ServerConfig;
use serde_json::Value;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// A server's process.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// What is written to its stdin, on a thread of its own: a server need not read.
    to_write: Sender<String>,
}

impl Process {
    pub(super) fn start(
        id: u64,
        config: &ServerConfig,
        program: &str,
        cwd: &Path,
        call: u32,
        inbox: Sender<Arrival>,
    ) -> io::Result<Process> {
        let mut command = Command::new(program);
        command
            .args(config.args.iter().flatten())
            .current_dir(cwd)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        as_child(&mut command, call);
        for (name, value) in config.env.iter().flat_map(|env| &env.0) {
            command.env(name, value);
        }
        let mut child = command.spawn()?;
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let mut stdin = child.stdin.take().ok_or_else(gone)?;
        let mut stdout = child.stdout.take().ok_or_else(gone)?;
        let (to_write, texts) = channel::<String>();
        thread::Builder::new()
            .name("mcp-in".into())
            .spawn(move || {
                for text in texts {
                    if stdin.write_all(text.as_bytes()).is_err() {
                        // It has ended, which its stdout tells.
                        return;
                    }
                }
            })?;
        thread::Builder::new()
            .name("mcp-out".into())
            .spawn(move || {
                let (mut lines, mut buffer) = (Lines::new(), vec![0; 16 * 1024]);
                while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                    lines.feed(&buffer[..count]);
                    for line in lines.by_ref() {
                        // What is no UTF-8 is replaced, what is no JSON passed over.
                        let Ok(message) = serde_json::from_str(&line.lossy()) else {
                            continue;
                        };
                        let news = ServerNews::Message(message);
                        if inbox.send(Arrival::Server { link: id, news }).is_err() {
                            return;
                        }
                    }
                }
                let news = ServerNews::Closed(None);
                // The engine is gone only when the process is.
                let _ = inbox.send(Arrival::Server { link: id, news });
            })?;
        Ok(Process { child, to_write })
    }

    pub(super) fn send(&mut self, message: &Value) {
        // A server that has ended does not read it.
        let _ = self.to_write.send(format!("{message}\n"));
    }

    /// Its pid.
    pub(super) fn pid(&self) -> Option<i32> {
        i32::try_from(self.child.id()).ok()
    }

    /// Ends it: in peace where it lets that happen.
    pub(super) fn end(mut self, end: ServerEnd) {
        let pid = self.pid();
        if end == ServerEnd::Eof {
            drop(self.to_write);
        }
        end_in_peace(pid, end);
        // It has ended, or was killed.
        let _ = self.child.wait();
    }
}
