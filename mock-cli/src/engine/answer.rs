//! The answer to one request, as the steps of its stream.

use super::Engine;
use super::blocks::block_events;
use crate::order::SortedMap;
use crate::protocol::TextOr;
use crate::protocol::api::{self, Event};
use crate::protocol::wire::Nullable;
use crate::script::{ApiError, ApiTurn, Script};
use crate::turn::{Block, ModelTurn, Part, Pause, Usage};
use serde_json::{Map, Value};
use std::collections::VecDeque;

/// A scripted API, as one process sees it.
#[derive(Debug)]
pub(crate) struct Api {
    turns: VecDeque<ApiTurn>,
    /// How many there were.
    count: usize,
    /// What it says when they are used up.
    otherwise: Option<ApiTurn>,
    messages: u32,
    tools: u32,
    requests: u32,
    /// Whether nobody listens where the API should be.
    refused: bool,
}

impl Api {
    /// Counts requests of another kind that came before.
    pub(crate) fn after(mut self, requests: u32) -> Self {
        self.requests = requests;
        self
    }

    /// The API of a script that gives the model's turns.
    pub(crate) fn of(script: &Script) -> Option<Self> {
        let turns = script.api_script.clone()?;
        let otherwise = script.otherwise.clone();
        Some(Api {
            otherwise,
            ..Api::new(turns)
        })
    }

    fn new(turns: Vec<ApiTurn>) -> Self {
        Api {
            refused: turns.is_empty() && nobody_listens(),
            count: turns.len(),
            turns: turns.into(),
            otherwise: None,
            messages: 0,
            tools: 0,
            requests: 0,
        }
    }

    /// Leaves out the turns that the conversation has had.
    pub(crate) fn skipping(mut self, turns: usize) -> Self {
        self.turns.drain(..turns.min(self.count));
        self
    }

    /// Counts an answer of another kind, which has an id too.
    pub(super) fn skip_message(&mut self) {
        self.messages += 1;
    }

    /// The ids of the last answer and of its request.
    pub(super) fn last_ids(&self) -> (String, String) {
        (
            format!("msg_fake{:04}", self.messages),
            format!("req_fake{:04}", self.requests),
        )
    }
}

/// What a request brings.
#[derive(Debug)]
pub(super) struct Answer {
    /// Milliseconds before anything comes.
    pub(super) delay: Option<u64>,
    pub(super) reply: Reply,
    pub(super) request_id: String,
    /// Results of tools that the script gives, by the tool block's id.
    pub(super) results: SortedMap<String, (String, bool)>,
    /// Its headers, as far as the script gives them.
    pub(super) headers: Map<String, Value>,
}

impl Answer {
    /// All of its text.
    pub(super) fn said(&self) -> String {
        let Reply::Stream(stream) = &self.reply else {
            return String::new();
        };
        let texts = stream.steps.iter().filter_map(|step| match step {
            Step::Event(Event::BlockDelta(delta)) => delta.delta.as_ref()?.as_text(),
            Step::Event(_) | Step::Pause(_) => None,
        });
        texts.collect()
    }
}

/// How the API answers.
#[derive(Debug)]
pub(super) enum Reply {
    Stream(Stream),
    Error(ApiError),
    /// Something else than an answer, though nothing is said to be wrong.
    Malformed(Value),
    /// The connection ends without an answer.
    Dropped,
    /// There is no connection.
    Refused,
}

/// A stream of events.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) steps: Vec<Step>,
    /// Whether its events come one by one, rather than all at once.
    pub(super) slow: bool,
    /// Whether it breaks off before its end.
    pub(super) cut: bool,
}

/// A step of a stream.
#[derive(Debug)]
pub(super) enum Step {
    Event(Event),
    Pause(Pause),
}

impl Engine {
    /// The answer to the next request: the script's next turn, or the next of the entry that was taken.
    /// `whole` asks for it at once, not as a stream.
    pub(super) fn next_answer(&mut self, queued: &mut VecDeque<ModelTurn>, whole: bool) -> Answer {
        let toolless = self.tools().is_empty();
        if let Some(api) = &mut self.model.api {
            api.requests += 1;
            let mut turn = if toolless {
                // Without tools it is no main request.
                ApiTurn::saying("side-reply")
            } else {
                self.next_turn()
            };
            let Some(api) = &mut self.model.api else {
                unreachable!("it was there")
            };
            if api.refused {
                turn.drop = Some("refused".into());
            }
            if whole {
                turn = ApiTurn {
                    gap: None,
                    stall: None,
                    disconnect_after: None,
                    sse_error: None,
                    // As the oracle's API has it.
                    stop_sequence: None,
                    ..turn
                };
                for block in &mut turn.content {
                    // An input that is no JSON cannot come in one piece.
                    block.raw = None;
                }
            }
            return self.api_answer(&turn);
        }
        // However often it is asked again.
        if let Some(error) = &self.progress.lacking {
            return self.turned_away(error.clone());
        }
        let asked = self.setup.script.as_ref().is_some_and(|s| s.login);
        let refused = queued.front().is_some_and(|turn| turn.refused);
        if refused || asked && self.model.login.has_expired() {
            return self.turned_away(self.model.login.refusal());
        }
        let turn = queued.pop_front().unwrap_or_default();
        self.model_answer(&turn)
    }

