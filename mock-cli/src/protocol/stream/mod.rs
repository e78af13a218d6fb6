//! The lines of stream-json, in both directions.

mod limits;
mod result;
mod system;
mod task;

pub use limits::{LimitWindow, Limits};
pub use result::{Denial, InvalidConfig, SubagentStats, Subtype, TurnResult, Verdict};
pub use system::{
    ApiRetry, CompactBoundary, CompactMetadata, HookProgress, HookResponse, HookStarted,
    Informational, Init, InitLists, LocalCommandOutput, McpServer, ModelFallback, ModelRefusal,
    Notification, PermissionDenied, Plugin, PromptOutcome, RequestProgress, ServerError,
    StateChanged, Status, System, ThinkingTokens, TitleChanged,
};
pub use task::{
    BackgroundTask, BackgroundTasks, TaskNotification, TaskPatch, TaskProgress, TaskStarted,
    TaskUpdated, TaskUsage,
};

use super::api::{self, Event};
use super::control::{CliControlRequest, ControlCancel, ControlRequest, ControlResponse};
use super::wire::{Nullable, Object, Wire, tagged, wire};
use serde_json::{Number, Value};

tagged! {
    /// A line that the CLI writes, by its `type`.
    pub enum Message by "type" {
        /// Something about the session; its `subtype` tells what.
        "system" => System(System),
        /// A block of the model's answer.
        "assistant" => Assistant(Assistant),
        /// A prompt, or results of tools.
        "user" => User(User),
        /// The end of a turn.
        "result" => Result(TurnResult),
        /// An event of the API.
        "stream_event" => StreamEvent(StreamEvent),
        /// A request of the CLI to the client.
        "control_request" => ControlRequest(CliControlRequest),
        /// The answer to one.
        "control_response" => ControlResponse(ControlResponse),
        /// A request is taken back.
        "control_cancel_request" => ControlCancel(ControlCancel),
        /// The connection is alive.
        "keep_alive" => KeepAlive(KeepAlive),
        /// Where a message of the client stands.
        "command_lifecycle" => CommandLifecycle(CommandLifecycle),
        /// The conversation begins again.
        "conversation_reset" => ConversationReset(ConversationReset),
        /// The account's limits.
        "rate_limit_event" => RateLimit(RateLimit),
        /// A tool still runs.
        "tool_progress" => ToolProgress(ToolProgress),
        /// What tools did, in few words.
        "tool_use_summary" => ToolUseSummary(ToolUseSummary),
        /// How a login goes.
        "auth_status" => AuthStatus(AuthStatus),
        /// What the user may want to say next.
        "prompt_suggestion" => PromptSuggestion(PromptSuggestion),
    }
}

tagged! {
    /// A line that a client writes, by its `type`.
    pub enum ClientMessage by "type" {
        /// A prompt.
        "user" => User(User),
        /// A message of the past.
        "assistant" => Assistant(Assistant),
        /// A request to the CLI.
        "control_request" => ControlRequest(ControlRequest),
        /// The answer to one of the CLI.
        "control_response" => ControlResponse(ControlResponse),
        /// A request is taken back.
        "control_cancel_request" => ControlCancel(ControlCancel),
        /// The connection is alive.
        "keep_alive" => KeepAlive(KeepAlive),
        /// Other variables for what is started from here on.
        "update_environment_variables" => UpdateEnvironment(UpdateEnvironment),
    }
}

impl Message {
    /// Reads a line.
    ///
    /// # Errors
    /// The line is not JSON, or not an object.
    pub fn parse(line: &str) -> serde_json::Result<Message> {
        serde_json::from_str(line)
    }

    /// Reads a value that was parsed.
    ///
    /// # Errors
    /// The value is not an object, and is given back.
    pub fn from_value(value: Value) -> Result<Message, Value> {
        Message::read(value)
    }
}

