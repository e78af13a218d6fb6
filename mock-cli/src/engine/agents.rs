//! Subagents (PROTOCOL 8.1): they answer before their call has its result, or in the background, one request behind
//! the main conversation.

mod told;

use super::ask::Asked;
use super::tools::{Done, Ran, ToolCall};
use super::turn::Turn;
use super::{Engine, Halt};
use crate::order;
use crate::process::Quit;
use crate::protocol::tools as input;
use crate::template::{Vars, render, text};
use crate::time;
use crate::transcript::append;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::PathBuf;
use told::Work;

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
    model: String,
    work: Work,
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

    /// The kind of the one that speaks.
    pub(super) fn speaking(&self) -> Option<&str> {
        self.now.as_ref().map(|agent| &*agent.kind)
    }

    /// Its id.
    pub(super) fn id(&self) -> Option<&str> {
        self.now.as_ref().map(|agent| &*agent.id)
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
        let version = self.setup.profile.behaviour.agents;
        let asked = input.background.filter(|_| version > 1);
        let background = asked.unwrap_or(version > 2);
        let digits = if version > 1 { 16 } else { 6 };
        let model = self.agent_model(&kind, input.model.filter(|_| version > 0));
        let agent = Agent {
            id: format!("a{}", self.setup.ids.hex(digits)),
            run: format!("0{}-{}", self.setup.ids.word(8), self.setup.ids.hex(8)),
            call: call.id.clone(),
            description: input.description.unwrap_or_default(),
            prompt: input.prompt.unwrap_or_default(),
            kind,
            background,
            model,
            work: Work::new(),
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
        let mut structured = json!({
            "isAsync": true, "status": "async_launched", "agentId": agent.id, "description": agent.description,
            "resolvedModel": agent.model, "prompt": agent.prompt,
            "outputFile": self.task_file(&agent.id).to_string_lossy(), "canReadOutputFile": true,
        });
        if version > 2 {
            structured["canContinueAgent"] = true.into();
        }
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
        if self.setup.profile.behaviour.agents > 1 {
            order::sort_by(&mut known, |a, b| a.to_lowercase().cmp(&b.to_lowercase()));
        }
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

    /// The same, as hooks hear of them.
    pub(super) fn agents_for_hooks(&self) -> Vec<Value> {
        let shown = |agent: &Agent| {
            json!({
                "id": agent.id, "type": "subagent", "status": "running", "description": agent.description,
                "agent_type": agent.kind,
            })
        };
        self.agents.waiting.iter().map(shown).collect()
    }

    /// Lets the agents in the background say what they have to say.
    pub(super) fn run_waiting_agents(&mut self) -> Result<(), Quit> {
        while self.run_waiting_agent()? {}
        Ok(())
    }

    /// The same for the first of them. False where there is none.
    pub(super) fn run_waiting_agent(&mut self) -> Result<bool, Quit> {
        let agent = self.agents.waiting.front().cloned();
        let Some(agent) = agent.filter(|_| !self.agents.is_speaking()) else {
            return Ok(false);
        };
        self.run_agent(agent)?;
        Ok(true)
    }

    /// Runs an agent to its end; its report is the result.
    fn run_agent(&mut self, agent: Agent) -> Result<Done, Quit> {
        let lines = self.conversation.lines;
        let partial = std::mem::take(&mut self.setup.options.partial);
        let side = self.setup.session.recorder.sidechain();
        let recorder = std::mem::replace(&mut self.setup.session.recorder, side);
        let file = self.setup.session.file.take();
        self.tell_agent_start(&agent.id, &agent.kind)?;
        self.agents.now = Some(agent.clone());
        let main = std::mem::replace(&mut self.model.name, agent.model.clone());
        let said = self.converse(&agent);
        self.model.name = main;
        let agent = self.agents.now.take().unwrap_or(agent);
        let side = std::mem::replace(&mut self.setup.session.recorder, recorder).take();
        self.setup.session.file = file;
        self.setup.options.partial = partial;
        self.conversation.lines = lines;
        self.keep_sidechain(&agent, &side);
        let (report, usage) = said?;
        let tokens = usage.input + usage.output + usage.cache_creation + usage.cache_read;
        let version = self.setup.profile.behaviour.agents;
        let counted = agent.work.total(&usage, version == 2);
        self.agent_ended(&agent, &report, &counted)?;
        let note = text(
            self.setup.profile.text("agent_note"),
            &Vars::new()
                .with("id", agent.id.as_str())
                .with("tokens", tokens)
                .with("tools", agent.work.tools)
                .with("ms", super::millis(agent.work.begun.elapsed())),
        );
        let said = |text: &str| json!({"type": "text", "text": text});
        let used = agent.work.used.join(", ");
        let used = match used.as_str() {
            "" => used,
            _ => format!("<tools-used-before-summary>{used}</tools-used-before-summary>\n"),
        };
        let used = Some(used).filter(|used| version > 2 && !used.is_empty());
        let parts: Vec<&str> = used.iter().map(String::as_str).chain([&*report]).collect();
        let frame = self.setup.profile.text("agent_frame");
        let content = match (frame, note.as_str()) {
            ("", "") => vec![said(&report)],
            ("", note) => vec![said(&report), said(note)],
            (frame, note) => {
                // What is another's is set off.
                let used = used.iter().map(|used| format!("  {used}  \n"));
                let report = report.lines().map(|line| format!("  {line}\n"));
                vec![said(&format!(
                    "{}{frame}\n{}{note}",
                    used.collect::<String>(),
                    report.collect::<String>()
                ))]
            }
        };
        let parts: Vec<Value> = parts.into_iter().map(said).collect();
        let mut structured = json!({
            "status": "completed", "prompt": agent.prompt, "agentId": agent.id,
            "content": parts, "totalDurationMs": super::millis(agent.work.begun.elapsed()),
            "totalTokens": tokens, "totalToolUseCount": agent.work.tools, "usage": usage.json(),
        });
        self.name_result(&agent, &usage, &mut structured);
        if let Some(map) = structured.as_object_mut()
            && version == 0
        {
            // Agents without a file of their own have no names.
            map.retain(|key, _| !["status", "prompt", "agentId"].contains(&key.as_str()));
        }
        Ok(Done::plain(content, structured))
    }

    /// The model of an agent: that of its call, of its definition, or the main thread's.
    fn agent_model(&self, kind: &str, asked: Option<String>) -> String {
        let profile = self.setup.profile;
        let own = self.setup.own.agent(kind);
        let usual = profile.models.of_agents.get(kind).cloned();
        let named = asked.or_else(|| own.map_or(usual, |agent| agent.model.clone()));
        match named.as_deref() {
            None | Some("inherit" | "") => self.model.name.clone(),
            Some(name) => profile.models.resolve(name).to_owned(),
        }
    }

    /// What newer versions tell of an agent with its result.
    fn name_result(&self, agent: &Agent, usage: &crate::turn::Usage, structured: &mut Value) {
        let version = self.setup.profile.behaviour.agents;
        if version < 2 {
            return;
        }
        structured["agentType"] = agent.kind.as_str().into();
        structured["resolvedModel"] = agent.model.as_str().into();
        if let Some(stats) = agent.work.stats() {
            structured["toolStats"] = stats;
        }
        structured["usage"] = render(
            &self.setup.profile.message("usage"),
            &usage.vars(Vars::new()),
        );
        if version < 3 {
            return;
        }
        let used = &agent.work.used;
        if !used.is_empty() {
            structured["toolsUsed"] = used.clone().into();
        }
        structured["canContinueAgent"] = true.into();
        // What stands around the report, and a hash of it.
        structured["harnessNoteCount"] = u8::from(!used.is_empty()).into();
        structured["harnessTailCount"] = 0.into();
        structured["harnessSectionHash"] = format!("{:016x}", hash(&agent.prompt)).into();
    }

    /// The agent's own rounds: its report, and what its last request cost.
    fn converse(&mut self, agent: &Agent) -> Result<(String, crate::turn::Usage), Quit> {
        let uuid = self.setup.ids.uuid();
        let now = time::now_ms();
        let message = json!({"role": "user", "content": agent.prompt});
        self.setup.session.recorder.interrupted(message, &uuid, now);
        if self.setup.profile.behaviour.agents > 0 && !agent.background {
            let message =
                json!({"role": "user", "content": [{"type": "text", "text": agent.prompt}]});
            let vars = self.vars().with("message", message).with("uuid", uuid);
            self.emit("interrupted", &vars)?;
        }
        let mut turn = Turn::of(&[]);
        loop {
            let message = match self.ask(&mut turn, &mut VecDeque::new())? {
                Asked::Answered(message) => Some(message),
                Asked::Halted => None,
                Asked::Failed(_) => {
                    turn.text = "API Error".into();
                    None
                }
            };
            if let Some(message) = message.filter(|message| message.tools().next().is_some())
                && self.run_tools(&mut turn, &message)? == Ran::All
                && self.progress.halt != Some(Halt::Signal)
            {
                continue;
            }
            if !self.agent_goes_on(agent, &mut turn)? {
                return Ok((turn.text.clone(), turn.last_usage));
            }
        }
    }

    /// Asks the hooks whether an agent may end. True where it goes on.
    fn agent_goes_on(&mut self, agent: &Agent, turn: &mut Turn) -> Result<bool, Quit> {
        let again = turn.stop_blocks > 0;
        let said = self.tell_agent_stop(&agent.id, &agent.kind, &turn.text, again)?;
        let more = said.goes_on.clone();
        let more = more.filter(|_| self.setup.profile.behaviour.hooks > 3);
        let why = said.block(self.setup.profile.text("hook_mark")).or(more);
        let Some(why) = why.filter(|_| !again) else {
            return Ok(false);
        };
        turn.stop_blocks += 1;
        self.keep_said(&why, true, None);
        Ok(true)
    }

    fn agent_ended(&mut self, agent: &Agent, report: &str, usage: &Value) -> Result<(), Quit> {
        self.agents.waiting.retain(|other| other.id != agent.id);
        let told = agent.background || self.setup.profile.behaviour.agents > 2;
        let file = match told {
            true => self.task_file(&agent.id).to_string_lossy().into_owned(),
            false => String::new(),
        };
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
            .with("usage", usage.clone());
        self.emit("task_notification", &vars)?;
        if agent.background {
            self.tell_tasks()?;
            let (id, call, what) = (&agent.id, &agent.call, &agent.description);
            self.agents.ended = true;
            let spent: String = [
                ("subagent_tokens", "total_tokens"),
                ("tool_uses", "tool_uses"),
                ("duration_ms", "duration_ms"),
            ]
            .map(|(tag, key)| format!("<{tag}>{}</{tag}>", usage[key]))
            .concat();
            let spent = format!("<usage>{spent}</usage>");
            self.news(agent.run.clone(), format!(
                "<task-notification>\n<task-id>{id}</task-id>\n<tool-use-id>{call}</tool-use-id>\n<output-file>{file}</output-file>\n<status>completed</status>\n<summary>Agent \"{what}\" finished</summary>\n<note>The agent can be continued. (This note is the stand-in's own.)</note>\n<result>{report}</result>\n{spent}\n</task-notification>"
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
        let shape = match agent.background {
            true => "background",
            false => "foreground",
        };
        let vars = self
            .agent_vars(agent)
            .with("is_built_in", self.setup.own.agent(&agent.kind).is_none())
            .with("request_shape", shape)
            .with("agent_model", agent.model.as_str());
        let meta = render(&profile.message("agent_meta"), &vars);
        if !meta.is_null() {
            let _ = append(
                &file.with_extension("meta.json"),
                profile.files.mode,
                &meta.to_string(),
            );
        }
    }

    /// A message as the agent that speaks says it; None where nobody hears of it.
    pub(super) fn as_agent(&mut self, name: &str, mut message: Value) -> Value {
        let Some(agent) = &self.agents.now else {
            return message;
        };
        if name == "assistant" && !agent.background && !self.setup.options.forward_agents {
            let block = message.pointer("/message/content/0/type");
            if block.and_then(Value::as_str) != Some("tool_use") {
                return Value::Null;
            }
        }
        let version = self.setup.profile.behaviour.agents;
        if let Some(map) = message.as_object_mut()
            && map.contains_key("parent_tool_use_id")
        {
            map.insert("parent_tool_use_id".into(), agent.call.as_str().into());
            if version == 0 {
                // The oldest version keeps its lines under other ids.
                map.insert("uuid".into(), self.setup.ids.uuid().into());
            }
            if version > 1 {
                // The agent stands behind its call.
                for (key, value) in std::mem::take(map) {
                    let behind = key == "parent_tool_use_id";
                    if key != "tool_use_result" || value.is_string() {
                        map.insert(key, value);
                    }
                    if behind && version > 2 {
                        map.insert("agent_id".into(), agent.id.as_str().into());
                    }
                }
                map.insert("subagent_type".into(), agent.kind.as_str().into());
                map.insert("task_description".into(), agent.description.as_str().into());
            }
        }
        message
    }
}

/// A hash that is the same in every run.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
