//! What the runtime writes to stderr when an exception ends the process.

use crate::profile::Runtime;
use std::io;
use std::path::Path;

/// The runtime that the older versions were observed on.
const NODE: &str = "v20.20.2";
/// The runtime that is part of the newer ones.
const BUN: &str = "v1.4.0 (Linux x64 baseline)";

/// An uncaught `Error` with this message, as the runtime reports it, but for the line of code and the frames, which
/// have nothing to do with this program.
pub(crate) fn uncaught(runtime: Runtime, message: &str) -> String {
    match runtime {
        Runtime::Node => report(&format!("Error: {message}\n    at mock-claude"), &[]),
        Runtime::Bun => format!("error: {message}\n      at mock-claude\n\nBun {BUN}\n"),
    }
}

/// The same for a text that was to be JSON.
pub(crate) fn not_json(text: &str) -> String {
    let (reason, at) = crate::v8::reason(text);
    let end = text.encode_utf16().count();
    let (number, line, column) = crate::v8::line_of(text, at.unwrap_or(end));
    // What lies behind the end has no mark.
    let marker = at
        .filter(|at| *at < end)
        .map_or(String::new(), |_| format!("{}^", " ".repeat(column)));
    let place = format!("<anonymous_script>:{number}\n{line}\n{marker}\n\n");
    place + &report(&format!("SyntaxError: {reason}\n    at mock-claude"), &[])
}

/// The same for a failed system call: its error code and its path follow.
pub(crate) fn failed_call(error: &io::Error, syscall: &str, path: Option<&Path>) -> String {
    let path = path.map(|p| p.display().to_string());
    let message = message_of(error, syscall, path.as_deref());
    let mut facts = facts_of(error, syscall);
    facts.extend(path.map(|p| ("path", format!("'{p}'"))));
    report(&format!("Error: {message}\n    at mock-claude"), &facts)
}

/// The same for a write to a stdout that nobody reads.
pub(crate) fn broken_pipe() -> String {
    let error = io::Error::from_raw_os_error(rustix::io::Errno::PIPE.raw_os_error());
    let head = "Error: write EPIPE\n    at mock-claude\nEmitted 'error' event on Socket instance at:\n    at mock-claude";
    report(head, &facts_of(&error, "write"))
}

/// `EACCES: permission denied, open '/path'`.
pub(crate) fn message_of(error: &io::Error, syscall: &str, path: Option<&str>) -> String {
    let (code, words) = words(error);
    let path = path.map(|p| format!(" '{p}'")).unwrap_or_default();
    format!("{code}: {words}, {syscall}{path}")
}

fn facts_of(error: &io::Error, syscall: &str) -> Vec<(&'static str, String)> {
    vec![
        ("errno", (-error.raw_os_error().unwrap_or(0)).to_string()),
        ("code", format!("'{}'", words(error).0)),
        ("syscall", format!("'{syscall}'")),
    ]
}

fn report(error: &str, facts: &[(&str, String)]) -> String {
    let facts: Vec<String> = facts
        .iter()
        .map(|(name, value)| format!("  {name}: {value}"))
        .collect();
    let facts = match facts.is_empty() {
        true => String::new(),
        false => format!(" {{\n{}\n}}", facts.join(",\n")),
    };
    format!("{error}{facts}\n\nNode.js {NODE}\n")
}

/// The error's code and libuv's words for it.
fn words(error: &io::Error) -> (&'static str, &'static str) {
    use rustix::io::Errno;
    let known = [
        (Errno::ACCESS, "EACCES", "permission denied"),
        (Errno::PERM, "EPERM", "operation not permitted"),
        (Errno::ROFS, "EROFS", "read-only file system"),
        (Errno::NOTDIR, "ENOTDIR", "not a directory"),
        (Errno::NOENT, "ENOENT", "no such file or directory"),
        (Errno::NAMETOOLONG, "ENAMETOOLONG", "name too long"),
        (Errno::ISDIR, "EISDIR", "illegal operation on a directory"),
        (Errno::NOSPC, "ENOSPC", "no space left on device"),
        (Errno::PIPE, "EPIPE", "broken pipe"),
    ];
    let number = error.raw_os_error().map(Errno::from_raw_os_error);
    known
        .into_iter()
        .find(|(errno, ..)| Some(*errno) == number)
        .map_or(("EIO", "i/o error"), |(_, code, words)| (code, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_call_names_its_error_and_its_path() {
        let error = io::Error::from_raw_os_error(rustix::io::Errno::ROFS.raw_os_error());
        let text = failed_call(&error, "open", Some(Path::new("/home/u/.claude.json")));
        assert!(text.contains(
            "Error: EROFS: read-only file system, open '/home/u/.claude.json'\n    at mock-claude {\n  errno: -30,\n  code: 'EROFS',\n  syscall: 'open',\n  path: '/home/u/.claude.json'\n}\n\nNode.js v20"
        ), "{text}");
    }
}
