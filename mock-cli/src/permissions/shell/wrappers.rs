//! Programs that only start another one, and the ways in which a command can be written for a rule.

use super::parts::{Argument, Part};

/// Variables that may be set for a command without changing what it may do.
const HARMLESS: [&str; 33] = [
    "NODE_ENV",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_TIME",
    "LC_COLLATE",
    "LC_MESSAGES",
    "LC_NUMERIC",
    "CHARSET",
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "TZ",
    "LS_COLORS",
    "LSCOLORS",
    "GREP_COLOR",
    "GREP_COLORS",
    "GCC_COLORS",
    "TIME_STYLE",
    "BLOCK_SIZE",
    "BLOCKSIZE",
    "GOOS",
    "GOARCH",
    "CGO_ENABLED",
    "GO111MODULE",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
];

/// Whether setting this variable changes nothing of importance.
pub(in crate::permissions) fn is_harmless(variable: &str) -> bool {
    HARMLESS.contains(&variable)
}

/// A command without the harmless variables and programs before it, as rules that allow see it.
pub(in crate::permissions) fn unwrapped(part: &Part) -> Part {
    let mut inner = part.clone();
    if inner.sets.iter().all(|name| is_harmless(name)) {
        without_variables(&mut inner);
    }
    while inner.sets.is_empty() {
        let skip = match inner.program() {
            "time" | "nohup" | "command" | "builtin" | "nice" => skipped(&inner.words, 1),
            "timeout" => match inner.words.get(1) {
                Some(word) if is_duration(&word.text) => skipped(&inner.words, 2),
                _ => None,
            },
            _ => None,
        };
        let Some(skip) = skip else { break };
        cut(&mut inner, skip);
    }
    inner
}

/// All that a rule that denies or asks may mean by a command: whatever is set or starts it.
pub(in crate::permissions) fn all_ways(part: &Part) -> Vec<Part> {
    const STARTERS: [&str; 18] = [
        "time", "nohup", "command", "builtin", "nice", "timeout", "env", "sudo", "doas", "exec",
        "xargs", "watch", "stdbuf", "setsid", "ionice", "!", "strace", "busybox",
    ];
    let mut ways = Vec::new();
    let mut inner = part.clone();
    without_variables(&mut inner);
    loop {
        ways.push(inner.clone());
        let program = inner
            .program()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        if let Some(first) = inner.words.first_mut()
            && first.text != program
            && !program.is_empty()
        {
            first.text.clone_from(&program);
            inner.text = inner.plain();
            ways.push(inner.clone());
        }
        if !STARTERS.contains(&program.as_str()) || inner.words.len() < 2 {
            return ways;
        }
        // Options and their values, durations and variables come before the command; each rest may be one.
        let mut skip = 1;
        let options = |word: &Argument| {
            word.text.starts_with('-') || is_duration(&word.text) || word.text.contains('=')
        };
        while inner.words.get(skip).is_some_and(options) {
            skip += 1;
        }
        if skip >= inner.words.len() {
            return ways;
        }
        cut(&mut inner, skip);
    }
}

/// How many words come before the command that is started; None where there is none, or options come first.
fn skipped(words: &[Argument], own: usize) -> Option<usize> {
    let next = words.get(own)?;
    (!next.text.starts_with('-')).then_some(own)
}

fn is_duration(text: &str) -> bool {
    let number = text.trim_end_matches(['s', 'm', 'h', 'd']);
    !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && text.len() - number.len() < 2
}

fn without_variables(part: &mut Part) {
    if part.sets.is_empty() {
        return;
    }
    part.sets.clear();
    part.text = part.plain();
}

fn cut(part: &mut Part, words: usize) {
    // The source goes on as it is written, as long as its words are.
    let mut text = part.text.as_str();
    let mut same = true;
    for word in &part.words[..words] {
        match text.strip_prefix(word.text.as_str()) {
            Some(rest) => text = rest.trim_start(),
            None => same = false,
        }
    }
    let text = text.to_owned();
    part.words.drain(..words);
    part.text = match same {
        true => text,
        false => part.plain(),
    };
}

/// The command that `xargs` starts, where it stands right behind it.
pub(in crate::permissions) fn started_by_xargs(part: &Part) -> Option<String> {
    if part.program() != "xargs" {
        return None;
    }
    let next = part.words.get(1)?;
    if next.text.starts_with('-') {
        return None;
    }
    let words: Vec<&str> = part.words[1..]
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    Some(words.join(" "))
}
