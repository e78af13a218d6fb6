//! What a command makes of its arguments.

use super::OwnCommand;
use crate::profile::OwnDefinitions;

/// A prompt that a command of the user's own stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Expansion {
    pub(in crate::engine) name: String,
    /// The prompt as the conversation keeps it.
    pub(in crate::engine) kept: String,
    /// What the model is told.
    pub(in crate::engine) text: String,
    /// Whether it says which tools it may use.
    pub(in crate::engine) permits: bool,
    /// The tools that it may use.
    pub(in crate::engine) tools: Vec<String>,
    /// The model that is to carry it out.
    pub(in crate::engine) model: Option<String>,
}

impl Expansion {
    /// What a command of the CLI's own stands for, whose text the stand-in has not.
    pub(in crate::engine) fn of_cli(
        name: &str,
        args: &str,
        doing: &str,
        permits: bool,
    ) -> Expansion {
        let text = format!("[mock-claude has no text for /{name}]\n");
        Expansion {
            name: name.to_owned(),
            kept: kept(name, &format!("{name} is {doing}…"), args),
            text: match args {
                "" => text,
                args => format!("{text}\n\nARGUMENTS: {args}"),
            },
            permits,
            tools: Vec::new(),
            model: None,
        }
    }
}

impl OwnCommand {
    /// What the command stands for with these arguments.
    pub(in crate::engine) fn expand(&self, args: &str, version: OwnDefinitions) -> Expansion {
        Expansion {
            name: self.name.clone(),
            kept: self.kept(args, version),
            text: self.filled(args, version),
            permits: !self.tools().is_empty(),
            tools: self.tools().to_vec(),
            model: self.model().map(str::to_owned),
        }
    }

    fn kept(&self, args: &str, version: OwnDefinitions) -> String {
        let name = &self.name;
        let message = match version {
            OwnDefinitions::AsFound => format!("{name} is running…"),
            OwnDefinitions::WithSkills if self.skill.is_some() => {
                let name = self.shown();
                return format!(
                    "<command-message>The \"{name}\" skill is running</command-message>\n<command-name>{name}</command-name>"
                );
            }
            _ => name.clone(),
        };
        kept(name, &message, args)
    }

    fn filled(&self, args: &str, version: OwnDefinitions) -> String {
        let text = match &self.skill {
            Some(folder) => format!(
                "Base directory for this skill: {}\n\n{}",
                folder.display(),
                self.text
            ),
            None => self.text.clone(),
        };
        let filled = match version {
            OwnDefinitions::AsFound | OwnDefinitions::WithSkills => {
                text.replace("$ARGUMENTS", args)
            }
            OwnDefinitions::Sorted => by_position(&text, args, Some("")),
            OwnDefinitions::Once => by_position(&text, args, None),
        };
        if args.is_empty() || filled != text {
            return filled;
        }
        format!("{filled}\n\nARGUMENTS: {args}")
    }
}

fn kept(name: &str, message: &str, args: &str) -> String {
    let args = match args {
        "" => String::new(),
        args => format!("\n<command-args>{args}</command-args>"),
    };
    format!(
        "<command-message>{message}</command-message>\n<command-name>/{name}</command-name>{args}"
    )
}

/// Fills in `$ARGUMENTS`, `$ARGUMENTS[0]` and `$0`: the first of them is `$0`. What is missing is `missing`, or stays.
fn by_position(text: &str, args: &str, missing: Option<&str>) -> String {
    const ALL: &str = "$ARGUMENTS";
    let words = words(args);
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        let index = |digits: &str| digits.parse::<usize>().ok();
        let (length, position) = match rest.strip_prefix(ALL) {
            Some(behind) => match behind.strip_prefix('[').and_then(|b| b.split_once(']')) {
                Some((digits, _)) if index(digits).is_some() => {
                    (ALL.len() + digits.len() + 2, index(digits))
                }
                _ => (ALL.len(), None),
            },
            None => {
                let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
                match index(&rest[1..=digits]) {
                    Some(position) => (1 + digits, Some(position)),
                    None => {
                        filled.push('$');
                        rest = &rest[1..];
                        continue;
                    }
                }
            }
        };
        filled.push_str(match position {
            None => args,
            Some(position) => match words.get(position) {
                Some(word) => word,
                None => missing.unwrap_or(&rest[..length]),
            },
        });
        rest = &rest[length..];
    }
    filled.push_str(rest);
    filled
}

/// Words as a shell takes them, with their quotes off.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match (quote, c) {
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if c == open => quote = None,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use OwnDefinitions::{AsFound, Once, Sorted, WithSkills};

    fn filled(text: &str, args: &str, version: OwnDefinitions) -> String {
        let command = OwnCommand {
            text: text.to_owned(),
            ..OwnCommand::default()
        };
        command.expand(args, version).text
    }

    /// From 1.0.108, 2.0.77, 2.1.197 and 2.1.330.
    #[test]
    fn arguments_stand_where_the_text_names_them_and_else_behind_it() {
        for version in [AsFound, WithSkills, Sorted, Once] {
            assert_eq!(filled("x $ARGUMENTS\n", "a b", version), "x a b\n");
            assert_eq!(filled("x\n", "z", version), "x\n\n\nARGUMENTS: z");
            assert_eq!(filled("x $y\n", "", version), "x $y\n");
        }
        for version in [AsFound, WithSkills] {
            let text = "A $1 $ARGUMENTS[1]\n";
            assert_eq!(filled(text, "a b", version), "A $1 a b[1]\n");
        }
        for (version, none) in [(Sorted, ""), (Once, "$2")] {
            let text = "A $0 B $ARGUMENTS[1] C $2";
            assert_eq!(
                filled(text, "a 'b c'", version),
                format!("A a B b c C {none}")
            );
        }
    }
}
