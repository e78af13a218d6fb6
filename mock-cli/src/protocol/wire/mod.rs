//! How a typed message keeps what it came with.
//!
//! # The design
//!
//! A message is a plain struct with a typed, documented field for every key that is known, and it writes itself back
//! exactly as it came: keys in their order, `null` where there was `null`, numbers in their form. Three rules do that:
//!
//! - *Nothing is lost.* A key that is not known, and a known one whose value does not fit its type, goes to `rest` as
//!   it came; the field is then `None`. So reading an object never fails, as it never fails in JavaScript, and whoever
//!   wants to be strict asks [`Known::strays`].
//! - *Order is kept beside the fields.* A list has a byte for each key that was read. A field that is set
//!   later goes to the end, one that is taken away leaves its place. A message that is made here has its keys in the
//!   order of its declaration, which is that of the CLI. Order is no part of equality.
//! - *Absent is not null.* An [`Option`] is absent or a value; a [`Nullable`] may be null as well.
//!
//! serde's own way, `#[serde(flatten)] rest`, puts what is unknown behind what is known, cannot tell null from absent,
//! and costs kilobytes of code a type. Here a type costs one table of keys and one `match` from a number to a field;
//! the loops that read and write exist once. serde's traits are there for every type, by way of [`Value`].
//!
//! The types are declared by three macros of this module: `wire!`, `tagged!` and `words!`.

mod macros;

pub(crate) use macros::{tagged, wire, words};

use serde_json::{Map, Value};

/// A JSON object, with its keys in their order.
pub type Object = Map<String, Value>;

/// Something that stands for a JSON value.
pub trait Wire: Sized {
    /// Whether a value is of this type.
    fn fits(value: &Value) -> bool;

    /// Takes a value that fits; what comes of another one has no meaning.
    fn take(value: Value) -> Self;

    /// The value that this stands for.
    fn write(&self) -> Value;

    /// Reads a value, or gives it back where it does not fit.
    ///
    /// # Errors
    /// The value that does not fit.
    fn read(value: Value) -> Result<Self, Value> {
        match Self::fits(&value) {
            true => Ok(Self::take(value)),
            false => Err(value),
        }
    }
}

/// What the types know of a message.
pub trait Known {
    /// Adds the paths of all that is not known to `found`: keys that no type has, values that do not fit their type,
    /// kinds of messages and words that have no name. `at` is the path of this one.
    fn strays(&self, at: &str, found: &mut Vec<String>);
}

/// The paths of all that the types do not know of a message, as in `result.usage.iterations`.
pub fn strays(message: &impl Known) -> Vec<String> {
    let mut found = Vec::new();
    message.strays("", &mut found);
    found
}

/// The place of a field: absent, or one value.
pub trait Slot {
    /// Takes a value, or gives it back where it does not fit.
    ///
    /// # Errors
    /// The value that does not fit.
    fn fill(&mut self, value: Value) -> Result<(), Value>;

    /// The value; None where it is absent.
    fn give(&self) -> Option<Value>;
}

impl<T: Wire> Slot for Option<T> {
    fn fill(&mut self, value: Value) -> Result<(), Value> {
        if !T::fits(&value) {
            return Err(value);
        }
        *self = Some(T::take(value));
        Ok(())
    }

    fn give(&self) -> Option<Value> {
        self.as_ref().map(T::write)
    }
}

/// A field that may be absent, null, or a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Nullable<T> {
    /// The key is not there.
    #[default]
    Absent,
    /// The key is there, without a value.
    Null,
    /// The key has a value.
    Of(T),
}

impl<T> Nullable<T> {
    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Nullable::Of(value) => Some(value),
            Nullable::Absent | Nullable::Null => None,
        }
    }

    /// The value itself, if there is one.
    pub fn into_value(self) -> Option<T> {
        match self {
            Nullable::Of(value) => Some(value),
            Nullable::Absent | Nullable::Null => None,
        }
    }

    /// A field that is there: the value, or null.
    pub fn there(value: Option<T>) -> Self {
        value.map_or(Nullable::Null, Nullable::Of)
    }
}

impl Nullable<String> {
    /// The text, if there is one.
    pub fn as_deref(&self) -> Option<&str> {
        self.value().map(String::as_str)
    }
}

impl<T: Wire> Slot for Nullable<T> {
    fn fill(&mut self, value: Value) -> Result<(), Value> {
        if value.is_null() {
            *self = Nullable::Null;
        } else if T::fits(&value) {
            *self = Nullable::Of(T::take(value));
        } else {
            return Err(value);
        }
        Ok(())
    }

