//! The tools that run inside of the stand-in itself.

use super::{Done, ToolCall, files, search, web};
use crate::engine::Engine;
use crate::permissions::Decision;
use crate::process::Quit;
use crate::protocol::notebook::NotebookEdit;
use crate::protocol::tools as input;
use crate::template::Vars;
use crate::transcript::{read_todos, write_todos};
use serde_json::{Value, json};

impl Engine {
    /// Runs a call.
    pub(super) fn run_here(&mut self, call: &ToolCall) -> Result<Done, Quit> {
        let profile = self.setup.profile;
        self.keep_file(call);
        let done = match call.name.as_str() {
            "Read" | "Write" | "Edit" | "MultiEdit" | "NotebookEdit" => self.use_file(call),
            "Glob" | "Grep" => self.search(call),
            "WebFetch" => web::fetch(&call.input),
            "WebSearch" => self.search_web(&call.input),
            "Skill" => self.launch_skill(&call.input)?,
            "ToolSearch" => self.look_up(&call.input),
            "EnterPlanMode" => self.enter_plan()?,
            "ExitPlanMode" => self.exit_plan(call)?,
            "TaskCreate" | "TaskGet" | "TaskList" | "TaskUpdate" => {
                let describes = profile.toolbox.describes_duties;
                let duties = &mut self.tools.duties;
                duties.run(&call.name, &call.input, describes)
            }
            "TodoWrite" => self.write_todos(&call.input),
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
        Ok(done)
    }

    /// Where the tools that work on files do so.
    fn place(&self) -> files::Place<'_> {
        files::Place {
            profile: self.setup.profile,
            cwd: &self.setup.cwd,
            known: &self.tools.known_files,
        }
    }

    /// What keeps a call from running, before anybody is asked.
    pub(super) fn objection(&self, call: &ToolCall) -> Option<Done> {
        let (name, input) = (call.name.as_str(), &call.input);
        let (profile, cwd) = (self.setup.profile, &self.setup.cwd);
        files::objection(self.place(), name, input)
            .or_else(|| self.may_not_read(call))
            .or_else(|| search::objection(profile, name, input, cwd))
            .or_else(|| web::objection(name, input))
            .or_else(|| self.unknown_skill(name, input))
            .or_else(|| self.cannot_exit(call))
            .or_else(|| self.unknown_task(name, input))
    }

    /// A file that nobody has read is changed only where it may be read (seen on 2.1.330).
    fn may_not_read(&self, call: &ToolCall) -> Option<Done> {
        let path = input::File::at(&call.input).file_path?;
        let file = files::full(&self.setup.cwd, &path);
        let changes = matches!(call.name.as_str(), "Write" | "Edit");
        if !changes || !file.is_file() || self.tools.known_files.has(&file) {
            return None;
        }
        let read = ToolCall {
            name: "Read".into(),
            input: json!({"file_path": path}),
            ..call.clone()
        };
        let read = self.decide(&self.located(&read));
        let may = matches!(read, Decision::Allow(_) | Decision::Granted(_));
        (!may).then(files::unread)
    }

    /// Runs a tool that finds files.
    fn search(&self, call: &ToolCall) -> Done {
        let (profile, cwd) = (self.setup.profile, &self.setup.cwd);
        match search::missing(profile, &call.name, &call.input, cwd) {
            Some(missing) => missing,
            None if call.name == "Glob" => search::glob(profile, &call.input, cwd),
            None => search::grep(profile, &call.input, cwd),
        }
    }

    /// Runs a tool that works on a file.
    fn use_file(&mut self, call: &ToolCall) -> Done {
        let input = &call.input;
        let place = files::Place {
            profile: self.setup.profile,
            cwd: &self.setup.cwd,
            known: &self.tools.known_files,
        };
        let (done, seen) = match call.name.as_str() {
            "Read" => files::read(place, input),
            "Write" => files::write(place, input),
            "Edit" => files::edit(place, input),
            "MultiEdit" => files::multi_edit(place, input),
            _ => files::edit_notebook(place, input, &mut self.setup.ids),
        };
        let file = input::File::at(input).file_path;
        let path = file.or_else(|| NotebookEdit::at(input).path);
        if let (Some(path), Some(by)) = (path, seen) {
            let file = files::full(&self.setup.cwd, &path);
            self.tools.known_files.see(&file, by);
        }
        done
    }

    /// Keeps the model's list of what is to be done.
    fn write_todos(&mut self, input: &Value) -> Done {
        let setup = &self.setup;
        let old = read_todos(&setup.home, &setup.session.id);
        let todos = input::Todos::at(input).todos.unwrap_or_default();
        let structured = json!({"oldTodos": old, "newTodos": todos});
        // A list of which all is done is none.
        let is_done = |todo: &Value| input::Duty::at(todo).status.as_deref() == Some("completed");
        let all_done = todos
            .as_array()
            .is_some_and(|list| list.iter().all(is_done));
        let kept = if all_done { json!([]) } else { todos };
        // As with all files: what cannot be written is lost without a word.
        let _ = write_todos(&setup.home, setup.profile, &setup.session.id, &kept);
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
