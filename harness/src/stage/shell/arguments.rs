//! What a shell is asked for on its command line.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

/// A shell's command line, as far as its startup files depend on it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Arguments {
    /// Long options of bash, and what else begins with two dashes.
    pub(super) long: Vec<OsString>,
    /// All other options, without `-l`.
    pub(super) options: Vec<OsString>,
    /// `-l`, `--login`, or a name that begins with a dash.
    pub(super) login: bool,
    /// `-i`.
    pub(super) interactive: bool,
    /// `-s`.
    pub(super) from_stdin: bool,
    /// The command of `-c`.
    pub(super) command: Option<OsString>,
    /// What is after the options and the command: with a command `$0` and its parameters, else the script.
    pub(super) rest: Vec<OsString>,
}

/// Reads a command line without the shell's name.
pub(super) fn read(name_begins_with_dash: bool, args: &[OsString]) -> Arguments {
    let mut all = Arguments {
        login: name_begins_with_dash,
        ..Arguments::default()
    };
    let mut wants_command = false;
    let mut args = args.iter();
    let mut rest = Vec::new();
    while let Some(arg) = args.next() {
        let bytes = arg.as_bytes();
        match bytes {
            b"--" | b"-" => break,
            b"--login" => all.login = true,
            b"--rcfile" | b"--init-file" => {
                all.long.push(arg.clone());
                all.long.extend(args.next().cloned());
            }
            [b'-', b'-', ..] => all.long.push(arg.clone()),
            [b'-', letters @ ..] => {
                wants_command |= letters.contains(&b'c');
                all.login |= letters.contains(&b'l');
                all.interactive |= letters.contains(&b'i');
                all.from_stdin |= letters.contains(&b's');
                let kept: Vec<u8> = letters
                    .iter()
                    .copied()
                    .filter(|letter| !b"lc".contains(letter))
                    .collect();
                if !kept.is_empty() {
                    all.options.push(OsString::from(format!(
                        "-{}",
                        String::from_utf8_lossy(&kept)
                    )));
                }
                if matches!(letters.last(), Some(b'o' | b'O')) {
                    all.options.extend(args.next().cloned());
                }
            }
            [b'+', letters @ ..] => {
                all.options.push(arg.clone());
                if matches!(letters.last(), Some(b'o' | b'O')) {
                    all.options.extend(args.next().cloned());
                }
            }
            _ => {
                rest.push(arg.clone());
                break;
            }
        }
    }
    rest.extend(args.cloned());
    let mut rest = rest.into_iter();
    if wants_command {
        all.command = rest.next();
    }
    all.rest = rest.collect();
    all
}

impl Arguments {
    /// Whether a long option of bash was given.
    pub(super) fn has(&self, option: &str) -> bool {
        self.long.iter().any(|long| long == option)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Arguments {
        let args: Vec<OsString> = line
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(OsString::from)
            .collect();
        read(false, &args)
    }

    #[test]
    fn letters_may_stand_together_or_apart() {
        for line in [
            "-ilc env a b",
            "-i -l -c env a b",
            "-l -ic env a b",
            "--login -c -i env a b",
        ] {
            let all = asked(line);
            assert!(all.login && all.interactive, "{line}");
            assert_eq!(all.command.unwrap(), "env", "{line}");
            assert_eq!(all.rest, ["a", "b"], "{line}");
            assert_eq!(all.options, ["-i"], "{line}");
        }
    }

    #[test]
    fn options_with_a_value_and_scripts() {
        let all = asked("-o pipefail -e script -c x");
        assert_eq!(all.options, ["-o", "pipefail", "-e"]);
        assert_eq!((all.command, all.rest.len()), (None, 3));
        let all = asked("--rcfile f -i");
        assert_eq!((all.long.len(), all.interactive), (2, true));
        assert!(read(true, &[]).login);
        assert_eq!(asked("-c -- x").command.unwrap(), "x");
    }
}
