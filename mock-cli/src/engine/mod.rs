//! The engine: prompts in, messages out, one user turn after another.

mod agents;
mod answer;
mod ask;
mod control;
mod conversation;
mod cost;
mod failure;
mod hooks;
mod inform;
mod input;
mod intake;
mod keep;
mod local;
mod mcp;
mod message;
mod misbehave;
mod output;
mod record;
mod request;
mod result;
mod rounds;
mod side;
mod slash;
mod tasks;
mod tools;
mod turn;

pub(crate) use answer::Api;
pub(crate) use cost::Costs;
pub(crate) use input::Prompt;
pub(crate) use mcp::check_config;
pub(crate) use output::Out;

use crate::argv::Options;
use crate::clock::Clock;
use crate::faults::{CallFaults, Handshake};
use crate::ids::Ids;
use crate::ledger::{Claims, Ledger};
use crate::process::{Ending, Inbox, Quit, complain};
use crate::profile::Profile;
use crate::script::Script;
use crate::session::Session;
use crate::startup::Startup;
use crate::template::{Vars, render};
use crate::time;
use crate::transcript::{Home, append, write_debug};
use hooks::{Hook, hooks_of};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tools::{Asked, Permissions};

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
}

/// Why a turn is to stop early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Halt {
    /// An `interrupt` request: the session goes on.
    Request,
    /// SIGINT: the process ends after the turn's last lines.
    Signal,
}

