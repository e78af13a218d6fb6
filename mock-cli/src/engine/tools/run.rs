//! The tools that run inside of the stand-in itself.

use super::{Done, ToolCall, files, search};
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
        self.keep_file(call);
        let path = input::File::at(&call.input).file_path.unwrap_or_default();
        let done = match call.name.as_str() {
            "Read" => files::read(profile, &call.input, &cwd),
            "Write" => files::write(profile, &call.input, &cwd),
            "Glob" => search::glob(profile, &call.input, &cwd),
            "Grep" => search::grep(profile, &call.input, &cwd),
            "ExitPlanMode" => self.leave_plan_mode()?,
            "Skill" => self.launch_skill(&call.input),
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

    /// Ends plan mode: the mode from before holds again.
    fn leave_plan_mode(&mut self) -> Result<Done, Quit> {
        let setup = &self.setup;
        let mode = match setup.options.named_mode() {
            Some("plan") | None => "default",
            Some(mode) => mode,
        };
        self.permissions.mode = mode.to_owned();
        if setup.profile.behaviour.hooks > 2 {
            let vars = self.vars();
            self.emit("mode_changed", &vars)?;
        }
        self.name_plan("");
        let setup = &self.setup;
        let plan = setup.session.recorder.plan().unwrap_or_default();
        let file = setup
            .home
            .config_dir
            .join("plans")
            .join(format!("{plan}.md"));
        let structured =
            json!({"plan": null, "isAgent": false, "filePath": file.to_string_lossy()});
        Ok(Done {
            shape: super::Shape::Answer,
            ..Done::plain(setup.profile.text("plan_left"), structured)
        })
    }

    /// Begins a skill: its text follows the result.
    fn launch_skill(&self, input: &Value) -> Done {
        let name = input::Skill::at(input).skill.unwrap_or_default();
        match self.setup.own.skill(&name) {
            Some(_) => Done {
                shape: super::Shape::Launched,
                ..Done::plain(
                    format!("Launching skill: {name}"),
                    json!({"success": true, "commandName": name}),
                )
            },
            None => Done::error(&format!("Unknown skill: {name}")),
        }
    }

    /// Tells the text of a skill that begins. True where there is one.
    pub(super) fn tell_skill(&mut self, call: &ToolCall, done: &Done) -> Result<bool, Quit> {
        let name = input::Skill::at(&call.input).skill.unwrap_or_default();
        let skill = self.setup.own.skill(&name);
        let Some((folder, text)) = skill.filter(|_| done.shape == super::Shape::Launched) else {
            return Ok(false);
        };
        let folder = folder.display();
        let said = format!("Base directory for this skill: {folder}\n\n{text}");
        let message = json!({"role": "user", "content": [{"type": "text", "text": said}]});
        let vars = self.vars().with("message", message);
        self.emit("injected", &vars)?;
        Ok(true)
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
