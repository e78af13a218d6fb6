//! The values that messages are made of.

use super::wire::{Known, Nullable, Object, Wire, below, object};
use serde_json::{Number, Value};

macro_rules! plain {
    ($($type:ty: $fits:expr, $take:expr, $value:ident => $write:expr;)*) => { $(
        impl Wire for $type {
            fn fits(value: &Value) -> bool {
                $fits(value)
            }

            fn take(value: Value) -> Self {
                $take(value)
            }

            fn write(&self) -> Value {
                let $value = self;
                $write
            }
        }

        impl Known for $type {
            fn strays(&self, _: &str, _: &mut Vec<String>) {}
        }
    )* };
}

plain! {
    String: Value::is_string, text, text => text.as_str().into();
    bool: Value::is_boolean, |value: Value| value == true, is => (*is).into();
    Number: Value::is_number, number, number => number.clone().into();
    u64: Value::is_u64, |value: Value| value.as_u64().unwrap_or_default(), number => (*number).into();
    i64: Value::is_i64, |value: Value| value.as_i64().unwrap_or_default(), number => (*number).into();
    Object: Value::is_object, object, map => map.clone().into();
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        _ => String::new(),
    }
}

fn number(value: Value) -> Number {
    match value {
        Value::Number(number) => number,
        _ => 0.into(),
    }
}

/// Any value fits, null as well.
impl Wire for Value {
    fn fits(_: &Value) -> bool {
        true
    }

    fn take(value: Value) -> Self {
        value
    }

    fn write(&self) -> Value {
        self.clone()
    }
}

impl Known for Value {
    fn strays(&self, _: &str, _: &mut Vec<String>) {}
}

/// A list fits where all of its items do.
impl<T: Wire> Wire for Vec<T> {
    fn fits(value: &Value) -> bool {
        value
            .as_array()
            .is_some_and(|items| items.iter().all(T::fits))
    }

    fn take(value: Value) -> Self {
        match value {
            Value::Array(items) => items.into_iter().map(T::take).collect(),
            _ => Vec::new(),
        }
    }

    fn write(&self) -> Value {
        self.iter().map(T::write).collect()
    }
}

impl<T: Known> Known for Vec<T> {
    fn strays(&self, at: &str, found: &mut Vec<String>) {
        for item in self {
            item.strays(at, found);
        }
    }
}

impl<T: Wire> Wire for Box<T> {
    fn fits(value: &Value) -> bool {
        T::fits(value)
    }

    fn take(value: Value) -> Self {
        Box::new(T::take(value))
    }

    fn write(&self) -> Value {
        T::write(self)
    }
}

impl<T: Known> Known for Box<T> {
    fn strays(&self, at: &str, found: &mut Vec<String>) {
        T::strays(self, at, found);
    }
}

impl<T: Known> Known for Option<T> {
    fn strays(&self, at: &str, found: &mut Vec<String>) {
        if let Some(value) = self {
            value.strays(at, found);
        }
    }
}

impl<T: Known> Known for Nullable<T> {
    fn strays(&self, at: &str, found: &mut Vec<String>) {
        if let Some(value) = self.value() {
            value.strays(at, found);
        }
    }
}

/// An object whose keys are names, of models for example, and whose values are all of one type.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<T>(pub Vec<(String, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Named(Vec::new())
    }
}

impl<T> Named<T> {
    /// The value with this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }
}

impl<T: Wire> Wire for Named<T> {
    fn fits(value: &Value) -> bool {
        value
            .as_object()
            .is_some_and(|map| map.values().all(T::fits))
    }

    fn take(value: Value) -> Self {
        let entries = object(value).into_iter();
        Named(entries.map(|(key, value)| (key, T::take(value))).collect())
    }

    fn write(&self) -> Value {
        let entries = self
            .0
            .iter()
            .map(|(key, value)| (key.clone(), value.write()));
        Value::Object(entries.collect())
    }
}

impl<T: Known> Known for Named<T> {
    fn strays(&self, at: &str, found: &mut Vec<String>) {
        for (_, value) in &self.0 {
            below(value, at, "*", found);
        }
    }
}

/// Text, or a list of blocks: what a message's content may be.
#[derive(Debug, Clone, PartialEq)]
pub enum TextOr<T> {
    /// A text.
    Text(String),
    /// Blocks.
    Blocks(Vec<T>),
}

impl<T: Wire> Wire for TextOr<T> {
    fn fits(value: &Value) -> bool {
        value.is_string() || Vec::<T>::fits(value)
    }

    fn take(value: Value) -> Self {
        match value {
            Value::String(text) => TextOr::Text(text),
            value => TextOr::Blocks(Vec::take(value)),
        }
    }

    fn write(&self) -> Value {
        match self {
            TextOr::Text(text) => text.as_str().into(),
            TextOr::Blocks(blocks) => blocks.write(),
        }
    }
}

impl<T: Known> Known for TextOr<T> {
    fn strays(&self, at: &str, found: &mut Vec<String>) {
        if let TextOr::Blocks(blocks) = self {
            blocks.strays(at, found);
        }
    }
}
