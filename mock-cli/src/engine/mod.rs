//! The engine: prompts in, messages out, one user turn after another.

mod agents;
mod answer;
mod ask;
mod blocks;
mod checkpoints;
mod control;
mod conversation;
mod cost;
mod events;
mod failure;
mod fallback;
mod hooks;
mod inform;
mod init;
mod inject;
mod input;
mod intake;
mod keep;
mod limits;
mod local;
mod login;
mod mcp;
mod mentions;
mod message;
mod misbehave;
mod model;
mod output;
mod overflow;
mod own;
mod queue;
mod record;
mod request;
mod reset;
mod result;
mod rounds;
mod side;
mod slash;
mod spent;
mod switch;
mod tasks;
mod tools;
mod turn;

pub(crate) use answer::Api;
pub(crate) use input::Prompt;
pub(crate) use login::Login;
pub(crate) use mcp::{Checked, check_config, reach_server, with_files};
pub(crate) use output::Out;
pub(crate) use own::Own;

use crate::argv::Options;
use crate::clock::Clock;
use crate::faults::CallFaults;
use crate::ids::Ids;
use crate::ledger::{Claims, Ledger};
use crate::memory::Memory;
use crate::process::{EX_SCRIPT, Ending, Inbox, Quit, complain};
use crate::profile::Profile;
use crate::protocol::api::Message;
use crate::script::{ApiError, Script};
use crate::session::Session;
use crate::settings::{Places, Settings};
use crate::startup::Startup;
use crate::template::{Vars, render};
use crate::time;
use crate::transcript::{Home, append, write_debug};
use agents::Agents;
use control::Control;
use conversation::Conversation;
use hooks::Hooks;
use mcp::Servers;
use model::Model;
use queue::Queue;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tools::{Gate, Runner};

/// What is said for the user after a stream broke off. (Our own words: the real ones are a prompt.)
const RESUME_STREAM: &str = "[The previous response was cut off. Please continue.]";
/// Marks an answer that such a message follows.
const RESUMED: &str = "resumed";
/// What is said for the user after an answer that reached a limit.
const CONTINUE: &str = "[The previous response reached its limit. Please continue.]";
/// What is said for the user after a refusal.
const REFUSED: &str =
    "[The previous response was stopped. Please answer without what was withheld.]";

/// What the model is told of commands that it did not get. (Our own words.)
const CAVEAT: &str = "<local-command-caveat>This was run for the user. What it said is not for the model.</local-command-caveat>";

/// What the engine is given.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) profile: &'static Profile,
    pub(crate) options: Options,
    pub(crate) argv: Vec<String>,
    pub(crate) script: Option<Script>,
    /// The model's turns, where the script gives them request by request.
    pub(crate) api: Option<Api>,
    pub(crate) claims: Claims,
    /// How far the conversation is in its script.
    pub(crate) memory: Memory,
    /// The number of this call in the ledger; 0 without one.
    pub(crate) call: u32,
    /// What is wrong with this call.
    pub(crate) faults: CallFaults,
    pub(crate) gates: Option<PathBuf>,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) ledger: Ledger,
    pub(crate) ending: Ending,
    pub(crate) inbox: Inbox,
    pub(crate) out: Out,
    pub(crate) startup: Startup,
    pub(crate) home: Home,
    pub(crate) cwd: PathBuf,
    pub(crate) session: Session,
    pub(crate) settings: Settings,
    /// The commands, skills and agents of the user's own.
    pub(crate) own: Own,
    /// The MCP servers that the command line names.
    pub(crate) servers: Checked,
}

impl Setup {
    /// Where settings are looked for.
    pub(crate) fn places(&self) -> Places<'_> {
        Places::new(&self.home, &self.cwd)
    }
}

/// Why a turn is to stop early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Halt {
    /// An `interrupt` request: the session goes on.
    Request,
    /// SIGINT: the process ends after the turn's last lines.
    Signal,
}

/// The state of a run: one owner for each part of it.
#[derive(Debug)]
pub(crate) struct Engine {
    setup: Setup,
    progress: Progress,
    queue: Queue,
    control: Control,
    model: Model,
    tools: Runner,
    permissions: Gate,
    hooks: Hooks,
    mcp: Servers,
    agents: Agents,
    background: tasks::Tasks,
    conversation: Conversation,
}

