//! Exit codes that say something else than that a command failed.

use super::looks::{has_comment, pieces};
use crate::permissions::Capabilities;

/// What the exit code of a line means, where it is no failure: that of its last program decides.
#[must_use]
pub(crate) fn meaning(
    command: &str,
    code: i32,
    capabilities: &Capabilities,
) -> Option<&'static str> {
    // Older versions don't see the program on a line with a comment.
    if code != 1 || (capabilities.shell < 3 && has_comment(command)) {
        return None;
    }
    match pieces(command).last()?.split_whitespace().next()? {
        "grep" | "rg" => Some("No matches found"),
        "egrep" | "fgrep" if capabilities.shell >= 3 => Some("No matches found"),
        "diff" => Some("Files differ"),
        "find" => Some("Some directories were inaccessible"),
        "test" | "[" => Some("Condition is false"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::tests::VERSIONS;

    /// From 1.0.108, 2.0.77, 2.1.197 and 2.1.330.
    #[test]
    fn the_last_program_of_a_line_says_what_its_exit_code_means() {
        for (version, capabilities) in VERSIONS {
            for (command, known) in [
                ("grep zzz a.txt", Some("No matches found")),
                ("cat a.txt | grep zzz", Some("No matches found")),
                ("true;grep zzz a.txt", Some("No matches found")),
                ("grep zzz a.txt > o", Some("No matches found")),
                ("diff a.txt b.txt", Some("Files differ")),
                ("[ -f nosuch ]", Some("Condition is false")),
                ("find nosuch", Some("Some directories were inaccessible")),
                ("grep zzz a.txt && true", None),
                ("(grep zzz a.txt)", None),
                ("/bin/grep zzz a.txt", None),
                ("FOO=1 grep zzz a.txt", None),
                ("timeout 5 grep zzz a.txt", None),
                ("! grep A a.txt", None),
                ("cmp a.txt b.txt", None),
            ] {
                assert_eq!(
                    meaning(command, 1, &capabilities),
                    known,
                    "{version}: {command}"
                );
                assert_eq!(
                    meaning(command, 2, &capabilities),
                    None,
                    "{version}: {command}"
                );
            }
            let newer = capabilities.shell >= 3;
            let found = newer.then_some("No matches found");
            for command in ["egrep zzz a.txt", "grep zzz a.txt # all"] {
                assert_eq!(
                    meaning(command, 1, &capabilities),
                    found,
                    "{version}: {command}"
                );
            }
        }
    }
}
