//! Which files a command line would work on, for versions that look so closely (PROTOCOL 7.2).

use super::rules::commands;
use std::path::{Component, Path, PathBuf};

/// A file that a command would work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reach {
    /// The program, or that it is a redirection.
    pub(super) by: String,
    /// The file.
    pub(super) path: PathBuf,
    /// What the program does with files, where it only looks at them.
    pub(super) looks: Option<&'static str>,
}

/// Programs that only look at files, and what they do.
const LOOKING: [(&str, &str); 12] = [
    ("cd", "change directories to"),
    ("ls", "list files in"),
    ("find", "search files in"),
    ("cat", "concatenate files from"),
    ("head", "read the beginning of files from"),
    ("tail", "read the end of files from"),
    ("wc", "count lines/words/bytes in files from"),
    ("grep", "search for patterns in files from"),
    ("sort", "sort contents of files from"),
    ("diff", "compare files from"),
    ("stat", "read file stats from"),
    ("file", "examine file types in"),
];
/// Programs that change files.
const CHANGING: [&str; 7] = ["touch", "mkdir", "rm", "rmdir", "mv", "cp", "sed"];

/// The first file outside of the folders that a command line would work on.
pub(super) fn outside(line: &str, folders: &[PathBuf], cwd: &Path) -> Option<Reach> {
    let away = |path: &PathBuf| !folders.iter().any(|folder| path.starts_with(folder));
    commands(line)
        .into_iter()
        .flat_map(|command| reached(command, cwd))
        .find(|reach| away(&reach.path))
}

fn reached(command: &str, cwd: &Path) -> Vec<Reach> {
    let mut words = Vec::new();
    let mut found = Vec::new();
    let mut parts = command.split('>');
    words.extend(parts.next().unwrap_or_default().split_whitespace());
    if words
        .last()
        .is_some_and(|word| word.bytes().all(|b| b.is_ascii_digit() || b == b'&'))
        && command.contains('>')
    {
        words.pop();
    }
    let Some((program, args)) = words.split_first() else {
        return found;
    };
    let looks = LOOKING.iter().find(|(name, _)| name == program);
    if looks.is_some() || CHANGING.contains(program) {
        let bare = args.iter().filter(|arg| !arg.starts_with('-'));
        // What comes first there is no file.
        let first = usize::from(matches!(*program, "grep" | "sed"));
        found.extend(bare.skip(first).map(|arg| Reach {
            by: format!("{program} in"),
            path: plain(arg, cwd),
            looks: looks.map(|(_, what)| *what),
        }));
    }
    let targets = parts.filter_map(|part| part.split_whitespace().next());
    found.extend(
        targets
            .filter(|target| !target.starts_with('&') && *target != "/dev/null")
            .map(|target| Reach {
                by: "Output redirection to".to_owned(),
                path: plain(target, cwd),
                looks: None,
            }),
    );
    found
}

/// A file's full path, without `.` and `..`.
fn plain(word: &str, cwd: &Path) -> PathBuf {
    let mut path = PathBuf::new();
    for part in cwd.join(word.trim_matches(['"', '\''])).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away(line: &str) -> Option<(String, String)> {
        let cwd = Path::new("/w/a");
        let found = outside(line, &[cwd.to_owned()], cwd)?;
        Some((found.by, found.path.display().to_string()))
    }

    #[test]
    fn files_outside_are_found_by_program_and_by_redirection() {
        let some = |by: &str, path: &str| Some((by.to_owned(), path.to_owned()));
        assert_eq!(away("cat ../x"), some("cat in", "/w/x"));
        assert_eq!(away("grep /x f.txt"), None);
        assert_eq!(
            away("echo a > /usr/x"),
            some("Output redirection to", "/usr/x")
        );
        assert_eq!(away("echo a 2>/dev/null; ls sub"), None);
        assert_eq!(away("python3 /usr/x.py"), None);
        assert_eq!(
            away("head -1 /etc/hostname"),
            some("head in", "/etc/hostname")
        );
    }
}
