//! What was seen without what differs from run to run, and without the CLI's prose.

use super::play::Seen;
use claude_harness::oracle::rules::Rules;
use regex_lite::Regex;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Events by where they were seen: what a callback and the loop over messages log at the same time has no order.
pub(crate) type Events = BTreeMap<String, Vec<Value>>;

/// The events without ids, times and folders.
pub(crate) fn normal(seen: &Seen, version: &str, rules: &Rules) -> Events {
    let mut names = Names {
        places: &seen.places,
        numbers: BTreeMap::new(),
        old: Regex::new(r"\b[ab][0-9a-f]{6}\b").ok(),
        plan: Regex::new(r"plans/[a-z-]+\.md").unwrap(),
        number: Regex::new(r"\b(msg|req|toolu)_fake[0-9]+\b").unwrap(),
        blob: Regex::new(r"(-blob-|claude-resume-)[A-Za-z0-9_-]+").unwrap(),
        version,
        rules,
        ids: BTreeMap::new(),
        uuid: Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").unwrap(),
        // Of tasks, agents and requests.
        id: Regex::new(
            r"\b(?:a[0-9a-f]{16}|b[a-z0-9]{8}|[a-z0-9]{9}-[0-9a-f]{8}|req_[0-9]+_[0-9a-f]{8})\b",
        )
        .unwrap(),
        time: Regex::new(r"\d{4}-\d\d-\d\dT\d\d[:-]\d\d[:-]\d\d[.-]\d{3,6}(?:Z|\+00:00)").unwrap(),
        duration: Regex::new(r"\b[0-9.]+ ?m?s\b").unwrap(),
        socket: Regex::new(r"cc-socks/[0-9]+").unwrap(),
        port: Regex::new(r"127\.0\.0\.1:[0-9]+").unwrap(),
        // An estimate that depends on the length of the folder's name.
        tokens: Regex::new(r"only ~[0-9]+ tokens").unwrap(),
    };
    let mut events = Events::new();
    // Messages first: ids are numbered in their order there.
    let mut order: Vec<_> = seen.events.iter().collect();
    order.sort_by_key(|(on, _)| on != "message");
    for (on, value) in order {
        let value = names.value(value, "");
        let of = events.entry(on.clone()).or_default();
        of.push(value);
    }
    // Whether a process that ends leaves somebody writing to it hangs on who is faster.
    let broken = |value: &Value| value.to_string().contains("write EPIPE");
    if let Some(uncaught) = events.get_mut("uncaught") {
        uncaught.retain(|value| !broken(value));
    }
    events.retain(|_, values| !values.is_empty());
    if let Some(pieces) = events.get_mut("stderr") {
        *pieces = lines_of(pieces);
    }
    events
}

/// The lines of stderr, whose pieces come as the pipe gives them. What follows a hook's error is a stack, with the CLI's own
/// code in it.
fn lines_of(pieces: &[Value]) -> Vec<Value> {
    let pieces = pieces.iter().filter_map(Value::as_str);
    let whole: String = pieces.map(|p| format!("{}\n", p.trim_end())).collect();
    let mut lines: Vec<Value> = Vec::new();
    let mut in_stack = false;
    for line in whole.lines().filter(|line| !line.trim().is_empty()) {
        let hook = line.starts_with("Error in hook callback");
        if hook {
            let end = line.find(':').unwrap_or(line.len());
            lines.push(format!("{}: <error>", &line[..end]).into());
        } else if !in_stack {
            lines.push(line.into());
        }
        in_stack |= hook;
    }
    lines
}

struct Names<'n> {
    places: &'n [(String, &'static str)],
    version: &'n str,
    rules: &'n Rules,
    ids: BTreeMap<String, usize>,
    /// Ids that the API gives, by kind.
    numbers: BTreeMap<String, Vec<String>>,
    number: Regex,
    blob: Regex,
    plan: Regex,
    uuid: Regex,
    id: Regex,
    /// The same in older versions.
    old: Option<Regex>,
    time: Regex,
    duration: Regex,
    socket: Regex,
    port: Regex,
    tokens: Regex,
}

