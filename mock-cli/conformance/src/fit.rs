//! Whether a recorded text, with its placeholders and elisions, fits a text that was seen.

use std::collections::BTreeMap;

/// What placeholders stand for, and which recorded id is which of those that were seen.
#[derive(Debug, Default, Clone)]
pub struct Known {
    /// Placeholders (`<CWD>`) with their values.
    pub values: BTreeMap<String, String>,
    /// Recorded id to seen id.
    ids: BTreeMap<String, String>,
    /// Seen id to recorded id.
    back: BTreeMap<String, String>,
}

#[derive(Debug)]
enum Part {
    /// This text.
    Text(String),
    /// An id by this name.
    Id(String),
    /// A run of such characters, at least one.
    Run(fn(char) -> bool),
    /// So many such characters.
    Exactly(usize, fn(char) -> bool),
    /// Anything, also nothing.
    Anything,
}

impl Known {
    /// Knows these placeholders and no ids.
    #[must_use]
    pub fn with(values: BTreeMap<String, String>) -> Self {
        Known {
            values,
            ..Known::default()
        }
    }

    /// Fits a whole text. Ids that it binds stay bound only where it fits.
    pub fn fits(&mut self, recorded: &str, seen: &str) -> bool {
        let (recorded, length) = match elided(recorded) {
            Some((start, count)) => (format!("{start}\u{1}"), Some(count)),
            None => (recorded.to_owned(), None),
        };
        // A length was taken before or after folders and ids became placeholders.
        let lengths = || {
            let named = self.named(seen);
            let shown = |id: &String| id.starts_with("<UUID:") || id.starts_with("<SID");
            let known = self.back.iter().filter(|(_, id)| shown(id));
            let bare = known.fold(named.clone(), |text, (seen, id)| text.replace(seen, id));
            let bare = without_ids(&bare);
            [seen, &named, &bare].map(|text| text.chars().count())
        };
        if length.is_some_and(|count| !lengths().contains(&count)) {
            return false;
        }
        let parts = self.parts(&restored(&recorded));
        let mut bound = Vec::new();
        if !self.matches(&parts, seen, &mut bound) {
            return false;
        }
        for (id, text) in bound {
            self.back.insert(text.clone(), id.clone());
            self.ids.insert(id, text);
        }
        true
    }

    /// Binds an id of no recognisable form; false where either is bound to another one.
    pub fn same(&mut self, recorded: &str, seen: &str) -> bool {
        if !self.may_be(recorded, seen, &[]) {
            return false;
        }
        self.ids.insert(recorded.to_owned(), seen.to_owned());
        self.back.insert(seen.to_owned(), recorded.to_owned());
        true
    }

