//! What the CLI says of the session.

use super::task::{BackgroundTasks, TaskNotification, TaskProgress, TaskStarted, TaskUpdated};
use crate::protocol::rules::Mode;
use crate::protocol::wire::{Nullable, Object, tagged, wire};
use serde_json::{Number, Value};

tagged! {
    /// Something about the session, by its `subtype`.
    pub enum System by "subtype" {
        /// A turn begins.
        "init" => Init(Init),
        /// What the CLI does, or the mode it is in.
        "status" => Status(Status),
        /// A request to the API is made once more.
        "api_retry" => ApiRetry(ApiRetry),
        /// The model has thought.
        "thinking_tokens" => ThinkingTokens(ThinkingTokens),
        /// A call was not allowed, and nobody was asked.
        "permission_denied" => PermissionDenied(PermissionDenied),
        /// A hook runs.
        "hook_started" => HookStarted(HookStarted),
        /// A hook has printed something.
        "hook_progress" => HookProgress(HookProgress),
        /// A hook has ended.
        "hook_response" => HookResponse(HookResponse),
        /// A note in the conversation.
        "informational" => Informational(Informational),
        /// A note beside it.
        "notification" => Notification(Notification),
        /// Another model is asked.
        "model_fallback" => ModelFallback(ModelFallback),
        /// The model refused, and no other is asked.
        "model_refusal_no_fallback" => ModelRefusal(ModelRefusal),
        /// What stands before it was summed up.
        "compact_boundary" => CompactBoundary(CompactBoundary),
        /// A task begins.
        "task_started" => TaskStarted(TaskStarted),
        /// A task goes on.
        "task_progress" => TaskProgress(TaskProgress),
        /// A task has changed.
        "task_updated" => TaskUpdated(TaskUpdated),
        /// A task has ended.
        "task_notification" => TaskNotification(TaskNotification),
        /// The tasks in the background.
        "background_tasks_changed" => BackgroundTasks(BackgroundTasks),
        /// Whether the session works, or waits.
        "session_state_changed" => StateChanged(StateChanged),
        /// The session has another title.
        "session_title_changed" => TitleChanged(TitleChanged),
        /// A control request takes its time.
        "control_request_progress" => RequestProgress(RequestProgress),
        /// What a local command printed.
        "local_command_output" => LocalCommandOutput(LocalCommandOutput),
    }
}

