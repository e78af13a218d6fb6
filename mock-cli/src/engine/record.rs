//! What the transcript keeps of an answer (PROTOCOL 5.3).

use super::Engine;
use super::message::Message;
use crate::profile::BlockUsage;
use crate::protocol::wire::Wire;
use crate::time;
use crate::transcript::{BlockEntry, kept_usage};
use crate::turn::Usage;
use serde_json::Value;

/// Why an answer stops whose conversation goes on without the user.
const UNFINISHED: [&str; 3] = ["max_tokens", "refusal", "model_context_window_exceeded"];

/// How far an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// To its end, as a stream.
    Whole,
    /// To its end, in one piece.
    Unstreamed,
    /// The connection was lost.
    Cut,
    /// An error event came instead of the end.
    Failed,
    /// The user stopped it.
    Aborted,
}

impl Engine {
    /// Keeps the blocks of an answer in the transcript.
    pub(super) fn record(
        &mut self,
        message: &Message,
        stop_reason: Value,
        usage: Usage,
        ending: Ending,
    ) {
        let profile = self.setup.profile;
        if profile.transcript.as_shown {
            return;
        }
        let aborted = ending == Ending::Aborted;
        let begun =
            profile.transcript.as_begun && matches!(ending, Ending::Aborted | Ending::Failed);
        let last = message.blocks.len().saturating_sub(1);
        let now = time::now_ms();
        let classified = matches!(self.permissions.mode.as_str(), "auto" | "plan");
        let classifier = classified.then(|| self.setup.ids.uuid());
        let served = match message.blocks.is_empty() {
            true => None,
            false => self.mcp.served.take(),
        };
        let recorder = &mut self.setup.session.recorder;
        if aborted {
            recorder.answer_ended(now);
        }
        let tools: Vec<&str> = message
            .tools()
            .filter_map(|(_, tool)| tool.name.as_deref())
            .collect();
        recorder.tools(&tools, now);
        let unsaid = message.unsaid.iter().filter(|_| message.blocks.is_empty());
        for (index, sent) in message.blocks.iter().chain(unsaid).enumerate() {
            // Versions whose lines show a stop reason keep what the line showed.
            let shown = profile.behaviour.block_usage == BlockUsage::Start || index == last;
            let entry = BlockEntry {
                uuid: &sent.uuid,
                message_id: &message.id,
                request_id: &message.request_id,
                request_ref: &message.request_ref,
                model: &message.model,
                index,
                content: vec![sent.block.write()].into(),
                stop_reason: if shown {
                    stop_reason.clone()
                } else {
                    Value::Null
                },
                stop_sequence: message.stop_sequence.clone().filter(|_| shown),
                usage: match begun {
                    true => usage.json(),
                    false => kept_usage(profile, usage),
                },
                aborted,
                details: matches!(ending, Ending::Whole | Ending::Aborted) && !begun,
                effort: profile.models.get(&message.model).effort.as_deref(),
                per_turn_effort: profile.models.per_turn_effort(&message.model),
                served: served
                    .as_ref()
                    .map(|(server, tool)| (server.as_str(), tool.as_str())),
                classifier: classifier.as_deref(),
                skill: self.conversation.skill.as_deref(),
            };
            recorder.block(entry, now);
        }
        if !aborted {
            recorder.answer_ended(now);
        }
        let whole = matches!(ending, Ending::Whole | Ending::Unstreamed);
        let ended =
            whole && matches!(stop_reason.as_str(), Some(reason) if !UNFINISHED.contains(&reason));
        if ended && tools.is_empty() {
            recorder.answered(&mut self.setup.ids, now);
        }
        self.save();
    }
}
