//! What a hook gets on stdin, or with its callback.

use crate::protocol::plain::TextOr;
use crate::protocol::rules::Update;
use crate::protocol::stream::McpServer;
use crate::protocol::wire::{Nullable, Object, tagged, wire};
use serde_json::Value;

tagged! {
    /// A hook's input, by its `hook_event_name`.
    pub enum Input by "hook_event_name" {
        /// Before a tool runs.
        "PreToolUse" => PreToolUse(PreToolUse),
        /// After a tool ran.
        "PostToolUse" => PostToolUse(PostToolUse),
        /// After a tool failed.
        "PostToolUseFailure" => PostToolUseFailure(PostToolUseFailure),
        /// After all tools of a message.
        "PostToolBatch" => PostToolBatch(PostToolBatch),
        /// When the user's attention is wanted.
        "Notification" => Notification(Notification),
        /// When a prompt came.
        "UserPromptSubmit" => UserPromptSubmit(UserPromptSubmit),
        /// When a command became a prompt.
        "UserPromptExpansion" => UserPromptExpansion(UserPromptExpansion),
        /// When a session begins or goes on.
        "SessionStart" => SessionStart(SessionStart),
        /// When a session is over.
        "SessionEnd" => SessionEnd(SessionEnd),
        /// When a turn is to end.
        "Stop" => Stop(Stop),
        /// When a turn ended with an error.
        "StopFailure" => StopFailure(StopFailure),
        /// When a subagent begins.
        "SubagentStart" => SubagentStart(SubagentStart),
        /// When a subagent is to end.
        "SubagentStop" => SubagentStop(SubagentStop),
        /// Before the conversation is summed up.
        "PreCompact" => PreCompact(PreCompact),
        /// After it was.
        "PostCompact" => PostCompact(PostCompact),
        /// Before another model is asked.
        "PreModelSwitch" => PreModelSwitch(ModelSwitch),
        /// After that.
        "PostModelSwitch" => PostModelSwitch(ModelSwitch),
        /// When somebody is to be asked for permission.
        "PermissionRequest" => PermissionRequest(PermissionRequest),
        /// When a call was not allowed.
        "PermissionDenied" => PermissionDenied(PermissionDenied),
        /// When a project is set up.
        "Setup" => Setup(Setup),
        /// When a teammate has nothing to do.
        "TeammateIdle" => TeammateIdle(TeammateIdle),
        /// When a task was written down.
        "TaskCreated" => TaskCreated(Task),
        /// When a task is done.
        "TaskCompleted" => TaskCompleted(Task),
        /// When a server asks the user.
        "Elicitation" => Elicitation(Elicitation),
        /// When the user has answered.
        "ElicitationResult" => ElicitationResult(ElicitationResult),
        /// When settings have changed.
        "ConfigChange" => ConfigChange(ConfigChange),
        /// When a worktree is wanted.
        "WorktreeCreate" => WorktreeCreate(WorktreeCreate),
        /// When a worktree goes.
        "WorktreeRemove" => WorktreeRemove(WorktreeRemove),
        /// When instructions were read.
        "InstructionsLoaded" => InstructionsLoaded(InstructionsLoaded),
        /// When the working directory has changed.
        "CwdChanged" => CwdChanged(CwdChanged),
        /// When a file has changed.
        "FileChanged" => FileChanged(FileChanged),
        /// When a working directory came.
        "DirectoryAdded" => DirectoryAdded(DirectoryAdded),
        /// When a piece of a message is shown.
        "MessageDisplay" => MessageDisplay(MessageDisplay),
    }
}

