//! Turning text of one run into text that is the same in every run: places of the stage get their names.

use std::path::Path;

/// An ordered list of replacements, the longest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    replacements: Vec<(String, String)>,
}

impl Names {
    /// A place with a name of its own, such as `<project>`. Also found where it is escaped in JSON or a URL.
    pub(crate) fn add(&mut self, place: &Path, name: &str) {
        for text in spellings(place) {
            for form in [json_escaped(&text), percent_encoded(&text), text] {
                self.push(form, name.to_owned());
            }
        }
        self.sort();
    }

    /// A place that is also found as the beginning of a project folder's name, as the CLI and as upstream
    /// servers encode it; the rest of the name stays, because there the two differ.
    pub(crate) fn add_encoded(&mut self, place: &Path, name: &str) {
        self.add(place, name);
        let encoded = format!("{}:encoded>", name.trim_end_matches('>'));
        for text in spellings(place) {
            for folder in [every_unit(&text), upstream(&text)] {
                self.push(json_escaped(&folder), encoded.clone());
                self.push(percent_encoded(&folder), encoded.clone());
                self.push(folder, encoded.clone());
            }
        }
        self.sort();
    }

    /// Replaces all places.
    pub(crate) fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (from, to) in &self.replacements {
            if text.contains(from.as_str()) {
                text = text.replace(from.as_str(), to);
            }
        }
        text
    }

    fn push(&mut self, from: String, to: String) {
        if !self.replacements.iter().any(|(known, _)| *known == from) {
            self.replacements.push((from, to));
        }
    }

    fn sort(&mut self) {
        self.replacements
            .sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    }
}

/// The place, and on macOS the name that it has without the `/private` that links resolve to.
fn spellings(place: &Path) -> Vec<String> {
    let text = place.to_string_lossy().into_owned();
    let short = text
        .strip_prefix("/private")
        .filter(|rest| rest.starts_with('/'))
        .map(str::to_owned);
    std::iter::once(text).chain(short).collect()
}

/// As in JSON with everything outside of ASCII escaped, which some writers do.
fn json_escaped(text: &str) -> String {
    let mut escaped = String::new();
    for unit in text.encode_utf16() {
        match char::from_u32(u32::from(unit)) {
            Some(c @ ('"' | '\\')) => escaped.extend(['\\', c]),
            Some(c) if c.is_ascii() => escaped.push(c),
            _ => escaped.push_str(&format!("\\u{unit:04x}")),
        }
    }
    escaped
}

/// As in a URL's path.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The CLI's name for a project: every UTF-16 unit but ASCII letters and digits becomes a dash.
fn every_unit(text: &str) -> String {
    text.encode_utf16()
        .map(|unit| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii_alphanumeric() => char::from(byte),
            _ => '-',
        })
        .collect()
}

/// The name that upstream servers expect, which differs for a space, a letter outside of ASCII and more.
fn upstream(text: &str) -> String {
    text.replace(['/', '\\', ':', '.', '_'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_place_gets_its_name_and_the_longest_wins() {
        let mut names = Names::default();
        names.add_encoded(Path::new("/tmp/ab.C/Users/Zoë T"), "<home>");
        names.add(Path::new("/tmp/ab.C"), "<stage>");
        names.add(Path::new("/tmp/ab.C/Users/Zoë T/code"), "<project>");
        names.add(Path::new("/tmp/ab.C/usr/bin"), "/usr/bin");
        for (text, expected) in [
            ("cwd=/tmp/ab.C/Users/Zoë T/code/x", "cwd=<project>/x"),
            (r#""/tmp/ab.C/Users/Zo\u00eb T/f""#, r#""<home>/f""#),
            ("file:///tmp/ab.C/Users/Zo%C3%AB%20T/f", "file://<home>/f"),
            (
                "projects/-tmp-ab-C-Users-Zo--T-co",
                "projects/<home:encoded>-co",
            ),
            (
                "projects/-tmp-ab-C-Users-Zoë T-co",
                "projects/<home:encoded>-co",
            ),
            ("/tmp/ab.C/usr/bin:/tmp/ab.C/bin", "/usr/bin:<stage>/bin"),
        ] {
            assert_eq!(names.apply(text), expected);
        }
    }

    #[test]
    fn a_place_under_private_has_two_spellings() {
        let mut names = Names::default();
        names.add(Path::new("/private/tmp/x"), "<stage>");
        assert_eq!(names.apply("/tmp/x /private/tmp/x"), "<stage> <stage>");
    }
}
