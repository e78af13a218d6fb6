//! Patterns of file names.

use regex_lite::Regex;
use std::fmt::Write as _;

/// The expression that a pattern of names stands for; None where it is none.
pub(super) fn expression(pattern: &str, folded: bool) -> Option<Regex> {
    let mut out = String::from(if folded { "(?i)^" } else { "^" });
    let mut chars = pattern.chars().peekable();
    let mut braces = 0_u32;
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.peek() == Some(&'*') => {
                chars.next();
                if chars.peek() == Some(&'/') {
                    chars.next();
                    out.push_str("(?:.*/)?");
                } else {
                    out.push_str(".*");
                }
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '{' => {
                braces += 1;
                out.push_str("(?:");
            }
            '}' if braces > 0 => {
                braces -= 1;
                out.push(')');
            }
            ',' if braces > 0 => out.push('|'),
            '[' => {
                out.push('[');
                if chars.peek() == Some(&'!') {
                    chars.next();
                    out.push('^');
                }
                for inner in chars.by_ref() {
                    out.push(inner);
                    if inner == ']' {
                        break;
                    }
                }
            }
            c if c.is_alphanumeric() || c == '/' || c == '_' => out.push(c),
            c => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\{c}");
            }
        }
    }
    out.push('$');
    Regex::new(&out).ok()
}

/// Whether a pattern, in the manner of `.gitignore`, speaks of a path below the search's folder.
pub(super) fn floating(pattern: &str) -> Option<Regex> {
    let bound = pattern.trim_start_matches('/');
    match pattern.contains('/') {
        true => expression(bound, false),
        false => expression(&format!("**/{bound}"), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_without_a_slash_holds_at_any_depth() {
        let fits = |pattern: &str, path: &str| floating(pattern).unwrap().is_match(path);
        assert!(fits("*.py", "src/deep/d.py"));
        assert!(!fits("src/*.py", "src/deep/d.py"));
        assert!(fits("src/**", "src/deep/d.py"));
        assert!(fits("**/*.{py,txt}", "b.txt"));
        assert!(!fits("*.py", "a.pyc"));
        assert!(fits("[ab].p?", "x/a.py"));
    }

    #[test]
    fn other_versions_bind_a_pattern_to_its_folder() {
        let fits = |pattern: &str, path: &str| expression(pattern, true).unwrap().is_match(path);
        assert!(!fits("*.py", "src/c.py"));
        assert!(fits("*.PY", "c.py"));
    }
}
