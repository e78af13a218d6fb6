//! YAML read by hand, so that every complaint says what is wrong, where (file, line, column), and what would be right.
//!
//! Derived deserialisers lose positions in nested, optional and "one of" types; the formats here are
//! small, so they are read from a tree that keeps its spans.

mod error;

pub(crate) use error::shown;
pub use error::{InputError, nearest, suggestion};
use error::{at, byte_at, one_of};
use saphyr::{LoadableYamlNode, MarkedYamlOwned, ScalarOwned, YamlDataOwned};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// A file that a person wrote, with its name as it is shown in messages.
#[derive(Debug)]
pub struct Document {
    name: String,
    text: Arc<str>,
    root: MarkedYamlOwned,
}

impl Document {
    /// Reads a file; `name` is how messages call it.
    ///
    /// # Errors
    /// The file cannot be read, is not UTF-8, or is not one YAML document.
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
            Err(error) => Err(at(
                name,
                &Arc::from(""),
                0..0,
                format!("cannot read {name}: {error}"),
            )),
        }
    }

    /// Parses a text.
    ///
    /// # Errors
    /// The text is not one YAML document.
    pub fn parse(name: &str, text: &str) -> Result<Self, InputError> {
        let text: Arc<str> = Arc::from(text);
        let mut documents = MarkedYamlOwned::load_from_str(&text).map_err(|error| {
            let start = byte_at(&text, error.marker().index());
            at(
                name,
                &text,
                start..start,
                format!("this is not YAML: {}", error.info()),
            )
        })?;
        if documents.len() != 1 {
            let message = format!("expected one YAML document, found {}", documents.len());
            return Err(at(name, &text, 0..0, message));
        }
        let root = documents.remove(0);
        Ok(Self {
            name: name.to_owned(),
            text,
            root,
        })
    }

    /// The outermost value.
    pub fn root(&self) -> Node<'_> {
        Node {
            document: self,
            yaml: &self.root,
        }
    }
}

/// A value in a document.
#[derive(Debug, Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document,
    yaml: &'d MarkedYamlOwned,
}

/// A mapping whose keys were checked.
#[derive(Debug)]
pub struct Map<'d> {
    node: Node<'d>,
    entries: BTreeMap<&'d str, Node<'d>>,
}

impl<'d> Node<'d> {
    /// The line on which the value starts, from 1.
    pub fn line(&self) -> usize {
        self.yaml.span.start.line()
    }

    /// A complaint about this value.
    pub fn error(&self, message: impl Into<String>) -> InputError {
        let text = &self.document.text;
        let start = byte_at(text, self.yaml.span.start.index());
        let end = byte_at(text, self.yaml.span.end.index());
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
        match &self.yaml.data {
            YamlDataOwned::Value(ScalarOwned::Null) => "nothing".to_owned(),
            YamlDataOwned::Value(ScalarOwned::Boolean(value)) => format!("the boolean {value}"),
            YamlDataOwned::Value(ScalarOwned::Integer(value)) => format!("the number {value}"),
            YamlDataOwned::Value(ScalarOwned::FloatingPoint(value)) => {
                format!("the number {:?}", **value)
            }
            YamlDataOwned::Value(ScalarOwned::String(_)) => "text".to_owned(),
            YamlDataOwned::Sequence(_) => "a list".to_owned(),
            YamlDataOwned::Mapping(_) => "a mapping".to_owned(),
            _ => "a value that cannot be read".to_owned(),
        }
    }

    /// Whether nothing was written.
    pub fn is_null(&self) -> bool {
        matches!(&self.yaml.data, YamlDataOwned::Value(ScalarOwned::Null))
    }

    /// Whether this is text.
    pub fn is_text(&self) -> bool {
        matches!(
            &self.yaml.data,
            YamlDataOwned::Value(ScalarOwned::String(_))
        )
    }

    /// The value as text.
    ///
    /// # Errors
    /// It is something else.
    pub fn text(&self) -> Result<&'d str, InputError> {
        match &self.yaml.data {
            YamlDataOwned::Value(ScalarOwned::String(text)) => Ok(text),
            YamlDataOwned::Value(ScalarOwned::Null) => Err(self.expected("text")),
            YamlDataOwned::Value(_) => Err(self.expected("text").with_help("put it in quotes")),
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
        match &self.yaml.data {
            YamlDataOwned::Value(ScalarOwned::Boolean(value)) => Ok(*value),
            _ => Err(self.expected("`true` or `false`")),
        }
    }

    /// The value as a whole number within a range.
    ///
    /// # Errors
    /// It is something else, or out of the range.
    pub fn integer(&self, range: std::ops::RangeInclusive<i64>) -> Result<i64, InputError> {
        match &self.yaml.data {
            YamlDataOwned::Value(ScalarOwned::Integer(value)) if range.contains(value) => {
                Ok(*value)
            }
            _ => Err(self.expected(&format!(
                "a whole number from {} to {}",
                range.start(),
                range.end()
            ))),
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
        let number: u64 = digits.trim().parse().map_err(|_| wrong())?;
        match text[digits.len()..].trim() {
            "ms" => Ok(std::time::Duration::from_millis(number)),
            "s" => Ok(std::time::Duration::from_secs(number)),
            "m" => Ok(std::time::Duration::from_secs(number.saturating_mul(60))),
            _ => Err(wrong()),
        }
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
        match &self.yaml.data {
            YamlDataOwned::Sequence(items) => Ok(items
                .iter()
                .map(|yaml| Node {
                    document: self.document,
                    yaml,
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
        let YamlDataOwned::Mapping(mapping) = &self.yaml.data else {
            return Err(self.expected("a mapping"));
        };
        mapping
            .iter()
            .map(|(key, value)| {
                let key = Node {
                    document: self.document,
                    yaml: key,
                };
                Ok((
                    key,
                    key.text()?,
                    Node {
                        document: self.document,
                        yaml: value,
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
        let mut entries = BTreeMap::new();
        for (key, name, value) in self.entries()? {
            if !known.contains(&name) {
                return Err(key.unknown(&format!("key in {what}:"), name, known));
            }
            entries.insert(name, value);
        }
        Ok(Map {
            node: *self,
            entries,
        })
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
                .error(format!("a {what} has one key; `{name}` is a second one"))
                .with_help("start a new item of the list with `- `")),
        }
    }

    /// The value as JSON.
    ///
    /// # Errors
    /// A key is no text, or a value cannot be read.
    pub fn json(&self) -> Result<serde_json::Value, InputError> {
        use serde_json::Value;
        Ok(match &self.yaml.data {
            YamlDataOwned::Value(ScalarOwned::Null) => Value::Null,
            YamlDataOwned::Value(ScalarOwned::Boolean(value)) => Value::Bool(*value),
            YamlDataOwned::Value(ScalarOwned::Integer(value)) => Value::from(*value),
            YamlDataOwned::Value(ScalarOwned::FloatingPoint(value)) => Value::from(**value),
            YamlDataOwned::Value(ScalarOwned::String(text)) => Value::from(text.as_str()),
            YamlDataOwned::Sequence(_) => Value::Array(
                self.list()?
                    .iter()
                    .map(Node::json)
                    .collect::<Result<_, _>>()?,
            ),
            YamlDataOwned::Mapping(_) => Value::Object(
                self.entries()?
                    .iter()
                    .map(|(_, key, value)| Ok(((*key).to_owned(), value.json()?)))
                    .collect::<Result<_, InputError>>()?,
            ),
            _ => return Err(self.expected("a value")),
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