/// The state of a run.
#[derive(Debug)]
pub(crate) struct Engine {
    setup: Setup,
    api: Option<Api>,
    permissions: Permissions,
    servers: Vec<mcp::Server>,
    /// Servers of `--mcp-config` that are skipped.
    server_problems: Vec<mcp::Problem>,
    /// Handshakes with servers of the client.
    handshakes: Vec<mcp::Handshake>,
    hooks: Vec<Hook>,
    /// How long the last summary took.
    compacting: Duration,
    /// The command of the user's own that the turn carries out.
    skill: Option<String>,
    /// The MCP server and the tool that were called since the last answer.
    served: Option<(String, String)>,
    /// The model at the beginning of the turn.
    turn_model: String,
    /// What hooks said of the prompt, until it is kept: attachments by name.
    hook_notes: Vec<(&'static str, Vars)>,
    /// What the hooks at the turn's end came to, until it is kept.
    stop_note: Option<Vars>,
    /// Changes of the model that the transcript is still to tell of: what was asked for, the text, its uuid.
    model_notes: Vec<(String, String, String)>,
    /// `--json-schema`.
    schema: Option<Value>,
    /// What the model gave for it in this turn, and how often it was wrong.
    structured: Option<Value>,
    wrong_outputs: u32,
    last_wrong: String,
    /// Agents that the client brought along.
    agents: Vec<String>,
    /// `permission_denials` of the results.
    denials: Vec<Value>,
    /// A question that went out before its turn.
    asked: Option<Asked>,
    /// The request of ours that is waited for.
    pending: Option<String>,
    /// Answers to requests of ours.
    answers: BTreeMap<String, Value>,
    /// How many commands were started.
    jobs: u64,
    running: BTreeMap<u64, tools::Running>,
    ended_jobs: VecDeque<(u64, i32)>,
    in_tool: bool,
    /// Commands that are told of as tasks: the ids of task and run, by call.
    tasks: BTreeMap<String, (String, String)>,
    /// Subagents.
    agents_of: agents::Agents,
    /// Commands in the background.
    background: tasks::Tasks,
    /// The folder in which the next command runs.
    shell_cwd: PathBuf,
    /// The exit code of a signal that ends the process after the tool's result.
    terminated: Option<i32>,
    /// Whether a hook wants the turn to end after the tools.
    stop_after: bool,
    /// Requests on the side.
    side: side::Side,
    /// Files whose content the model has seen.
    known_files: BTreeSet<String>,
    model: String,
    /// The model from the next turn on.
    next_model: Option<String>,
    mode: String,
    costs: Costs,
    unreported: Costs,
    queue: VecDeque<Prompt>,
    seen: BTreeSet<String>,
    input_ended: bool,
    in_turn: bool,
    initialized: bool,
    turns: u64,
    results: u64,
    /// How many tokens the last answer and what led to it came to.
    context_tokens: u64,
    /// Messages of the whole conversation, for versions that count turns by them.
    lines: usize,
    /// Messages of this turn alone.
    passing_lines: usize,
    /// What hooks have added to the conversation.
    contexts: Vec<String>,
    replays: usize,
    noticed: BTreeSet<String>,
    halt: Option<Halt>,
    started: Instant,
    started_ms: u64,
    api_time: Duration,
    /// How many requests were billed, and the last of them.
    requests_made: u64,
    last_billed: Option<(Instant, crate::turn::Usage)>,
    /// How the control request in hand is answered.
    answers_requests: Handshake,
}

impl Engine {
    pub(crate) fn new(mut setup: Setup) -> Self {
        let models = &setup.profile.models;
        let named = setup.options.model.clone();
        let named = named.or_else(|| {
            std::env::var("ANTHROPIC_MODEL")
                .ok()
                .filter(|m| !m.is_empty())
        });
        let named = named.or_else(|| {
            let settings = crate::settings::all(&setup.options, &setup.home, &setup.cwd);
            let last = settings
                .iter()
                .rev()
                .find_map(|s| s["model"].as_str().map(str::to_owned));
            last.filter(|m| !m.is_empty())
        });
        let started_ms = time::now_ms();
        let (servers, server_problems) = mcp::start(&setup, started_ms);
        let model = named.map_or_else(|| default_model(&setup), |m| models.resolve(&m).to_owned());
        Engine {
            api: setup
                .api
                .take()
                .map(|api| api.after(setup.profile.startup_requests)),
            servers,
            server_problems,
            handshakes: Vec::new(),
            schema: setup
                .options
                .json_schema
                .as_deref()
                .and_then(|text| serde_json::from_str(text).ok()),
            structured: None,
            wrong_outputs: 0,
            last_wrong: String::new(),
            hooks: crate::settings::all(&setup.options, &setup.home, &setup.cwd)
                .iter()
                .flat_map(|settings| hooks_of(&settings["hooks"]))
                .collect(),
            compacting: Duration::ZERO,
            skill: None,
            served: None,
            turn_model: model.clone(),
            stop_note: None,
            hook_notes: Vec::new(),
            model_notes: Vec::new(),
            agents: agents_of(setup.options.agents.as_deref()),
            permissions: Permissions::new(&setup.options, &setup.home, &setup.cwd),
            denials: Vec::new(),
            asked: None,
            pending: None,
            answers: BTreeMap::new(),
            jobs: 0,
            running: BTreeMap::new(),
            ended_jobs: VecDeque::new(),
            in_tool: false,
            tasks: BTreeMap::new(),
            agents_of: agents::Agents::default(),
            background: tasks::Tasks::default(),
            shell_cwd: setup.cwd.clone(),
            terminated: None,
            stop_after: false,
            side: side::Side::default(),
            known_files: BTreeSet::new(),
            model,
            next_model: None,
            mode: setup.options.mode().to_owned(),
            costs: setup
                .session
                .cost
                .as_ref()
                .map(Costs::carried_over)
                .unwrap_or_default(),
            unreported: Costs::default(),
            queue: VecDeque::new(),
            seen: BTreeSet::new(),
            input_ended: false,
            in_turn: false,
            initialized: false,
            turns: 0,
            results: 0,
            context_tokens: 0,
            lines: setup.session.messages,
            passing_lines: 0,
            contexts: Vec::new(),
            replays: 0,
            noticed: BTreeSet::new(),
            halt: None,
            started: Instant::now(),
            started_ms,
            api_time: Duration::ZERO,
            requests_made: 0,
            last_billed: None,
            answers_requests: Handshake::Normal,
            setup,
        }
    }

    /// Runs one prompt to its end.
    pub(crate) fn run_prompt(&mut self, prompt: &str) -> Result<(), Quit> {
        let message = json!({"role": "user", "content": prompt});
        let prompt = Prompt::new(message);
        self.keep_waiting(&prompt);
        self.turn(vec![prompt])?;
        while let Some(news) = self.news_at_rest()? {
            self.turn(vec![news])?;
        }
        self.finish()
    }

    /// There is no prompt: all that is done is what happens beside a first turn.
    pub(crate) fn run_nothing(&mut self) -> Result<(), Quit> {
        self.warm_up()
    }

