//! Speaks the HTTP API of claude-code-webui to a backend (SDK-DRIVE 3.3), as its app does.

use super::{Body, Http, HttpError, Watch};
use crate::timeline::{Answer, ChatEnd, ChatSeen, Frame, HistorySeen};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Speaks to one backend.
pub struct Driver<'s> {
    http: Http,
    watch: Watch<'s>,
}

/// A message to send.
#[derive(Debug)]
pub struct Message {
    /// Its number in the run, from 1.
    pub number: usize,
    /// The text.
    pub text: String,
    /// The session that it belongs to.
    pub session: Option<String>,
    /// The working directory.
    pub directory: PathBuf,
    /// The permission mode that the app asks for.
    pub permission_mode: Option<String>,
    /// Tools that are allowed without asking.
    pub allowed_tools: Vec<String>,
    /// Leave the chat open once a message of this type arrived.
    pub until: Option<String>,
}

/// A chat whose answer is still being read.
#[derive(Debug)]
pub struct OpenChat {
    /// What was seen so far.
    pub seen: ChatSeen,
    body: Option<Body>,
    rest: Vec<u8>,
}

impl OpenChat {
    /// Whether the step left the chat open on purpose.
    pub fn is_open(&self) -> bool {
        self.body.is_some() && self.seen.end == ChatEnd::Open
    }

    /// Hangs up.
    pub fn leave(mut self) -> ChatSeen {
        self.body = None;
        self.seen
    }
}

impl<'s> Driver<'s> {
    /// A driver for the backend on this port.
    pub fn new(port: u16, watch: Watch<'s>) -> Self {
        Self {
            http: Http::new(port),
            watch,
        }
    }

    /// Sends a message and reads the answer to its end, or until the step leaves it open.
    pub async fn chat(&self, message: Message) -> OpenChat {
        let mut request = json!({
            "message": message.text,
            "requestId": request_id(message.number),
            "workingDirectory": message.directory,
        });
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                request[key] = value;
            }
        };
        put("sessionId", message.session.clone().map(Value::from));
        put("permissionMode", message.permission_mode.map(Value::from));
        put(
            "allowedTools",
            (!message.allowed_tools.is_empty()).then(|| Value::from(message.allowed_tools)),
        );
        let mut chat = OpenChat {
            seen: ChatSeen::begun(
                message.number,
                message.text,
                message.session,
                message.directory,
            ),
            body: None,
            rest: Vec::new(),
        };
        self.watch.begin();
        let answer = self
            .watch
            .until(
                "POST /api/chat",
                self.http.post("/api/chat", Some(&request)),
            )
            .await;
        match answer {
            Err(hang) => chat.seen.end = ChatEnd::Hung(hang),
            Ok(Err(error)) => chat.seen.end = ChatEnd::Refused(error.to_string()),
            Ok(Ok(body)) => {
                chat.seen.status = Some(body.status);
                chat.seen.content_type = Some(body.content_type.clone());
                if body.status == 200 {
                    chat.body = Some(body);
                    self.read(&mut chat, message.until.as_deref()).await;
                } else {
                    let status = body.status;
                    let text = self.whole(body).await;
                    chat.seen.end = ChatEnd::Refused(format!("{status} {text}"));
                }
            }
        }
        chat
    }

    async fn whole(&self, body: Body) -> String {
        match self.watch.until("the body of an error", body.read()).await {
            Ok(Ok(text)) => text.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "(the body never came)".to_owned(),
        }
    }

    /// Reads an open chat on: to its end, or until a message of the given type. A chat that hangs stays
    /// connected, because hanging up may be what ends the CLI behind it.
    pub async fn read(&self, chat: &mut OpenChat, until: Option<&str>) {
        chat.seen.end = ChatEnd::Open;
        while let Some(body) = &mut chat.body {
            match self
                .watch
                .until("the answer to POST /api/chat", body.chunk())
                .await
            {
                Err(hang) => {
                    chat.seen.end = ChatEnd::Hung(hang);
                    return;
                }
                Ok(Ok(Some(bytes))) => {
                    chat.rest.extend_from_slice(&bytes);
                    if take_lines(chat, until) {
                        return;
                    }
                }
                Ok(Ok(None) | Err(_)) => {
                    chat.body = None;
                    if chat.seen.end == ChatEnd::Open {
                        chat.seen.end = ChatEnd::CutOff;
                    }
                }
            }
        }
    }

    /// Stops a chat as the app's button does.
    pub async fn abort(&self, number: usize) -> Answer {
        let path = format!("/api/abort/{}", request_id(number));
        let request = self.http.post(&path, None);
        self.answer(&format!("POST {path}"), request).await
    }

    /// Asks whether the backend is well.
    pub async fn health(&self) -> Answer {
        self.get("/api/health").await
    }

    /// Opens the history as the app does; also gives the id of the newest conversation.
    pub async fn open_history(
        &self,
        project: &Path,
        on_disk: usize,
    ) -> (HistorySeen, Option<String>) {
        let projects = self.get("/api/projects").await;
        let list = projects
            .ok()
            .map(|body| array(&body["projects"]).to_vec())
            .unwrap_or_default();
        // The app compares paths as strings and waits for ever when none is equal (ENVIRONMENTS 1.2 A).
        let mine = list
            .iter()
            .find(|listed| listed["path"].as_str().map(Path::new) == Some(project))
            .and_then(|listed| listed["encodedName"].as_str().map(str::to_owned));
        let mut seen = HistorySeen {
            listed: list.len(),
            project_listed: mine.is_some(),
            projects,
            histories: None,
            conversations: 0,
            conversation: None,
            messages: 0,
            shown: 0,
            readable: 0,
            on_disk,
        };
        let Some(encoded) = mine else {
            return (seen, None);
        };
        let path = format!("/api/projects/{}/histories", percent_encode(&encoded));
        let histories = self.get(&path).await;
        let conversations = histories
            .ok()
            .map(|body| array(&body["conversations"]).to_vec())
            .unwrap_or_default();
        seen.conversations = conversations.len();
        seen.histories = Some(histories);
        let newest = conversations
            .first()
            .and_then(|newest| newest["sessionId"].as_str().map(str::to_owned));
        if let Some(id) = &newest {
            let conversation = self.get(&format!("{path}/{}", percent_encode(id))).await;
            let messages = conversation.ok().map(|body| array(&body["messages"]));
            let messages = messages.unwrap_or_default();
            seen.messages = messages.len();
            let said = messages.iter().filter(|it| it.get("message").is_some());
            seen.shown = said.count();
            seen.conversation = Some(conversation);
        }
        (seen, newest)
    }

    async fn get(&self, path: &str) -> Answer {
        self.answer(&format!("GET {path}"), self.http.get(path))
            .await
    }

    async fn answer(
        &self,
        what: &str,
        request: impl Future<Output = Result<Body, HttpError>>,
    ) -> Answer {
        self.watch.begin();
        let whole = async {
            let body = request.await?;
            let status = body.status;
            Ok::<_, HttpError>((status, body.read().await?))
        };
        match self.watch.until(what, whole).await {
            Ok(Ok((status, body))) => Answer::Came { status, body },
            Ok(Err(error)) => Answer::Failed(error.to_string()),
            Err(hang) => Answer::Hung(hang),
        }
    }
}

