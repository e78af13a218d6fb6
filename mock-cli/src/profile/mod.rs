//! A profile: one CLI version as data. A new version is mostly a new file in `profiles/`.

mod attachment;
mod behaviour;
mod by_name;
mod choose;
mod commands;
mod encode;
mod encoded;
mod listed;
mod mcp;
mod models;
mod switches;
#[cfg(test)]
mod tests;
mod toolbox;

pub(crate) use attachment::{Attachment, On};
pub(crate) use choose::Chosen;

pub use behaviour::Behaviour;

use by_name::by_name;
pub(crate) use commands::{Slash, SlashAnswer, SubCommand};
use encoded::{Encoded, Lines, Part, Place, parts};
pub use encoded::{Lazy, Table};
use listed::Listed;
pub(crate) use mcp::{Handshake, Mcp, ServerEnd};
pub use models::{Model, Models};
pub use switches::{
    BackgroundEnd, Billing, BlockUsage, BrokenStream, CommandOutput, CorruptConfig, CutAnswer,
    DirectoryNames, EarlyClose, EmptyAnswer, Fault, FileTexts, Heeded, InitializeAgain, InputLines,
    Interrupted, Lenience, ModeChange, NotUuid, NumTurns, OwnDefinitions, Refusal, ResumeMode,
    ResumeWithoutPrompt, Runtime, ServerInput, SessionIdRule, SetModel, SettingsPath, Sigint,
    StreamError, UnknownControl, UnparsedInput, UsageScope,
};
pub(crate) use toolbox::{Encodings, PlanExit, Search, Stale, Toolbox};

use crate::order::{self, SortedMap};
use crate::template::{LineTemplate, Vars, render};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::fmt;
use std::sync::OnceLock;

parts! {
    /// One version of the CLI.
    pub struct Profile in "" {
        /// The version, as `--version` prints it before ` (Claude Code)`.
        pub version: String,
        /// The options of the command line.
        pub flags: Lazy<Vec<Flag>>,
        /// What this version does where versions differ.
        pub behaviour: Lazy<Behaviour>,
        /// Model names and prices.
        pub models: Models,
        /// The tools that `init` lists.
        pub tools: Lazy<Vec<String>>,
        /// Tools that are there only where somebody can be asked (`--permission-prompt-tool`).
        pub prompt_tools: Lazy<Vec<String>>,
        /// How often the API is asked at the start, before any prompt (11).
        pub startup_requests: u32 = default,
        /// What it does with MCP servers.
        pub(crate) mcp: Lazy<Mcp>,
        /// Tools that the model is told of by name alone, until it looks for them.
        pub(crate) deferred_tools: Lazy<Vec<String>> = default,
        /// Tools that are there only where `Bash` is not.
        pub shell_replacements: Lazy<Vec<String>> = default,
        /// What its tools do.
        pub(crate) toolbox: Lazy<Toolbox>,
        /// What it lists.
        pub(crate) listed: Listed,
        /// Templates of the lines on stdout, by name.
        pub(crate) messages: Lines,
        /// What is said where a request failed, by the kind of failure: `text`, `error`, `terminal_reason`, `api_error`.
        pub(crate) failures: Table<Value>,
        /// Texts of tools and permissions, by name.
        pub(crate) texts: Table<String>,
        /// What sub-commands say where nothing is set up, by their words; `*` stands for any last word.
        pub(crate) sub_commands: Table<SubCommand>,
        /// The first words of all sub-commands.
        pub(crate) commands: Lazy<Vec<String>> = default,
        /// Slash commands that are answered without the model, by name.
        pub(crate) slash: Table<Slash>,
        /// Those of them that need a terminal.
        pub(crate) terminal_commands: Lazy<Vec<String>> = default,
        /// Slash commands that the model gets; `*`: all that are not known.
        pub(crate) prompt_commands: Lazy<Vec<String>> = default,
        /// Those of them that say which tools they may use.
        pub(crate) tool_commands: Lazy<Vec<String>> = default,
        /// What they are said to be doing, by name.
        pub(crate) command_progress: Table<String>,
        /// Answers of the control protocol.
        pub(crate) control: Control,
        /// Templates of the lines in a transcript.
        pub(crate) transcript: Transcript,
        /// The other files that a run leaves under HOME.
        pub(crate) files: Lazy<Files>,
        /// Requests that are made on the side.
        pub(crate) side: Lazy<Side> = default,
    }
}

