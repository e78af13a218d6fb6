//! What the ledger notes of a call when it begins.

use crate::invocation::{CALL_VARIABLE, FACE_VARIABLES, Face, Invocation};
use crate::ledger::Start;
use crate::ledger::milliseconds;
use crate::profile::Profile;
use std::collections::BTreeMap;
use std::time::SystemTime;

/// The note of a call: who was called, from where, and with what.
pub(crate) fn started(
    invocation: &Invocation,
    args: &[String],
    profile: &Profile,
    call: u32,
) -> Start {
    let pid = std::process::id();
    let own_parent =
        rustix::process::getppid().map_or(0, |p| p.as_raw_nonzero().get().unsigned_abs());
    let (shown_pid, ppid) = match invocation.face {
        Face::CliJs {
            node: Some(node),
            parent,
            ..
        } => (node, parent.unwrap_or(0)),
        _ => (pid, own_parent),
    };
    let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let env: BTreeMap<String, String> = std::env::vars_os()
        .map(|(k, v)| (lossy(k), lossy(v)))
        .collect();
    Start {
        at_ms: milliseconds(SystemTime::now()),
        call,
        face: invocation.face.name().into(),
        pid,
        shown_pid,
        ppid,
        executable: invocation.executable.clone(),
        argv: args.to_vec(),
        cwd: std::env::current_dir().unwrap_or_default(),
        env: env
            .into_iter()
            .filter(|(name, _)| !FACE_VARIABLES.contains(&name.as_str()) && name != CALL_VARIABLE)
            .collect(),
        profile: profile.version.clone(),
        parent: std::env::var(CALL_VARIABLE)
            .ok()
            .and_then(|n| n.parse().ok()),
    }
}
