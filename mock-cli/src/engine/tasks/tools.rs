//! The tools that look at tasks and stop them.

use super::State;
use crate::engine::Engine;
use crate::engine::tools::Done;
use crate::process::Quit;
use crate::profile::BackgroundEnd;
use crate::protocol::tools as input;
use serde_json::{Value, json};
use std::time::Instant;

impl Engine {
    /// Why there is no task that a call speaks of.
    pub(in crate::engine) fn unknown_task(&self, tool: &str, input: &Value) -> Option<Done> {
        let asked = input::Task::at(input);
        let needed = match tool {
            "TaskOutput" => "Task ID is required",
            "TaskStop" => "Missing required parameter: task_id",
            _ => return None,
        };
        let said = match asked.id() {
            "" => needed.to_owned(),
            id if self.background.all.iter().any(|task| task.id == id) => return None,
            id => format!("No task found with ID: {id}"),
        };
        Some(Done::uncalled(&said, format!("Error: {said}")))
    }

    /// `TaskOutput`: waits for a task, and says what it has written.
    pub(in crate::engine) fn task_output(&mut self, input: &Value) -> Result<Done, Quit> {
        let asked = input::Task::at(input);
        let id = asked.id().to_owned();
        if !self.background.all.iter().any(|t| t.id == id) {
            return Ok(Done::error(&format!("No task found with ID: {id}")));
        }
        let waits = asked.block != Some(false);
        if waits {
            let limit = asked.timeout.and_then(|limit| limit.as_u64());
            let limit = std::time::Duration::from_millis(limit.unwrap_or(30_000));
            let begun = Instant::now();
            while self.is_running(&id) && begun.elapsed() < limit && !self.pump()? {
                if let Some(arrival) = self
                    .setup
                    .inbox
                    .wait("tool", Some(limit.saturating_sub(begun.elapsed())))
                {
                    self.handle(arrival)?;
                }
            }
        } else {
            self.pump()?;
        }
        let Some(task) = self.background.all.iter().find(|t| t.id == id) else {
            return Ok(Done::error(&format!("No task found with ID: {id}")));
        };
        let (status, output) = (task.status(), task.said());
        let ready = if status != "running" {
            "success"
        } else if !waits {
            "not_ready"
        } else {
            "timeout"
        };
        let code = match task.state {
            State::Ended(code) => Some(code),
            State::Running | State::Killed => None,
        };
        let code_part = code
            .map(|code| format!("<exit_code>{code}</exit_code>\n\n"))
            .unwrap_or_default();
        let output_part = if output.trim().is_empty() {
            String::new()
        } else {
            format!("\n\n<output>\n{}\n</output>", output.trim_end())
        };
        let said = format!(
            "<retrieval_status>{ready}</retrieval_status>\n\n<task_id>{id}</task_id>\n\n<task_type>local_bash</task_type>\n\n<status>{status}</status>\n\n{code_part}"
        );
        let said = format!("{}{output_part}", said.trim_end());
        let structured = json!({"retrieval_status": ready, "task": {
            "task_id": id, "task_type": "local_bash", "status": status, "description": task.description,
            "output": output, "exitCode": code,
        }});
        Ok(Done::plain(said, structured))
    }

    fn is_running(&self, id: &str) -> bool {
        self.background
            .all
            .iter()
            .any(|t| t.id == id && t.state == State::Running)
    }

    /// `KillShell`, `KillBash` and `TaskStop`.
    pub(in crate::engine) fn kill_task(&mut self, tool: &str, input: &Value) -> Result<Done, Quit> {
        let id = ["shell_id", "task_id", "bash_id"]
            .iter()
            .find_map(|key| input[*key].as_str());
        let id = id.unwrap_or_default().to_owned();
        let kind = if tool == "TaskStop" { "task" } else { "shell" };
        // A session of the oldest version forgets its commands with each request.
        let forgets = self.setup.profile.behaviour.background_end == BackgroundEnd::Left;
        let task = self.background.all.iter().find(|t| t.id == id && !forgets);
        let Some(task) = task else {
            return Ok(Done::error(&format!("No {kind} found with ID: {id}")));
        };
        let (status, command) = (task.status(), task.command.clone());
        if status != "running" {
            let what = if kind == "task" { "Task" } else { "Shell" };
            return Ok(Done::failed(&format!(
                "{what} {id} is not running, so cannot be killed (status: {status})"
            )));
        }
        self.stop_task(&id)?;
        let structured = if kind == "task" {
            let message = format!("Successfully stopped task: {id} ({command})");
            json!({"message": message, "task_id": id, "task_type": "local_bash", "command": command})
        } else {
            json!({"message": format!("Successfully killed shell: {id} ({command})"), "shell_id": id})
        };
        Ok(Done::plain(structured.to_string(), structured))
    }
}
