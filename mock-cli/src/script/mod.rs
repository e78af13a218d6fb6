//! What the stand-in does in each call: the script's types, and how people write it.
//!
//! Scenario files and scripts of the stand-in alone have one language, read by one reader, see [`Script::read`].

mod entries;
mod faults;
mod turns;
mod turns_read;

pub use entries::{entries, gates};
pub use faults::{process, version};
pub use turns::{ApiBlock, ApiError, ApiTurn};
pub(crate) use turns_read::{BLOCKS, TURN};
pub use turns_read::{turn, turns};

use crate::faults::{CallFaults, PointFault, ResultFault, VersionFaults};
use crate::source::{Document, InputError, Node};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The keys of a script.
pub const KEYS: &[&str] = &[
    "profile",
    "seed",
    "login",
    "clock",
    "strict",
    "process",
    "version",
    "calls",
    "api_script",
    "otherwise",
];

impl Script {
    /// Reads the text of a script file, YAML or JSON; `name` is how messages call it.
    ///
    /// # Errors
    /// Where it is neither, a key is not known or a value is wrong.
    ///
    /// ```
    /// use mock_claude::script::Script;
    ///
    /// let script = Script::parse("hello.yaml", "calls: [{ do: [wait: 250ms, say: Hi] }]").unwrap();
    /// assert_eq!(script.calls[0].actions.len(), 2);
    /// let error = Script::parse("hello.yaml", "calls: [{ do: [sya: Hi] }]").unwrap_err();
    /// assert_eq!((error.line, error.column), (1, 16));
    /// ```
    pub fn parse(name: &str, text: &str) -> Result<Script, InputError> {
        if text.trim().is_empty() {
            return Err(
                InputError::of_file(name, format!("{name}: the script is empty"))
                    .with_help("the smallest is `calls: [{ do: [say: Hi there] }]`"),
            );
        }
        Script::read(Document::parse(name, text)?.root())
    }

    /// Reads a script's file.
    ///
    /// # Errors
    /// Where it cannot be read or something in it is wrong: text for people.
    pub fn of_file(path: &Path) -> Result<Script, String> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("failed to read the script {name}: {error}"))?;
        Script::parse(&name, &text)
            .map_err(|error| format!("failed to read the script: {}", error.report()))
    }

    /// Reads a script.
    ///
    /// # Errors
    /// Where a key is not known or a value is wrong.
    pub fn read(node: Node<'_>) -> Result<Script, InputError> {
        let known: Vec<&str> = KEYS.iter().copied().chain(["claude"]).collect();
        let map = node.map_of("a script", KEYS, &known)?;
        let calls = match (map.get("calls"), map.get("claude")) {
            (Some(_), Some(second)) => {
                return Err(second.error("`calls` and `claude` are two names of one list"));
            }
            (calls, claude) => calls.or(claude),
        };
        let turns = map.get("api_script");
        if let (Some(_), Some(turns)) = (calls, turns) {
            return Err(turns
                .error("`calls` and `api_script` are two ways to say what the model does")
                .with_help("keep one of them"));
        }
        let otherwise = map.optional("otherwise", turn)?;
        let api_script = turns
            .map(|node| read_turns(node, otherwise.is_some()))
            .transpose()?;
        if let (None, Some(node)) = (&api_script, map.get("otherwise")) {
            return Err(
                node.error("`otherwise` answers when the turns of `api_script` are used up")
            );
        }
        Ok(Script {
            profile: map.optional("profile", |node| node.filled().map(str::to_owned))?,
            seed: map.optional("seed", seed)?.unwrap_or_default(),
            login: map.optional("login", login)?.unwrap_or_default(),
            clock: map.optional("clock", clock)?.unwrap_or_else(real_time),
            strict: map
                .optional("strict", |node| node.boolean())?
                .unwrap_or_default(),
            process: map.optional("process", process)?.unwrap_or_default(),
            version: map.optional("version", version)?,
            calls: calls.map(entries).transpose()?.unwrap_or_default(),
            api_script,
            otherwise,
        })
    }
}

fn read_turns(node: Node<'_>, otherwise: bool) -> Result<Vec<ApiTurn>, InputError> {
    let turns = turns(node)?;
    if turns.is_empty() && !otherwise {
        return Err(node
            .error("there is no turn here, so the model could answer nothing")
            .with_help("the smallest is `api_script: [{ content: [{ type: text, text: Hi }] }]`"));
    }
    Ok(turns)
}

fn seed(node: Node<'_>) -> Result<u64, InputError> {
    let number = node.json()?.as_u64();
    number.ok_or_else(|| node.expected("a whole number that is not negative"))
}