/// How far the run is.
#[derive(Debug)]
struct Progress {
    started: Instant,
    started_ms: u64,
    in_turn: bool,
    /// Turns that began.
    turns: u64,
    /// Results that were written.
    results: u64,
    /// How often the model refused.
    refused: u32,
    /// Why the turn is to stop.
    halt: Option<Halt>,
    /// What is said since the script had no answer.
    lacking: Option<ApiError>,
    /// Whether the helper that gives a key was run.
    key_asked: bool,
    /// What was told last of what is left of a subscription.
    limits: Option<crate::protocol::stream::Limits>,
}

impl Progress {
    fn new(started_ms: u64) -> Progress {
        Progress {
            started: Instant::now(),
            started_ms,
            in_turn: false,
            turns: 0,
            results: 0,
            refused: 0,
            halt: None,
            lacking: None,
            key_asked: false,
            limits: None,
        }
    }
}

impl Engine {
    pub(crate) fn new(mut setup: Setup) -> Self {
        let mut hooks = setup.settings.hooks();
        hooks.extend(setup.plugin_hooks());
        let started_ms = time::now_ms();
        let variable = |name: &str| setup.settings.var(name);
        let written: Vec<Value> = setup
            .settings
            .written()
            .map(|(_, one)| one.clone())
            .collect();
        let login = Login::of(variable, &written, &setup.home);
        Engine {
            progress: Progress::new(started_ms),
            queue: Queue::default(),
            control: Control::default(),
            tools: Runner::new(&setup),
            permissions: Gate::new(&setup),
            hooks: Hooks::new(&hooks, setup.profile.behaviour.hooks),
            mcp: Servers::start(&setup, started_ms),
            agents: Agents::default(),
            background: tasks::Tasks::default(),
            conversation: Conversation::new(setup.session.messages),
            model: Model::new(&mut setup, login),
            setup,
        }
    }

    /// Runs one prompt to its end.
    pub(crate) fn run_prompt(&mut self, prompt: &str) -> Result<(), Quit> {
        self.await_servers(false)?;
        let prompt = Prompt::new(Message::user(prompt));
        self.keep_waiting(&prompt);
        self.turn(vec![prompt])?;
        while let Some(news) = self.news_at_rest()? {
            self.turn(vec![news])?;
        }
        self.finish()
    }

    /// There is no prompt: all that is done is what happens beside a first turn.
    pub(crate) fn run_nothing(&mut self) -> Result<(), Quit> {
        self.await_servers(false)?;
        self.warm_up()
    }

    /// Runs what comes on stdin, until it ends and all of it is answered.
    pub(crate) fn run_stream(&mut self) -> Result<(), Quit> {
        if !self.setup.profile.mcp.answers_at_start {
            self.await_servers(true)?;
        }
        self.greet_at_start()?;
        loop {
            // A turn that waits for a server of the client starts before what that has to say comes in.
            while (self.mcp.handshakes.is_empty() || self.queue.prompts.is_empty())
                && let Some(arrival) = self.setup.inbox.now()
            {
                self.handle(arrival)?;
            }
            if let Some(first) = self.queue.prompts.pop_front() {
                self.turn(vec![first])?;
                self.merged_turn()?;
            } else if let Some(news) = self.next_news() {
                self.turn(vec![news])?;
            } else if self.run_waiting_agent()? {
            } else if self.queue.input_ended {
                match self.news_at_rest()? {
                    Some(news) => self.turn(vec![news])?,
                    None if self.queue.prompts.is_empty() => return self.finish(),
                    None => {}
                }
            } else if let Some(arrival) = self.setup.inbox.wait("stdin", None) {
                self.handle(arrival)?;
            }
        }
    }

    /// Where the version does so: all prompts that wait at the end of a turn make the next one.
    fn merged_turn(&mut self) -> Result<(), Quit> {
        while self.setup.profile.behaviour.merge_queued {
            self.pump()?;
            if self.queue.prompts.is_empty() {
                break;
            }
            let prompts = self.queue.prompts.drain(..).collect();
            self.turn(prompts)?;
        }
        Ok(())
    }

