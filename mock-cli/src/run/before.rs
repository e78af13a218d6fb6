//! What a script means for a call before anything happens.

use crate::faults::CallFaults;
use crate::ledger::Claims;
use crate::script::{Script, gates};
use std::io;

/// What is wrong with this call: the first that fits and is not used up. Questions about the CLI have their own faults.
pub(super) fn call_faults(
    script: &Script,
    claims: &mut Claims,
    args: &[String],
) -> io::Result<CallFaults> {
    /// Entries are numbered from 0, and there are never so many.
    const FIRST: usize = 1_000_000;
    let asks = |arg: &String| matches!(arg.as_str(), "--version" | "-v" | "--help" | "-h");
    if args.iter().any(asks) {
        return Ok(CallFaults::default());
    }
    for (index, faults) in script.process.iter().enumerate() {
        let fits = faults.when.argv.iter().all(|arg| args.contains(arg));
        if fits && claims.take(FIRST + index, faults.times.unwrap_or(u32::MAX))? {
            return Ok(faults.clone());
        }
    }
    Ok(CallFaults::default())
}

/// Nobody can open a gate where there is no folder for it.
pub(super) fn check_gates(script: &Script) -> Result<(), String> {
    match gates(&script.calls).next() {
        None => Ok(()),
        Some(name) => Err(format!(
            "the gate `{name}` opens when there is a file `gates/{name}` in the ledger's folder: set MOCK_CLAUDE_LEDGER to one"
        )),
    }
}
