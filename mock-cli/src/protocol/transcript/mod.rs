//! The lines of a transcript.

pub mod attachment;
mod beside;
mod system;

pub use beside::{
    AgentName, ApiRequest, ApiRequestBlob, ApiRequestShape, AtisLatch, CostState, CustomTitle,
    FileHistorySnapshot, LastPrompt, ModeLine, QueueOperation, Summary, ToolsUsed,
};
pub use system::{
    ApiError, ApiErrorDetails, CompactBoundary, CompactMetadata, Connection, HookInfo,
    Informational, LocalCommand, ModelFallback, ModelRefusal, StopHookSummary, SubmitEnding,
    SystemEntry,
};

use super::api;
use super::wire::{Nullable, Object, tagged, wire};
use serde_json::Value;

tagged! {
    /// A line of a transcript, by its `type`.
    pub enum Entry by "type" {
        /// A prompt, or results of tools.
        "user" => User(User),
        /// A block of the model's answer.
        "assistant" => Assistant(Assistant),
        /// Something about the session; its `subtype` tells what.
        "system" => System(SystemEntry),
        /// What the model is told beside the prompt.
        "attachment" => Attachment(Attachment),
        /// A summary of another chain.
        "summary" => Summary(Summary),
        /// A prompt waits, or does not wait any more.
        "queue-operation" => QueueOperation(QueueOperation),
        /// Files as they were before a prompt.
        "file-history-snapshot" => FileHistorySnapshot(FileHistorySnapshot),
        /// The last prompt.
        "last-prompt" => LastPrompt(LastPrompt),
        /// The mode.
        "mode" => Mode(ModeLine),
        /// The session's title, as the user wants it.
        "custom-title" => CustomTitle(CustomTitle),
        /// The session's name.
        "agent-name" => AgentName(AgentName),
        /// What the session has cost.
        "cost-state" => CostState(CostState),
        /// The tools that were used.
        "tools-used" => ToolsUsed(ToolsUsed),
        /// A request to the API.
        "api-request" => ApiRequest(ApiRequest),
        /// A message that requests have.
        "api-request-blob" => ApiRequestBlob(ApiRequestBlob),
        /// What requests have in common.
        "api-request-shape" => ApiRequestShape(ApiRequestShape),
        /// What was switched on for the session.
        "atis-latch" => AtisLatch(AtisLatch),
    }
}

