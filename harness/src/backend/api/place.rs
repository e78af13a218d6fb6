//! Where things lie in a frame of an answer.

use crate::yaml::{InputError, Node};
use serde_json::Value;

/// Where something lies in a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// A JSON pointer: `/choices/0/delta/content`.
    pub at: String,
    /// Pointers with the text that must lie there, or it is something else.
    pub when: Vec<(String, String)>,
}

/// Where the name of a server-sent event lies in its frame.
pub(super) const EVENT: &str = "/@event";

/// What ends an answer well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// A frame that is this text, which is no JSON: `[DONE]`.
    Text(String),
    /// A frame in which something lies there.
    Place(Place),
}

impl Place {
    pub(super) fn at(pointer: &str) -> Self {
        Self {
            at: pointer.to_owned(),
            when: Vec::new(),
        }
    }

    pub(super) fn of_type(pointer: &str, kind: &str) -> Self {
        Self {
            at: pointer.to_owned(),
            when: vec![("/type".to_owned(), kind.to_owned())],
        }
    }

    /// What lies there, if the conditions hold.
    pub fn find<'v>(&self, frame: &'v Value) -> Option<&'v Value> {
        let holds =
            |(at, text): &(String, String)| frame.pointer(at).and_then(Value::as_str) == Some(text);
        let found = frame.pointer(&self.at)?;
        (self.when.iter().all(holds) && !found.is_null()).then_some(found)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.at)?;
        for (at, text) in &self.when {
            write!(f, " where {at} is {text:?}")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Place(place) => place.fmt(f),
        }
    }
}

/// One of something, or a list of it.
pub(super) fn one_or_more<T>(
    node: Node<'_>,
    read: fn(Node<'_>) -> Result<T, InputError>,
) -> Result<Vec<T>, InputError> {
    match node.list() {
        Ok(list) => list.into_iter().map(read).collect(),
        Err(_) => Ok(vec![read(node)?]),
    }
}

/// A text that is no JSON, or a place.
pub(super) fn end(node: Node<'_>) -> Result<End, InputError> {
    let is_text = node.is_text() && !node.text()?.starts_with('/');
    if is_text {
        Ok(End::Text(node.filled()?.to_owned()))
    } else {
        place(node).map(End::Place)
    }
}

/// A pointer, or `{ at, when }`.
pub(super) fn place(node: Node<'_>) -> Result<Place, InputError> {
    if node.is_text() {
        return pointer(node).map(|at| Place {
            at,
            when: Vec::new(),
        });
    }
    let map = node.map("a place", &["at", "when"])?;
    let mut place = Place::at(&pointer(map.required("at")?)?);
    for (_, key, value) in map
        .optional("when", |node| node.entries())?
        .unwrap_or_default()
    {
        let at = match key {
            "event" => EVENT.to_owned(),
            key if key.starts_with('/') => key.to_owned(),
            _ => {
                let help = "write a JSON pointer, such as `/type`; or `event`, the name of a server-sent event";
                return Err(value.error("`when` asks for a place").with_help(help));
            }
        };
        place.when.push((at, value.text()?.to_owned()));
    }
    Ok(place)
}

fn pointer(node: Node<'_>) -> Result<String, InputError> {
    // An empty one is the whole frame.
    let text = node.text()?;
    if text.is_empty() || text.starts_with('/') {
        Ok(text.to_owned())
    } else if text == "." {
        Err(node
            .error("a place in a frame is a JSON pointer")
            .with_help("the whole frame is `\"\"`"))
    } else {
        let dotted = text.replace(['.', '['], "/").replace(']', "");
        Err(node
            .error("a place in a frame is a JSON pointer")
            .with_help(format!("write `/{}`", dotted.trim_start_matches('/'))))
    }
}
