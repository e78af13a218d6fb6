//! Subagents (PROTOCOL 8.1): they answer before their call has its result, or in the background, one request behind
//! the main conversation.

use super::ask::Asked;
use super::tools::{Done, Ran, ToolCall};
use super::turn::Turn;
use super::{Engine, Halt};
use crate::process::Quit;
use crate::protocol::stream::SubagentStats;
use crate::protocol::tools as input;
use crate::protocol::wire::Wire;
use crate::template::{Vars, render, text};
use crate::time;
use crate::transcript::append;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Instant;

/// A subagent.
#[derive(Debug, Clone)]
pub(super) struct Agent {
    id: String,
    run: String,
    call: String,
    kind: String,
    description: String,
    prompt: String,
    background: bool,
}

/// The subagents of a session.
#[derive(Debug, Default)]
pub(super) struct Agents {
    /// The one that speaks.
    pub(super) now: Option<Agent>,
    /// Those that were started in the background.
    waiting: VecDeque<Agent>,
    /// Results that wait for what agents have to say.
    held: Vec<Value>,
    /// Whether one has ended since the last result.
    ended: bool,
    spawned: u64,
    requested: [u64; 3],
    by_type: serde_json::Map<String, Value>,
}

impl Agents {
    /// Whether an agent speaks: what it says is kept when it has ended.
    pub(super) fn is_speaking(&self) -> bool {
        self.now.is_some()
    }
}

impl Engine {
    /// Runs a call of the tool that starts subagents.
    pub(super) fn start_agent(&mut self, call: &ToolCall) -> Result<Done, Quit> {
        let input = input::Agent::at(&call.input);
        let kind = input.subagent_type.filter(|kind| !kind.is_empty());
        let kind = kind.unwrap_or_else(|| "general-purpose".to_owned());
        let known = self.known_agents();
        if !known.contains(&kind) {
            let known = known.join(", ");
            return Ok(Done::failed(&format!(
                "Agent type '{kind}' not found. Available agents: {known}"
            )));
        }
        let tells = !self.setup.profile.message("task_updated").is_null();
        let asked = input.background;
        let background = tells && asked != Some(false);
        let digits = if tells { 16 } else { 6 };
        let agent = Agent {
            id: format!("a{}", self.setup.ids.hex(digits)),
            run: format!("0{}-{}", self.setup.ids.word(8), self.setup.ids.hex(8)),
            call: call.id.clone(),
            description: input.description.unwrap_or_default(),
            prompt: input.prompt.unwrap_or_default(),
            kind,
            background,
        };
        self.agents.spawned += 1;
        self.agents.requested[match asked {
            Some(true) => 0,
            Some(false) => 1,
            None => 2,
        }] += 1;
        let count = self
            .agents
            .by_type
            .get(&agent.kind)
            .and_then(Value::as_u64)
            .unwrap_or(0);
        self.agents
            .by_type
            .insert(agent.kind.clone(), (count + 1).into());
        let vars = self.agent_vars(&agent);
        if !background {
            self.emit("task_started", &vars)?;
            return self.run_agent(agent);
        }
        self.agents.waiting.push_back(agent.clone());
        self.tell_tasks()?;
        self.emit("task_started", &vars)?;
        let content = text(
            self.setup.profile.text("agent_launched"),
            &Vars::new().with("id", agent.id.as_str()),
        );
        let structured = json!({
            "isAsync": true, "status": "async_launched", "agentId": agent.id, "description": agent.description,
            "resolvedModel": self.model.name, "prompt": agent.prompt,
            "outputFile": self.task_file(&agent.id).to_string_lossy(), "canReadOutputFile": true, "canContinueAgent": true,
        });
        Ok(Done::plain(
            json!([{"type": "text", "text": content}]),
            structured,
        ))
    }

    fn known_agents(&self) -> Vec<String> {
        let mut known = self.setup.profile.listed.agent_names();
        if known.is_empty() {
            known = ["general-purpose", "statusline-setup", "output-style-setup"]
                .map(str::to_owned)
                .to_vec();
        }
        known.extend(self.setup.own.agents.iter().map(|agent| agent.name.clone()));
        known
    }

