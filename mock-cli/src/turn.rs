//! The model's turns: what one request to the model would bring, and the compiler from a script's actions.

use crate::faults::PointFault;
use crate::protocol::api;
use crate::protocol::wire::{Nullable, Wire};
use crate::script::{Action, ApiError};
use crate::template::Vars;
use serde_json::{Value, json};
use std::ops::AddAssign;

/// The answer to one request.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ModelTurn {
    /// Blocks, and what happens before, between and after them.
    pub(crate) parts: Vec<Part>,
    /// Why the model stopped: `end_turn` or `tool_use`.
    pub(crate) stop_reason: &'static str,
    /// What it cost.
    pub(crate) usage: Usage,
    /// The request fails with this.
    pub(crate) error: Option<ApiError>,
    /// The API refuses the login, now and from now on.
    pub(crate) refused: bool,
}

/// A part of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    /// A content block.
    Block(Block),
    /// A pause in the stream.
    Pause(Pause),
}

/// A content block.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Block {
    Text(String),
    Thinking(String),
    Tool {
        name: String,
        input: Value,
        /// None: it runs for real.
        result: Option<String>,
        error: bool,
    },
}

/// A pause in the stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pause {
    Wait(u64),
    Hang,
    Gate(String),
    Exit(i32),
    Fault(PointFault),
}

/// What a model's thinking is signed with: nobody here can check a signature.
pub(crate) const SIGNATURE: &str = "c2lnbmF0dXJl";

impl Block {
    /// The block as the API gives it; `tool_id` is for tools.
    pub(crate) fn api(&self, tool_id: &str) -> api::Block {
        match self {
            Block::Text(text) => api::Block::text(text),
            Block::Thinking(text) => api::Block::thinking(text, SIGNATURE),
            Block::Tool { name, input, .. } => api::Block::tool_use(tool_id, name, input.clone()),
        }
    }
}

/// Tokens of a request, or a sum of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) input: u64,
    pub(crate) output: u64,
    pub(crate) cache_creation: u64,
    pub(crate) cache_read: u64,
    /// What of `cache_creation` lasts five minutes, where the API says so.
    pub(crate) cache_5m: u64,
    /// The same of an hour.
    pub(crate) cache_1h: u64,
    /// What of `output` was thought, where the API says so.
    pub(crate) thinking: u64,
    /// Uses of the API's own tools.
    pub(crate) searches: u64,
    pub(crate) fetches: u64,
    /// The tier of the last request, where it is not the standard one.
    pub(crate) tier: Option<&'static str>,
}

/// The tiers that the API has besides the standard one.
const TIERS: [&str; 2] = ["priority", "batch"];

impl Default for Usage {
    /// What a request costs where the script does not say: a small prompt with a warm cache.
    fn default() -> Self {
        Usage {
            input: 10,
            output: 5,
            cache_creation: 100,
            cache_read: 1000,
            ..Usage::ZERO
        }
    }
}

impl Usage {
    pub(crate) const ZERO: Usage = Usage {
        input: 0,
        output: 0,
        cache_creation: 0,
        cache_read: 0,
        cache_5m: 0,
        cache_1h: 0,
        thinking: 0,
        searches: 0,
        fetches: 0,
        tier: None,
    };

    /// From the API's names; what is not there is 0.
    pub(crate) fn of(usage: &api::Usage) -> Usage {
        let count = |tokens: &Nullable<u64>| tokens.value().copied().unwrap_or(0);
        let lasting = usage.cache_creation.value();
        let server = usage.server_tool_use.value();
        let details = usage.output_tokens_details.value();
        let or_none = |count: Option<Option<u64>>| count.flatten().unwrap_or(0);
        Usage {
            input: count(&usage.input_tokens),
            output: count(&usage.output_tokens),
            cache_creation: count(&usage.cache_creation_input_tokens),
            cache_read: count(&usage.cache_read_input_tokens),
            cache_5m: or_none(lasting.map(|cache| cache.ephemeral_5m_input_tokens)),
            cache_1h: or_none(lasting.map(|cache| cache.ephemeral_1h_input_tokens)),
            thinking: or_none(details.map(|details| details.thinking_tokens)),
            searches: or_none(server.map(|server| server.web_search_requests)),
            fetches: or_none(server.map(|server| server.web_fetch_requests)),
            tier: TIERS
                .into_iter()
                .find(|tier| usage.service_tier.as_deref() == Some(tier)),
        }
    }

