//! What a turn leaves in the transcript beside the model's answers (PROTOCOL 5.3).

use super::own::Expansion;
use super::turn::Turn;
use super::{Engine, Prompt};
use crate::order;
use crate::protocol::TextOr;
use crate::protocol::api::Message;
use crate::protocol::wire::Wire;
use crate::template::Vars;
use crate::time;
use crate::transcript::{Moment, PromptKind, Surroundings};
use crate::turn::text_of;
use serde_json::{Value, json};

impl Engine {
    /// The beginning of a turn: its prompts leave the queue.
    pub(super) fn keep_beginning(&mut self, prompts: &[Prompt], message: &Value) {
        let now = time::now_ms();
        let setup = &mut self.setup;
        for _ in prompts {
            let recorder = &mut setup.session.recorder;
            recorder.beside("dequeue", &Vars::new(), now);
        }
        setup.session.recorder.begin(message, now, &mut setup.ids);
        if self.permissions.mode == "plan" {
            self.name_plan(&text_of(message));
        }
        self.keep_model_notes();
    }

    /// A prompt that waits for its turn.
    pub(super) fn keep_waiting(&mut self, prompt: &Prompt) {
        let vars = Vars::new().with("prompt", prompt.message.text());
        self.keep_beside("enqueue", &vars);
    }

    /// The prompt itself, with what the model is told beside it. Returns its uuid.
    pub(super) fn keep_prompt(
        &mut self,
        turn: &Turn,
        message: &Value,
        asks: bool,
        expansion: Option<&Expansion>,
    ) -> String {
        let now = time::now_ms();
        let text = text_of(message);
        let given = turn.uuids.first().cloned();
        let uuid = given.clone().unwrap_or_else(|| self.setup.ids.uuid());
        self.conversation.lines += 1;
        // In plan mode a reminder goes along, which counts as a message of this turn.
        self.conversation.passing_lines += usize::from(self.permissions.mode == "plan");
        // So does one of the output style.
        let style = self.setup.settings.output_style();
        let styled = style.is_some_and(|style| style != "default");
        self.conversation.passing_lines += usize::from(styled);
        self.bring_along(&text);
        let mut kept = Message::at(message);
        let said = |text: String| Some(TextOr::Text(text));
        if let Some(expansion) = expansion {
            kept.content = said(expansion.kept.clone());
        }
        if kept.content == said(String::new()) {
            kept.content = said("(no content)".into());
        }
        // A command itself, and what it may use, are messages too.
        match expansion {
            Some(expansion) if self.keeps_commands() => {
                self.conversation.passing_lines += usize::from(expansion.permits);
            }
            Some(_) => self.conversation.lines += 2,
            None => {}
        }
        let own = expansion.filter(|_| self.keeps("injected") && !self.keeps_commands());
        let kept = kept.write();
        let given = given.is_some();
        let names_nothing = matches!(self.moment(&text), Moment::Blank);
        let modeless = names_nothing && self.setup.profile.transcript.modeless_slashes;
        let mode = Some(self.permissions.mode.as_str()).filter(|_| !modeless);
        let kind = match self.background.origin.clone() {
            Some(origin) => PromptKind::Told(origin),
            None if asks => PromptKind::Asked { given },
            None => PromptKind::Noted { given },
        };
        let recorder = &mut self.setup.session.recorder;
        match &own {
            Some(_) => recorder.command(&kept, &uuid, &self.permissions.mode, now),
            None => recorder.prompt(&kept, &uuid, mode, kind.clone(), now),
        }
        if let Some(own) = own {
            let message = json!({"role": "user", "content": [{"type": "text", "text": own.text}]});
            let vars = Vars::new()
                .with("message", message)
                .with("is_meta", true)
                .with("companion", true);
            self.keep("injected", None, &vars);
        }
        self.conversation.skill = own.map(|own| own.name.clone());
        if let Some(expansion) = expansion.filter(|_| self.keeps_commands()) {
            self.keep_expanded(&expansion.text);
        }
        if asks {
            let moment = match kind {
                PromptKind::Told(_) => Moment::Again,
                _ => self.moment(&text),
            };
            self.surround(moment, &text);
        }
        self.save();
        uuid
    }

