//! The results of tools, as the script gives them.

use super::Engine;
use super::request::Message;
use crate::process::Quit;
use crate::profile::{BlockUsage, Profile};
use crate::time;
use crate::turn::{Block, Part};
use serde_json::{Value, json};

impl Engine {
    /// The results of the tools that an answer called, in its order.
    pub(super) fn tool_results(&mut self, message: &Message<'_>) -> Result<(), Quit> {
        let blocks = message.turn.parts.iter().filter_map(|part| match part {
            Part::Block(block) => Some(block),
            Part::Pause(_) => None,
        });
        for (block, sent) in blocks.zip(&message.blocks) {
            let Block::Tool {
                name,
                result,
                error,
                ..
            } = block
            else {
                continue;
            };
            let id = sent.tool_id.as_str();
            let content = if *error {
                json!({"type": "tool_result", "content": result, "is_error": true, "tool_use_id": id})
            } else {
                json!({"tool_use_id": id, "type": "tool_result", "content": result, "is_error": false})
            };
            let answer = json!({"role": "user", "content": [content]});
            let structured = structured(name, result, *error, self.setup.profile);
            let uuid = self.setup.ids.uuid();
            let vars = self
                .vars()
                .with("uuid", uuid.as_str())
                .with("message", answer.clone())
                .with("tool_use_id", id)
                .with("tool_use_result", structured.clone());
            self.emit("tool_result", &vars)?;
            self.lines += 1;
            self.setup.session.recorder.tool_result(
                answer,
                &uuid,
                &sent.uuid,
                structured,
                time::now_ms(),
            );
            self.save();
        }
        Ok(())
    }
}

/// The structured form of a tool's result: a shell's output, or the text itself for tools whose form is not known.
fn structured(tool: &str, result: &str, error: bool, profile: &Profile) -> Value {
    if error {
        return format!("Error: {result}").into();
    }
    if tool != "Bash" {
        return result.into();
    }
    let mut shell = json!({"stdout": result, "stderr": "", "interrupted": false, "isImage": false});
    if profile.behaviour.block_usage == BlockUsage::Start {
        shell["noOutputExpected"] = false.into();
    }
    shell
}
