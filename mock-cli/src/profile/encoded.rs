//! Reading an encoded profile: each part when it is first used, and only then.

use super::encode::Spot;
use crate::template::LineTemplate;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::fmt;
use std::ops::{Deref, Index, Range};
use std::sync::OnceLock;

/// An encoded profile, see `encode.rs`.
#[derive(Clone, Copy)]
pub(super) struct Encoded {
    pub(super) text: &'static str,
    pub(super) entries: &'static [Spot],
}

impl Encoded {
    /// The place of the first entry that is not before this path.
    fn position(self, path: &str) -> usize {
        let text = self.text.as_bytes();
        let before = |[at, _, lengths]: &Spot| {
            text[*at as usize..][..(lengths >> 24) as usize] < *path.as_bytes()
        };
        self.entries.partition_point(before)
    }

    /// The entry at this path: its place, and its JSON.
    fn find(self, path: &str) -> Option<(usize, &'static str)> {
        let at = self.position(path);
        let (found, json) = self.entry(self.entries.get(at)?);
        (found == path).then_some((at, json))
    }

    /// The JSON of the entry at this path.
    fn json(self, path: &str) -> Option<&'static str> {
        self.find(path).map(|(_, json)| json)
    }

    /// All entries, in the order of their paths.
    pub(super) fn entries(self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        self.entries.iter().map(move |spot| self.entry(spot))
    }

    fn entry(self, [path, json, lengths]: &Spot) -> (&'static str, &'static str) {
        let part = |at: u32, length: u32| &self.text[at as usize..][..length as usize];
        (part(*path, lengths >> 24), part(*json, lengths & 0xff_ffff))
    }
}

/// Where a part stands: an encoded profile, and the path of the part in it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    encoded: Encoded,
    within: &'static str,
    name: &'static str,
}

impl Place {
    /// A whole profile.
    pub(super) fn whole(encoded: Encoded) -> Place {
        Place {
            encoded,
            within: "",
            name: "",
        }
    }

    /// The part `name` of the object at `within`: empty, or a path with a slash at its end.
    pub(super) fn inner(self, within: &'static str, name: &'static str) -> Place {
        Place {
            within,
            name,
            ..self
        }
    }

    fn path(self) -> String {
        [self.within, self.name].concat()
    }

    fn json(self) -> Option<&'static str> {
        self.encoded.json(&self.path())
    }

    /// Reads the part, if there is one.
    fn decode_if_there<T: Deserialize<'static>>(self) -> Result<Option<T>, String> {
        let path = self.path();
        let json = self.encoded.json(&path);
        json.map(|json| decode(&path, json)).transpose()
    }

    fn decode<T: Deserialize<'static>>(self) -> Result<T, String> {
        let read = self.decode_if_there()?;
        read.ok_or_else(|| format!("there is no `{}`", self.path()))
    }

    /// The places of the parts below this one.
    fn below(self) -> Range<usize> {
        // What comes behind a slash.
        let [begin, end] = ["/", "0"].map(|end| self.encoded.position(&(self.path() + end)));
        begin..end
    }
}

fn decode<T: Deserialize<'static>>(path: &str, json: &'static str) -> Result<T, String> {
    serde_json::from_str(json).map_err(|e| format!("`{path}`: {e}"))
}

/// A profile is checked before anybody gets it, the embedded ones by the tests.
fn checked<T>(read: Result<T, String>) -> T {
    match read {
        Ok(part) => part,
        Err(error) => unreachable!("a checked profile: {error}"),
    }
}

/// What a profile consists of.
pub(super) trait Part: Sized {
    fn open(place: Place) -> Self;

    /// Reads all of it, and notes the paths that it knows; those that end in a slash with all below.
    fn check(place: Place, known: &mut Vec<String>) -> Result<(), String>;
}

/// A part that may be left out.
pub(super) trait Optional: Part {
    fn open_or_default(place: Place) -> Self;

    fn check_if_there(place: Place, known: &mut Vec<String>) -> Result<(), String> {
        match place.json() {
            Some(_) => Self::check(place, known),
            None => Ok(()),
        }
    }
}

/// What is as small as where it stands is read at once.
macro_rules! small {
    ($($type:ty),*) => {
        $(
            impl Part for $type {
                fn open(place: Place) -> Self {
                    checked(place.decode())
                }

                fn check(place: Place, known: &mut Vec<String>) -> Result<(), String> {
                    known.push(place.path());
                    place.decode::<$type>().map(drop)
                }
            }

            impl Optional for $type {
                fn open_or_default(place: Place) -> Self {
                    checked(place.decode_if_there()).unwrap_or_default()
                }
            }
        )*
    };
}
small!(bool, u32, String);

/// One entry, read when it is first used.
pub struct Lazy<T> {
    place: Place,
    absent: Option<fn() -> T>,
    read: OnceLock<T>,
}

