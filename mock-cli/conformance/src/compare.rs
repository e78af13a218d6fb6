//! What was seen against what was recorded: the exit status, stdout line by line, stderr, written files.

use super::fit::{Known, items};
use super::recording::Recording;
use super::rules::{Kind, Rules, fits};
use super::seen::Seen;
use serde_json::{Map, Value};

/// At how many characters the recorder cut lines that are no JSON.
const CUT: usize = 300;

/// One comparison.
pub struct Comparison<'c> {
    /// What is not compared.
    pub rules: &'c Rules,
    /// The version that both are of.
    pub version: &'c str,
    /// The case.
    pub case: &'c str,
    /// Placeholders and ids.
    pub known: Known,
    /// The list that a recording shortened to `<n items, see CASE>`: by case and key.
    pub lists: &'c (dyn Fn(&str, &str) -> Option<Vec<Value>> + Sync),
}

impl Comparison<'_> {
    /// The first difference; None where the two agree.
    pub fn difference(&mut self, recorded: &Recording, seen: &Seen) -> Option<String> {
        self.exit(recorded, seen)
            .or_else(|| self.stdout(recorded, seen))
            .or_else(|| self.stderr(&recorded.stderr, &seen.stderr))
            .or_else(|| self.files(recorded.files.as_ref()?, &seen.files))
    }

    fn exit(&mut self, recorded: &Recording, seen: &Seen) -> Option<String> {
        let (recorded, seen) = (recorded.exit_code, seen.code);
        if recorded == seen {
            return None;
        }
        let excused = self.rules.excuse(self.version, self.case, "exit", |kind| {
            fits(kind, &recorded.into(), &seen.into())
        });
        (!excused).then(|| format!("exit: {recorded} recorded, {seen} seen"))
    }

    fn stderr(&mut self, recorded: &str, seen: &str) -> Option<String> {
        if self.known.fits(recorded, seen) {
            return None;
        }
        let (mut a, b) = (without_frames(recorded), without_frames(seen));
        if recorded.trim_end().ends_with("<CODE FRAME REDACTED>") {
            // The recorder took all that followed for code.
            a.push_str("<prose>");
        }
        let framed = a != recorded && self.known.fits(&a, &b);
        if framed
            && self
                .rules
                .excuse(self.version, self.case, "stderr/frames", |kind| {
                    kind == Kind::Any
                })
        {
            return None;
        }
        self.value(&a.into(), &b.into(), "stderr")
    }

    fn stdout(&mut self, recorded: &Recording, seen: &Seen) -> Option<String> {
        for (n, line) in recorded.stdout.iter().enumerate() {
            let Some(text) = seen.stdout.get(n) else {
                return Some(format!("stdout line {n} is missing: {}", short(line)));
            };
            let value = match line {
                Value::String(_) => Value::from(text.as_str()),
                _ => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str())),
            };
            let path = format!("stdout/{}", kind(line));
            if let Some(difference) = self.value(line, &value, &path) {
                return Some(format!("stdout line {n}: {difference}"));
            }
        }
        let wanted = recorded.stdout_total.unwrap_or(recorded.stdout.len());
        if seen.stdout.len() > wanted && recorded.stdout_total.is_none() {
            return Some(format!(
                "stdout line {wanted} is too many: {}",
                short(&Value::from(seen.stdout[wanted].as_str()))
            ));
        }
        None
    }

    fn files(
        &mut self,
        recorded: &Map<String, Value>,
        seen: &Map<String, Value>,
    ) -> Option<String> {
        let mut left: Vec<&String> = seen.keys().collect();
        // First the names that are known, then the files with the most to tell them apart. (An agent's name tells
        // nothing.)
        let mut recorded: Vec<_> = recorded.iter().collect();
        recorded.sort_by_key(|(path, file)| {
            let lines = file["lines"].as_array().map_or(0, |lines| lines.len() + 1);
            let found = seen.contains_key(&self.known.fill(path));
            (!found, std::cmp::Reverse(lines))
        });
        for (path, file) in recorded {
            let place = format!("files/{path}");
            let name = self.known.fill(path);
            left.sort_by_key(|left| **left != name);
            // Ids in names may not be known yet: the file is then the one that agrees.
            let before = self.known.clone();
            let mut first = None;
            let agrees = left.iter().position(|name| {
                self.known.clone_from(&before);
                if !self.text(path, name) {
                    return false;
                }
                let difference = self.file(file, &seen[*name], &place);
                let agrees = difference.is_none();
                first = first.take().or(difference);
                agrees
            });
            match (agrees, first) {
                (Some(found), _) => {
                    left.remove(found);
                }
                (None, Some(difference)) => return Some(difference),
                (None, None) => {
                    self.known = before;
                    if !self.optional(&place) {
                        return Some(format!("{place} was not written"));
                    }
                }
            }
        }
        let extra = left.into_iter().find(|name| {
            let place = format!("files/{}", self.known.named(name));
            !self.optional(&place)
        })?;
        Some(format!("files/{} was written too", self.known.named(extra)))
    }

    fn file(&mut self, recorded: &Value, seen: &Value, place: &str) -> Option<String> {
        let seen_text = seen["text"].as_str().unwrap_or_default();
        if let Some(difference) =
            self.value(&recorded["mode"], &seen["mode"], &format!("{place}/mode"))
        {
            return Some(difference);
        }
        if let Some(json) = recorded.get("json") {
            let ours = serde_json::from_str(seen_text).unwrap_or(Value::Null);
            return self.value(json, &ours, &format!("{place}:"));
        }
        if let Some(text) = recorded["text"].as_str() {
            // Long texts were kept only up to some length.
            let whole = text.len() as u64 + 2 >= recorded["bytes"].as_u64().unwrap_or(0);
            let pattern = if whole {
                text.to_owned()
            } else {
                format!("{text}<prose>")
            };
            return self.value(&pattern.into(), &seen_text.into(), &format!("{place}:"));
        }
        let lines = recorded["lines"].as_array()?;
        if recorded.get("lines_total").is_none() {
            return self.lines(lines, seen_text, place);
        }
        // Not all were kept.
        let start: Vec<&str> = seen_text.lines().take(lines.len()).collect();
        self.lines(lines, &start.join("\n"), place)
    }

    fn lines(&mut self, recorded: &[Value], seen: &str, place: &str) -> Option<String> {
        // The first recorder split as Python does: also where a text has a separator of its own.
        let seen = seen.trim_end_matches('\n');
        let separators: &[char] = match recorded.iter().any(Value::is_string) {
            true => &['\n', '\u{2028}', '\u{2029}', '\u{85}', '\u{b}', '\u{c}'],
            false => &['\n'],
        };
        let seen: Vec<Value> = seen
            .split(separators)
            .map(|l| serde_json::from_str(l).unwrap_or_else(|_| Value::from(l)))
            .collect();
        let seen = if seen == [Value::from("")] {
            Vec::new()
        } else {
            seen
        };
        let whole = self.are_whole(recorded);
        let kinds = |lines: &[Value]| lines.iter().map(kind).collect::<Vec<_>>();
        let differ = kinds(recorded) != kinds(&seen);
        // Lines that may be anywhere, or not at all; where both have the same ones that is no excuse.
        let kept = |line: &&Value| !differ || !self.optional(&format!("{place}:{}", kind(line)));
        let recorded: Vec<&Value> = recorded.iter().filter(kept).collect();
        let seen: Vec<&Value> = seen.iter().filter(kept).collect();
        for (n, line) in recorded.iter().enumerate() {
            let path = format!("{place}:{}", kind(line));
            let Some(ours) = seen.get(n) else {
                return Some(format!("{path}: line {n} is missing: {}", short(line)));
            };
            let difference = match (line, ours) {
                // The recorder cut what it could not read as JSON, with its own folders and ids in it.
                (Value::String(start), Value::String(whole)) if whole.chars().count() > CUT => {
                    self.value(&format!("{start}<prose>").into(), ours, &path)
                }
                _ if whole && !is_part(line) => self.value(line, ours, &path),
                _ => self.part(line, ours, &path),
            };
            if let Some(difference) = difference {
                return Some(format!("{difference} (line {n})"));
            }
        }
        let more = seen.get(recorded.len())?;
        Some(format!("{place}: a line too many: {}", short(more)))
    }

    /// A line of a file: recordings keep only some fields of it, so more may be there.
    fn part(&mut self, recorded: &Value, seen: &Value, path: &str) -> Option<String> {
        match (recorded, seen) {
            // A line that was no JSON was kept only up to some length.
            (Value::String(start), Value::String(_)) if start.starts_with('{') => {
                self.value(&format!("{start}<prose>").into(), seen, path)
            }
            (Value::Object(a), Value::Object(b)) => a.iter().find_map(|(key, value)| {
                let path = format!("{path}/{key}");
                if key == "keys" && !b.contains_key("keys") {
                    return None;
                }
                match b.get(key) {
                    Some(ours) => self.part(value, ours, &path),
                    None if self.optional(&path) => None,
                    None => Some(format!("{path} is missing")),
                }
            }),
            // The recorder cut what it could not read as JSON.
            (Value::String(text), Value::String(ours)) if text.chars().count() == CUT => {
                let ours: String = ours.chars().take(CUT).collect();
                self.value(recorded, &ours.into(), path)
            }
            // The same, before folders and ids in it became placeholders, which are shorter.
            (Value::String(text), Value::String(_))
                if path.ends_with(":text") && (CUT / 2..CUT).contains(&text.chars().count()) =>
            {
                self.value(&format!("{text}<prose>").into(), seen, path)
            }
            _ => self.value(recorded, seen, path),
        }
    }

    /// Whether the lines of a file were kept with all their fields: those of a chain then have some that were kept
    /// seldom. What `--update` wrote (`own_*`) was cut within its fields, too.
    fn are_whole(&self, lines: &[Value]) -> bool {
        const SELDOM: [&str; 5] = ["isSidechain", "userType", "cwd", "version", "gitBranch"];
        let whole = |line: &Value| SELDOM.iter().all(|key| line.get(key).is_some());
        let mut chain = lines.iter().filter(|line| line.get("uuid").is_some());
        !self.case.starts_with("own_") && chain.clone().next().is_some() && chain.all(whole)
    }

    fn optional(&self, path: &str) -> bool {
        self.rules.excuse(self.version, self.case, path, |kind| {
            matches!(kind, Kind::Optional | Kind::Any)
        })
    }

    /// Where two values differ first.
    pub fn value(&mut self, recorded: &Value, seen: &Value, path: &str) -> Option<String> {
        match (recorded, seen) {
            (Value::Object(a), Value::Object(b)) => self.object(a, b, path),
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                let mut pairs = a.iter().zip(b).enumerate();
                pairs.find_map(|(n, (a, b))| self.value(a, b, &format!("{path}/{n}")))
            }
            _ if self.same(recorded, seen, path) => None,
            _ => {
                let (rules, version, case) = (self.rules, self.version, self.case);
                let excused = rules.excuse(version, case, path, |kind| match kind {
                    Kind::Id => match (recorded.as_str(), seen.as_str()) {
                        (Some(a), Some(b)) => self.known.same(a, b),
                        _ => false,
                    },
                    kind => fits(kind, recorded, seen),
                });
                (!excused)
                    .then(|| format!("{path}: {} recorded, {} seen", short(recorded), short(seen)))
            }
        }
    }

    fn object(
        &mut self,
        recorded: &Map<String, Value>,
        seen: &Map<String, Value>,
        path: &str,
    ) -> Option<String> {
        let mut met = Vec::new();
        for (key, value) in recorded {
            let path = format!("{path}/{key}");
            // A key may be a path or an id.
            let found = match seen.get_key_value(key) {
                None if key.contains('<') => seen.iter().find(|(k, _)| self.known.fits(key, k)),
                found => found,
            };
            match found {
                Some((name, ours)) => {
                    met.push(name);
                    if let Some(difference) = self.value(value, ours, &path) {
                        return Some(difference);
                    }
                }
                None if self.optional(&path) => {}
                None => return Some(format!("{path} is missing: {}", short(value))),
            }
        }
        // Some clients look at the start of a line, without reading it.
        let order = seen.keys().filter(|key| met.contains(key));
        let excused = |kind| kind == Kind::Order;
        if order.ne(met.iter().copied())
            && !self.rules.excuse(self.version, self.case, path, excused)
        {
            return Some(format!("{path}: fields in another order: {met:?} recorded"));
        }
        let (key, value) = seen
            .iter()
            .find(|(key, _)| !met.contains(key) && !self.optional(&format!("{path}/{key}")))?;
        Some(format!("{path}/{key} is too many: {}", short(value)))
    }

    fn text(&mut self, recorded: &str, seen: &str) -> bool {
        // Where prose may stand is a rule's to say.
        if recorded == "<prose>" {
            return false;
        }
        if self.known.fits(recorded, seen) {
            return true;
        }
        let (rules, version) = (self.rules, self.version);
        rules.reread(version, recorded, |read| self.known.fits(read, seen))
    }

    fn same(&mut self, recorded: &Value, seen: &Value, path: &str) -> bool {
        match (recorded, seen) {
            // What was not kept may have been of any type.
            (Value::String(a), _) if a.starts_with("<REDACTED") && a.ends_with('>') => true,
            (Value::String(a), Value::Array(b)) => items(a).is_some_and(|(count, case)| {
                let key = path.rsplit('/').next().unwrap_or_default();
                let same = (self.lists)(case, key).filter(|list| list.len() == count);
                b.len() == count
                    && same.is_none_or(|list| self.value(&list.into(), seen, path).is_none())
            }),
            (Value::String(a), Value::Number(n)) => match a.as_str() {
                "<int>" => n.is_u64() || n.is_i64(),
                "<float>" | "<EPOCH_MS>" | "<N>" | "<PORT>" => true,
                _ => false,
            },
            (Value::String(a), Value::String(b)) => self.text(a, b),
            (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-9,
                _ => a == b,
            },
            (a, b) => a == b,
        }
    }
}

