//! One turn: a CLI is started through the SDK, told the message, listened to and ended.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use claude_codes::client_async::AsyncClient;
use claude_codes::{
    ClaudeInput, ClaudeOutput, ControlRequest, ControlRequestPayload, ControlResponse, Error,
};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use crate::chat::{Request, lock};
use crate::cli::{self, Stderr, text_of};
use crate::{OnDisconnect, Options, Permissions, Read, SessionId, log};

pub(crate) struct Turn {
    pub(crate) request: Request,
    pub(crate) stop: Arc<Notify>,
    pub(crate) lines: mpsc::Sender<String>,
    pub(crate) sdk_ids: SdkIds,
}

/// Of each conversation the id that the SDK says it has.
pub(crate) type SdkIds = Arc<Mutex<HashMap<String, String>>>;

impl Turn {
    pub(crate) async fn answer(&self, options: &Options) -> Result<(), String> {
        let mut client = cli::start(options, &self.request, self.session(options))?;
        self.log(&format!("started {}", client.pid().unwrap_or_default()));
        let mut stderr = Stderr::read(client.take_stderr());
        let outcome = tokio::select! {
            outcome = self.converse(&mut client, options) => outcome.map_err(text_of),
            stopped = self.given_up(options) => {
                let _ = timeout(options.grace(), cli::interrupt(&mut client)).await;
                cli::end(client, &mut stderr).await;
                return Err(stopped);
            }
        };
        cli::end(client, &mut stderr).await;
        let said = stderr.last_line().await;
        outcome.map_err(|error| match error.contains(&said) {
            true => error,
            false => format!("{error}: {said}"),
        })
    }

    fn session(&self, options: &Options) -> Option<String> {
        let told = self.request.session_id.as_ref()?;
        let by_sdk = lock(&self.sdk_ids).get(told).cloned();
        by_sdk
            .filter(|_| options.session_id == SessionId::Sdk)
            .or(Some(told.clone()))
    }

    async fn converse(&self, client: &mut AsyncClient, options: &Options) -> Result<(), Error> {
        if options.permissions == Permissions::Allow {
            let limit = Duration::from_millis(options.handshake_ms);
            let late = |_| Error::Protocol("Control request timeout: initialize".to_owned());
            timeout(limit, client.enable_tool_approval())
                .await
                .map_err(late)??;
        }
        let message = self.request.message.as_str();
        let message = message.strip_prefix('/').unwrap_or(message);
        match options.read {
            Read::Receive => self.receive(client, message).await,
            Read::Stream => self.stream(client, message).await,
        }
    }

    async fn receive(&self, client: &mut AsyncClient, message: &str) -> Result<(), Error> {
        // A CLI that is gone already has said why on stderr, and its stdout is at its end.
        if let Err(error) = client
            .send(&ClaudeInput::user_message_without_session(message))
            .await
        {
            self.log(&error.to_string());
        }
        loop {
            let message = match client.receive().await {
                Ok(ClaudeOutput::ControlRequest(asked)) => {
                    client.send_control_response(reply_to(&asked)).await?;
                    continue;
                }
                Ok(ClaudeOutput::ControlResponse(_) | ClaudeOutput::ControlCancelRequest(_)) => {
                    continue;
                }
                Ok(known) => serde_json::to_value(known)?,
                Err(Error::Deserialization(unread)) => match unread.raw_json {
                    Some(asked) if asked["type"] == "control_request" => {
                        let id = asked["request_id"].as_str().unwrap_or_default();
                        client
                            .send_control_response(ControlResponse::error(id, "unknown request"))
                            .await?;
                        continue;
                    }
                    // What this version of the SDK does not know the app may.
                    Some(unknown) if unknown.is_object() => unknown,
                    _ => {
                        self.log(&format!("no message: {}", unread.raw_line));
                        continue;
                    }
                },
                Err(Error::Io(error)) if error.kind() == ErrorKind::InvalidData => {
                    self.log(&format!("no message: {error}"));
                    continue;
                }
                Err(error) => return Err(error),
            };
            if let (Some(told), Ok(id)) = (message["session_id"].as_str(), client.session_uuid()) {
                lock(&self.sdk_ids).insert(told.to_owned(), id.to_string());
            }
            self.pass_on(&message).await;
            if message["type"] == "result" {
                return failure_in(&message).map_or(Ok(()), |text| Err(Error::Protocol(text)));
            }
        }
    }

    async fn stream(&self, client: &mut AsyncClient, message: &str) -> Result<(), Error> {
        let mut messages = client.query_stream(message).await?;
        while let Some(message) = messages.next().await {
            self.pass_on(&serde_json::to_value(message?)?).await;
        }
        Ok(())
    }

    async fn pass_on(&self, message: &Value) {
        self.send(&json!({ "type": "claude_json", "data": message }))
            .await;
    }

    /// Nothing happens where nobody is left to read it.
    pub(crate) async fn send(&self, line: &Value) {
        let _ = self.lines.send(format!("{line}\n")).await;
    }

    /// Waits until nobody wants the answer any more.
    pub(crate) async fn given_up(&self, options: &Options) -> String {
        let left = async {
            self.lines.closed().await;
            if options.on_disconnect == OnDisconnect::Abandon {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = self.stop.notified() => "Request aborted".to_owned(),
            () = left => "The client has left".to_owned(),
        }
    }

    pub(crate) fn log(&self, line: &str) {
        let id = self.request.request_id.as_deref().unwrap_or("-");
        log(&format!("chat {id}: {line}"));
    }
}

/// What went wrong before the model was asked; what the model's API says is the text of a result.
fn failure_in(result: &Value) -> Option<String> {
    let errors: Vec<&str> = result["errors"]
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    (result["is_error"] == true && !errors.is_empty()).then(|| errors.join("; "))
}

/// The user says yes, and gives the first answer to each question.
fn reply_to(asked: &ControlRequest) -> ControlResponse {
    let id = &asked.request_id;
    let ControlRequestPayload::CanUseTool(tool) = &asked.request else {
        return ControlResponse::error(id, "not supported here");
    };
    let questions = tool.input["questions"].as_array().into_iter().flatten();
    let answers = questions.enumerate().filter_map(|(at, question)| {
        let label = question["options"][0]["label"].as_str()?;
        Some((at, label.to_owned()))
    });
    tool.answer_questions(&answers.collect(), id)
        .unwrap_or_else(|_| tool.allow(id))
}
