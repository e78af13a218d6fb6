//! Commands in the background: started, told of, looked at, stopped, and what the end of a run makes of them
//! (PROTOCOL 9.2).

mod tools;

use super::tools::{Done, Running, ToolCall};
use super::{Engine, Prompt};
use crate::engine::tools::{amend, rounded};
use crate::process::Quit;
use crate::profile::BackgroundEnd;
use crate::protocol::api::Message;
use crate::template::{Vars, text};
use crate::time;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Instant;

/// How long a run waits for its commands where it does not wait for good, in milliseconds.
const GRACE_MS: u64 = 5000;

/// The tasks of a session.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    all: Vec<Task>,
    /// Ends that the model was not told of yet.
    news: VecDeque<News>,
    /// The turn's cause, where a task made it.
    pub(super) origin: Option<Value>,
    /// Whether the version has failed over a task that ended.
    failed: bool,
}

/// An end that the model is to be told of.
#[derive(Debug)]
struct News {
    run: String,
    text: String,
}

/// A task.
#[derive(Debug)]
struct Task {
    id: String,
    run: String,
    call: String,
    description: String,
    command: String,
    job: u64,
    running: Option<Running>,
    output: PathBuf,
    state: State,
}

/// How a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    /// It ended with this code.
    Ended(i32),
    Killed,
}

impl Task {
    fn status(&self) -> &'static str {
        match self.state {
            State::Running => "running",
            State::Ended(0) => "completed",
            State::Ended(_) => "failed",
            State::Killed => "killed",
        }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.output).unwrap_or_default()
    }
}

impl Engine {
    /// Starts a command in the background.
    pub(super) fn start_task(&mut self, call: &ToolCall) -> Result<Done, Quit> {
        let id = self.task_id();
        let output = self.task_file(&id);
        match self.run_into(call, &output) {
            Ok((job, running)) => {
                let task = self.task_of(call, id, job, running, output);
                self.begun(task)
            }
            Err(error) => Ok(Done::failed(&error.to_string())),
        }
    }

    /// Goes on in the background with a command that takes too long.
    pub(super) fn detach(
        &mut self,
        call: &ToolCall,
        job: u64,
        running: Running,
        limit: u64,
    ) -> Result<Done, Quit> {
        let id = self.task_id();
        let output = self.task_file(&id);
        let so_far = running.so_far();
        // What it says from now on is lost: its output was not made to be kept.
        let _ = std::fs::write(&output, &so_far);
        let task = self.task_of(call, id, job, running, output);
        let seconds = rounded(limit);
        let vars = self.task_words(&task).with("s", seconds);
        let template = self.setup.profile.text("moved_to_background");
        let mut done = self.begun(task)?;
        if !template.is_empty() {
            let moved = text(template, &vars);
            done.content = [so_far.trim_end(), &moved]
                .into_iter()
                .filter(|t| !t.is_empty())
                .collect::<Vec<_>>()
                .join("\n")
                .into();
            let so_far = so_far.trim_end().to_owned();
            amend(&mut done, |result| {
                result.stdout = Some(so_far);
                result.timed_out_after = Some(limit);
            });
        }
        Ok(done)
    }

    fn task_of(
        &mut self,
        call: &ToolCall,
        id: String,
        job: u64,
        running: Running,
        output: PathBuf,
    ) -> Task {
        Task {
            id,
            run: format!("0{}-{}", self.setup.ids.word(8), self.setup.ids.hex(8)),
            call: call.id.clone(),
            description: call.command_description(),
            command: call.command(),
            job,
            running: Some(running),
            output,
            state: State::Running,
        }
    }

    /// Tells of a task that has begun.
    fn begun(&mut self, task: Task) -> Result<Done, Quit> {
        let said = text(
            self.setup.profile.text("in_background"),
            &self.task_words(&task),
        );
        let mut done = self.command_result(said, false);
        amend(&mut done, |result| {
            result.stdout = Some(String::new());
            result.task_id = Some(task.id.clone());
        });
        let vars = self
            .vars()
            .with("task_id", task.id.as_str())
            .with("run_id", task.run.as_str())
            .with("tool_use_id", task.call.as_str())
            .with("description", task.description.as_str())
            .with("is_backgrounded", true)
            .with("task_type", "local_bash");
        self.background.all.push(task);
        self.tell_tasks()?;
        self.emit("task_started", &vars)?;
        Ok(done)
    }

