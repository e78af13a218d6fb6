//! `Grep`: files by what stands in them.

use super::{Base, Done, pattern, walk};
use crate::order;
use crate::profile::{Profile, Search};
use crate::protocol::tools::{GrepResult, Sought};
use crate::protocol::wire::Wire;
use regex_lite::{Regex, RegexBuilder};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders of version control.
const CONTROL: [&str; 6] = [".git", ".svn", ".hg", ".bzr", ".jj", ".sl"];
/// Longer lines are not shown, in bytes.
const LONG: usize = 500;

/// Endings of files by the names of their kinds.
const KINDS: [(&str, &[&str]); 16] = [
    ("c", &["c", "h"]),
    ("cpp", &["cpp", "cc", "cxx", "hpp", "hh", "h", "hxx"]),
    ("css", &["css", "scss"]),
    ("go", &["go"]),
    ("html", &["html", "htm"]),
    ("java", &["java", "jsp"]),
    ("js", &["js", "jsx", "mjs", "cjs", "vue"]),
    ("json", &["json"]),
    ("md", &["md", "markdown", "mdx"]),
    ("py", &["py", "pyi"]),
    ("ruby", &["rb", "gemspec"]),
    ("rust", &["rs"]),
    ("sh", &["sh", "bash", "zsh"]),
    ("toml", &["toml"]),
    ("ts", &["ts", "tsx", "mts", "cts"]),
    ("yaml", &["yaml", "yml"]),
];

/// What a search came to in one file.
struct Hit {
    path: PathBuf,
    /// The lines that are shown, by their numbers from 0, and whether they fit.
    lines: Vec<(usize, bool, String)>,
    count: usize,
}

/// Searches files.
pub(in crate::engine::tools) fn grep(profile: &'static Profile, input: &Value, cwd: &Path) -> Done {
    let input = Sought::at(input);
    let base = Base::of(profile, cwd, input.path.as_deref());
    let sought = input.pattern.clone().unwrap_or_default();
    let many = input.multiline == Some(true);
    let expression = RegexBuilder::new(&sought)
        .case_insensitive(input.ignore_case == Some(true))
        .multi_line(true)
        .dot_matches_new_line(many)
        .build();
    let hits = match &expression {
        Ok(expression) => hits(&base, &input, expression),
        Err(error) if profile.toolbox.search == Search::Counted => {
            return Done::failed(&format!(
                "Search failed — ripgrep rejected the pattern, glob, or file type without searching:\nrg: regex parse error:\n    (?:{sought})\n    ^\nerror: {}",
                reason(&error.to_string())
            ));
        }
        Err(_) => Vec::new(),
    };
    match input.output_mode.as_deref() {
        Some("content") => content(&base, &input, &hits),
        Some("count") => counts(&base, &input, &hits),
        _ => names(&base, &input, hits),
    }
}

/// What is wrong with a pattern, as ripgrep says it.
fn reason(error: &str) -> &str {
    match error {
        "found open group without closing ')'" => "unclosed group",
        "found closing ')' without matching '('" => "unopened group",
        "found unclosed bracket class" | "unclosed character class" => "unclosed character class",
        error if error.contains("repetition operator") => "repetition operator missing expression",
        error => error,
    }
}

fn hits(base: &Base<'_>, input: &Sought, expression: &Regex) -> Vec<Hit> {
    let mut files = walk::files(&base.root, &CONTROL, true, false);
    if base.profile.toolbox.search == Search::Counted {
        order::sort_by(&mut files, |a, b| a.path.cmp(&b.path));
    }
    let names = input.glob.as_deref().and_then(pattern::floating);
    let endings = input.kind.as_deref().map(|kind| {
        let known = KINDS.iter().find(|(name, _)| *name == kind);
        known.map_or(&[][..], |(_, endings)| *endings)
    });
    let wanted = |path: &Path| {
        let below = path.strip_prefix(&base.root).unwrap_or(path);
        let ending = path.extension().and_then(|ending| ending.to_str());
        names
            .as_ref()
            .is_none_or(|names| names.is_match(&below.to_string_lossy()))
            && endings.is_none_or(|known| ending.is_some_and(|ending| known.contains(&ending)))
    };
    let found = files.into_iter().filter(|found| wanted(&found.path));
    found
        .filter_map(|found| hit(found.path, input, expression))
        .collect()
}

