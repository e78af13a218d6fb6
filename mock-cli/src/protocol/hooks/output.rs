//! What a hook answers, and what its exit code means.

use crate::protocol::rules::{Behavior, Update};
use crate::protocol::wire::{Nullable, Object, wire, words};
use serde_json::Value;

words! {
    /// What a hook decides, in words that all events know.
    pub enum Decision {
        /// It goes on without asking.
        Approve = "approve",
        /// It does not go on; the reason tells why.
        Block = "block",
    }
}

words! {
    /// What a hook decides on a call.
    pub enum PermissionVerdict {
        /// It runs.
        Allow = "allow",
        /// It does not run.
        Deny = "deny",
        /// Somebody is asked.
        Ask = "ask",
        /// It waits for somebody who is not there.
        Defer = "defer",
    }
}

wire! {
    /// What a hook answers: the JSON on its stdout, or the payload of its callback's answer.
    pub struct Output {
        /// False: nothing goes on after this.
        goes_on as "continue": Option<bool>,
        /// Its stdout is not kept.
        suppress_output as "suppressOutput": Option<bool>,
        /// Why nothing goes on.
        stop_reason as "stopReason": Option<String>,
        /// What it decides.
        decision: Nullable<Decision>,
        /// Why.
        reason: Option<String>,
        /// What the user is told.
        system_message as "systemMessage": Option<String>,
        /// What the terminal is told.
        terminal_sequence as "terminalSequence": Option<String>,
        /// What only its event knows.
        specific as "hookSpecificOutput": Option<Specific>,
        /// It goes on in the background.
        is_async as "async": Option<bool>,
        /// For how long, in milliseconds.
        async_timeout as "asyncTimeout": Option<u64>,
    }

    /// What only one event knows.
    pub struct Specific {
        /// The event.
        event as "hookEventName": Option<super::Event>,
        /// What it decides on a call.
        permission_decision as "permissionDecision": Nullable<PermissionVerdict>,
        /// Why.
        permission_decision_reason as "permissionDecisionReason": Option<String>,
        /// The input that the tool gets.
        updated_input as "updatedInput": Option<Object>,
        /// What the model is told.
        additional_context as "additionalContext": Option<String>,
        /// What the tool is said to have answered.
        updated_tool_output as "updatedToolOutput": Option<Value>,
        /// The same, of tools of MCP servers.
        updated_mcp_tool_output as "updatedMCPToolOutput": Option<Value>,
        /// What is answered in the user's place.
        decision: Option<RequestDecision>,
        /// Whether the model may try again.
        retry: Option<bool>,
        /// The first prompt.
        initial_user_message as "initialUserMessage": Option<String>,
        /// The session's title.
        session_title as "sessionTitle": Option<String>,
        /// Files that are watched.
        watch_paths as "watchPaths": Option<Vec<String>>,
        /// Whether skills are read again.
        reload_skills as "reloadSkills": Option<bool>,
        /// Whether the prompt itself is left out.
        suppress_original_prompt as "suppressOriginalPrompt": Option<bool>,
        /// What the user is shown.
        display_content as "displayContent": Option<String>,
        /// Where the worktree is.
        worktree_path as "worktreePath": Option<String>,
        /// `accept`, `decline` or `cancel`.
        action: Option<String>,
        /// The answer to a server's question.
        content: Option<Object>,
    }

    /// What a hook answers in the user's place.
    pub struct RequestDecision {
        /// Whether the tool may run.
        behavior: Option<Behavior>,
        /// The input that it runs with.
        updated_input as "updatedInput": Nullable<Object>,
        /// Changes that come with it.
        updated_permissions as "updatedPermissions": Nullable<Vec<Update>>,
        /// What the model is told.
        message: Nullable<String>,
        /// Whether the turn ends.
        interrupt: Option<bool>,
    }
}

/// What the exit code of a hook's command means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitMeaning {
    /// It has succeeded: its stdout is its answer.
    Answer,
    /// It blocks: its stderr is the reason.
    Block,
    /// It has failed: that is told, and changes nothing.
    Failure,
}

impl ExitMeaning {
    /// The meaning of a code; None stands for a process that was killed.
    #[must_use]
    pub fn of(code: Option<i32>) -> ExitMeaning {
        match code {
            Some(0) => ExitMeaning::Answer,
            Some(2) => ExitMeaning::Block,
            _ => ExitMeaning::Failure,
        }
    }
}

impl Output {
    /// Reads what a command printed: an object, or None where it is something else.
    #[must_use]
    pub fn parse(stdout: &str) -> Option<Output> {
        serde_json::from_str(stdout).ok()
    }
}
