//! One request to the model: its blocks as they stream in, and the tools that they call.

use super::Engine;
use super::turn::Turn;
use crate::process::Quit;
use crate::profile::{BlockUsage, Interrupted};
use crate::template::{Vars, render};
use crate::time;
use crate::transcript::BlockEntry;
use crate::turn::{Block, ModelTurn, Part, Pause, Usage};
use serde_json::{Value, json};
use std::time::Instant;

/// A message that is streaming in.
pub(super) struct Message<'a> {
    pub(super) turn: &'a ModelTurn,
    pub(super) id: String,
    request_id: String,
    request_ref: String,
    started: bool,
    sent: Instant,
    /// What was written of it.
    pub(super) blocks: Vec<Sent>,
    /// Characters of text and thinking so far.
    chars: usize,
}

/// A block that was written.
pub(super) struct Sent {
    pub(super) uuid: String,
    json: Value,
    pub(super) tool_id: String,
}

impl Engine {
    /// Plays one model turn. False where it was interrupted.
    pub(super) fn request(
        &mut self,
        turn: &mut Turn,
        model_turn: &ModelTurn,
    ) -> Result<bool, Quit> {
        if self.setup.options.partial {
            let vars = self.vars();
            self.emit("requesting", &vars)?;
        }
        turn.requests += 1;
        let mut message = Message {
            turn: model_turn,
            id: self.setup.ids.tagged("msg_01", 22),
            request_id: self.setup.ids.tagged("req_011C", 20),
            request_ref: self.setup.ids.uuid(),
            started: false,
            sent: Instant::now(),
            blocks: Vec::new(),
            chars: 0,
        };
        for (at, part) in model_turn.parts.iter().enumerate() {
            let halted = match part {
                Part::Pause(pause) => self.hold(pause)?,
                Part::Block(block) => {
                    let last = at + 1 == model_turn.parts.len();
                    self.begin(turn, &mut message)?;
                    self.block(turn, &mut message, block, last)?;
                    self.pump()?
                }
            };
            if halted {
                self.abort(turn, &message)?;
                return Ok(false);
            }
        }
        self.end(turn, &message)?;
        self.tool_results(&message)?;
        Ok(!self.pump()?)
    }

    /// A pause in the stream. True where the turn is to stop.
    fn hold(&mut self, pause: &Pause) -> Result<bool, Quit> {
        match pause {
            Pause::Wait(ms) => self.pause("timer", Some(*ms)),
            Pause::Hang => self.pause("hang", None),
            Pause::Gate(name) => match self.setup.gates.as_ref().map(|dir| dir.join(name)) {
                Some(file) => self.pause_for(&file),
                // Without a ledger nobody can open a gate.
                None => self.pause("gate", None),
            },
            Pause::Exit(code) => Err(Quit(*code)),
        }
    }

    /// The first event of an answer, if it is not out yet.
    fn begin(&mut self, turn: &mut Turn, message: &mut Message<'_>) -> Result<(), Quit> {
        if message.started {
            return Ok(());
        }
        message.started = true;
        turn.first_token.get_or_insert_with(|| turn.begun.elapsed());
        turn.messages.push(message.id.clone());
        for prompt in std::mem::take(&mut turn.to_replay) {
            let vars = self.vars().with("message", prompt.message);
            let vars = match prompt.uuid {
                Some(uuid) => vars.with("uuid", uuid),
                None => vars,
            };
            self.emit("replay", &vars)?;
        }
        let event = json!({"type": "message_start", "message": {
            "id": message.id, "type": "message", "role": "assistant", "model": self.model, "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": message.turn.usage.at_start().json(),
        }});
        let ttft = u64::try_from(message.sent.elapsed().as_millis()).unwrap_or(0);
        let vars = Vars::new()
            .with("ttft_ms", ttft)
            .with("thinking_display", "updates");
        self.event(message, event, vars)
    }

