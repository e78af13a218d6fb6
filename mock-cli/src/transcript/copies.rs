//! A session that begins with a copy of another one.

use super::Past;
use super::recorder::Recorder;
use crate::protocol::TextOr;
use crate::protocol::api::Block;
use crate::protocol::decode::lines;
use crate::protocol::transcript::Line;
use crate::protocol::wire::{Nullable, Wire};
use std::path::Path;

impl Recorder {
    /// Begins this session with a copy of another one, which lies in `file`.
    pub(crate) fn copy(&mut self, past: &Past, file: &Path) {
        let Some(common) = self.profile.transcript.entries.get("copied") else {
            // This version copies the chain as it is, with the next prompt.
            // It was read a moment ago. What is gone since then is lost without a word, as with all of a transcript.
            let text = std::fs::read(file).unwrap_or_default();
            let entries = lines(&text).filter_map(|l| serde_json::from_slice(l).ok());
            self.to_copy = entries.filter(|e: &Line| e.uuid.is_some()).collect();
            return;
        };
        self.parent = None;
        for old in &past.messages {
            let said = |text: &Option<String>| text.clone().unwrap_or_default();
            let (kind, uuid) = (said(&old.kind), said(&old.uuid));
            let mut message = old.message.clone().unwrap_or_default();
            if let Some(TextOr::Text(plain)) = &message.content {
                message.content = Some(TextOr::Blocks(vec![Block::text(plain)]));
            }
            if self.profile.transcript.holds_copies && kind == "assistant" {
                // What is read back has all that the API's type has.
                message.context_management = Nullable::Null;
            }
            let name = format!("copied_{kind}");
            let vars = self
                .vars(0)
                .with("timestamp", said(&old.timestamp))
                .with("type", kind)
                .with("message", message.write())
                .with("uuid", uuid.as_str())
                .with("old_session_id", said(&old.session_id))
                .maybe("request_id", old.request_id.clone())
                .maybe("tool_use_result", old.tool_use_result.clone());
            let template = self.profile.transcript.entries.get(&name);
            self.line(template.as_ref().unwrap_or(&common), &[&vars]);
            self.parent = Some(uuid);
        }
        if self.profile.transcript.holds_copies {
            self.copied = std::mem::take(&mut self.pending);
        }
    }

    /// Writes the chain that was copied as it was.
    pub(super) fn write_copies(&mut self) {
        for mut entry in std::mem::take(&mut self.to_copy) {
            let plain = self.profile.transcript.plain_copies;
            let answer = entry.kind.as_deref() == Some("assistant");
            if !plain && answer && entry.request_session_id.is_none() {
                entry.request_session_id.clone_from(&entry.session_id);
            }
            if !plain && entry.prompt_id.is_some() {
                entry.prompt_id = Some(self.prompt_id.clone());
            }
            entry.session_id = Some(self.place.session.clone());
            self.push(&entry.write());
        }
    }
}
