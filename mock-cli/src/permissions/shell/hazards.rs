//! Commands that run what their arguments say, whatever they are called with.

use super::parts::Part;
use super::wrappers::unwrapped;
use crate::permissions::Capabilities;

/// Builtins that run their arguments.
const RUN_ARGUMENTS: [&str; 15] = [
    "alias",
    "hash",
    "trap",
    "exec",
    "source",
    ".",
    "let",
    "readarray",
    "mapfile",
    "enable",
    "complete",
    "bind",
    "eval",
    "coproc",
    "fc",
];
/// Programs that start another one in a way that is not looked into.
const START: [&str; 5] = ["setsid", "ionice", "strace", "ltrace", "watch"];

/// Why a command is asked about whatever it is, if it is such a one.
pub(in crate::permissions) fn reason(part: &Part, capabilities: &Capabilities) -> Option<String> {
    let inner = unwrapped(part);
    let program = inner.program();
    let words: Vec<&str> = inner
        .words
        .iter()
        .skip(1)
        .map(|word| word.text.as_str())
        .collect();
    if RUN_ARGUMENTS.contains(&program) {
        return Some(format!("'{program}' evaluates arguments as shell code"));
    }
    if START.contains(&program) && !words.is_empty() {
        return Some(match capabilities.shell {
            3 => format!(
                "'{program}' runs its argument as a command — cannot be statically analyzed"
            ),
            _ => format!("What '{program}' starts can't be checked before it runs"),
        });
    }
    match program {
        "shopt" => Some("Zsh builtin 'shopt' can bypass security checks".to_owned()),
        "find" if inner.words[1..].iter().any(|word| word.pattern) => Some(
            "find contains unquoted glob characters — could glob-expand to a dangerous action before find runs"
                .to_owned(),
        ),
        "find" => {
            let acts = words.iter().find(|word| is_action(word))?;
            Some(format!(
                "find with '{acts}' executes commands or modifies files — cannot be auto-allowed by a Bash(find:*) prefix rule"
            ))
        }
        "awk" | "gawk" | "mawk" | "nawk" if words.iter().any(|word| word.contains("system(")) => {
            Some("awk program contains system() which executes arbitrary commands".to_owned())
        }
        "jq" => jq(&words),
        "timeout" => {
            let first = words.iter().find(|word| !word.starts_with('-'))?;
            let number = first.trim_end_matches(['s', 'm', 'h', 'd']);
            let known = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            (!known).then(|| format!("timeout duration '{first}' can't be checked before it runs"))
        }
        _ => None,
    }
}

/// Whether an expression of `find` does something to files.
fn is_action(word: &str) -> bool {
    const ACTIONS: [&str; 10] = [
        "-exec",
        "-execdir",
        "-ok",
        "-okdir",
        "-delete",
        "-fprint",
        "-fprint0",
        "-fprintf",
        "-fls",
        "-files0-from",
    ];
    ACTIONS.contains(&word)
}

fn jq(words: &[&str]) -> Option<String> {
    let reads = |word: &&&str| {
        let long = [
            "--slurpfile",
            "--rawfile",
            "--from-file",
            "--library-path",
            "--run-tests",
        ];
        let short = word.starts_with('-') && !word.starts_with("--") && word.contains(['f', 'L']);
        short || long.iter().any(|flag| word.starts_with(flag))
    };
    if words.iter().any(|word| reads(&word)) {
        return Some(
            "jq command contains dangerous flags that could execute code or read arbitrary files"
                .to_owned(),
        );
    }
    let loads = |word: &&str| {
        let mut names = word.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        names.any(|name| name == "include" || name == "import")
    };
    words.iter().any(loads).then(|| {
        "jq command contains include/import — modules can load arbitrary .jq files via {search:\".\"} and call env or other builtins".to_owned()
    })
}

/// Whether a `sed` only prints lines by number.
pub(in crate::permissions) fn is_printing_sed(part: &Part) -> bool {
    if part.program() != "sed" {
        return false;
    }
    let mut quiet = false;
    let mut script = None;
    for word in part.words.iter().skip(1) {
        match word.text.as_str() {
            "-n" | "--quiet" | "--silent" => quiet = true,
            "-nE" | "-En" | "-nr" | "-rn" => quiet = true,
            "-E" | "-r" | "--regexp-extended" => {}
            flag if flag.starts_with('-') => return false,
            text => {
                script.get_or_insert(text);
            }
        }
    }
    let line = |command: &str| {
        let lines = command.trim().strip_suffix('p');
        lines.is_some_and(|lines| {
            let numbers: Vec<&str> = lines.split(',').collect();
            numbers.len() <= 2
                && numbers
                    .iter()
                    .all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    quiet && script.is_some_and(|script| script.split(';').all(line))
}

/// Whether a `sed` is one plain replacement.
pub(in crate::permissions) fn is_replacing_sed(part: &Part) -> bool {
    let mut script = None;
    for word in part.words.iter().skip(1) {
        match word.text.as_str() {
            "-i" | "--in-place" | "-E" | "-r" | "--regexp-extended" => {}
            flag if flag.starts_with('-') => return false,
            text => {
                script.get_or_insert(text);
            }
        }
    }
    let Some(rest) = script.and_then(|script| script.strip_prefix("s/")) else {
        return false;
    };
    let mut escaped = false;
    let slashes = rest.char_indices().filter(|(_, c)| {
        let slash = *c == '/' && !escaped;
        escaped = *c == '\\' && !escaped;
        slash
    });
    let places: Vec<usize> = slashes.map(|(at, _)| at).collect();
    let [_, last] = places.as_slice() else {
        return false;
    };
    let flags = &rest[last + 1..];
    !rest.contains(['\n', ';'])
        && flags
            .chars()
            .all(|c| matches!(c, 'g' | 'p' | 'i' | 'I' | 'm' | 'M') || c.is_ascii_digit())
}
