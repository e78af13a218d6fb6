//! A command for each message: the prompt as an argument or on stdin, text on stdout.

use super::Config;
use super::agent::{Agent, Going, Request, Said};
use super::rpc::command;
use crate::braces;
use serde_json::Value;
use std::process::Stdio;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

pub(super) struct Commands {
    words: Vec<String>,
    stdin: Option<String>,
}

impl Commands {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            words: config.command.clone(),
            stdin: config.input.as_str().map(str::to_owned),
        }
    }

    async fn turn(&self, request: Request, said: &Said) -> Result<(), String> {
        let words: Vec<String> = self.words.iter().map(|word| text(word, &request)).collect();
        let mut asked = command(&words).map_err(|error| error.to_string())?;
        asked.current_dir(&request.directory);
        asked.stdin(Stdio::piped()).stdout(Stdio::piped());
        // A client that has gone leaves nothing behind: that much this host does.
        asked.stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = asked
            .spawn()
            .map_err(|error| format!("{}: {error}", words[0]))?;
        let input = self.stdin.as_ref().map(|input| text(input, &request));
        let stdin = child.stdin.take();
        let write = async {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                let _ = stdin.write_all(input.as_bytes()).await;
            }
        };
        let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
        let read = async {
            let mut piece = [0; 4096];
            while let Some(Ok(bytes @ 1..)) = match stdout.as_mut() {
                Some(stdout) => Some(stdout.read(&mut piece).await),
                None => None,
            } {
                said.text(&String::from_utf8_lossy(&piece[..bytes])).await;
            }
        };
        let complain = async {
            let mut text = String::new();
            if let Some(stderr) = stderr.as_mut() {
                let _ = stderr.read_to_string(&mut text).await;
            }
            text
        };
        let all = async { tokio::join!(write, read, complain) };
        let ((), (), complaint) = tokio::select! {
            all = all => all,
            () = said.cancelled() => return Err("the command was stopped".to_owned()),
        };
        let status = child.wait().await.map_err(|error| error.to_string())?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("{status}: {}", complaint.trim()))
        }
    }
}

impl Agent for Commands {
    fn chat<'a>(&'a self, request: Request, said: &'a Said) -> Going<'a, Result<(), String>> {
        Box::pin(self.turn(request, said))
    }
}

/// A text with what is sent in the place of its name.
fn text(text: &str, request: &Request) -> String {
    let filled = braces::fill(text, |name| match name {
        "message" => Some(request.message.clone().into()),
        "directory" => Some(request.directory.clone().into()),
        "session" => Some(request.session.clone().unwrap_or_default().into()),
        _ => None,
    });
    filled.to_string_lossy().into_owned()
}

/// The same in all texts of a value.
pub(super) fn filled(template: &Value, request: &Request) -> Value {
    match template {
        Value::String(it) => text(it, request).into(),
        Value::Array(all) => all.iter().map(|it| filled(it, request)).collect(),
        Value::Object(all) => {
            let filled = all
                .iter()
                .map(|(key, it)| (key.clone(), filled(it, request)));
            filled.collect()
        }
        other => other.clone(),
    }
}
