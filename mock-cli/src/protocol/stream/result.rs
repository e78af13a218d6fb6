//! The end of a turn.

use crate::protocol::api::{ModelUsage, StopReason, Usage};
use crate::protocol::plain::Named;
use crate::protocol::wire::{Nullable, Object, wire, words};
use serde_json::{Number, Value};

words! {
    /// How a turn ended.
    pub enum Subtype {
        /// The model has answered; `is_error` tells whether with an error.
        Success = "success",
        /// It broke off.
        ErrorDuringExecution = "error_during_execution",
        /// The limit of rounds.
        ErrorMaxTurns = "error_max_turns",
        /// The limit of cost.
        ErrorMaxBudget = "error_max_budget_usd",
        /// No structured output that fits its schema.
        ErrorMaxStructuredOutputRetries = "error_max_structured_output_retries",
    }
}

wire! {
    /// The end of a turn.
    pub struct TurnResult: "type" = "result" {
        /// How it ended.
        subtype: Option<Subtype>,
        /// Whether it failed, which is what the exit code tells.
        is_error: Option<bool>,
        /// The status of the API's last answer, if that was an error.
        api_error_status: Nullable<u64>,
        /// The kind of the API's error.
        api_error_type: Option<String>,
        /// Which limit it was.
        api_error: Option<String>,
        /// How long it took.
        duration_ms: Option<u64>,
        /// How long the API took.
        duration_api_ms: Option<u64>,
        /// How long the first answer took to begin.
        ttft_ms: Option<u64>,
        /// The same, of the stream.
        ttft_stream_ms: Option<u64>,
        /// How long it took to ask.
        time_to_request_ms: Option<u64>,
        /// How many rounds there were, as the version counts.
        num_turns: Option<i64>,
        /// The answer.
        result: Option<String>,
        /// Why the model stopped.
        stop_reason: Nullable<StopReason>,
        /// The session.
        session_id: Option<String>,
        /// What the process, or the session, has cost so far.
        total_cost_usd: Option<Number>,
        /// What the turn has used.
        usage: Option<Usage>,
        /// The same by model, so far.
        model_usage as "modelUsage": Option<Named<ModelUsage>>,
        /// Calls that were not allowed.
        permission_denials: Option<Vec<Denial>>,
        /// The answer by the given schema.
        structured_output: Option<Value>,
        /// Why the turn ended.
        terminal_reason: Option<String>,
        /// The fast mode.
        fast_mode_state: Option<String>,
        /// Why there is no fast mode.
        fast_mode_disabled_reason: Option<String>,
        /// The subagents.
        subagent_stats: Option<SubagentStats>,
        /// How often safety stopped the model.
        safety_stops: Option<u64>,
        /// The line's id.
        uuid: Option<String>,
        /// What went wrong.
        errors: Option<Vec<String>>,
        /// When the first content was shown.
        first_content_frame_ms: Option<u64>,
        /// Prompts that wait.
        queued_turn_count: Option<u64>,
        /// The number of this result.
        result_index: Option<u64>,
        /// The use by model since the last result.
        model_usage_since_last_result: Option<Named<ModelUsage>>,
        /// What began the turn, if no prompt did.
        origin: Option<Object>,
        /// Why there was no start.
        startup_failure_reason: Option<String>,
        /// The configuration that cannot be read.
        invalid_config_file: Option<InvalidConfig>,
        /// Messages that were begun.
        begun_message_ids: Option<Vec<String>>,
        /// The prompt that was answered.
        user_message_uuid: Option<String>,
        /// The prompts that were answered.
        user_message_uuids: Option<Vec<String>>,
        /// When the API was asked.
        request_sent_wall_ms: Option<u64>,
        /// What the first request read outside the cache.
        first_request_input_tokens: Option<u64>,
        /// What it took from the cache.
        first_request_cache_read_input_tokens: Option<u64>,
        /// The local command that it ends.
        local_command: Option<String>,
    }

    /// What a result comes to, for whoever wants no more; all else stands in the rest.
    pub struct Verdict {
        /// How it ended.
        subtype: Option<Subtype>,
        /// Whether it failed.
        is_error: Option<bool>,
        /// The answer.
        result: Option<String>,
    }

    /// What became of subagents.
    pub struct SubagentStats {
        /// How many were started.
        spawned: Option<u64>,
        /// How they were asked for.
        requested: Option<Object>,
        /// How many of them in the background.
        started_in_background: Option<u64>,
        /// How deep they were.
        max_depth: Option<u64>,
        /// How many subagents have started.
        spawned_by_subagents: Option<u64>,
        /// How many have come to their end.
        completed: Option<u64>,
        /// How many have failed.
        failed: Option<u64>,
        /// How many were ended, by whom.
        killed: Option<Object>,
        /// How many were refused, and why.
        refused: Option<Object>,
        /// How many of each kind.
        by_type: Option<Object>,
    }

    /// A call that was not allowed.
    pub struct Denial {
        /// The tool.
        tool_name: Option<String>,
        /// The call.
        tool_use_id: Option<String>,
        /// Its input.
        tool_input: Option<Value>,
    }

    /// A configuration that cannot be read.
    pub struct InvalidConfig {
        /// The file.
        path: Option<String>,
        /// Whether it is the user's.
        is_global: Option<bool>,
        /// Whether a backup was looked for.
        backup_searched: Option<bool>,
    }
}