    /// Runs what comes on stdin, until it ends and all of it is answered.
    pub(crate) fn run_stream(&mut self) -> Result<(), Quit> {
        self.greet_at_start()?;
        loop {
            // A turn that waits for a server of the client starts before what that has to say comes in.
            while (self.handshakes.is_empty() || self.queue.is_empty())
                && let Some(arrival) = self.setup.inbox.now()
            {
                self.handle(arrival)?;
            }
            if let Some(first) = self.queue.pop_front() {
                self.turn(vec![first])?;
                self.merged_turn()?;
            } else if let Some(news) = self.next_news() {
                self.turn(vec![news])?;
            } else if self.input_ended {
                match self.news_at_rest()? {
                    Some(news) => self.turn(vec![news])?,
                    None if self.queue.is_empty() => return self.finish(),
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
            if self.queue.is_empty() {
                break;
            }
            let prompts = self.queue.drain(..).collect();
            self.turn(prompts)?;
        }
        Ok(())
    }

    /// The end: what is written last, and the exit code of the last result.
    fn finish(&mut self) -> Result<(), Quit> {
        self.tell_end()?;
        if self.turns > 0 {
            let totals = Vars::new()
                .with("total_cost_usd", self.costs.total())
                .with("duration_api_ms", millis(self.api_time))
                .with("duration_ms", millis(self.started.elapsed()))
                .with("start_ms", self.started_ms)
                .with("cost_usage", self.costs.kept())
                .with(
                    "unknown_cost",
                    self.costs.has_unknown(&self.setup.profile.models),
                );
            self.setup.session.recorder.process_ended(totals);
            self.save();
        } else {
            let _ = write_debug(&self.setup.home, self.setup.profile, &self.setup.session.id);
        }
        for server in &mut self.servers {
            server.close(&self.setup.profile.mcp);
        }
        self.setup.out.finish()?;
        self.setup.ending.tidy();
        let code = if self.halt == Some(Halt::Signal) {
            0
        } else {
            i32::from(self.setup.out.failed())
        };
        Err(Quit(code))
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
        if self.agents_of.is_speaking() {
            return Ok(());
        }
        let text = self.setup.session.recorder.take();
        match &self.setup.session.file {
            Some(file) if !text.is_empty() => append(file, self.setup.profile.files.mode, &text),
            _ => Ok(()),
        }
    }

    /// Values that most templates need; each message has a uuid of its own.
    fn vars(&mut self) -> Vars {
        Vars::new()
            .with("session_id", self.setup.session.id.as_str())
            .with("uuid", self.setup.ids.uuid())
            .with("timestamp", time::iso(time::now_ms()))
            .with("permission_mode", self.mode.as_str())
            .with("model", self.model.as_str())
            .with("cwd", self.setup.cwd.to_string_lossy().into_owned())
    }

    /// Writes a message from the profile's template of that name; a version without it writes nothing.
    fn emit(&mut self, name: &str, vars: &Vars) -> Result<(), Quit> {
        let message = render(self.setup.profile.message(name), vars);
        let message = self.as_agent(name, message);
        self.setup.out.message(message)
    }

    /// How the API key was given.
    fn api_key_source() -> &'static str {
        let given = std::env::var_os("ANTHROPIC_API_KEY").is_some_and(|v| !v.is_empty());
        if given { "ANTHROPIC_API_KEY" } else { "none" }
    }

    /// Notices a model that this version does not know, once.
    fn notice_model(&mut self) {
        let profile = self.setup.profile;
        if profile.behaviour.model_notice
            && !profile.models.knows(&self.model)
            && self.noticed.insert(self.model.clone())
        {
            let model = Value::String(self.model.clone());
            complain(&format!(
                "[claude-code:unrecognized_model] {{\"model\":{model},\"query_source\":\"sdk\"}}\n"
            ));
        }
    }
}

/// The names of agents that are given as JSON.
fn agents_of(given: Option<&str>) -> Vec<String> {
    let agents = given.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let agents = agents.unwrap_or_default();
    agents
        .as_object()
        .into_iter()
        .flat_map(|map| map.keys().cloned())
        .collect()
}

/// The model where nothing names one. A session that goes on has it without the suffix of a large context.
fn default_model(setup: &Setup) -> String {
    let model = &setup.profile.models.default;
    match setup.session.resumed {
        Some(_) => model.trim_end_matches("[1m]").to_owned(),
        None => model.clone(),
    }
}

/// Whole milliseconds.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
