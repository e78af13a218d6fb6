//! A profile: one CLI version as data. A new version is mostly a new file in `profiles/`.

mod attachment;
mod behaviour;
mod mcp;
mod models;

pub(crate) use attachment::{Attachment, On};

pub use behaviour::{
    BackgroundEnd, Behaviour, BlockUsage, BrokenStream, CommandOutput, DirectoryNames, EarlyClose,
    EmptyAnswer, Fault, FileTexts, InitializeAgain, InputLines, Interrupted, Lenience, ModeChange,
    NotUuid, NumTurns, Refusal, ResumeMode, ResumeWithoutPrompt, SessionIdRule, SetModel,
    SettingsPath, Sigint, StreamError, UnknownControl, UnparsedInput, UsageScope,
};
pub(crate) use mcp::{Handshake, Mcp};
pub use models::{Model, Models};

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// One version of the CLI.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The version, as `--version` prints it before ` (Claude Code)`.
    pub version: String,
    /// The options of the command line.
    pub flags: Vec<Flag>,
    /// What this version does where versions differ.
    pub behaviour: Behaviour,
    /// Model names and prices.
    pub models: Models,
    /// The tools that `init` lists.
    pub tools: Vec<String>,
    /// Tools that are there only where somebody can be asked (`--permission-prompt-tool`).
    pub prompt_tools: Vec<String>,
    /// How often the API is asked at the start, before any prompt (11).
    #[serde(default)]
    pub startup_requests: u32,
    /// What it does with MCP servers.
    pub(crate) mcp: Mcp,
    /// Tools that the model is told of by name alone, until it looks for them.
    #[serde(default)]
    pub(crate) deferred_tools: Vec<String>,
    /// Tools that are there only where `Bash` is not.
    #[serde(default)]
    pub shell_replacements: Vec<String>,
    /// Templates of the lines on stdout, by name.
    pub(crate) messages: BTreeMap<String, Value>,
    /// What is said where a request failed, by the kind of failure: `text`, `error`, `terminal_reason`, `api_error`.
    pub(crate) failures: BTreeMap<String, Value>,
    /// Texts of tools and permissions, by name.
    pub(crate) texts: BTreeMap<String, String>,
    /// What sub-commands say where nothing is set up, by their words; `*` stands for any last word.
    #[serde(default)]
    pub(crate) sub_commands: BTreeMap<String, SubCommand>,
    /// Slash commands that are answered without the model, by name.
    #[serde(default)]
    pub(crate) slash: BTreeMap<String, Slash>,
    /// Slash commands that the model gets; `*`: all that are not known.
    #[serde(default)]
    pub(crate) prompt_commands: Vec<String>,
    /// Those of them that say which tools they may use.
    #[serde(default)]
    pub(crate) tool_commands: Vec<String>,
    /// What they are said to be doing, by name.
    #[serde(default)]
    pub(crate) command_progress: BTreeMap<String, String>,
    /// Answers of the control protocol.
    pub(crate) control: Control,
    /// Templates of the lines in a transcript.
    pub(crate) transcript: Transcript,
    /// The other files that a run leaves under HOME.
    pub(crate) files: Files,
    /// Requests that are made on the side.
    #[serde(default)]
    pub(crate) side: Side,
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
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    /// As in the help: `-r, --resume [value]`.
    pub flags: String,
    /// The values that it allows; empty: any.
    #[serde(default)]
    pub choices: Vec<String>,
    /// Values that it allows besides, without naming them in messages.
    #[serde(default)]
    pub accepts: Vec<String>,
}

/// Answers of the control protocol.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Control {
    /// The payload of the answer to `initialize`.
    pub(crate) initialize: Value,
    /// What stands beside that payload.
    pub(crate) initialize_beside: Map<String, Value>,
    /// The payload of the answer to `interrupt`; null: none.
    pub(crate) interrupt: Value,
    /// The permission modes that `set_permission_mode` knows.
    pub(crate) modes: Vec<String>,
    /// The error for `set_permission_mode` to `bypassPermissions`.
    pub(crate) bypass_refused: String,
    /// Payloads of subtypes that succeed; null: without one.
    pub(crate) payloads: Map<String, Value>,
    /// The skills that `reload_skills` lists.
    #[serde(default)]
    pub(crate) skills: Vec<String>,
    /// What `get_context_usage` shows: parts of an empty session, in `full` and in `summary`, and the `rest`.
    #[serde(default)]
    pub(crate) context: Value,
}

/// Templates of the lines in a transcript.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transcript {
    /// By name: `user`, `assistant`, `tool_result`, …
    pub(crate) entries: BTreeMap<String, Value>,
    /// Whether a prompt is written only with what follows it.
    #[serde(default)]
    pub(crate) holds_prompts: bool,
    /// Whether a block is written as the client sees it, before its line on stdout. A run whose transcript cannot be
    /// written ends then.
    #[serde(default)]
    pub(crate) as_shown: bool,
    /// Whether the copy of a session that goes on under another id is written with its first turn only.
    #[serde(default)]
    pub(crate) holds_copies: bool,
    /// Written before each prompt.
    pub(crate) before_prompt: Vec<Value>,
    /// What is attached to prompts and answers, in this order; `entries.attachment` is their envelope.
    #[serde(default)]
    pub(crate) attachments: Vec<Attachment>,
    /// Written after each answer of the model, and when one is cut short before what came of it.
    pub(crate) after_answer: Vec<Value>,
    /// Written when the process ends.
    pub(crate) at_end: Vec<Value>,
}

