//! Tools: what runs for real, what the script gives, and how results look (PROTOCOL 8.1).

mod bash;
mod check;
mod consult;
mod duties;
mod early;
pub(super) mod files;
mod gate;
mod hooked;
mod inputs;
mod inserted;
mod inventory;
mod limits;
mod lookup;
mod parts;
mod plan;
mod refused;
mod round;
mod run;
mod runner;
mod schema;
mod search;
mod shell;
mod skill;
mod web;

pub(crate) use bash::Running;
pub(crate) use consult::Asked;
pub(super) use early::Early;
pub(super) use gate::Gate;
pub(super) use limits::rounded;
pub(super) use parts::parts;
pub(super) use runner::Runner;
use schema::StructuredOutput;
pub(super) use shell::amend;

use super::Engine;
use super::inject::Injected;
use crate::process::Quit;
use crate::protocol::tools::Bash;
use crate::template::Vars;
use crate::time;
use serde_json::{Value, json};

/// How the tools of an answer came out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ran {
    All,
    /// The user stopped them.
    Halted,
    /// A hook ended the turn.
    Stopped,
}

/// A call of a tool.
#[derive(Debug, Clone)]
pub(super) struct ToolCall {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) input: Value,
    /// The line that it came in.
    pub(super) assistant: String,
}

impl ToolCall {
    /// What a shell is to run.
    pub(super) fn command(&self) -> String {
        Bash::at(&self.input).command.unwrap_or_default()
    }

    /// The same for people: what it does, or the command itself.
    pub(super) fn command_description(&self) -> String {
        let input = Bash::at(&self.input);
        input.description.or(input.command).unwrap_or_default()
    }

    /// How long it may take, where it says so.
    pub(super) fn limit_ms(&self) -> Option<u64> {
        Bash::at(&self.input)
            .timeout
            .and_then(|limit| limit.as_u64())
    }

    /// Whether it goes on in the background.
    pub(super) fn is_backgrounded(&self) -> bool {
        Bash::at(&self.input).background == Some(true)
    }
}

/// What a call came to.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Done {
    pub(super) content: Value,
    pub(super) shape: Shape,
    pub(super) structured: Value,
    /// Why it did not run, as `tool_result_meta` names it.
    pub(super) not_run: Option<&'static str>,
    /// Who decided, and why.
    pub(super) decision: Option<Value>,
    pub(super) meta: bool,
    /// What the model gets behind the result, in a message of its own.
    pub(super) behind: Option<Value>,
    /// Values that only the transcript has.
    pub(super) kept: Vars,
}

/// Which keys a result has, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A success without `is_error`.
    Plain,
    /// A success that says so.
    Said,
    /// An error.
    Error,
    /// What the user answered.
    Answer,
    /// What goes on with a message of its own.
    Launched,
    /// What did not come to its end.
    Interrupted,
}

impl Done {
    /// A success.
    pub(super) fn plain(content: impl Into<Value>, structured: Value) -> Done {
        Done {
            content: content.into(),
            shape: Shape::Plain,
            structured,
            not_run: None,
            decision: None,
            meta: true,
            behind: None,
            kept: Vars::new(),
        }
    }

    /// The same, with a value for the transcript.
    pub(super) fn keeping(mut self, name: &'static str, value: impl Into<Value>) -> Done {
        self.kept.set(name, value);
        self
    }

    /// An error of the tool itself.
    pub(super) fn failed(text: &str) -> Done {
        Done {
            shape: Shape::Error,
            ..Done::plain(text, format!("Error: {}", untagged(text)).into())
        }
    }

    /// An error about how it was called.
    pub(super) fn error(text: &str) -> Done {
        Done {
            shape: Shape::Error,
            ..Done::plain(
                format!("<tool_use_error>{text}</tool_use_error>"),
                format!("Error: {text}").into(),
            )
        }
    }

    /// An error before anything was decided.
    pub(super) fn uncalled(text: &str, structured: impl Into<Value>) -> Done {
        Done {
            structured: structured.into(),
            meta: false,
            ..Done::error(text)
        }
    }
}

fn untagged(text: &str) -> &str {
    let inner = text.strip_prefix("<tool_use_error>");
    inner
        .and_then(|t| t.strip_suffix("</tool_use_error>"))
        .unwrap_or(text)
}

/// The line of a result, as it was written.
#[derive(Debug)]
pub(super) struct ShownResult {
    uuid: String,
    message: Value,
}

/// A result that was told before its answer had ended, and is still to be kept.
#[derive(Debug)]
pub(super) struct EarlyResult {
    call: ToolCall,
    done: Done,
    shown: ShownResult,
}

impl Engine {
    /// The line of a result.
    pub(super) fn tool_result(&mut self, call: &ToolCall, done: &Done) -> Result<(), Quit> {
        let shown = self.show_result(call, done)?;
        self.keep_result(call, done, shown);
        Ok(())
    }