    /// A text of the recording with what is known filled in; ids that were bound, too.
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        let mut out = restored(text);
        for (name, value) in self.values.iter().chain(&self.ids) {
            if name.starts_with('<') {
                out = out.replace(name.as_str(), value);
            }
        }
        out
    }

    /// A seen text with placeholders for what is known, the longest first.
    #[must_use]
    pub fn named(&self, text: &str) -> String {
        let mut values: Vec<_> = self.values.iter().filter(|(_, v)| v.len() > 4).collect();
        values.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        values
            .into_iter()
            .fold(text.to_owned(), |text, (name, value)| {
                text.replace(value.as_str(), name)
            })
    }

    fn may_be(&self, id: &str, text: &str, bound: &[(String, String)]) -> bool {
        // What has a placeholder of its own was recorded as that.
        if self.values.values().any(|value| value == text) {
            return false;
        }
        let known = bound.iter().map(|(a, b)| (a.as_str(), b.as_str()));
        let known = known.chain(self.ids.get(id).map(|b| (id, b.as_str())));
        let known = known.chain(self.back.get(text).map(|a| (a.as_str(), text)));
        known.into_iter().all(|(a, b)| (a == id) == (b == text))
    }

    fn parts(&self, recorded: &str) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = recorded;
        while let Some(c) = rest.chars().next() {
            let found = match c {
                '<' => self.placeholder(rest),
                '\u{1}' => Some((Part::Anything, 1)),
                // A description that was cut.
                '…' if rest.len() == '…'.len_utf8() => Some((Part::Anything, rest.len())),
                'm' | 't' | 'r' => made_id(rest),
                _ => None,
            };
            match found {
                Some((Part::Text(value), length)) => {
                    text.push_str(&value);
                    rest = &rest[length..];
                }
                Some((part, length)) => {
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text)));
                    }
                    parts.push(part);
                    rest = &rest[length..];
                }
                None => {
                    text.push(c);
                    rest = &rest[c.len_utf8()..];
                }
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        parts
    }

    /// A placeholder at the beginning of this text, and its length.
    fn placeholder(&self, text: &str) -> Option<(Part, usize)> {
        let end = text.find('>')? + 1;
        let name = &text[..end];
        if let Some(value) = self.values.get(name) {
            return Some((Part::Text(value.clone()), end));
        }
        let digit = |c: char| c.is_ascii_digit();
        let part = match name {
            "<TS>" => Part::Exactly(24, |c| c.is_ascii_digit() || "-:.TZ".contains(c)),
            "<int>" => Part::Run(digit),
            "<float>" | "<SLEEP>" => Part::Run(|c| c.is_ascii_digit() || c == '.'),
            "<EPOCH_MS>" => Part::Exactly(13, digit),
            "<N>" => Part::Run(|c| c.is_ascii_alphanumeric() || c == '-'),
            "<DURATION>" => Part::Run(|c| c.is_ascii_digit() || " .hms".contains(c)),
            "<HASH>" => Part::Run(|c| c.is_ascii_alphanumeric()),
            "<HEX>" => Part::Run(|c| c.is_ascii_hexdigit()),
            "<prose>" => Part::Anything,
            _ if ["<UUID:", "<SID", "<ID:"]
                .iter()
                .any(|p| name.starts_with(p)) =>
            {
                Part::Id(name.to_owned())
            }
            _ if name == "<UUID>" => Part::Run(id_character),
            _ if ["<REDACTED", "<CODE FRAME", "<CLAUDE_TMP"]
                .iter()
                .any(|p| name.starts_with(p)) =>
            {
                Part::Anything
            }
            _ => return None,
        };
        Some((part, end))
    }

    fn matches(&self, parts: &[Part], seen: &str, bound: &mut Vec<(String, String)>) -> bool {
        let Some((part, parts)) = parts.split_first() else {
            return seen.is_empty();
        };
        match part {
            Part::Text(text) => seen
                .strip_prefix(text.as_str())
                .is_some_and(|rest| self.matches(parts, rest, bound)),
            Part::Exactly(count, allowed) => {
                let end = seen
                    .char_indices()
                    .nth(*count)
                    .map_or(seen.len(), |(i, _)| i);
                let (run, rest) = seen.split_at(end);
                run.chars().count() == *count
                    && run.chars().all(allowed)
                    && self.matches(parts, rest, bound)
            }
            Part::Run(allowed) => {
                let longest = seen.find(|c| !allowed(c)).unwrap_or(seen.len());
                ends(seen, longest).any(|end| end > 0 && self.matches(parts, &seen[end..], bound))
            }
            Part::Anything => {
                ends(seen, seen.len()).any(|end| self.matches(parts, &seen[end..], bound))
            }
            Part::Id(id) => {
                let longest = seen.find(|c| !id_character(c)).unwrap_or(seen.len());
                ends(seen, longest).any(|end| {
                    let text = &seen[..end];
                    if text.is_empty() || !self.may_be(id, text, bound) {
                        return false;
                    }
                    bound.push((id.clone(), text.to_owned()));
                    let fits = self.matches(parts, &seen[end..], bound);
                    if !fits {
                        bound.pop();
                    }
                    fits
                })
            }
        }
    }
}