impl Names<'_> {
    fn value(&mut self, value: &Value, key: &str) -> Value {
        match value {
            // Older versions fill it in when the message ends, in a race with the output of the line.
            _ if key == "stop_reason" && !self.version.starts_with("2.1") => "<raced>".into(),
            // Requests that warm up agents are counted when they are answered, in a race with the turn.
            _ if matches!(key, "modelUsage" | "model_usage") && self.version.starts_with("2.0") => {
                "<raced>".into()
            }
            // Of prose that is the CLI's own.
            Value::String(_) if key == "harnessSectionHash" => "<hash>".into(),
            Value::String(text) if is_prose(key) && !text.is_empty() && !text.contains("Mine") => {
                "<prose>".into()
            }
            Value::String(text) => self.text(text).into(),
            Value::Array(items) => items.iter().map(|item| self.value(item, key)).collect(),
            Value::Object(map) => self.object(map),
            Value::Number(number) => match self.word(key, number.as_f64().unwrap_or_default()) {
                Some(word) => word.into(),
                None => value.clone(),
            },
            other => other.clone(),
        }
    }

    fn object(&mut self, map: &Map<String, Value>) -> Value {
        let mut object = Map::new();
        for (key, value) in map {
            object.insert(self.text(key), self.value(value, key));
        }
        Value::Object(object)
    }

    /// What stands for a number that differs from run to run.
    fn word(&self, key: &str, number: f64) -> Option<&'static str> {
        // Requests on the side are counted when they are answered, in a race with the turn.
        let raced = matches!(key, "costUSD" | "total_cost_usd")
            || self.version.starts_with("2.0")
                && matches!(
                    key,
                    "inputTokens"
                        | "outputTokens"
                        | "cacheReadInputTokens"
                        | "cacheCreationInputTokens"
                );
        match key {
            "pid" => Some("<pid>"),
            "fileSize" | "file_size" => Some("<bytes>"),
            "post_tokens" | "pre_tokens" => Some("<tokens>"),
            _ if key.ends_with("_ms") || key.ends_with("Ms") || key.ends_with("_seconds") => {
                Some("<ms>")
            }
            _ if number > 1e9 => Some("<epoch>"),
            _ if raced && !self.version.starts_with("2.1") => Some("<raced>"),
            _ => None,
        }
    }

    fn text(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (place, name) in self.places {
            text = text.replace(place.as_str(), name);
        }
        let old = self
            .old
            .clone()
            .filter(|_| !self.version.starts_with("2.1"));
        for regex in [self.uuid.clone(), self.id.clone()].into_iter().chain(old) {
            let found = regex.replace_all(&text, |found: &regex_lite::Captures<'_>| {
                let next = self.ids.len() + 1;
                let number = *self.ids.entry(found[0].to_owned()).or_insert(next);
                format!("<id:{number}>")
            });
            text = found.into_owned();
        }
        let found = self.number.clone();
        let found = found.replace_all(&text, |found: &regex_lite::Captures<'_>| {
            if &found[1] != "toolu" {
                // The stand-in restarts this count in each process.
                return format!("<{}>", &found[1]);
            }
            let of = self.numbers.entry(found[1].to_owned()).or_default();
            let at = of.iter().position(|id| *id == found[0]);
            let at = at.unwrap_or_else(|| {
                of.push(found[0].to_owned());
                of.len() - 1
            });
            format!("<{}:{}>", &found[1], at + 1)
        });
        text = found.into_owned();
        let text = self.blob.replace_all(&text, "$1<id>");
        let text = self.plan.replace_all(&text, "plans/<name>.md");
        let text = self.time.replace_all(&text, "<time>");
        let text = self.duration.replace_all(&text, "<duration>");
        let text = self.socket.replace_all(&text, "cc-socks/<pid>");
        let text = self.port.replace_all(&text, "127.0.0.1:<port>");
        let text = self.tokens.replace_all(&text, "only ~<int> tokens");
        if text.starts_with("[Subagent hand-back]") {
            return "<PROMPT:report>".into();
        }
        self.rules.without_prompts(self.version, &text)
    }
}

/// Whether a field holds prose for people. (What programs themselves describe has `Mine` in it.)
fn is_prose(key: &str) -> bool {
    matches!(
        key,
        "description" | "argumentHint" | "displayName" | "summary" | "when_to_use" | "whenToUse"
    )
}

/// The events as lines, one event each.
pub(crate) fn lines(events: &Events) -> String {
    let line =
        |on: &str, value: &Value| format!("{}\n", serde_json::json!({"on": on, "value": value}));
    let of = |(on, values): (&String, &Vec<Value>)| {
        values
            .iter()
            .map(|value| line(on, value))
            .collect::<String>()
    };
    events.iter().map(of).collect()
}

/// The events of such lines, as [`normal`] takes them: a recording may be older than one of its rules.
pub(crate) fn read(lines: &str) -> Seen {
    let mut events = Vec::new();
    for line in lines.lines() {
        let mut event: Map<String, Value> = serde_json::from_str(line).unwrap();
        let on = event["on"].as_str().unwrap().to_owned();
        events.push((on, event["value"].take()));
    }
    Seen {
        events,
        places: Vec::new(),
    }
}