    fn task_words(&self, task: &Task) -> Vars {
        Vars::new()
            .with("id", task.id.as_str())
            .with("file", task.output.to_string_lossy().into_owned())
    }

    fn task_id(&mut self) -> String {
        let ids = &mut self.setup.ids;
        match self.setup.profile.behaviour.background_end {
            BackgroundEnd::Left => ids.hex(6),
            BackgroundEnd::Killed => format!("b{}", ids.hex(6)),
            BackgroundEnd::Grace | BackgroundEnd::Awaited => format!("b{}", ids.word(8)),
        }
    }

    /// Where the output of a task goes.
    pub(super) fn task_file(&self, id: &str) -> PathBuf {
        let setup = &self.setup;
        let project =
            crate::transcript::directory_name(&setup.cwd, setup.profile.behaviour.directory_names);
        let uid = rustix::process::getuid().as_raw();
        let vars = Vars::new()
            .with("uid", uid)
            .with("project", project)
            .with("session", setup.session.id.as_str())
            .with("id", id);
        let temporary = std::env::temp_dir();
        temporary.join(text(setup.profile.text("task_file"), &vars))
    }

    /// The tasks that run, where the version tells of them.
    pub(super) fn tell_tasks(&mut self) -> Result<(), Quit> {
        let shown = |task: &Task| json!({"task_id": task.id, "run_id": task.run, "task_type": "local_bash", "description": task.description});
        let running = self
            .background
            .all
            .iter()
            .filter(|t| t.state == State::Running);
        let mut tasks: Vec<Value> = self.agents_running();
        tasks.extend(running.map(shown));
        let vars = self.vars().with("tasks", tasks);
        self.emit("background_tasks", &vars)
    }

    /// Takes the end of a command, if it is a task's.
    pub(super) fn task_ended(&mut self, job: u64, code: i32) -> Result<bool, Quit> {
        let Some(task) = self.background.all.iter_mut().find(|t| t.job == job) else {
            return Ok(false);
        };
        if task.state == State::Running {
            task.state = State::Ended(code);
        }
        if let Some(running) = task.running.take() {
            self.setup.ending.has_ended(running.group());
        }
        if task.state == State::Killed {
            // It was told of when it was stopped.
            return Ok(true);
        }
        let (id, status) = (task.id.clone(), task.status());
        let end = if status == "completed" {
            format!("completed (exit code {code})")
        } else {
            format!("failed with exit code {code}")
        };
        let summary = format!("Background command \"{}\" {end}", task.description);
        self.tell_task_end(&id, status, status, &summary)?;
        Ok(true)
    }

    fn tell_task_end(
        &mut self,
        id: &str,
        status: &str,
        told: &str,
        summary: &str,
    ) -> Result<(), Quit> {
        let Some(task) = self.background.all.iter().find(|t| t.id == id) else {
            return Ok(());
        };
        let (run, call) = (task.run.clone(), task.call.clone());
        let file = task.output.to_string_lossy().into_owned();
        let news = format!(
            "<task-notification>\n<task-id>{id}</task-id>\n<tool-use-id>{call}</tool-use-id>\n<output-file>{file}</output-file>\n<status>{told}</status>\n<summary>{summary}</summary>\n</task-notification>"
        );
        let vars = |vars: Vars| vars.with("task_id", id).with("run_id", run.as_str());
        let updated = vars(self.vars())
            .with("status", status)
            .with("end_time", time::now_ms());
        self.emit("task_updated", &updated)?;
        let notified = vars(self.vars())
            .with("tool_use_id", call)
            .with("status", told)
            .with("output_file", file)
            .with("summary", summary);
        self.emit("task_notification", &notified)?;
        self.tell_tasks()?;
        self.news(run, news);
        Ok(())
    }

    /// Notes an end that the model is to be told of with its next request.
    pub(super) fn news(&mut self, run: String, text: String) {
        let vars = Vars::new().with("prompt", text.as_str());
        self.keep_beside("enqueue", &vars);
        self.background.news.push_back(News { run, text });
    }

    /// Whether there is an end that the model was not told of.
    pub(super) fn has_news(&self) -> bool {
        !self.background.news.is_empty()
    }

    /// The model is asked: what has ended is told with that.
    pub(super) fn news_told(&mut self) {
        for news in std::mem::take(&mut self.background.news) {
            let uuid = self.setup.ids.uuid();
            self.keep_taken(&news.text, "task-notification", Some(uuid));
        }
    }

