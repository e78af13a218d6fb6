//! Choices that a profile makes by name. (What serde derives for them is three quarters of a kilobyte of code each.)

use serde::de::{Deserializer, Error, Visitor};
use std::fmt;

/// Declares an enum of plain variants, which is read by its kebab-case names.
macro_rules! by_name {
    (
        $(#[$attribute:meta])*
        $vis:vis enum $name:ident { $($(#[$variant_attribute:meta])* $variant:ident,)+ }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name {
            $($(#[$variant_attribute])* $variant,)+
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                const ALL: &[$name] = &[$($name::$variant,)+];
                let at = $crate::profile::by_name::place(deserializer, &[$(stringify!($variant),)+])?;
                Ok(ALL[at])
            }
        }
    };
}
pub(crate) use by_name;

/// The place of a name among these variants.
pub(crate) fn place<'de, D: Deserializer<'de>>(
    deserializer: D,
    variants: &'static [&'static str],
) -> Result<usize, D::Error> {
    deserializer.deserialize_str(Place(variants))
}

struct Place(&'static [&'static str]);

impl Visitor<'_> for Place {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(|variant| kebab(variant)).collect();
        write!(f, "one of {}", names.join(", "))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        let found = self.0.iter().position(|variant| is_named(variant, name));
        found.ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(name), &self))
    }
}

/// Whether this is a variant's name, with small letters and hyphens.
fn is_named(variant: &str, name: &str) -> bool {
    let mut rest = name.bytes();
    let fits = variant.bytes().enumerate().all(|(at, byte)| {
        let begins = byte.is_ascii_uppercase() && at > 0;
        (!begins || rest.next() == Some(b'-')) && rest.next() == Some(byte.to_ascii_lowercase())
    });
    fits && rest.next().is_none()
}

fn kebab(variant: &str) -> String {
    let mut name = String::new();
    for (at, c) in variant.chars().enumerate() {
        if c.is_ascii_uppercase() && at > 0 {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    by_name! {
        enum Choice {
            Plain,
            StrictButKeepAlive,
        }
    }

    fn read(name: &str) -> Result<Choice, String> {
        serde_json::from_str(&format!("{name:?}")).map_err(|e| e.to_string())
    }

    #[test]
    fn a_choice_is_read_by_its_name_alone() {
        assert_eq!(read("plain"), Ok(Choice::Plain));
        assert_eq!(
            read("strict-but-keep-alive"),
            Ok(Choice::StrictButKeepAlive)
        );
        for wrong in ["Plain", "plain-", "strict", "strictbutkeepalive", ""] {
            let error = read(wrong).unwrap_err();
            assert!(
                error.contains("expected one of plain, strict-but-keep-alive"),
                "{error}"
            );
        }
    }
}
