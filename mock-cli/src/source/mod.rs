//! Files that people write, as YAML or JSON, read by hand, so that every complaint says what is wrong, where (file, line,
//! column), and what would be right.
//!
//! Derived deserialisers lose positions in nested, optional and "one of" types; the formats here are
//! small, so they are read from a tree that keeps its places.

mod error;
mod json;
mod tree;
mod yaml;

use crate::order::SortedMap;
pub use error::{InputError, nearest, printable, shown, suggestion};
use error::{at, one_of};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use tree::{Data, Tree};

/// A file that a person wrote, with its name as it is shown in messages.
#[derive(Debug)]
pub struct Document {
    name: String,
    text: Arc<str>,
    root: Tree,
}

impl Document {
    /// Reads a file; `name` is how messages call it.
    ///
    /// # Errors
    /// The file cannot be read, is not UTF-8, or is neither JSON nor one YAML document.
    pub fn read(path: &Path, name: &str) -> Result<Self, InputError> {
        match std::fs::read(path) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Self::parse(name, &text),
                Err(error) => {
                    let good = error.utf8_error().valid_up_to();
                    let text: Arc<str> = String::from_utf8_lossy(error.as_bytes()).into();
                    Err(at(name, &text, good..good, "this is not UTF-8".to_owned()))
                }
            },
            Err(error) => Err(InputError::of_file(
                name,
                format!("cannot read {name}: {error}"),
            )),
        }
    }

    /// Parses a text. It is JSON where it begins as such and is not named as YAML.
    ///
    /// # Errors
    /// The text is neither JSON nor one YAML document.
    pub fn parse(name: &str, text: &str) -> Result<Self, InputError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let parsed = if is_json(name, text) {
            json::parse(text)
        } else {
            yaml::parse(text)
        };
        let text: Arc<str> = Arc::from(text);
        match parsed {
            Ok(root) => Ok(Self {
                name: name.to_owned(),
                text,
                root,
            }),
            Err(fault) => Err(at(name, &text, fault.start..fault.end, fault.message)),
        }
    }

    /// The outermost value.
    pub fn root(&self) -> Node<'_> {
        Node {
            document: self,
            tree: &self.root,
        }
    }
}

fn is_json(name: &str, text: &str) -> bool {
    if name.ends_with(".yaml") || name.ends_with(".yml") {
        return false;
    }
    let rest = text.trim_start().strip_prefix('{');
    let within = rest.map(str::trim_start);
    within.is_some_and(|within| within.starts_with(['"', '}']))
}

/// A value in a document.
#[derive(Debug, Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document,
    tree: &'d Tree,
}

/// A mapping whose keys were checked.
#[derive(Debug)]
pub struct Map<'d> {
    node: Node<'d>,
    entries: SortedMap<&'d str, Node<'d>>,
}

impl<'d> Node<'d> {
    /// The line on which the value starts, from 1.
    pub fn line(&self) -> usize {
        error::line_of(&self.document.text, self.tree.start)
    }

    /// A complaint about this value.
    pub fn error(&self, message: impl Into<String>) -> InputError {
        let text = &self.document.text;
        let (start, end) = (self.tree.start, self.tree.end);
        // A collection's span reaches over all of its lines; point at its first one only.
        let first_line = text[start..].find('\n').map_or(text.len(), |n| start + n);
        at(
            &self.document.name,
            text,
            start..end.clamp(start, first_line),
            message.into(),
        )
    }

    /// Complains that the value is not what was expected.
    pub fn expected(&self, what: &str) -> InputError {
        self.error(format!("expected {what}, found {}", self.kind()))
    }

    /// Complains about a name that is not known, and offers the nearest.
    pub fn unknown(&self, what: &str, name: &str, known: &[&str]) -> InputError {
        self.error(format!("unknown {what} `{}`", shown(name)))
            .with_help(suggestion(name, known))
    }

    fn kind(&self) -> String {
        match &self.tree.data {
            Data::Null => "nothing".to_owned(),
            Data::Boolean(value) => format!("the boolean {value}"),
            Data::Number(value) => format!("the number {value}"),
            Data::Text(_) => "text".to_owned(),
            Data::List(_) => "a list".to_owned(),
            Data::Map(_) => "a mapping".to_owned(),
        }
    }

    /// Whether nothing was written.
    pub fn is_null(&self) -> bool {
        matches!(self.tree.data, Data::Null)
    }

    /// Whether this is text.
    pub fn is_text(&self) -> bool {
        matches!(self.tree.data, Data::Text(_))
    }