    /// A prompt that the model does not get: only versions without lines for such things keep it.
    pub(super) fn skip_prompt(&mut self, turn: &Turn, message: &Value) -> String {
        if !self.keeps("informational") && !self.keeps_commands() {
            return self.keep_prompt(turn, message, true, None);
        }
        self.conversation.lines += usize::from(!self.keeps_commands());
        let given = turn.uuids.first().cloned();
        given.unwrap_or_else(|| self.setup.ids.uuid())
    }

    /// What the model is told before another request of the same turn.
    pub(super) fn keep_again(&mut self) {
        self.surround(Moment::Again, "");
    }

    /// Keeps what the model is told beside a prompt, where anything is kept.
    pub(super) fn surround(&mut self, moment: Moment, prompt: &str) {
        if self.setup.session.file.is_none() {
            return;
        }
        let around = self.surroundings(prompt);
        let setup = &mut self.setup;
        let recorder = &mut setup.session.recorder;
        recorder.surround(moment, around, &mut setup.ids, time::now_ms());
    }

    /// A prompt that came into the turn by itself, or that is told with its next request.
    pub(super) fn keep_taken(&mut self, text: &str, mode: &str, uuid: Option<String>) {
        let delivery = self.setup.ids.uuid();
        let taken = Vars::new()
            .with("prompt", text)
            .with("reason", "absorbed_mid_turn")
            .with("command_mode", mode)
            .with("delivery_id", delivery)
            .maybe("command_uuid", uuid.clone())
            .maybe("source_uuid", uuid);
        self.keep_beside("unqueue", &taken);
        self.attach("queued_command", taken);
    }

    /// A prompt that is taken back before its turn.
    pub(super) fn keep_cancelled(&mut self, prompt: &Prompt) {
        let cancelled = Vars::new()
            .with("prompt", prompt.message.text())
            .with("reason", "cleared_on_cancel")
            .maybe("command_uuid", prompt.uuid.clone());
        self.keep_beside("unqueue", &cancelled);
    }

    /// An answer that came to its end, its tools included.
    pub(super) fn keep_answered(&mut self) {
        let setup = &mut self.setup;
        let recorder = &mut setup.session.recorder;
        recorder.answered(&mut setup.ids, time::now_ms());
    }

    fn moment(&self, prompt: &str) -> Moment {
        let Some(rest) = prompt.strip_prefix('/') else {
            return Moment::Prompt;
        };
        if rest.is_empty() || rest.starts_with(char::is_whitespace) {
            return Moment::Blank;
        }
        let name = rest.split_whitespace().next().unwrap_or_default();
        let mut known = self.setup.profile.listed.command_names();
        if self.setup.own.called(prompt).is_some() {
            Moment::OwnCommand
        } else if known.any(|one| one == name) {
            Moment::Prompt
        } else {
            Moment::UnknownCommand
        }
    }

    fn surroundings(&mut self, prompt: &str) -> Surroundings {
        let profile = self.setup.profile;
        let (used, budget) = (
            self.model.costs.total().as_f64().unwrap_or(0.0),
            self.setup.options.max_budget,
        );
        let mut agents = self.agent_names();
        if profile.behaviour.inventory > 1 {
            order::sort_by_key(&mut agents, |name| name.to_lowercase());
        }
        let around = Surroundings::new(
            profile,
            &self.model.at_turn,
            self.tools(),
            agents,
            self.directories(),
        );
        let command = prompt.strip_prefix('/').unwrap_or_default();
        let command = command.split_whitespace().next().unwrap_or_default();
        Surroundings {
            mode: self.permissions.mode.clone(),
            budget: budget.is_some(),
            vars: around
                .vars
                .with("bypass", self.permissions.mode == "bypassPermissions")
                .with("command", command)
                .with("used", used)
                .with("budget", budget)
                .with("remaining", budget.unwrap_or(0.0) - used),
            hooks: std::mem::take(&mut self.hooks.notes),
            ..around
        }
    }

    /// The agents of the session by name, as `init` lists them.
    pub(super) fn agent_names(&self) -> Vec<String> {
        let profile = self.setup.profile;
        let mut names = profile.listed.agent_names();
        names.extend(self.setup.own.agents.iter().map(|agent| agent.name.clone()));
        if profile.behaviour.inventory > 1 {
            order::sort_by_key(&mut names, |name| self.agent_place(name));
        }
        names
    }

    /// Where an agent stands in a list: by name; one version has those of the client behind the others.
    pub(super) fn agent_place(&self, name: &str) -> (bool, String) {
        let behind = self.setup.profile.behaviour.inventory == 2;
        let given = self.setup.own.of_client.contains(name);
        (behind && given, name.to_lowercase())
    }