/// A recorded text: the recorder replaced its folder before the working folder in it.
pub(super) fn restored(text: &str) -> String {
    text.replace("<RUN_ENC>/work", "<RUN_ENC>-work")
}

/// The text with a placeholder for each id.
fn without_ids(text: &str) -> String {
    let id = regex_lite::Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    id.map_or_else(
        |_| text.to_owned(),
        |id| id.replace_all(text, "<UUID:1>").into_owned(),
    )
}

/// Ends of the beginnings of a text up to `longest`, the longest first.
fn ends(text: &str, longest: usize) -> impl Iterator<Item = usize> {
    let inner = text[..longest].char_indices().map(|(i, _)| i);
    inner.chain([longest]).rev()
}

fn id_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_".contains(c)
}

/// An id that the fake API made.
fn made_id(text: &str) -> Option<(Part, usize)> {
    for start in ["msg_fake", "toolu_fake", "req_fake"] {
        if let Some(rest) = text.strip_prefix(start) {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let length = start.len() + digits;
            return Some((Part::Id(text[..length].to_owned()), length));
        }
    }
    None
}

/// `start…<n chars total>`: the start and the count of characters.
#[must_use]
pub fn elided(text: &str) -> Option<(&str, usize)> {
    let (start, count) = text.split_once("…<")?;
    let count = count
        .strip_suffix(" chars total>")
        .or(count.strip_suffix(" chars>"))?;
    Some((start, count.parse().ok()?))
}

/// `<n items, see CASE.json>`: the count, and the case.
#[must_use]
pub fn items(text: &str) -> Option<(usize, &str)> {
    let (count, case) = text
        .strip_prefix('<')?
        .strip_suffix('>')?
        .split_once(" items")?;
    let case = case.strip_prefix(", see ").unwrap_or_default();
    Some((count.parse().ok()?, case.trim_end_matches(".json")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ids_stay_equal_and_different_ones_different() {
        let mut known = Known::default();
        assert!(known.fits("<UUID:1>", "aaaa-1"));
        assert!(known.fits("<UUID:1>.jsonl", "aaaa-1.jsonl"));
        assert!(!known.fits("<UUID:1>", "bbbb-2"));
        assert!(!known.fits("<UUID:2>", "aaaa-1"));
        assert!(known.fits("agent <UUID:2>-x-<UUID:2>", "agent b-x-b"));
        assert!(!known.fits("<UUID:3>/<UUID:4>", "c/c"));
    }

    #[test]
    fn what_is_known_is_filled_in_and_what_differs_from_run_to_run_has_its_form() {
        let mut known = Known::default();
        known.values.insert("<CWD>".into(), "/tmp/x".into());
        assert!(known.fits("in <CWD>/f", "in /tmp/x/f"));
        assert!(!known.fits("in <CWD>/f", "in /tmp/y/f"));
        assert!(known.fits("<TS>", "2026-11-22T14:48:08.104Z"));
        assert!(!known.fits("<TS>", "yesterday"));
        assert!(known.fits("a<int>b", "a17b"));
        assert!(!known.fits("a<int>b", "ab"));
    }

    #[test]
    fn an_elision_has_its_start_and_its_length() {
        let mut known = Known::default();
        assert!(known.fits("ab…<5 chars total>", "abcde"));
        assert!(!known.fits("ab…<5 chars total>", "abcd"));
        assert!(!known.fits("ab…<5 chars total>", "xbcde"));
        assert!(known.fits("Deep research…", "Deep research of all"));
        let id = "11111111-2222-4333-8444-555555555555";
        assert!(known.fits("a<UUID:1>b…<12 chars total>", &format!("a{id}bcd")));
        assert!(!known.fits("a<UUID:1>b…<12 chars total>", &format!("a{id}bcde")));
        assert_eq!(items("<22 items, see a_b.json>"), Some((22, "a_b")));
    }
}
