//! Hooks: what they get, what they answer, what their exit code means, how they are configured.

mod config;
mod input;
mod output;

pub use config::{Command, Matcher, configured};
pub use input::{
    ConfigChange, CwdChanged, DirectoryAdded, Effort, Elicitation, ElicitationResult, FileChanged,
    Input, InstructionsLoaded, MessageDisplay, ModelSwitch, Notification, PermissionDenied,
    PermissionRequest, PostCompact, PostToolBatch, PostToolUse, PostToolUseFailure, PreCompact,
    PreToolUse, SessionEnd, SessionStart, Setup, Stop, StopFailure, SubagentStart, SubagentStop,
    Task, TeammateIdle, UserPromptExpansion, UserPromptSubmit, WorktreeCreate, WorktreeRemove,
};
pub use output::{Decision, ExitMeaning, Output, PermissionVerdict, RequestDecision, Specific};

use super::wire::words;

words! {
    /// When a hook runs.
    pub enum Event {
        /// Before a tool runs.
        PreToolUse = "PreToolUse",
        /// After a tool ran.
        PostToolUse = "PostToolUse",
        /// After a tool failed.
        PostToolUseFailure = "PostToolUseFailure",
        /// After all tools of a message.
        PostToolBatch = "PostToolBatch",
        /// When the user's attention is wanted.
        Notification = "Notification",
        /// When a prompt came.
        UserPromptSubmit = "UserPromptSubmit",
        /// When a command became a prompt.
        UserPromptExpansion = "UserPromptExpansion",
        /// When a session begins or goes on.
        SessionStart = "SessionStart",
        /// When a session is over.
        SessionEnd = "SessionEnd",
        /// When a turn is to end.
        Stop = "Stop",
        /// When a turn ended with an error.
        StopFailure = "StopFailure",
        /// When a subagent begins.
        SubagentStart = "SubagentStart",
        /// When a subagent is to end.
        SubagentStop = "SubagentStop",
        /// Before the conversation is summed up.
        PreCompact = "PreCompact",
        /// After it was.
        PostCompact = "PostCompact",
        /// Before another model is asked.
        PreModelSwitch = "PreModelSwitch",
        /// After that.
        PostModelSwitch = "PostModelSwitch",
        /// When somebody is to be asked for permission.
        PermissionRequest = "PermissionRequest",
        /// When a call was not allowed.
        PermissionDenied = "PermissionDenied",
        /// When a project is set up.
        Setup = "Setup",
        /// When a teammate has nothing to do.
        TeammateIdle = "TeammateIdle",
        /// When a task was written down.
        TaskCreated = "TaskCreated",
        /// When a task is done.
        TaskCompleted = "TaskCompleted",
        /// When a server asks the user.
        Elicitation = "Elicitation",
        /// When the user has answered.
        ElicitationResult = "ElicitationResult",
        /// When settings have changed.
        ConfigChange = "ConfigChange",
        /// When a worktree is wanted.
        WorktreeCreate = "WorktreeCreate",
        /// When a worktree goes.
        WorktreeRemove = "WorktreeRemove",
        /// When instructions were read.
        InstructionsLoaded = "InstructionsLoaded",
        /// When the working directory has changed.
        CwdChanged = "CwdChanged",
        /// When a file has changed.
        FileChanged = "FileChanged",
        /// When a working directory came.
        DirectoryAdded = "DirectoryAdded",
        /// When a piece of a message is shown.
        MessageDisplay = "MessageDisplay",
    }
}
