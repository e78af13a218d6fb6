//! What the command line asks for.

use super::Parsed;
use crate::permissions::Source;

/// `--output-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    Text,
    Json,
    StreamJson,
}

/// `--input-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    Text,
    StreamJson,
}

/// Which session to go on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resume {
    /// A new one.
    No,
    /// The latest of this working folder, if there is one.
    Latest,
    /// This one; None where `--resume` has no value.
    Session(Option<String>),
}

/// The options that this stand-in acts on.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) prompt: Option<String>,
    pub(crate) output: Output,
    pub(crate) input: Input,
    pub(crate) verbose: bool,
    pub(crate) partial: bool,
    pub(crate) replay: bool,
    pub(crate) resume: Resume,
    pub(crate) fork: bool,
    pub(crate) session_id: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) fallback_model: Option<String>,
    pub(crate) permission_mode: Option<String>,
    pub(crate) skip_permissions: bool,
    pub(crate) allow_skip_permissions: bool,
    pub(crate) settings: Option<String>,
    /// Which of the files of settings are read; None for all.
    pub(crate) setting_sources: Option<Vec<String>>,
    pub(crate) add_dirs: Vec<String>,
    pub(crate) keep_session: bool,
    pub(crate) prompt_tool: bool,
    /// `--allowedTools` and `--disallowedTools`, as given.
    pub(crate) allowed_tools: Vec<String>,
    pub(crate) disallowed_tools: Vec<String>,
    /// `--tools`; None: all.
    pub(crate) tools: Option<Vec<String>>,
    /// `--max-turns`, where it is a number above 0.
    pub(crate) max_turns: Option<u64>,
    /// `--max-budget-usd`, in US dollars.
    pub(crate) max_budget: Option<f64>,
    /// The two as they were given.
    pub(crate) max_turns_given: Option<String>,
    pub(crate) max_budget_given: Option<String>,
    /// `--mcp-config`: JSON or files.
    pub(crate) mcp_configs: Vec<String>,
    /// Whether there are no other servers (`--strict-mcp-config`).
    pub(crate) strict_mcp: bool,
    /// `--json-schema`.
    pub(crate) json_schema: Option<String>,
    /// The MCP tool of `--permission-prompt-tool`.
    pub(crate) permission_tool: Option<String>,
    /// `--include-hook-events`.
    pub(crate) hook_events: bool,
    /// `--agents`: JSON.
    pub(crate) agents: Option<String>,
    /// Whether what subagents say is told, too (`--forward-subagent-text`).
    pub(crate) forward_agents: bool,
    /// Whether the client keeps the transcript, too (`--session-mirror`).
    pub(crate) mirror: bool,
    /// `--agent`: what the main thread is.
    pub(crate) agent: Option<String>,
    /// `--plugin-dir`.
    pub(crate) plugin_dirs: Vec<String>,
    /// `--thinking-display`.
    pub(crate) thinking_display: Option<String>,
    /// `--betas`.
    pub(crate) betas: Vec<String>,
    /// `--managed-settings`: JSON.
    pub(crate) managed_settings: Option<String>,
    /// The message that is the last one of a session that goes on (`--resume-session-at`).
    pub(crate) resume_at: Option<String>,
}

impl Options {
    /// Reads the options out of a parsed command line.
    pub(crate) fn new(parsed: &Parsed) -> Options {
        let text = |name: &str| parsed.last(name).map(str::to_owned);
        let all = |one: &str, other: &str| {
            let mut given: Vec<String> = parsed.all(one).into_iter().map(str::to_owned).collect();
            if one != other {
                given.extend(parsed.all(other).into_iter().map(str::to_owned));
            }
            given
        };
        Options {
            prompt: parsed.operands.first().cloned(),
            output: match parsed.last("output-format") {
                Some("json") => Output::Json,
                Some("stream-json") => Output::StreamJson,
                _ => Output::Text,
            },
            input: match parsed.last("input-format") {
                Some("stream-json") => Input::StreamJson,
                _ => Input::Text,
            },
            verbose: parsed.has("verbose"),
            partial: parsed.has("include-partial-messages"),
            replay: parsed.has("replay-user-messages"),
            resume: if parsed.has("resume") {
                Resume::Session(text("resume").filter(|id| !id.is_empty()))
            } else if parsed.has("continue") {
                Resume::Latest
            } else {
                Resume::No
            },
            fork: parsed.has("fork-session"),
            session_id: text("session-id"),
            model: text("model").filter(|m| !m.is_empty()),
            fallback_model: text("fallback-model"),
            permission_mode: text("permission-mode"),
            skip_permissions: parsed.has("dangerously-skip-permissions"),
            allow_skip_permissions: parsed.has("allow-dangerously-skip-permissions"),
            settings: text("settings").filter(|s| !s.is_empty()),
            setting_sources: text("setting-sources").map(|list| {
                let names = list
                    .split(',')
                    .map(str::trim)
                    .filter(|name| !name.is_empty());
                names.map(str::to_owned).collect()
            }),
            add_dirs: parsed
                .all("add-dir")
                .into_iter()
                .map(str::to_owned)
                .collect(),
            prompt_tool: parsed.has("permission-prompt-tool"),
            allowed_tools: all("allowed-tools", "allowedTools"),
            disallowed_tools: all("disallowed-tools", "disallowedTools"),
            tools: parsed.has("tools").then(|| all("tools", "tools")),
            max_turns: parsed
                .last("max-turns")
                .and_then(|n| n.parse().ok())
                .filter(|n| *n > 0),
            max_budget: parsed
                .last("max-budget-usd")
                .and_then(|n| n.parse().ok())
                .filter(|n: &f64| *n > 0.0),
            max_turns_given: text("max-turns"),
            max_budget_given: text("max-budget-usd"),
            mcp_configs: all("mcp-config", "mcp-config"),
            strict_mcp: parsed.has("strict-mcp-config"),
            json_schema: text("json-schema"),
            permission_tool: text("permission-prompt-tool").filter(|t| t != "stdio"),
            hook_events: parsed.has("include-hook-events"),
            agents: text("agents"),
            thinking_display: text("thinking-display"),
            forward_agents: parsed.has("forward-subagent-text"),
            mirror: parsed.has("session-mirror"),
            agent: text("agent"),
            plugin_dirs: all("plugin-dir", "plugin-dir-no-mcp"),
            betas: all("betas", "betas"),
            managed_settings: text("managed-settings"),
            resume_at: text("resume-session-at"),
            keep_session: !parsed.has("no-session-persistence"),
        }
    }

    /// The mode that the command line names, as `init` does.
    pub(crate) fn named_mode(&self) -> Option<&str> {
        match self.permission_mode.as_deref() {
            _ if self.skip_permissions => Some("bypassPermissions"),
            // `manual` is only the command line's name for it.
            Some("manual") => Some("default"),
            mode => mode,
        }
    }

    /// Whether settings of this source are read.
    pub(crate) fn reads(&self, source: Source) -> bool {
        let name = match source {
            Source::UserSettings => "user",
            Source::ProjectSettings => "project",
            Source::LocalSettings => "local",
            _ => return true,
        };
        let listed = |names: &Vec<String>| names.iter().any(|one| one == name);
        self.setting_sources.as_ref().is_none_or(listed)
    }
}
