//! Slash commands that the CLI answers itself (PROTOCOL 8.3).

use super::Engine;
use super::turn::Turn;
use crate::process::Quit;
use crate::profile::{Slash, SlashAnswer};
use crate::protocol::stream::CommandRun;
use crate::template::{self, Vars};
use serde_json::{Value, json};

/// A prompt that is a command.
#[derive(Debug, Clone)]
pub(super) struct Local {
    pub(super) name: String,
    /// What stands behind the name.
    pub(super) args: String,
    pub(super) does: Slash,
}

impl Local {
    /// The command that this is, where its name is another one's.
    fn command(&self) -> &str {
        self.does.is.as_deref().unwrap_or(&self.name)
    }

    /// A command of the user's own that cannot be carried out.
    pub(super) fn failed(name: String, why: String) -> Local {
        Local {
            name,
            args: String::new(),
            does: Slash::failed(why),
        }
    }
}

impl Engine {
    /// The command that a prompt is, where the CLI answers it itself; None: the model gets it.
    pub(super) fn local_command(&self, prompt: &str) -> Option<Local> {
        let rest = prompt.strip_prefix('/')?;
        let name = rest.split_whitespace().next().unwrap_or_default();
        let name = if rest.starts_with(char::is_whitespace) {
            ""
        } else {
            name
        };
        match self.setup.own.called(prompt) {
            Some((command, _)) if command.may_be_called() => return None,
            Some((command, _)) => return Some(self.not_for_users(&command.name)),
            None => {}
        }
        let profile = self.setup.profile;
        let args = rest.strip_prefix(name).unwrap_or_default().trim();
        let does = match profile.slash.get(name) {
            // What it does with these arguments is a matter of the model.
            Some(does) if does.answer == SlashAnswer::Says && does.says(args).is_none() => {
                return None;
            }
            Some(does) => does.clone(),
            None if profile.terminal_commands.iter().any(|one| one == name) => Slash::unavailable(),
            None if profile
                .prompt_commands
                .iter()
                .any(|p| p == name || p == "*") =>
            {
                return None;
            }
            None if profile.slash.contains_key("*") => profile.slash["*"].clone(),
            None => Slash::unknown(self.keeps_commands()),
        };
        Some(Local {
            name: name.to_owned(),
            args: args.to_owned(),
            does,
        })
    }

    /// A skill that is for the model alone.
    fn not_for_users(&self, name: &str) -> Local {
        let vars = Vars::new().with("name", name);
        let said = template::text(self.setup.profile.text("not_for_users"), &vars);
        Local {
            name: name.to_owned(),
            args: String::new(),
            does: Slash::hidden(said),
        }
    }

