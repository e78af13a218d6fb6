//! Splitting argv into options and operands, as commander does it.

use super::{Stop, suggest::similar};
use crate::order::SortedMap;
use crate::profile::Flag;

/// The options that were given, by their long name without dashes, and the operands.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    values: SortedMap<String, Vec<Option<String>>>,
    /// What is no option: the prompt, and words that the CLI does not look at.
    pub(crate) operands: Vec<String>,
}

impl Parsed {
    /// Whether the option was given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The last value of an option; None also where it was given without one.
    pub(crate) fn last(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.last()?.as_deref()
    }

    /// All values of an option that may be repeated, in order.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.values
            .get(name)
            .into_iter()
            .flatten()
            .filter_map(Option::as_deref)
            .collect()
    }
}

/// One option of the table.
#[derive(Debug, Clone, Copy)]
struct Spec<'a>(&'a Flag);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ValueKind {
    None,
    Optional,
    Required,
}

impl<'a> Spec<'a> {
    /// Its names, and the placeholder of its value, if it takes one.
    fn split(self) -> (&'a str, &'a str) {
        let flags = self.0.flags;
        let at = flags.bytes().position(|b| b == b'<' || b == b'[');
        flags.split_at(at.unwrap_or(flags.len()))
    }

    fn names(self) -> impl Iterator<Item = &'a str> {
        let names = self.split().0.split([',', ' ']);
        names.filter(|name| !name.is_empty())
    }

    /// Whether this is one of its names. (Each start asks that of every option: nothing is split for it.)
    fn is_named(self, name: &str) -> bool {
        let (flags, name) = (self.0.flags.as_bytes(), name.as_bytes());
        let mut at = 0;
        // Names stand before the placeholder.
        while flags.get(at) == Some(&b'-') {
            let end = at + name.len();
            let ends = matches!(flags.get(end), None | Some(b',' | b' '));
            if ends && flags.get(at..end) == Some(name) {
                return true;
            }
            let Some(length) = flags[at..].iter().position(|b| *b == b' ') else {
                break;
            };
            at += length + 1;
        }
        false
    }

    fn value(self) -> ValueKind {
        match self.split().1.as_bytes().first() {
            Some(b'<') => ValueKind::Required,
            Some(_) => ValueKind::Optional,
            None => ValueKind::None,
        }
    }

    fn is_variadic(self) -> bool {
        self.split().1.contains("...")
    }

    /// The first long name, without its dashes.
    fn key(self) -> &'a str {
        let long = self.names().find(|n| n.starts_with("--"));
        long.or_else(|| self.names().next())
            .map_or("", |n| n.trim_start_matches('-'))
    }

    fn check(self, value: &str) -> Result<(), Stop> {
        let choices = &self.0.choices;
        if choices.is_empty() || choices.iter().chain(&self.0.accepts).any(|c| c == value) {
            return Ok(());
        }
        let (flags, choices) = (&self.0.flags, choices.join(", "));
        Err(Stop::error(format!(
            "error: option '{flags}' argument '{value}' is invalid. Allowed choices are {choices}."
        )))
    }
}

/// Parses argv by a version's table.
pub(crate) fn parse(flags: &[Flag], args: &[String]) -> Result<Parsed, Stop> {
    let mut parser = Parser {
        flags,
        parsed: Parsed::default(),
        unknown: Vec::new(),
    };
    parser.run(args)?;
    let Parser {
        parsed, unknown, ..
    } = parser;
    // Commander looks at the help only once all is parsed, and at what it does not know after that.
    if parsed.has("help") {
        return Err(Stop::Help);
    }
    match unknown.first() {
        None => Ok(parsed),
        Some(unknown) => {
            let names: Vec<&str> = flags.iter().flat_map(|flag| Spec(flag).names()).collect();
            let hint = similar(unknown, &names);
            Err(Stop::error(format!(
                "error: unknown option '{unknown}'{hint}"
            )))
        }
    }
}

struct Parser<'a> {
    flags: &'a [Flag],
    parsed: Parsed,
    unknown: Vec<String>,
}

