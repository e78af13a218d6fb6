//! Writing the lines of one session, in their chain.

use super::{BlockEntry, Place, PromptKind};
use crate::ids::Ids;
use crate::json::{self, Escapes};
use crate::order::{SortedMap, SortedSet};
use crate::profile::Profile;
use crate::protocol::transcript::Line;
use crate::template::{LineTemplate, Template, Vars, render};
use crate::time;
use serde_json::Value;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many characters of a prompt are noted.
const LONGEST: usize = 200;

/// Makes the lines of a transcript; the caller appends [`Recorder::take`] to the file.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(super) profile: &'static Profile,
    pub(super) place: Place,
    pub(super) parent: Option<String>,
    prompts: u64,
    pub(super) prompt_id: String,
    prompt: String,
    /// The model's last message, and the ids of its lines.
    said: (String, Vec<String>),
    tools: SortedSet<String>,
    /// The chain of the session that this one was forked from, until it is written.
    pub(super) to_copy: Vec<Line>,
    /// Whether the session's mode is noted at the end.
    notes_mode: bool,
    /// What was attached last, by kind.
    pub(super) told: SortedMap<String, Value>,
    /// The name of the session's plan, where it has one.
    slug: Option<String>,
    pub(super) pending: String,
    /// Lines that are written only with what follows them.
    held: String,
    /// A copy of another session, which is written with the first turn.
    pub(super) copied: String,
    /// Whether nothing is kept any more.
    closed: bool,
    /// The ids of the chain, as their hashes: there are as many as a session has lines.
    linked: SortedSet<u64>,
}

impl Recorder {
    /// A recorder for a session that goes on after `parent`, with `prompts` prompts behind it.
    pub(crate) fn new(
        profile: &'static Profile,
        place: Place,
        parent: Option<String>,
        prompts: u64,
    ) -> Self {
        Recorder {
            profile,
            place,
            parent,
            prompts,
            prompt_id: String::new(),
            prompt: String::new(),
            said: (String::new(), Vec::new()),
            tools: SortedSet::new(),
            to_copy: Vec::new(),
            notes_mode: false,
            told: SortedMap::new(),
            slug: None,
            pending: String::new(),
            held: String::new(),
            copied: String::new(),
            closed: false,
            linked: SortedSet::new(),
        }
    }

    /// A recorder for a new session at the same place.
    pub(crate) fn of_session(&self, id: &str) -> Recorder {
        let place = Place {
            session: id.to_owned(),
            ..self.place.clone()
        };
        let mut new = Recorder::new(self.profile, place, None, 0);
        new.prompt_id.clone_from(&self.prompt_id);
        new.notes_mode = true;
        new
    }

    /// A recorder for a conversation beside this one.
    pub(crate) fn sidechain(&self) -> Recorder {
        let mut side = Recorder::new(self.profile, self.place.clone(), None, 1);
        side.prompt_id.clone_from(&self.prompt_id);
        side
    }
    /// The id of the prompt that is answered.
    pub(crate) fn prompt_id(&self) -> &str {
        &self.prompt_id
    }

    /// The last line of the chain.
    pub(crate) fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    /// What has come since the last time, to be appended to the file.
    pub(crate) fn take(&mut self) -> String {
        std::mem::take(&mut self.pending)
    }

    pub(super) fn vars(&self, at_ms: u64) -> Vars {
        Vars::new()
            .with("timestamp", time::iso(at_ms))
            .with("date", time::date(at_ms))
            .with("cwd", self.place.cwd.as_str())
            .with("session_id", self.place.session.as_str())
            .with("version", self.profile.version.as_str())
            .with("git_branch", self.place.branch.as_str())
            .with("is_git", self.place.is_git)
            .with("entrypoint", self.place.entrypoint.as_str())
            .with(
                "parent_uuid",
                self.parent.clone().map_or(Value::Null, Value::String),
            )
            .with("prompt_id", self.prompt_id.as_str())
            .with("prompt", self.prompt.as_str())
            .with("turn_index", self.prompts)
            .maybe("slug", self.slug.clone())
    }

