//! Where versions differ in what they do: small named switches.

use super::switches::{
    BackgroundEnd, Billing, BlockUsage, BrokenStream, CommandOutput, CorruptConfig, CutAnswer,
    DirectoryNames, EarlyClose, EmptyAnswer, Fault, FileTexts, Heeded, InitializeAgain, InputLines,
    Interrupted, Lenience, ModeChange, NotUuid, NumTurns, OwnDefinitions, Refusal, ResumeMode,
    ResumeWithoutPrompt, Runtime, ServerInput, SessionIdRule, SetModel, SettingsPath, Sigint,
    StreamError, UnknownControl, UnparsedInput, UsageScope,
};
use crate::json::Escapes;
use serde::Deserialize;

/// The switches of one version. Sections are PROTOCOL.md's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// After how many milliseconds a silent stdin is no longer waited for (1.4); None: never.
    pub stdin_notice_ms: Option<u64>,
    /// Whether all prompts that wait at the end of a turn make one turn (6.2).
    pub merge_queued: bool,
    /// Whether a prompt whose uuid was seen before is not run (6.2).
    pub skip_duplicate_uuid: bool,
    /// Whether prompts with a uuid get `command_lifecycle` lines (3.8).
    pub lifecycle: bool,
    /// Whether `shouldQuery: false` is heeded (6.2).
    pub honours_should_query: bool,
    /// Whether `client_composed` is heeded: nothing in such a prompt is a command.
    #[serde(default)]
    pub takes_composed: bool,
    /// Whether lines name the uuids of the prompts that they answer.
    pub user_uuid_echo: bool,
    /// Whether `CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS` is heeded.
    pub session_state_events: bool,
    /// How commands, skills and agents of the user's own are taken.
    pub own_definitions: OwnDefinitions,
    /// How `init` lists what there is: 0 the user's own commands first, 1 in the order in which it is known, 2 sorted, 3
    /// with where servers come from, too.
    pub inventory: u8,
    /// Whether `message_start` shows the first block already, as it is the object that goes on growing (3.7).
    pub aliased_start: bool,
    /// 0 where `--max-turns` counts requests, 1 where it counts the results of tools, and the turn with them (4.4).
    pub max_turns_off_by: u64,
    /// What of an answer is counted that broke off.
    pub bills_broken: Billing,
    /// Whether what came of an answer that somebody stopped costs anything, where it is kept.
    #[serde(default)]
    pub bills_stopped: bool,
    /// Whether an answer that somebody stopped is ended for those who follow its events.
    #[serde(default)]
    pub closes_stopped: bool,
    /// How often a stream is asked for again without a word that an overload ended before anything could be seen of it.
    #[serde(default)]
    pub overloaded_streams: u32,
    /// What of an answer is counted that was asked for in one piece.
    pub bills_whole: Billing,
    /// Whether an interruption while a permission is asked for waits for stdin to end (7.1).
    pub hangs_when_withdrawn: bool,
    /// Whether the checker of inputs is of its fourth generation.
    pub fourth_checker: bool,
    /// What happens on input lines that make no sense (6.1).
    pub input_lines: InputLines,
    /// What `num_turns` counts (3.6).
    pub num_turns: NumTurns,
    /// What a result's `usage` covers.
    pub usage: UsageScope,
    /// What is told of subagents (8.1): 0 their tools, 1 their prompts, too, 2 how they are, 3 what they may be asked on, and
    /// they run in the background unless they are asked not to.
    pub agents: u8,
    /// Which usage and stop reason a block's line shows (3.3).
    pub block_usage: BlockUsage,
    /// What a stream comes to whose connection is lost (4.2).
    pub broken_stream: BrokenStream,
    /// What a stream comes to that ends with an error event (4.2).
    pub stream_error: StreamError,
    /// Whether a retry streams again; else it is asked for the whole answer at once.
    pub retries_stream: bool,
    /// After three overloads in a row only models with this in their name give up; None: all do (4.1).
    #[serde(default)]
    pub overload_limit_models: Option<String>,
    /// Whether interruptions and limits are errors, with a text in `errors` (1.2, 4.4).
    pub error_results: bool,
    /// What an answer without content comes to (4.3).
    pub empty_answer: EmptyAnswer,
    /// How the content of files is shown, and edits on stdout (8.1).
    pub file_texts: FileTexts,
    /// Whether an edit says on stdout whether it replaces all, also where the model did not.
    pub shows_replace_all: bool,
    /// How a command's two streams are told (8.1).
    pub command_output: CommandOutput,
    /// How permissions are judged (7.2); see `permissions::Capabilities`.
    pub permissions: u8,
    /// How commands are read before they run (7.2); see `permissions::Capabilities`.
    pub shell: u8,
    /// Whether tools begin before their message has ended (3.1).
    pub early_tools: bool,
    /// What becomes of commands in the background when a run ends (9.2).
    pub background_end: BackgroundEnd,
    /// Whether commands and hooks end with the process at a signal, and are told to end before they are killed (9.1).
    pub kills_tools: bool,
    /// Whether it tells a model that is not there from other errors when it takes another one.
    #[serde(default)]
    pub knows_missing_models: bool,
    /// At how many tokens a conversation is summed up without being asked; None: not known.
    #[serde(default)]
    pub compacts_at: Option<u64>,
    /// After how many of its lines the model is reminded of what it has to do; None: that is not counted.
    #[serde(default)]
    pub reminds_after: Option<usize>,
    /// After how many answers a conversation is summed up that the API finds too long, though there is little else; None:
    /// it never is for that.
    #[serde(default)]
    pub compacts_from: Option<usize>,
    /// Whether a subscription's request is sent again that is turned down without a word on which limit it has reached.
    #[serde(default)]
    pub retries_limits: bool,
    /// Whether it tells of each window of a subscription's limits.
    #[serde(default)]
    pub unified_windows: bool,
    /// Which ends of an answer matter that came in one piece.
    pub heeds_whole: Heeded,
    /// How often the model is asked for a call that it announced and did not make; 0: what it said is the answer.
    #[serde(default)]
    pub missing_call_retries: u32,
    /// What becomes of a tool's input that is no JSON (4.3).
    pub unparsed_input: UnparsedInput,
    /// How the input of a tool that the API itself runs is shown.
    pub server_input: ServerInput,
    /// Whether a text keeps its sources.
    pub keeps_citations: bool,
    /// What becomes of a half block when a turn is interrupted (7.1).
    pub interrupted: Interrupted,
    /// Whether thinking is counted in lines of its own (3.8).
    pub thinking_tokens: bool,
    /// Whether the model is asked to go on after a limit with a line that can be seen (4.3).
    #[serde(default)]
    pub silent_continuations: bool,
    /// Whether delays before retries are told with their fractions, and a delay that the API asks for is kept exactly (4.1).
    #[serde(default)]
    pub exact_delays: bool,
    /// Whether values that are no numbers are passed over, where others are checked (4.4).
    #[serde(default)]
    pub ignores_numbers: bool,
    /// Whether SIGHUP is handled (exit 129) or left to its default (1.2).
    pub handles_sighup: bool,
    /// What SIGINT does in a turn (9.1).
    pub sigint: Sigint,
    /// What a closed stdout does (9.3).
    pub epipe: EarlyClose,
    /// Whether it ends without waiting until its output is read (PROTOCOL 9.4).
    pub exits_undrained: bool,
    /// Where a resumed session goes on (5.4).
    pub resume: ResumeMode,
    /// Whether a session of another working folder is found (5.4).
    pub finds_any_project: bool,
    /// What an answer comes to that a limit has cut off (4.3).
    pub cut_answer: CutAnswer,
    /// How the tool for structured output is enforced: 1 by reminders without an end, and the model speaks after it; 2 by
    /// one reminder, and what it is given is the answer; 3 tells what was wrong with the last of too many.
    pub structured_output: u8,
    /// What becomes of a start whose `.claude.json` is no JSON.
    pub corrupt_config: CorruptConfig,
    /// Whether a transcript without a message is found, which is noticed only when its turn has begun (5.4).
    #[serde(default)]
    pub finds_empty_sessions: bool,
    /// What `--resume` without any prompt does (5.4).
    pub resume_without_prompt: ResumeWithoutPrompt,
    /// What `--resume` says of a value that is no UUID (1.3).
    pub resume_not_uuid: NotUuid,
    /// Whether a failed start writes a result line in stream-json (4.5).
    pub startup_result: bool,
    /// How long project folder names are shortened (5.1).
    pub directory_names: DirectoryNames,
    /// `gitBranch` outside of a git repository (5.3).
    pub git_branch_outside: String,
    /// Which characters are escaped (3.10).
    pub escapes: Escapes,
    /// Whether `total_cost_usd` goes on after a resume (5.4).
    pub cost_carries_over: bool,
    /// The answer to a control request of an unknown subtype (7).
    pub unknown_control: UnknownControl,
    /// The answer to `initialize` when it comes again or late (7).
    pub initialize_again: InitializeAgain,
    /// Which modes `set_permission_mode` takes (7).
    pub mode_change: ModeChange,
    /// Whether `set_model` is answered (7).
    pub set_model: SetModel,
    /// What a prompt of blanks does (1.3).
    pub whitespace_prompt: Fault,
    /// What reports an exception that nobody caught.
    pub runtime: Runtime,
    /// What a working folder that was removed does.
    pub missing_cwd: Fault,
    /// Whether an unknown model is noticed on stderr.
    pub model_notice: bool,
    /// Whether values that are no numbers, no files or no JSON are refused with a text of their own (1.3, 4.4).
    pub checks_values: bool,
    /// How a missing `--settings` file is named (1.3).
    pub settings_path: SettingsPath,
    /// Whether `--session-id` goes with `--resume` (1.3).
    pub session_id_with_resume: SessionIdRule,
    /// Whether a fallback model may be the main model (1.3).
    pub fallback_same_model: Refusal,
    /// What a missing `--add-dir` does (1.3).
    pub missing_add_dir: Lenience,
    /// What a HOME that cannot be written does (5.2).
    pub unwritable_home: Lenience,
    /// Whether commands and what hooks add are messages of the user's side, which the transcript keeps.
    #[serde(default)]
    pub keeps_commands: bool,
    /// Whether the prompt is read before anything is set up, and the user, the session and the format are looked at
    /// only then; a settings file is looked for before all else.
    #[serde(default)]
    pub late_checks: bool,
    /// What hooks can do: 1 waits for a callback however long it takes, 2 gives up on one whose time is up, 3 knows all
    /// events, 4 says of such a callback that its time is up and takes it for a no (7.3).
    pub hooks: u8,
    /// Whether a summary that does not stand in `<summary>` is asked for once more (8.3).
    #[serde(default)]
    pub tagged_summaries: bool,
    /// How often a request that the API finds wrong is sent again with less in it, without a word (4.1).
    #[serde(default)]
    pub bad_request_retries: u32,
    /// Reasons for a turn's end that results do not tell.
    #[serde(default)]
    pub untold_ends: Vec<String>,
    /// How often a request is repeated whose subscription the API refuses, whatever `CLAUDE_CODE_MAX_RETRIES` says; None: as
    /// any other.
    pub refused_login_retries: Option<u32>,
}
