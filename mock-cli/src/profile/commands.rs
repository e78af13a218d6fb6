//! What sub-commands and slash commands answer without the model.

use super::Moment;
use super::by_name::by_name;
use crate::order::SortedMap;
use serde::Deserialize;

/// What a sub-command says; `${word}` is its last word.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubCommand {
    /// The line on stdout, if there is one.
    #[serde(default)]
    pub(crate) stdout: String,
    /// What it writes to stderr.
    #[serde(default)]
    pub(crate) stderr: String,
    /// The exit code.
    pub(crate) code: i32,
    /// How far the start gets before.
    #[serde(default = "SubCommand::parsed")]
    pub(crate) reaches: Moment,
}

impl SubCommand {
    fn parsed() -> Moment {
        Moment::Parsed
    }

    /// One that the stand-in does not carry out.
    pub(super) fn refused(name: &str) -> SubCommand {
        SubCommand {
            stdout: String::new(),
            stderr: format!(
                "mock-claude: `claude {name} …` is a sub-command that the stand-in does not carry out\n"
            ),
            code: 1,
            reaches: SubCommand::parsed(),
        }
    }
}

/// A slash command that is answered without the model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Slash {
    /// What it answers.
    pub(crate) answer: SlashAnswer,
    /// The command that it is another name of.
    #[serde(default)]
    pub(crate) is: Option<String>,
    /// `num_turns` of its result; None: as for any turn.
    #[serde(default)]
    pub(crate) num_turns: Option<i64>,
    /// What a terminal is sent before the first line.
    #[serde(default)]
    pub(crate) prefix: String,
    /// What it says, where that is always the same.
    #[serde(default)]
    pub(crate) output: String,
    /// What it says by what stands behind it; `*`: anything else, where `${args}` is that.
    #[serde(default)]
    pub(crate) given: SortedMap<String, String>,
    /// Whether the process ends after it.
    #[serde(default)]
    pub(crate) quits: bool,
    /// Whether the conversation begins again, though it answers something else.
    #[serde(default)]
    pub(crate) clears: bool,
}

impl Slash {
    /// A command that there is not; `kept` where commands are kept as messages.
    pub(crate) fn unknown(kept: bool) -> Slash {
        Slash {
            answer: SlashAnswer::Unknown,
            is: None,
            num_turns: (!kept).then_some(1),
            prefix: String::new(),
            output: String::new(),
            given: SortedMap::new(),
            quits: false,
            clears: false,
        }
    }

    /// A command that needs a terminal.
    pub(crate) fn unavailable() -> Slash {
        Slash {
            num_turns: Some(0),
            ..Slash::saying(SlashAnswer::Unavailable, String::new())
        }
    }

    /// A command that could not be carried out, and why.
    pub(crate) fn failed(why: String) -> Slash {
        Slash::saying(SlashAnswer::Failed, why)
    }

    /// A command that users may not call, and what they are told.
    pub(crate) fn hidden(said: String) -> Slash {
        Slash::saying(SlashAnswer::Hidden, said)
    }

    /// What it always says with these arguments; None: that is not always the same.
    pub(crate) fn says(&self, args: &str) -> Option<&str> {
        match self.given.get(args).or_else(|| self.given.get("*")) {
            _ if args.is_empty() => Some(&self.output),
            Some(said) => Some(said),
            None if self.given.is_empty() => Some(&self.output),
            None => None,
        }
    }

    fn saying(answer: SlashAnswer, output: String) -> Slash {
        Slash {
            answer,
            is: None,
            output,
            num_turns: None,
            prefix: String::new(),
            given: SortedMap::new(),
            quits: false,
            clears: false,
        }
    }
}

by_name! {
    /// What a slash command answers.
    pub(crate) enum SlashAnswer {
        /// An empty result.
        Nothing,
        /// The same: it would have shown a screen.
        Screen,
        /// The same: there is no such command.
        Unknown,
        /// What it always says.
        Says,
        /// The conversation begins again under another id.
        Clear,
        /// Which model answers, or that another one does from now on.
        Model,
        /// That the session has another title.
        Rename,
        /// What was spent.
        Cost,
        /// That it needs a terminal.
        Unavailable,
        /// That the conversation was made shorter, or that there is none.
        Compact,
        /// What the context is filled with.
        Context,
        /// That there is no such command.
        NoSuch,
        /// That there is nothing to say.
        NoContent,
        /// What went wrong.
        Failed,
        /// That it is not for users.
        Hidden,
    }
}
