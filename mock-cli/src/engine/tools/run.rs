//! The tools that run inside of the stand-in itself.

use super::{Done, ToolCall, files};
use crate::engine::Engine;
use crate::process::Quit;
use crate::protocol::tools as input;
use crate::template::Vars;
use crate::transcript::{read_todos, write_todos};
use serde_json::{Value, json};

impl Engine {
    /// Runs a call.
    pub(super) fn run_here(&mut self, call: &ToolCall) -> Result<Done, Quit> {
        let (profile, cwd) = (self.setup.profile, self.setup.cwd.clone());
        let path = input::File::at(&call.input).file_path.unwrap_or_default();
        let done = match call.name.as_str() {
            "Read" => files::read(profile, &call.input, &cwd),
            "Write" => files::write(profile, &call.input, &cwd),
            "TodoWrite" => self.write_todos(&call.input),
            "Edit" => files::edit(profile, &call.input, &cwd, &self.tools.known_files),
            "StructuredOutput" => {
                let done = self.tools.output.take(&call.input);
                if done.shape != super::Shape::Error {
                    let data = Vars::new().with("data", call.input.clone());
                    self.attach("structured_output", data);
                    return Ok(done.keeping("ends_turn", true));
                }
                done
            }
            "AskUserQuestion" => answered(profile, &call.input),
            "Task" | "Agent" => self.start_agent(call)?,
            "TaskOutput" => self.task_output(&call.input)?,
            "BashOutput" => {
                let id = input::Shell::at(&call.input).bash_id.unwrap_or_default();
                Done::error(&format!("No shell found with ID: {id}"))
            }
            "KillShell" | "KillBash" | "TaskStop" => self.kill_task(&call.name, &call.input)?,
            name if name.starts_with("mcp__") => self.call_server(name, &call.input, &call.id)?,
            name => Done::error(&format!(
                "{name} is not available in the stand-in; the script can give its result"
            )),
        };
        if done.shape != super::Shape::Error && !path.is_empty() {
            self.tools.known_files.insert(path);
        }
        Ok(done)
    }

    /// Keeps the model's list of what is to be done.
    fn write_todos(&mut self, input: &Value) -> Done {
        let setup = &self.setup;
        let old = read_todos(&setup.home, &setup.session.id);
        let todos = input::Todos::at(input).todos.unwrap_or_default();
        let structured = json!({"oldTodos": old, "newTodos": todos});
        // As with all files: what cannot be written is lost without a word.
        let _ = write_todos(&setup.home, setup.profile, &setup.session.id, &todos);
        Done::plain(setup.profile.text("todos_done"), structured)
    }
}

/// The answers to questions, which came back in the input.
fn answered(profile: &crate::profile::Profile, input: &Value) -> Done {
    let mut said = profile.text("answered").to_owned();
    let asked = input::Questions::at(input);
    for (question, answer) in asked.answers.iter().flatten() {
        let answer = answer.as_str().unwrap_or_default();
        said += &format!(" \"{question}\"=\"{answer}\".");
    }
    said += profile.text("answered_end");
    let structured = json!({"questions": asked.questions, "answers": asked.answers});
    Done {
        shape: super::Shape::Answer,
        ..Done::plain(said, structured)
    }
}
