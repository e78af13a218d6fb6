//! What slash commands of 2.0 do and leave behind (PROTOCOL 8.3): they and what they say are messages of the conversation.

use super::answer::{Reply, Step};
use super::failure::Failure;
use super::inject::Injected;
use super::turn::Turn;
use super::{Engine, millis};
use crate::process::Quit;
use crate::protocol::api::{Delta, Event};
use crate::template::Vars;
use crate::transcript::Moment;
use crate::turn::Usage;
use serde_json::json;
use std::collections::VecDeque;
use std::time::Instant;

/// What the oracle's API answers to a request to count tokens.
const COUNTED: u64 = 42;
/// About how many tokens a conversation has that begins with a summary.
const COMPACTED: usize = 2500;
/// How often a summary is asked for, with less of the conversation each time.
const SHORTENED: usize = 3;
/// The lines of one prompt, its answer, and the command behind them.
const EXCHANGE: usize = 3;
/// How many parts the system prompt is counted in.
const PROMPT_PARTS: u64 = 5;
/// Tokens that are kept free for a summary.
const RESERVED: u64 = 45_000;

impl Engine {
    /// Whether local commands are messages of the conversation, in lines of the user's own.
    pub(super) fn says_locally(&self) -> bool {
        self.keeps("injected") && self.keeps("compact_boundary") && !self.keeps("local_command")
    }

    /// Keeps a command and what it said; `said` has the id of its line on stdout.
    pub(super) fn keep_local_lines(
        &mut self,
        name: &str,
        args: &str,
        said: Option<(&str, Option<&str>)>,
    ) {
        self.keep_said(super::CAVEAT, true, None);
        match said {
            Some((text, uuid)) => {
                self.keep_said(&super::keep::command_text(name, args), false, None);
                self.keep_said(text, false, uuid);
            }
            None if name.is_empty() => {
                self.keep_said("Commands are in the form `/command [args]`", false, None);
            }
            None => self.keep_said(&format!("Unknown slash command: {name}"), false, None),
        }
        self.save();
    }

    /// Asks the model for a summary, before the turn is announced. None where there is nothing to sum up.
    /// Hooks hear of it before and after.
    pub(super) fn summarize(&mut self, instructions: &str) -> Result<Option<String>, Quit> {
        if self.model.context_tokens == 0
            || self.setup.profile.message("compact_boundary").is_null()
        {
            return Ok(None);
        }
        let setup = &mut self.setup;
        setup
            .startup
            .reach(crate::profile::Moment::Summary, &mut setup.ids)?;
        self.before_summary("manual", instructions)?;
        let vars = self.vars().with("status", "compacting");
        self.emit("status", &vars)?;
        if let Some(error) = self.too_short() {
            let vars = self
                .vars()
                .with("status", serde_json::Value::Null)
                .with("compact_result", "failed")
                .with("compact_error", error);
            self.emit("status", &vars)?;
            return Ok(None);
        }
        let summary = self.model_summary()?.unwrap_or_default();
        self.after_summary("manual", &summary)?;
        let vars = self
            .vars()
            .with("status", serde_json::Value::Null)
            .with("compact_result", "success");
        self.emit("status", &vars)?;
        Ok(Some(summed_up(&summary).to_owned()))
    }

    /// A summary by the model as it comes, asked for once more where the version wants it in tags and it has none.
    /// None: even the request for it is too long.
    pub(super) fn model_summary(&mut self) -> Result<Option<String>, Quit> {
        let begun = Instant::now();
        let Some(mut summary) = self.asked_for_summary()? else {
            return Ok(None);
        };
        let untagged = !summary.is_empty() && tagged(&summary).is_none();
        if self.setup.profile.behaviour.tagged_summaries && untagged {
            let again = self.asked_for_summary()?.unwrap_or_default();
            if tagged(&again).is_some() {
                summary = again;
            }
        }
        self.conversation.compacting = begun.elapsed();
        Ok(Some(summary))
    }