impl<'a> Parser<'a> {
    fn find(&self, name: &str) -> Option<Spec<'a>> {
        self.flags.iter().map(Spec).find(|spec| spec.is_named(name))
    }

    fn emit(&mut self, spec: Spec<'_>, value: Option<String>) -> Result<(), Stop> {
        if spec.key() == "version" {
            return Err(Stop::Version);
        }
        if let Some(value) = &value {
            spec.check(value)?;
        }
        self.parsed
            .values
            .get_or_insert_with(spec.key().to_owned(), Vec::new)
            .push(value);
        Ok(())
    }

    fn run(&mut self, args: &[String]) -> Result<(), Stop> {
        let mut rest: std::collections::VecDeque<String> = args.iter().cloned().collect();
        let mut variadic: Option<Spec<'_>> = None;
        while let Some(arg) = rest.pop_front() {
            if arg == "--" {
                self.parsed.operands.extend(rest);
                return Ok(());
            }
            let dashed = looks_like_option(&arg);
            if let Some(spec) = variadic.filter(|_| !dashed) {
                self.emit(spec, Some(arg))?;
                continue;
            }
            variadic = None;
            if dashed && let Some(spec) = self.find(&arg) {
                let value = match spec.value() {
                    ValueKind::None => None,
                    ValueKind::Required => Some(rest.pop_front().ok_or_else(|| {
                        Stop::error(format!("error: option '{}' argument missing", spec.0.flags))
                    })?),
                    ValueKind::Optional => match rest.front() {
                        Some(next) if !looks_like_option(next) => rest.pop_front(),
                        _ => None,
                    },
                };
                self.emit(spec, value)?;
                variadic = spec.is_variadic().then_some(spec);
                continue;
            }
            if let Some(remainder) = self.short_cluster(&arg)? {
                if let Some(remainder) = remainder {
                    rest.push_front(remainder);
                }
                continue;
            }
            if let Some((name, value)) = arg.split_once('=')
                && name.len() > 2
                && name.starts_with("--")
                && let Some(spec) = self.find(name).filter(|s| s.value() != ValueKind::None)
            {
                self.emit(spec, Some(value.to_owned()))?;
                continue;
            }
            if dashed {
                self.unknown.push(arg);
            } else if self.unknown.is_empty() {
                self.parsed.operands.push(arg);
            }
        }
        Ok(())
    }

    /// `-pc` and `-rVALUE`. None: it is no cluster; Some(rest): what of it is still to be read.
    fn short_cluster(&mut self, arg: &str) -> Result<Option<Option<String>>, Stop> {
        let mut chars = arg.chars();
        let (Some('-'), Some(letter)) = (chars.next(), chars.next()) else {
            return Ok(None);
        };
        let rest = chars.as_str();
        if letter == '-' || rest.is_empty() {
            return Ok(None);
        }
        let Some(spec) = self.find(&format!("-{letter}")) else {
            return Ok(None);
        };
        if spec.value() == ValueKind::None {
            self.emit(spec, None)?;
            return Ok(Some(Some(format!("-{rest}"))));
        }
        self.emit(spec, Some(rest.to_owned()))?;
        Ok(Some(None))
    }
}

fn looks_like_option(arg: &str) -> bool {
    arg.len() > 1 && arg.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    fn newest(args: &[&str]) -> Result<Parsed, Stop> {
        let args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
        parse(&Profile::newest().flags, &args)
    }

    #[test]
    fn both_forms_empty_values_and_repeats_are_taken() {
        let p = newest(&[
            "--model=a",
            "--model",
            "b",
            "-p",
            "--system-prompt",
            "",
            "--setting-sources=",
            "hi",
        ])
        .unwrap();
        assert_eq!(p.last("model"), Some("b"));
        assert_eq!(p.last("system-prompt"), Some(""));
        assert_eq!(p.last("setting-sources"), Some(""));
        assert!(p.has("print"));
        assert_eq!(p.operands, ["hi"]);
    }

    #[test]
    fn a_variadic_option_takes_words_until_the_next_option() {
        let p = newest(&[
            "--allowedTools",
            "Bash",
            "Read",
            "-p",
            "x",
            "--add-dir",
            "/a",
            "--add-dir=/b",
            "/c",
        ])
        .unwrap();
        assert_eq!(p.all("allowedTools"), ["Bash", "Read"]);
        assert_eq!(p.all("add-dir"), ["/a", "/b"]);
        assert_eq!(p.operands, ["x", "/c"]);
        assert_eq!(
            newest(&["--allowed-tools=A"]).unwrap().all("allowedTools"),
            ["A"]
        );
    }

    #[test]
    fn after_two_dashes_all_is_operands() {
        let p = newest(&["--print", "--", "--hi", "--add-dir", "/tmp"]).unwrap();
        assert_eq!(p.operands, ["--hi", "--add-dir", "/tmp"]);
        assert!(!p.has("add-dir"));
    }

    #[test]
    fn an_optional_value_is_not_taken_from_the_next_option() {
        let p = newest(&["--resume", "-p", "x"]).unwrap();
        assert!(p.has("resume") && p.last("resume").is_none());
        assert_eq!(
            newest(&["-r", "id", "x"]).unwrap().last("resume"),
            Some("id")
        );
        assert_eq!(newest(&["-rid"]).unwrap().last("resume"), Some("id"));
        assert!(newest(&["-pc"]).unwrap().has("continue"));
    }

    #[test]
    fn errors_have_commanders_words() {
        let error = |args: &[&str]| match newest(args) {
            Err(Stop::Error(text)) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            error(&["--bogus-flag"]),
            "error: unknown option '--bogus-flag'\n"
        );
        assert_eq!(
            error(&["--modle", "x"]),
            "error: unknown option '--modle'\n(Did you mean --model?)\n"
        );
        assert_eq!(
            error(&["-p", "--model"]),
            "error: option '--model <model>' argument missing\n"
        );
        assert_eq!(
            error(&["--output-format=xml"]),
            "error: option '--output-format <format>' argument 'xml' is invalid. Allowed choices are text, json, stream-json.\n"
        );
    }

    #[test]
    fn the_version_comes_before_later_errors_and_the_help_before_unknown_options() {
        assert_eq!(newest(&["-v", "--bogus"]), Err(Stop::Version));
        assert_eq!(newest(&["--bogus", "--version"]), Err(Stop::Version));
        assert_eq!(newest(&["--bogus", "-h"]), Err(Stop::Help));
        assert_eq!(
            newest(&["-p", "--", "--version"]).unwrap().operands,
            ["--version"]
        );
    }

    #[test]
    fn a_hidden_choice_is_taken_without_being_named() {
        assert_eq!(
            newest(&["--permission-mode", "default"])
                .unwrap()
                .last("permission-mode"),
            Some("default")
        );
        let Err(Stop::Error(text)) = newest(&["--permission-mode", "delegate"]) else {
            panic!()
        };
        assert!(text.ends_with(
            "Allowed choices are acceptEdits, auto, bypassPermissions, manual, dontAsk, plan.\n"
        ));
    }
}