    /// The same on stdout alone.
    pub(super) fn show_result(
        &mut self,
        call: &ToolCall,
        done: &Done,
    ) -> Result<ShownResult, Quit> {
        let (id, content) = (&call.id, &done.content);
        let block = match done.shape {
            // (What was aborted in the oldest version has no content at all.)
            Shape::Plain if content.is_null() => json!({"tool_use_id": id, "type": "tool_result"}),
            Shape::Plain => json!({"tool_use_id": id, "type": "tool_result", "content": content}),
            Shape::Said => {
                json!({"tool_use_id": id, "type": "tool_result", "content": content, "is_error": false})
            }
            Shape::Launched => {
                json!({"type": "tool_result", "tool_use_id": id, "content": content})
            }
            Shape::Interrupted => {
                json!({"type": "tool_result", "tool_use_id": id, "is_error": true, "content": content})
            }
            Shape::Answer => {
                json!({"type": "tool_result", "content": content, "tool_use_id": id})
            }
            Shape::Error => {
                json!({"type": "tool_result", "content": content, "is_error": true, "tool_use_id": id})
            }
        };
        let message = json!({"role": "user", "content": [block]});
        let mut meta = serde_json::Map::new();
        meta.insert("id".into(), id.as_str().into());
        if let Some(kind) = done.not_run {
            meta.insert("non_execution_kind".into(), kind.into());
        }
        if let Some(decision) = &done.decision {
            let mut shown = decision.clone();
            if let Some(shown) = shown.as_object_mut() {
                shown.retain(|key, _| SHOWN.contains(&key.as_str()));
            }
            meta.insert("permission_decision".into(), shown);
        }
        let uuid = self.setup.ids.uuid();
        let vars = self
            .vars()
            .with("uuid", uuid.as_str())
            .with("message", message.clone())
            .with("tool_use_id", id.as_str())
            .with("tool_use_result", done.structured.clone())
            .maybe(
                "tool_result_meta",
                done.meta.then(|| vec![Value::Object(meta)]),
            );
        self.emit("tool_result", &vars)?;
        self.conversation.lines += 1;
        Ok(ShownResult { uuid, message })
    }

    /// What the transcript keeps of it.
    pub(super) fn keep_result(&mut self, call: &ToolCall, done: &Done, shown: ShownResult) {
        let mut kept = kept_of(call, done)
            .with("message", shown.message)
            .with("tool_use_result", done.structured.clone())
            .with("assistant_uuid", call.assistant.as_str());
        kept.extend(&done.kept);
        let recorder = &mut self.setup.session.recorder;
        recorder.tool_result(&shown.uuid, &kept, time::now_ms());
        self.save();
    }
}

impl Engine {
    /// Gives the model what stands behind a result.
    fn add_behind(&mut self, block: &Value) -> Result<(), Quit> {
        let kept = json!([block]);
        self.inject_block(block.clone(), kept, Injected::Companion)
    }
}

/// What a client is told of a decision; the transcript tells more.
const SHOWN: [&str; 3] = ["decision", "source", "reason_type"];

/// What the transcript keeps of how a call was decided.
fn kept_of(call: &ToolCall, done: &Done) -> Vars {
    let vars = Vars::new().maybe("denial", done.not_run);
    let Some(decision) = &done.decision else {
        return vars;
    };
    let word = |key: &str| decision[key].as_str().unwrap_or_default();
    let more = |key: &str| decision[key].as_str();
    let (accepted, reason) = (word("decision") == "accept", word("reason_type"));
    let by_user = word("source") == "user_temporary";
    let rule = more("rule_source");
    let code = match (reason, rule) {
        ("hook", _) => "hook:PreToolUse".to_owned(),
        (_, Some(rule)) => format!("rule:{rule}"),
        _ => more("reason_code").unwrap_or("unknown").to_owned(),
    };
    let scope = by_user.then(|| more("grant_scope").unwrap_or("once"));
    let mut kept = json!({"decision": decision["decision"], "source": decision["source"]});
    let parts = [
        ("grantScope", scope.map(str::to_owned)),
        (
            "reasonType",
            Some(reason.to_owned()).filter(|r| !r.is_empty()),
        ),
        ("ruleSource", rule.map(str::to_owned)),
        ("reasonCode", (by_user || !accepted).then_some(code)),
    ];
    for (key, value) in parts {
        if let Some(value) = value {
            kept[key] = value.into();
        }
    }
    let ran = accepted && call.name == "Bash";
    vars.maybe("sandboxed", ran.then_some(false))
        .with("decision", kept)
}

/// `{"decision":"accept","source":…,"reason_type":…}`.
fn accepted(source: &str, reason: Option<&str>) -> Value {
    decision("accept", source, reason)
}

fn rejected(source: &str, reason: Option<&str>) -> Value {
    decision("reject", source, reason)
}

/// A decision that a rule made.
fn by_rule(mut decision: Value, source: crate::permissions::Source) -> Value {
    decision["rule_source"] = source.name().into();
    decision
}

fn decision(kind: &str, source: &str, reason: Option<&str>) -> Value {
    let mut decision = json!({"decision": kind, "source": source});
    if let Some(reason) = reason {
        decision["reason_type"] = reason.into();
    }
    decision
}
