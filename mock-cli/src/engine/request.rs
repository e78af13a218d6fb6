//! One request to the model: its blocks as they stream in.

use super::Engine;
use super::answer::{Step, Stream};
use super::message::{Message, Sent, thirds, units};
use super::record::Ending;
use super::tools::Early;
use super::tools::files::shown_input;
use super::turn::Turn;
use crate::order::SortedMap;
use crate::process::Quit;
use crate::profile::{Billing, BlockUsage, EmptyAnswer, Interrupted, ServerInput, UnparsedInput};
use crate::protocol::api::{self, Block, Delta, ErrorBody, Event, MessageStart, StopReason};
use crate::protocol::wire::{Nullable, Wire};
use crate::template::{Vars, render};
use crate::time;
use crate::turn::{Pause, Usage};
use serde_json::{Value, json};
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
        results: SortedMap<String, (String, bool)>,
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
            billing: Billing::All,
            stop_reason: None,
            error: ErrorBody::default(),
            usage: Usage::ZERO,
            said: api::Usage::default(),
            ending: None,
            stop_sequence: None,
            open: None,
            last_block: 0,
            first_block: None,
            unsaid: None,
            thought: (0, 0),
            estimated: 0,
            tokens: 0,
            guessed: 0,
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
                Step::Event(Event::Error(error)) => {
                    message.error = *error.clone();
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
        event: &Event,
    ) -> Result<(), Quit> {
        match event {
            Event::Ping(_) => Ok(()),
            Event::MessageStart(start) => self.begin(turn, message, start),
            Event::BlockStart(start) => {
                let block = start.content_block.clone();
                let thinking = matches!(block, Some(Block::Thinking(_)));
                if thinking {
                    // Each block is estimated for itself.
                    message.thought = (0, 0);
                    message.estimated = 0;
                }
                message.tokens += thirds(message.chars);
                let tool = block.as_ref().and_then(Block::as_tool_use);
                message.chars = units(tool.and_then(|tool| tool.name.as_deref()));
                if message.streams {
                    turn.first_frame.get_or_insert_with(|| turn.begun.elapsed());
                }
                message.open = block.map(|block| (block, String::new()));
                self.event(message, event, self.display(thinking))?;
                self.tell_early(turn, message, Early::Decided)
            }
            Event::BlockDelta(delta) => {
                let Some(delta) = &delta.delta else {
                    return Ok(());
                };
                if !self.add(message, delta)? {
                    return Ok(());
                }
                let thinking = matches!(delta, Delta::Thinking(_));
                self.event(message, event, self.display(thinking))
            }
            Event::BlockStop(_) => {
                self.block_ended(turn, message, false)?;
                self.tell_early(turn, message, Early::Seen)?;
                self.event(message, event, Vars::new())?;
                self.tell_early(turn, message, Early::Ended)
            }
            Event::MessageDelta(end) => {
                let delta = end.delta.clone().unwrap_or_default();
                let stop = delta.stop_reason.value();
                message.stop_reason = stop.map(|reason| reason.as_str().to_owned());
                message.stop_sequence = delta.stop_sequence.into_value();
                if let Some(output) = Usage::output_at_end(end) {
                    message.usage.output = output;
                }
                self.last_event(turn, message, event)?;
                self.tell_early(turn, message, Early::Decided)
            }
            Event::MessageStop(_) => {
                self.last_event(turn, message, event)?;
                self.message_ended(turn, message);
                Ok(())
            }
            Event::Error(_) | Event::Other(_) => self.event(message, event, Vars::new()),
        }
    }

    /// The first event of an answer.
    fn begin(
        &mut self,
        turn: &mut Turn,
        message: &mut Message,
        start: &MessageStart,
    ) -> Result<(), Quit> {
        message.started = true;
        // A question about a call of a message that broke off is answered to nobody.
        self.permissions.asked = None;
        if let Some(begun) = &start.message {
            message.id = begun.id.clone().unwrap_or_default();
            message.model = begun.model.clone().unwrap_or_default();
        }
        message.usage = Usage::at_start(start);
        if let Some(usage) = start
            .message
            .as_ref()
            .and_then(|begun| begun.usage.as_ref())
        {
            message.said = usage.clone();
        }
        turn.first_answer
            .get_or_insert_with(|| turn.begun.elapsed());
        if message.streams {
            turn.first_token.get_or_insert_with(|| turn.begun.elapsed());
            turn.messages.push(message.id.clone());
        }
        self.replay(turn)?;
        if message.streams {
            self.close_left(turn)?;
        }
        let mut start = start.clone();
        if self.setup.profile.behaviour.aliased_start
            && let Some(begun) = &mut start.message
        {
            message.grow(begun);
        }
        let event = start.write();
        let ttft = u64::try_from(message.sent.elapsed().as_millis()).unwrap_or(0);
        self.event_of(message, event, self.display(true).with("ttft_ms", ttft))
    }

    /// The echoes that are still to come.
    pub(super) fn replay(&mut self, turn: &mut Turn) -> Result<(), Quit> {
        for prompt in std::mem::take(&mut turn.to_replay) {
            let vars = self.vars().with("message", prompt.message.write());
            let vars = match prompt.uuid {
                Some(uuid) => vars.with("uuid", uuid),
                None => vars,
            };
            self.emit("replay", &vars)?;
        }
        Ok(())
    }

    /// Adds a piece to the block that is under way; false where there is none.
    fn add(&mut self, message: &mut Message, delta: &Delta) -> Result<bool, Quit> {
        let Some((block, input)) = &mut message.open else {
            return Ok(false);
        };
        let behaviour = &self.setup.profile.behaviour;
        let append = |whole: &mut Option<String>, more: &Option<String>| {
            let whole = whole.get_or_insert_default();
            whole.push_str(more.as_deref().unwrap_or_default());
        };
        match (delta, block) {
            (Delta::Text(more), Block::Text(block)) => {
                append(&mut block.text, &more.text);
                message.chars += units(more.text.as_deref());
            }
            (Delta::Thinking(more), Block::Thinking(block)) => {
                append(&mut block.thinking, &more.thinking);
                message.thought.0 += units(more.thinking.as_deref());
                message.chars += units(more.thinking.as_deref());
                self.thinking(message)?;
            }
            (Delta::Signature(more), Block::Thinking(block)) => {
                append(&mut block.signature, &more.signature);
                message.thought.1 += more.signature.as_deref().map_or(0, str::len);
                self.thinking(message)?;
            }
            (Delta::Citation(more), Block::Text(block))
                if behaviour.keeps_citations || !message.streams =>
            {
                let mut citations = block.citations.value().cloned().unwrap_or_default();
                citations.extend(more.citation.clone());
                block.citations = Nullable::Of(citations);
            }
            (Delta::Input(more), _) => {
                input.push_str(more.partial_json.as_deref().unwrap_or_default());
                message.chars += units(more.partial_json.as_deref());
            }
            _ => {}
        }
        if message.guessed == 0 {
            let input = message.open.iter().map(|(_, input)| input.chars().count());
            let chars = message.chars + message.thought.0 + input.sum::<usize>();
            message.guessed = u64::try_from(chars / 4).unwrap_or(0);
        }
        Ok(true)
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
        if block.as_text() == Some("") && profile.behaviour.empty_answer == EmptyAnswer::AskAgain {
            // Nothing was said with it.
            let uuid = self.setup.ids.uuid();
            message.unsaid = Some(Sent { uuid, block });
            return Ok(());
        }
        turn.text.clear();
        match &mut block {
            Block::Text(said) => {
                let text = said.text.get_or_insert_default();
                if text.is_empty() {
                    text.push_str("(no content)");
                }
                text.clone_into(&mut turn.text);
            }
            Block::ToolUse(tool) => {
                let input = parsed(&input, profile.behaviour.unparsed_input);
                let name = tool.name.as_deref().unwrap_or_default();
                tool.input = Some(match self.has_tool(name) {
                    true => shown_input(profile, name, input),
                    // What is not there cannot read it.
                    false => input,
                });
            }
            Block::ServerToolUse(tool) => {
                tool.input = Some(match profile.behaviour.server_input {
                    ServerInput::Text if message.streams => input.into(),
                    ServerInput::Text | ServerInput::Parsed => {
                        parsed(&input, profile.behaviour.unparsed_input)
                    }
                });
            }
            _ => {}
        }
        // The first of several blocks that stream in is told of before the end is known.
        // (One that comes in a single piece always is.)
        let alone = message.last_block == 1 && !matches!(block, Block::Redacted(_));
        let late = !message.blocks.is_empty() || alone || !message.streams;
        let (usage, stop_reason) = match (&message.ending, profile.behaviour.block_usage) {
            (Some((usage, stop)), BlockUsage::Final) => {
                (message.said_with(usage.output), late.then(|| reason(stop)))
            }
            (Some((usage, stop)), _) if !message.streams => {
                let vars = usage.vars(Vars::new());
                (render(&profile.message("usage"), &vars), Some(reason(stop)))
            }
            _ => (message.said_with(message.usage.output), None),
        };
        let vars = Vars::new()
            .with("message_id", message.id.as_str())
            .with("model", message.model.as_str())
            .with("content", vec![block.write()])
            .with(
                "stop_sequence",
                message
                    .stop_sequence
                    .clone()
                    .filter(|_| stop_reason.is_some()),
            )
            .with("stop_reason", stop_reason)
            .with("usage", usage);
        let api_message = render(&profile.message("api_message"), &vars);
        let uuid = self.setup.ids.uuid();
        let thinking = matches!(block, Block::Thinking(_));
        let vars = self
            .vars()
            .with("uuid", uuid.as_str())
            .with("message", api_message)
            .with("request_id", message.request_id.as_str())
            .maybe(
                "thinking_duration_ms",
                (thinking && message.streams).then_some(1),
            )
            .maybe(
                "thinking_display",
                self.shown_display(thinking && message.streams),
            )
            .maybe("aborted", aborted.then_some(true))
            .maybe("supersedes", turn.superseded())
            .maybe("tool_use_meta", self.served(&block));
        // A message that was typed into the turn is what is answered from then on.
        let echo = profile.behaviour.user_uuid_echo && !turn.steered && turn.requests < 2;
        if profile.transcript.as_shown {
            let shown = vars.get("message").cloned().unwrap_or_default();
            let recorder = &mut self.setup.session.recorder;
            recorder.shown(shown, &uuid, &message.request_id, time::now_ms());
            self.save_or_end()?;
        }
        self.tell_progress(message, &block, false)?;
        self.emit("assistant", &turn.uuid_vars(vars, echo))?;
        let todos = block.as_tool_use().and_then(|tool| tool.name.as_deref()) == Some("TodoWrite");
        self.conversation.since_todos = match todos {
            true => 1,
            false => self.conversation.since_todos + 1,
        };
        self.tell_progress(message, &block, true)?;
        // An answer in one piece is one message of its turn, however many lines there are of it.
        if message.streams || message.blocks.is_empty() {
            self.conversation.lines += 1;
        } else {
            turn.later_lines += 1;
        }
        message.blocks.push(Sent { uuid, block });
        Ok(())
    }

    /// The end of an answer that came through.
    fn message_ended(&mut self, turn: &mut Turn, message: &Message) {
        turn.stop_reason.clone_from(&message.stop_reason);
        turn.retracted.clear();
        let usage = message.usage;
        self.model.context_tokens =
            usage.input + usage.cache_creation + usage.cache_read + usage.output;
        self.bill(turn, message, message.usage, message.billing);
        let stop = message.stop_reason.clone().into();
        let ending = match message.streams {
            true => Ending::Whole,
            false => Ending::Unstreamed,
        };
        self.record(message, stop, message.usage, ending);
    }

    /// Counts what an answer cost.
    pub(super) fn bill(
        &mut self,
        turn: &mut Turn,
        message: &Message,
        usage: Usage,
        billing: Billing,
    ) {
        if matches!(billing, Billing::All | Billing::Tokens) {
            turn.usage += usage;
            // What the API does not say is told as it was before.
            let before = turn.last_usage;
            turn.last_usage = usage;
            if message.said.server_tool_use.value().is_none() {
                turn.last_usage.searches = before.searches;
            }
            if message.said.cache_creation.value().is_none() {
                turn.last_usage.cache_5m = before.cache_5m;
                turn.last_usage.cache_1h = before.cache_1h;
            }
            turn.first_usage.get_or_insert(usage);
            turn.billed = true;
        }
        if matches!(billing, Billing::All | Billing::Cost) {
            self.spend(message, usage);
        }
    }

    /// The end of an answer that was cut short: what its blocks were, the note of it, and closing events.
    fn abort(&mut self, turn: &mut Turn, message: &mut Message) -> Result<(), Quit> {
        let block = message.blocks.len() as u64;
        let open = message.open.as_ref().map(|_| block);
        if message.started {
            turn.last_usage = message.usage;
            if self.setup.profile.behaviour.interrupted == Interrupted::KeepPartial {
                let text = message
                    .open
                    .as_ref()
                    .is_some_and(|(block, _)| block.as_text().is_some_and(|text| !text.is_empty()));
                if text {
                    self.block_ended(turn, message, true)?;
                }
                let usage = message.estimate();
                if self.setup.profile.behaviour.bills_stopped {
                    self.spend(message, usage);
                }
            }
        }
        self.record(message, Value::Null, message.usage, Ending::Aborted);
        self.note_interruption("[Request interrupted by user]")?;
        self.close_stopped(message, open)
    }

    fn spend(&mut self, message: &Message, usage: Usage) {
        self.model.api_time += message.sent.elapsed();
        self.model.requests += 1;
        self.model.last_billed = Some((Instant::now(), usage));
        let models = &self.setup.profile.models;
        self.model.costs.add(models, &self.model.name, usage);
        self.model.unreported.add(models, &self.model.name, usage);
    }
}

/// A stop reason as the messages have it.
fn reason(stop: &Nullable<StopReason>) -> Value {
    stop.value().map(StopReason::as_str).into()
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