    /// The prompt that tells of an end, where no request did.
    pub(super) fn next_news(&mut self) -> Option<Prompt> {
        // Nobody is asked any more where the process was told to end.
        let ends = self.tools.terminated.is_some();
        if ends || self.setup.profile.message("task_updated").is_null() {
            return None;
        }
        let news = self.background.news.pop_front()?;
        self.background.news.clear();
        self.background.origin = Some(
            json!({"kind": "task-notification", "producer": "session-task", "runId": news.run}),
        );
        Some(Prompt::new(Message::user(&news.text)))
    }

    /// The prompt that tells of what ended after the last turn, once that is known.
    pub(super) fn news_at_rest(&mut self) -> Result<Option<Prompt>, Quit> {
        if self.has_news() || self.run_waiting_agent()? || self.linger()? {
            return Ok(self.next_news());
        }
        Ok(None)
    }

    /// What remains to be done with tasks before the run can end. True where there is news for the model.
    pub(super) fn linger(&mut self) -> Result<bool, Quit> {
        let policy = self.setup.profile.behaviour.background_end;
        let limit = match policy {
            BackgroundEnd::Left => return Ok(false),
            BackgroundEnd::Killed => {
                self.kill_tasks();
                return self.fail_over_ended();
            }
            BackgroundEnd::Grace => Some(self.setup.clock.wait(GRACE_MS)),
            BackgroundEnd::Awaited => None,
        };
        let begun = Instant::now();
        while self.background.news.is_empty() && self.has_running_tasks() {
            let left = limit.map(|limit| limit.saturating_sub(begun.elapsed()));
            match self.setup.inbox.wait("tool", left) {
                Some(arrival) => self.handle(arrival)?,
                None => {
                    self.stop_all()?;
                    return Ok(false);
                }
            }
        }
        Ok(!self.background.news.is_empty())
    }

    fn has_running_tasks(&self) -> bool {
        self.background
            .all
            .iter()
            .any(|t| t.state == State::Running)
    }

    /// Stops what still runs, and tells of it.
    fn stop_all(&mut self) -> Result<(), Quit> {
        let running = self
            .background
            .all
            .iter()
            .filter(|t| t.state == State::Running);
        let ids: Vec<String> = running.map(|t| t.id.clone()).collect();
        for id in ids {
            self.stop_task(&id)?;
        }
        self.background.news.clear();
        Ok(())
    }

    /// Stops a task. False where there is none that runs.
    pub(super) fn stop_task(&mut self, id: &str) -> Result<bool, Quit> {
        let found = self
            .background
            .all
            .iter_mut()
            .find(|t| t.id == id && t.state == State::Running);
        let Some(task) = found else {
            return Ok(false);
        };
        task.state = State::Killed;
        if let Some(running) = task.running.take() {
            self.setup.ending.kill(running.group());
        }
        let summary = format!("Background command \"{}\" was stopped", task.description);
        self.tell_task_end(id, "killed", "stopped", &summary)?;
        Ok(true)
    }

    /// Stops a task for the client, which tells the model itself if it wants to.
    pub(super) fn stop_for_client(&mut self, id: &str) -> Result<(), Quit> {
        let before = self.background.news.len();
        self.stop_task(id)?;
        self.background.news.truncate(before);
        Ok(())
    }

    /// Kills what still runs, without a word.
    fn kill_tasks(&mut self) {
        for task in &mut self.background.all {
            if let Some(running) = task.running.take() {
                self.setup.ending.kill(running.group());
            }
        }
    }

    /// One version fails where a task has ended before the run did.
    fn fail_over_ended(&mut self) -> Result<bool, Quit> {
        let ended = self
            .background
            .all
            .iter()
            .any(|t| t.state != State::Running);
        if !ended || std::mem::replace(&mut self.background.failed, true) {
            return Ok(false);
        }
        let text = "only prompt commands are supported in streaming mode";
        let usage = crate::template::render(
            &self.setup.profile.message("usage"),
            &crate::turn::Usage::ZERO.vars(Vars::new()),
        );
        let vars = self
            .vars()
            .with("subtype", "error_during_execution")
            .with("is_error", true)
            .with("errors", vec![text])
            .with("num_turns", 0)
            .with("duration_ms", 0)
            .with("duration_api_ms", 0)
            .with("total_cost_usd", 0)
            .with("usage", usage)
            .with("model_usage", json!({}))
            .with("permission_denials", Vec::<Value>::new());
        self.result("result_error", &vars)?;
        Ok(false)
    }
}
