//! Comparing a line of the stand-in with a recorded one.

use serde_json::Value;
use std::collections::BTreeMap;

/// Numbers and texts that differ from run to run, compared by type.
const BY_TYPE: [&str; 19] = [
    "duration_ms",
    "duration_api_ms",
    "ttft_ms",
    "ttft_stream_ms",
    "time_to_request_ms",
    "first_content_frame_ms",
    "request_sent_wall_ms",
    "thinking_duration_ms",
    "messaging_socket_path",
    "pid",
    "description",
    "argumentHint",
    // In transcripts.
    "summary",
    "toolInputStreamMs",
    "totalAPIDuration",
    "totalAPIDurationWithoutRetries",
    "totalDuration",
    "totalToolDuration",
    "startTime",
];

/// What is known about placeholders, and which recorded id is which of ours.
#[derive(Default)]
pub(crate) struct Known {
    /// Placeholders with their values, longest first.
    pub(crate) values: Vec<(String, String)>,
    /// `1.0.108` fills in stop reasons in a race with its output.
    pub(crate) stop_reason_is_a_race: bool,
    /// Costs hold side requests that the stand-in does not make.
    pub(crate) costs_differ: bool,
    ids: BTreeMap<String, String>,
}

impl Known {
    /// Where the two differ first; None where they agree.
    pub(crate) fn difference(&mut self, recorded: &Value, ours: &Value) -> Option<String> {
        self.compare(recorded, ours, "")
    }

    fn compare(&mut self, recorded: &Value, ours: &Value, path: &str) -> Option<String> {
        let key = path.rsplit('/').next().unwrap_or_default();
        if BY_TYPE.contains(&key) && placeholder_fits(recorded, ours) {
            return None;
        }
        if key == "stop_reason" && self.stop_reason_is_a_race && path.starts_with("/message") {
            return None;
        }
        if self.costs_differ && (key == "total_cost_usd" || key == "costUSD") {
            return None;
        }
        match (recorded, ours) {
            (Value::Object(a), Value::Object(b)) => {
                // Keys of maps by model stay in their order too.
                let (ka, kb): (Vec<_>, Vec<_>) = (a.keys().collect(), b.keys().collect());
                if ka != kb {
                    return Some(format!("{path}: keys {ka:?} recorded, {kb:?} ours"));
                }
                a.iter()
                    .find_map(|(k, v)| self.compare(v, &b[k], &format!("{path}/{k}")))
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                let mut pairs = a.iter().zip(b).enumerate();
                pairs.find_map(|(i, (a, b))| self.compare(a, b, &format!("{path}/{i}")))
            }
            (Value::Number(a), Value::Number(b)) => {
                let (x, y) = (a.as_f64()?, b.as_f64()?);
                ((x - y).abs() > 1e-12).then(|| format!("{path}: {a} recorded, {b} ours"))
            }
            (Value::String(a), _) => self
                .text(a, ours)
                .then(|| format!("{path}: {a:?} recorded, {ours} ours")),
            _ => (recorded != ours).then(|| format!("{path}: {recorded} recorded, {ours} ours")),
        }
    }

    /// True where a recorded text does not fit ours.
    fn text(&mut self, recorded: &str, ours: &Value) -> bool {
        if let Some(count) = items(recorded) {
            return ours.as_array().is_none_or(|a| a.len() != count);
        }
        if recorded == "<int>" {
            return !ours.is_u64();
        }
        let Some(ours) = ours.as_str() else {
            return true;
        };
        if recorded == "<TS>" {
            return ours.len() != 24;
        }
        if let Some((start, count)) = elided(recorded) {
            return !ours.starts_with(start) || ours.chars().count() != count;
        }
        let mut expected = recorded.to_owned();
        for (name, value) in &self.values {
            expected = expected.replace(name.as_str(), value);
        }
        if expected == ours {
            return false;
        }
        !self.same_id(&expected, ours)
    }

    /// Ids may differ, but equal ones stay equal. An id inside a longer text is compared in its place.
    fn same_id(&mut self, recorded: &str, ours: &str) -> bool {
        for (open, close, is_id) in [
            ("<UUID:", ">", true),
            ("<SID", ">", true),
            ("msg_fake", "", false),
            ("toolu_fake", "", false),
            ("req_fake", "", false),
        ] {
            let Some(at) = recorded.find(open) else {
                continue;
            };
            let end = if is_id {
                recorded[at..]
                    .find(close)
                    .map_or(recorded.len(), |n| at + n + 1)
            } else {
                recorded.len()
            };
            let id = &recorded[at..end];
            let tail = &recorded[end..];
            let (Some(rest), true) = (ours.strip_prefix(&recorded[..at]), ours.ends_with(tail))
            else {
                return false;
            };
            let mine = &rest[..rest.len() - tail.len()];
            if let Some(known) = self.ids.get(id) {
                return known == mine;
            }
            let fresh = !self.ids.values().any(|v| v == mine);
            self.ids.insert(id.to_owned(), mine.to_owned());
            return fresh;
        }
        false
    }
}

fn placeholder_fits(recorded: &Value, ours: &Value) -> bool {
    match recorded {
        Value::String(text) if text.starts_with('<') => ours.is_number(),
        Value::String(_) => ours.is_string(),
        _ => recorded.is_number() && ours.is_number(),
    }
}

/// `<22 items, see X>`.
fn items(text: &str) -> Option<usize> {
    text.strip_prefix('<')?
        .split_once(" items, see ")?
        .0
        .parse()
        .ok()
}

/// `start…<n chars total>`.
pub(crate) fn elided(text: &str) -> Option<(&str, usize)> {
    let (start, count) = text.split_once("…<")?;
    let count = count
        .strip_suffix(" chars total>")
        .or(count.strip_suffix(" chars>"))?;
    Some((start, count.parse().ok()?))
}
