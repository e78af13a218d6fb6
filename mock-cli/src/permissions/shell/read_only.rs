//! Commands that change nothing, as the versions know them: by program, and by option where the program has some that
//! do. What is not listed is asked about.

use super::hazards::is_printing_sed;
use super::options::{OPTIONS, Words};
use super::parts::Part;
use super::wrappers::{is_harmless, unwrapped};
use crate::permissions::Capabilities;

/// Programs that change nothing whatever they are called with.
const ANY: [&str; 54] = [
    "[", "[[", "basename", "cal", "cat", "cd", "cmp", "column", "comm", "cut", "df", "diff",
    "dirname", "du", "echo", "egrep", "expand", "expr", "false", "fgrep", "find", "fmt", "fold",
    "free", "groups", "head", "hexdump", "id", "locale", "ls", "nl", "nproc", "numfmt", "od",
    "paste", "pr", "readlink", "realpath", "rev", "seq", "sleep", "stat", "strings", "tac", "tail",
    "test", "tr", "true", "tsort", "type", "unexpand", "uname", "uptime", "wc",
];
/// Commands that change nothing as long as nothing is added.
const BARE: [&str; 10] = [
    "pwd",
    "whoami",
    "arch",
    "history",
    "claude -h",
    "claude --help",
    "node --version",
    "node -v",
    "python --version",
    "python3 --version",
];
/// Programs that `xargs` may start, as they change nothing whatever they are given.
const BY_XARGS: [&str; 7] = ["echo", "printf", "wc", "grep", "head", "tail", "file"];

/// Programs that may be given patterns: whatever files they come to, they change nothing.
const ON_PATTERNS: [&str; 31] = [
    "basename",
    "cat",
    "cd",
    "cmp",
    "column",
    "cut",
    "df",
    "diff",
    "dirname",
    "du",
    "echo",
    "egrep",
    "fgrep",
    "grep",
    "head",
    "hexdump",
    "ls",
    "md5sum",
    "nl",
    "od",
    "readlink",
    "realpath",
    "rev",
    "sha1sum",
    "sha256sum",
    "stat",
    "strings",
    "tac",
    "tail",
    "tr",
    "wc",
];

/// Whether newer versions ask for what the shell puts for a word, which they do not look into.
fn is_open(part: &Part) -> bool {
    let program = part.program();
    let arguments = &part.words[1..];
    let patterns = arguments.iter().any(|word| word.pattern);
    let variables = arguments.iter().any(|word| word.expanded);
    let tests = matches!(program, "[" | "[[");
    (patterns && !ON_PATTERNS.contains(&program)) || (variables && tests)
}

/// Whether a command changes nothing.
pub(in crate::permissions) fn is_read_only(part: &Part, capabilities: &Capabilities) -> bool {
    if part.sets.iter().any(|name| !is_harmless(name)) {
        return false;
    }
    let inner = match part.program() {
        "timeout" if capabilities.shell >= 4 => unwrapped(part),
        "command" | "builtin" => unwrapped(part),
        _ => part.clone(),
    };
    if inner.words.is_empty() {
        return true;
    }
    if capabilities.shell >= 3 && is_open(&inner) {
        return false;
    }
    let words: Vec<&str> = inner.words.iter().map(|word| word.text.as_str()).collect();
    let (program, arguments) = (words[0], &words[1..]);
    if BARE.contains(&inner.plain().as_str()) {
        return true;
    }
    if inner.words.iter().any(|word| word.unknown) && !matches!(program, "echo" | "printf") {
        return false;
    }
    match program {
        "printf" => {
            arguments.first().is_some_and(|word| !word.starts_with('-')) || arguments.is_empty()
        }
        "sed" => is_printing_sed(&inner),
        "xargs" => started(arguments),
        "help" | "man" if capabilities.shell >= 3 => {
            listed(program, arguments) && !arguments.iter().any(|word| word.contains('/'))
        }
        "git" if arguments.first() == Some(&"config") => {
            matches!(arguments.get(1), Some(&"--get"))
                && arguments
                    .iter()
                    .all(|word| !word.starts_with("--") || *word == "--get")
        }
        "git" | "docker" => subcommand(&words),
        "history" => matches!(arguments, [count] if count.bytes().all(|b| b.is_ascii_digit())),
        "ip" => arguments == ["addr"],
        "ifconfig" => arguments.len() <= 1 && arguments.iter().all(|word| !word.starts_with('-')),
        "ps" => {
            listed("ps", arguments)
                && !arguments
                    .iter()
                    .any(|word| !word.starts_with('-') && word.contains('e'))
        }
        "[" => arguments.last() == Some(&"]"),
        "fdfind" => listed("fd", arguments),
        "jq" if arguments.is_empty() => false,
        "jq" => listed("jq", arguments) && !arguments.iter().any(|word| shows_environment(word)),
        "tput" => {
            listed("tput", arguments)
                && !arguments
                    .iter()
                    .any(|word| matches!(*word, "init" | "reset" | "clear"))
        }
        name if ANY.contains(&name) => true,
        name => listed(name, arguments),
    }
}

