//! Tasks: subagents and commands in the background.

use crate::protocol::wire::wire;

wire! {
    /// A task begins.
    pub struct TaskStarted: "type" = "system", "subtype" = "task_started" {
        /// The task.
        task_id: Option<String>,
        /// This run of it.
        run_id: Option<String>,
        /// The call that began it.
        tool_use_id: Option<String>,
        /// What it does.
        description: Option<String>,
        /// The subagent's kind.
        subagent_type: Option<String>,
        /// Whether it runs in the background.
        is_backgrounded: Option<bool>,
        /// How deep the subagent is.
        spawn_depth: Option<u64>,
        /// `local_agent` or `local_bash`, for example.
        task_type: Option<String>,
        /// The subagent's prompt.
        prompt: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// A task goes on.
    pub struct TaskProgress: "type" = "system", "subtype" = "task_progress" {
        /// The task.
        task_id: Option<String>,
        /// This run of it.
        run_id: Option<String>,
        /// The call that began it.
        tool_use_id: Option<String>,
        /// What it does.
        description: Option<String>,
        /// The subagent's kind.
        subagent_type: Option<String>,
        /// What it used.
        usage: Option<TaskUsage>,
        /// The tool that it used last.
        last_tool_name: Option<String>,
        /// What it has done.
        summary: Option<String>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// What a task has used.
    pub struct TaskUsage {
        /// Tokens.
        total_tokens: Option<u64>,
        /// Calls of tools.
        tool_uses: Option<u64>,
        /// Time.
        duration_ms: Option<u64>,
    }

    /// A task has changed.
    pub struct TaskUpdated: "type" = "system", "subtype" = "task_updated" {
        /// The task.
        task_id: Option<String>,
        /// This run of it.
        run_id: Option<String>,
        /// What is new.
        patch: Option<TaskPatch>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// What is new of a task.
    pub struct TaskPatch {
        /// How it goes.
        status: Option<String>,
        /// What it does.
        description: Option<String>,
        /// When it ended.
        end_time: Option<u64>,
        /// What went wrong.
        error: Option<String>,
        /// Whether it runs in the background.
        is_backgrounded: Option<bool>,
    }

    /// A task has ended.
    pub struct TaskNotification: "type" = "system", "subtype" = "task_notification" {
        /// The task.
        task_id: Option<String>,
        /// This run of it.
        run_id: Option<String>,
        /// The call that began it.
        tool_use_id: Option<String>,
        /// `completed`, `failed` or `stopped`.
        status: Option<String>,
        /// Why.
        reason: Option<String>,
        /// Where its output is.
        output_file: Option<String>,
        /// What it has done.
        summary: Option<String>,
        /// Whether that is the subagent's own report.
        summary_is_report: Option<bool>,
        /// What it used.
        usage: Option<TaskUsage>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// The tasks in the background.
    pub struct BackgroundTasks: "type" = "system", "subtype" = "background_tasks_changed" {
        /// The tasks.
        tasks: Option<Vec<BackgroundTask>>,
        /// The line's id.
        uuid: Option<String>,
        /// The session.
        session_id: Option<String>,
    }

    /// A task in the background.
    pub struct BackgroundTask {
        /// The task.
        task_id: Option<String>,
        /// This run of it.
        run_id: Option<String>,
        /// `local_agent` or `local_bash`, for example.
        task_type: Option<String>,
        /// The subagent's kind.
        subagent_type: Option<String>,
        /// What it does.
        description: Option<String>,
    }
}
