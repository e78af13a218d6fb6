//! What a transcript says of its session.

use super::chained;
use crate::protocol::stream::{CommandOutcome, CommandRun};
use crate::protocol::wire::{Nullable, Object, tagged, wire};
use serde_json::{Number, Value};

tagged! {
    /// Something about the session, by its `subtype`.
    pub enum SystemEntry by "subtype" {
        /// The API did not answer.
        "api_error" => ApiError(ApiError),
        /// What stands before it was summed up.
        "compact_boundary" => CompactBoundary(CompactBoundary),
        /// A note in the conversation.
        "informational" => Informational(Informational),
        /// A command that ran without the model.
        "local_command" => LocalCommand(LocalCommand),
        /// Another model is asked.
        "model_fallback" => ModelFallback(ModelFallback),
        /// The model refused, and no other is asked.
        "model_refusal_no_fallback" => ModelRefusal(ModelRefusal),
        /// What hooks said at the end of a turn.
        "stop_hook_summary" => StopHookSummary(StopHookSummary),
    }
}

chained! {
    /// The API did not answer.
    pub struct ApiError: "type" = "system", "subtype" = "api_error" {
        /// How important it is.
        level: Option<String>,
        /// The error.
        error: Option<ApiErrorDetails>,
        /// When it is tried again.
        retry_in_ms as "retryInMs": Option<Number>,
        /// The number of the attempt.
        retry_attempt as "retryAttempt": Option<u64>,
        /// How many there may be.
        max_retries as "maxRetries": Option<u64>,
        /// For what the API was asked.
        source: Option<String>,
    }

    /// What stands before it was summed up.
    pub struct CompactBoundary: "type" = "system", "subtype" = "compact_boundary" {
        /// A text for people.
        content: Option<String>,
        /// Whether the CLI itself says it.
        is_meta as "isMeta": Option<bool>,
        /// How important it is.
        level: Option<String>,
        /// How much there was.
        compact_metadata as "compactMetadata": Option<CompactMetadata>,
    }

    /// A note in the conversation.
    pub struct Informational: "type" = "system", "subtype" = "informational" {
        /// The note.
        content: Option<String>,
        /// Whether the CLI itself says it.
        is_meta as "isMeta": Option<bool>,
        /// How important it is.
        level: Option<String>,
        /// Whether the turn ends with it.
        prevent_continuation as "preventContinuation": Option<bool>,
        /// What became of a prompt.
        prompt_submit_ending as "promptSubmitEnding": Option<SubmitEnding>,
    }

    /// A command that ran without the model.
    pub struct LocalCommand: "type" = "system", "subtype" = "local_command" {
        /// What was typed, or printed.
        content: Option<String>,
        /// How important it is.
        level: Option<String>,
        /// Whether the CLI itself says it.
        is_meta as "isMeta": Option<bool>,
        /// The command.
        command_run as "commandRun": Option<CommandRun>,
        /// What came of it.
        command_outcome as "commandOutcome": Option<CommandOutcome>,
        /// How full the context is.
        context_usage as "contextUsage": Option<Object>,
    }

    /// Another model is asked.
    pub struct ModelFallback: "type" = "system", "subtype" = "model_fallback" {
        /// A text for people.
        content: Option<String>,
        /// How important it is.
        level: Option<String>,
        /// Why.
        trigger: Option<String>,
        /// The model that was asked.
        original_model as "originalModel": Option<String>,
        /// The one that is asked now.
        fallback_model as "fallbackModel": Option<String>,
        /// Whether the CLI itself says it.
        is_meta as "isMeta": Option<bool>,
    }

    /// The model refused, and no other is asked.
    pub struct ModelRefusal: "type" = "system", "subtype" = "model_refusal_no_fallback" {
        /// A text for people.
        content: Option<String>,
        /// How important it is.
        level: Option<String>,
        /// The model.
        original_model as "originalModel": Option<String>,
        /// The request.
        request_id as "requestId": Nullable<String>,
        /// What it refused.
        api_refusal_category as "apiRefusalCategory": Nullable<String>,
        /// Why.
        api_refusal_explanation as "apiRefusalExplanation": Nullable<String>,
        /// The prompt.
        refused_user_message_uuid as "refusedUserMessageUuid": Nullable<String>,
        /// Whether the CLI itself says it.
        is_meta as "isMeta": Option<bool>,
    }

    /// What hooks said at the end of a turn.
    pub struct StopHookSummary: "type" = "system", "subtype" = "stop_hook_summary" {
        /// How many there were.
        hook_count as "hookCount": Option<u64>,
        /// The hooks.
        hook_infos as "hookInfos": Option<Vec<HookInfo>>,
        /// What went wrong.
        hook_errors as "hookErrors": Option<Vec<String>>,
        /// Which of these were failures.
        failed_hook_error_indexes as "failedHookErrorIndexes": Option<Vec<u64>>,
        /// What the model is told.
        hook_additional_context as "hookAdditionalContext": Option<Vec<String>>,
        /// Whether nothing goes on.
        prevented_continuation as "preventedContinuation": Option<bool>,
        /// Why.
        stop_reason as "stopReason": Option<String>,
        /// Whether anything was printed.
        has_output as "hasOutput": Option<bool>,
        /// How important it is.
        level: Option<String>,
        /// What the hooks' run is known by.
        tool_use_id as "toolUseID": Option<String>,
    }
}

wire! {
    /// An answer of the API that is an error, or none.
    pub struct ApiErrorDetails {
        /// The error's text.
        message: Option<String>,
        /// The status.
        status: Option<u64>,
        /// The API's id of the request.
        request_id as "requestId": Option<String>,
        /// A text for people.
        formatted: Option<String>,
        /// What happened to the connection.
        connection: Nullable<Connection>,
        /// Whether there is no network.
        network_down as "isNetworkDown": Option<bool>,
        /// The account's limits.
        rate_limits as "rateLimits": Nullable<Object>,
        /// How long nothing came.
        no_response as "noResponse": Nullable<Value>,
    }

    /// What happened to a connection.
    pub struct Connection {
        /// The system's error.
        code: Option<String>,
        /// A text for people.
        message: Option<String>,
        /// Whether it was about a certificate.
        ssl as "isSSLError": Option<bool>,
    }

    /// How much was summed up.
    pub struct CompactMetadata {
        /// `manual` or `auto`.
        trigger: Option<String>,
        /// How much there was.
        pre_tokens as "preTokens": Option<u64>,
        /// Whether the start is covered.
        covers_start as "preCompactOrganizationsCoverStart": Option<bool>,
        /// How long it took.
        duration_ms as "durationMs": Option<u64>,
        /// How much there is.
        post_tokens as "postTokens": Option<u64>,
        /// How much has gone in all.
        cumulative_dropped_tokens as "cumulativeDroppedTokens": Option<u64>,
    }

    /// What became of a prompt.
    pub struct SubmitEnding {
        /// What a hook made of it.
        ending: Option<Object>,
        /// Whether it is part of the conversation.
        prompt_kept as "promptKept": Option<bool>,
    }

    /// A hook that ran.
    pub struct HookInfo {
        /// Its command.
        command: Option<String>,
        /// How long it took.
        duration_ms as "durationMs": Option<u64>,
    }
}