    pub(super) fn line(&mut self, template: &LineTemplate, vars: &[&Vars]) {
        self.push_with(|out| template.write(vars, Escapes::None, out));
    }

    pub(super) fn push(&mut self, entry: &Value) {
        self.push_with(|out| json::append(entry, out));
    }

    fn push_with(&mut self, write: impl FnOnce(&mut String)) {
        if self.closed {
            return;
        }
        self.pending.push_str(&std::mem::take(&mut self.held));
        write(&mut self.pending);
        self.pending.push('\n');
    }

    /// A signal ends the turn.
    pub(crate) fn signalled(&mut self) {
        self.closed = self.profile.transcript.ends_at_signal;
    }

    /// A line of the chain: the next one's parent is this.
    fn link(&mut self, name: &str, uuid: &str, vars: Vars) {
        if self.closed {
            return;
        }
        let transcript = &self.profile.transcript;
        let template = transcript
            .entries
            .get(name)
            .or_else(|| transcript.entries.get("user"));
        if let Some(template) = template {
            // A client may give the same id again: what it names is written only once.
            if self.linked.insert(hash(uuid)) {
                self.line(&template, &[&vars.with("uuid", uuid)]);
            }
            self.parent = Some(uuid.to_owned());
        }
    }

    /// The beginning of a turn: everything up to the next one belongs to this prompt.
    pub(crate) fn begin(&mut self, message: &Value, at_ms: u64, ids: &mut Ids) {
        self.prompt = crate::turn::text_of(message);
        if self.profile.transcript.flat_prompts {
            let first = message.pointer("/content/0/text").and_then(Value::as_str);
            self.prompt = flat(first.unwrap_or(&self.prompt));
        }
        self.prompt_id = ids.uuid();
        for template in &self.profile.transcript.before_prompt {
            self.line(template, &[&self.vars(at_ms)]);
        }
        self.write_copies();
        let copied = std::mem::take(&mut self.copied);
        self.pending.push_str(&copied);
    }

    /// A line beside the chain, where the version has such lines.
    pub(crate) fn beside(&mut self, name: &str, vars: &Vars, at_ms: u64) {
        if let Some(template) = self.profile.transcript.entries.get(name) {
            self.line(&template, &[vars, &self.vars(at_ms)]);
        }
    }

    /// A line of the chain that only some versions keep.
    pub(crate) fn note(&mut self, name: &str, uuid: &str, vars: &Vars, at_ms: u64) {
        if self.profile.transcript.entries.get(name).is_some() {
            let mut all = self.vars(at_ms);
            all.extend(vars);
            self.link(name, uuid, all);
        }
    }

    /// The same, with more keys.
    pub(crate) fn note_with(
        &mut self,
        name: &str,
        uuid: &str,
        vars: &Vars,
        more: Value,
        at_ms: u64,
    ) {
        let Some(template) = self.profile.transcript.entries.get(name) else {
            return;
        };
        if self.closed {
            return;
        }
        let own = self.vars(at_ms).with("uuid", uuid);
        let mut line = template.render(&[vars, &own]);
        if let (Some(line), Value::Object(more)) = (line.as_object_mut(), more) {
            // What all lines have comes behind what is this one's.
            let common = line.keys().position(|key| key == "userType");
            let at = common.unwrap_or(line.len());
            for (place, (key, value)) in (at..).zip(more) {
                line.shift_insert(place, key, value);
            }
        }
        self.push(&line);
        self.parent = Some(uuid.to_owned());
    }

