//! Path rules: patterns in the manner of `.gitignore`.

use std::path::{Path, PathBuf};

/// A pattern with the folder that it is relative to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathRule<'a> {
    root: PathBuf,
    pattern: &'a str,
    /// Whether it holds at any depth: a slash at the start or in the middle binds a pattern to its folder.
    floats: bool,
}

impl<'a> PathRule<'a> {
    /// Reads a rule: `//…` is a full path, `~/…` below home, `/…` below the folder of the settings that hold the rule,
    /// everything else below the working folder.
    pub(super) fn new(content: &'a str, base: &Path, cwd: &Path, home: &Path) -> Self {
        let (root, pattern) = if let Some(full) = content.strip_prefix("//") {
            (Path::new("/"), full)
        } else if let Some(rest) = content.strip_prefix("~/") {
            (home, rest)
        } else if let Some(rest) = content.strip_prefix('/') {
            (base, rest)
        } else {
            (cwd, content)
        };
        PathRule {
            root: root.to_owned(),
            pattern: pattern.strip_prefix("./").unwrap_or(pattern),
            floats: floats(content),
        }
    }

    /// The same below the folder that its own leads to.
    pub(super) fn resolved(&self) -> PathRule<'a> {
        PathRule {
            root: super::resolve(&self.root).unwrap_or_else(|| self.root.clone()),
            ..*self
        }
    }

    /// Whether it speaks of a full, normalised path.
    pub(super) fn covers(&self, path: &Path) -> bool {
        let Ok(below) = path.strip_prefix(&self.root) else {
            return false;
        };
        let parts: Vec<&str> = below.iter().filter_map(|part| part.to_str()).collect();
        if parts.is_empty() {
            return self.pattern == "**" || self.pattern.is_empty();
        }
        // What speaks of all in a folder speaks of the folder.
        let pattern = self.pattern.strip_suffix("/**").unwrap_or(self.pattern);
        let wanted: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
        // What covers a folder covers what is in it.
        let ends = 1..=parts.len();
        match self.floats && wanted.len() == 1 && !self.pattern.contains('/') {
            true => parts.iter().any(|part| fits(wanted[0], part)),
            false => ends.into_iter().any(|end| follow(&wanted, &parts[..end])),
        }
    }
}

/// Whether a rule's content holds at any depth.
fn floats(content: &str) -> bool {
    !content.starts_with('/') && !content.starts_with('~') && !content.starts_with("./")
}

fn follow(wanted: &[&str], parts: &[&str]) -> bool {
    match wanted.split_first() {
        None => parts.is_empty(),
        Some((&"**", [])) => !parts.is_empty(),
        Some((&"**", rest)) => (0..=parts.len()).any(|skip| follow(rest, &parts[skip..])),
        Some((first, rest)) => match parts.split_first() {
            Some((part, others)) => fits(first, part) && follow(rest, others),
            None => false,
        },
    }
}

/// Whether one name fits: `*`, `?` and `[…]`.
fn fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some('?') => Some(p + 1),
            Some('[') => class(&pattern, p, name[n]),
            Some('\\') if pattern.get(p + 1) == Some(&name[n]) => Some(p + 2),
            Some(c) if *c == name[n] => Some(p + 1),
            _ => None,
        };
        match (step, star) {
            (Some(next), _) => {
                p = next;
                n += 1;
            }
            (None, Some((at, from))) => {
                p = at + 1;
                n = from + 1;
                star = Some((at, from + 1));
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Where a bracket expression ends that has this character; None where it has not.
fn class(pattern: &[char], open: usize, c: char) -> Option<usize> {
    let close = open + 2 + pattern.get(open + 2..)?.iter().position(|c| *c == ']')?;
    let mut set = &pattern[open + 1..close];
    let negated = matches!(set.first(), Some('!' | '^'));
    if negated {
        set = &set[1..];
    }
    let mut found = false;
    let mut at = 0;
    while at < set.len() {
        if at + 2 < set.len() && set[at + 1] == '-' {
            found |= (set[at]..=set[at + 2]).contains(&c);
            at += 3;
        } else {
            found |= set[at] == c;
            at += 1;
        }
    }
    (found != negated).then_some(close + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(content: &str, path: &str) -> bool {
        let rule = PathRule::new(content, Path::new("/w"), Path::new("/w"), Path::new("/h"));
        rule.covers(Path::new(path))
    }

    /// From 2.1.330 (`--allowedTools` and `permissions.deny`).
    #[test]
    fn patterns_hold_where_they_are_bound() {
        assert!(covers("./sub/**", "/w/sub/q"));
        assert!(covers("./sub/**", "/w/sub/x/q"));
        assert!(covers("./sub/**", "/w/sub"));
        assert!(!covers("./sub/**", "/w/q"));
        assert!(covers("//etc/**", "/etc/hosts"));
        assert!(!covers("/etc/**", "/etc/hosts"));
        assert!(covers("/x/**", "/w/x/q"));
        assert!(covers("~/x.txt", "/h/x.txt"));
        assert!(covers("*.pem", "/w/sub/k.pem"));
        assert!(covers(".env", "/w/sub/.env"));
        assert!(!covers("./a.txt", "/w/sub/a.txt"));
        assert!(covers("secret", "/w/secret/s.txt"));
        assert!(!covers("src/*.rs", "/w/src/a.rss"));
        assert!(covers("src/[a-c]?.rs", "/w/src/bx.rs"));
        assert!(!covers("src/[!a-c]?.rs", "/w/src/bx.rs"));
    }
}
