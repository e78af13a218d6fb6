//! What a client asks of the CLI.

use super::McpMessage;
use crate::protocol::plain::Named;
use crate::protocol::rules::Mode;
use crate::protocol::wire::{Nullable, Object, tagged, wire};
use serde_json::Value;

tagged! {
    /// A request of the client, by its `subtype`.
    pub enum Request by "subtype" {
        /// What it can do and wants, before all else.
        "initialize" => Initialize(Initialize),
        /// The turn is to stop.
        "interrupt" => Interrupt(Interrupt),
        /// Another mode.
        "set_permission_mode" => SetPermissionMode(SetPermissionMode),
        /// Another model.
        "set_model" => SetModel(SetModel),
        /// How much the model may think.
        "set_max_thinking_tokens" => SetMaxThinkingTokens(SetMaxThinkingTokens),
        /// A message of an MCP server of the client.
        "mcp_message" => McpMessage(McpMessage),
        /// How the MCP servers are.
        "mcp_status" => McpStatus(Bare),
        /// These are the MCP servers.
        "mcp_set_servers" => McpSetServers(McpSetServers),
        /// A server goes off or on.
        "mcp_toggle" => McpToggle(McpToggle),
        /// A server is connected again.
        "mcp_reconnect" => McpReconnect(McpNamed),
        /// A tool is called without the model.
        "mcp_call" => McpCall(McpCall),
        /// A resource is read.
        "mcp_read_resource" => McpReadResource(McpReadResource),
        /// A prompt that waits is taken back.
        "cancel_async_message" => CancelMessage(CancelMessage),
        /// Files are as they were.
        "rewind_files" => RewindFiles(RewindFiles),
        /// A task is ended.
        "stop_task" => StopTask(TaskNamed),
        /// What a task has printed.
        "get_task_output" => TaskOutput(TaskNamed),
        /// Tasks go to the background.
        "background_tasks" => BackgroundTasks(BackgroundTasks),
        /// A file is read.
        "read_file" => ReadFile(ReadFile),
        /// A file counts as read.
        "seed_read_state" => SeedReadState(SeedReadState),
        /// Settings above all others.
        "apply_flag_settings" => ApplyFlagSettings(SettingsChange),
        /// Settings are changed.
        "update_settings" => UpdateSettings(SettingsChange),
        /// The settings that hold.
        "get_settings" => GetSettings(Bare),
        /// How full the context is.
        "get_context_usage" => ContextUsage(ContextUsage),
        /// What the session has cost.
        "get_session_cost" => SessionCost(Bare),
        /// The account's limits.
        "get_usage" => GetUsage(Bare),
        /// The version.
        "get_binary_version" => BinaryVersion(Bare),
        /// The hooks.
        "get_hooks_listing" => HooksListing(Bare),
        /// The models.
        "list_models" => ListModels(Bare),
        /// The rules.
        "list_permission_rules" => ListPermissionRules(Bare),
        /// Files that may be meant.
        "file_suggestions" => FileSuggestions(FileSuggestions),
        /// Another title.
        "rename_session" => RenameSession(RenameSession),
        /// A title is made up.
        "generate_session_title" => GenerateTitle(GenerateTitle),
        /// A question beside the conversation.
        "side_question" => SideQuestion(SideQuestion),
        /// Another colour.
        "set_color" => SetColor(SetColor),
        /// Whether somebody watches.
        "set_has_subscribers" => SetHasSubscribers(SetHasSubscribers),
        /// Another repository.
        "register_repo_root" => RegisterRepoRoot(RegisterRepoRoot),
        /// Plugins are read again.
        "reload_plugins" => ReloadPlugins(Bare),
        /// Skills are read again.
        "reload_skills" => ReloadSkills(Bare),
        /// Output styles are read again.
        "reload_output_styles" => ReloadOutputStyles(Bare),
        /// The session is over.
        "end_session" => EndSession(EndSession),
    }
}