fn hit(path: PathBuf, input: &Sought, expression: &Regex) -> Option<Hit> {
    let bytes = fs::read(&path).ok()?;
    if bytes.contains(&0) {
        return None;
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let fits: Vec<bool> = match input.multiline {
        Some(true) => {
            let mut fits = vec![false; lines.len()];
            for found in expression.find_iter(&text) {
                let line = |at: usize| text[..at].matches('\n').count();
                let last = found.end().saturating_sub(1).max(found.start());
                for at in line(found.start())..=line(last) {
                    if let Some(fit) = fits.get_mut(at) {
                        *fit = true;
                    }
                }
            }
            fits
        }
        _ => lines.iter().map(|line| expression.is_match(line)).collect(),
    };
    let count = fits.iter().filter(|fit| **fit).count();
    let number = |n: &Option<serde_json::Number>| n.as_ref().and_then(|n| n.as_u64());
    let around = number(&input.around);
    let side = |n| usize::try_from(around.or(number(n)).unwrap_or(0)).unwrap_or(0);
    let (before, after) = (side(&input.before), side(&input.after));
    let near = |at: usize| {
        let from = at.saturating_sub(after);
        let to = (at + before + 1).min(fits.len());
        fits[from..to].contains(&true)
    };
    let shown = (0..lines.len()).filter(|at| near(*at)).map(|at| {
        let line = match (lines[at].len() > LONG, fits[at]) {
            (false, _) => lines[at].to_owned(),
            (true, true) => "[Omitted long matching line]".to_owned(),
            (true, false) => "[Omitted long context line]".to_owned(),
        };
        (at, fits[at], line)
    });
    let lines = shown.collect();
    (count > 0).then_some(Hit { path, lines, count })
}

/// The part of a list that is asked for, and how it was limited, for people and as data.
struct Part<T> {
    shown: Vec<T>,
    total: u64,
    said: String,
    limit: Option<u64>,
    offset: Option<u64>,
}

/// How much is shown where nobody says.
const USUAL: u64 = 250;

fn part<T>(base: &Base<'_>, input: &Sought, all: Vec<T>) -> Part<T> {
    let number = |n: &Option<serde_json::Number>| n.as_ref().and_then(|n| n.as_u64());
    let newer = matches!(
        base.profile.toolbox.search,
        Search::Relative | Search::Counted
    );
    let asked = number(&input.head_limit).or(newer.then_some(USUAL));
    let limit = asked.filter(|limit| *limit > 0);
    let offset = number(&input.offset).unwrap_or(0);
    let total = all.len() as u64;
    let most = usize::try_from(limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
    let shown: Vec<T> = all.into_iter().skip(skipped).take(most).collect();
    let cut = match base.profile.toolbox.search {
        Search::Plain => false,
        Search::Numbered => limit.is_some(),
        Search::Relative | Search::Counted => offset + (shown.len() as u64) < total,
    };
    let limit = limit.filter(|_| cut);
    let said = match (limit, base.profile.toolbox.search) {
        (Some(limit), Search::Numbered) => format!("limit: {limit}, offset: {offset}"),
        (Some(limit), _) if offset > 0 => format!("limit: {limit}, offset: {offset}"),
        (Some(limit), _) => format!("limit: {limit}"),
        (None, _) if offset > 0 && base.profile.toolbox.search != Search::Plain => {
            format!("offset: {offset}")
        }
        (None, _) => String::new(),
    };
    Part {
        shown,
        total,
        said,
        limit,
        offset: (offset > 0).then_some(offset),
    }
}

fn names(base: &Base<'_>, input: &Sought, mut hits: Vec<Hit>) -> Done {
    let changed = |hit: &Hit| {
        fs::metadata(&hit.path)
            .and_then(|about| about.modified())
            .ok()
    };
    order::sort_by(&mut hits, |a, b| {
        (changed(b), &a.path).cmp(&(changed(a), &b.path))
    });
    let all: Vec<String> = hits.iter().map(|hit| shown(base, &hit.path)).collect();
    let part = part(base, input, all);
    let count = part.shown.len();
    let said = match count {
        0 => "No files found".to_owned(),
        _ => {
            let plural = if count == 1 { "" } else { "s" };
            let limited = match part.said.as_str() {
                "" => String::new(),
                said => format!(" {said}"),
            };
            format!(
                "Found {count} file{plural}{limited}\n{}",
                part.shown.join("\n")
            )
        }
    };
    let counted = base.profile.toolbox.search == Search::Counted;
    let structured = GrepResult {
        mode: Some("files_with_matches".into()),
        names: Some(part.shown),
        count: Some(count as u64),
        total_files: counted.then_some(part.total),
        limit: part.limit,
        offset: part.offset,
        ..GrepResult::default()
    };
    Done::plain(said, structured.write())
}

fn content(base: &Base<'_>, input: &Sought, hits: &[Hit]) -> Done {
    let old = base.profile.toolbox.search == Search::Plain;
    let numbers = input.numbers.unwrap_or(!old);
    let single = base.root.is_file();
    let around = [&input.around, &input.before, &input.after];
    let gaps = around.iter().any(|n| n.is_some());
    let mut all: Vec<String> = Vec::new();
    for hit in hits {
        let mut last = None;
        for (at, fits, line) in &hit.lines {
            let apart = last.is_none_or(|last| last + 1 != *at);
            if gaps && apart && !all.is_empty() {
                all.push("--".to_owned());
            }
            last = Some(*at);
            let mark = if *fits { ':' } else { '-' };
            let name = match (single, fits, base.profile.toolbox.search) {
                (true, ..) => String::new(),
                // Only what fits has its path made short.
                (false, false, Search::Numbered | Search::Relative) => {
                    format!("{}{mark}", hit.path.display())
                }
                _ => format!("{}{mark}", shown(base, &hit.path)),
            };
            let number = match numbers {
                true => format!("{}{mark}", at + 1),
                false => String::new(),
            };
            all.push(format!("{name}{number}{line}"));
        }
    }
    let part = part(base, input, all);
    let text = part.shown.join("\n");
    let mut said = match text.as_str() {
        "" => "No matches found".to_owned(),
        text => text.to_owned(),
    };
    said += &paged(&part.said);
    let counted = base.profile.toolbox.search == Search::Counted;
    let structured = GrepResult {
        mode: Some("content".into()),
        count: Some(0),
        names: Some(Vec::new()),
        content: Some(text),
        lines: Some(part.shown.len() as u64),
        total_lines: counted.then_some(part.total),
        limit: part.limit,
        offset: part.offset,
        ..GrepResult::default()
    };
    Done::plain(said, structured.in_order(&CONTENT_KEYS))
}

/// The order in which contents and counts are told.
const CONTENT_KEYS: [&str; 3] = ["mode", "numFiles", "filenames"];

fn counts(base: &Base<'_>, input: &Sought, hits: &[Hit]) -> Done {
    let single = base.root.is_file();
    let all: Vec<(String, usize)> = hits
        .iter()
        .map(|hit| {
            let name = match single {
                true => String::new(),
                false => format!("{}:", shown(base, &hit.path)),
            };
            (format!("{name}{}", hit.count), hit.count)
        })
        .collect();
    let part = part(base, input, all);
    let matches: usize = part.shown.iter().map(|(_, count)| count).sum();
    let files = part.shown.len();
    let lines: Vec<&str> = part.shown.iter().map(|(line, _)| line.as_str()).collect();
    let text = lines.join("\n");
    let shown = match text.as_str() {
        "" => "No matches found",
        text => text,
    };
    let plural = |n: usize, one: &str, many: &str| match n {
        1 => one.to_owned(),
        _ => many.to_owned(),
    };
    let limited = match part.said.as_str() {
        "" => String::new(),
        said => format!(" with pagination = {said}"),
    };
    let said = format!(
        "{shown}\n\nFound {matches} total {} across {files} {}.{limited}",
        plural(matches, "occurrence", "occurrences"),
        plural(files, "file", "files"),
    );
    let structured = GrepResult {
        mode: Some("count".into()),
        count: Some(files as u64),
        names: Some(Vec::new()),
        content: Some(text),
        matches: Some(matches as u64),
        limit: part.limit,
        offset: part.offset,
        ..GrepResult::default()
    };
    Done::plain(said, structured.in_order(&CONTENT_KEYS))
}

fn paged(said: &str) -> String {
    match said {
        "" => String::new(),
        said => format!("\n\n[Showing results with pagination = {said}]"),
    }
}

fn shown(base: &Base<'_>, path: &Path) -> String {
    match base.profile.toolbox.search {
        Search::Plain => path.to_string_lossy().into_owned(),
        _ => base.below(path),
    }
}

impl GrepResult {
    /// The same as data, with these keys first.
    fn in_order(&self, keys: &[&str]) -> Value {
        let mut map = self.object();
        let mut ordered = serde_json::Map::new();
        for key in keys {
            ordered.extend(
                map.shift_remove(*key)
                    .map(|value| ((*key).to_owned(), value)),
            );
        }
        ordered.append(&mut map);
        ordered.into()
    }
}
