//! What is told of a subagent while it works, and what its tools come to.

use crate::engine::Engine;
use crate::engine::message::Message;
use crate::order;
use crate::process::Quit;
use crate::protocol::api::Block;
use crate::protocol::stream::SubagentStats;
use crate::protocol::tools::File;
use crate::protocol::wire::Wire;
use crate::turn::Usage;
use serde_json::{Value, json};
use std::time::Instant;

/// What a subagent has done so far.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub(super) begun: Instant,
    /// Its calls of tools.
    pub(super) tools: u64,
    /// The tools that it has used, by name.
    pub(super) used: Vec<String>,
    /// Tokens that its lines were counted with.
    output: u64,
    /// Calls by what they do: looking, searching, commands, changes, and others.
    calls: [u64; 5],
    /// Lines that were added, and that were removed.
    lines: [usize; 2],
}

impl Work {
    pub(super) fn new() -> Work {
        Work {
            begun: Instant::now(),
            tools: 0,
            used: Vec::new(),
            output: 0,
            calls: [0; 5],
            lines: [0; 2],
        }
    }

    /// What has come of its tools.
    pub(super) fn stats(&self) -> Option<Value> {
        let [reads, searches, commands, changes, others] = self.calls;
        let [added, removed] = self.lines;
        let stats = json!({
            "readCount": reads, "searchCount": searches, "bashCount": commands, "editFileCount": changes,
            "linesAdded": added, "linesRemoved": removed, "otherToolCount": others,
        });
        (self.calls != [0; 5]).then_some(stats)
    }

    /// What it costs to go on, as long as the end of its message is not known.
    fn usage(&self, context: u64) -> Value {
        json!({
            "total_tokens": context + self.output, "tool_uses": self.tools,
            "duration_ms": crate::engine::millis(self.begun.elapsed()),
        })
    }

    fn count(&mut self, name: &str, input: &Value) {
        self.tools += 1;
        let kind = match name {
            "Read" => 0,
            "Grep" | "Glob" => 1,
            "Bash" => 2,
            "Edit" | "Write" | "NotebookEdit" => 3,
            _ => 4,
        };
        if name != "Agent" && name != "Task" {
            self.calls[kind] += 1;
        }
        let file = File::at(input);
        let lines = |text: Option<String>| text.map_or(0, |text| text.split('\n').count());
        if kind == 3 {
            self.lines[0] += lines(file.content) + lines(file.new_string);
            self.lines[1] += lines(file.old_string);
        }
    }
}

impl Engine {
    /// Tells how far the agent is that speaks, where it is about to use a tool: behind the line of its call where it
    /// works in the background, else before.
    pub(in crate::engine) fn tell_progress(
        &mut self,
        message: &Message,
        block: &Block,
        behind: bool,
    ) -> Result<(), Quit> {
        let cumulates = self.setup.profile.behaviour.agents == 2;
        let tool = block.as_tool_use();
        let name = tool
            .and_then(|tool| tool.name.as_deref())
            .unwrap_or_default();
        let is_known = self.has_tool(name);
        let Some(agent) = self.agents.now.as_mut() else {
            return Ok(());
        };
        let work = &mut agent.work;
        if !behind {
            work.output = match cumulates {
                true => work.output + message.usage.output,
                false => u64::try_from(message.heard.1).unwrap_or(0),
            };
            if let Some(tool) = tool {
                work.count(name, tool.input.as_ref().unwrap_or(&Value::Null));
                if is_known && !work.used.iter().any(|used| used == name) {
                    work.used.push(name.to_owned());
                    order::sort_by(&mut work.used, Ord::cmp);
                }
            }
        }
        if tool.is_none() || agent.background != behind {
            return Ok(());
        }
        let usage = work.usage(context(&message.usage));
        let agent = agent.clone();
        let vars = self
            .agent_vars(&agent)
            .with("usage", usage)
            .with("last_tool_name", name);
        self.emit("task_progress", &vars)
    }

    /// A result with what is known of agents. One behind which an agent has news is held until that is told.
    pub(in crate::engine) fn result_with_agents(&mut self, mut message: Value) -> Result<(), Quit> {
        let agents = &mut self.agents;
        if agents.spawned > 0
            && let Some(shown) = message.get_mut("subagent_stats")
        {
            let [background, foreground, unset] = agents.requested;
            let started = agents.spawned - foreground;
            let waiting = u64::try_from(agents.waiting.len()).unwrap_or(0);
            let mut stats = SubagentStats::at(shown);
            let requested =
                json!({"background": background, "foreground": foreground, "unset": unset});
            stats.spawned = Some(agents.spawned);
            stats.requested = requested.as_object().cloned();
            stats.started_in_background = Some(started);
            stats.max_depth = Some(1);
            stats.completed = Some(agents.spawned - waiting);
            stats.by_type = Some(agents.by_type.clone());
            *shown = stats.write();
        }
        let owed = std::mem::take(&mut agents.ended) && self.has_news();
        let open = self.streams() && !self.queue.input_ended;
        if owed || !open && !self.agents.waiting.is_empty() {
            self.agents.held.push(message);
            return Ok(());
        }
        let mut held = std::mem::take(&mut self.agents.held);
        held.push(message);
        self.add_up(&mut held);
        for result in held {
            self.setup.out.message(result)?;
        }
        Ok(())
    }

    /// Results that were held say what all of it has cost; the first of them says that nobody has heard of it before.
    fn add_up(&self, held: &mut [Value]) {
        let [.., last] = held else { return };
        let total = ["total_cost_usd", "modelUsage"].map(|key| (key, last.get(key).cloned()));
        let count = held.len();
        for (n, result) in held.iter_mut().enumerate().filter(|_| count > 1) {
            let Some(result) = result.as_object_mut() else {
                continue;
            };
            for (key, value) in &total {
                if let (Some(old), Some(value)) = (result.get_mut(*key), value) {
                    old.clone_from(value);
                }
            }
            let since = match (n, &total[1].1) {
                (0, Some(all)) => all.clone(),
                _ => json!({}),
            };
            if let Some(old) = result.get_mut("model_usage_since_last_result") {
                *old = since;
            }
        }
    }
}

impl Work {
    /// What it has cost, as its end tells.
    pub(super) fn total(&self, last: &Usage, cumulates: bool) -> Value {
        match cumulates {
            true => self.usage(context(last)),
            false => Work {
                output: last.output,
                ..self.clone()
            }
            .usage(context(last)),
        }
    }
}

/// The tokens that a request begins with.
fn context(usage: &Usage) -> u64 {
    usage.input + usage.cache_creation + usage.cache_read
}