wire! {
    /// A block of the model's answer.
    pub struct Assistant: "type" = "assistant" {
        /// The message, with this block alone.
        message: Option<api::Message>,
        /// The call whose subagent speaks.
        parent_tool_use_id: Nullable<String>,
        /// The session.
        session_id: Option<String>,
        /// The line's id, which the transcript has too.
        uuid: Option<String>,
        /// When it was written.
        timestamp: Option<String>,
        /// What went wrong, in a message that the CLI itself made.
        error: Option<String>,
        /// The API's id of the request.
        request_id: Option<String>,
        /// Whether the text is an error.
        is_api_error_message: Option<bool>,
        /// The status of the API's answer.
        api_error_status: Nullable<u64>,
        /// The kind of the API's error.
        api_error_type: Option<String>,
        /// Which limit it was.
        api_error: Option<String>,
        /// More on the error.
        api_error_params: Option<Object>,
        /// The user stopped it.
        aborted: Option<bool>,
        /// The prompt that is answered.
        user_message_uuid: Option<String>,
        /// The prompts that are answered.
        user_message_uuids: Option<Vec<String>>,
        /// Names of the called tools for people.
        tool_use_meta: Option<Vec<ToolUseMeta>>,
        /// How long the model thought.
        thinking_duration_ms: Option<u64>,
        /// How thinking is shown.
        thinking_display: Option<String>,
        /// What a local command printed.
        local_command_source: Option<String>,
        /// The local command.
        local_command_run: Option<CommandRun>,
        /// What came of it.
        local_command_outcome: Option<CommandOutcome>,
        /// How full the context is.
        context_usage: Option<Object>,
        /// The message that was refused.
        refused_message_id: Option<String>,
        /// The subagent that speaks.
        agent_id: Option<String>,
        /// Its kind.
        subagent_type: Option<String>,
        /// What it was asked for.
        task_description: Option<String>,
        /// Lines that this one stands for.
        supersedes: Option<Vec<String>>,
    }

    /// The name of a called tool for people.
    pub struct ToolUseMeta {
        /// The call.
        id: Option<String>,
        /// The tool's title.
        display_name: Option<String>,
        /// Its server's title.
        server_display_name: Option<String>,
        /// The tool's name on its server.
        tool_name: Option<String>,
    }

    /// A command that ran without the model.
    pub struct CommandRun {
        /// The command.
        command: Option<String>,
        /// Its arguments.
        args: Option<String>,
    }

    /// What came of a command.
    pub struct CommandOutcome {
        /// What it came to.
        kind: Option<String>,
    }

    /// A prompt or results of tools; from a client, a prompt.
    pub struct User: "type" = "user" {
        /// The message.
        message: Option<api::Message>,
        /// The call whose subagent is told.
        parent_tool_use_id: Nullable<String>,
        /// The session; what a client says here does not matter.
        session_id: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// When it was written.
        timestamp: Option<String>,
        /// What came of a tool, as data; a text where it failed.
        tool_use_result: Option<Value>,
        /// The CLI itself says it.
        synthetic as "isSynthetic": Option<bool>,
        /// It was said before.
        replay as "isReplay": Option<bool>,
        /// How it was decided whether the tools ran.
        tool_result_meta: Option<Vec<ToolResultMeta>>,
        /// The message that was refused.
        refused_message_id: Option<String>,
        /// How urgent it is: `now`, `next` or `later`.
        priority: Option<String>,
        /// False: it becomes part of the conversation, and the model is not asked.
        should_query as "shouldQuery": Option<bool>,
        /// The client has made it up: nothing in it is a command or a mention.
        client_composed: Option<bool>,
        /// Who wrote it.
        origin: Option<Object>,
        /// The subagent that is told.
        agent_id: Option<String>,
        /// Its kind.
        subagent_type: Option<String>,
        /// What it was asked for.
        task_description: Option<String>,
    }

    /// How it was decided whether a tool ran.
    pub struct ToolResultMeta {
        /// The call.
        id: Option<String>,
        /// The decision.
        permission_decision: Option<PermissionDecision>,
        /// Why it did not run.
        non_execution_kind: Option<String>,
    }

    /// A decision on a call.
    pub struct PermissionDecision {
        /// `accept` or `reject`.
        decision: Option<String>,
        /// Who decided.
        source: Option<String>,
        /// Why.
        reason_type: Option<String>,
    }

    /// An event of the API, as it came.
    pub struct StreamEvent: "type" = "stream_event" {
        /// The event.
        event: Option<Event>,
        /// The session.
        session_id: Option<String>,
        /// The call whose subagent speaks.
        parent_tool_use_id: Nullable<String>,
        /// The line's id.
        uuid: Option<String>,
        /// How long the answer took to begin.
        ttft_ms: Option<u64>,
        /// How thinking is shown.
        thinking_display: Option<String>,
        /// The message that it belongs to.
        api_message_id: Option<String>,
        /// Blocks that were never finished.
        abandoned_blocks: Option<AbandonedBlocks>,
    }

    /// Blocks that were never finished.
    pub struct AbandonedBlocks {
        /// The message.
        api_message_id: Option<String>,
        /// The first of them.
        from_block_index: Option<u64>,
    }

    /// A sign of life.
    pub struct KeepAlive: "type" = "keep_alive" {}

    /// Other variables for what is started from here on.
    pub struct UpdateEnvironment: "type" = "update_environment_variables" {
        /// The variables.
        variables: Option<Object>,
    }

    /// Where a message of the client stands.
    pub struct CommandLifecycle: "type" = "command_lifecycle" {
        /// The message.
        command_uuid: Option<String>,
        /// `queued`, `started`, `completed` or `cancelled`.
        state: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// The conversation begins again.
    pub struct ConversationReset: "type" = "conversation_reset" {
        /// The new conversation.
        new_conversation_id: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
        /// What brought it about.
        trigger: Option<String>,
        /// The prompt that did.
        user_message_uuid: Option<String>,
        /// When.
        timestamp: Option<String>,
    }

    /// The account's limits.
    pub struct RateLimit: "type" = "rate_limit_event" {
        /// The limits.
        rate_limit_info: Option<Limits>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// A tool still runs.
    pub struct ToolProgress: "type" = "tool_progress" {
        /// The call.
        tool_use_id: Option<String>,
        /// The tool.
        tool_name: Option<String>,
        /// The call whose subagent called it.
        parent_tool_use_id: Nullable<String>,
        /// For how long.
        elapsed_time_seconds: Option<Number>,
        /// The task that it runs as.
        task_id: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// What tools did, in few words.
    pub struct ToolUseSummary: "type" = "tool_use_summary" {
        /// The words.
        summary: Option<String>,
        /// The calls.
        preceding_tool_use_ids: Option<Vec<String>>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
        /// When.
        timestamp: Option<String>,
    }

    /// How a login goes.
    pub struct AuthStatus: "type" = "auth_status" {
        /// Whether it is under way.
        authenticating as "isAuthenticating": Option<bool>,
        /// What was printed.
        output: Option<Vec<String>>,
        /// What went wrong.
        error: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// What the user may want to say next.
    pub struct PromptSuggestion: "type" = "prompt_suggestion" {
        /// The words.
        suggestion: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }
}