/// The text without the frames of a stack, and without what Node shows of the code: from the line that names the place
/// to the one that points at it.
fn without_frames(text: &str) -> String {
    let place = |line: &str| {
        let starts = ["node:", "file://", "<anonymous_script>:"];
        starts.iter().any(|start| line.starts_with(start))
            && line.ends_with(|c: char| c.is_ascii_digit())
    };
    let points = |line: &str| {
        let inner = line.trim_start();
        !inner.is_empty() && inner.chars().all(|c| c == '^')
    };
    let mut kept = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if place(line) {
            if lines.clone().any(points) {
                lines.find(|line| points(line));
            }
        } else if !(line.trim_start().starts_with("at ")
            || line.contains("<CODE FRAME")
            || points(line))
        {
            kept.extend(without_code(line));
        }
    }
    kept.join("\n").trim().to_owned()
}

/// What stands on a line before code as Bun shows it: the line's number, a bar, the code. None: nothing.
fn without_code(line: &str) -> Option<&str> {
    let Some((start, _)) = line.split_once(" | ") else {
        return Some(line);
    };
    let before = start.trim_end_matches(|c: char| c.is_ascii_digit());
    match before {
        _ if before.len() == start.len() => Some(line),
        "" => None,
        _ => Some(before),
    }
}