    /// What is left without another.
    pub(crate) fn less(self, other: Usage) -> Usage {
        self.with(other, u64::saturating_sub)
    }

    /// Each count together with the same of another.
    fn with(self, other: Usage, both: impl Fn(u64, u64) -> u64) -> Usage {
        Usage {
            input: both(self.input, other.input),
            output: both(self.output, other.output),
            cache_creation: both(self.cache_creation, other.cache_creation),
            cache_read: both(self.cache_read, other.cache_read),
            cache_5m: both(self.cache_5m, other.cache_5m),
            cache_1h: both(self.cache_1h, other.cache_1h),
            thinking: both(self.thinking, other.thinking),
            searches: both(self.searches, other.searches),
            fetches: both(self.fetches, other.fetches),
            tier: other.tier,
        }
    }

    /// What an answer has used when it begins.
    pub(crate) fn at_start(start: &api::MessageStart) -> Usage {
        let usage = start
            .message
            .as_ref()
            .and_then(|message| message.usage.as_ref());
        usage.map_or(Usage::ZERO, Usage::of)
    }

    /// What it has written at its end, where that is said.
    pub(crate) fn output_at_end(end: &api::MessageDelta) -> Option<u64> {
        end.usage.as_ref()?.output_tokens.value().copied()
    }

    /// As the API gives it.
    pub(crate) fn api(self) -> api::Usage {
        api::Usage {
            input_tokens: Nullable::Of(self.input),
            output_tokens: Nullable::Of(self.output),
            cache_creation_input_tokens: Nullable::Of(self.cache_creation),
            cache_read_input_tokens: Nullable::Of(self.cache_read),
            ..api::Usage::default()
        }
    }

    /// The same as a value.
    pub(crate) fn json(self) -> Value {
        self.api().write()
    }

    /// Adds the counts to a template's values.
    pub(crate) fn vars(self, vars: Vars) -> Vars {
        vars.with("input_tokens", self.input)
            .with("output_tokens", self.output)
            .with("cache_creation_input_tokens", self.cache_creation)
            .with("cache_read_input_tokens", self.cache_read)
            .with("ephemeral_five_minutes", self.cache_5m)
            .with("ephemeral_hour", self.cache_1h)
            .with("thinking_tokens", self.thinking)
            .with("web_searches", self.searches)
            .with("web_fetches", self.fetches)
            .with("service_tier", self.tier.unwrap_or("standard"))
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Usage) {
        *self = self.with(other, std::ops::Add::add);
    }
}

