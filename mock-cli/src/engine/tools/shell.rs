//! Commands under way, and what their results look like.

use super::files::By;
use super::{Done, Running, Shape, ToolCall, bash, files, limits};
use crate::engine::Engine;
use crate::permissions::{Decision, shell};
use crate::process::Quit;
use crate::profile::CommandOutput;
use crate::protocol::tools::BashResult;
use crate::protocol::wire::Wire;
use crate::template::{Vars, text};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// After so long a command is told of as a task. Commands take their own time, whatever the script's clock says.
const SLOW: Duration = Duration::from_secs(3);
/// Characters of output that are shown; the rest is left out, or kept in a file.
const LONG: usize = 30_000;

/// The exit code of a command that the CLI has told to end, whatever it ended with.
const KILLED: i32 = 137;

/// Commands that end within this time of each other end in the order in which they began: which one a busy machine
/// lets go first says nothing.
const TOGETHER: Duration = Duration::from_millis(40);

impl Engine {
    /// The result of a command that said too much.
    fn long_result(&mut self, out: &str, quiet: bool) -> Done {
        let shown: String = out.chars().take(LONG).collect();
        if self.setup.profile.behaviour.command_output != CommandOutput::Merged {
            let left_out = out[shown.len()..].trim_end().lines().count();
            return self.command_result(
                format!("{shown}\n\n... [{left_out} lines truncated] ..."),
                quiet,
            );
        }
        let session = self.setup.session.id.clone();
        let dir = self
            .setup
            .home
            .project_dir(self.setup.profile, &self.setup.cwd)
            .join(session)
            .join("tool-results");
        let file = dir.join(format!("b{}.txt", self.setup.ids.word(8)));
        // Like the transcript: what cannot be kept is lost without a word.
        let _ = std::fs::create_dir_all(&dir).and_then(|()| std::fs::write(&file, out));
        let cut = shown
            .char_indices()
            .nth(2000)
            .map_or(shown.len(), |(at, _)| at);
        let cut = shown[..cut].rfind('\n').unwrap_or(cut);
        #[expect(
            clippy::cast_precision_loss,
            reason = "a size in kilobytes with one digit"
        )]
        let size = out.len() as f64 / 1024.0;
        let path = file.to_string_lossy().into_owned();
        let mut done = self.command_result(shown.clone(), quiet);
        done.content = format!(
            "<persisted-output>\nOutput too large ({size:.1}KB). Full output saved to: {path}\n\nPreview (first 2KB):\n{}\n...\n</persisted-output>",
            &shown[..cut]
        )
        .into();
        amend(&mut done, |result| {
            result.persisted_path = Some(path);
            result.persisted_size = Some(out.len() as u64);
        });
        done
    }

    /// Whether a call that is allowed may run beside others.
    pub(super) fn runs_beside(&self, call: &ToolCall) -> bool {
        let allowed = matches!(self.decide(call), Decision::Allow(_) | Decision::Granted(_));
        allowed && self.is_safe(call)
    }

    /// The result of a command that only waits for long, where the version has none of that.
    pub(super) fn wakes(&self, call: &ToolCall) -> Option<Done> {
        let refusal = self.setup.profile.text("nap_refused");
        if refusal.is_empty() || call.name != "Bash" || call.is_backgrounded() {
            return None;
        }
        let nap = shell::long_nap(&call.command())?;
        let said = text(refusal, &Vars::new().with("nap", nap));
        Some(Done::uncalled(&said, format!("Error: {said}")))
    }

    /// Starts the command of a call.
    pub(super) fn start_command(&mut self, call: &ToolCall) -> io::Result<u64> {
        self.tools.jobs += 1;
        let job = self.tools.jobs;
        let to = match self.setup.profile.behaviour.command_output {
            CommandOutput::Merged => bash::Output::Merged,
            CommandOutput::Apart | CommandOutput::ApartWithoutCode => bash::Output::Apart,
        };
        let command = call.command();
        let sender = self.setup.inbox.sender();
        let place = bash::Place {
            private: &self.tools.private_folder(&self.setup.ending)?,
            cwd: &self.tools.shell_cwd,
            environment: &self.setup.settings.env(),
            call: self.setup.call,
        };
        let held = self.setup.ending.hold();
        let running = bash::start(&command, &place, to, sender, job)?;
        self.setup.ending.will_kill(running.group);
        drop(held);
        self.tools.running.insert(job, running);
        Ok(job)
    }

    /// Starts the command of a call, with a file for its output.
    pub(in crate::engine) fn run_into(
        &mut self,
        call: &ToolCall,
        file: &Path,
    ) -> io::Result<(u64, Running)> {
        self.tools.jobs += 1;
        let job = self.tools.jobs;
        let command = call.command();
        let sender = self.setup.inbox.sender();
        let place = bash::Place {
            private: &self.tools.private_folder(&self.setup.ending)?,
            cwd: &self.tools.shell_cwd,
            environment: &self.setup.settings.env(),
            call: self.setup.call,
        };
        let held = self.setup.ending.hold();
        let running = bash::start(&command, &place, bash::Output::File(file), sender, job)?;
        self.setup.ending.will_kill(running.group);
        drop(held);
        Ok((job, running))
    }

    /// Takes the folder that a command has left; one outside of the session's folders is not kept.
    fn keep_folder(&mut self, folder: Option<PathBuf>) -> Option<String> {
        let folder = folder?;
        if self.permissions.rules.covers(&folder) {
            self.tools.shell_cwd = folder;
            return None;
        }
        self.tools.shell_cwd.clone_from(&self.setup.cwd);
        Some(format!(
            "Shell cwd was reset to {}",
            self.setup.cwd.display()
        ))
    }

    /// Waits until a command ends or the turn is to stop; what comes meanwhile is taken.
    pub(super) fn wait_for_command(
        &mut self,
        calls: &[&ToolCall],
        until: Instant,
    ) -> Result<Option<(u64, i32)>, Quit> {
        self.setup
            .ledger
            .note(crate::ledger::Event::Waiting { on: "tool".into() });
        let begun = Instant::now();
        let mut told = self.setup.profile.message("task_started").is_null();
        while self.tools.ended.is_empty() && !self.pump()? {
            if !self.tools.ended.is_empty() {
                break;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let slow = SLOW.saturating_sub(begun.elapsed());
            let left = if told { left } else { left.min(slow) };
            match self.setup.inbox.quiet_wait(Some(left)) {
                Some(arrival) => self.handle(arrival)?,
                None if told || begun.elapsed() < SLOW => {}
                None => {
                    told = true;
                    self.tell_slow(calls)?;
                }
            }
        }
        let together = Instant::now() + TOGETHER;
        while self.tools.ended.len() < calls.len() && !self.tools.ended.is_empty() {
            let left = together.saturating_duration_since(Instant::now());
            match self.setup.inbox.quiet_wait(Some(left)) {
                Some(arrival) => self.handle(arrival)?,
                None => break,
            }
        }
        self.setup.ledger.note(crate::ledger::Event::Resumed);
        let first = (0..self.tools.ended.len()).min_by_key(|n| self.tools.ended[*n].0);
        Ok(first.and_then(|n| self.tools.ended.remove(n)))
    }

    /// Tells of commands that take long, as tasks.
    fn tell_slow(&mut self, calls: &[&ToolCall]) -> Result<(), Quit> {
        for call in calls
            .iter()
            .filter(|call| !self.tools.slow.contains_key(&call.id))
            .copied()
            .collect::<Vec<_>>()
        {
            let task = (
                format!("b{}", self.setup.ids.word(8)),
                format!("{}-{}", self.setup.ids.word(9), self.setup.ids.hex(8)),
            );
            self.tools.slow.insert(call.id.clone(), task);
            let vars = self.task_vars(call);
            self.emit("task_started", &vars)?;
        }
        Ok(())
    }

    /// Tells of a task that has ended.
    pub(super) fn tell_ended(&mut self, call: &ToolCall, failed: bool) -> Result<(), Quit> {
        if !self.tools.slow.contains_key(&call.id) {
            return Ok(());
        }
        let status = if failed { "failed" } else { "completed" };
        let vars = self.task_vars(call).with("status", status);
        self.emit("task_notification", &vars)
    }

    fn task_vars(&mut self, call: &ToolCall) -> Vars {
        let (task, run) = self.tools.slow.get(&call.id).cloned().unwrap_or_default();
        let description = call.command_description();
        self.vars()
            .with("task_id", task)
            .with("run_id", run)
            .with("tool_use_id", call.id.as_str())
            .with("description", description.as_str())
            .with("is_backgrounded", false)
            .with("task_type", "local_bash")
            .with("output_file", "")
            .with("summary", description)
    }

    /// Notes the files that a command has printed as a whole, where that is as good as reading them.
    fn see_printed(&mut self, command: &str) {
        let sees = self.setup.profile.toolbox.sees_printed;
        let plain = !command.contains(['|', '>', '<', ';', '&', '$', '*', '\'', '"', '`']);
        let Some(names) = command
            .trim()
            .strip_prefix("cat ")
            .filter(|_| sees && plain)
        else {
            return;
        };
        for name in names
            .split_whitespace()
            .filter(|name| !name.starts_with('-'))
        {
            let file = files::full(&self.tools.shell_cwd, name);
            let whole = By::Read {
                offset: 1,
                limit: None,
                whole: true,
            };
            self.tools.known_files.see(&file, whole);
        }
    }

    /// Kills whatever runs.
    pub(super) fn kill_commands(&mut self) {
        for (_, running) in std::mem::take(&mut self.tools.running) {
            self.setup.ending.kill(running.group);
        }
        self.tools.ended.clear();
    }

    /// The result of a command that has ended.
    pub(super) fn command_done(&mut self, job: u64, code: i32, command: &str) -> Done {
        let silent = [
            "touch", "mkdir", "rm", "rmdir", "mv", "cp", "chmod", "cd", "export", "ln",
        ];
        let quiet = shell::only_runs(command, &silent);
        let Some(running) = self.tools.running.remove(&job) else {
            return Done::failed("the command was lost");
        };
        self.setup.ending.has_ended(running.group);
        let code = match self.tools.terminated {
            Some(_) => KILLED,
            None => code,
        };
        let reset = self.keep_folder(running.folder());
        let mut output = running.output();
        let merged = self.setup.profile.behaviour.command_output == CommandOutput::Merged;
        let capabilities = self.setup.profile.capabilities();
        let meaning = shell::meaning(command, code, &capabilities);
        let went_well = code == 0 || meaning.is_some();
        if went_well && !merged {
            // What went well is told as one, whatever stream it was written to.
            let err = std::mem::take(&mut output.err);
            let both = [output.out.trim_end(), err.trim_end()];
            let both: Vec<&str> = both.into_iter().filter(|text| !text.is_empty()).collect();
            output.out = both.join("\n");
        }
        if let Some(reset) = reset {
            let gap = self.setup.profile.text("reset_gap");
            output.err = format!("{}{gap}{reset}", output.err.trim_end());
        }
        if code == 0 {
            self.see_printed(command);
        }
        let out = output.out.trim_end().to_owned();
        if went_well && output.out.chars().count() > LONG {
            return self.long_result(&output.out, quiet);
        }
        if went_well {
            let mut done = self.command_result(out.clone(), quiet);
            if let Some(meaning) = meaning {
                amend(&mut done, |result| {
                    result.code_meaning = Some(meaning.to_owned());
                });
            }
            if !output.err.is_empty() {
                let err = output.err.trim_end();
                amend(&mut done, |result| result.stderr = Some(err.to_owned()));
                let said = done.content.as_str().unwrap_or_default();
                let said = if out.is_empty() { "" } else { said };
                let both = [said, err.trim_start_matches('\n')]
                    .into_iter()
                    .filter(|t| !t.is_empty())
                    .collect::<Vec<_>>()
                    .join("\n");
                done.content = both.into();
            }
            return done;
        }
        let said = match self.setup.profile.behaviour.command_output {
            CommandOutput::Merged => out.chars().take(LONG).collect(),
            CommandOutput::Apart | CommandOutput::ApartWithoutCode => {
                [output.err.as_str(), &out].join("\n").trim().to_owned()
            }
        };
        let text = match self.setup.profile.behaviour.command_output {
            CommandOutput::ApartWithoutCode if said.is_empty() => "Error".to_owned(),
            CommandOutput::ApartWithoutCode => said,
            _ if said.is_empty() => format!("Exit code {code}"),
            _ => format!("Exit code {code}\n{said}"),
        };
        Done::failed(&limits::cut(&text))
    }

    /// The result of a command that went well.
    /// `quiet` where nobody expects it to say anything.
    pub(in crate::engine) fn command_result(&self, out: String, quiet: bool) -> Done {
        let profile = self.setup.profile;
        let merged = profile.behaviour.command_output == CommandOutput::Merged;
        let structured = BashResult {
            stdout: Some(out.clone()),
            stderr: Some(String::new()),
            interrupted: Some(false),
            image: Some(false),
            quiet: merged.then_some(quiet),
            ..BashResult::default()
        };
        let content = if out.is_empty() && merged {
            "(Bash completed with no output)".to_owned()
        } else {
            out
        };
        Done {
            shape: Shape::Said,
            ..Done::plain(content, structured.write())
        }
    }
}

/// Changes what a command's result has as data.
pub(in crate::engine) fn amend(done: &mut Done, change: impl FnOnce(&mut BashResult)) {
    let mut result = BashResult::at(&done.structured);
    change(&mut result);
    done.structured = result.write();
}
