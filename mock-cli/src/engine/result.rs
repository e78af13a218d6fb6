//! Results: the last line of a turn.

use super::turn::Turn;
use super::{Engine, Halt, millis};
use crate::process::Quit;
use crate::profile::{NumTurns, UsageScope};
use crate::template::{Vars, render};
use crate::time;
use crate::turn::Usage;
use serde_json::{Value, json};

impl Engine {
    /// A turn that went to its end.
    pub(super) fn success_result(&mut self, turn: &Turn) -> Result<(), Quit> {
        let num_turns = match self.setup.profile.behaviour.num_turns {
            NumTurns::Requests => turn.requests,
            // Echoes of earlier turns have become messages too.
            NumTurns::Conversation => {
                u64::try_from(self.lines.saturating_sub(1) + self.replays).unwrap_or(0)
            }
        };
        if self.setup.options.replay {
            self.replays += 1;
        }
        let usage = match self.setup.profile.behaviour.usage {
            UsageScope::LastRequest => turn.last_usage,
            UsageScope::Turn => turn.usage,
        };
        let first = turn.first_token.map(millis);
        let echo = !turn.uuids.is_empty();
        let first_usage = turn.first_usage.filter(|_| echo);
        let partial = self.setup.options.partial;
        let vars = self
            .result_vars(turn, usage)
            .with("num_turns", num_turns)
            .with("result", turn.text.as_str())
            .with("stop_reason", turn.stop_reason)
            .with("terminal_reason", "completed")
            .maybe("ttft_ms", first)
            .maybe("time_to_request_ms", first.map(|_| 1))
            .maybe("begun_message_ids", partial.then(|| turn.messages.clone()))
            .maybe("request_sent_wall_ms", echo.then_some(turn.begun_ms))
            .maybe(
                "first_request_input_tokens",
                first_usage.map(|u| u.input + u.cache_creation + u.cache_read),
            )
            .maybe(
                "first_request_cache_read_input_tokens",
                first_usage.map(|u| u.cache_read),
            );
        self.result("result_success", &vars)
    }

    /// A turn that was interrupted while the model answered.
    pub(super) fn interrupted_result(&mut self, turn: &Turn) -> Result<(), Quit> {
        let partial = self.setup.options.partial && !turn.messages.is_empty();
        let vars = self
            .result_vars(turn, turn.last_usage)
            .with("num_turns", turn.requests + 1)
            .with("stop_reason", Value::Null)
            .with("stop_reason_text", "null")
            .with("terminal_reason", "aborted_streaming")
            .maybe("begun_message_ids", partial.then(|| turn.messages.clone()));
        self.result("result_interrupted", &vars)
    }

    /// A prompt that only becomes history.
    pub(super) fn no_query_result(&mut self, turn: &Turn) -> Result<(), Quit> {
        let vars = self.result_vars(turn, Usage::ZERO);
        self.result("result_no_query", &vars)
    }

    fn result_vars(&mut self, turn: &Turn, usage: Usage) -> Vars {
        let profile = self.setup.profile;
        let reported = std::mem::take(&mut self.unreported);
        // A run that ends by a signal has no client left that keeps books.
        let since = (self.halt != Some(Halt::Signal)
            || self.setup.options.output == crate::argv::Output::StreamJson)
            .then(|| reported.model_usage(profile));
        let vars = self
            .vars()
            .with("duration_ms", millis(turn.begun.elapsed()))
            .with("duration_api_ms", millis(self.api_time))
            .with("total_cost_usd", self.costs.total())
            .with(
                "usage",
                render(profile.message("usage"), &usage.vars(Vars::new())),
            )
            .with("zero_usage", profile.message("zero_usage").clone())
            .with("model_usage", self.costs.model_usage(profile))
            .maybe("model_usage_since", since)
            .with("result_index", self.results);
        turn.uuid_vars(vars, profile.behaviour.user_uuid_echo)
    }

    fn result(&mut self, name: &str, vars: &Vars) -> Result<(), Quit> {
        self.results += 1;
        self.emit(name, vars)
    }

    /// The lines of an interruption: what the conversation keeps of it.
    pub(super) fn note_interruption(&mut self) -> Result<(), Quit> {
        let message = json!({
            "role": "user",
            "content": [{"type": "text", "text": "[Request interrupted by user]"}],
        });
        let uuid = self.setup.ids.uuid();
        let vars = self
            .vars()
            .with("message", message.clone())
            .with("uuid", uuid.as_str());
        self.emit("interrupted", &vars)?;
        self.setup
            .session
            .recorder
            .interrupted(message, &uuid, time::now_ms());
        self.lines += 1;
        self.save();
        Ok(())
    }
}