    /// The value as text.
    ///
    /// # Errors
    /// It is something else.
    pub fn text(&self) -> Result<&'d str, InputError> {
        match &self.tree.data {
            Data::Text(text) => Ok(text),
            Data::Boolean(_) | Data::Number(_) => {
                Err(self.expected("text").with_help("put it in quotes"))
            }
            _ => Err(self.expected("text")),
        }
    }

    /// The value as text that is not blank and that a command line can carry.
    ///
    /// # Errors
    /// It is something else.
    pub fn filled(&self) -> Result<&'d str, InputError> {
        let text = self.text()?;
        if text.trim().is_empty() {
            return Err(self.error("expected text, found a blank one"));
        }
        if text.contains('\0') {
            return Err(self.error("a text cannot have a NUL character here"));
        }
        Ok(text)
    }

    /// The value as a boolean.
    ///
    /// # Errors
    /// It is something else.
    pub fn boolean(&self) -> Result<bool, InputError> {
        match &self.tree.data {
            Data::Boolean(value) => Ok(*value),
            _ => Err(self.expected("`true` or `false`")),
        }
    }

    /// The value as a whole number within a range.
    ///
    /// # Errors
    /// It is something else, or out of the range.
    pub fn integer(&self, range: std::ops::RangeInclusive<i64>) -> Result<i64, InputError> {
        let number = match &self.tree.data {
            Data::Number(number) => number.as_i64(),
            _ => None,
        };
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                let (least, most) = (range.start(), range.end());
                self.expected(&format!("a whole number from {least} to {most}"))
            })
    }

    /// The value as a number, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match &self.tree.data {
            Data::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    /// The value as a duration: a number with `ms`, `s` or `m`.
    ///
    /// # Errors
    /// It is something else.
    pub fn duration(&self) -> Result<std::time::Duration, InputError> {
        let wrong = || {
            self.expected("a duration")
                .with_help("write a number and its unit: `250ms`, `2s` or `1m`")
        };
        let text = self.text().map_err(|_| wrong())?;
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match text[digits.len()..].trim() {
            "ms" => 1_u64,
            "s" => 1000,
            "m" => 60_000,
            _ => return Err(wrong()),
        };
        // Thousandths of the unit stand behind the point.
        let (whole, part) = digits
            .trim()
            .split_once('.')
            .unwrap_or((digits.trim(), "0"));
        let number = |digits: &str| {
            let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
            digits.parse::<u64>().ok().filter(|_| plain)
        };
        let thousandths = Some(part).filter(|part| part.len() <= 3);
        let thousandths = thousandths.and_then(|part| number(&format!("{part:0<3}")));
        let (Some(whole), Some(part)) = (number(whole), thousandths) else {
            return Err(wrong());
        };
        let millis = whole
            .saturating_mul(unit)
            .saturating_add(part * unit / 1000);
        Ok(std::time::Duration::from_millis(millis))
    }

    /// One of a few names.
    ///
    /// # Errors
    /// It is another name, or no text.
    pub fn one_of<T: Copy>(&self, what: &str, choices: &[(&str, T)]) -> Result<T, InputError> {
        let name = self.text()?;
        match choices.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => Ok(*value),
            None => {
                let known: Vec<&str> = choices.iter().map(|(known, _)| *known).collect();
                Err(self.unknown(what, name, &known))
            }
        }
    }

    /// The value as a list.
    ///
    /// # Errors
    /// It is something else.
    pub fn list(&self) -> Result<Vec<Node<'d>>, InputError> {
        match &self.tree.data {
            Data::List(items) => Ok(items
                .iter()
                .map(|tree| Node {
                    document: self.document,
                    tree,
                })
                .collect()),
            _ => Err(self.expected("a list")),
        }
    }

    /// The value as a list of texts.
    ///
    /// # Errors
    /// It is something else.
    pub fn texts(&self) -> Result<Vec<String>, InputError> {
        self.list()?
            .iter()
            .map(|item| item.text().map(str::to_owned))
            .collect()
    }

    /// The value as a mapping with any keys, in the order in which they are written: key, its text, its value.
    ///
    /// # Errors
    /// It is something else, or a key is no text.
    pub fn entries(&self) -> Result<Vec<(Node<'d>, &'d str, Node<'d>)>, InputError> {
        let Data::Map(mapping) = &self.tree.data else {
            return Err(self.expected("a mapping"));
        };
        mapping
            .iter()
            .map(|(key, value)| {
                let key = Node {
                    document: self.document,
                    tree: key,
                };
                Ok((
                    key,
                    key.text()?,
                    Node {
                        document: self.document,
                        tree: value,
                    },
                ))
            })
            .collect()
    }

    /// The value as a mapping that has no other keys than these. `what` names the mapping: "a step".
    ///
    /// # Errors
    /// It is something else, or has a key that is not known.
    pub fn map(&self, what: &str, known: &[&str]) -> Result<Map<'d>, InputError> {
        self.map_of(what, known, known)
    }

    /// The same, where more keys are taken than complaints tell of.
    ///
    /// # Errors
    /// It is something else, or has a key that is not taken.
    pub fn map_of(&self, what: &str, told: &[&str], taken: &[&str]) -> Result<Map<'d>, InputError> {
        let mut entries = SortedMap::new();
        for (key, name, value) in self.entries()? {
            if !taken.contains(&name) {
                return Err(key.unknown(&format!("key in {what}:"), name, told));
            }
            entries.insert(name, value);
        }
        Ok(Map {
            node: *self,
            entries,
        })
    }

    /// The value of this key, where that is the only one.
    #[must_use]
    pub fn only(&self, key: &str) -> Option<Node<'d>> {
        match self.entries().ok()?.as_slice() {
            [(_, name, value)] if *name == key => Some(*value),
            _ => None,
        }
    }

    /// The value as a mapping of exactly one key out of `known`, or the bare name of one that takes no value.
    ///
    /// # Errors
    /// It is something else, or the key is not known.
    pub fn single(
        &self,
        what: &str,
        known: &[&str],
    ) -> Result<(&'d str, Option<Node<'d>>), InputError> {
        if self.is_text() {
            let name = self.text()?;
            return if known.contains(&name) {
                Ok((name, None))
            } else {
                Err(self.unknown(what, name, known))
            };
        }
        let entries = self
            .entries()
            .map_err(|_| self.expected(&format!("a {what}")).with_help(one_of(known)))?;
        for (key, name, _) in &entries {
            if !known.contains(name) {
                return Err(key.unknown(what, name, known));
            }
        }
        match entries.as_slice() {
            [(_, name, value)] => Ok((name, Some(*value))),
            [] => Err(self
                .error(format!("expected a {what}, found an empty mapping"))
                .with_help(one_of(known))),
            [_, (second, name, _), ..] => Err(second
                .error(format!(
                    "there is one {what} in each item; `{name}` is a second one"
                ))
                .with_help("start a new item of the list with `- `")),
        }
    }

    /// The value as JSON.
    ///
    /// # Errors
    /// A key is no text, or a value cannot be read.
    pub fn json(&self) -> Result<Value, InputError> {
        Ok(match &self.tree.data {
            Data::Null => Value::Null,
            Data::Boolean(value) => Value::Bool(*value),
            Data::Number(number) => Value::Number(number.clone()),
            Data::Text(text) => Value::from(text.as_str()),
            Data::List(_) => {
                let items = self.list()?;
                Value::Array(items.iter().map(Node::json).collect::<Result<_, _>>()?)
            }
            Data::Map(_) => {
                let entries = self.entries()?;
                let entry = |(_, key, value): &(Node<'_>, &str, Node<'_>)| {
                    Ok(((*key).to_owned(), value.json()?))
                };
                Value::Object(
                    entries
                        .iter()
                        .map(entry)
                        .collect::<Result<_, InputError>>()?,
                )
            }
        })
    }
}

impl<'d> Map<'d> {
    /// The mapping itself, for complaints about it as a whole.
    pub fn node(&self) -> Node<'d> {
        self.node
    }

    /// The value of a key, if it was written.
    pub fn get(&self, key: &str) -> Option<Node<'d>> {
        self.entries
            .get(key)
            .copied()
            .filter(|node| !node.is_null())
    }

    /// The value of a key that must be there.
    ///
    /// # Errors
    /// It is missing.
    pub fn required(&self, key: &str) -> Result<Node<'d>, InputError> {
        self.get(key)
            .ok_or_else(|| self.node.error(format!("the key `{key}` is missing")))
    }

    /// Reads the value of a key, if it was written.
    ///
    /// # Errors
    /// Whatever `read` complains of.
    pub fn optional<T>(
        &self,
        key: &str,
        read: impl FnOnce(Node<'d>) -> Result<T, InputError>,
    ) -> Result<Option<T>, InputError> {
        self.get(key).map(read).transpose()
    }
}

#[cfg(test)]
mod tests;