/// The other files of a run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Files {
    /// The permission bits of every file.
    pub(crate) mode: u32,
    /// Where the previous `.claude.json` is kept.
    pub(crate) backup: Backup,
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
}

/// A slash command that is answered without the model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Slash {
    /// What it answers.
    pub(crate) answer: SlashAnswer,
    /// `num_turns` of its result; None: as for any turn.
    #[serde(default)]
    pub(crate) num_turns: Option<i64>,
    /// What a terminal is sent before the first line.
    #[serde(default)]
    pub(crate) prefix: String,
    /// What it says, where that is always the same.
    #[serde(default)]
    pub(crate) output: String,
    /// Whether the process ends after it.
    #[serde(default)]
    pub(crate) quits: bool,
}

impl Slash {
    /// A command that there is not; `kept` where commands are kept as messages.
    pub(crate) fn unknown(kept: bool) -> Slash {
        Slash {
            answer: SlashAnswer::Unknown,
            num_turns: (!kept).then_some(1),
            prefix: String::new(),
            output: String::new(),
            quits: false,
        }
    }
}

/// What a slash command answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SlashAnswer {
    /// An empty result.
    Nothing,
    /// The same: it would have shown a screen.
    Screen,
    /// The same: there is no such command.
    Unknown,
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
}

/// Where a version keeps the previous `.claude.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Backup {
    /// As `.claude.json.backup` beside it.
    Beside,
    /// As `backups/.claude.json.backup.<ms>` in the configuration folder.
    Backups,
}

/// A moment of a start, in the order in which they are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

/// The embedded profiles, oldest first.
static EMBEDDED: [&str; 4] = [
    include_str!("../../profiles/1.0.108.json"),
    include_str!("../../profiles/2.0.77.json"),
    include_str!("../../profiles/2.1.197.json"),
    include_str!("../../profiles/2.1.330.json"),
];

/// A profile from its file.
fn parse(text: &str) -> Profile {
    match serde_json::from_value(likened(text)) {
        Ok(profile) => profile,
        // The files are part of this crate and its tests read them.
        Err(error) => unreachable!("an embedded profile does not parse: {error}"),
    }
}

/// What a file holds. One that is `like` another version holds only where it differs: objects are merged, `null`
/// takes a key away, and `{"=": value}` replaces a whole value.
fn likened(text: &str) -> Value {
    let mut own: Value = serde_json::from_str(text).unwrap_or_default();
    let Some(map) = own.as_object_mut() else {
        return own;
    };
    map.remove("about");
    let Some(like) = map.remove("like") else {
        return own;
    };
    let named = |text: &&str| {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        value["version"] == like
    };
    let found = EMBEDDED.into_iter().find(named);
    let mut whole = found.map(likened).unwrap_or_default();
    differ(&mut whole, own);
    whole
}

fn differ(whole: &mut Value, own: Value) {
    let Value::Object(mut own) = own else {
        *whole = own;
        return;
    };
    if own.len() == 1
        && let Some(value) = own.remove("=")
    {
        *whole = value;
        return;
    }
    if !whole.is_object() {
        *whole = Value::Object(Map::new());
    }
    let Some(map) = whole.as_object_mut() else {
        return;
    };
    for (key, value) in own {
        if value.is_null() {
            map.remove(&key);
        } else {
            differ(map.entry(key).or_insert(Value::Null), value);
        }
    }
}

impl Profile {
    /// All profiles, oldest first.
    pub fn all() -> &'static [Profile] {
        static PARSED: OnceLock<Vec<Profile>> = OnceLock::new();
        PARSED.get_or_init(|| EMBEDDED.into_iter().map(parse).collect())
    }

    /// The profile of a version, if there is one.
    #[must_use]
    pub fn named(version: &str) -> Option<&'static Profile> {
        Profile::all().iter().find(|p| p.version == version)
    }

    /// The newest profile.
    #[must_use]
    pub fn newest() -> &'static Profile {
        &Profile::all()[EMBEDDED.len() - 1]
    }

    /// What a sub-command says, if the arguments are one.
    pub(crate) fn sub_command(&self, args: &[String]) -> Option<SubCommand> {
        let (last, rest) = args.split_last()?;
        let any = [rest.join(" "), "*".to_owned()].join(" ");
        let said = self
            .sub_commands
            .get(&args.join(" "))
            .or_else(|| self.sub_commands.get(&any))?;
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

    /// A template of stdout by name; null where this version has no such line.
    pub(crate) fn message(&self, name: &str) -> &Value {
        self.messages.get(name).unwrap_or(&Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_profile_parses_and_is_found_by_its_version() {
        for profile in Profile::all() {
            assert_eq!(
                Profile::named(&profile.version).map(|p| &p.version),
                Some(&profile.version)
            );
            for name in [
                "init",
                "assistant",
                "api_message",
                "tool_result",
                "result_success",
                "usage",
            ] {
                assert!(
                    profile.message(name).is_object(),
                    "{} has no {name}",
                    profile.version
                );
            }
        }
        assert_eq!(Profile::newest().version, "2.1.330");
    }
}
