//! The values that messages are made of.

use super::wire::{Known, Nullable, Object, Wire, below};
use serde_json::{Number, Value};

macro_rules! plain {
    ($($type:ty: $pattern:pat => $read:expr, $value:ident => $write:expr;)*) => { $(
        impl Wire for $type {
            fn read(value: Value) -> Result<Self, Value> {
                match value {
                    $pattern => $read,
                    other => Err(other),
                }
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
    String: Value::String(text) => Ok(text), text => text.as_str().into();
    bool: Value::Bool(is) => Ok(is), is => (*is).into();
    Number: Value::Number(number) => Ok(number), number => number.clone().into();
    u64: Value::Number(number) => number.as_u64().ok_or(number.into()), number => (*number).into();
    i64: Value::Number(number) => number.as_i64().ok_or(number.into()), number => (*number).into();
    Object: Value::Object(map) => Ok(map), map => map.clone().into();
}

/// Any value fits, null as well.
impl Wire for Value {
    fn read(value: Value) -> Result<Self, Value> {
        Ok(value)
    }

    fn write(&self) -> Value {
        self.clone()
    }
}

impl Known for Value {
    fn strays(&self, _: &str, _: &mut Vec<String>) {}
}

impl<T: Wire> Wire for Vec<T> {
    fn read(value: Value) -> Result<Self, Value> {
        let Value::Array(values) = value else {
            return Err(value);
        };
        let mut items = Vec::with_capacity(values.len());
        let mut values = values.into_iter();
        while let Some(value) = values.next() {
            match T::read(value) {
                Ok(item) => items.push(item),
                // One that does not fit gives the whole list back.
                Err(value) => {
                    let read = items.iter().map(T::write);
                    return Err(read.chain([value]).chain(values).collect());
                }
            }
        }
        Ok(items)
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
    fn read(value: Value) -> Result<Self, Value> {
        T::read(value).map(Box::new)
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
    fn read(value: Value) -> Result<Self, Value> {
        let Value::Object(map) = value else {
            return Err(value);
        };
        let mut entries = Vec::with_capacity(map.len());
        let mut left = map.into_iter();
        while let Some((key, value)) = left.next() {
            match T::read(value) {
                Ok(value) => entries.push((key, value)),
                Err(value) => {
                    let read = entries
                        .iter()
                        .map(|(key, value)| (key.clone(), value.write()));
                    return Err(Value::Object(
                        read.chain([(key.clone(), value)]).chain(left).collect(),
                    ));
                }
            }
        }
        Ok(Named(entries))
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
    fn read(value: Value) -> Result<Self, Value> {
        match value {
            Value::String(text) => Ok(TextOr::Text(text)),
            value => Vec::read(value).map(TextOr::Blocks),
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