/// Whether only some fields of a line were kept: all lines of the chain have an id.
fn is_part(line: &Value) -> bool {
    let chained = matches!(
        line["type"].as_str(),
        Some("user" | "assistant" | "attachment" | "system")
    );
    has_keys(line) || (chained && line.get("uuid").is_none())
}

/// Whether of an object in it only the `keys` were kept.
fn has_keys(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.contains_key("keys") || map.values().any(has_keys),
        Value::Array(items) => items.iter().any(has_keys),
        _ => false,
    }
}

/// `type.subtype` of a line, `text` of what is no object.
#[must_use]
pub fn kind(line: &Value) -> String {
    match (line["type"].as_str(), line["subtype"].as_str()) {
        (Some(kind), Some(sub)) => format!("{kind}.{sub}"),
        (Some("attachment"), None) => match line["attachment"]["type"].as_str() {
            Some(sub) => format!("attachment.{sub}"),
            None => "attachment".into(),
        },
        (Some(kind), None) => kind.to_owned(),
        (None, _) if line["debug"].is_string() => {
            format!("debug {}", line["debug"].as_str().unwrap_or_default())
        }
        (None, _) if line.is_object() => "object".into(),
        (None, _) if line.is_array() => "list".into(),
        _ => "text".into(),
    }
}

/// A value, cut for a message.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(400) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
