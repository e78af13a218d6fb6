//! The order in which every version of the CLI says things, as far as all of them agree (PROTOCOL 3). The stand-in must keep
//! it wherever no fault was asked for; what it is compared with line by line is in `tests/conformance.rs`.

use super::calls;
use crate::timeline::Timeline;
use mock_claude::ledger::{Call, Event, KEPT_CHARS};
use serde_json::Value;
use std::collections::BTreeSet;

/// What the stand-in said out of order, in a call that no fault was asked of (FAILURES I20).
pub(super) fn broken(timeline: &Timeline) -> Option<String> {
    if timeline.stage.faults {
        return None;
    }
    let mut spoken = calls::working(timeline).filter(|call| calls::speaks_in_messages(call));
    spoken.find_map(|call| {
        let what = out_of_order(call)?;
        Some(format!("call {} of the stand-in: {what}", call.start.call))
    })
}

fn out_of_order(call: &Call) -> Option<String> {
    let (mut begun, mut finished) = (false, 0);
    let mut session = None;
    let mut tools = BTreeSet::new();
    for line in calls::lines(call) {
        // The ledger keeps the beginning of a long line only; text output is no JSON.
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            let cut = line.chars().count() >= KEPT_CHARS;
            return (begun && !cut).then(|| format!("{line:?} is no JSON"));
        };
        let kind = message["type"].as_str().unwrap_or_default();
        match kind {
            "system" => begun |= message["subtype"] == "init",
            // A session that cannot be resumed is told before anything begins.
            "result" if !begun && message["is_error"] == true => {}
            "assistant" | "user" | "result" if !begun => {
                return Some(format!("`{kind}` came before `system/init`"));
            }
            "result" => finished += 1,
            _ => {}
        }
        for block in message["message"]["content"]
            .as_array()
            .into_iter()
            .flatten()
        {
            match (
                block["type"].as_str(),
                block["id"].as_str(),
                block["tool_use_id"].as_str(),
            ) {
                (Some("tool_use"), Some(id), _) => drop(tools.insert(id.to_owned())),
                (Some("tool_result"), _, Some(id)) if !tools.contains(id) => {
                    return Some(format!(
                        "a result of the tool use {id}, which there was none of"
                    ));
                }
                _ => {}
            }
        }
        let own = message["session_id"].as_str();
        match (&session, own) {
            (None, Some(own)) if kind != "system" || message["subtype"] == "init" => {
                session = Some(own.to_owned());
            }
            (Some(known), Some(own)) if known != own => {
                return Some(format!("the session {own} after {known}"));
            }
            _ => {}
        }
    }
    let prompts = call
        .events
        .iter()
        .filter(|event| matches!(event, Event::Take { .. }))
        .count();
    // What nobody could read any more was not said.
    let heard = !call.events.contains(&Event::StdoutGone);
    let orderly = call.exit_code() == Some(0) && begun && heard;
    (orderly && finished != prompts).then(|| format!("{finished} results for {prompts} prompts"))
}