fn request_id(number: usize) -> String {
    format!("request-{number}")
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Takes whole lines out of what was read; true once the step wants to leave the chat open.
fn take_lines(chat: &mut OpenChat, until: Option<&str>) -> bool {
    while let Some(end) = chat.rest.iter().position(|byte| *byte == b'\n') {
        let line: Vec<u8> = chat.rest.drain(..=end).collect();
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() {
            continue;
        }
        let arrived = take(&mut chat.seen, line.trim());
        if until.is_some() && arrived.as_deref() == until {
            return true;
        }
    }
    false
}

/// Takes one line; gives the type of the CLI's message that it carries.
fn take(seen: &mut ChatSeen, line: &str) -> Option<String> {
    let frame: Value = serde_json::from_str(line).unwrap_or(Value::Null);
    match frame["type"].as_str() {
        Some("claude_json") => {
            let message = frame["data"].clone();
            let kind = message["type"].as_str().map(str::to_owned);
            seen.frames.push(Frame::Claude(message));
            return kind;
        }
        // Exactly one of these ends an answer; a second end is one too many.
        Some("done") if seen.end == ChatEnd::Open => seen.end = ChatEnd::Done,
        Some("aborted") if seen.end == ChatEnd::Open => seen.end = ChatEnd::Aborted,
        Some("error") if seen.end == ChatEnd::Open => {
            seen.end = ChatEnd::Error(frame["error"].as_str().unwrap_or_default().to_owned());
        }
        _ => seen.frames.push(Frame::Other(line.to_owned())),
    }
    None
}

fn percent_encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat() -> OpenChat {
        OpenChat {
            seen: ChatSeen::begun(1, String::new(), None, PathBuf::new()),
            body: None,
            rest: Vec::new(),
        }
    }

    #[test]
    fn a_line_may_come_in_pieces() {
        let mut chat = chat();
        for piece in [
            &b"{\"type\":\"claude_json\",\"data\":{\"ty"[..],
            b"pe\":\"x\"}}\n{\"type\":\"do",
            b"ne\"}\n",
        ] {
            chat.rest.extend_from_slice(piece);
            take_lines(&mut chat, None);
        }
        assert_eq!(chat.seen.frames, [Frame::Claude(json!({"type": "x"}))]);
        assert_eq!(chat.seen.end, ChatEnd::Done);
    }

    #[test]
    fn a_second_end_is_kept_as_something_else() {
        let mut chat = chat();
        chat.rest = b"{\"type\":\"error\",\"error\":\"no\"}\n{\"type\":\"done\"}\n".to_vec();
        take_lines(&mut chat, None);
        assert_eq!(chat.seen.end, ChatEnd::Error("no".to_owned()));
        assert_eq!(chat.seen.frames.len(), 1);
    }

    #[test]
    fn a_chat_is_left_open_at_the_first_message_of_the_type() {
        let mut chat = chat();
        let line =
            |kind: &str| format!("{{\"type\":\"claude_json\",\"data\":{{\"type\":\"{kind}\"}}}}\n");
        chat.rest =
            format!("{}{}{}", line("system"), line("assistant"), line("result")).into_bytes();
        assert!(take_lines(&mut chat, Some("assistant")));
        assert_eq!(chat.seen.frames.len(), 2);
    }
}
