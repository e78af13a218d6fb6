//! One request to the model: its blocks as they stream in.

use super::Engine;
use super::answer::{Step, Stream};
use super::message::{Message, Sent};
use super::record::Ending;
use super::tools::files::shown_input;
use super::turn::Turn;
use crate::process::Quit;
use crate::profile::{BlockUsage, EmptyAnswer, Interrupted, UnparsedInput};
use crate::template::{Vars, render};
use crate::time;
use crate::turn::{Pause, Usage};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Instant;

/// How a stream ended.
#[derive(Debug, PartialEq)]
pub(super) enum Played {
    Whole,
    Halted,
    /// An error event.
    Failed,
}

impl Engine {
    /// A message before its first event.
    pub(super) fn expected(
        &mut self,
        request_id: String,
        results: BTreeMap<String, (String, bool)>,
    ) -> Message {
        Message {
            id: String::new(),
            model: self.model.name.clone(),
            request_id,
            request_ref: self.setup.ids.uuid(),
            started: false,
            sent: Instant::now(),
            blocks: Vec::new(),
            results,
            streams: true,
            billed: true,
            stop_reason: None,
            error: Value::Null,
            usage: Usage::ZERO,
            ending: None,
            stop_sequence: None,
            open: None,
            last_block: 0,
            first_block: None,
            thought: (0, 0),
            estimated: 0,
            chars: 0,
        }
    }

    /// Plays a stream into a message.
    pub(super) fn play(
        &mut self,
        turn: &mut Turn,
        message: &mut Message,
        stream: &Stream,
    ) -> Result<Played, Quit> {
        message.look_ahead(stream);
        for step in &stream.steps {
            let halted = match step {
                Step::Pause(pause) => self.hold(pause)?,
                Step::Event(event) if event["type"] == "error" => {
                    message.error.clone_from(event);
                    return Ok(Played::Failed);
                }
                Step::Event(event) => {
                    self.take_event(turn, message, event)?;
                    self.pump()?
                }
            };
            if halted {
                self.abort(turn, message)?;
                return Ok(Played::Halted);
            }
        }
        Ok(Played::Whole)
    }

    /// A pause in the stream. True where the turn is to stop.
    pub(super) fn hold(&mut self, pause: &Pause) -> Result<bool, Quit> {
        match pause {
            Pause::Wait(ms) => self.pause("timer", Some(*ms)),
            Pause::Hang => self.pause("hang", None),
            Pause::Gate(name) => match self.setup.gates.as_ref().map(|dir| dir.join(name)) {
                Some(file) => self.pause_for(&file),
                // Without a ledger nobody can open a gate.
                None => self.pause("gate", None),
            },
            Pause::Exit(code) => Err(Quit(*code)),
            Pause::Fault(fault) => self.misbehave(fault).map(|()| false),
        }
    }

    fn take_event(
        &mut self,
        turn: &mut Turn,
        message: &mut Message,
        event: &Value,
    ) -> Result<(), Quit> {
        match event["type"].as_str().unwrap_or_default() {
            "ping" => Ok(()),
            "message_start" => self.begin(turn, message, event),
            "content_block_start" => {
                let block = event["content_block"].clone();
                let thinking = block["type"] == "thinking";
                if thinking {
                    // Each block is estimated for itself.
                    message.thought = (0, 0);
                    message.estimated = 0;
                }
                message.open = Some((block, String::new()));
                self.event(message, event.clone(), display(thinking))
            }
            "content_block_delta" => self.delta(message, event),
            "content_block_stop" => {
                self.block_ended(turn, message, false)?;
                self.ask_early(message)?;
                self.event(message, event.clone(), Vars::new())
            }
            "message_delta" => {
                let word = |key: &str| event["delta"][key].as_str().map(str::to_owned);
                message.stop_reason = word("stop_reason");
                message.stop_sequence = word("stop_sequence");
                if let Some(output) = event["usage"]["output_tokens"].as_u64() {
                    message.usage.output = output;
                }
                self.event(message, event.clone(), Vars::new())
            }
            "message_stop" => {
                self.event(message, event.clone(), Vars::new())?;
                self.message_ended(turn, message);
                Ok(())
            }
            _ => self.event(message, event.clone(), Vars::new()),
        }
    }

    /// The first event of an answer.
    fn begin(&mut self, turn: &mut Turn, message: &mut Message, event: &Value) -> Result<(), Quit> {
        message.started = true;
        let start = &event["message"];
        message.id = start["id"].as_str().unwrap_or_default().to_owned();
        message.model = start["model"].as_str().unwrap_or_default().to_owned();
        message.usage = Usage::of(&start["usage"]);
        turn.first_answer
            .get_or_insert_with(|| turn.begun.elapsed());
        if message.streams {
            turn.first_token.get_or_insert_with(|| turn.begun.elapsed());
        }
        turn.messages.push(message.id.clone());
        self.replay(turn)?;
        let mut event = event.clone();
        if let Some(first) = message
            .first_block
            .clone()
            .filter(|_| self.setup.profile.behaviour.aliased_start)
        {
            event["message"]["content"] = json!([first]);
        }
        let ttft = u64::try_from(message.sent.elapsed().as_millis()).unwrap_or(0);
        self.event(message, event, display(true).with("ttft_ms", ttft))
    }