wire! {
    /// A request without fields of its own.
    pub struct Bare {
        /// What is asked for.
        subtype: Option<String>,
    }

    /// What the client can do and wants.
    pub struct Initialize: "subtype" = "initialize" {
        /// Hooks that the client answers, by event.
        hooks: Nullable<Named<Vec<CallbackMatcher>>>,
        /// MCP servers that the client has.
        sdk_mcp_servers as "sdkMcpServers": Nullable<Vec<String>>,
        /// How those are configured.
        sdk_mcp_server_configs as "sdkMcpServerConfigs": Nullable<Object>,
        /// A schema for the answer.
        json_schema as "jsonSchema": Nullable<Value>,
        /// The system prompt: a text or several.
        system_prompt as "systemPrompt": Nullable<Value>,
        /// What is added to it.
        append_system_prompt as "appendSystemPrompt": Nullable<String>,
        /// Whether parts of it that change are left out.
        exclude_dynamic_sections as "excludeDynamicSections": Nullable<bool>,
        /// Subagents, by name.
        agents: Nullable<Object>,
        /// The session's title.
        title: Nullable<String>,
        /// Tools by other names of the client's.
        tool_aliases as "toolAliases": Nullable<Named<String>>,
        /// Skills that may be used.
        skills: Nullable<Value>,
        /// Plugins.
        plugins: Nullable<Value>,
        /// Further MCP servers.
        mcp_servers as "mcpServers": Nullable<Value>,
        /// Settings.
        settings: Nullable<Value>,
        /// Settings that nobody can change.
        managed_settings as "managedSettings": Nullable<Value>,
        /// Whether suggestions are wanted.
        prompt_suggestions as "promptSuggestions": Nullable<bool>,
        /// Whether summaries of subagents are wanted.
        agent_progress_summaries as "agentProgressSummaries": Nullable<bool>,
        /// Dialogs that the client can show.
        supported_dialog_kinds as "supportedDialogKinds": Nullable<Vec<String>>,
    }

    /// Hooks that the client answers.
    pub struct CallbackMatcher {
        /// For which of the event's subjects; all of them where it is absent.
        matcher: Nullable<String>,
        /// How the client knows them.
        callback_ids as "hookCallbackIds": Option<Vec<String>>,
        /// How long they may take, in seconds.
        timeout: Nullable<serde_json::Number>,
    }

    /// The turn is to stop.
    pub struct Interrupt: "subtype" = "interrupt" {
        /// Why.
        reason: Option<String>,
        /// Whether prompts that wait go, too.
        cancel_queued: Option<bool>,
    }

    /// Another mode.
    pub struct SetPermissionMode: "subtype" = "set_permission_mode" {
        /// The mode.
        mode: Option<Mode>,
    }

    /// Another model.
    pub struct SetModel: "subtype" = "set_model" {
        /// The model; the default one where it is null or absent.
        model: Nullable<String>,
    }

    /// How much the model may think.
    pub struct SetMaxThinkingTokens: "subtype" = "set_max_thinking_tokens" {
        /// The limit.
        max_thinking_tokens: Nullable<u64>,
    }

    /// These are the MCP servers.
    pub struct McpSetServers: "subtype" = "mcp_set_servers" {
        /// The servers, by name.
        servers: Option<Object>,
    }

    /// A server goes off or on.
    pub struct McpToggle: "subtype" = "mcp_toggle" {
        /// The server.
        server_name as "serverName": Option<String>,
        /// Which.
        enabled: Option<bool>,
    }

    /// A request about a server.
    pub struct McpNamed {
        /// What is asked for.
        subtype: Option<String>,
        /// The server.
        server_name as "serverName": Option<String>,
    }

    /// A tool is called without the model.
    pub struct McpCall: "subtype" = "mcp_call" {
        /// The tool, as the model knows it.
        tool: Option<String>,
        /// Its input.
        arguments: Option<Value>,
    }

    /// A resource is read.
    pub struct McpReadResource: "subtype" = "mcp_read_resource" {
        /// The server.
        server_name as "serverName": Option<String>,
        /// The resource.
        uri: Option<String>,
    }

    /// A prompt that waits is taken back.
    pub struct CancelMessage: "subtype" = "cancel_async_message" {
        /// The prompt.
        message_uuid: Option<String>,
    }

    /// Files are as they were.
    pub struct RewindFiles: "subtype" = "rewind_files" {
        /// Before which prompt.
        user_message_id: Option<String>,
        /// Whether it is only asked what would change.
        dry_run: Option<bool>,
    }

    /// A request about a task.
    pub struct TaskNamed {
        /// What is asked for.
        subtype: Option<String>,
        /// The task.
        task_id: Option<String>,
    }

    /// Tasks go to the background.
    pub struct BackgroundTasks: "subtype" = "background_tasks" {
        /// The call; all of them where it is absent.
        tool_use_id: Option<String>,
    }

    /// A file is read.
    pub struct ReadFile: "subtype" = "read_file" {
        /// The file.
        path: Option<String>,
        /// How much of it.
        max_bytes: Option<u64>,
        /// How its bytes are given.
        encoding: Option<String>,
    }

    /// A file counts as read.
    pub struct SeedReadState: "subtype" = "seed_read_state" {
        /// The file.
        path: Option<String>,
        /// When it was changed last.
        mtime: Option<serde_json::Number>,
    }

    /// Settings are changed.
    pub struct SettingsChange {
        /// What is asked for.
        subtype: Option<String>,
        /// Which file.
        source: Option<String>,
        /// The changes.
        settings: Option<Object>,
    }

    /// How full the context is.
    pub struct ContextUsage: "subtype" = "get_context_usage" {
        /// `summary` or `full`.
        detail: Option<String>,
    }

    /// Files that may be meant.
    pub struct FileSuggestions: "subtype" = "file_suggestions" {
        /// What was typed.
        query: Option<String>,
    }

    /// Another title.
    pub struct RenameSession: "subtype" = "rename_session" {
        /// The title.
        title: Option<String>,
        /// Who wants it.
        source: Option<String>,
    }

    /// A title is made up.
    pub struct GenerateTitle: "subtype" = "generate_session_title" {
        /// What the session is about.
        description: Option<String>,
        /// Whether it is kept.
        persist: Option<bool>,
    }

    /// A question beside the conversation.
    pub struct SideQuestion: "subtype" = "side_question" {
        /// The question.
        question: Option<String>,
    }

    /// Another colour.
    pub struct SetColor: "subtype" = "set_color" {
        /// The colour.
        color: Option<String>,
    }

    /// Whether somebody watches.
    pub struct SetHasSubscribers: "subtype" = "set_has_subscribers" {
        /// Whether.
        has_subscribers: Nullable<bool>,
    }

    /// Another repository.
    pub struct RegisterRepoRoot: "subtype" = "register_repo_root" {
        /// Where it is.
        directory: Option<String>,
    }

    /// The session is over.
    pub struct EndSession: "subtype" = "end_session" {
        /// Why.
        reason: Option<String>,
    }
}
