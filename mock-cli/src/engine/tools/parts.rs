//! The single commands of a command line, as they are asked about one by one.

/// The commands of a line, without their redirections; None where the line leaves something in the background,
/// as nothing is asked about it then.
#[must_use]
pub(in crate::engine) fn parts(line: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quote = None;
    let mut chars = line.chars().peekable();
    let mut last = ' ';
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, '&') if last == '>' || chars.peek() == Some(&'>') => {}
            (None, '&' | '|') if chars.peek() == Some(&c) => {
                chars.next();
                parts.push(std::mem::take(&mut part));
                continue;
            }
            (None, '&') => return None,
            (None, ';' | '|' | '\n') => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        last = c;
        part.push(c);
    }
    parts.push(part);
    let bare = parts.iter().map(|part| without_redirections(part));
    Some(bare.filter(|part| !part.is_empty()).collect())
}

/// A command up to its first redirection that stands outside of quotes.
fn without_redirections(part: &str) -> String {
    let mut quote = None;
    let end = part.char_indices().find(|&(_, c)| match (quote, c) {
        (None, '\'' | '"') => {
            quote = Some(c);
            false
        }
        (Some(open), _) => {
            if open == c {
                quote = None;
            }
            false
        }
        (None, c) => c == '>' || c == '<',
    });
    let command = end.map_or(part, |(at, _)| {
        part[..at].trim_end_matches(|c: char| c.is_ascii_digit() || c == '&')
    });
    command.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_outside_of_quotes_and_loses_its_redirections() {
        let split = |line| parts(line).unwrap();
        assert_eq!(
            split("echo out; echo err >&2; exit 3"),
            ["echo out", "echo err", "exit 3"]
        );
        assert_eq!(
            split("python3 -c \"a; b\"; echo end"),
            ["python3 -c \"a; b\"", "echo end"]
        );
        assert_eq!(split("a && b || c | d"), ["a", "b", "c", "d"]);
        assert_eq!(split("touch x 2>/dev/null"), ["touch x"]);
        assert_eq!(parts("sleep 5 >/dev/null 2>&1 & echo started"), None);
    }
}
