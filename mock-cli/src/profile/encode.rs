//! From the JSON of a profile to the form in which it is read: `build.rs` encodes the embedded ones with it.
//!
//! The encoded form is a list of paths, sorted, each with its JSON. Looking for an entry reads no other one, so what a
//! call does not use costs it nothing. The list holds only where they stand in a text that all embedded profiles share.

use serde_json::{Map, Value};

/// The objects whose keys are entries of their own. All else is one entry with whatever is in it.
const SPLIT: [&str; 13] = [
    "",
    "command_progress/",
    "control/",
    "failures/",
    "listed/",
    "messages/",
    "models/",
    "models/known/",
    "slash/",
    "sub_commands/",
    "texts/",
    "transcript/",
    "transcript/entries/",
];

/// Where an entry stands in the text: its path, its JSON, and the lengths of both, in bytes: that of the path in the upper
/// eight bits.
pub(crate) type Spot = [u32; 3];

/// The spot of an entry whose parts `place` puts into the text.
///
/// # Errors
/// Where there is more than 4 GiB of text, or one of them is longer than the lengths can say.
pub(crate) fn spot<'a>(
    path: &'a str,
    json: &'a str,
    mut place: impl FnMut(&'a str) -> usize,
) -> Result<Spot, String> {
    let at = |part| u32::try_from(part).map_err(|_| "there is too much text".to_owned());
    let lengths = at(path.len())?.checked_mul(1 << 24);
    let lengths = lengths.filter(|_| json.len() < 1 << 24);
    let lengths = lengths.ok_or_else(|| format!("`{path}` is too long"))?;
    Ok([
        at(place(path))?,
        at(place(json))?,
        lengths | at(json.len())?,
    ])
}

/// What a file holds. One that is `like` another version holds only where it differs: objects are merged, `null`
/// takes a key away, and `{"=": value}` replaces a whole value. `other` is asked for the whole of that version.
///
/// # Errors
/// Where the text is no JSON object, or is like a version that there is not.
pub(crate) fn whole(
    text: &str,
    other: impl FnOnce(&str) -> Result<Value, String>,
) -> Result<Value, String> {
    let mut own: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let map = own.as_object_mut().ok_or("it is not an object")?;
    map.remove("about");
    let Some(like) = map.remove("like") else {
        return Ok(own);
    };
    let named = like.as_str().ok_or("`like` is not a text")?;
    let mut whole = other(named)?;
    differ(&mut whole, own);
    Ok(whole)
}

fn differ(whole: &mut Value, own: Value) {
    let Value::Object(mut own) = own else {
        *whole = own;
        return;
    };
    if own.len() == 1
        && let Some(value) = own.remove("=")
    {
        *whole = value;
        return;
    }
    if !whole.is_object() {
        *whole = Value::Object(Map::new());
    }
    let Some(map) = whole.as_object_mut() else {
        return;
    };
    for (key, value) in own {
        if value.is_null() {
            map.remove(&key);
        } else {
            differ(map.entry(key).or_insert(Value::Null), value);
        }
    }
}

/// Encodes a whole profile: its entries, each a path and its JSON, not sorted yet.
///
/// # Errors
/// Where a name cannot stand in a path.
pub(crate) fn encode(whole: &Value) -> Result<Vec<(String, String)>, String> {
    let mut entries = Vec::new();
    split("", whole, &mut entries)?;
    Ok(entries)
}

fn split(at: &str, value: &Value, entries: &mut Vec<(String, String)>) -> Result<(), String> {
    let Value::Object(map) = value else {
        return Err(format!("`{at}` is not an object"));
    };
    for (name, value) in map {
        if name.contains('/') {
            return Err(format!("a name in `{at}` has a slash"));
        }
        let path = format!("{at}{name}");
        let inner = format!("{path}/");
        if SPLIT.contains(&inner.as_str()) {
            split(&inner, value, entries)?;
        } else {
            entries.push((path, value.to_string()));
        }
    }
    Ok(())
}