    /// What comes before the turn's first line: what a terminal would be sent, and what is done already.
    /// Returns the summary that was made.
    pub(super) fn announce(&mut self, local: &Local, uuid: &str) -> Result<Option<String>, Quit> {
        // What went wrong is not shown there.
        if local.does.answer != SlashAnswer::Compact || self.conversation.lines > 1 {
            self.setup.out.prefix(&local.does.prefix);
        }
        match local.does.answer {
            SlashAnswer::Compact => self.summarize(&local.args),
            SlashAnswer::Clear => {
                self.begin_again(uuid)?;
                self.keep_cleared(local.command(), &local.args, uuid);
                Ok(None)
            }
            SlashAnswer::NoContent if local.does.clears => {
                self.begin_again(uuid)?;
                Ok(None)
            }
            SlashAnswer::Rename if local.args.is_empty() => {
                // It asks for a title.
                let model = self.model.name.clone();
                self.asked_on_the_side(&model);
                Ok(None)
            }
            SlashAnswer::Rename => {
                self.entitle(&local.args)?;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// Answers a command, with its result.
    pub(super) fn run_local(
        &mut self,
        turn: &mut Turn,
        local: &Local,
        summary: Option<&str>,
    ) -> Result<(), Quit> {
        let profile = self.setup.profile;
        if let Some(summary) = summary {
            self.compact(summary)?;
        }
        let table = match local.does.answer {
            SlashAnswer::Context => self.context_table(),
            _ => None,
        };
        let (stream, text) = match local.does.answer {
            SlashAnswer::Nothing if self.keeps_commands() => ("stdout", local.does.output.clone()),
            SlashAnswer::Nothing
            | SlashAnswer::Screen
            | SlashAnswer::Unknown
            | SlashAnswer::Clear => ("", String::new()),
            SlashAnswer::Says => {
                let vars = Vars::new().with("args", local.args.as_str());
                let said = local.does.says(&local.args).unwrap_or_default();
                ("stdout", template::text(said, &vars))
            }
            SlashAnswer::Rename if local.args.is_empty() => ("stdout", local.does.output.clone()),
            SlashAnswer::Rename => ("stdout", format!("Session renamed to: {}", local.args)),
            SlashAnswer::Model => ("stdout", self.model_command(local)?),
            SlashAnswer::Cost => ("stdout", self.spent()),
            SlashAnswer::Unavailable => (
                "stdout",
                format!("/{} isn't available in this environment.", local.name),
            ),
            SlashAnswer::Context => match &table {
                Some((text, _)) => ("stdout", text.clone()),
                None => ("stdout", self.context_text()),
            },
            SlashAnswer::NoSuch => ("stdout", format!("Unknown command: /{}", local.name)),
            SlashAnswer::NoContent => ("stdout", "(no content)".to_owned()),
            SlashAnswer::Compact if summary.is_some() => (
                "stdout",
                format!(
                    "Compacted {}",
                    self.conversation.compaction_hooks.join("\n")
                ),
            ),
            SlashAnswer::Hidden if self.keeps_commands() => ("", String::new()),
            SlashAnswer::Hidden => ("stdout", local.does.output.clone()),
            SlashAnswer::Failed => ("stderr", local.does.output.clone()),
            SlashAnswer::Compact if let Some(why) = self.too_short() => ("stdout", why.to_owned()),
            SlashAnswer::Compact if self.conversation.lines > 1 => {
                if self.keeps_commands() {
                    self.spend_on_summary();
                    self.after_summary("manual", "")?;
                }
                ("stdout", "Compacted ".to_owned())
            }
            SlashAnswer::Compact => ("stderr", "Error: No messages to compact".to_owned()),
        };
        if self.keeps_commands() {
            self.keep_answered_command(local, stream, &text);
        }
        let source = format!("<local-command-{stream}>{text}</local-command-{stream}>");
        let unavailable = local.does.answer == SlashAnswer::Unavailable;
        let is_there = !unavailable && local.does.answer != SlashAnswer::NoSuch;
        let failed = stream == "stderr";
        let known = local.command();
        let compacted = summary.is_some() && !profile.message("compact_output").is_null();
        if compacted {
            let vars = self
                .vars()
                .with("message", json!({"role": "user", "content": source}));
            self.emit("compact_output", &vars)?;
            let uuid = vars.get("uuid").and_then(Value::as_str);
            self.keep_local_lines(&local.name, &local.args, Some((&source, uuid)));
            self.keep_compacted();
        } else if !stream.is_empty() {
            let message_id = self.setup.ids.uuid();
            let vars = self
                .vars()
                .with("text", text.trim_end())
                .maybe("context_usage", table.map(|(_, usage)| usage))
                .with("message_id", message_id)
                .with("message", json!({"role": "user", "content": source}))
                .with("local_command_source", source)
                .maybe(
                    "local_command_run",
                    is_there.then(|| json!({"command": known, "args": local.args})),
                )
                .maybe("local_command_outcome", outcome(unavailable, failed));
            self.emit("local_output", &vars)?;
            self.keep_local(local, &vars);
        } else if self.says_locally() {
            self.keep_local_lines(&local.name, &local.args, None);
        }
        let empty = local.does.answer == SlashAnswer::NoContent;
        turn.text = if failed || compacted || empty {
            String::new()
        } else {
            text
        };
        if profile.message("result_no_query").is_null() {
            turn.text.clear();
        }
        let answer = turn.text.clone();
        let known = !stream.is_empty();
        let told = self
            .says_locally()
            .then(|| self.count_local(turn, known, summary.is_some()));
        let vars = self.ended(turn);
        let vars: Vars = vars
            .with("result", answer)
            .maybe("num_turns", local.does.num_turns)
            .with("stop_reason", Value::Null)
            .maybe("num_turns", told)
            .maybe("model_usage", told.map(|_| json!({})))
            .maybe(
                "local_command",
                (!unavailable).then(|| local.name.replace('-', "_")),
            );
        let name = if profile.message("result_no_query").is_null() {
            "result_success"
        } else {
            "result_no_query"
        };
        self.result(name, &vars)
    }

    /// Keeps what was run and what it said.
    fn keep_local(&mut self, local: &Local, vars: &Vars) {
        let value = |name: &str| vars.get(name).cloned();
        let word = |name: &str| vars.get(name).and_then(Value::as_str);
        if self.says_locally() {
            let text = word("local_command_source").unwrap_or_default();
            self.keep_local_lines(&local.name, &local.args, Some((text, word("uuid"))));
            return;
        }
        let run = value("local_command_run");
        match run.as_ref().and_then(|run| CommandRun::at(run).command) {
            Some(name) => self.keep_command(&name, &local.args),
            // What is not there is kept as it was typed.
            None => {
                let typed = Vars::new().with("content", format!("/{}", local.name));
                self.keep("local_command", None, &typed);
            }
        }
        let kept = Vars::new()
            .maybe("content", value("local_command_source"))
            .maybe("context_usage", value("context_usage"))
            .maybe("command_run", run)
            .maybe("command_outcome", value("local_command_outcome"));
        let uuid = value("uuid").and_then(|uuid| uuid.as_str().map(str::to_owned));
        self.keep("local_command", uuid.as_deref(), &kept);
        self.save();
    }
}

fn outcome(unavailable: bool, failed: bool) -> Option<Value> {
    match (unavailable, failed) {
        (true, _) => Some(json!({"kind": "unavailable_headless"})),
        (_, true) => Some(json!({"kind": "failed"})),
        _ => None,
    }
}