    /// The end: what is written last, and the exit code of the last result.
    fn finish(&mut self) -> Result<(), Quit> {
        self.tell_end()?;
        if self.progress.turns > 0 {
            let totals = self.totals();
            self.setup.session.recorder.process_ended(totals);
            self.save();
        } else {
            let _ = write_debug(&self.setup.home, self.setup.profile, &self.setup.session.id);
        }
        self.close_servers();
        self.setup.out.finish()?;
        self.setup.ending.tidy();
        let code = if let Some(code) = self.tools.terminated {
            code
        } else if self.progress.halt == Some(Halt::Signal) {
            0
        } else if self.progress.lacking.is_some() {
            EX_SCRIPT
        } else {
            i32::from(self.setup.out.failed())
        };
        Err(Quit(code))
    }

    /// What the session has come to, as its transcript ends with it.
    fn totals(&self) -> Vars {
        Vars::new()
            .with("total_cost_usd", self.model.costs.total())
            .with("duration_api_ms", millis(self.model.api_time))
            .with("duration_ms", millis(self.progress.started.elapsed()))
            .with("start_ms", self.progress.started_ms)
            .with("cost_usage", self.model.costs.kept())
            .with(
                "unknown_cost",
                self.model.costs.has_unknown(&self.setup.profile.models),
            )
    }

    /// Appends what the recorder has to the transcript. A transcript that cannot be written is lost without a
    /// word.
    fn save(&mut self) {
        let _ = self.write_transcript();
    }

    /// The same, in a version that dies of it.
    fn save_or_end(&mut self) -> Result<(), Quit> {
        self.write_transcript().map_err(|_| Quit(1))
    }

    fn write_transcript(&mut self) -> std::io::Result<()> {
        if self.agents.is_speaking() {
            return Ok(());
        }
        let text = self.setup.session.recorder.take();
        let Some(file) = self.setup.session.file.clone().filter(|_| !text.is_empty()) else {
            return Ok(());
        };
        append(&file, self.setup.profile.files.mode, &text)?;
        match self.setup.options.mirror {
            true => self.mirror(&file, &text),
            false => Ok(()),
        }
    }

    /// Tells the client of lines of the transcript.
    fn mirror(&mut self, file: &Path, text: &str) -> std::io::Result<()> {
        let entries: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
        let message = json!({
            "type": "transcript_mirror", "filePath": file.to_string_lossy(), "entries": entries?,
        });
        let told = self.setup.out.message(message);
        told.map_err(|_| std::io::Error::other("nobody hears of it any more"))
    }

    /// Values that most templates need; each message has a uuid of its own.
    fn vars(&mut self) -> Vars {
        Vars::new()
            .with("session_id", self.setup.session.id.as_str())
            .with("uuid", self.setup.ids.uuid())
            .with("timestamp", time::iso(time::now_ms()))
            .with("permission_mode", self.permissions.mode.as_str())
            .with(
                "output_style",
                self.setup.settings.output_style().unwrap_or("default"),
            )
            .with("model", self.model.name.as_str())
            .with("cwd", self.setup.cwd.to_string_lossy().into_owned())
    }

    /// Writes a message from the profile's template of that name; a version without it writes nothing.
    fn emit(&mut self, name: &str, vars: &Vars) -> Result<(), Quit> {
        let template = self.setup.profile.message(name);
        if self.agents.now.is_none() {
            return self.setup.out.template(&template, &[vars]);
        }
        let message = self.as_agent(name, render(&template, vars));
        self.setup.out.message(message)
    }

    /// Notices a model that this version does not know, once.
    fn notice_model(&mut self) {
        let profile = self.setup.profile;
        if profile.behaviour.model_notice
            && !profile.models.knows(&self.model.name)
            && self.model.noticed.insert(self.model.name.clone())
        {
            let model = Value::String(self.model.name.clone());
            complain(&format!(
                "[claude-code:unrecognized_model] {{\"model\":{model},\"query_source\":\"sdk\"}}\n"
            ));
        }
    }
}

/// Whole milliseconds.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
