//! Whether all that a script expects has come: `mock-claude --mock-check`.

use super::unused;
use crate::memory::most_turns;
use crate::script::{Script, When};
use serde::Deserialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What was found in a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// How many calls there were.
    pub calls: usize,
    /// What is not as the script expects, one line each.
    pub problems: Vec<String>,
}

/// Checks a ledger against the script that its calls had, or against `script`.
///
/// Every entry must have been taken as often as it says, every turn of `api_script` once, and no call may have found
/// nothing in the script.
///
/// # Errors
/// Where the ledger or a script cannot be read, or there is no call.
pub fn check(ledger: &Path, script: Option<&Path>) -> Result<Check, String> {
    let failed = |error| format!("failed to read the ledger {}: {error}", ledger.display());
    let calls = calls(ledger).map_err(failed)?;
    if calls.is_empty() {
        return Err(format!(
            "there is no call in the ledger {}",
            ledger.display()
        ));
    }
    let mut scripts: Vec<PathBuf> = Vec::new();
    let mut problems = Vec::new();
    for (index, events) in calls.iter().enumerate() {
        for script in events.iter().filter_map(|event| event.script.as_ref()) {
            if !scripts.contains(script) {
                scripts.push(script.clone());
            }
        }
        let unmatched = events.iter().filter_map(|event| event.message.as_deref());
        problems.extend(unmatched.map(|text| {
            let text = text.trim_start_matches("mock-claude: ");
            format!("call {}: {text}", index + 1)
        }));
    }
    if let Some(script) = script {
        scripts = vec![script.to_owned()];
    }
    if let [only] = scripts.as_slice() {
        problems.extend(untaken(ledger, &Script::of_file(only)?));
    } else if scripts.len() > 1 {
        return Err(format!(
            "the calls had {} scripts; name the one to check as a second operand",
            scripts.len()
        ));
    }
    Ok(Check {
        calls: calls.len(),
        problems,
    })
}

/// What a check looks at of an event. (All of it, as `read` has it, takes too much room in a binary that is copied
/// thousands of times.)
#[derive(Deserialize)]
struct Seen {
    /// Of the start.
    #[serde(default)]
    script: Option<PathBuf>,
    /// Of a prompt that nothing in the script fits.
    #[serde(default)]
    message: Option<String>,
}

/// The events of all calls, in their order. Half a line at the end of one that was killed is left out.
fn calls(ledger: &Path) -> Result<Vec<Vec<Seen>>, String> {
    let mut calls = Vec::new();
    for number in 1.. {
        let path = super::write::call_file(ledger, number);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(format!("{}: {error}", path.display())),
        };
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let lines = whole.lines().map(serde_json::from_str);
        let events: Result<Vec<Seen>, serde_json::Error> = lines.collect();
        calls.push(events.map_err(|error| format!("{}: {error}", path.display()))?);
    }
    Ok(calls)
}

fn untaken(ledger: &Path, script: &Script) -> Vec<String> {
    let mut problems = Vec::new();
    for (index, taken) in unused(ledger, script) {
        let entry = &script.calls[index];
        // As often as somebody likes is no promise.
        if entry.times == u32::MAX {
            continue;
        }
        let line = entry
            .line
            .map(|line| format!(" (line {line})"))
            .unwrap_or_default();
        let (number, times, when) = (index + 1, entry.times, condition(&entry.when));
        problems.push(format!(
            "entry {number}{line}{when} was taken {taken} of {times} times"
        ));
    }
    if let Some(turns) = &script.api_script {
        let (taken, all) = (most_turns(ledger), turns.len());
        if taken < all {
            problems.push(format!(
                "{taken} of the {all} turns of `api_script` were taken"
            ));
        }
    }
    problems
}

fn condition(when: &When) -> String {
    match (&when.prompt, &when.contains) {
        (Some(prompt), _) => format!(" for the prompt {prompt:?}"),
        (None, Some(part)) => format!(" for a prompt with {part:?} in it"),
        (None, None) => String::new(),
    }
}