impl<T: Deserialize<'static>> Part for Lazy<T> {
    fn open(place: Place) -> Self {
        Lazy {
            place,
            absent: None,
            read: OnceLock::new(),
        }
    }

    fn check(place: Place, known: &mut Vec<String>) -> Result<(), String> {
        known.push(place.path());
        place.decode::<T>().map(drop)
    }
}

impl<T: Deserialize<'static> + Default> Optional for Lazy<T> {
    fn open_or_default(place: Place) -> Self {
        Lazy {
            absent: Some(T::default),
            ..Lazy::open(place)
        }
    }
}

impl<T: Deserialize<'static>> Deref for Lazy<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.read.get_or_init(|| match self.absent {
            Some(absent) => checked(self.place.decode_if_there()).unwrap_or_else(absent),
            None => checked(self.place.decode()),
        })
    }
}

impl<'a, T: Deserialize<'static>> IntoIterator for &'a Lazy<T>
where
    &'a T: IntoIterator,
{
    type Item = <&'a T as IntoIterator>::Item;
    type IntoIter = <&'a T as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        (**self).into_iter()
    }
}

impl<T> fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lazy").field(&self.place.path()).finish()
    }
}

/// Entries by name, each read by itself.
pub struct Table<T> {
    place: Place,
    /// The place of the first one, and those that were read.
    read: OnceLock<(usize, Vec<OnceLock<Box<T>>>)>,
}

impl<T: Deserialize<'static>> Part for Table<T> {
    fn open(place: Place) -> Self {
        Table {
            place,
            read: OnceLock::new(),
        }
    }

    fn check(place: Place, known: &mut Vec<String>) -> Result<(), String> {
        for spot in &place.encoded.entries[place.below()] {
            let (path, json) = place.encoded.entry(spot);
            decode::<T>(path, json)?;
        }
        known.push(place.path() + "/");
        Ok(())
    }
}

impl<T: Deserialize<'static>> Table<T> {
    fn find(&self, name: &str) -> Option<(usize, &'static str)> {
        let path = [&self.place.path(), "/", name].concat();
        self.place.encoded.find(&path)
    }

    /// Whether there is an entry of this name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The entry of this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        let (at, json) = self.find(name)?;
        let (first, read) = self.read.get_or_init(|| {
            let places = self.place.below();
            (places.start, places.map(|_| OnceLock::new()).collect())
        });
        Some(read[at - first].get_or_init(|| Box::new(checked(decode(name, json)))))
    }
}

impl<T: Deserialize<'static>> Index<&str> for Table<T> {
    type Output = T;

    fn index(&self, name: &str) -> &T {
        match self.get(name) {
            Some(found) => found,
            None => panic!("there is no `{}/{name}`", self.place.path()),
        }
    }
}

impl<T> fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Table").field(&self.place.path()).finish()
    }
}

/// Templates of lines by name, which are never decoded.
pub(crate) struct Lines {
    place: Place,
}

impl Part for Lines {
    fn open(place: Place) -> Self {
        Lines { place }
    }

    fn check(place: Place, known: &mut Vec<String>) -> Result<(), String> {
        Table::<IgnoredAny>::check(place, known)
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lines").field(&self.place.path()).finish()
    }
}

impl Lines {
    /// The template of this name.
    pub(crate) fn get(&self, name: &str) -> Option<LineTemplate> {
        let path = [&self.place.path(), "/", name].concat();
        let json = self.place.encoded.json(&path)?;
        Some(LineTemplate::of(json))
    }
}

/// Declares a part of a profile whose fields are parts, each of which is read by itself; `= default` where one may be
/// left out. `in` is where its fields stand.
macro_rules! parts {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident in $within:literal {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $kind:ty $(= $absent:ident)?,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug)]
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $kind,)*
        }

        impl $crate::profile::encoded::Part for $name {
            fn open(place: $crate::profile::encoded::Place) -> Self {
                $name {
                    $($field: parts!(@open $kind, place.inner($within, stringify!($field)) $(, $absent)?),)*
                }
            }

            fn check(
                place: $crate::profile::encoded::Place,
                known: &mut Vec<String>,
            ) -> Result<(), String> {
                $(parts!(@check $kind, place.inner($within, stringify!($field)), known $(, $absent)?)?;)*
                Ok(())
            }
        }
    };
    (@open $kind:ty, $place:expr) => { <$kind as $crate::profile::encoded::Part>::open($place) };
    (@open $kind:ty, $place:expr, default) => {
        <$kind as $crate::profile::encoded::Optional>::open_or_default($place)
    };
    (@check $kind:ty, $place:expr, $known:ident) => {
        <$kind as $crate::profile::encoded::Part>::check($place, $known)
    };
    (@check $kind:ty, $place:expr, $known:ident, default) => {
        <$kind as $crate::profile::encoded::Optional>::check_if_there($place, $known)
    };
}
pub(super) use parts;