wire! {
    /// The start of a turn.
    pub struct Init: "type" = "system", "subtype" = "init" {
        /// The working directory.
        cwd: Option<String>,
        /// The session.
        session_id: Option<String>,
        /// The tools.
        tools: Option<Vec<String>>,
        /// The MCP servers.
        mcp_servers: Option<Vec<McpServer>>,
        /// The model.
        model: Option<String>,
        /// How far tools may go.
        permission_mode as "permissionMode": Option<Mode>,
        /// The commands.
        slash_commands: Option<Vec<String>>,
        /// Commands that need a terminal.
        terminal_slash_commands: Option<Vec<String>>,
        /// Where the login comes from.
        api_key_source as "apiKeySource": Option<String>,
        /// The version.
        claude_code_version: Option<String>,
        /// How answers are written.
        output_style: Option<String>,
        /// The kinds of subagents.
        agents: Option<Vec<String>>,
        /// The skills.
        skills: Option<Vec<String>>,
        /// The plugins.
        plugins: Option<Vec<Plugin>>,
        /// What the protocol can do.
        capabilities: Option<Vec<String>>,
        /// Whether nothing is measured.
        analytics_disabled: Option<bool>,
        /// Whether nobody is asked for feedback.
        product_feedback_disabled: Option<bool>,
        /// Whether the API is the maker's own.
        served_by_anthropic: Option<bool>,
        /// The line's id.
        uuid: Option<String>,
        /// Where memories are kept.
        memory_paths: Option<Object>,
        /// The directory that it was started in.
        original_cwd: Option<String>,
        /// Further working directories.
        additional_directories: Option<Vec<String>>,
        /// Where other sessions can reach it.
        messaging_socket_path: Option<String>,
        /// The fast mode.
        fast_mode_state: Option<String>,
        /// Why there is no fast mode.
        fast_mode_disabled_reason: Option<String>,
        /// Whether the effort can be set by turn.
        per_turn_effort_active: Option<bool>,
        /// Whether a word asks for more thinking.
        ultrathink_available: Option<bool>,
        /// Whether typing it does.
        ultrathink_typed_raises: Option<bool>,
        /// How it is shown.
        view_mode: Option<String>,
        /// The prompts of the turn.
        user_message_uuids: Option<Vec<String>>,
        /// What is wrong with servers.
        mcp_server_errors: Option<Vec<ServerError>>,
    }

    /// What `init` lists, for whoever wants no more; all else stands in the rest.
    pub struct InitLists {
        /// The commands.
        slash_commands: Option<Vec<String>>,
    }

    /// An MCP server.
    pub struct McpServer {
        /// Its name.
        name: Option<String>,
        /// Whether it is connected.
        status: Option<String>,
        /// Who configured it.
        source: Option<String>,
    }

    /// What is wrong with a server.
    pub struct ServerError {
        /// The server.
        name: Option<String>,
        /// The kind of fault.
        kind as "type": Option<String>,
        /// A text for people.
        message: Option<String>,
    }

    /// A plugin.
    pub struct Plugin {
        /// Its name.
        name: Option<String>,
        /// Where it lies.
        path: Option<String>,
        /// Where it comes from.
        source: Option<String>,
    }

    /// What the CLI does, or the mode it is in.
    pub struct Status: "type" = "system", "subtype" = "status" {
        /// What it does; null when it is done.
        status: Nullable<String>,
        /// The mode.
        permission_mode as "permissionMode": Option<Mode>,
        /// What came of summing up.
        compact_result: Option<String>,
        /// Why it failed.
        compact_error: Option<String>,
        /// How much of a summary there is already.
        compact_output_chars: Option<u64>,
        /// The session.
        session_id: Option<String>,
        /// The line's id.
        uuid: Option<String>,
    }

    /// A request to the API is made once more.
    pub struct ApiRetry: "type" = "system", "subtype" = "api_retry" {
        /// The number of the attempt.
        attempt: Option<u64>,
        /// How many there may be.
        max_retries: Option<u64>,
        /// How long is waited before it.
        retry_delay_ms: Option<Number>,
        /// The status of the answer; null where there was none.
        error_status: Nullable<u64>,
        /// What went wrong.
        error: Option<String>,
        /// The session.
        session_id: Option<String>,
        /// The line's id.
        uuid: Option<String>,
    }

    /// The model has thought.
    pub struct ThinkingTokens: "type" = "system", "subtype" = "thinking_tokens" {
        /// How much in this block.
        estimated_tokens: Option<u64>,
        /// How much since the last of these lines.
        estimated_tokens_delta: Option<u64>,
        /// The session.
        session_id: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// The prompt that is answered.
        user_message_uuid: Option<String>,
    }

    /// A call was not allowed, and nobody was asked.
    pub struct PermissionDenied: "type" = "system", "subtype" = "permission_denied" {
        /// The tool.
        tool_name: Option<String>,
        /// The call.
        tool_use_id: Option<String>,
        /// Why, by kind.
        decision_reason_type: Option<String>,
        /// Why, by code.
        decision_reason_code: Option<String>,
        /// Why.
        decision_reason: Option<String>,
        /// What the model is told.
        message: Option<String>,
        /// The subagent that called it.
        agent_id: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// A hook runs.
    pub struct HookStarted: "type" = "system", "subtype" = "hook_started" {
        /// This run of it.
        hook_id: Option<String>,
        /// Its event and what it matched.
        hook_name: Option<String>,
        /// Its event.
        hook_event: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// A hook has printed something.
    pub struct HookProgress: "type" = "system", "subtype" = "hook_progress" {
        /// This run of it.
        hook_id: Option<String>,
        /// Its event and what it matched.
        hook_name: Option<String>,
        /// Its event.
        hook_event: Option<String>,
        /// Its stdout.
        stdout: Option<String>,
        /// Its stderr.
        stderr: Option<String>,
        /// Both.
        output: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// A hook has ended.
    pub struct HookResponse: "type" = "system", "subtype" = "hook_response" {
        /// This run of it.
        hook_id: Option<String>,
        /// Its event and what it matched.
        hook_name: Option<String>,
        /// Its event.
        hook_event: Option<String>,
        /// Both outputs.
        output: Option<String>,
        /// Its stdout.
        stdout: Option<String>,
        /// Its stderr.
        stderr: Option<String>,
        /// Its exit code.
        exit_code: Option<i64>,
        /// `success`, `error` or `cancelled`.
        outcome: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// A note in the conversation.
    pub struct Informational: "type" = "system", "subtype" = "informational" {
        /// The note.
        content: Option<String>,
        /// How important it is.
        level: Option<String>,
        /// The call that it is about.
        tool_use_id: Option<String>,
        /// Whether the turn ends with it.
        prevent_continuation: Option<bool>,
        /// What became of a prompt.
        prompt_submit_outcome: Option<PromptOutcome>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// What became of a prompt.
    pub struct PromptOutcome {
        /// What a hook made of it.
        kind: Option<String>,
        /// Whether it is part of the conversation.
        prompt_kept: Option<bool>,
        /// Why.
        reason: Option<String>,
    }

    /// A note beside the conversation.
    pub struct Notification: "type" = "system", "subtype" = "notification" {
        /// Which note it is.
        key: Option<String>,
        /// The note.
        text: Option<String>,
        /// How important it is.
        priority: Option<String>,
        /// How it is shown.
        color: Option<String>,
        /// For how long.
        timeout_ms: Option<u64>,
        /// The session.
        session_id: Option<String>,
        /// The line's id.
        uuid: Option<String>,
    }

    /// Another model is asked.
    pub struct ModelFallback: "type" = "system", "subtype" = "model_fallback" {
        /// The line's id.
        uuid: Option<String>,
        /// Why.
        trigger: Option<String>,
        /// The model that was asked.
        original_model: Option<String>,
        /// The one that is asked now.
        fallback_model: Option<String>,
        /// The same for people.
        content: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// The model refused, and no other is asked.
    pub struct ModelRefusal: "type" = "system", "subtype" = "model_refusal_no_fallback" {
        /// The line's id.
        uuid: Option<String>,
        /// The model.
        original_model: Option<String>,
        /// The request.
        request_id: Nullable<String>,
        /// What it refused.
        api_refusal_category: Nullable<String>,
        /// Why.
        api_refusal_explanation: Nullable<String>,
        /// The prompt.
        refused_user_message_uuid: Nullable<String>,
        /// The same for people.
        content: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// What stands before it was summed up.
    pub struct CompactBoundary: "type" = "system", "subtype" = "compact_boundary" {
        /// The session.
        session_id: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// How much there was.
        compact_metadata: Option<CompactMetadata>,
        /// The last line before it.
        logical_parent_uuid: Option<String>,
    }

    /// How much was summed up.
    pub struct CompactMetadata {
        /// `manual` or `auto`.
        trigger: Option<String>,
        /// How much there was.
        pre_tokens: Option<u64>,
        /// How much there is.
        post_tokens: Option<u64>,
        /// How much has gone in all.
        cumulative_dropped_tokens: Option<u64>,
        /// How long it took.
        duration_ms: Option<u64>,
    }

    /// Whether the session works, or waits.
    pub struct StateChanged: "type" = "system", "subtype" = "session_state_changed" {
        /// `idle`, `running` or `requires_action`.
        state: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// The session has another title.
    pub struct TitleChanged: "type" = "system", "subtype" = "session_title_changed" {
        /// The title.
        title: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// A control request takes its time.
    pub struct RequestProgress: "type" = "system", "subtype" = "control_request_progress" {
        /// The request.
        request_id: Option<Value>,
        /// `started` or `api_retry`.
        status: Option<String>,
        /// The number of the attempt.
        attempt: Option<u64>,
        /// How many there may be.
        max_retries: Option<u64>,
        /// How long is waited before it.
        retry_delay_ms: Option<Number>,
        /// The status of the API's answer.
        error_status: Nullable<u64>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// What a local command printed.
    pub struct LocalCommandOutput: "type" = "system", "subtype" = "local_command_output" {
        /// The text.
        content: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }
}