    /// A command of the user's own, in the place of a prompt.
    pub(crate) fn command(&mut self, message: &Value, uuid: &str, mode: &str, at_ms: u64) {
        if self.profile.transcript.attachments.is_empty() {
            // Older versions make no difference.
            return self.prompt(
                message,
                uuid,
                Some(mode),
                PromptKind::Asked { given: false },
                at_ms,
            );
        }
        self.prompts += 1;
        let position = serde_json::json!({"promptIndex": 0, "turnIndex": self.prompts});
        let vars = self
            .vars(at_ms)
            .with("message", message.clone())
            .with("turn_origin", "sdk")
            .with("turn_position", position);
        self.link("user", uuid, vars);
    }

    /// The prompt; `asks` where the model gets it.
    pub(crate) fn prompt(
        &mut self,
        message: &Value,
        uuid: &str,
        mode: Option<&str>,
        kind: PromptKind,
        at_ms: u64,
    ) {
        let asks = !matches!(kind, PromptKind::Noted { .. });
        let given = matches!(
            kind,
            PromptKind::Asked { given: true } | PromptKind::Noted { given: true }
        );
        let (source, turn_origin, origin) = match kind {
            PromptKind::Told(origin) => ("system", "task_notification", Some(origin)),
            _ => ("sdk", "sdk", None),
        };
        self.prompts += u64::from(asks);
        let position = serde_json::json!({"promptIndex": 0, "turnIndex": self.prompts});
        let vars = self
            .vars(at_ms)
            .with("message", message.clone())
            .maybe("permission_mode", mode)
            .with("prompt_source", source)
            .maybe("skips_attachments", origin.is_some().then_some(true))
            .maybe("origin", origin)
            .maybe("turn_origin", asks.then_some(turn_origin))
            .maybe("turn_position", asks.then_some(position))
            .maybe("transcript_only", (!asks).then_some(true))
            .maybe("attribution_key", given.then_some(uuid));
        self.hold("user", uuid, vars);
    }

    /// A line of the chain that goes with what follows it, in versions that write so.
    fn hold(&mut self, name: &str, uuid: &str, vars: Vars) {
        let before = std::mem::take(&mut self.pending);
        self.link(name, uuid, vars);
        let lines = std::mem::replace(&mut self.pending, before);
        if self.profile.transcript.holds_prompts {
            self.held.push_str(&lines);
        } else {
            self.pending.push_str(&lines);
        }
    }

    /// A message of the user's side that goes with what follows it.
    pub(crate) fn beforehand(&mut self, message: Value, uuid: &str, more: &Vars, at_ms: u64) {
        let mut vars = self.vars(at_ms).with("message", message);
        vars.extend(more);
        self.hold("user", uuid, vars);
    }

    /// A block of the model's message as the client sees it.
    pub(crate) fn shown(&mut self, message: Value, uuid: &str, request_id: &str, at_ms: u64) {
        let vars = self
            .vars(at_ms)
            .with("message", message)
            .with("request_id", request_id);
        self.link("assistant", uuid, vars);
    }

    /// The lines of the model's last message, where it is not the first prompt's.
    pub(crate) fn last_said(&self) -> &[String] {
        if self.prompts > 1 { &self.said.1 } else { &[] }
    }

