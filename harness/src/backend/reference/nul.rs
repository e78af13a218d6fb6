//! What Node says of a NUL byte in an argument, which no system call can take.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// So much of the value is quoted.
const LONGEST: usize = 128;

/// Node's complaint about a spawn's argument or folder, if one holds a NUL byte.
///
/// `args` are the arguments after the command, in the order in which Node counts them.
pub(super) fn complaint<'a>(
    args: impl IntoIterator<Item = &'a OsStr>,
    cwd: Option<&'a OsStr>,
) -> Option<String> {
    let args = args
        .into_iter()
        .enumerate()
        .map(|(at, arg)| (format!("argument 'args[{at}]' must be a string"), arg));
    let cwd = cwd.map(|cwd| {
        (
            "property 'options.cwd' must be a string, Uint8Array, or URL".to_owned(),
            cwd,
        )
    });
    let (what, value) = args
        .chain(cwd)
        .find(|(_, value)| value.as_bytes().contains(&0))?;
    let mut shown = inspect(&value.to_string_lossy());
    if shown.chars().count() > LONGEST {
        shown = shown.chars().take(LONGEST).collect::<String>() + "...";
    }
    Some(format!("The {what} without null bytes. Received {shown}"))
}

/// A string as Node's `util.inspect` quotes it.
fn inspect(text: &str) -> String {
    let quote = ['\'', '"', '`']
        .into_iter()
        .find(|&quote| !text.contains(quote))
        .unwrap_or('\'');
    let mut shown = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            '\x08' => shown.push_str("\\b"),
            '\x0c' => shown.push_str("\\f"),
            '\x0b' => shown.push_str("\\v"),
            '\\' => shown.push_str("\\\\"),
            '\0'..='\x1f' | '\x7f'..='\u{9f}' => {
                shown.push_str(&format!("\\x{:02X}", u32::from(c)))
            }
            _ if c == quote => shown.extend(['\\', c]),
            _ => shown.push(c),
        }
    }
    shown.push(quote);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bad_value_is_named_and_quoted() {
        let args = ["--print", "it's\n\0"].map(OsStr::new);
        assert_eq!(
            complaint(args, None).as_deref(),
            Some(
                "The argument 'args[1]' must be a string without null bytes. Received \"it's\\n\\x00\""
            )
        );
        assert_eq!(
            complaint([], Some(OsStr::new("/a\0"))).as_deref(),
            Some(
                "The property 'options.cwd' must be a string, Uint8Array, or URL without null bytes. Received '/a\\x00'"
            )
        );
        assert_eq!(
            complaint(["fine"].map(OsStr::new), Some(OsStr::new("/"))),
            None
        );
    }
}
