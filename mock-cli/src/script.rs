//! What the stand-in does in each call, as compiled JSON.
//!
//! People write YAML in a scenario; the harness compiles it to this.

pub use crate::api_script::{ApiBlock, ApiError, ApiTurn};
use crate::faults::{CallFaults, PointFault, ResultFault, VersionFaults};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A script as it stands in a file: entries by prompt, or the model's turns request by request (`api_script`).
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptFile {
    /// Everything but the turns.
    pub script: Script,
    /// The turns; each request of a process takes the next one, whatever was asked. None: the entries answer.
    pub api_script: Option<Vec<ApiTurn>>,
}

impl ScriptFile {
    /// Reads the text of a script file.
    ///
    /// # Errors
    /// Where it is no JSON, a key is not known or a value has the wrong type.
    pub fn parse(text: &str) -> serde_json::Result<Self> {
        /// The rest is looked at as a [`Script`].
        #[derive(Deserialize)]
        struct Turns {
            api_script: Option<Vec<ApiTurn>>,
        }
        // From the text where that can be, as only that names the line of a mistake.
        let Turns { api_script } = serde_json::from_str(text)?;
        let script = if api_script.is_none() {
            serde_json::from_str(text)?
        } else {
            let mut rest: Map<String, Value> = serde_json::from_str(text)?;
            rest.shift_remove("api_script");
            serde_json::from_value(rest.into())?
        };
        Ok(ScriptFile { script, api_script })
    }
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
    #[serde(default)]
    pub calls: Vec<Entry>,
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
