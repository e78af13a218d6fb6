//! What the ledger notes of a call when it begins.

use crate::invocation::{CALL_VARIABLE, FACE_VARIABLES, Face, Invocation};
use crate::ledger::{Start, kept, milliseconds};
use crate::order::SortedMap;
use crate::profile::Chosen;
use std::time::SystemTime;

/// The note of a call: who was called, from where, and with what.
pub(crate) fn started(
    invocation: &Invocation,
    args: &[String],
    chosen: &Chosen,
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
    let env: SortedMap<String, String> = std::env::vars_os()
        .map(|(name, value)| {
            let (name, value) = (lossy(name), lossy(value));
            let value = kept(&name, &value);
            (name, value)
        })
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
        profile: chosen.profile.version.clone(),
        profile_asked: chosen.asked.clone(),
        script: invocation
            .role
            .as_ref()
            .and_then(|role| role.script.canonicalize().ok()),
        parent: std::env::var(CALL_VARIABLE)
            .ok()
            .and_then(|n| n.parse().ok()),
    }
}