/// Requests that are made on the side, and count into `modelUsage` (PROTOCOL 8.1, 11).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Side {
    /// The models of the agents that are warmed up at the start; empty: the session's own.
    #[serde(default)]
    pub(crate) warm_ups: Vec<String>,
    /// The model that is asked about commands; None: none is.
    #[serde(default)]
    pub(crate) commands: Option<String>,
}

/// One option of the command line.
#[derive(Debug, Clone)]
pub struct Flag {
    /// As in the help: `-r, --resume [value]`.
    pub flags: &'static str,
    /// The values that it allows; empty: any.
    pub choices: Vec<String>,
    /// Values that it allows besides, without naming them in messages.
    pub accepts: Vec<String>,
}

/// In a profile it is a text alone where any value is allowed: each start reads more than a hundred of them.
impl Deserialize<'static> for Flag {
    fn deserialize<D: Deserializer<'static>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlagVisitor)
    }
}

struct FlagVisitor;

impl Visitor<'static> for FlagVisitor {
    type Value = Flag;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an option's text, or an object with `flags`, `choices` and `accepts`")
    }

    fn visit_borrowed_str<E>(self, flags: &'static str) -> Result<Flag, E> {
        Ok(Flag {
            flags,
            choices: Vec::new(),
            accepts: Vec::new(),
        })
    }

    fn visit_map<A: MapAccess<'static>>(self, map: A) -> Result<Flag, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Limited {
            flags: &'static str,
            choices: Vec<String>,
            #[serde(default)]
            accepts: Vec<String>,
        }

        let limited = Limited::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Flag {
            flags: limited.flags,
            choices: limited.choices,
            accepts: limited.accepts,
        })
    }
}

parts! {
    /// Answers of the control protocol.
    pub(crate) struct Control in "control/" {
        /// The payload of the answer to `initialize`.
        pub(crate) initialize: Lazy<Value>,
        /// What stands beside that payload.
        pub(crate) initialize_beside: Lazy<Map<String, Value>>,
        /// The payload of the answer to `interrupt`; null: none.
        pub(crate) interrupt: Lazy<Value>,
        /// The permission modes that `set_permission_mode` knows.
        pub(crate) modes: Lazy<Vec<String>>,
        /// The error for `set_permission_mode` to `bypassPermissions`.
        pub(crate) bypass_refused: Lazy<String>,
        /// Payloads of subtypes that succeed; null: without one.
        pub(crate) payloads: Lazy<Map<String, Value>>,
        /// What is wrong with requests of subtypes that never succeed here; `${server}` is the server that they name.
        pub(crate) refusals: Lazy<SortedMap<String, String>> = default,
        /// The skills that `reload_skills` lists.
        pub(crate) skills: Lazy<Vec<String>> = default,
        /// What `get_context_usage` shows: parts of an empty session, in `full` and in `summary`, and the `rest`.
        pub(crate) context: Lazy<Value> = default,
    }
}

parts! {
    /// Templates of the lines in a transcript.
    pub(crate) struct Transcript in "transcript/" {
        /// By name: `user`, `assistant`, `tool_result`, …
        pub(crate) entries: Lines,
        /// Whether a prompt is written only with what follows it.
        pub(crate) holds_prompts: bool = default,
        /// Whether a block is written as the client sees it, before its line on stdout. A run whose transcript cannot be
        /// written ends then.
        pub(crate) as_shown: bool = default,
        /// Whether blocks of an answer that was stopped or failed are kept as they began.
        pub(crate) as_begun: bool = default,
        /// Whether nothing is kept any more of the one turn of a call that a signal ends.
        pub(crate) ends_at_signal: bool = default,
        /// Whether a copied chain gets no more than the new session's id.
        pub(crate) plain_copies: bool = default,
        /// Whether a prompt that begins with a slash and names nothing is kept without its mode.
        pub(crate) modeless_slashes: bool = default,
        /// Whether the last prompt is noted as one line: its first text.
        pub(crate) flat_prompts: bool = default,
        /// Whether the copy of a session that goes on under another id is written with its first turn only.
        pub(crate) holds_copies: bool = default,
        /// Written before each prompt.
        pub(crate) before_prompt: Lazy<Vec<LineTemplate>>,
        /// What is attached to prompts and answers, in this order; `entries.attachment` is their envelope.
        pub(crate) attachments: Lazy<Vec<Attachment>> = default,
        /// Written after each answer of the model, and when one is cut short before what came of it.
        pub(crate) after_answer: Lazy<Vec<LineTemplate>>,
        /// Written when the process ends.
        pub(crate) at_end: Lazy<Vec<LineTemplate>>,
    }
}

