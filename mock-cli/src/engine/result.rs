//! Results: the last line of a turn.

use super::hooks::Blocked;
use super::turn::Turn;
use super::{Engine, Prompt, millis};
use crate::process::Quit;
use crate::profile::{NumTurns, UsageScope};
use crate::protocol::TextOr;
use crate::template::{Vars, render};
use crate::time;
use serde_json::{Value, json};

impl Engine {
    /// A turn that went to its end.
    pub(super) fn success_result(&mut self, turn: &Turn) -> Result<(), Quit> {
        let first = turn.first_token.map(millis);
        let echo = !turn.uuids.is_empty();
        let first_usage = turn.first_usage.filter(|_| echo);
        let vars = self
            .ended(turn)
            .maybe("ttft_ms", turn.first_answer.map(millis))
            .maybe("ttft_stream_ms", first)
            .maybe("first_frame_ms", turn.first_frame.map(millis))
            .maybe("time_to_request_ms", first.map(|_| 1))
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

    /// A turn that a hook has ended.
    pub(super) fn stopped_result(&mut self, turn: &Turn) -> Result<(), Quit> {
        let first = turn.first_token.map(millis);
        let vars = self
            .ended(turn)
            .maybe("ttft_ms", turn.first_answer.map(millis))
            .maybe("ttft_stream_ms", first)
            .maybe("first_frame_ms", turn.first_frame.map(millis))
            .maybe("time_to_request_ms", first.map(|_| 1))
            .with("terminal_reason", "hook_stopped");
        self.result("result_success", &vars)
    }

    /// A prompt that a hook keeps from the model.
    pub(super) fn blocked_result(
        &mut self,
        turn: &mut Turn,
        blocked: &Blocked,
    ) -> Result<(), Quit> {
        let vars = self
            .vars()
            .with("outcome", blocked.outcome.clone())
            .with("content", blocked.text.as_str());
        self.emit("prompt_blocked", &vars)?;
        let kept = blocked.outcome["prompt_kept"] == true;
        let ending = json!({
            "ending": {"kind": blocked.outcome["kind"], "reason": blocked.reason},
            "promptKept": kept,
        });
        let vars = vars.with("prevent", true).with("ending", ending);
        self.keep_shown("informational", "prompt_blocked", &vars);
        self.save();
        let quiet = self.setup.profile.message("result_no_query").is_null();
        let (name, text) = if quiet {
            ("result_success", "")
        } else {
            ("result_no_query", blocked.text.as_str())
        };
        // The prompt is a message of this turn alone; where it is kept, so is why.
        self.conversation.passing_lines += 1 + usize::from(kept && quiet);
        let vars = self.ended(turn).with("result", text);
        let vars = match (self.setup.profile.behaviour.num_turns, kept) {
            (NumTurns::Requests, false) => vars.with("num_turns", 0),
            (NumTurns::Requests, true) if !quiet => vars.with("num_turns", 0),
            _ => vars,
        };
        self.result(name, &vars)
    }

    /// Whether a prompt is nothing but blanks, where the version keeps such from the model. (2.1.330; one of no length is
    /// asked, and so are blanks in a block.)
    pub(super) fn is_blank(&self, prompts: &[Prompt]) -> bool {
        let blank = |prompt: &Prompt| match &prompt.message.content {
            Some(TextOr::Text(text)) => !text.is_empty() && text.trim().is_empty(),
            _ => false,
        };
        let told = !self.setup.profile.message("prompt_blank").is_null();
        told && matches!(prompts, [one] if blank(one))
    }

    /// A prompt that is nothing but blanks.
    pub(super) fn blank_result(&mut self, turn: &mut Turn) -> Result<(), Quit> {
        let text = self.setup.profile.text("blank_prompt");
        let vars = self.vars().with("content", text);
        self.emit("prompt_blank", &vars)?;
        self.keep_shown("informational", "prompt_blank", &vars);
        self.save();
        let vars = self.ended(turn).with("result", text).with("num_turns", 0);
        self.result("result_no_query", &vars)
    }

    /// A turn that was stopped before its prompt was checked.
    pub(super) fn unchecked_result(&mut self, turn: &mut Turn) -> Result<(), Quit> {
        self.note_interruption("[Request interrupted by user]")?;
        if self.setup.profile.message("result_unchecked").is_null() {
            turn.user_lines += 1;
            return self.interrupted_result(turn, false);
        }
        let vars = self.ended(turn).with("is_error", true);
        self.result("result_unchecked", &vars)
    }

    /// The values of a result that answers; callers change what is special.
    pub(super) fn ended(&mut self, turn: &Turn) -> Vars {
        let num_turns = match self.setup.profile.behaviour.num_turns {
            NumTurns::Requests => i64::try_from(turn.user_lines).unwrap_or(0) + 1,
            // Echoes of earlier turns have become messages too.
            NumTurns::Conversation => self.conversation_turns(),
        };
        if self.setup.options.replay {
            self.queue.replays += 1;
        }
        self.result_vars(turn)
            .with("num_turns", num_turns)
            .with("is_error", false)
            .with("api_error_status", Value::Null)
            .with("result", turn.text.as_str())
            .with("terminal_reason", turn.terminal.unwrap_or("completed"))
    }

    /// All messages but the first; none at all count less than nothing.
    fn conversation_turns(&self) -> i64 {
        let messages =
            self.conversation.lines + self.conversation.passing_lines + self.queue.replays;
        i64::try_from(messages).unwrap_or(0) - 1
    }

    /// A turn that was interrupted: while the model answered, or while a tool ran.
    pub(super) fn interrupted_result(&mut self, turn: &Turn, tools: bool) -> Result<(), Quit> {
        let stop = turn.stop_reason.clone().filter(|_| tools);
        let diagnostic = format!(
            "[ede_diagnostic] result_type=user last_content_type=n/a stop_reason={}",
            stop.as_deref().unwrap_or("null")
        );
        let num_turns = match self.setup.profile.behaviour.num_turns {
            NumTurns::Requests => turn.user_lines + 1,
            NumTurns::Conversation => 0,
        };
        let errors = self
            .setup
            .profile
            .behaviour
            .error_results
            .then_some(diagnostic);
        let reason = if tools {
            "aborted_tools"
        } else {
            "aborted_streaming"
        };
        let vars = self
            .error_vars(turn, "error_during_execution", errors)
            .with("num_turns", num_turns)
            .with("stop_reason", stop)
            .with("terminal_reason", reason);
        self.result("result_error", &vars)
    }

    /// A turn that a limit ends.
    pub(super) fn limit_result(
        &mut self,
        turn: &Turn,
        subtype: &'static str,
        reason: &'static str,
        text: String,
        num_turns: u64,
    ) -> Result<(), Quit> {
        let errors = self.setup.profile.behaviour.error_results.then_some(text);
        let vars = self
            .error_vars(turn, subtype, errors)
            .with("num_turns", num_turns)
            .maybe("terminal_reason", self.told_end(reason));
        self.result("result_error", &vars)
    }

    /// A turn without any answer.
    pub(super) fn nothing_result(&mut self, turn: &Turn) -> Result<(), Quit> {
        let count = turn.empty_num_turns(self.setup.profile.behaviour.num_turns);
        let (subtype, reason) = ("error_during_execution", "completed");
        self.limit_result(turn, subtype, reason, String::new(), count)
    }

    /// A turn whose last block is nothing for the user.
    pub(super) fn odd_result(&mut self, turn: &Turn, last: &str) -> Result<(), Quit> {
        let diagnostic = format!(
            "[ede_diagnostic] result_type={last} stop_reason={}",
            turn.stop_reason.as_deref().unwrap_or("null")
        );
        let num_turns = match self.setup.profile.behaviour.num_turns {
            NumTurns::Requests => turn.user_lines + 1,
            NumTurns::Conversation => 0,
        };
        self.limit_result(
            turn,
            "error_during_execution",
            "completed",
            diagnostic,
            num_turns,
        )
    }

    /// A turn without the output that the schema asks for.
    pub(super) fn structured_failure(
        &mut self,
        turn: &Turn,
        text: String,
        num_turns: u64,
    ) -> Result<(), Quit> {
        let vars = self
            .error_vars(turn, "error_max_structured_output_retries", Some(text))
            .with("num_turns", num_turns)
            .maybe(
                "terminal_reason",
                self.told_end("structured_output_retry_exhausted"),
            );
        let name = if self.setup.profile.message("result_structured").is_null() {
            "result_error"
        } else {
            "result_structured"
        };
        self.result(name, &vars)
    }

    /// The reason of a turn's end, where the version tells it.
    fn told_end(&self, reason: &'static str) -> Option<&'static str> {
        let untold = &self.setup.profile.behaviour.untold_ends;
        (!untold.iter().any(|one| one == reason)).then_some(reason)
    }

    fn error_vars(&mut self, turn: &Turn, subtype: &'static str, error: Option<String>) -> Vars {
        let is_error = self.setup.profile.behaviour.error_results;
        let errors: Vec<String> = error.into_iter().collect();
        self.result_vars(turn)
            .with("subtype", subtype)
            .with("is_error", is_error)
            .with("errors", errors)
    }

    /// A prompt that only becomes history.
    pub(super) fn no_query_result(&mut self, turn: &Turn) -> Result<(), Quit> {
        let vars = self.result_vars(turn).with("result", "");
        self.result("result_no_query", &vars)
    }

    fn result_vars(&mut self, turn: &Turn) -> Vars {
        let profile = self.setup.profile;
        let usage = match profile.behaviour.usage {
            UsageScope::LastRequest => turn.last_usage,
            UsageScope::Turn => turn.usage,
        };
        let zero = profile.zero_usage();
        let usage = if turn.billed || zero.is_null() {
            render(&profile.message("usage"), &usage.vars(Vars::new()))
        } else {
            zero.clone()
        };
        let partial = self.setup.options.partial && turn.requests > 0;
        let reported = std::mem::take(&mut self.model.unreported);
        // A single result is all that there is.
        let options = &self.setup.options;
        let since =
            (options.output != crate::argv::Output::Json).then(|| reported.model_usage(profile));
        let unclassified = turn.synthetic.then(|| json!({"kind": "unclassified"}));
        let vars = self
            .vars()
            .with("duration_ms", millis(turn.begun.elapsed()))
            .with("duration_api_ms", millis(self.model.api_time))
            .with("total_cost_usd", self.model.costs.total())
            .with("usage", usage)
            .with("permission_denials", self.permissions.denials.clone())
            .maybe("origin", self.background.origin.clone().or(unclassified))
            .maybe("structured_output", self.tools.output.given().cloned())
            .with("stop_reason", turn.stop_reason.clone())
            .maybe("begun_message_ids", partial.then(|| turn.messages.clone()))
            .with("zero_usage", zero)
            .with("model_usage", self.model.costs.model_usage(profile))
            .maybe("model_usage_since", since)
            .with("safety_stops", self.progress.refused)
            .with("result_index", self.progress.results);
        turn.uuid_vars(vars, profile.behaviour.user_uuid_echo)
    }

    pub(super) fn result(&mut self, name: &str, vars: &Vars) -> Result<(), Quit> {
        self.progress.results += 1;
        let message = render(&self.setup.profile.message(name), vars);
        self.result_with_agents(message)
    }

    /// The lines of an interruption: what the conversation keeps of it.
    pub(super) fn note_interruption(&mut self, text: &str) -> Result<(), Quit> {
        let message = json!({
            "role": "user",
            "content": [{"type": "text", "text": text}],
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
        self.conversation.lines += 1;
        self.save();
        Ok(())
    }
}