    fn agent_vars(&mut self, agent: &Agent) -> Vars {
        self.vars()
            .with("task_id", agent.id.as_str())
            .with("run_id", agent.run.as_str())
            .with("tool_use_id", agent.call.as_str())
            .with("description", agent.description.as_str())
            .with("subagent_type", agent.kind.as_str())
            .with("is_backgrounded", agent.background)
            .with("spawn_depth", 1)
            .with("task_type", "local_agent")
            .with("prompt", agent.prompt.as_str())
    }

    /// The agents that run in the background, as they are listed.
    pub(super) fn agents_running(&self) -> Vec<Value> {
        let shown = |agent: &Agent| {
            json!({
                "task_id": agent.id, "run_id": agent.run, "task_type": "local_agent", "subagent_type": agent.kind,
                "description": agent.description,
            })
        };
        self.agents.waiting.iter().map(shown).collect()
    }

    /// Lets the agents in the background say what they have to say.
    pub(super) fn run_waiting_agents(&mut self) -> Result<(), Quit> {
        while self.agents.now.is_none()
            && let Some(agent) = self.agents.waiting.front().cloned()
        {
            self.run_agent(agent)?;
        }
        Ok(())
    }

    /// Runs an agent to its end; its report is the result.
    fn run_agent(&mut self, agent: Agent) -> Result<Done, Quit> {
        let begun = Instant::now();
        let lines = self.conversation.lines;
        let partial = std::mem::take(&mut self.setup.options.partial);
        let side = self.setup.session.recorder.sidechain();
        let recorder = std::mem::replace(&mut self.setup.session.recorder, side);
        let file = self.setup.session.file.take();
        self.tell_agent_start(&agent.id, &agent.kind)?;
        self.agents.now = Some(agent.clone());
        let model = self.agent_model(&agent.kind);
        let main = std::mem::replace(&mut self.model.name, model);
        let said = self.converse(&agent);
        let model = std::mem::replace(&mut self.model.name, main);
        self.agents.now = None;
        let side = std::mem::replace(&mut self.setup.session.recorder, recorder).take();
        self.setup.session.file = file;
        self.setup.options.partial = partial;
        self.conversation.lines = lines;
        self.keep_sidechain(&agent, &side);
        let (report, tools, usage) = said?;
        self.tell_agent_stop(&agent.id, &agent.kind, &report)?;
        let tokens = usage.input + usage.output + usage.cache_creation + usage.cache_read;
        let counted = json!({"total_tokens": tokens, "tool_uses": tools, "duration_ms": super::millis(begun.elapsed())});
        self.agent_ended(&agent, &report, counted)?;
        let mut content = vec![json!({"type": "text", "text": report})];
        let note = text(
            self.setup.profile.text("agent_note"),
            &Vars::new().with("id", agent.id.as_str()),
        );
        if !note.is_empty() {
            content.push(json!({"type": "text", "text": note}));
        }
        let mut structured = json!({
            "status": "completed", "prompt": agent.prompt, "agentId": agent.id,
            "content": [{"type": "text", "text": report}], "totalDurationMs": super::millis(begun.elapsed()),
            "totalTokens": tokens, "totalToolUseCount": tools, "usage": usage.json(),
        });
        self.name_result(&agent, &model, &usage, &mut structured);
        if let Some(map) = structured.as_object_mut()
            && self.setup.profile.text("agent_file").is_empty()
        {
            // Agents without a file of their own have no names.
            map.retain(|key, _| !["status", "prompt", "agentId"].contains(&key.as_str()));
        }
        Ok(Done::plain(content, structured))
    }

    /// The model of an agent: that of its definition, or the main thread's.
    fn agent_model(&self, kind: &str) -> String {
        let named = self
            .setup
            .own
            .agent(kind)
            .and_then(|agent| agent.model.clone());
        match named.as_deref() {
            None | Some("inherit" | "") => self.model.name.clone(),
            Some(name) => self.setup.profile.models.resolve(name).to_owned(),
        }
    }

