//! The files that known programs work on, as they are named on the command line.

use super::parts::{Argument, Part};
use crate::permissions::Capabilities;

/// What a program does with its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::permissions) enum Use {
    /// It only looks at them.
    Looks,
    /// It changes, makes or removes them.
    Writes,
}

/// A program on files.
#[derive(Debug, Clone, Copy)]
pub(in crate::permissions) struct OnFiles {
    pub(in crate::permissions) name: &'static str,
    /// What people are told that it may only do, up to the folders' name.
    pub(in crate::permissions) does: &'static str,
    pub(in crate::permissions) uses: Use,
    /// How its files are found among its arguments.
    named: Named,
    /// The first versions that know it so, by their `shell` capability.
    since: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// All that are no options.
    Words,
    /// All after the first, which is a pattern, a filter or a script, unless an option gives it.
    AfterFirst,
    /// All up to the first expression.
    BeforeExpressions,
    /// One folder, or home.
    Folder,
    /// Arguments of one subcommand.
    OfDiff,
}

const fn looks(name: &'static str, does: &'static str, named: Named) -> OnFiles {
    OnFiles {
        name,
        does,
        uses: Use::Looks,
        named,
        since: 1,
    }
}

const fn writes(name: &'static str, does: &'static str, named: Named) -> OnFiles {
    OnFiles {
        name,
        does,
        uses: Use::Writes,
        named,
        since: 1,
    }
}

impl OnFiles {
    const fn since(self, since: u8) -> OnFiles {
        OnFiles { since, ..self }
    }
}

use Named::{AfterFirst, BeforeExpressions, Folder, OfDiff, Words};

/// Of two entries with one name, the later versions' comes first.
const PROGRAMS: [OnFiles; 52] = [
    looks("cd", "change directories to", Folder),
    looks("ls", "list files in", Words),
    looks("find", "search files in", BeforeExpressions),
    looks("cat", "concatenate files from", Words),
    looks("head", "read the beginning of files from", Words),
    looks("tail", "read the end of files from", Words),
    looks("sort", "sort contents of files from", Words),
    looks("uniq", "filter duplicate lines from files in", Words),
    looks("wc", "count lines/words/bytes in files from", Words),
    looks("cut", "extract columns from files in", Words),
    looks("paste", "merge files from", Words),
    looks("column", "format files from", Words),
    looks("file", "examine file types in", Words),
    looks("stat", "read file stats from", Words),
    looks("diff", "compare files from", Words),
    looks("cmp", "compare files from", Words).since(4),
    looks("comm", "compare files from", Words).since(4),
    looks("awk", "process text from files in", AfterFirst),
    looks("strings", "extract strings from files in", Words),
    looks("hexdump", "display hex dump of files from", Words),
    looks("od", "display octal dump of files from", Words).since(2),
    looks("base64", "encode/decode files from", Words),
    looks("nl", "number lines in files from", Words),
    looks("tac", "read files (reversed) from", Words).since(4),
    looks("fold", "wrap lines of files from", Words).since(4),
    looks("md5sum", "compute MD5 checksums for files in", Words),
    looks("sha1sum", "compute SHA-1 checksums for files in", Words).since(3),
    looks("sha1sum", "compute SHA1 checksums for files in", Words),
    looks("sha256sum", "compute SHA-256 checksums for files in", Words).since(3),
    looks("sha256sum", "compute SHA256 checksums for files in", Words),
    looks("grep", "search for patterns in files from", AfterFirst),
    looks("egrep", "search for patterns in files from", AfterFirst).since(4),
    looks("fgrep", "search for patterns in files from", AfterFirst).since(4),
    looks("expand", "convert tabs in files from", Words).since(4),
    looks("unexpand", "convert spaces in files from", Words).since(4),
    looks("fmt", "reformat files from", Words).since(4),
    looks("numfmt", "reformat numbers in files from", Words).since(4),
    looks("pr", "paginate files from", Words).since(4),
    looks("rev", "read files (reversed lines) from", Words).since(4),
    looks("tsort", "sort files from", Words).since(4),
    looks("man", "read manual page files from", Words).since(4),
    looks("rg", "search for patterns in files from", AfterFirst),
    looks("jq", "process JSON from files in", AfterFirst),
    looks("git", "access files with git from", OfDiff),
    writes("touch", "create or modify files in", Words),
    writes("mkdir", "create directories in", Words),
    writes("rmdir", "remove directories from", Words),
    writes("rm", "remove files from", Words),
    writes("mv", "move files to/from", Words),
    writes("cp", "copy files to/from", Words),
    writes("sed", "edit files in", AfterFirst),
    writes("tee", "write files in", Words).since(4),
];

/// The program of this name, if it is one on files.
pub(in crate::permissions) fn program(
    name: &str,
    capabilities: &Capabilities,
) -> Option<&'static OnFiles> {
    PROGRAMS
        .iter()
        .find(|program| program.name == name && program.since <= capabilities.shell)
}

/// The files that a command names.
pub(in crate::permissions) fn named(program: &OnFiles, part: &Part, home: &str) -> Vec<Argument> {
    let words = &part.words[1..];
    match program.named {
        Words => plain(words).into_iter().cloned().collect(),
        AfterFirst => {
            let given = [
                "-e",
                "-f",
                "--regexp",
                "--file",
                "--expression",
                "--from-file",
            ];
            let scripted = words.iter().any(|word| given.contains(&word.text.as_str()));
            let skipped = match program.name {
                "sed" => usize::from(!words.iter().any(|word| word.text == "-f")),
                _ => usize::from(!scripted),
            };
            plain(words).into_iter().skip(skipped).cloned().collect()
        }
        BeforeExpressions => {
            let option = |word: &&&Argument| ["-L", "-H", "-P"].contains(&word.text.as_str());
            let begins = |text: &str| text.starts_with('-') || text == "(" || text == "!";
            let words: Vec<&Argument> = words.iter().collect();
            let at = words.iter().take_while(option).count();
            let paths = words[at..].iter().take_while(|word| !begins(&word.text));
            let mut paths: Vec<Argument> = paths.map(|word| (*word).clone()).collect();
            let newer = words.windows(2).filter(|pair| pair[0].text == "-newer");
            paths.extend(newer.map(|pair| pair[1].clone()));
            paths
        }
        Folder => match plain(words).first() {
            Some(word) => vec![(*word).clone()],
            None if words.iter().any(|word| word.text == "-") => Vec::new(),
            None => vec![Argument {
                text: home.to_owned(),
                ..Argument::default()
            }],
        },
        OfDiff => match words.first().map(|word| word.text.as_str()) {
            Some("diff") => {
                let full = |word: &&&Argument| {
                    word.text.starts_with(['/', '~']) || word.text.starts_with("..")
                };
                plain(&words[1..])
                    .iter()
                    .filter(full)
                    .map(|word| (*word).clone())
                    .collect()
            }
            _ => Vec::new(),
        },
    }
}

/// Arguments that are no options, and all after `--`.
fn plain(words: &[Argument]) -> Vec<&Argument> {
    let mut found = Vec::new();
    let mut only = false;
    for word in words {
        match word.text.as_str() {
            "--" if !only => only = true,
            "-" => {}
            text if !only && text.starts_with('-') => {}
            _ => found.push(word),
        }
    }
    found
}