    /// The echoes that are still to come.
    pub(super) fn replay(&mut self, turn: &mut Turn) -> Result<(), Quit> {
        for prompt in std::mem::take(&mut turn.to_replay) {
            let vars = self.vars().with("message", prompt.message);
            let vars = match prompt.uuid {
                Some(uuid) => vars.with("uuid", uuid),
                None => vars,
            };
            self.emit("replay", &vars)?;
        }
        Ok(())
    }

    fn delta(&mut self, message: &mut Message, event: &Value) -> Result<(), Quit> {
        let delta = &event["delta"];
        let text = |key: &str| delta[key].as_str().unwrap_or_default();
        let Some((block, input)) = &mut message.open else {
            return Ok(());
        };
        let mut append = |key: &str| {
            let whole = block[key].as_str().unwrap_or_default().to_owned() + text(key);
            block[key] = whole.into();
        };
        let thinking = text("type") == "thinking_delta";
        match text("type") {
            "text_delta" => {
                append("text");
                message.chars += text("text").chars().count();
            }
            "thinking_delta" => {
                append("thinking");
                message.thought.0 += text("thinking").chars().count();
                self.thinking(message)?;
            }
            "signature_delta" => {
                append("signature");
                message.thought.1 += text("signature").len();
                self.thinking(message)?;
            }
            _ => input.push_str(text("partial_json")),
        }
        self.event(message, event.clone(), display(thinking))
    }

    fn thinking(&mut self, message: &mut Message) -> Result<(), Quit> {
        let (thought, signed) = message.thought;
        let estimated = thought.div_ceil(4).max(signed.div_ceil(4));
        let tokens = estimated.saturating_sub(message.estimated);
        message.estimated += tokens;
        if tokens == 0 || !message.streams || !self.setup.profile.behaviour.thinking_tokens {
            return Ok(());
        }
        let vars = self
            .vars()
            .with("estimated", message.estimated)
            .with("delta", tokens);
        self.emit("thinking_tokens", &vars)
    }

    /// The line of the block that is under way.
    fn block_ended(
        &mut self,
        turn: &mut Turn,
        message: &mut Message,
        aborted: bool,
    ) -> Result<(), Quit> {
        let Some((mut block, input)) = message.open.take() else {
            return Ok(());
        };
        let profile = self.setup.profile;
        if block["type"] == "text"
            && block["text"] == ""
            && profile.behaviour.empty_answer == EmptyAnswer::AskAgain
        {
            // Nothing was said with it.
            return Ok(());
        }
        if block["type"] == "tool_use" {
            let input = parsed(&input, profile.behaviour.unparsed_input);
            let name = block["name"].as_str().unwrap_or_default();
            block["input"] = shown_input(profile, name, input);
        }
        if block["text"] == "" && !profile.behaviour.error_results {
            block["text"] = "(no content)".into();
        }
        match block["text"].as_str() {
            Some(text) if block["type"] == "text" => text.clone_into(&mut turn.text),
            _ => turn.text.clear(),
        }
        if block["type"] == "text" && block["text"] == "" {
            if profile.behaviour.empty_answer == EmptyAnswer::AskAgain {
                return Ok(());
            }
            block["text"] = "(no content)".into();
            "(no content)".clone_into(&mut turn.text);
        }
        let last = message.blocks.len() + 1 == message.last_block;
        let (usage, stop_reason) = match (&message.ending, profile.behaviour.block_usage) {
            (Some((usage, stop)), BlockUsage::Final) => (usage.json(), last.then(|| stop.clone())),
            (Some((usage, stop)), _) if !message.streams => {
                let vars = usage.vars(Vars::new());
                (render(profile.message("usage"), &vars), Some(stop.clone()))
            }
            _ => (message.usage.json(), None),
        };
        let vars = Vars::new()
            .with("message_id", message.id.as_str())
            .with("model", message.model.as_str())
            .with("content", vec![block.clone()])
            .with(
                "stop_sequence",
                message
                    .stop_sequence
                    .clone()
                    .filter(|_| stop_reason.is_some()),
            )
            .with("stop_reason", stop_reason)
            .with("usage", usage);
        let api_message = render(profile.message("api_message"), &vars);
        let uuid = self.setup.ids.uuid();
        let thinking = block["type"] == "thinking";
        let vars = self
            .vars()
            .with("uuid", uuid.as_str())
            .with("message", api_message)
            .with("request_id", message.request_id.as_str())
            .maybe("thinking_duration_ms", thinking.then_some(1))
            .maybe("thinking_display", thinking.then_some("updates"))
            .maybe("aborted", aborted.then_some(true))
            .maybe("tool_use_meta", self.served(&block));
        // A message that was typed into the turn is what is answered from then on.
        let echo = profile.behaviour.user_uuid_echo && !turn.steered;
        if profile.transcript.as_shown {
            let shown = vars.get("message").cloned().unwrap_or_default();
            let recorder = &mut self.setup.session.recorder;
            recorder.shown(shown, &uuid, &message.request_id, time::now_ms());
            self.save_or_end()?;
        }
        self.emit("assistant", &turn.uuid_vars(vars, echo))?;
        self.conversation.lines += 1;
        message.blocks.push(Sent { uuid, json: block });
        Ok(())
    }