/// The other files of a run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Files {
    /// The permission bits of every file.
    pub(crate) mode: u32,
    /// Where the previous `.claude.json` is kept.
    pub(crate) backup: Backup,
    /// Whether each run writes `.claude.json` once, also where it says all of it already.
    #[serde(default)]
    pub(crate) rewrites: bool,
    /// When `.claude.json` is written.
    #[serde(default)]
    pub(crate) config_at: Moment,
    /// What it gets one after another: a run that ends early leaves it without the last ones, and the backup is
    /// without the last one that it has. Empty: it is written at once.
    #[serde(default)]
    pub(crate) grows: Vec<Growth>,
    /// Whether a todo list is written per session, as soon as the prompt is there.
    pub(crate) todos: bool,
    /// The permission bits of the todo list and the debug log, where they are not those of every file.
    #[serde(default)]
    pub(crate) plain_mode: Option<u32>,
    /// Whether a debug log is written per session, with a link to the latest one.
    #[serde(default)]
    pub(crate) debug: bool,
    /// When what the user's shell is set up with is kept; only an orderly end removes it. None: it is not.
    #[serde(default)]
    pub(crate) shell_snapshot: Option<Moment>,
    /// Whether a model in the settings makes the first run write the user's settings.
    #[serde(default)]
    pub(crate) migrates_model: bool,
    /// When the fixed files are written.
    #[serde(default)]
    pub(crate) extra_at: Moment,
    /// Fixed files below the configuration folder.
    pub(crate) extra: Vec<ExtraFile>,
    /// What a fresh `.claude.json` holds in the end.
    pub(crate) config: Value,
    /// The keys of the first version of that file, which becomes the backup.
    pub(crate) first_config: Vec<String>,
    /// What a headless run notes about its working folder under `projects`; null: nothing.
    pub(crate) project: Value,
}

by_name! {
    /// Where a version keeps the previous `.claude.json`.
    pub(crate) enum Backup {
        /// As `.claude.json.backup` beside it.
        Beside,
        /// As `backups/.claude.json.backup.<ms>` in the configuration folder.
        Backups,
    }
}

by_name! {
    /// A moment of a start, in the order in which they are reached.
    #[derive(PartialOrd, Ord, Default)]
    pub(crate) enum Moment {
        /// Before anything else.
        Start,
        /// The command line is understood.
        Parsed,
        /// Its options fit together.
        #[default]
        Checked,
        /// The prompt is there.
        Setup,
        /// The user may run it.
        Entered,
        /// A line of stdin was understood.
        Heard,
        /// The first prompt is taken up.
        Prompt,
        /// The model is asked for the first time.
        Request,
        /// The conversation is summed up.
        Summary,
    }
}

/// A part of `.claude.json` that a fresh file gets only at some moment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Growth {
    /// Which part, as a JSON pointer.
    pub(crate) pointer: String,
    /// When.
    pub(crate) at: Moment,
}

/// A file with fixed content.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtraFile {
    /// Below the configuration folder.
    pub(crate) path: String,
    /// Its content, written with two spaces of indentation.
    pub(crate) json: Value,
}

/// The embedded profiles by version, oldest first, as `build.rs` encodes them.
static EMBEDDED: [(&str, &[encode::Spot]); built::COUNT] = built::ENCODED;

mod built {
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

impl Profile {
    /// What the version does about permissions.
    #[must_use]
    pub(crate) fn capabilities(&self) -> crate::permissions::Capabilities {
        crate::permissions::Capabilities {
            permissions: self.behaviour.permissions,
            shell: self.behaviour.shell,
        }
    }

    /// All profiles, oldest first.
    pub fn all() -> Vec<&'static Profile> {
        (0..EMBEDDED.len()).map(Profile::embedded).collect()
    }

