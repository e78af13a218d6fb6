//! What is told of a subagent while it works, and what its tools come to.

use crate::engine::Engine;
use crate::engine::message::Message;
use crate::order;
use crate::process::Quit;
use crate::protocol::api::Block;
use crate::protocol::tools::File;
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
                false => u64::try_from(message.guessed).unwrap_or(0),
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
