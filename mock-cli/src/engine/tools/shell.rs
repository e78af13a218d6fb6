//! Commands under way, and what their results look like.

use super::permit::Decision;
use super::rules::commands;
use super::{Done, Shape, ToolCall, bash};
use crate::engine::Engine;
use crate::process::Quit;
use crate::profile::CommandOutput;
use serde_json::json;
use std::io;

impl Engine {
    /// Whether a call changes nothing and may run beside others.
    pub(super) fn runs_beside(&self, call: &ToolCall) -> bool {
        let harmless = [
            "sleep", "echo", "ls", "cat", "pwd", "head", "tail", "wc", "true",
        ];
        let cwd = &self.setup.cwd;
        let decision =
            self.permissions
                .decide(self.setup.profile, &self.mode, &call.name, &call.input, cwd);
        match call.name.as_str() {
            _ if !matches!(decision, Decision::Allow(_)) => false,
            "Read" | "Glob" | "Grep" | "WebFetch" | "WebSearch" => true,
            "Bash" => {
                let command = call.input["command"].as_str().unwrap_or_default();
                let program = |c: &str| {
                    c.split_whitespace()
                        .next()
                        .is_some_and(|p| harmless.contains(&p))
                };
                !command.contains('>') && commands(command).into_iter().all(program)
            }
            _ => false,
        }
    }

    /// Starts the command of a call.
    pub(super) fn start_command(&mut self, call: &ToolCall) -> io::Result<u64> {
        self.jobs += 1;
        let job = self.jobs;
        let merged = self.setup.profile.behaviour.command_output == CommandOutput::Merged;
        let command = call.input["command"].as_str().unwrap_or_default();
        let sender = self.setup.inbox.sender();
        let running = bash::start(command, &self.setup.cwd, merged, sender, job)?;
        self.setup.ending.will_kill(running.group);
        self.running.insert(job, running);
        Ok(job)
    }

    /// Waits until a command ends or the turn is to stop; what comes meanwhile is taken.
    pub(super) fn wait_for_command(&mut self) -> Result<Option<(u64, i32)>, Quit> {
        self.setup
            .ledger
            .note(crate::ledger::Event::Waiting { on: "tool".into() });
        while self.ended_jobs.is_empty() && !self.pump()? {
            if self.ended_jobs.is_empty()
                && let Some(arrival) = self.setup.inbox.quiet_wait(None)
            {
                self.handle(arrival)?;
            }
        }
        self.setup.ledger.note(crate::ledger::Event::Resumed);
        Ok(self.ended_jobs.pop_front())
    }

    /// Kills whatever runs.
    pub(super) fn kill_commands(&mut self) {
        for (_, running) in std::mem::take(&mut self.running) {
            self.setup.ending.kill(running.group);
        }
        self.ended_jobs.clear();
    }

    /// The result of a command that has ended.
    pub(super) fn command_done(&mut self, job: u64, code: i32, command: &str) -> Done {
        let silent = [
            "touch", "mkdir", "rm", "rmdir", "mv", "cp", "chmod", "cd", "export", "ln",
        ];
        let program = |c: &str| {
            c.split_whitespace()
                .next()
                .is_some_and(|p| silent.contains(&p))
        };
        let quiet = commands(command).into_iter().all(program);
        let Some(running) = self.running.remove(&job) else {
            return Done::failed("the command was lost");
        };
        self.setup.ending.has_ended(running.group);
        let output = running.output();
        let out = output.out.trim_end().to_owned();
        if code == 0 {
            let mut done = self.command_result(out, quiet);
            if !output.err.is_empty() {
                let err = output.err.trim_end();
                done.structured["stderr"] = err.into();
                let said = done.content.as_str().unwrap_or_default();
                let both = [said, err]
                    .into_iter()
                    .filter(|t| !t.is_empty())
                    .collect::<Vec<_>>()
                    .join("\n");
                done.content = both.into();
            }
            return done;
        }
        let said = match self.setup.profile.behaviour.command_output {
            CommandOutput::Merged => out,
            CommandOutput::Apart | CommandOutput::ApartWithoutCode => {
                [output.err.as_str(), &out].join("\n").trim().to_owned()
            }
        };
        let text = match self.setup.profile.behaviour.command_output {
            CommandOutput::ApartWithoutCode => said,
            _ if said.is_empty() => format!("Exit code {code}"),
            _ => format!("Exit code {code}\n{said}"),
        };
        Done::failed(&text)
    }

    /// The result of a command that went well.
    /// `quiet` where nobody expects it to say anything.
    pub(super) fn command_result(&self, out: String, quiet: bool) -> Done {
        let profile = self.setup.profile;
        let mut structured =
            json!({"stdout": out, "stderr": "", "interrupted": false, "isImage": false});
        let merged = profile.behaviour.command_output == CommandOutput::Merged;
        if merged {
            structured["noOutputExpected"] = quiet.into();
        }
        let content = if out.is_empty() && merged {
            "(Bash completed with no output)".to_owned()
        } else {
            out
        };
        Done {
            shape: Shape::Said,
            ..Done::plain(content, structured)
        }
    }
}
