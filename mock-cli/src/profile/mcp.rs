//! How a version deals with MCP servers (PROTOCOL 8.2).

use super::by_name::by_name;
use crate::order::SortedMap;
use serde::Deserialize;
use serde_json::Value;

/// What a version does with MCP servers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mcp {
    /// The MCP version that is asked for.
    pub(crate) protocol: String,
    /// `clientInfo` of the handshake.
    pub(crate) client: Value,
    /// What the client offers to servers.
    pub(crate) capabilities: Value,
    /// Whether servers are asked first which protocol they speak, and their lists again where they have changed.
    #[serde(default)]
    pub(crate) probes: bool,
    /// How servers are ended.
    pub(crate) ends: ServerEnd,
    /// What is said of a call that takes too long: `server`, `tool`, `s`.
    pub(crate) timed_out: String,
    /// What a call comes to whose turn is stopped, where that is another thing than with other tools.
    #[serde(default)]
    pub(crate) aborted: Option<String>,
    /// Why a call is taken back whose turn is stopped.
    pub(crate) cancel_reason: String,
    /// Whether the client is answered while servers start.
    #[serde(default)]
    pub(crate) answers_at_start: bool,
    /// When servers that live in the client are spoken to first.
    pub(crate) handshake: Handshake,
    /// Whether `initialize` can name servers that live in the client.
    pub(crate) named_by_client: bool,
    /// Whether servers are listed as they were configured; else as they were ready.
    pub(crate) in_order: bool,
    /// How many milliseconds a start may take before the server is listed as pending; None: as long as it takes.
    #[serde(default)]
    pub(crate) patience_ms: Option<u64>,
    /// Whether a server with a bad configuration is skipped; else nothing starts at all.
    pub(crate) skips_bad: bool,
    /// Whether a server's error is told by its message alone, and all texts of a tool that failed are told.
    pub(crate) plain_errors: bool,
    /// Whether a server that has ended is started again for the next call.
    pub(crate) restarts: bool,
    /// A server as `mcp_status` shows it; null: the request is never answered.
    pub(crate) status: Value,
    /// What becomes of results: 1 passes over sound, 2 knows results as data, 3 keeps what is no text in files.
    #[serde(default = "newest")]
    pub(crate) results: u8,
    /// Whether somebody must have allowed the servers of a project's `.mcp.json`.
    #[serde(default)]
    pub(crate) asks_for_approval: bool,
    /// Whether notifications begin with the version of JSON-RPC.
    #[serde(default)]
    pub(crate) version_first: bool,
    /// Whether a call that is shown names the tool as its server does, too.
    #[serde(default)]
    pub(crate) shows_tool_names: bool,
    /// Whether calls ask for progress.
    pub(crate) progress: bool,
    /// What a server is told to have failed with that cannot be started at all.
    pub(crate) missing_program: String,
    /// The same of one that PATH does not have; empty: the same text.
    #[serde(default)]
    pub(crate) unfound_program: String,
    /// The same, in the answer to `mcp_set_servers`; empty: as above.
    #[serde(default)]
    pub(crate) set_failed: String,
    /// What a model is told besides where a tool failed that it had not looked up.
    #[serde(default)]
    pub(crate) failed_note: String,
    /// The ending of log files.
    pub(crate) log_ending: String,
    /// What is logged, by the occasion.
    pub(crate) log: SortedMap<String, Vec<String>>,
}

by_name! {
    /// When servers that live in the client are spoken to first.
    pub(crate) enum Handshake {
        /// At the first turn.
        Turn,
        /// At the start, and again at the first turn where that is not through by then.
        StartAndTurn,
        /// As soon as they are known.
        Once,
    }
}

by_name! {
    /// How a server is ended first, before it is told to and killed.
    pub(crate) enum ServerEnd {
        /// SIGTERM.
        Terminate,
        /// Its stdin is closed.
        Eof,
        /// SIGINT.
        Interrupt,
    }
}

/// What the newest versions do with results.
fn newest() -> u8 {
    3
}
