//! What the model is told beside the prompt.

use crate::protocol::wire::{Nullable, Object, tagged, wire};
use serde_json::{Number, Value};

tagged! {
    /// What an attachment is, by its `type`.
    pub enum Attached by "type" {
        /// Where the session runs.
        "environment" => Environment(Environment),
        /// The model.
        "model" => Model(ModelIdentity),
        /// The date.
        "date" => Date(Date),
        /// The subagents that there are.
        "agent_listing_delta" => Agents(AgentListing),
        /// The skills that there are.
        "skill_listing" => Skills(SkillListing),
        /// Tools that are named and not described.
        "deferred_tools_delta" => DeferredTools(DeferredTools),
        /// What the session knows of its surroundings.
        "session_context" => SessionContext(SessionContext),
        /// The session elsewhere.
        "remote_session_change" => RemoteSession(RemoteSession),
        /// The prompt as it was sent.
        "prompt_snapshot" => Prompt(PromptSnapshot),
        /// A prompt that came meanwhile.
        "queued_command" => Queued(QueuedCommand),
        /// A hook has succeeded.
        "hook_success" => HookSuccess(HookRun),
        /// A hook has blocked.
        "hook_blocking_error" => HookBlocked(HookRun),
        /// A hook has failed.
        "hook_non_blocking_error" => HookFailed(HookRun),
        /// A hook has ended the turn.
        "hook_stopped_continuation" => HookStopped(HookRun),
        /// The limit of rounds.
        "max_turns_reached" => MaxTurns(MaxTurns),
        /// The answer by the given schema.
        "structured_output" => Structured(StructuredOutput),
        /// How much may still be spent.
        "budget_usd" => Budget(Budget),
        /// The mode in which a classifier decides.
        "auto_mode" => AutoMode(AutoMode),
        /// The mode in which nothing changes.
        "plan_mode" => PlanMode(PlanMode),
        /// Tools that a command may use.
        "command_permissions" => CommandPermissions(CommandPermissions),
        /// Nothing was said so far.
        "silent_turn_reminder" => SilentTurn(Reminder),
        /// How full the context is.
        "total_tokens_reminder" => TotalTokens(Reminder),
        /// A command that is not known goes to the model.
        "unknown_command_fallback" => UnknownCommand(UnknownCommand),
    }
}