    /// What newer versions tell of an agent with its result.
    fn name_result(
        &self,
        agent: &Agent,
        model: &str,
        usage: &crate::turn::Usage,
        structured: &mut Value,
    ) {
        if self.setup.profile.text("agent_result").is_empty() {
            return;
        }
        let usage = render(
            &self.setup.profile.message("usage"),
            &usage.vars(Vars::new()),
        );
        structured["agentType"] = agent.kind.as_str().into();
        structured["resolvedModel"] = model.into();
        structured["canContinueAgent"] = true.into();
        // What stands around the report, and a hash of it.
        structured["harnessNoteCount"] = 0.into();
        structured["harnessTailCount"] = 0.into();
        structured["harnessSectionHash"] = format!("{:016x}", hash(&agent.prompt)).into();
        structured["usage"] = usage;
    }

    /// Tells how far an agent is, after its tools.
    fn tell_progress(
        &mut self,
        agent: &Agent,
        tools: u64,
        usage: &crate::turn::Usage,
        last: &str,
        begun: Instant,
    ) -> Result<(), Quit> {
        let tokens = usage.input + usage.output + usage.cache_creation + usage.cache_read;
        let counted = json!({"total_tokens": tokens, "tool_uses": tools, "duration_ms": super::millis(begun.elapsed())});
        let vars = self
            .agent_vars(agent)
            .with("usage", counted)
            .with("last_tool_name", last);
        self.emit("task_progress", &vars)
    }

    /// The agent's own rounds: its report, how many tools it used, and what its last request cost.
    fn converse(&mut self, agent: &Agent) -> Result<(String, u64, crate::turn::Usage), Quit> {
        let uuid = self.setup.ids.uuid();
        let now = time::now_ms();
        let message = json!({"role": "user", "content": agent.prompt});
        self.setup.session.recorder.interrupted(message, &uuid, now);
        let echoed = !self.setup.profile.text("agent_echo").is_empty() && !agent.background;
        if echoed {
            let message =
                json!({"role": "user", "content": [{"type": "text", "text": agent.prompt}]});
            let vars = self.vars().with("message", message).with("uuid", uuid);
            self.emit("interrupted", &vars)?;
        }
        let mut turn = Turn::of(&[]);
        let begun = Instant::now();
        let mut tools = 0;
        loop {
            let message = match self.ask(&mut turn, &mut VecDeque::new())? {
                Asked::Answered(message) => message,
                Asked::Halted => return Ok((String::new(), tools, turn.last_usage)),
                Asked::Failed(_) => return Ok(("API Error".into(), tools, turn.last_usage)),
            };
            let called = message.tools().count();
            if called == 0 {
                return Ok((turn.text.clone(), tools, turn.last_usage));
            }
            tools += u64::try_from(called).unwrap_or(0);
            if let Some((_, last)) = message.tools().last() {
                let last = last.name.clone().unwrap_or_default();
                self.tell_progress(agent, tools, &turn.last_usage, &last, begun)?;
            }
            if self.run_tools(&mut turn, &message)? != Ran::All
                || self.progress.halt == Some(Halt::Signal)
            {
                return Ok((turn.text.clone(), tools, turn.last_usage));
            }
        }
    }

    fn agent_ended(&mut self, agent: &Agent, report: &str, usage: Value) -> Result<(), Quit> {
        self.agents.waiting.retain(|other| other.id != agent.id);
        let file = self.task_file(&agent.id).to_string_lossy().into_owned();
        let vars = self
            .agent_vars(agent)
            .with("status", "completed")
            .with("end_time", time::now_ms());
        self.emit("task_updated", &vars)?;
        let vars = self
            .agent_vars(agent)
            .with("status", "completed")
            .with("output_file", file.as_str())
            .with("summary", report)
            .maybe("summary_is_report", agent.background.then_some(true))
            .with("usage", usage);
        self.emit("task_notification", &vars)?;
        if agent.background {
            self.tell_tasks()?;
            let (id, call, what) = (&agent.id, &agent.call, &agent.description);
            self.agents.ended = true;
            self.news(agent.run.clone(), format!(
                "<task-notification>\n<task-id>{id}</task-id>\n<tool-use-id>{call}</tool-use-id>\n<output-file>{file}</output-file>\n<status>completed</status>\n<summary>Agent \"{what}\" finished</summary>\n<note>The agent can be continued. (This note is the stand-in's own.)</note>\n<result>{report}</result>\n</task-notification>"
            ));
        }
        Ok(())
    }

