//! The arguments of a sub-command.

use std::collections::VecDeque;

/// An option of a sub-command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Switch {
    pub(super) short: &'static str,
    pub(super) long: &'static str,
    /// As messages name its value; empty: it has none.
    pub(super) value: &'static str,
    /// Whether it takes all words up to the next option.
    pub(super) many: bool,
}

/// The arguments, read.
#[derive(Debug, Default)]
pub(super) struct Args {
    words: VecDeque<String>,
    given: Vec<(&'static str, Vec<String>)>,
}

impl Args {
    /// Reads the arguments behind the sub-command's name, or says what is wrong with them.
    pub(super) fn read(args: &[String], switches: &[Switch]) -> Result<Args, String> {
        let mut read = Args::default();
        let mut rest = args.iter().cloned().collect::<VecDeque<_>>();
        while let Some(word) = rest.pop_front() {
            if word == "--" {
                read.words.extend(rest);
                break;
            }
            if !word.starts_with('-') || word == "-" {
                read.words.push_back(word);
                continue;
            }
            let (name, inline) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
                _ => (word.as_str(), None),
            };
            let known = |switch: &&Switch| switch.short == name || switch.long == name;
            let switch = switches
                .iter()
                .find(known)
                .ok_or_else(|| format!("error: unknown option '{name}'"))?;
            if switch.value.is_empty() {
                read.given.push((switch.long, Vec::new()));
                continue;
            }
            let mut values: Vec<String> = inline.into_iter().collect();
            let is_value = |word: &String| !word.starts_with('-') || word == "-";
            while (switch.many || values.is_empty()) && rest.front().is_some_and(is_value) {
                values.extend(rest.pop_front());
            }
            if values.is_empty() {
                let Switch {
                    short, long, value, ..
                } = switch;
                return Err(format!(
                    "error: option '{short}, {long} <{value}>' argument missing"
                ));
            }
            read.given.push((switch.long, values));
        }
        Ok(read)
    }

    /// The next word, which messages call `name`.
    pub(super) fn word(&mut self, name: &str) -> Result<String, String> {
        let missing = || format!("error: missing required argument '{name}'");
        self.words.pop_front().ok_or_else(missing)
    }

    /// All words that are left.
    pub(super) fn rest(self) -> Vec<String> {
        self.words.into()
    }

    /// The last value of an option.
    pub(super) fn value(&self, long: &str) -> Option<&str> {
        let given = self.given.iter().rev().find(|(name, _)| *name == long)?;
        given.1.last().map(String::as_str)
    }

    /// All values of an option.
    pub(super) fn values(&self, long: &str) -> impl Iterator<Item = &str> {
        let given = self.given.iter().filter(move |(name, _)| *name == long);
        given.flat_map(|(_, values)| values.iter().map(String::as_str))
    }

    /// Whether an option was given.
    pub(super) fn has(&self, long: &str) -> bool {
        self.given.iter().any(|(name, _)| *name == long)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENV: Switch = Switch {
        short: "-e",
        long: "--env",
        value: "env...",
        many: true,
    };

    #[test]
    fn an_option_with_many_values_ends_at_the_next_one() {
        let args = ["v", "-e", "A=1", "B=2", "--", "x", "-y"].map(str::to_owned);
        let mut read = Args::read(&args, &[ENV]).unwrap();
        assert_eq!(read.values("--env").collect::<Vec<_>>(), ["A=1", "B=2"]);
        assert_eq!(read.word("name").unwrap(), "v");
        assert_eq!(read.rest(), ["x", "-y"]);
    }

    #[test]
    fn what_is_missing_or_unknown_is_said() {
        let read = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
            Args::read(&args, &[ENV]).map(|_| ())
        };
        let unknown = Err("error: unknown option '-y'".to_owned());
        assert_eq!(read(&["y", "npx", "-y"]), unknown);
        let missing = Err("error: option '-e, --env <env...>' argument missing".to_owned());
        assert_eq!(read(&["-e"]), missing);
    }
}
