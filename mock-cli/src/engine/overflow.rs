//! A conversation that the API finds too long or too large: summed up, where there is enough of it (PROTOCOL 8.3).

use super::Engine;
use super::failure::Failure;
use super::local::{preserved, summed_up, text_of_summary, uuid_of};
use super::turn::Turn;
use crate::process::Quit;
use serde_json::{Value, json};

/// What a failure finds too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overflow {
    /// The prompt as a whole.
    Prompt,
    /// What is attached to it.
    Media,
}

/// How many answers and failures are enough for a summary in any case.
const ENOUGH: usize = 2;

impl Engine {
    /// Sums the conversation up, so that the model can be asked again. The failure, where that is of no use.
    pub(super) fn overflows(
        &mut self,
        turn: &mut Turn,
        failure: Failure,
    ) -> Result<Option<Failure>, Quit> {
        let behaviour = &self.setup.profile.behaviour;
        let (Some(overflow), Some(least)) = (failure.overflow(), behaviour.compacts_from) else {
            return Ok(Some(failure));
        };
        let rounds = self.conversation.rounds;
        if rounds == 0 || turn.compacted {
            return Ok(Some(failure));
        }
        turn.compacted = true;
        let prompt = overflow == Overflow::Prompt;
        let enough = rounds >= ENOUGH || prompt && self.conversation.answers >= least;
        self.before_summary("auto", "")?;
        let vars = self
            .vars()
            .with("status", "compacting")
            .with("compact_output_chars", 0);
        self.emit("status", &vars)?;
        let summary = match enough {
            true => self.model_summary()?.ok_or("exhausted"),
            false => Err("too_few_groups"),
        };
        let vars = self.vars().with("status", Value::Null);
        let empty = "summarization produced empty response";
        let summary = match summary {
            Ok(summary) if !summary.is_empty() => summary,
            summary => {
                let why = summary.err().unwrap_or(empty);
                let vars = vars
                    .with("compact_result", "failed")
                    .with("compact_error", why);
                self.emit("status", &vars)?;
                return Ok(Some(match prompt {
                    true if why == empty => failure.saying(format!(
                        "Prompt is too long · automatic compaction failed: {why}"
                    )),
                    true => failure.saying("Prompt is too long".into()),
                    false => failure,
                }));
            }
        };
        self.after_summary("auto", &summary)?;
        self.emit("status", &vars.with("compact_result", "success"))?;
        self.go_on_from(turn, summed_up(&summary), rounds >= ENOUGH)?;
        Ok(None)
    }

    /// Puts a summary in the place of the conversation, in the middle of a turn; `keeps`: the last answer stays.
    fn go_on_from(&mut self, turn: &mut Turn, summary: &str, keeps: bool) -> Result<(), Quit> {
        let before = self.model.context_tokens;
        let recorder = &self.setup.session.recorder;
        let parent = recorder.parent().map(str::to_owned);
        let mut kept = Vec::new();
        if keeps {
            kept.extend_from_slice(recorder.last_said());
        }
        if keeps || turn.requests == 1 {
            kept.extend(parent.clone());
        }
        let anchor = self.setup.ids.uuid();
        let vars = self
            .compacted("auto", summary)
            .maybe("logical_parent", parent);
        let vars = preserved(vars, &kept, &anchor);
        self.emit("compact_boundary", &vars)?;
        let metadata = json!({"trigger": "auto", "preTokens": before});
        self.keep(
            "compact_boundary",
            uuid_of(&vars).as_deref(),
            &vars.with("metadata", metadata),
        );
        let text = text_of_summary(summary);
        let blocks = json!([{"type": "text", "text": text}]);
        let vars = self.vars().with("uuid", anchor.as_str());
        let shown = |content: Value| {
            vars.clone()
                .with("message", json!({"role": "user", "content": content}))
        };
        self.emit("injected", &shown(blocks))?;
        self.keep("compact_summary", Some(&anchor), &shown(text.into()));
        turn.user_lines += 1;
        self.model.context_tokens = 0;
        self.conversation.rounds = usize::from(keeps);
        self.conversation.answers = usize::from(keeps);
        self.keep_compacted();
        Ok(())
    }
}

impl Failure {
    /// What is too large, where that is what is wrong.
    pub(super) fn overflow(&self) -> Option<Overflow> {
        match self.text_name(true) {
            "prompt_too_long" | "context_limit" => Some(Overflow::Prompt),
            "too_large" | "image" => Some(Overflow::Media),
            _ => None,
        }
    }
}