/// A `wire!` struct with the fields that all inputs have before its own.
macro_rules! input {
    ($($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$about:meta])* $field:ident $(as $key:literal)?: $type:ty,)*
    })*) => {
        wire! { $(
            $(#[$meta])*
            pub struct $name {
                /// The session.
                session_id: Option<String>,
                /// Its transcript.
                transcript_path: Option<String>,
                /// The working directory.
                cwd: Option<String>,
                /// The prompt that is answered.
                prompt_id: Option<String>,
                /// The mode.
                permission_mode: Option<String>,
                /// The subagent in which it happens.
                agent_id: Option<String>,
                /// The subagent's kind.
                agent_type: Option<String>,
                /// The effort that is asked for.
                effort: Option<Effort>,
                /// The event.
                hook_event_name: Option<String>,
                $($(#[$about])* $field $(as $key)?: $type,)*
            }
        )* }
    };
}

wire! {
    /// The effort that is asked for.
    pub struct Effort {
        /// How much.
        level: Option<String>,
    }
}

input! {
    /// Before a tool runs.
    pub struct PreToolUse {
        /// The tool.
        tool_name: Option<String>,
        /// Its input.
        tool_input: Option<Value>,
        /// The call.
        tool_use_id: Option<String>,
        /// The tool's MCP server.
        mcp_server: Option<McpServer>,
    }

    /// After a tool ran.
    pub struct PostToolUse {
        /// The tool.
        tool_name: Option<String>,
        /// Its input.
        tool_input: Option<Value>,
        /// What came of it.
        tool_response: Option<Value>,
        /// The call.
        tool_use_id: Option<String>,
        /// How long it took.
        duration_ms: Option<u64>,
        /// The tool's MCP server.
        mcp_server: Option<McpServer>,
    }

    /// After a tool failed.
    pub struct PostToolUseFailure {
        /// The tool.
        tool_name: Option<String>,
        /// Its input.
        tool_input: Option<Value>,
        /// The call.
        tool_use_id: Option<String>,
        /// What went wrong.
        error: Option<String>,
        /// Whether the user stopped it.
        is_interrupt: Option<bool>,
        /// How long it took.
        duration_ms: Option<u64>,
        /// The tool's MCP server.
        mcp_server: Option<McpServer>,
    }

    /// After all tools of a message.
    pub struct PostToolBatch {
        /// The calls.
        tool_calls: Option<Vec<Object>>,
    }

    /// When the user's attention is wanted.
    pub struct Notification {
        /// What it is about.
        message: Option<String>,
        /// In short.
        title: Option<String>,
        /// The kind.
        notification_type: Option<String>,
    }

    /// When a prompt came.
    pub struct UserPromptSubmit {
        /// The prompt.
        prompt: Option<TextOr<Object>>,
        /// Who wrote it.
        source: Option<String>,
    }

    /// When a command became a prompt.
    pub struct UserPromptExpansion {
        /// The kind of command.
        expansion_type: Option<String>,
        /// The command.
        command_name: Option<String>,
        /// Its arguments.
        command_args: Option<String>,
        /// Where it comes from.
        command_source: Option<String>,
        /// The prompt.
        prompt: Option<String>,
    }

    /// When a session begins or goes on.
    pub struct SessionStart {
        /// `startup`, `resume`, `clear`, `compact` or `fork`.
        source: Option<String>,
        /// The model.
        model: Option<String>,
        /// The session's title.
        session_title: Option<String>,
        /// How long nothing was said.
        seconds_since_last_response: Option<u64>,
        /// How full the context is.
        context_tokens: Option<u64>,
    }

    /// When a session is over.
    pub struct SessionEnd {
        /// Why.
        reason: Option<String>,
    }

    /// When a turn is to end.
    pub struct Stop {
        /// Whether a hook has kept it from ending before.
        stop_hook_active: Option<bool>,
        /// What the model said last.
        last_assistant_message: Option<String>,
        /// What still runs.
        background_tasks: Option<Vec<Object>>,
        /// What runs later.
        session_crons: Option<Vec<Object>>,
    }

    /// When a turn ended with an error.
    pub struct StopFailure {
        /// The error.
        error: Option<String>,
        /// More on it.
        error_details: Option<String>,
        /// What the model said last.
        last_assistant_message: Option<String>,
    }

    /// When a subagent begins.
    pub struct SubagentStart {}

    /// When a subagent is to end.
    pub struct SubagentStop {
        /// Whether a hook has kept it from ending before.
        stop_hook_active: Option<bool>,
        /// Its transcript.
        agent_transcript_path: Option<String>,
        /// What it said last.
        last_assistant_message: Option<String>,
        /// What still runs.
        background_tasks: Option<Vec<Object>>,
        /// What runs later.
        session_crons: Option<Vec<Object>>,
    }

    /// Before the conversation is summed up.
    pub struct PreCompact {
        /// `manual` or `auto`.
        trigger: Option<String>,
        /// What the user says to it.
        custom_instructions: Nullable<String>,
    }

    /// After the conversation was summed up.
    pub struct PostCompact {
        /// `manual` or `auto`.
        trigger: Option<String>,
        /// The summary.
        compact_summary: Option<String>,
    }

    /// Before or after another model is asked.
    pub struct ModelSwitch {}

    /// When somebody is to be asked for permission.
    pub struct PermissionRequest {
        /// The tool.
        tool_name: Option<String>,
        /// Its input.
        tool_input: Option<Value>,
        /// Changes that would make the question unnecessary.
        permission_suggestions: Option<Vec<Update>>,
        /// The tool's MCP server.
        mcp_server: Option<McpServer>,
    }

    /// When a call was not allowed.
    pub struct PermissionDenied {
        /// The tool.
        tool_name: Option<String>,
        /// Its input.
        tool_input: Option<Value>,
        /// The call.
        tool_use_id: Option<String>,
        /// Why.
        reason: Option<String>,
        /// The tool's MCP server.
        mcp_server: Option<McpServer>,
    }

    /// When a project is set up.
    pub struct Setup {
        /// `init` or `maintenance`.
        trigger: Option<String>,
    }

    /// When a teammate has nothing to do.
    pub struct TeammateIdle {
        /// Who.
        teammate_name: Option<String>,
        /// In which team.
        team_name: Option<String>,
    }

    /// When a task was written down or is done.
    pub struct Task {
        /// The task.
        task_id: Option<String>,
        /// In few words.
        task_subject: Option<String>,
        /// In more.
        task_description: Option<String>,
        /// Who does it.
        teammate_name: Option<String>,
        /// In which team.
        team_name: Option<String>,
    }

    /// When a server asks the user.
    pub struct Elicitation {
        /// The server.
        mcp_server_name: Option<String>,
        /// What it asks.
        message: Option<String>,
        /// `form` or `url`.
        mode: Option<String>,
        /// Where the answer is given.
        url: Option<String>,
        /// The question.
        elicitation_id: Option<String>,
        /// The answer's schema.
        requested_schema: Option<Object>,
    }

    /// When the user has answered a server.
    pub struct ElicitationResult {
        /// The server.
        mcp_server_name: Option<String>,
        /// The question.
        elicitation_id: Option<String>,
        /// `form` or `url`.
        mode: Option<String>,
        /// `accept`, `decline` or `cancel`.
        action: Option<String>,
        /// The answer.
        content: Option<Object>,
    }

    /// When settings have changed.
    pub struct ConfigChange {
        /// Which.
        source: Option<String>,
        /// The file.
        file_path: Option<String>,
    }

    /// When a worktree is wanted.
    pub struct WorktreeCreate {
        /// Its name.
        name: Option<String>,
    }

    /// When a worktree goes.
    pub struct WorktreeRemove {
        /// Where it is.
        worktree_path: Option<String>,
    }

    /// When instructions were read.
    pub struct InstructionsLoaded {
        /// The file.
        file_path: Option<String>,
        /// Whose they are.
        memory_type: Option<String>,
        /// Why they were read.
        load_reason: Option<String>,
        /// For which files they are.
        globs: Option<Vec<String>>,
        /// The file that brought it about.
        trigger_file_path: Option<String>,
        /// The file that names it.
        parent_file_path: Option<String>,
    }

    /// When the working directory has changed.
    pub struct CwdChanged {
        /// Where it was.
        old_cwd: Option<String>,
        /// Where it is.
        new_cwd: Option<String>,
    }

    /// When a file has changed.
    pub struct FileChanged {
        /// The file.
        file_path: Option<String>,
        /// `change`, `add` or `unlink`.
        event: Option<String>,
    }

    /// When a working directory came.
    pub struct DirectoryAdded {
        /// The directory.
        directory: Option<String>,
        /// Who added it.
        source: Option<String>,
    }

    /// When a piece of a message is shown.
    pub struct MessageDisplay {
        /// The turn.
        turn_id: Option<String>,
        /// The message.
        message_id: Option<String>,
        /// The piece's number.
        index: Option<u64>,
        /// Whether it is the last one.
        is_final as "final": Option<bool>,
        /// The piece.
        delta: Option<String>,
    }
}