/// Whether a filter of `jq` shows the environment.
fn shows_environment(word: &str) -> bool {
    let mut names = word.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'));
    names.any(|name| name == "env" || name == "$ENV")
}

/// Whether `xargs` starts something that changes nothing.
fn started(arguments: &[&str]) -> bool {
    let mut at = 0;
    while let Some(option) = arguments.get(at).filter(|word| word.starts_with('-')) {
        at += match *option {
            "-0" | "-r" | "-t" | "-x" => 1,
            "-n" | "-P" | "-L" | "-s" => {
                let count = arguments.get(at + 1);
                if !count.is_some_and(|count| count.bytes().all(|b| b.is_ascii_digit())) {
                    return false;
                }
                2
            }
            _ => return false,
        };
    }
    match arguments.get(at..) {
        None | Some([]) => true,
        Some([program, ..]) => BY_XARGS.contains(program),
    }
}

/// Whether a subcommand of a program changes nothing: the longest name that is listed counts.
fn subcommand(words: &[&str]) -> bool {
    (2..=words.len().min(3)).rev().any(|length| {
        let name = words[..length].join(" ");
        OPTIONS.iter().any(|entry| entry.name == name)
            && listed(&name, &words[length..])
            && !(name == "git reflog"
                && matches!(
                    words.get(2),
                    Some(&("expire" | "delete" | "drop" | "exists"))
                ))
    })
}

/// Whether all options are of those that are known to change nothing, and there are only words that may be there.
fn listed(name: &str, arguments: &[&str]) -> bool {
    let Some(entry) = OPTIONS.iter().find(|entry| entry.name == name) else {
        return false;
    };
    let mut only_words = false;
    let mut value = false;
    let mut free = false;
    for word in arguments {
        if std::mem::take(&mut value) {
            continue;
        }
        if only_words || !word.starts_with('-') || *word == "-" {
            let fits = match entry.words {
                Words::Any => true,
                Words::None => free,
                Words::Beginning(start) => word.starts_with(start),
            };
            if !fits {
                return false;
            }
            continue;
        }
        if *word == "--" {
            only_words = true;
            continue;
        }
        if let Some(long) = word.strip_prefix("--") {
            let (long, has_value) = match long.split_once('=') {
                Some((long, _)) => (long, true),
                None => (long, false),
            };
            if !entry.long.split(' ').any(|known| known == long) {
                return false;
            }
            value = !has_value && entry.values.split(' ').any(|known| known == long);
            free |= entry.frees.split(' ').any(|known| known == long);
            continue;
        }
        for c in word[1..].chars() {
            let digit = c.is_ascii_digit() && entry.short.contains('0');
            if !(digit || entry.short.contains(c)) {
                return false;
            }
            let mut buffer = [0; 4];
            let short: &str = c.encode_utf8(&mut buffer);
            value = entry.values.split(' ').any(|known| known == short);
            free |= entry.frees.split(' ').any(|known| known == short);
        }
    }
    true
}
