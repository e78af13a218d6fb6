//! A backend in a process of its own; this executable is the reference backend when told so.

use super::http::{self, Answer, DEADLINE, Stream};
use crate::stage::{Stage, cli};
use claude_harness::backend::reference;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::{Value, json};
use std::env;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;

/// The first argument that makes this executable the reference backend; the second names its defects.
const SERVER: &str = "--reference-server";

/// Runs the reference backend where this process was started as one.
pub(crate) fn dispatch() -> Option<ExitCode> {
    let mut args = env::args_os().skip(1);
    if args.next()? != SERVER {
        return None;
    }
    let defects = args
        .next()
        .and_then(|names| names.into_string().ok())
        .unwrap_or_default();
    let defects = defects
        .split(',')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    let rest: Vec<OsString> = args.collect();
    let code = reference::main(mock_claude::sidecar::Server { defects }, &rest);
    Some(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)))
}

/// The command of a reference backend with these defects (names, separated by commas) on this stage.
pub(crate) fn command(stage: &Stage, defects: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("this executable"));
    stage.enter(&mut command);
    command.args([SERVER, defects]);
    command
}

/// A reference backend with these defects, on this stage, with this fake CLI.
pub(crate) fn start(stage: &Stage, defects: &str, cli_name: &str) -> Server {
    let mut command = command(stage, defects);
    command.arg("--claude-path").arg(cli(cli_name));
    Server::start(command)
}

/// A started backend; ended, if it still runs, when dropped.
pub(crate) struct Server {
    child: Child,
    log: Receiver<String>,
    pub(crate) port: u16,
}

impl Server {
    /// Starts a backend with `--port 0` and waits for the line that names its port.
    pub(crate) fn start(mut command: Command) -> Self {
        command.args(["--port", "0"]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut child = command.spawn().expect("the backend starts");
        let (sender, log) = channel();
        let stdout = child.stdout.take().expect("stdout is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut server = Self {
            child,
            log,
            port: 0,
        };
        let line = server.logged(|line| line.starts_with("Listening on "));
        let port = line.trim_end_matches('/').rsplit(':').next();
        server.port = port
            .and_then(|port| port.parse().ok())
            .expect("a port in the line");
        server
    }

    /// Waits for a line of the log.
    #[track_caller]
    pub(crate) fn logged(&self, wanted: impl Fn(&str) -> bool) -> String {
        let mut seen = Vec::new();
        loop {
            match self.log.recv_timeout(DEADLINE) {
                Ok(line) if wanted(&line) => return line,
                Ok(line) => seen.push(line),
                Err(error) => panic!("{error}; the log had {seen:#?}"),
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        http::get(self.port, path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        http::post(self.port, path, &body.to_string())
    }

    pub(crate) fn abort(&self, request: &str) -> u16 {
        self.post(&format!("/api/abort/{request}"), &json!({}))
            .status
    }

    /// Begins a chat under the request id `r`.
    pub(crate) fn chat(&self, message: &str) -> Stream {
        self.chat_with(&json!({"message": message, "requestId": "r"}))
    }

    pub(crate) fn chat_with(&self, body: &Value) -> Stream {
        http::send(self.port, "POST", "/api/chat", Some(&body.to_string()))
    }

    /// The error line that a chat gives, as the only line.
    #[track_caller]
    pub(crate) fn chat_error(&self, body: &Value) -> String {
        let lines = self.chat_with(body).lines();
        match lines.as_slice() {
            [line] if line["type"] == "error" => {
                line["error"].as_str().unwrap_or_default().to_owned()
            }
            _ => panic!("not one error line: {lines:?}"),
        }
    }

    /// SIGTERM, and the exit status.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).expect("the backend is there");
        wait(&mut self.child)
    }

    /// Closes the reading end of the backend's log.
    pub(crate) fn stop_reading(&mut self) {
        // The thread sees the lost receiver at the next line and then drops its end of the pipe.
        let (_, nothing) = channel();
        self.log = nothing;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // In order, so that it ends what it started; one that a test found broken is not trusted with that.
            let signal = if std::thread::panicking() {
                Signal::KILL
            } else {
                Signal::TERM
            };
            let _ = kill_process(Pid::from_child(&self.child), signal);
            wait(&mut self.child);
        }
    }
}

/// Waits for the end of a process; one that does not come to it is killed, which its status then tells.
fn wait(child: &mut Child) -> ExitStatus {
    let pid = Pid::from_child(child);
    let (ended, watched) = channel::<()>();
    let watchdog = std::thread::spawn(move || {
        if watched.recv_timeout(DEADLINE) == Err(RecvTimeoutError::Timeout) {
            let _ = kill_process(pid, Signal::KILL);
        }
    });
    let status = child.wait().expect("a child can be waited for");
    drop(ended);
    watchdog.join().expect("the watchdog does not panic");
    status
}

/// What a backend says that does not start: its exit code, stdout and stderr.
pub(crate) fn refusal(mut command: Command) -> (Option<i32>, String, String) {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the backend starts");
    let out = read_aside(child.stdout.take());
    let err = read_aside(child.stderr.take());
    let code = wait(&mut child).code();
    (code, out.join().expect("UTF-8"), err.join().expect("UTF-8"))
}

/// Reads a pipe to its end on a thread of its own.
fn read_aside(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    let mut pipe = pipe.expect("it is piped");
    std::thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).expect("UTF-8");
        text
    })
}

/// Whether a process is there (a zombie counts).
pub(crate) fn is_alive(pid: u32) -> bool {
    Pid::from_raw(pid.cast_signed()).is_some_and(|pid| test_kill_process(pid).is_ok())
}

/// Ends a process that a test left behind on purpose.
pub(crate) fn kill(pid: u32) {
    let pid = Pid::from_raw(pid.cast_signed()).expect("a pid");
    kill_process(pid, Signal::KILL).expect("it is there");
}

/// The signal that ended a process.
pub(crate) fn signal(status: ExitStatus) -> Option<i32> {
    status.signal()
}
