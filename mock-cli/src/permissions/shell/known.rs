//! What older versions (1.0 and 2.0) know to change nothing.

use super::parts::Part;
use super::{hazards, read_only};
use crate::permissions::Capabilities;

/// Whether a command changes nothing, as these versions know it.
pub(in crate::permissions) fn is_read_only(
    part: &Part,
    piece: &str,
    capabilities: &Capabilities,
) -> bool {
    /// Programs that only newer versions know.
    const LATER: [&str; 22] = [
        "[", "[[", "cat", "cmp", "comm", "egrep", "expand", "expr", "fd", "fdfind", "fgrep", "fmt",
        "fold", "lsof", "numfmt", "paste", "pgrep", "pr", "printf", "readlink", "rev", "seq",
    ];
    const LATER_TOO: [&str; 9] = [
        "tac", "test", "tput", "tsort", "unexpand", "ss", "timeout", "builtin", "command",
    ];
    const SECOND: [&str; 5] = ["md5sum", "sha1sum", "sha256sum", "od", "sed"];
    const GIT: [&str; 14] = [
        "status",
        "log",
        "diff",
        "show",
        "blame",
        "branch",
        "tag",
        "remote",
        "config",
        "ls-files",
        "ls-remote",
        "reflog",
        "stash",
        "shortlog",
    ];
    if hazards::reason(part, capabilities).is_some() || part.words.iter().any(|word| word.unknown) {
        return false;
    }
    let program = part.program();
    let words: Vec<&str> = part.words.iter().map(|word| word.text.as_str()).collect();
    if LATER.contains(&program) || LATER_TOO.contains(&program) || !part.sets.is_empty() {
        return false;
    }
    let first = capabilities.shell < 2;
    if first && SECOND.contains(&program) {
        return false;
    }
    let odd_quotes = program != "echo"
        && program != "grep"
        && program != "rg"
        && program != "find"
        && program != "jq"
        && program != "git"
        && piece.contains('\'')
        && first;
    if odd_quotes
        || part.words.first().is_some_and(|word| {
            word.quoted
                && !piece.starts_with('\\')
                && piece.contains(['\'', '"'])
                && !piece.contains(' ')
        })
    {
        return false;
    }
    // What a variable or a pattern stands for is not looked into.
    let globbed = part
        .words
        .iter()
        .any(|word| !word.quoted && word.text.contains(['*', '?', '[']));
    if (globbed && !first)
        || (program != "find" && piece.contains(['{', '}', '!']) && !piece.contains('"'))
    {
        return false;
    }
    match program {
        "tree" | "uptime" | "arch" if words.len() > 1 && program != "uptime" => false,
        "git" => match words.get(1) {
            Some(&"shortlog") if first => false,
            Some(&"log")
                if first
                    && words
                        .iter()
                        .any(|word| word.starts_with("--format") || word.starts_with("-S")) =>
            {
                false
            }
            Some(&"tag") if piece.contains(['*', '\'']) => false,
            Some(&"stash") if words.get(2) != Some(&"list") => false,
            Some(&"remote") if words.len() == 2 => false,
            Some(name) if GIT.contains(name) => read_only::is_read_only(part, capabilities),
            _ => false,
        },
        "docker" => {
            matches!(words.get(1), Some(&("ps" | "images")))
                && read_only::is_read_only(part, capabilities)
        }
        "jq" if first => words.len() == 1,
        "npm" => matches!(words.as_slice(), ["npm", "list"] | ["npm", "-v"]),
        "pip" => words.as_slice() == ["pip", "list"],
        "node" => words.as_slice() == ["node", "-v"],
        "alias" => words.len() == 1,
        "echo" => says_plainly(piece),
        "ifconfig" => words.len() == 1,
        "find" if first && piece.contains('\\') => false,
        _ => read_only::is_read_only(part, capabilities),
    }
}

/// Whether an `echo` says words each of which is bare, or in one pair of quotes without anything to expand.
fn says_plainly(piece: &str) -> bool {
    let mut rest = piece
        .trim()
        .trim_start_matches('\\')
        .strip_prefix("echo")
        .unwrap_or("'");
    while let Some(c) = rest.chars().next() {
        if c.is_whitespace() || rest.starts_with("\\\n") {
            rest = rest.strip_prefix("\\\n").unwrap_or(&rest[c.len_utf8()..]);
            continue;
        }
        let end = match c {
            '\'' | '"' => {
                let inside = &rest[1..];
                let Some(close) = inside.find(c) else {
                    return false;
                };
                let text = &inside[..close];
                let expands = text.contains(['$', '`', '\n']) || text.contains("\\\"");
                if c == '"' && expands {
                    return false;
                }
                let after = inside[close + 1..].chars().next();
                if after.is_some_and(|c| !c.is_whitespace()) {
                    return false;
                }
                close + 2
            }
            _ => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                let word = &rest[..end];
                let redirects = word.contains('>') || word.contains("/dev/null");
                if !redirects && word.contains(['\'', '"', '$', '{', '}', '!', ';', '`', '(', ')'])
                {
                    return false;
                }
                end
            }
        };
        rest = &rest[end..];
    }
    true
}