/// The text of a message: its content, or the text blocks of it, one a line.
pub(crate) fn text_of(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(blocks)) => {
            let texts: Vec<&str> = blocks
                .iter()
                .filter_map(|b| b.get("text").and_then(Value::as_str))
                .collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

/// Compiles an entry's actions to turns: a run of `use` blocks ends a turn, what follows is the next one's.
/// None where the model's last turn says nothing and nothing ends the process: a model always answers.
pub(crate) fn compile(actions: &[Action]) -> Option<Vec<ModelTurn>> {
    let mut turns = Vec::new();
    let mut parts: Vec<Part> = Vec::new();
    for action in actions {
        if let Action::Fault(fault @ (PointFault::AuthError | PointFault::Overload(_))) = action {
            if parts.last().is_some_and(is_tool) {
                turns.push(finished(std::mem::take(&mut parts)));
            }
            turns.extend(failures(fault));
            if *fault == PointFault::AuthError {
                // Nothing after it is reached.
                return Some(turns);
            }
            continue;
        }
        let part = match action {
            Action::Say(text) => Part::Block(Block::Text(text.clone())),
            Action::Think(text) => Part::Block(Block::Thinking(text.clone())),
            Action::Use(tool) => Part::Block(Block::Tool {
                name: tool.tool.clone(),
                input: if tool.input.is_null() {
                    json!({})
                } else {
                    tool.input.clone()
                },
                result: tool.result.clone(),
                error: tool.error,
            }),
            Action::Wait(ms) => Part::Pause(Pause::Wait(*ms)),
            Action::Hang => Part::Pause(Pause::Hang),
            Action::Gate(name) => Part::Pause(Pause::Gate(name.clone())),
            Action::Exit(code) => Part::Pause(Pause::Exit(*code)),
            Action::LongResult(bytes) => Part::Block(Block::Tool {
                name: "Read".to_owned(),
                input: json!({"file_path": "/long"}),
                result: Some(long_text(*bytes as usize)),
                error: false,
            }),
            Action::LongText(bytes) => Part::Block(Block::Text(long_text(*bytes as usize))),
            Action::Fault(fault) => Part::Pause(Pause::Fault(fault.clone())),
        };
        if parts.last().is_some_and(is_tool) && !is_tool(&part) {
            turns.push(finished(std::mem::take(&mut parts)));
        }
        parts.push(part);
    }
    let answers = parts.iter().any(|part| {
        matches!(
            part,
            Part::Block(Block::Text(_) | Block::Thinking(_))
                | Part::Pause(
                    Pause::Hang
                        | Pause::Exit(_)
                        | Pause::Fault(PointFault::Signal(_) | PointFault::Silence(None))
                )
        )
    });
    let answers = answers && !parts.last().is_some_and(is_tool);
    turns.push(finished(parts));
    answers.then_some(turns)
}

/// Lines of a screen's width: what a client shows of a big file.
fn long_text(bytes: usize) -> String {
    const LINE: &str =
        "0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 01234567890123\n";
    let mut text = LINE.repeat(bytes / LINE.len() + 1);
    text.truncate(bytes);
    text
}

fn is_tool(part: &Part) -> bool {
    matches!(part, Part::Block(Block::Tool { .. }))
}

fn finished(parts: Vec<Part>) -> ModelTurn {
    let stop_reason = if parts.iter().any(is_tool) {
        "tool_use"
    } else {
        "end_turn"
    };
    ModelTurn {
        parts,
        stop_reason,
        ..ModelTurn::default()
    }
}

/// Requests that the API does not answer.
fn failures(fault: &PointFault) -> Vec<ModelTurn> {
    let PointFault::Overload(times) = fault else {
        return vec![ModelTurn {
            refused: true,
            ..ModelTurn::default()
        }];
    };
    let body =
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let turn = ModelTurn {
        error: Some(ApiError {
            status: 529,
            body,
            headers: serde_json::Map::new(),
        }),
        ..ModelTurn::default()
    };
    vec![turn; *times as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(actions: &str) -> Option<Vec<(usize, &'static str)>> {
        let actions: Vec<Action> = serde_json::from_str(actions).unwrap();
        Some(
            compile(&actions)?
                .iter()
                .map(|t| (t.parts.len(), t.stop_reason))
                .collect(),
        )
    }

    #[test]
    fn a_run_of_tools_ends_a_turn() {
        let tool = r#"{"use":{"tool":"Bash","result":"x"}}"#;
        let script =
            format!(r#"[{{"think":"t"}},{{"say":"a"}},{tool},{tool},{{"wait":5}},{{"say":"b"}}]"#);
        assert_eq!(turns(&script), Some(vec![(4, "tool_use"), (2, "end_turn")]));
    }

    #[test]
    fn a_model_that_says_nothing_in_the_end_is_a_mistake() {
        assert_eq!(turns("[]"), None);
        assert_eq!(turns(r#"[{"use":{"tool":"Bash","result":"x"}}]"#), None);
        assert_eq!(turns(r#"[{"wait":5}]"#), None);
        assert_eq!(turns(r#"["hang"]"#), Some(vec![(1, "end_turn")]));
        assert_eq!(
            turns(r#"[{"use":{"tool":"Bash","result":"x"}},{"exit":3}]"#)
                .unwrap()
                .len(),
            2
        );
    }
}