    /// A block: its events, and its line before the last of them.
    fn block(
        &mut self,
        turn: &mut Turn,
        message: &mut Message<'_>,
        block: &Block,
        last: bool,
    ) -> Result<(), Quit> {
        let index = message.blocks.len();
        let tool_id = match block {
            Block::Tool { .. } => self.setup.ids.tagged("toolu_01", 22),
            _ => String::new(),
        };
        self.deltas(message, block, index, &tool_id)?;
        if let Block::Text(text) | Block::Thinking(text) = block {
            message.chars += text.chars().count();
        }
        let thinking = matches!(block, Block::Thinking(_));
        if let Block::Text(text) = block {
            turn.text.clone_from(text);
        } else {
            turn.text.clear();
        }
        let json = block.json(&tool_id);
        let profile = self.setup.profile;
        let (usage, stop_reason) = match profile.behaviour.block_usage {
            BlockUsage::Start => (message.turn.usage.at_start(), None),
            BlockUsage::Final => (message.turn.usage, last.then_some(message.turn.stop_reason)),
        };
        let api_message = Vars::new()
            .with("message_id", message.id.as_str())
            .with("model", self.model.as_str())
            .with("content", vec![json.clone()])
            .with("stop_reason", stop_reason)
            .with("usage", usage.json());
        let uuid = self.setup.ids.uuid();
        let vars = self
            .vars()
            .with("uuid", uuid.as_str())
            .with(
                "message",
                render(profile.message("api_message"), &api_message),
            )
            .with("request_id", message.request_id.as_str())
            .maybe("thinking_duration_ms", thinking.then_some(1))
            .maybe("thinking_display", thinking.then_some("updates"));
        self.emit(
            "assistant",
            &turn.uuid_vars(vars, profile.behaviour.user_uuid_echo),
        )?;
        self.lines += 1;
        message.blocks.push(Sent {
            uuid,
            json,
            tool_id,
        });
        self.event(
            message,
            json!({"type": "content_block_stop", "index": index}),
            Vars::new(),
        )
    }

    /// The end of an answer that came through.
    fn end(&mut self, turn: &mut Turn, message: &Message<'_>) -> Result<(), Quit> {
        let usage = message.turn.usage;
        let delta = json!({
            "type": "message_delta",
            "delta": {"stop_reason": message.turn.stop_reason, "stop_sequence": null},
            "usage": {"output_tokens": usage.output},
        });
        self.event(message, delta, Vars::new())?;
        self.event(message, json!({"type": "message_stop"}), Vars::new())?;
        turn.stop_reason = Some(message.turn.stop_reason);
        turn.usage += usage;
        turn.last_usage = usage;
        turn.first_usage.get_or_insert(usage);
        self.spend(message, usage);
        self.record(message, message.turn.stop_reason.into(), usage, false);
        Ok(())
    }

    /// The end of an answer that was cut short: what its blocks were, the note of it, and closing events.
    fn abort(&mut self, turn: &mut Turn, message: &Message<'_>) -> Result<(), Quit> {
        if message.started {
            turn.last_usage = message.turn.usage.at_start();
            if self.setup.profile.behaviour.interrupted == Interrupted::KeepPartial {
                // Output that nobody counted is estimated by its length.
                let output = u64::try_from((message.chars + 1) / 3).unwrap_or(0).max(1);
                self.spend(
                    message,
                    Usage {
                        output,
                        ..message.turn.usage
                    },
                );
            }
        }
        self.record(message, Value::Null, message.turn.usage.at_start(), true);
        self.note_interruption()?;
        if !message.started {
            return Ok(());
        }
        let usage = message.turn.usage;
        let delta = render(
            self.setup.profile.message("aborted_delta"),
            &usage.vars(Vars::new()),
        );
        self.event(message, delta, Vars::new())?;
        let abandoned =
            json!({"api_message_id": message.id, "from_block_index": message.blocks.len()});
        self.event(
            message,
            json!({"type": "message_stop"}),
            Vars::new().with("abandoned_blocks", abandoned),
        )
    }

    fn spend(&mut self, message: &Message<'_>, usage: Usage) {
        self.api_time += message.sent.elapsed();
        let models = &self.setup.profile.models;
        self.costs.add(models, &self.model, usage);
        self.unreported.add(models, &self.model, usage);
    }

    /// Keeps the blocks of an answer in the transcript.
    fn record(&mut self, message: &Message<'_>, stop_reason: Value, usage: Usage, aborted: bool) {
        let profile = self.setup.profile;
        let last = message.blocks.len().saturating_sub(1);
        let now = time::now_ms();
        let recorder = &mut self.setup.session.recorder;
        if aborted {
            recorder.answer_ended(now);
        }
        let tools: Vec<&str> = message
            .blocks
            .iter()
            .filter_map(|b| b.json["name"].as_str())
            .collect();
        recorder.tools(&tools, now);
        for (index, sent) in message.blocks.iter().enumerate() {
            // Versions whose lines show a stop reason keep what the line showed.
            let shown = profile.behaviour.block_usage == BlockUsage::Start || index == last;
            let entry = BlockEntry {
                uuid: &sent.uuid,
                message_id: &message.id,
                request_id: &message.request_id,
                request_ref: &message.request_ref,
                model: &self.model,
                index,
                content: vec![sent.json.clone()].into(),
                stop_reason: if shown {
                    stop_reason.clone()
                } else {
                    Value::Null
                },
                usage: crate::transcript::kept_usage(profile, usage),
                aborted,
            };
            recorder.block(entry, now);
        }
        if !aborted {
            recorder.answer_ended(now);
        }
        self.save();
    }
}
