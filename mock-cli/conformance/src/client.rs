//! The client of one run: starts the process, takes the recorded steps, answers what it is asked.

use super::answers::Answers;
use super::recording::{Recording, Stdin};
use super::steps::{Step, is};
use mock_claude::protocol::decode;
use serde_json::Value;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use wait_timeout::ChildExt;

/// How long something may take that is known to come, before the run is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the pipes of a process may stay open after its end.
const DRAIN: Duration = Duration::from_secs(10);

/// How a run went.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The exit code; negative for a signal.
    pub code: i64,
    /// The lines of stdout.
    pub stdout: Vec<String>,
    /// All of stderr.
    pub stderr: String,
    /// What was sent.
    pub sent: Vec<Value>,
}

/// What a client needs to know beside the recording.
pub struct Client<'c> {
    /// Pauses and patience are multiplied by this.
    pub clock: f64,
    /// Frames as they are to be sent: placeholders filled in.
    pub fill: &'c dyn Fn(&Value) -> Value,
    /// Waits until the model was asked so often; false where it was not within that time.
    pub asked: &'c dyn Fn(usize, Duration) -> bool,
    /// Bytes written at once; None: each frame whole.
    pub chunk: Option<usize>,
}

struct Running<'c> {
    client: &'c Client<'c>,
    child: Child,
    stdin: Option<Sender<Vec<u8>>>,
    lines: Receiver<String>,
    stdout: Vec<String>,
    answers: Answers,
    cursor: usize,
    parsed: Vec<Value>,
    sent: Vec<Value>,
    open: bool,
}

impl Client<'_> {
    /// Runs the command as it was recorded.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn run(&self, mut command: Command, recording: &Recording) -> std::io::Result<Outcome> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.stdin(match recording.stdin {
            Stdin::Pipe => Stdio::piped(),
            Stdin::Null | Stdin::Closed => Stdio::null(),
        });
        let mut child = command.spawn()?;
        drop(command);
        let stderr = collect(child.stderr.take());
        let lines = read_lines(child.stdout.take());
        let stdin = child.stdin.take().map(|pipe| write_from(pipe, self.chunk));
        let mut running = Running {
            client: self,
            stdin,
            lines,
            stdout: Vec::new(),
            answers: Answers::of(recording),
            cursor: 0,
            parsed: Vec::new(),
            sent: Vec::new(),
            open: true,
            child,
        };
        for step in &recording.steps {
            running.step(step);
        }
        running.finish(recording, stderr)
    }

    fn scaled(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64((seconds * self.clock).max(0.0))
    }
}

