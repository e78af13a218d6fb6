//! Opening the history, as the app does and as a client that comes back does.

use super::Driver;
use crate::timeline::{Answer, ChatSeen, HistorySeen, ReconnectSeen, texts_of};
use serde_json::Value;
use std::path::Path;

impl Driver<'_> {
    /// Opens the history as the app does; also gives the id of the newest conversation.
    pub async fn open_history(
        &self,
        project: &Path,
        on_disk: usize,
    ) -> (HistorySeen, Option<String>) {
        if let Some(browser) = &self.browser {
            return self.history_in_page(browser, project, on_disk).await;
        }
        let (projects, listed, mine) = self.projects(project).await;
        let mut seen = HistorySeen {
            listed,
            project_listed: mine.is_some(),
            ..HistorySeen::begun(projects, on_disk)
        };
        let Some(path) = mine else {
            return (seen, None);
        };
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
            let messages = messages(&conversation);
            seen.messages = messages.len();
            let said = messages.iter().filter(|it| it.get("message").is_some());
            seen.shown = said.count();
            seen.conversation = Some(conversation);
        }
        (seen, newest)
    }

    /// Loads the conversation of a chat, as a new client does that knows no more than its session.
    pub async fn reconnect(&self, chat: &ChatSeen, project: &Path) -> ReconnectSeen {
        let session = chat.session_id();
        let mut seen = ReconnectSeen {
            chat: chat.number,
            session: session.clone(),
            project_known: true,
            listed: false,
            conversation: None,
            before: chat.texts(),
            kept: Vec::new(),
            after: Vec::new(),
        };
        let (_, _, mine) = self.projects(project).await;
        let (Some(path), Some(session)) = (mine, session) else {
            return seen;
        };
        let histories = self.get(&path).await;
        let conversations = histories.ok().map(|body| array(&body["conversations"]));
        let mut ids = conversations
            .unwrap_or_default()
            .iter()
            .filter_map(|one| one["sessionId"].as_str());
        seen.listed = ids.any(|id| id == session);
        let path = format!("{path}/{}", percent_encode(&session));
        let conversation = self.get(&path).await;
        seen.after = messages(&conversation).iter().flat_map(texts_of).collect();
        seen.conversation = Some(conversation);
        seen
    }

    /// The list of projects, its length, and the path of this project's conversations, if it is listed.
    async fn projects(&self, project: &Path) -> (Answer, usize, Option<String>) {
        let projects = self.get("/api/projects").await;
        let list = projects
            .ok()
            .map(|body| array(&body["projects"]).to_vec())
            .unwrap_or_default();
        // The app compares paths as strings and waits for ever when none is equal (ENVIRONMENTS 1.2 A).
        let mine = list
            .iter()
            .find(|listed| listed["path"].as_str().map(Path::new) == Some(project))
            .and_then(|listed| listed["encodedName"].as_str())
            .map(|name| format!("/api/projects/{}/histories", percent_encode(name)));
        (projects, list.len(), mine)
    }
}

/// The entries of a conversation.
fn messages(conversation: &Answer) -> &[Value] {
    let messages = conversation.ok().map(|body| array(&body["messages"]));
    messages.unwrap_or_default()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn percent_encode(text: &str) -> String {
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