    /// The profile of a version, if there is one.
    #[must_use]
    pub fn named(version: &str) -> Option<&'static Profile> {
        let at = EMBEDDED.iter().position(|(known, _)| *known == version)?;
        Some(Profile::embedded(at))
    }

    /// The newest profile.
    #[must_use]
    pub fn newest() -> &'static Profile {
        Profile::embedded(EMBEDDED.len() - 1)
    }

    /// The versions that there are profiles of, oldest first.
    pub fn versions() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(version, _)| *version)
    }

    fn embedded(at: usize) -> &'static Profile {
        // In boxes: profiles are large, and most of them are not opened.
        static OPEN: [OnceLock<Box<Profile>>; EMBEDDED.len()] =
            [const { OnceLock::new() }; EMBEDDED.len()];
        OPEN[at].get_or_init(|| Box::new(Profile::open(Place::whole(embedded(EMBEDDED[at].1)))))
    }

    /// A profile that is not embedded, from the JSON of its file. It is kept until the process ends.
    ///
    /// # Errors
    /// Where that is no profile; the text says what is wrong and where.
    pub fn from_json(json: &str) -> Result<&'static Profile, String> {
        let other = |version: &str| {
            let found = EMBEDDED.iter().find(|(known, _)| *known == version);
            let (_, encoded) = found.ok_or_else(|| format!("there is no profile {version}"))?;
            whole(embedded(encoded))
        };
        let mut encoded = encode::encode(&encode::whole(json, other)?)?;
        order::sort_by(&mut encoded, Ord::cmp);
        let mut text = String::new();
        let mut entries = Vec::new();
        for (path, json) in &encoded {
            let place = |part| {
                text.push_str(part);
                text.len() - part.len()
            };
            entries.push(encode::spot(path, json, place)?);
        }
        let encoded = Encoded {
            text: text.leak(),
            entries: entries.leak(),
        };
        check(encoded)?;
        Ok(Box::leak(Box::new(Profile::open(Place::whole(encoded)))))
    }

    /// What a sub-command says, if the arguments are one; what the stand-in does not carry out it refuses, as the model
    /// never gets it.
    pub(crate) fn sub_command(&self, args: &[String]) -> Option<SubCommand> {
        let (last, rest) = args.split_last()?;
        let any = [rest.join(" "), "*".to_owned()].join(" ");
        let said = self
            .sub_commands
            .get(&args.join(" "))
            .or_else(|| self.sub_commands.get(&any));
        let Some(said) = said else {
            let first = args.first().filter(|first| self.commands.contains(first))?;
            return Some(SubCommand::refused(first));
        };
        let vars = crate::template::Vars::new().with("word", last.as_str());
        Some(SubCommand {
            stdout: crate::template::text(&said.stdout, &vars),
            stderr: crate::template::text(&said.stderr, &vars),
            code: said.code,
            reaches: said.reaches,
        })
    }

    /// A text of a tool by name; empty where this version has none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }

    /// The usage of a turn that asked no model; null where this version tells the same as of others.
    pub(crate) fn zero_usage(&self) -> Value {
        render(&self.message("zero_usage"), &Vars::new())
    }

    /// A template of stdout by name; null where this version has no such line.
    pub(crate) fn message(&self, name: &str) -> LineTemplate {
        self.messages.get(name).unwrap_or_default()
    }
}

/// An embedded profile.
fn embedded(entries: &'static [encode::Spot]) -> Encoded {
    Encoded {
        text: built::TEXT,
        entries,
    }
}

/// What was encoded.
fn whole(encoded: Encoded) -> Result<Value, String> {
    let mut whole = Value::Object(Map::new());
    for (path, json) in encoded.entries() {
        let mut at = &mut whole;
        for name in path.split('/') {
            at = &mut at[name];
        }
        *at = serde_json::from_str(json).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(whole)
}

/// Reads every part of an encoded profile, and looks for what is no part.
fn check(encoded: Encoded) -> Result<(), String> {
    let mut known = Vec::new();
    Profile::check(Place::whole(encoded), &mut known)?;
    let is_known = |path: &str| {
        let above = |known: &String| known.ends_with('/') && path.starts_with(known.as_str());
        known.iter().any(|known| known == path || above(known))
    };
    match encoded.entries().find(|(path, _)| !is_known(path)) {
        Some((path, _)) => Err(format!("`{path}` is not known")),
        None => Ok(()),
    }
}