impl Running<'_> {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Send(frame) => {
                let frame = (self.client.fill)(frame);
                self.send(&frame);
            }
            Step::Raw(text) => self.write(text.as_bytes().to_vec()),
            Step::Wait { what, max, came } => {
                let patience = if *came {
                    PATIENCE
                } else {
                    self.client.scaled(*max)
                };
                let until = Instant::now() + patience;
                while !self.found(what) && self.pump(until) {}
            }
            Step::Sleep(seconds) => {
                let until = Instant::now() + self.client.scaled(*seconds);
                while self.pump(until) {}
                // Where the output has ended there is nothing to be read meanwhile.
                std::thread::sleep(until.saturating_duration_since(Instant::now()));
            }
            Step::Signal(name) => self.signal(name),
            Step::Eof => self.stdin = None,
            Step::WaitExit => while self.pump(Instant::now() + PATIENCE) {},
            Step::WaitAsked(count) => {
                (self.client.asked)(*count, PATIENCE / 6);
            }
        }
    }

    /// Looks for a line from where the last wait ended.
    fn found(&mut self, what: &str) -> bool {
        match self.parsed[self.cursor..]
            .iter()
            .position(|line| is(line, what))
        {
            Some(at) => {
                self.cursor += at + 1;
                true
            }
            None => false,
        }
    }

    /// Takes one line; false at the end of the output or of the time.
    fn pump(&mut self, until: Instant) -> bool {
        if !self.open {
            return false;
        }
        let left = until.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(left) {
            Ok(text) => {
                let line: Value = serde_json::from_str(&text).unwrap_or_default();
                for answer in self.answers.to(&line) {
                    let answer = (self.client.fill)(&answer);
                    self.send(&answer);
                }
                self.stdout.push(text);
                self.parsed.push(line);
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                self.open = false;
                false
            }
        }
    }

    fn send(&mut self, frame: &Value) {
        self.write(format!("{frame}\n").into_bytes());
        self.sent.push(frame.clone());
    }

    fn write(&mut self, bytes: Vec<u8>) {
        if let Some(stdin) = &self.stdin {
            // A process that has gone does not mind.
            let _ = stdin.send(bytes);
        }
    }

    fn signal(&self, name: &str) {
        use rustix::process::{Pid, Signal, kill_process};
        let signal = match name {
            "SIGINT" => Signal::INT,
            "SIGHUP" => Signal::HUP,
            "SIGKILL" => Signal::KILL,
            _ => Signal::TERM,
        };
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }

    fn finish(
        mut self,
        recording: &Recording,
        stderr: Receiver<std::io::Result<String>>,
    ) -> std::io::Result<Outcome> {
        let patience = if recording.killed {
            // The recorder gave up on it, too.
            self.client.scaled(10.0).max(Duration::from_secs(2))
        } else {
            let recorded = recording.raw["exit_t_ms"].as_f64().unwrap_or(0.0) / 1000.0;
            PATIENCE * 2 + self.client.scaled(recorded * 2.0)
        };
        let until = Instant::now() + patience;
        while self.pump(until) {}
        // The output may end before the process does, and stay open behind it where a child of it still lives.
        let left = until.saturating_duration_since(Instant::now());
        if self.child.wait_timeout(left)?.is_none() {
            self.child.kill()?;
        }
        let status = self.child.wait()?;
        self.stdin = None;
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        let code = status.code().or(signal.map(|signal| -signal));
        let code = code.ok_or_else(|| std::io::Error::other("neither a code nor a signal"))?;
        let until = Instant::now() + DRAIN;
        while self.pump(until) {}
        if self.open {
            return Err(kept_open("stdout"));
        }
        let left = until.saturating_duration_since(Instant::now());
        let stderr = stderr
            .recv_timeout(left)
            .map_err(|_| kept_open("stderr"))??;
        Ok(Outcome {
            code: code.into(),
            stdout: self.stdout,
            stderr,
            sent: self.sent,
        })
    }
}

fn read_lines(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, lines) = channel();
    if let Some(pipe) = pipe {
        std::thread::spawn(move || {
            for line in decode::read_lines(pipe).map_while(Result::ok) {
                // A carriage return at its end is no part of what the real CLI writes: it is kept to be seen.
                let text = String::from_utf8_lossy(&line.bytes).into_owned();
                if sender.send(text).is_err() {
                    break;
                }
            }
        });
    }
    lines
}

fn write_from(mut pipe: impl Write + Send + 'static, chunk: Option<usize>) -> Sender<Vec<u8>> {
    let (sender, bytes) = channel::<Vec<u8>>();
    std::thread::spawn(move || {
        for frame in bytes {
            for part in frame.chunks(chunk.unwrap_or(frame.len()).max(1)) {
                if pipe.write_all(part).and_then(|()| pipe.flush()).is_err() {
                    return;
                }
            }
        }
    });
    sender
}

/// Everything that comes through a pipe, once it has ended.
fn collect(pipe: Option<impl Read + Send + 'static>) -> Receiver<std::io::Result<String>> {
    let (sender, all) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = pipe.map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut bytes));
        let text = read.map(|_| String::from_utf8_lossy(&bytes).into_owned());
        // Where nobody waits any more, the run has failed already.
        let _ = sender.send(text);
    });
    all
}

/// A child of the process holds a pipe of it, so that what came through is not known to be all.
fn kept_open(name: &str) -> std::io::Error {
    std::io::Error::other(format!("{name} stayed open after the process had ended"))
}
