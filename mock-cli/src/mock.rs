//! Scripts that need no file: `--mock-say` and `--mock-fault`.

use crate::faults::{Fault, Place, faults};
use crate::script::Script;
use crate::source::suggestion;

/// One thing that the command line asks for, in the order in which it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The model says this.
    Say(String),
    /// This goes wrong: a name, or as a script has it (`overload: 5`).
    Fault(String),
}

/// The script that these make; every prompt is answered by it.
///
/// # Errors
/// Where a fault is not known, or its value is wrong: text for people.
pub fn script(parts: &[Part]) -> Result<Script, String> {
    let mut written = Written::default();
    for part in parts {
        match part {
            Part::Say(text) => written.say(text),
            Part::Fault(text) => written.add(text)?,
        }
    }
    if !parts.iter().any(|part| matches!(part, Part::Say(_))) {
        written.say("Hi there");
    }
    let text = written.script();
    Script::parse("--mock-fault", &text).map_err(|error| error.report())
}

/// A script in the making, in its own language.
#[derive(Debug, Default)]
struct Written {
    actions: String,
    entry: String,
    process: String,
    stdout: String,
    version: String,
}

impl Written {
    fn say(&mut self, text: &str) {
        let text = serde_json::Value::from(text);
        self.actions += &format!("  - say: {text}\n");
    }

    fn add(&mut self, text: &str) -> Result<(), String> {
        let text = text.trim();
        let name = text.split([':', ' ']).next().unwrap_or_default();
        let Some(fault) = faults().iter().find(|fault| fault.name == name) else {
            let names: Vec<&str> = faults().iter().map(|fault| fault.name).collect();
            let hint = suggestion(name, &names);
            return Err(format!(
                "unknown fault `{name}`: {hint} (--mock-help lists them)"
            ));
        };
        let text = if text == name { fault.example } else { text };
        self.place(fault, text);
        Ok(())
    }

    fn place(&mut self, fault: &Fault, text: &str) {
        match fault.place {
            Place::Action => self.actions += &format!("  - {text}\n"),
            Place::Entry => self.entry += &format!("  {text}\n"),
            Place::Process => self.process += &format!("  {text}\n"),
            Place::Stdout => self.stdout += &format!("    {text}\n"),
            Place::Version => self.version += &format!("  {text}\n"),
        }
    }

    fn script(&self) -> String {
        let mut text = format!(
            "calls:\n- times: {}\n{}  do:\n{}",
            u32::MAX,
            self.entry,
            self.actions
        );
        if !self.process.is_empty() || !self.stdout.is_empty() {
            text += &format!("process:\n{}", self.process);
        }
        if !self.stdout.is_empty() {
            text += &format!("  stdout:\n{}", self.stdout);
        }
        if !self.version.is_empty() {
            text += &format!("version:\n{}", self.version);
        }
        text
    }
}