    /// The end of an answer that came through.
    fn message_ended(&mut self, turn: &mut Turn, message: &Message) {
        turn.stop_reason.clone_from(&message.stop_reason);
        let usage = message.usage;
        self.model.context_tokens =
            usage.input + usage.cache_creation + usage.cache_read + usage.output;
        if message.billed {
            self.bill(turn, message, message.usage);
        }
        let stop = message.stop_reason.clone().into();
        let ending = match message.streams {
            true => Ending::Whole,
            false => Ending::Unstreamed,
        };
        self.record(message, stop, message.usage, ending);
    }

    /// Counts what an answer cost.
    pub(super) fn bill(&mut self, turn: &mut Turn, message: &Message, usage: Usage) {
        turn.usage += usage;
        turn.last_usage = usage;
        turn.first_usage.get_or_insert(usage);
        turn.billed = true;
        self.spend(message, usage);
    }

    /// The end of an answer that was cut short: what its blocks were, the note of it, and closing events.
    fn abort(&mut self, turn: &mut Turn, message: &mut Message) -> Result<(), Quit> {
        let open = message.open.is_some();
        let index = message.blocks.len();
        if message.started {
            turn.last_usage = message.usage;
            if self.setup.profile.behaviour.interrupted == Interrupted::KeepPartial {
                let text = message
                    .open
                    .as_ref()
                    .is_some_and(|(b, _)| b["text"].as_str().is_some_and(|t| !t.is_empty()));
                if text {
                    self.block_ended(turn, message, true)?;
                }
                // Output that nobody counted is estimated by its length.
                let output = u64::try_from((message.chars + 1) / 3).unwrap_or(0).max(1);
                let usage = Usage {
                    output,
                    ..message.usage
                };
                self.spend(message, usage);
            }
        }
        self.record(message, Value::Null, message.usage, Ending::Aborted);
        self.note_interruption("[Request interrupted by user]")?;
        let closes = self.setup.profile.behaviour.interrupted == Interrupted::KeepPartial;
        if !message.started || !closes || self.setup.profile.message("aborted_delta").is_null() {
            return Ok(());
        }
        if open {
            let stop = json!({"type": "content_block_stop", "index": index});
            self.event(message, stop, Vars::new())?;
        }
        let delta = render(
            self.setup.profile.message("aborted_delta"),
            &message.usage.vars(Vars::new()),
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

    fn spend(&mut self, message: &Message, usage: Usage) {
        self.model.api_time += message.sent.elapsed();
        self.model.requests += 1;
        self.model.last_billed = Some((Instant::now(), usage));
        let models = &self.setup.profile.models;
        self.model.costs.add(models, &self.model.name, usage);
        self.model.unreported.add(models, &self.model.name, usage);
    }

    /// A stream event, where they are asked for.
    fn event(&mut self, message: &Message, event: Value, vars: Vars) -> Result<(), Quit> {
        if !self.setup.options.partial || !message.streams {
            return Ok(());
        }
        let session = self.setup.session.id.clone();
        let vars = vars
            .with("session_id", session)
            .with("uuid", self.setup.ids.uuid())
            .with("event", event)
            .with("message_id", message.id.as_str());
        self.emit("stream_event", &vars)
    }
}

fn display(thinking: bool) -> Vars {
    Vars::new().maybe("thinking_display", thinking.then_some("updates"))
}

/// The input of a tool from its text.
fn parsed(text: &str, unparsed: UnparsedInput) -> Value {
    if text.is_empty() {
        return json!({});
    }
    match (serde_json::from_str(text), unparsed) {
        (Ok(input), _) => input,
        (Err(_), UnparsedInput::Empty) => json!({}),
        (Err(_), UnparsedInput::Kept) => {
            let len = text.encode_utf16().count();
            json!({"__unparsedToolInput": {"raw": text, "len": len}})
        }
    }
}
