//! Names in braces in texts that users write, such as `{port}`.

use std::ffi::OsString;

/// The names in the braces of a text, known or not. What is no name, as in `{"a": 1}`, is left alone.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split('{').skip(1);
    after.filter_map(|rest| Some(rest.split_once('}')?.0).filter(|name| is_name(name)))
}

/// A text with what its names stand for; a name that stands for nothing stays. In one pass: what is put in may have braces
/// of its own.
pub(crate) fn fill(text: &str, of: impl Fn(&str) -> Option<OsString>) -> OsString {
    let mut whole = OsString::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        whole.push(before);
        let named = after.split_once('}').filter(|(name, _)| is_name(name));
        match named.and_then(|(name, after)| Some((of(name)?, after))) {
            Some((value, after)) => {
                whole.push(value);
                rest = after;
            }
            None => {
                whole.push("{");
                rest = after;
            }
        }
    }
    whole.push(rest);
    whole
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_not_looked_at_again_and_what_is_no_name_stays() {
        let of = |name: &str| (name == "a").then(|| OsString::from("{b}{a}"));
        assert_eq!(
            fill("{a}-{b} {{a}} {\"a\": 1} {", of),
            "{b}{a}-{b} {{b}{a}} {\"a\": 1} {"
        );
        assert_eq!(
            names("{a}{b-c} {\"d\": 1} {").collect::<Vec<_>>(),
            ["a", "b-c"]
        );
    }
}