wire! {
    /// Where the session runs.
    pub struct Environment: "type" = "environment" {
        /// What it is.
        snapshot: Option<Surroundings>,
        /// What has changed.
        changes: Option<Value>,
    }

    /// What surrounds a session.
    pub struct Surroundings {
        /// The working directory.
        working_directory as "workingDirectory": Option<String>,
        /// Whether that is a worktree.
        worktree as "isWorktree": Option<bool>,
        /// Whether it is in a git repository.
        git as "isGitRepo": Option<bool>,
        /// Further working directories.
        additional_directories as "additionalWorkingDirectories": Option<Vec<String>>,
        /// The system.
        platform: Option<String>,
        /// The shell.
        shell: Option<String>,
        /// The system's version.
        os_version as "osVersion": Option<String>,
    }

    /// The model.
    pub struct ModelIdentity: "type" = "model" {
        /// What it is.
        identity: Option<Identity>,
        /// The same for the model.
        text: Option<String>,
    }

    /// What a model is.
    pub struct Identity {
        /// Its id.
        model_id as "modelId": Option<String>,
        /// Its name.
        marketing_name as "marketingName": Nullable<String>,
        /// Up to when it knows the world.
        knowledge_cutoff as "knowledgeCutoff": Nullable<String>,
    }

    /// The date.
    pub struct Date: "type" = "date" {
        /// The date.
        date: Option<String>,
    }

    /// The subagents that there are.
    pub struct AgentListing: "type" = "agent_listing_delta" {
        /// Those that came.
        added_types as "addedTypes": Option<Vec<String>>,
        /// Those that came, for the model.
        added_lines as "addedLines": Option<Vec<String>>,
        /// Those that went.
        removed_types as "removedTypes": Option<Vec<String>>,
        /// Those of the CLI itself.
        built_in_types as "builtInTypes": Option<Vec<String>>,
        /// Those of its own plugins.
        built_in_plugin_types as "builtInPluginTypes": Option<Vec<String>>,
        /// Whether it is the first list.
        initial as "isInitial": Option<bool>,
        /// Whether it is said that several may run at once.
        concurrency_note as "showConcurrencyNote": Option<bool>,
    }

    /// The skills that there are.
    pub struct SkillListing: "type" = "skill_listing" {
        /// The list, for the model.
        content: Option<String>,
        /// The skills.
        names: Option<Vec<String>>,
        /// How many.
        count as "skillCount": Option<u64>,
        /// Whether it is the first list.
        initial as "isInitial": Option<bool>,
        /// What their texts are known by.
        digests: Option<Value>,
    }

    /// Tools that are named and not described.
    pub struct DeferredTools: "type" = "deferred_tools_delta" {
        /// Those that came.
        added_names as "addedNames": Option<Vec<String>>,
        /// Those that came, for the model.
        added_lines as "addedLines": Option<Vec<String>>,
        /// Those that went.
        removed_names as "removedNames": Option<Vec<String>>,
        /// Those that came back.
        readded_names as "readdedNames": Option<Vec<String>>,
        /// Those of which the API hears nothing.
        wire_hidden_names as "wireHiddenNames": Option<Vec<String>>,
        /// Servers that are not there yet.
        pending_servers as "pendingMcpServers": Option<Value>,
        /// Servers that failed.
        failed_servers as "failedMcpServers": Option<Value>,
        /// Servers that want a login.
        needs_auth_servers as "needsAuthMcpServers": Option<Value>,
    }

    /// What the session knows of its surroundings.
    pub struct SessionContext: "type" = "session_context" {
        /// The texts.
        context: Option<Value>,
    }

    /// The session elsewhere.
    pub struct RemoteSession: "type" = "remote_session_change" {
        /// Where it is seen.
        url: Option<Value>,
        /// Its pull request.
        pr: Option<Value>,
        /// Its commit.
        commit: Option<Value>,
        /// The pull request that is looked after.
        managed_pr as "managedPr": Option<Value>,
        /// The commit that is looked after.
        managed_commit as "managedCommit": Option<Value>,
        /// Whether files can be sent to the user.
        send_file_hint as "sendUserFileHint": Option<Value>,
    }

    /// The prompt as it was sent.
    pub struct PromptSnapshot: "type" = "prompt_snapshot" {
        /// The system prompt.
        system_prompt as "systemPrompt": Option<Value>,
        /// What stands before it.
        cli_prefix as "cliPrefix": Option<Value>,
        /// How the context is written.
        context_rendering as "contextRendering": Option<Value>,
        /// Whether inputs are repeated as they came.
        echo_inputs as "echoWireToolInputs": Option<Value>,
        /// How reminders are put together.
        reminder_fold as "reminderFold": Option<Value>,
        /// Reminders that stay.
        kept_reminders as "keptReminders": Option<Value>,
        /// The tools.
        tools: Option<Value>,
        /// Tools that are described in the text.
        inline_tools as "inlineTools": Option<Value>,
        /// How their changes begin.
        tool_change_header as "toolChangeHeader": Option<Value>,
        /// Turns of the system.
        system_turns as "systemTurns": Option<Value>,
    }

    /// A prompt that came meanwhile.
    pub struct QueuedCommand: "type" = "queued_command" {
        /// The prompt.
        prompt: Option<Value>,
        /// Its line.
        source_uuid: Option<String>,
        /// What was delivered.
        delivery_id: Option<String>,
        /// What it is.
        command_mode as "commandMode": Option<String>,
        /// Who wrote it.
        origin: Option<Object>,
        /// The run that it tells of.
        run_id as "runId": Option<String>,
        /// When.
        timestamp: Option<String>,
        /// What the run has used.
        usage: Option<Object>,
    }

    /// A run of a hook.
    pub struct HookRun {
        /// How it went.
        kind as "type": Option<String>,
        /// Why the turn ends.
        message: Option<String>,
        /// Its event and what it matched.
        hook_name as "hookName": Option<String>,
        /// The call.
        tool_use_id as "toolUseID": Option<String>,
        /// Its event.
        hook_event as "hookEvent": Option<String>,
        /// What it said.
        content: Option<String>,
        /// Its stdout.
        stdout: Option<String>,
        /// Its stderr.
        stderr: Option<String>,
        /// Its exit code.
        exit_code as "exitCode": Option<i64>,
        /// Its command.
        command: Option<String>,
        /// How long it took.
        duration_ms as "durationMs": Option<u64>,
        /// Why it blocks.
        blocking_error as "blockingError": Option<Value>,
    }

    /// The limit of rounds.
    pub struct MaxTurns: "type" = "max_turns_reached" {
        /// The limit.
        max_turns as "maxTurns": Option<u64>,
        /// How many there were.
        turn_count as "turnCount": Option<u64>,
    }

    /// The answer by the given schema.
    pub struct StructuredOutput: "type" = "structured_output" {
        /// The answer.
        data: Option<Value>,
    }

    /// How much may still be spent.
    pub struct Budget: "type" = "budget_usd" {
        /// What was spent.
        used: Option<Number>,
        /// What may be spent.
        total: Option<Number>,
        /// What is left.
        remaining: Option<Number>,
    }

    /// The mode in which a classifier decides.
    pub struct AutoMode: "type" = "auto_mode" {
        /// Whether nothing is asked.
        bypass: Option<Value>,
    }

    /// The mode in which nothing changes.
    pub struct PlanMode: "type" = "plan_mode" {
        /// How much is said of it.
        reminder_type as "reminderType": Option<String>,
        /// Whether a subagent is told.
        sub_agent as "isSubAgent": Option<bool>,
        /// The plan's file.
        plan_file_path as "planFilePath": Option<String>,
        /// Whether there is a plan.
        plan_exists as "planExists": Option<bool>,
    }

    /// Tools that a command may use.
    pub struct CommandPermissions: "type" = "command_permissions" {
        /// The tools.
        allowed_tools as "allowedTools": Option<Vec<String>>,
        /// The model.
        model: Option<String>,
    }

    /// A reminder.
    pub struct Reminder {
        /// Of what.
        kind as "type": Option<String>,
        /// The text.
        text: Option<String>,
    }

    /// A command that is not known goes to the model.
    pub struct UnknownCommand: "type" = "unknown_command_fallback" {
        /// The command.
        command: Option<String>,
    }
}