    /// The script's next turn.
    pub(super) fn next_turn(&mut self) -> ApiTurn {
        let Some(api) = &mut self.model.api else {
            return ApiTurn::default();
        };
        let next = api.turns.pop_front();
        if next.is_some() {
            self.setup.memory.turn_taken(&self.setup.session);
        }
        let next = next.or_else(|| api.otherwise.clone());
        let count = api.count;
        next.unwrap_or_else(|| self.used_up(count))
    }

    /// There is no turn left: said as an API says what is wrong with a request, so that every client shows it.
    fn used_up(&mut self, count: usize) -> ApiTurn {
        if let Some(error) = self.progress.lacking.clone() {
            return ApiTurn {
                error: Some(error),
                ..ApiTurn::default()
            };
        }
        let text = format!(
            "the model was asked more often than `api_script` has turns ({count}); add one, or `otherwise`"
        );
        ApiTurn {
            error: Some(self.lacking(None, &text)),
            ..ApiTurn::default()
        }
    }

    /// Counts a request of another kind.
    pub(super) fn skip_request(&mut self) {
        if let Some(api) = &mut self.model.api {
            api.requests += 1;
        }
    }

    fn turned_away(&mut self, error: ApiError) -> Answer {
        Answer {
            delay: None,
            reply: Reply::Error(error),
            request_id: self.setup.ids.tagged("req_011C", 20),
            results: SortedMap::new(),
            headers: Map::new(),
        }
    }

    fn model_answer(&mut self, turn: &ModelTurn) -> Answer {
        if let Some(error) = &turn.error {
            return self.turned_away(error.clone());
        }
        let ids = &mut self.setup.ids;
        let message = ids.tagged("msg_01", 22);
        let request_id = ids.tagged("req_011C", 20);
        let mut results = SortedMap::new();
        let mut steps = Vec::new();
        let mut index = 0;
        let mut started = false;
        let mut slow = false;
        for part in &turn.parts {
            let block = match part {
                Part::Block(block) => block,
                Part::Pause(pause) => {
                    slow |= started;
                    steps.push(Step::Pause(pause.clone()));
                    continue;
                }
            };
            if !started {
                started = true;
                steps.push(start(&message, &self.model.name, turn.usage.api()));
            }
            let block = match block {
                Block::Tool { result, error, .. } => {
                    let id = ids.tagged("toolu_01", 22);
                    if let Some(result) = result {
                        results.insert(id.clone(), (result.clone(), *error));
                    }
                    block.api(&id)
                }
                _ => block.api(""),
            };
            block_events(&block.into(), index, None, &mut steps);
            index += 1;
        }
        if started {
            let delta = api::Ending {
                stop_reason: Nullable::Of(turn.stop_reason.into()),
                stop_sequence: Nullable::Null,
                ..api::Ending::default()
            };
            end(delta, Nullable::Of(turn.usage.output), &mut steps);
        }
        Answer {
            delay: None,
            reply: Reply::Stream(Stream {
                steps,
                slow,
                cut: false,
            }),
            request_id,
            results,
            headers: Map::new(),
        }
    }

    fn api_answer(&mut self, turn: &ApiTurn) -> Answer {
        // The suffix of a large context is the CLI's own.
        let asked = self.model.name.trim_end_matches("[1m]").to_owned();
        let model = turn.model.clone().unwrap_or(asked);
        let reply = match (&turn.error, turn.hang, &turn.drop) {
            (Some(error), ..) if error.status < 300 => Reply::Malformed(error.body.clone()),
            (Some(error), ..) => Reply::Error(error.clone()),
            (None, Some(_), _) => Reply::Dropped,
            (None, None, Some(drop)) if drop == "refused" => Reply::Refused,
            (None, None, Some(drop)) if truthy(drop) => Reply::Dropped,
            _ => Reply::Stream(self.stream_of(turn, &model)),
        };
        let requests = self.model.api.as_ref().map_or(0, |api| api.requests);
        Answer {
            delay: match (turn.delay, turn.hang) {
                (None, None) => None,
                (delay, hang) => Some(ms(delay.unwrap_or(0.0) + hang.unwrap_or(0.0))),
            },
            reply,
            request_id: format!("req_fake{requests:04}"),
            results: SortedMap::new(),
            headers: turn.headers.clone(),
        }
    }

