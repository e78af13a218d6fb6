//! The three output formats.

use crate::argv::Output;
use crate::faults::ResultFault;
use crate::json::{self, Escapes};
use crate::process::{Quit, Stdout};
use crate::protocol::stream::{Subtype, Verdict};
use crate::template::{LineTemplate, Template, Vars};
use serde_json::{Value, json};

/// Takes every message of a run and writes what the format wants of it, when it wants it.
#[derive(Debug)]
pub(crate) struct Out {
    stdout: Stdout,
    format: Output,
    /// For `json` with `--verbose`: all messages, in one array at the end.
    whole: bool,
    escapes: Escapes,
    messages: Vec<Value>,
    result: Option<Value>,
    /// The limit that ended the last turn.
    limit: String,
    /// What stands before the next line.
    prefix: String,
    /// What is wrong with the next result.
    result_fault: Option<ResultFault>,
    /// Every message has fields that no client knows.
    extra_fields: bool,
    /// The last line.
    last: String,
}

impl Out {
    pub(crate) fn new(stdout: Stdout, format: Output, verbose: bool, escapes: Escapes) -> Self {
        let whole = verbose && format == Output::Json;
        Out {
            stdout,
            format,
            whole,
            escapes,
            messages: Vec::new(),
            result: None,
            limit: String::new(),
            prefix: String::new(),
            result_fault: None,
            extra_fields: false,
            last: String::new(),
        }
    }

    /// A message; null (which this version does not have) is none.
    pub(crate) fn message(&mut self, message: Value) -> Result<(), Quit> {
        if message.is_null() {
            return Ok(());
        }
        if is_result(&message) {
            return self.results(message);
        }
        self.put(message)
    }

    /// A message that is no result, of this template.
    pub(crate) fn template(&mut self, template: &LineTemplate, vars: &[&Vars]) -> Result<(), Quit> {
        if self.format != Output::StreamJson || self.extra_fields || template.is_null() {
            return self.message(template.render(vars));
        }
        let mut line = std::mem::take(&mut self.prefix);
        template.write(vars, self.escapes, &mut line);
        self.last = line;
        self.stdout.line(&self.last)
    }

    /// A result, as the script has it.
    fn results(&mut self, mut result: Value) -> Result<(), Quit> {
        match self.result_fault.take() {
            None => self.put(result),
            Some(ResultFault::Missing) => Ok(()),
            Some(ResultFault::Twice) => {
                self.put(result.clone())?;
                self.put(result)
            }
            Some(ResultFault::With(fields)) => {
                change(&mut result, fields);
                self.put(result)
            }
            Some(ResultFault::Then(fields)) => {
                self.put(result.clone())?;
                change(&mut result, fields);
                self.put(result)
            }
        }
    }

    /// What is wrong with the next result.
    pub(crate) fn spoil_result(&mut self, fault: Option<ResultFault>) {
        self.result_fault = fault;
    }

    /// From now on every message has fields that no client knows.
    pub(crate) fn extend_messages(&mut self) {
        self.extra_fields = true;
    }

    /// stdout itself, for what is no message.
    pub(crate) fn stdout(&mut self) -> &mut Stdout {
        &mut self.stdout
    }

    /// Bytes as they are, whatever the format.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Quit> {
        self.stdout.bytes(bytes)
    }

    /// The last line once more.
    pub(crate) fn again(&mut self) -> Result<(), Quit> {
        self.stdout.line(&self.last)
    }

    fn put(&mut self, mut message: Value) -> Result<(), Quit> {
        if self.extra_fields
            && let Some(map) = message.as_object_mut()
        {
            map.insert("future_field".into(), json!({"nested": [1, null]}));
            map.insert("future_null".into(), Value::Null);
        }
        if self.format == Output::StreamJson {
            let mut line = std::mem::take(&mut self.prefix);
            json::write(&message, self.escapes, &mut line);
            self.last = line;
            if is_result(&message) {
                self.result = Some(message);
                return self.stdout.result(&self.last);
            }
            return self.stdout.line(&self.last);
        }
        if is_result(&message) {
            self.result = Some(message.clone());
        }
        if self.whole {
            self.messages.push(message);
        }
        Ok(())
    }

    /// Writes this before the next line of a stream.
    pub(crate) fn prefix(&mut self, text: &str) {
        self.prefix.push_str(text);
    }

    /// Notes the limit that ended a turn, as it is said.
    pub(crate) fn limited(&mut self, limit: String) {
        self.limit = limit;
    }

    /// Whether the last result was an error, which is what the exit code tells.
    pub(crate) fn failed(&self) -> bool {
        self.result
            .as_ref()
            .and_then(|result| result.get("is_error"))
            .is_some_and(|is_error| is_error == true)
    }

    /// The end of the run.
    pub(crate) fn finish(&mut self) -> Result<(), Quit> {
        let prefix = std::mem::take(&mut self.prefix);
        let line = match (&self.result, self.format) {
            (_, Output::StreamJson) | (None, _) => return Ok(()),
            (Some(_), Output::Json) if self.whole => json::line(
                &Value::Array(std::mem::take(&mut self.messages)),
                self.escapes,
            ),
            (Some(result), Output::Json) => json::line(result, self.escapes),
            (Some(result), Output::Text) => {
                let verdict = Verdict::at(result);
                match &verdict.result {
                    Some(text) => text.strip_suffix('\n').unwrap_or(text).to_owned(),
                    // What went wrong is said without a line end.
                    None => return self.stdout.text(&(prefix + &said(&verdict, &self.limit))),
                }
            }
        };
        self.stdout.result(&(prefix + &line))
    }
}

/// Gives a message these fields; null takes one away.
fn change(message: &mut Value, fields: serde_json::Map<String, Value>) {
    for (key, value) in fields {
        if value.is_null() {
            message.as_object_mut().map(|map| map.shift_remove(&key));
        } else {
            message[key] = value;
        }
    }
}

/// What people are told of a turn without an answer.
fn said(verdict: &Verdict, limit: &str) -> String {
    match verdict.subtype {
        Some(Subtype::ErrorMaxTurns) => format!("Error: Reached max turns ({limit})"),
        Some(Subtype::ErrorMaxBudget) => format!("Error: Exceeded USD budget ({limit})"),
        _ => "Execution error".to_owned(),
    }
}

fn is_result(message: &Value) -> bool {
    message.get("type").is_some_and(|t| t == "result")
}
