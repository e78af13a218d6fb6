//! Lines that only wait before they do something.

use super::parse;
use super::syntax::{Command, Kind, Word};

/// From so many seconds on the CLI refuses to wait (seen on 2.1.330: 24 are waited, 25 are not).
const LONG: u64 = 25;

/// What a line does that begins with a long `sleep`, as the CLI says it where it refuses that.
#[must_use]
pub(crate) fn long_nap(line: &str) -> Option<String> {
    let script = parse(line).ok()?;
    let pipelines = script.statements.iter().flat_map(|one| &one.pipelines);
    let mut pipelines = pipelines.map(|(_, pipeline)| pipeline).peekable();
    if pipelines.peek()?.negated {
        return None;
    }
    let mut commands = pipelines.flat_map(|pipeline| &pipeline.commands);
    let seconds = nap(commands.next()?)?;
    let rest: Vec<&str> = commands.map(|command| bare(command, line)).collect();
    Some(match rest.as_slice() {
        [] => format!("standalone sleep {seconds}"),
        rest => format!("sleep {seconds} followed by: {}", rest.join(" ")),
    })
}

/// How many seconds a command sleeps, where these are all that it says and many.
fn nap(command: &Command) -> Option<u64> {
    let Kind::Simple(simple) = &command.kind else {
        return None;
    };
    let [program, time] = simple.words.as_slice() else {
        return None;
    };
    let time = Word::literal(time).filter(|time| time.bytes().all(|byte| byte.is_ascii_digit()))?;
    let sleeps = Word::literal(program)? == "sleep" && simple.assignments.is_empty();
    time.parse().ok().filter(|time| sleeps && *time >= LONG)
}

/// A command's source without the redirections behind it.
fn bare<'a>(command: &Command, line: &'a str) -> &'a str {
    let first = command
        .redirects
        .iter()
        .map(|redirect| redirect.span.start)
        .min();
    let end = first
        .filter(|at| *at > command.span.start)
        .unwrap_or(command.span.end);
    line[command.span.start..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::long_nap;

    /// From 2.1.330.
    #[test]
    fn a_line_that_begins_with_a_long_sleep_is_one_whatever_joins_the_rest() {
        for (command, said) in [
            ("sleep 25", "standalone sleep 25"),
            ("  sleep 043  # c", "standalone sleep 43"),
            ("sleep 43 2>&1", "standalone sleep 43"),
            ("sleep 43 ;", "standalone sleep 43"),
            ("sleep 43\nls", "sleep 43 followed by: ls"),
            ("sleep 43 & wait", "sleep 43 followed by: wait"),
            ("sleep 43 || ls > x", "sleep 43 followed by: ls"),
            (
                "sleep 99 && ls | wc -l; pwd",
                "sleep 99 followed by: ls wc -l pwd",
            ),
            ("sleep 43 && (ls; pwd)", "sleep 43 followed by: (ls; pwd)"),
            (
                "sleep 43 && A=1 ls \"$X\"",
                "sleep 43 followed by: A=1 ls \"$X\"",
            ),
        ] {
            assert_eq!(long_nap(command).as_deref(), Some(said), "{command}");
        }
        for command in [
            "sleep 24",
            "sleep 43s",
            "sleep 43 1",
            "sleep 1m",
            "! sleep 43",
            "/bin/sleep 43",
            "A=1 sleep 43",
            "(sleep 43)",
            "echo a; sleep 43",
            "timeout 1 sleep 43",
        ] {
            assert_eq!(long_nap(command), None, "{command}");
        }
    }
}