fn login(node: Node<'_>) -> Result<bool, InputError> {
    node.boolean().map_err(|error| {
        error.with_help(
            "`true`: somebody has to be logged in, by ANTHROPIC_API_KEY or `~/.claude/.credentials.json`; \
             only the stage of a scenario can do that itself",
        )
    })
}

/// Reads `clock`: by what all waits are multiplied.
///
/// # Errors
/// Where it is no number, or a negative one.
pub fn clock(node: Node<'_>) -> Result<f64, InputError> {
    let scale = node.number().filter(|scale| (0.0..=100.0).contains(scale));
    scale.ok_or_else(|| {
        node.expected("a number from 0 to 100")
            .with_help("1 is real time, 0.01 a hundred times faster, 0 no waiting")
    })
}

/// A whole script.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The CLI version that the stand-in claims to be, e.g. `2.1.330`. None: `MOCK_CLAUDE_PROFILE`, else the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Ids are derived from this and the call's number, so that the same run has the same ids.
    #[serde(default)]
    pub seed: u64,
    /// Whether somebody has to be logged in, as with the real CLI; a script of calls needs nobody to be otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub login: bool,
    /// All waits are multiplied by this: 1 is real time, 0.01 a hundred times faster, 0 no waiting.
    #[serde(default = "real_time")]
    pub clock: f64,
    /// Whether the entries must be taken in the order in which they are written.
    #[serde(default)]
    pub strict: bool,
    /// What is wrong with whole calls; a call takes the first that fits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub process: Vec<CallFaults>,
    /// What is wrong with `--version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionFaults>,
    /// The entries; each answers one prompt (one user turn), `times` times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Entry>,
    /// The model's turns, request by request, in place of entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_script: Option<Vec<ApiTurn>>,
    /// What the model says when the turns are used up; None: that is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<ApiTurn>,
}

impl Default for Script {
    fn default() -> Self {
        Script {
            profile: None,
            seed: 0,
            login: false,
            clock: real_time(),
            strict: false,
            process: Vec::new(),
            version: None,
            calls: Vec::new(),
            api_script: None,
            otherwise: None,
        }
    }
}

impl Script {
    /// Whether it has the stand-in do something that the real CLI does not.
    pub fn has_faults(&self) -> bool {
        let in_entry = |entry: &Entry| {
            let fault = |action: &Action| matches!(action, Action::Fault(_));
            entry.result.is_some() || entry.actions.iter().any(fault)
        };
        !self.process.is_empty() || self.calls.iter().any(in_entry)
    }
}

fn real_time() -> f64 {
    1.0
}

/// One entry: when it holds, and what the model then does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The line of the scenario file that this entry came from, for messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What must hold of the call; an empty condition holds always.
    #[serde(default)]
    pub when: When,
    /// How often this entry may be taken.
    #[serde(default = "once")]
    pub times: u32,
    /// What is wrong with the turn's result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ResultFault>,
    /// What happens.
    #[serde(rename = "do")]
    pub actions: Vec<Action>,
}

fn once() -> u32 {
    1
}

/// The condition of an entry: everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The prompt's text, exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// A part of the prompt's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// Whether the call resumes (or continues) a session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumes: Option<bool>,
    /// The session that the call resumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Arguments that must stand in argv, in any place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub argv: Vec<String>,
}

/// One thing that the model, or the process, does.
///
/// `say`, `think` and `use` are blocks of the model's messages: consecutive blocks up to and including a
/// run of `use` blocks make one message of the model; what follows a `use` is the next message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// A text block.
    Say(String),
    /// A thinking block.
    Think(String),
    /// A tool-use block, and the result that the tool gives.
    Use(ToolUse),
    /// A pause of so many milliseconds on the script's clock.
    Wait(u64),
    /// Wait for ever: until an interrupt, a signal or the end of the process. Nothing after it is reached.
    Hang,
    /// Wait until the file `gates/<name>` exists in the ledger's folder.
    Gate(String),
    /// End the process at once with this code, without a result.
    Exit(i32),
    /// A text block of so many bytes.
    LongText(u32),
    /// A use of `Read` whose result has so many bytes.
    LongResult(u32),
    /// Something goes wrong here.
    Fault(PointFault),
}

/// A tool use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolUse {
    /// The tool's name.
    pub tool: String,
    /// Its input.
    #[serde(default)]
    pub input: serde_json::Value,
    /// What the tool answers. None: the tool runs for real, and permission is asked for where the CLI asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Whether that answer is an error.
    #[serde(default)]
    pub error: bool,
}