    /// A block of the model's message.
    pub(crate) fn block(&mut self, block: BlockEntry<'_>, at_ms: u64) {
        if self.said.0 != block.message_id {
            self.said = (block.message_id.to_owned(), Vec::new());
        }
        self.said.1.push(block.uuid.to_owned());
        let kept = self.profile.messages.get("api_message_kept");
        let message = kept.unwrap_or_else(|| self.profile.message("api_message"));
        let kind = block
            .content
            .pointer("/0/type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let (thinking, tool) = (kind == "thinking", kind == "tool_use");
        let vars = self
            .vars(at_ms)
            .with("message_id", block.message_id)
            .maybe(
                "request_id",
                Some(block.request_id).filter(|id| !id.is_empty()),
            )
            .with("request_ref", block.request_ref)
            .with("model", block.model)
            .with("block_index", block.index)
            .with("content", block.content)
            .with("stop_reason", block.stop_reason)
            .with("stop_sequence", block.stop_sequence)
            .with("usage", block.usage)
            .maybe("stop_details", block.details.then_some(Value::Null))
            .maybe("effort", block.effort)
            .with("per_turn_effort", block.per_turn_effort)
            .maybe("mcp_server", block.served.map(|(server, _)| server))
            .maybe("mcp_tool", block.served.map(|(_, tool)| tool))
            .maybe("classifier", block.classifier)
            .maybe("skill", block.skill)
            .maybe("thinking_ms", thinking.then_some(1))
            .maybe("thinking_display", thinking.then_some("updates"))
            .maybe("tool_input_ms", tool.then_some(1))
            .maybe("aborted", block.aborted.then_some(true));
        let message = render(&message, &vars);
        self.link("assistant", block.uuid, vars.with("message", message));
    }

    /// A tool's result; `vars` has its message, what it came to, and the block that it answers.
    pub(crate) fn tool_result(&mut self, uuid: &str, vars: &Vars, at_ms: u64) {
        let mut all = self.vars(at_ms);
        all.extend(vars);
        self.link("tool_result", uuid, all);
    }

    /// Names the session's plan in all lines from here on.
    pub(crate) fn name_plan(&mut self, slug: impl FnOnce() -> String) {
        self.slug.get_or_insert_with(slug);
    }

    /// The name of the session's plan, where it has one.
    pub(crate) fn plan(&self) -> Option<&str> {
        self.slug.as_deref()
    }

    /// The note of an interruption.
    pub(crate) fn interrupted(&mut self, message: Value, uuid: &str, at_ms: u64) {
        let vars = self.vars(at_ms).with("message", message);
        self.link("interrupted", uuid, vars);
    }

    /// A line for another file of the same session, where the version has such lines.
    pub(crate) fn aside(&self, name: &str, vars: &Vars, at_ms: u64) -> Option<String> {
        let template = self.profile.transcript.entries.get(name)?;
        let mut all = self.vars(at_ms);
        all.extend(vars);
        let mut line = String::new();
        template.write(&[&all], Escapes::None, &mut line);
        Some(line + "\n")
    }

    /// The tools of an answer, where the version notes which ones a session has used and one is new.
    pub(crate) fn tools(&mut self, names: &[&str], at_ms: u64) {
        let mut new = false;
        for name in names {
            new |= self.tools.insert((*name).to_owned());
        }
        if new && let Some(template) = self.profile.transcript.entries.get("tools_used") {
            let tools: Vec<&str> = self.tools.iter().map(String::as_str).collect();
            self.line(&template, &[&self.vars(at_ms).with("tools", tools)]);
        }
    }

    /// The end of an answer.
    pub(crate) fn answer_ended(&mut self, at_ms: u64) {
        for template in &self.profile.transcript.after_answer {
            let leaf = self.parent.clone().unwrap_or_default();
            self.line(template, &[&self.vars(at_ms).with("leaf_uuid", leaf)]);
        }
    }

    /// Goes on with a session of the past; `notes_mode` where its mode is noted at the end.
    pub(crate) fn goes_on(&mut self, notes_mode: bool) {
        self.notes_mode = notes_mode;
    }

    /// The end of the process; `vars` has the totals.
    pub(crate) fn process_ended(&mut self, totals: Vars) {
        self.closed = false;
        if self.notes_mode {
            self.beside("mode", &Vars::new(), time::now_ms());
        }
        let vars = totals
            .with("session_id", self.place.session.as_str())
            .with("prompt", self.prompt.as_str())
            .with("leaf_uuid", self.parent.clone().unwrap_or_default());
        for template in &self.profile.transcript.at_end {
            self.line(template, &[&vars]);
        }
    }
}

/// A prompt as one line, and no longer than people read it.
fn flat(prompt: &str) -> String {
    let line = prompt.replace('\n', " ");
    let line = line.trim();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.to_owned(),
    }
}

fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
