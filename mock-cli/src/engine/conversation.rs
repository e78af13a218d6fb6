//! What versions keep of a conversation that count its messages (PROTOCOL 3.6): commands and what they said, texts of
//! commands that the model gets, and what hooks add.

use super::Engine;
use super::answer::{Reply, Step};
use super::checkpoints::Checkpoints;
use super::inject::Injected;
use super::own::Expansion;
use super::slash::Local;
use super::turn::Turn;
use crate::process::Quit;
use crate::profile::SlashAnswer;
use crate::protocol::api::Event;
use crate::template::Vars;
use crate::time;
use crate::turn::Usage;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;

/// The conversation, as far as versions count it.
#[derive(Debug)]
pub(super) struct Conversation {
    /// Messages of the whole conversation, for versions that count turns by them.
    pub(super) lines: usize,
    /// The model's lines since it last wrote down what it has to do, that one included.
    pub(super) since_todos: usize,
    /// The model's answers, and failures in place of them.
    pub(super) rounds: usize,
    /// Its answers alone.
    pub(super) answers: usize,
    /// Messages of this turn alone.
    pub(super) passing_lines: usize,
    /// The command of the user's own that the turn carries out.
    pub(super) skill: Option<String>,
    /// Files as they were before each prompt.
    pub(super) checkpoints: Checkpoints,
    /// How long the last summary took.
    pub(super) compacting: Duration,
    /// What the user is told of the hooks around it.
    pub(super) compaction_hooks: Vec<String>,
    /// Changes of the model that the transcript is still to tell of: what was asked for, the text, its uuid.
    pub(super) model_notes: Vec<(String, String, String)>,
}

impl Conversation {
    /// A conversation with so many messages from before.
    pub(super) fn new(lines: usize) -> Conversation {
        Conversation {
            lines,
            since_todos: 0,
            rounds: lines / 2,
            answers: lines / 2,
            passing_lines: 0,
            skill: None,
            checkpoints: Checkpoints::default(),
            compacting: Duration::ZERO,
            compaction_hooks: Vec::new(),
            model_notes: Vec::new(),
        }
    }
}

impl Engine {
    /// Whether commands are kept as messages of the user's side.
    pub(super) fn keeps_commands(&self) -> bool {
        self.setup.profile.behaviour.keeps_commands
    }

    /// Reminds the model of what it has to do, for this turn alone, where it has not written anything down for long.
    pub(super) fn remind(&mut self) {
        let after = self.setup.profile.behaviour.reminds_after;
        let due = after.is_some_and(|lines| self.conversation.since_todos >= lines);
        self.conversation.passing_lines += usize::from(due);
    }

    /// Keeps a message of the user's side with what follows it.
    fn keep_beforehand(&mut self, content: Value, more: &Vars) {
        let message = json!({"role": "user", "content": content});
        let setup = &mut self.setup;
        let uuid = setup.ids.uuid();
        let recorder = &mut setup.session.recorder;
        recorder.beforehand(message, &uuid, more, time::now_ms());
        self.conversation.lines += 1;
    }

    /// Keeps what a command said that the model does not get.
    pub(super) fn keep_answered_command(&mut self, local: &Local, stream: &str, text: &str) {
        if local.does.answer == SlashAnswer::Screen {
            return;
        }
        let none = Vars::new();
        self.keep_beforehand(super::CAVEAT.into(), &none);
        let name = &local.name;
        if local.does.answer == SlashAnswer::Unknown {
            let text = match name.as_str() {
                "" => "Commands are in the form `/command [args]`".to_owned(),
                name => format!("Unknown slash command: {name}"),
            };
            self.keep_beforehand(text.into(), &none);
            return;
        }
        if local.does.answer == SlashAnswer::Hidden {
            self.keep_beforehand(format!("/{name}").into(), &none);
            self.keep_beforehand(local.does.output.clone().into(), &none);
            return;
        }
        let command = format!(
            "<command-name>/{name}</command-name>\n            <command-message>{name}</command-message>\n            <command-args>{}</command-args>",
            local.args
        );
        self.keep_beforehand(command.into(), &none);
        let said = format!("<local-command-{stream}>{text}</local-command-{stream}>");
        self.keep_beforehand(said.into(), &none);
    }

    /// The prompt that a command is which the model gets; None: it is none.
    pub(super) fn expansion(&self, prompt: &str) -> Option<Expansion> {
        let profile = self.setup.profile;
        if let Some((command, args)) = self.setup.own.called(prompt) {
            return Some(command.expand(args, profile.behaviour.own_definitions));
        }
        let rest = prompt.strip_prefix('/').filter(|_| self.keeps_commands())?;
        let rest = rest.trim_end();
        let (name, args) = rest.split_once(' ').unwrap_or((rest, ""));
        let known = profile.prompt_commands.iter().any(|known| known == name);
        known.then(|| {
            let doing = profile.command_progress.get(name);
            let doing = doing.map_or("running", String::as_str);
            let permits = profile.tool_commands.iter().any(|one| one == name);
            Expansion::of_cli(name, args, doing, permits)
        })
    }

    /// Keeps the text of a command behind the command itself.
    pub(super) fn keep_expanded(&mut self, text: &str) {
        let meta = Vars::new().with("is_meta", true);
        self.keep_beforehand(json!([{"type": "text", "text": text}]), &meta);
    }

    /// Keeps what hooks add to the conversation.
    pub(super) fn keep_contexts(&mut self, hook: &str, more: &Vars) {
        let contexts = std::mem::take(&mut self.hooks.contexts);
        if !self.keeps_commands() {
            return;
        }
        for context in contexts {
            self.keep_beforehand(format!("<{hook}>{context}</{hook}>").into(), more);
        }
    }

    /// Tells the model what hooks said of a tool's result.
    pub(super) fn feed_back(
        &mut self,
        turn: &mut Turn,
        tool: &str,
        block: Option<&str>,
    ) -> Result<(), Quit> {
        let contexts = std::mem::take(&mut self.hooks.contexts);
        if !self.keeps_commands() {
            return Ok(());
        }
        let mark = self.setup.profile.text("hook_mark");
        let block = block.map(|reason| format!("{tool} operation feedback:\n{mark}{reason}"));
        let contexts = contexts
            .into_iter()
            .map(|text| format!("<post-tool-use-hook>{text}</post-tool-use-hook>"));
        for text in block.into_iter().chain(contexts) {
            turn.user_lines += 1;
            self.inject(&text, Injected::Reminder)?;
        }
        Ok(())
    }

    /// Asks the model for a summary, which takes a turn of the script.
    pub(super) fn spend_on_summary(&mut self) {
        let answer = self.next_answer(&mut VecDeque::new(), false);
        let Reply::Stream(stream) = answer.reply else {
            return;
        };
        let events = stream.steps.iter().filter_map(|step| match step {
            Step::Event(event) => Some(event),
            Step::Pause(_) => None,
        });
        let mut usage = Usage::ZERO;
        for event in events {
            match event {
                Event::MessageStart(start) => usage = Usage::at_start(start),
                Event::MessageDelta(end) => usage.output = Usage::output_at_end(end).unwrap_or(0),
                _ => {}
            }
        }
        let models = &self.setup.profile.models;
        self.model.costs.add(models, &self.model.name, usage);
        self.model.unreported.add(models, &self.model.name, usage);
    }
}