    /// Gives the session's plan a name, from the prompt's first word and two words that tell plans apart.
    pub(super) fn name_plan(&mut self, prompt: &str) {
        const HOW: [&str; 4] = ["calm", "bright", "quiet", "swift"];
        const WHO: [&str; 4] = ["river", "maple", "harbor", "lantern"];
        let ids = &mut self.setup.ids;
        let mut pick = |of: [&'static str; 4]| of[usize::try_from(ids.below(4)).unwrap_or(0)];
        let (how, who) = (pick(HOW), pick(WHO));
        let first: String = prompt
            .split(|c: char| !c.is_ascii_alphanumeric())
            .find(|word| !word.is_empty())
            .unwrap_or("plan")
            .to_lowercase();
        let recorder = &mut self.setup.session.recorder;
        recorder.name_plan(|| format!("{first}-{how}-{who}"));
    }

    /// Keeps a line of the chain, where the version has such lines; with an id of its own unless one is given.
    pub(super) fn keep(&mut self, name: &str, uuid: Option<&str>, vars: &Vars) {
        let uuid = uuid.map_or_else(|| self.setup.ids.uuid(), str::to_owned);
        let recorder = &mut self.setup.session.recorder;
        recorder.note(name, &uuid, vars, time::now_ms());
    }

    /// The same, with more keys.
    pub(super) fn keep_with(&mut self, name: &str, uuid: Option<&str>, vars: &Vars, more: Value) {
        let uuid = uuid.map_or_else(|| self.setup.ids.uuid(), str::to_owned);
        let recorder = &mut self.setup.session.recorder;
        recorder.note_with(name, &uuid, vars, more, time::now_ms());
    }

    /// Keeps a line that was written to stdout from the template `shown`, under the same id.
    pub(super) fn keep_shown(&mut self, name: &str, shown: &str, vars: &Vars) {
        let line = crate::template::render(&self.setup.profile.message(shown), vars);
        let uuid = vars.get("uuid").and_then(Value::as_str).map(str::to_owned);
        let mut all = vars.clone();
        for key in ["content", "level"] {
            if let Some(value) = line.get(key) {
                all.set(key, value.clone());
            }
        }
        self.keep(name, uuid.as_deref(), &all);
    }

    /// Keeps a line beside the chain, where the version has such lines.
    pub(super) fn keep_beside(&mut self, name: &str, vars: &Vars) {
        let recorder = &mut self.setup.session.recorder;
        recorder.beside(name, vars, time::now_ms());
    }

    /// Keeps what is attached to a moment, where the version does so.
    pub(super) fn attach(&mut self, name: &str, vars: Vars) {
        let setup = &mut self.setup;
        let recorder = &mut setup.session.recorder;
        recorder.attach(name, vars, &mut setup.ids, time::now_ms());
    }

    /// Keeps a message of the user's side that the CLI wrote itself.
    pub(super) fn keep_said(&mut self, text: &str, meta: bool, uuid: Option<&str>) {
        let vars = Vars::new()
            .with("message", json!({"role": "user", "content": text}))
            .maybe("is_meta", meta.then_some(true));
        self.keep("injected", uuid, &vars);
    }

    /// Keeps that a command was run, before what it said; only versions with `local_command` lines do.
    pub(super) fn keep_command(&mut self, name: &str, args: &str) {
        if !self.keeps("local_command") {
            return;
        }
        self.keep_said(super::CAVEAT, true, None);
        self.keep_said(&command_text(name, args), false, None);
    }

    /// Keeps what the client said of the model since the last line.
    pub(super) fn keep_model_notes(&mut self) {
        for (asked, text, uuid) in std::mem::take(&mut self.conversation.model_notes) {
            self.keep_command("model", &asked);
            if self.keeps("local_command") {
                self.keep_said(&text, false, Some(&uuid));
            }
        }
    }

    /// Whether transcripts of this version have lines of this kind.
    pub(super) fn keeps(&self, name: &str) -> bool {
        let transcript = &self.setup.profile.transcript;
        transcript.entries.get(name).is_some()
    }
}

/// How the conversation tells that a command was run.
pub(super) fn command_text(name: &str, args: &str) -> String {
    format!(
        "<command-name>/{name}</command-name>\n            <command-message>{name}</command-message>\n            <command-args>{args}</command-args>"
    )
}