    fn give(&self) -> Option<Value> {
        match self {
            Nullable::Absent => None,
            Nullable::Null => Some(Value::Null),
            Nullable::Of(value) => Some(value.write()),
        }
    }
}

/// The order in which the keys of a message were read; none where it was made here.
#[derive(Debug, Clone, Default)]
pub struct Order(Option<Box<[u8]>>);

/// What messages say does not depend on it.
impl PartialEq for Order {
    fn eq(&self, _: &Order) -> bool {
        true
    }
}

/// A mark for the next key of the rest; smaller ones count fields, and from [`FIXED`] on the keys of the message's kind.
const REST: u8 = u8::MAX;
const FIXED: u8 = 200;

/// A struct of slots, for the loops that read and write. Implemented by `wire!`.
pub trait Fields {
    /// The keys of the fields, in the order of the CLI.
    fn keys(&self) -> &'static [&'static str];
    /// Keys that always have the same value, as `type` has.
    fn fixed(&self) -> &'static [(&'static str, &'static str)];
    /// The field with this number.
    fn slot(&self, at: usize) -> Option<&dyn Slot>;
    /// The same, to be filled.
    fn slot_mut(&mut self, at: usize) -> Option<&mut dyn Slot>;
    /// What is not known.
    fn rest(&self) -> (&Object, &Order);
    /// The same, to be filled.
    fn rest_mut(&mut self) -> (&mut Object, &mut Order);
}

/// The object that a value is; one without keys where it is none.
pub(crate) fn object(value: Value) -> Object {
    match value {
        Value::Object(map) => map,
        _ => Object::new(),
    }
}

/// Distributes an object to a struct's fields.
pub(crate) fn fill(target: &mut dyn Fields, map: Object) {
    let mut marks = Vec::with_capacity(map.len());
    let (keys, fixed) = (target.keys(), target.fixed());
    debug_assert!(keys.len() < usize::from(FIXED));
    for (key, value) in map {
        let place = |at: Option<usize>| at.and_then(|at| u8::try_from(at).ok());
        let constant = fixed
            .iter()
            .position(|(name, word)| *name == key && value == *word);
        let (mark, value) = match (place(constant), place(keys.iter().position(|k| *k == key))) {
            (Some(at), _) => (FIXED + at, None),
            (None, Some(at)) => match target.slot_mut(usize::from(at)) {
                Some(slot) => match slot.fill(value) {
                    Ok(()) => (at, None),
                    Err(value) => (REST, Some(value)),
                },
                None => (REST, Some(value)),
            },
            (None, None) => (REST, Some(value)),
        };
        marks.push(mark);
        if let Some(value) = value {
            target.rest_mut().0.insert(key, value);
        }
    }
    target.rest_mut().1.0 = Some(marks.into());
}

/// The object that a struct's fields stand for.
pub(crate) fn collect(source: &dyn Fields) -> Object {
    let mut map = Object::new();
    let (keys, fixed) = (source.keys(), source.fixed());
    let (rest, order) = source.rest();
    let mut rest = rest.iter();
    let mut put = |mark: u8| match mark {
        REST => {
            if let Some((key, value)) = rest.next() {
                map.insert(key.clone(), value.clone());
            }
        }
        FIXED.. => {
            if let Some((key, word)) = fixed.get(usize::from(mark - FIXED)) {
                map.insert((*key).into(), (*word).into());
            }
        }
        _ => {
            let at = usize::from(mark);
            if let (Some(key), Some(value)) = (keys.get(at), source.slot(at).and_then(Slot::give)) {
                map.insert((*key).into(), value);
            }
        }
    };
    let marks = order.0.as_deref();
    match marks {
        Some(marks) => marks.iter().for_each(|mark| put(*mark)),
        None => (FIXED..).take(fixed.len()).for_each(&mut put),
    }
    let read = |mark: &u8| marks.is_some_and(|marks| marks.contains(mark));
    let later = (0..).take(keys.len()).filter(|mark| !read(mark));
    later.for_each(&mut put);
    for (key, value) in rest {
        map.insert(key.clone(), value.clone());
    }
    map
}

/// Calls [`Known::strays`] for what stands below a key.
pub(crate) fn below(inner: &impl Known, at: &str, key: &str, found: &mut Vec<String>) {
    let dot = if at.is_empty() { "" } else { "." };
    inner.strays(&format!("{at}{dot}{key}"), found);
}
