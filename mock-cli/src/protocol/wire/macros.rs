//! The macros that declare types of the wire.

/// Declares a struct of fields, as in `prompt as "lastPrompt": Option<String>`; the key is the field's name without `as`.
macro_rules! wire {
    ($($(#[$meta:meta])* pub struct $name:ident $(: $($fixed:literal = $word:literal),+)? {
        $($(#[$about:meta])* $field:ident $(as $key:literal)?: $type:ty,)*
    })*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $name {
            $($(#[$about])* pub $field: $type,)*
            /// What came with it that has no field, or does not fit its field.
            pub rest: $crate::protocol::wire::Object,
            /// The order in which it was read.
            pub order: $crate::protocol::wire::Order,
        }

        impl $crate::protocol::wire::Fields for $name {
            fn keys(&self) -> &'static [&'static str] {
                &[$($crate::protocol::wire::wire!(@key $field $($key)?)),*]
            }

            fn fixed(&self) -> &'static [(&'static str, &'static str)] {
                &[$($(($fixed, $word)),+)?]
            }

            #[allow(unused_assignments, unused_mut, unused_variables, reason = "for structs without fields")]
            fn slot(&self, at: usize) -> Option<&dyn $crate::protocol::wire::Slot> {
                let mut next = 0;
                $(if at == next { return Some(&self.$field); } next += 1;)*
                None
            }

            #[allow(unused_assignments, unused_mut, unused_variables, reason = "for structs without fields")]
            fn slot_mut(&mut self, at: usize) -> Option<&mut dyn $crate::protocol::wire::Slot> {
                let mut next = 0;
                $(if at == next { return Some(&mut self.$field); } next += 1;)*
                None
            }

            fn rest(&self) -> (&$crate::protocol::wire::Object, &$crate::protocol::wire::Order) {
                (&self.rest, &self.order)
            }

            fn rest_mut(&mut self) -> (&mut $crate::protocol::wire::Object, &mut $crate::protocol::wire::Order) {
                (&mut self.rest, &mut self.order)
            }
        }

        impl $name {
            /// Reads an object; what does not fit stands in the rest.
            // Not inlined: it is called in many places, and not often.
            #[inline(never)]
            #[must_use]
            pub fn of(map: $crate::protocol::wire::Object) -> Self {
                let mut it = Self::default();
                $crate::protocol::wire::fill(&mut it, map);
                it
            }

            /// Reads a value that stays where it is; one that is no object has no fields.
            #[must_use]
            pub fn at(value: &serde_json::Value) -> Self {
                Self::of(value.as_object().cloned().unwrap_or_default())
            }

            /// Fields whose values did not fit, which stand in the rest.
            pub fn misfits(&self) -> impl Iterator<Item = &str> {
                let keys = $crate::protocol::wire::Fields::keys(self);
                self.rest.keys().map(String::as_str).filter(|key| keys.contains(key))
            }

            /// The object that it stands for.
            #[must_use]
            pub fn object(&self) -> $crate::protocol::wire::Object {
                $crate::protocol::wire::collect(self)
            }
        }

        impl $crate::protocol::wire::Wire for $name {
            fn fits(value: &serde_json::Value) -> bool {
                value.is_object()
            }

            fn take(value: serde_json::Value) -> Self {
                Self::of($crate::protocol::wire::object(value))
            }

            fn write(&self) -> serde_json::Value {
                self.object().into()
            }
        }

        impl $crate::protocol::wire::Known for $name {
            fn strays(&self, at: &str, found: &mut Vec<String>) {
                let dot = if at.is_empty() { "" } else { "." };
                found.extend(self.rest.keys().map(|key| format!("{at}{dot}{key}")));
                $($crate::protocol::wire::below(
                    &self.$field, at, $crate::protocol::wire::wire!(@key $field $($key)?), found);)*
            }
        }

        $crate::protocol::wire::wire!(@serde $name);
    )* };
    (@key $field:ident) => { stringify!($field) };
    (@key $field:ident $key:literal) => { $key };
    (@serde $name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::protocol::wire::Wire::write(self).serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = serde_json::Value::deserialize(deserializer)?;
                let read = <Self as $crate::protocol::wire::Wire>::read(value);
                read.map_err(|_| serde::de::Error::custom(concat!(stringify!($name), ": not of this form")))
            }
        }
    };
}
pub(crate) use wire;

/// Declares an enum of structs that one key tells apart, as in `pub enum Block by "type" { "text" => Text(Text), }`.
macro_rules! tagged {
    ($(#[$meta:meta])* pub enum $name:ident by $tag:literal {
        $($(#[$about:meta])* $word:literal => $variant:ident($type:ty),)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name {
            $($(#[$about])* $variant(Box<$type>),)*
            /// Another kind, as it came.
            Other($crate::protocol::wire::Object),
        }

        impl $name {
            /// The word that tells what it is; empty where there is none.
            #[must_use]
            pub fn kind(&self) -> &str {
                match self {
                    $($name::$variant(_) => $word,)*
                    $name::Other(map) => map.get($tag).and_then(serde_json::Value::as_str).unwrap_or_default(),
                }
            }

            /// Reads an object.
            #[must_use]
            pub fn of(map: $crate::protocol::wire::Object) -> Self {
                match map.get($tag).and_then(serde_json::Value::as_str) {
                    $(Some($word) => $name::$variant(Box::new(<$type>::of(map))),)*
                    _ => $name::Other(map),
                }
            }

            /// The object that it stands for.
            #[must_use]
            pub fn object(&self) -> $crate::protocol::wire::Object {
                match self {
                    $($name::$variant(inner) => inner.object(),)*
                    $name::Other(map) => map.clone(),
                }
            }
        }

        impl $crate::protocol::wire::Wire for $name {
            fn fits(value: &serde_json::Value) -> bool {
                value.is_object()
            }

            fn take(value: serde_json::Value) -> Self {
                Self::of($crate::protocol::wire::object(value))
            }

            fn write(&self) -> serde_json::Value {
                self.object().into()
            }
        }

        impl $crate::protocol::wire::Known for $name {
            fn strays(&self, at: &str, found: &mut Vec<String>) {
                match self {
                    $($name::$variant(inner) => $crate::protocol::wire::below(&**inner, at, $word, found),)*
                    $name::Other(_) => found.push(format!("{at}({})", self.kind())),
                }
            }
        }

        $crate::protocol::wire::wire!(@serde $name);
    };
}
pub(crate) use tagged;

/// Declares an enum of words; one that has no name is kept.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$about:meta])* $variant:ident = $word:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$about])* $variant,)*
            /// Another word.
            Other(String),
        }

        impl $name {
            /// The words that have names.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $word,)*
                    $name::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => $name::$variant,)*
                    other => $name::Other(other.to_owned()),
                }
            }
        }

        impl $crate::protocol::wire::Wire for $name {
            fn fits(value: &serde_json::Value) -> bool {
                value.is_string()
            }

            fn take(value: serde_json::Value) -> Self {
                value.as_str().unwrap_or_default().into()
            }

            fn write(&self) -> serde_json::Value {
                self.as_str().into()
            }
        }

        impl $crate::protocol::wire::Known for $name {
            fn strays(&self, at: &str, found: &mut Vec<String>) {
                if let $name::Other(word) = self {
                    found.push(format!("{at}={word}"));
                }
            }
        }

        $crate::protocol::wire::wire!(@serde $name);
    };
}
pub(crate) use words;