/// A `wire!` struct of the chain: with the fields that all its lines have around its own.
macro_rules! chained {
    ($($(#[$meta:meta])* pub struct $name:ident: $($fixed:literal = $word:literal),+ {
        $($(#[$about:meta])* $field:ident $(as $key:literal)?: $type:ty,)*
    })*) => {
        $crate::protocol::wire::wire! { $(
            $(#[$meta])*
            pub struct $name: $($fixed = $word),+ {
                /// The line before it in the chain.
                parent_uuid as "parentUuid": $crate::protocol::wire::Nullable<String>,
                /// The line before it, across a summary.
                logical_parent_uuid as "logicalParentUuid": $crate::protocol::wire::Nullable<String>,
                /// Whether it belongs to a subagent.
                sidechain as "isSidechain": Option<bool>,
                $($(#[$about])* $field $(as $key)?: $type,)*
                /// Its id, which the line on stdout has too.
                uuid: Option<String>,
                /// When it was written.
                timestamp: Option<String>,
                /// `external`.
                user_type as "userType": Option<String>,
                /// How the CLI was entered.
                entrypoint: Option<String>,
                /// The working directory.
                cwd: Option<String>,
                /// The session.
                session_id as "sessionId": Option<String>,
                /// The CLI's version.
                version: Option<String>,
                /// The branch, or what stands for none.
                git_branch as "gitBranch": Option<String>,
                /// The name of the session's plan.
                slug: Option<String>,
                /// The subagent.
                agent_id as "agentId": Option<String>,
            }
        )* }
    };
}
pub(super) use chained;

chained! {
    /// A prompt, or results of tools.
    pub struct User: "type" = "user" {
        /// The prompt that it belongs to.
        prompt_id as "promptId": Option<String>,
        /// The message.
        message: Option<api::Message>,
        /// Whether the CLI itself says it.
        is_meta as "isMeta": Option<bool>,
        /// Whether the model does not see it.
        transcript_only as "isVisibleInTranscriptOnly": Option<bool>,
        /// Whether it sums up what was before it.
        compact_summary as "isCompactSummary": Option<bool>,
        /// The mode.
        permission_mode as "permissionMode": Option<String>,
        /// Where the prompt comes from.
        prompt_source as "promptSource": Option<String>,
        /// Who began the turn.
        turn_origin as "turnOrigin": Option<String>,
        /// Which turn it is.
        turn_position as "turnPosition": Option<TurnPosition>,
        /// Whether it comes with a prompt.
        turn_companion as "turnCompanion": Option<bool>,
        /// What the turn is known by.
        turn_attribution_key as "turnAttributionKey": Option<String>,
        /// What came of a tool, as data; a text where it failed.
        tool_use_result as "toolUseResult": Option<Value>,
        /// The line with the call.
        source_tool_assistant_uuid as "sourceToolAssistantUUID": Option<String>,
        /// The call that brought it about.
        source_tool_use_id as "sourceToolUseID": Option<String>,
        /// Who decided whether the tool ran.
        permission_decision as "permissionDecision": Option<PermissionDecision>,
        /// Whether the command ran in a sandbox.
        sandboxed: Option<bool>,
        /// Why the tool did not run.
        tool_denial_kind as "toolDenialKind": Option<String>,
        /// Whether it was denied before it began.
        tool_denial_before_run as "toolDenialBeforeRun": Option<bool>,
        /// Why nobody answered.
        tool_denial_unanswered as "toolDenialUnanswered": Option<String>,
        /// Whether a person's words are in it.
        holds_persons_words as "holdsPersonsWords": Option<bool>,
        /// The tool that may have changed something.
        mcp_call_not_read_only as "mcpCallNotReadOnly": Option<String>,
        /// Whether the turn ends with it.
        tool_ends_turn as "toolEndsTurn": Option<bool>,
        /// Who wrote it.
        origin: Option<Object>,
        /// Whether it came without attachments.
        queue_skip_attachments as "queueSkipAttachments": Option<bool>,
        /// Whether the model does not get it.
        queue_transcript_only as "queueTranscriptOnly": Option<bool>,
        /// The message that was refused.
        refused_message_id as "refusedMessageId": Option<String>,
    }

    /// A block of the model's answer.
    pub struct Assistant: "type" = "assistant" {
        /// The message, with this block alone.
        message: Option<api::Message>,
        /// The API's id of the request.
        request_id as "requestId": Option<String>,
        /// The request, as the transcript knows it.
        request_ref as "requestRef": Option<String>,
        /// The session that made the request.
        request_session_id as "requestSessionId": Option<String>,
        /// The model that was asked for.
        requested_model as "requestedModel": Option<String>,
        /// The number of the block in its message.
        api_block_index as "apiBlockIndex": Option<u64>,
        /// Who asked.
        made_by as "madeBy": Option<String>,
        /// Whether the cache was asked for.
        prompt_cache_requested as "promptCacheRequested": Option<String>,
        /// The effort.
        effort: Option<String>,
        /// The effort of this turn.
        per_turn_effort as "perTurnEffort": Nullable<String>,
        /// How long the model thought.
        thinking_duration_ms as "thinkingDurationMs": Option<u64>,
        /// How thinking is shown.
        thinking_display as "thinkingDisplay": Option<String>,
        /// How long a tool's input took to come.
        tool_input_stream_ms as "toolInputStreamMs": Option<u64>,
        /// Whether the text is an error.
        is_api_error_message as "isApiErrorMessage": Option<bool>,
        /// What went wrong.
        error: Option<String>,
        /// More on the error.
        error_details as "errorDetails": Option<String>,
        /// The status of the API's answer.
        api_error_status as "apiErrorStatus": Nullable<u64>,
        /// The kind of the API's error.
        api_error_type as "apiErrorType": Option<String>,
        /// Which limit it was.
        api_error as "apiError": Option<String>,
        /// Whether nothing was called in the answer that failed.
        failed_response_had_no_tool_call as "failedResponseHadNoToolCall": Option<bool>,
        /// The CLI's `healsDistinctCarrier`: seen as `true` or absent; what it stands for was not found out.
        heals_distinct_carrier as "healsDistinctCarrier": Option<bool>,
        /// Whether the stream broke off behind a block.
        truncated_after_output as "truncatedAfterOutput": Option<bool>,
        /// Why the stream broke off.
        stream_cut_cause as "streamCutCause": Option<String>,
        /// The error with which it did.
        stream_cut_error as "streamCutError": Option<Object>,
        /// Whether the user stopped it.
        aborted as "isAbortedMidStream": Option<bool>,
        /// The MCP server whose result it answers.
        attribution_mcp_server as "attributionMcpServer": Option<String>,
        /// The tool whose result it answers.
        attribution_mcp_tool as "attributionMcpTool": Option<String>,
        /// The command that it carries out.
        attribution_skill as "attributionSkill": Option<String>,
        /// The agent that speaks.
        attribution_agent as "attributionAgent": Option<String>,
        /// The classifier's request.
        server_classifier_request as "serverClassifierRequest": Option<String>,
        /// The message that was refused.
        refused_message_id as "refusedMessageId": Option<String>,
        /// The model that refused.
        refusing_model as "refusingModel": Option<String>,
    }

    /// What the model is told beside the prompt.
    pub struct Attachment: "type" = "attachment" {
        /// What it is; its `type` tells the kind.
        attachment: Option<attachment::Attached>,
        /// As the model gets it.
        rendered: Option<Value>,
        /// In whose name.
        rendered_role as "renderedRole": Option<String>,
        /// In the turn of the user.
        rendered_in_human_turn as "renderedInHumanTurn": Option<Value>,
        /// Beside a tool's result.
        rendered_beside_tool_result as "renderedBesideToolResult": Option<bool>,
    }
}

wire! {
    /// A line of any kind, for whoever follows the chain; what else it has stands in the rest.
    pub struct Line {
        /// The kind.
        kind as "type": Option<String>,
        /// Its id.
        uuid: Option<String>,
        /// The line before it in the chain.
        parent_uuid as "parentUuid": Nullable<String>,
        /// The last line of the chain that it sums up.
        leaf_uuid as "leafUuid": Option<String>,
        /// The session.
        session_id as "sessionId": Option<String>,
        /// When it was written.
        timestamp: Option<String>,
        /// The prompt that it belongs to.
        prompt_id as "promptId": Option<String>,
        /// Which turn it belongs to.
        turn_position as "turnPosition": Option<TurnPosition>,
        /// The message.
        message: Option<api::Message>,
        /// The API's id of the request.
        request_id as "requestId": Option<String>,
        /// The session that made the request.
        request_session_id as "requestSessionId": Option<String>,
        /// What came of a tool.
        tool_use_result as "toolUseResult": Option<Value>,
        /// What the model was told beside the prompt.
        attachment: Option<Value>,
    }

    /// Which turn a line belongs to.
    pub struct TurnPosition {
        /// The prompt in the turn.
        prompt_index as "promptIndex": Option<u64>,
        /// The turn.
        turn_index as "turnIndex": Option<u64>,
    }

    /// Who decided whether a tool ran.
    pub struct PermissionDecision {
        /// `accept` or `reject`.
        decision: Option<String>,
        /// Who decided.
        source: Option<String>,
        /// Why, by kind.
        reason_type as "reasonType": Option<String>,
        /// Why, by code.
        reason_code as "reasonCode": Option<String>,
        /// Where the rule is from.
        rule_source as "ruleSource": Option<String>,
        /// For how long.
        grant_scope as "grantScope": Option<String>,
    }
}