    /// What a version says of a conversation with one prompt, if that is too short for a summary.
    pub(super) fn too_short(&self) -> Option<&'static str> {
        let error = self.setup.profile.text("compact_too_short");
        let short = (2..=EXCHANGE).contains(&self.conversation.lines);
        (short && !error.is_empty()).then_some(error)
    }

    /// Sums up a conversation that has become too long, before the model is asked.
    pub(super) fn compact_if_long(&mut self, turn: &mut Turn) -> Result<(), Quit> {
        let profile = self.setup.profile;
        let long = |limit| self.model.context_tokens >= limit;
        if !profile.behaviour.compacts_at.is_some_and(long) {
            return Ok(());
        }
        let before = self.model.context_tokens;
        self.before_summary("auto", "")?;
        let vars = self.vars().with("status", "compacting");
        self.emit("status", &vars)?;
        let summary = self.asked_for_summary()?.unwrap_or_default();
        self.after_summary("auto", &summary)?;
        let vars = self.vars().with("status", serde_json::Value::Null);
        self.emit("status", &vars)?;
        self.model.context_tokens = 0;
        if profile.message("compact_boundary").is_null() {
            return Ok(());
        }
        let vars = self
            .vars()
            .with("trigger", "auto")
            .with("pre_tokens", before);
        self.emit("compact_boundary", &vars)?;
        let kept = vars
            .clone()
            .with("metadata", json!({"trigger": "auto", "preTokens": before}));
        self.keep("compact_boundary", uuid_of(&vars).as_deref(), &kept);
        turn.user_lines += 1;
        self.inject(&text_of_summary(&summary), Injected::Companion)
    }

    /// The hooks before a summary.
    pub(super) fn before_summary(&mut self, trigger: &str, instructions: &str) -> Result<(), Quit> {
        self.conversation.compaction_hooks.clear();
        let instructions = match self.setup.profile.behaviour.hooks {
            1 => return Ok(()),
            3.. if instructions.is_empty() => serde_json::Value::Null,
            _ => serde_json::Value::from(instructions),
        };
        let vars = Vars::new()
            .with("trigger", trigger)
            .with("custom_instructions", instructions);
        self.note_compaction_hooks("PreCompact", trigger);
        self.fire("PreCompact", trigger, None, vars)?;
        Ok(())
    }

    /// The hooks after a summary: the session begins again, and the version may tell of the summary itself, as the model
    /// wrote it (seen on 2.1.330).
    pub(super) fn after_summary(&mut self, trigger: &str, summary: &str) -> Result<(), Quit> {
        let newest = self.setup.profile.behaviour.hooks > 2;
        let vars = Vars::new()
            .with("source", "compact")
            .maybe("model", newest.then(|| self.model.name.clone()));
        self.fire("SessionStart", "compact", None, vars)?;
        if newest {
            let vars = Vars::new()
                .with("trigger", trigger)
                .with("compact_summary", summary);
            self.note_compaction_hooks("PostCompact", trigger);
            self.fire("PostCompact", trigger, None, vars)?;
        }
        Ok(())
    }

    fn note_compaction_hooks(&mut self, event: &str, trigger: &str) {
        let names = self.hooks.names(event, trigger).into_iter();
        let notes = names.map(|name| format!("{event} [{name}] completed successfully"));
        self.conversation.compaction_hooks.extend(notes);
    }

    /// What the model says to the request for a summary.
    fn asked_for_summary(&mut self) -> Result<Option<String>, Quit> {
        let mut answer = self.next_answer(&mut VecDeque::new(), false);
        let mut tries = 1;
        // What is too long for that, too, is sent again with less of it.
        while let Reply::Error(error) = &answer.reply
            && Failure::of(error, &answer.request_id, false)
                .overflow()
                .is_some()
        {
            if tries == SHORTENED {
                return Ok(None);
            }
            tries += 1;
            answer = self.next_answer(&mut VecDeque::new(), false);
        }
        if let Some(ms) = answer.delay {
            self.pause("timer", Some(ms))?;
        }
        let mut summary = String::new();
        if let Reply::Stream(stream) = &answer.reply {
            let mut usage = Usage::ZERO;
            for step in &stream.steps {
                match step {
                    Step::Pause(pause) => {
                        self.hold(pause)?;
                    }
                    Step::Event(Event::MessageStart(start)) => usage = Usage::at_start(start),
                    // The last text is the summary.
                    Step::Event(Event::BlockStart(start)) => {
                        let block = start.content_block.as_ref();
                        if block.is_some_and(|block| block.as_text().is_some()) {
                            summary.clear();
                        }
                    }
                    Step::Event(Event::BlockDelta(delta)) => {
                        let text = delta.delta.as_ref().and_then(Delta::as_text);
                        summary += text.unwrap_or_default();
                    }
                    Step::Event(Event::MessageDelta(end)) => {
                        usage.output = Usage::output_at_end(end).unwrap_or(usage.output);
                    }
                    Step::Event(_) => {}
                }
            }
            let models = &self.setup.profile.models;
            self.model.costs.add(models, &self.model.name, usage);
            self.model.unreported.add(models, &self.model.name, usage);
            self.tell_limits(&answer.headers)?;
        }
        Ok(Some(summary))
    }

    /// What is told of a summary.
    pub(super) fn compacted(&mut self, trigger: &str, summary: &str) -> Vars {
        self.vars()
            .with("trigger", trigger)
            .with("pre_tokens", self.model.context_tokens)
            .with("post_tokens", COMPACTED + summary.len() / 4)
            .with("duration_ms", millis(self.conversation.compacting))
    }

    /// Puts a summary in the place of the conversation.
    pub(super) fn compact(&mut self, summary: &str) -> Result<(), Quit> {
        let name = text_of_summary(summary);
        self.name_plan("");
        let before = self.model.context_tokens;
        let recorder = &self.setup.session.recorder;
        let parent = recorder.parent().map(str::to_owned);
        let kept = recorder.last_said().to_vec();
        let anchor = self.setup.ids.uuid();
        let vars = self.compacted("manual", summary);
        let vars = vars.maybe("logical_parent", parent);
        let vars = preserved(vars, &kept, &anchor);
        self.emit("compact_boundary", &vars)?;
        let uuid = uuid_of(&vars);
        let metadata = json!({"trigger": "manual", "preTokens": before});
        let kept = vars.with("metadata", metadata);
        self.keep("compact_boundary", uuid.as_deref(), &kept);
        let vars = self
            .vars()
            .with("uuid", anchor.as_str())
            .with("message", json!({"role": "user", "content": name}));
        self.emit("compact_summary", &vars)?;
        self.keep("compact_summary", Some(&anchor), &vars);
        self.model.context_tokens = 0;
        Ok(())
    }

    /// Tells the model again what it needs to know, after a summary.
    pub(super) fn keep_compacted(&mut self) {
        self.setup.session.recorder.forget();
        self.surround(Moment::Compacted, "");
        self.save();
    }

    /// How many messages the result of a local command tells of; they are part of the conversation from then on.
    pub(super) fn count_local(&mut self, turn: &Turn, known: bool, compacted: bool) -> u64 {
        // The prompt itself is none of them.
        let before = self.conversation.lines.saturating_sub(turn.prompts);
        let (told, kept) = match (known, compacted) {
            (_, true) => (before + 7, 5),
            (true, false) => (before + 3, before + 3),
            (false, false) => (before + 1, before + 2),
        };
        self.conversation.lines = kept;
        u64::try_from(told).unwrap_or(0)
    }

    /// What `/context` prints.
    pub(super) fn context_text(&self) -> String {
        let window = self
            .setup
            .profile
            .models
            .get(&self.model.name)
            .context_window;
        let prompt = PROMPT_PARTS * COUNTED;
        let used = prompt + 2 * COUNTED;
        let free = window.saturating_sub(RESERVED + used);
        let row = |name: &str, tokens: u64| {
            format!(
                "| {name} | {} | {} |\n",
                short(tokens),
                share(tokens, window, 1)
            )
        };
        let mut text = format!(
            "## Context Usage\n\n**Model:** {}  \n**Tokens:** {} / {} ({})\n\n### Categories\n\n| Category | Tokens | Percentage |\n|----------|--------|------------|\n",
            self.model.name,
            short(used),
            short(window),
            share(used, window, 0),
        );
        text += &row("System prompt", prompt);
        text += &row("System tools", COUNTED);
        text += &row("Messages", COUNTED);
        text += &row("Free space", free);
        text += &row("Autocompact buffer", RESERVED);
        text + "\n"
    }
}

