//! Whether all that a script expects has come: `mock-claude --mock-check`.

use super::{Call, read, unused};
use crate::memory::most_turns;
use crate::script::{Script, When};
use std::collections::BTreeSet;
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

/// Checks a ledger against the scripts that its calls had, or against `script`.
///
/// Every entry must have been taken as often as it says, every turn of `api_script` once, and no call may have found
/// nothing in the script.
///
/// # Errors
/// Where the ledger or a script cannot be read, or there is no call.
pub fn check(ledger: &Path, script: Option<&Path>) -> Result<Check, String> {
    let failed =
        |error: io::Error| format!("failed to read the ledger {}: {error}", ledger.display());
    let calls = read(ledger).map_err(failed)?;
    if calls.is_empty() {
        return Err(format!(
            "there is no call in the ledger {}",
            ledger.display()
        ));
    }
    let scripts: BTreeSet<PathBuf> = match script {
        Some(script) => BTreeSet::from([script.to_owned()]),
        None => calls
            .iter()
            .filter_map(|call| call.start.script.clone())
            .collect(),
    };
    let mut problems: Vec<String> = calls.iter().flat_map(unmet).collect();
    if let [only] = Vec::from_iter(&scripts).as_slice() {
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

fn unmet(call: &Call) -> Vec<String> {
    let number = call.start.call;
    let message = call
        .unmatched()
        .map(|text| text.trim_start_matches("mock-claude: "));
    message
        .map(|text| format!("call {number}: {text}"))
        .into_iter()
        .collect()
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