    /// Keeps what an agent said: in the session's file, or in one of its own.
    fn keep_sidechain(&mut self, agent: &Agent, lines: &str) {
        let profile = self.setup.profile;
        let place = profile.text("agent_file");
        let own = !place.is_empty();
        let mut kept = String::new();
        for line in lines.lines() {
            let Ok(Value::Object(mut entry)) = serde_json::from_str(line) else {
                continue;
            };
            entry.insert("isSidechain".into(), true.into());
            if own {
                // It stands before what is said.
                let said = |key: &String| ["attachment", "message", "type"].contains(&key.as_str());
                let at = entry.keys().position(said).unwrap_or(entry.len());
                entry.shift_insert(at, "agentId".into(), agent.id.as_str().into());
            }
            kept += &Value::Object(entry).to_string();
            kept.push('\n');
        }
        let Some(session) = self.setup.session.file.clone() else {
            return;
        };
        let vars = Vars::new()
            .with("id", agent.id.as_str())
            .with("session", self.setup.session.id.as_str());
        let file: PathBuf = match own {
            true => session.with_file_name(text(place, &vars)),
            false => session,
        };
        self.save();
        // Like the transcript: what cannot be kept is lost without a word.
        let _ = append(&file, profile.files.mode, &kept);
    }

    /// A message as the agent that speaks says it; None where nobody hears of it.
    pub(super) fn as_agent(&mut self, name: &str, mut message: Value) -> Value {
        let Some(agent) = &self.agents.now else {
            return message;
        };
        if name == "assistant" && !agent.background {
            let block = message.pointer("/message/content/0/type");
            if block.and_then(Value::as_str) != Some("tool_use") {
                return Value::Null;
            }
        }
        let tells = !self.setup.profile.message("task_updated").is_null();
        if let Some(map) = message.as_object_mut()
            && map.contains_key("parent_tool_use_id")
        {
            map.insert("parent_tool_use_id".into(), agent.call.as_str().into());
            if self.setup.profile.text("agent_echo").is_empty() {
                // The oldest version keeps its lines under other ids.
                map.insert("uuid".into(), self.setup.ids.uuid().into());
            }
            if tells {
                // The agent stands behind its call.
                for (key, value) in std::mem::take(map) {
                    let behind = key == "parent_tool_use_id";
                    if key != "tool_use_result" {
                        map.insert(key, value);
                    }
                    if behind {
                        map.insert("agent_id".into(), agent.id.as_str().into());
                    }
                }
                map.insert("subagent_type".into(), agent.kind.as_str().into());
                map.insert("task_description".into(), agent.description.as_str().into());
            }
        }
        message
    }

    /// A result with what is known of agents. One behind which an agent has news is held until that is told.
    pub(super) fn result_with_agents(&mut self, mut message: Value) -> Result<(), Quit> {
        let agents = &mut self.agents;
        if agents.spawned > 0
            && let Some(shown) = message.get_mut("subagent_stats")
        {
            let [background, foreground, unset] = agents.requested;
            let started = agents.spawned - foreground;
            let mut stats = SubagentStats::at(shown);
            let requested =
                json!({"background": background, "foreground": foreground, "unset": unset});
            stats.spawned = Some(agents.spawned);
            stats.requested = requested.as_object().cloned();
            stats.started_in_background = Some(started);
            stats.max_depth = Some(1);
            stats.completed = Some(agents.spawned);
            stats.by_type = Some(agents.by_type.clone());
            *shown = stats.write();
        }
        if std::mem::take(&mut agents.ended) && self.has_news() {
            self.agents.held.push(message);
            return Ok(());
        }
        for held in std::mem::take(&mut self.agents.held) {
            self.setup.out.message(held)?;
        }
        self.setup.out.message(message)
    }
}

/// A hash that is the same in every run.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