/// Names the lines that a summary leaves as they were, for stdout and for the transcript.
pub(super) fn preserved(vars: Vars, kept: &[String], anchor: &str) -> Vars {
    let (Some(head), Some(tail)) = (kept.first(), kept.last()) else {
        return vars;
    };
    vars.with(
        "preserved_segment",
        json!({"head_uuid": head, "anchor_uuid": anchor, "tail_uuid": tail}),
    )
    .with(
        "preserved_messages",
        json!({"anchor_uuid": anchor, "uuids": kept, "all_uuids": kept}),
    )
    .with(
        "kept_segment",
        json!({"headUuid": head, "anchorUuid": anchor, "tailUuid": tail}),
    )
    .with(
        "kept_messages",
        json!({"anchorUuid": anchor, "uuids": kept, "allUuids": kept}),
    )
}

/// What stands in a summary's tags.
fn tagged(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<summary>")?;
    rest.split_once("</summary>").map(|(inner, _)| inner.trim())
}

/// What a summary says: what stands in its tags, if it has any.
pub(super) fn summed_up(summary: &str) -> &str {
    tagged(summary).unwrap_or(summary)
}

/// How a summary is presented to the model. (In words of our own.)
pub(super) fn text_of_summary(summary: &str) -> String {
    format!("{summary}\n\n[That is what was said so far, in short.]")
}

pub(super) fn uuid_of(vars: &Vars) -> Option<String> {
    let uuid = vars.get("uuid")?;
    uuid.as_str().map(str::to_owned)
}

/// A number as people read it: `200`, `2.0k`.
fn short(n: u64) -> String {
    match n {
        0..1000 => n.to_string(),
        #[expect(clippy::cast_precision_loss, reason = "it is shown with one digit")]
        _ => format!("{:.1}k", n as f64 / 1000.0),
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is shown with one digit")]
fn share(part: u64, whole: u64, digits: usize) -> String {
    format!("{:.digits$}%", part as f64 / whole.max(1) as f64 * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(short(999), "999");
        assert_eq!(short(2000), "2.0k");
        assert_eq!(short(154_706), "154.7k");
        assert_eq!(share(294, 200_000, 0), "0%");
        assert_eq!(share(154_706, 200_000, 1), "77.4%");
    }
}