    fn stream_of(&mut self, turn: &ApiTurn, model: &str) -> Stream {
        let usage = match &turn.usage {
            Some(usage) => usage.clone(),
            None => Usage::default().api(),
        };
        let mut blocks = turn.content.clone();
        let api = self.model.api.get_or_insert_with(|| Api::new(Vec::new()));
        api.messages += 1;
        let id = format!("msg_fake{:04}", api.messages);
        let mut tools = false;
        for scripted in &mut blocks {
            if let api::Block::ToolUse(tool) = &mut scripted.block {
                tools = true;
                if tool.id.as_deref().is_none_or(str::is_empty) {
                    api.tools += 1;
                    tool.id = Nullable::Of(format!("toolu_fake{:04}", api.tools));
                }
            }
        }
        let output = usage.output_tokens;
        let mut steps = vec![start(&id, model, usage)];
        if turn.ping != Some(false) {
            steps.push(Step::Event(Event::ping()));
        }
        for (index, scripted) in blocks.iter().enumerate() {
            block_events(scripted, index as u64, turn.chunk, &mut steps);
            if turn.stall_after_block == Some(index)
                && let Some(stall) = turn.stall
            {
                steps.push(Step::Pause(Pause::Wait(ms(stall))));
            }
        }
        if let Some(error) = &turn.sse_error {
            steps.push(Step::Event(Event::error(error.clone())));
        } else {
            let stop = turn.stop_reason.as_deref();
            let stop = stop.unwrap_or(if tools { "tool_use" } else { "end_turn" });
            let mut delta = Map::new();
            delta.insert("stop_reason".into(), stop.into());
            delta.insert("stop_sequence".into(), turn.stop_sequence.clone().into());
            delta.extend(turn.delta_extra.clone());
            end(api::Ending::of(delta), output, &mut steps);
        }
        let mut cut = false;
        if let Some(limit) = turn.disconnect_after {
            let events = steps.iter().filter(|s| matches!(s, Step::Event(_))).count();
            cut = limit < events;
            truncate(&mut steps, limit);
        }
        if let Some(gap) = turn.gap.filter(|gap| *gap > 0.0) {
            steps = steps
                .into_iter()
                .flat_map(|step| paced(step, ms(gap)))
                .collect();
        }
        // A fault takes no time of the model's.
        let takes_time =
            |s: &Step| matches!(s, Step::Pause(pause) if !matches!(pause, Pause::Fault(_)));
        let slow = steps.iter().any(takes_time);
        Stream { steps, slow, cut }
    }
}

/// Whether the base URL names a system's port of this machine at which nobody listens: a script without any turn
/// stands for an API that is not there.
fn nobody_listens() -> bool {
    let url = std::env::var("ANTHROPIC_BASE_URL").unwrap_or_default();
    let host = url.split("://").last().unwrap_or_default();
    let host = host.split('/').next().unwrap_or_default();
    let Some(port) = host
        .strip_prefix("127.0.0.1:")
        .and_then(|port| port.parse::<u16>().ok())
    else {
        return false;
    };
    port < 1024 && std::net::TcpStream::connect(("127.0.0.1", port)).is_err()
}

/// A step and the wait after it.
fn paced(step: Step, gap: u64) -> Vec<Step> {
    match step {
        Step::Event(_) => vec![step, Step::Pause(Pause::Wait(gap))],
        Step::Pause(_) => vec![step],
    }
}

/// Keeps only so many events.
fn truncate(steps: &mut Vec<Step>, limit: usize) {
    let mut events = 0;
    let end = steps.iter().position(|step| {
        events += usize::from(matches!(step, Step::Event(_)));
        events > limit
    });
    steps.truncate(end.unwrap_or(steps.len()));
}

fn start(id: &str, model: &str, mut usage: api::Usage) -> Step {
    usage.output_tokens = Nullable::Of(1);
    Step::Event(Event::message_start(api::Message {
        id: Some(id.to_owned()),
        kind: Some("message".into()),
        role: Some("assistant".into()),
        model: Some(model.to_owned()),
        content: Some(TextOr::Blocks(Vec::new())),
        stop_reason: Nullable::Null,
        stop_sequence: Nullable::Null,
        usage: Some(usage),
        ..api::Message::default()
    }))
}

fn end(delta: api::Ending, output: Nullable<u64>, steps: &mut Vec<Step>) {
    let usage = api::Usage {
        output_tokens: Nullable::there(output.into_value()),
        ..api::Usage::default()
    };
    steps.push(Step::Event(Event::message_delta(delta, usage)));
    steps.push(Step::Event(Event::message_stop()));
}

/// Whether Python takes it for true.
fn truthy(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && value.as_f64() != Some(0.0)
}

/// Seconds in milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a wait is positive, and one that does not fit ends at the largest number"
)]
fn ms(seconds: f64) -> u64 {
    (seconds * 1000.0).round() as u64
}
