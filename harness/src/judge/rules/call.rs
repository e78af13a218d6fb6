//! How the CLI is called: with which variables, arguments and sessions, and how often.

use super::super::Confidence::{Certain, Likely};
use super::super::{Rule, calls};
use super::spawn::is_spawn_enoent;
use super::{chat_error, said};
use crate::stage::LAUNCHER_VARIABLES;
use crate::stage::electron::AppEvent;
use crate::timeline::{ChatSeen, Timeline};
use mock_claude::ledger::{Call, Event};

/// So often may one message be tried (FAILURES I17).
const TRIES: usize = 3;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "second-app-instance",
        confidence: Certain,
        about: "The app's own binary was started without ELECTRON_RUN_AS_NODE, so that a second app came up.",
        fix: "set ELECTRON_RUN_AS_NODE=1 for the child, or keep it when you build the child's environment",
        cause: |t| {
            let AppEvent::SecondAppInstance { argv, .. } = t.app_instances.first()?;
            Some(format!("the app was started a second time, as {argv:?}"))
        },
    },
    Rule {
        id: "environment-replaced",
        confidence: Certain,
        about: "The CLI runs without variables that the backend has, HOME or PATH among them.",
        fix: "add to the environment that the backend has (`{ ...process.env, ...own }`): the SDK's `env` replaces it",
        cause: environment_replaced,
    },
    Rule {
        id: "launcher-variables-leak",
        confidence: Certain,
        about: "The CLI gets variables that its launcher meant for itself.",
        fix: "take NODE_OPTIONS, LD_LIBRARY_PATH, DYLD_*, CLAUDECODE and the like out of the child's environment",
        cause: launcher_variables,
    },
    Rule {
        id: "unknown-flag",
        confidence: Likely,
        about: "The backend passes a flag that the installed CLI does not have.",
        fix: "ask the CLI for its version, and pass only flags that this version has",
        cause: unknown_flag,
    },
    Rule {
        id: "root-skips-permissions",
        confidence: Likely,
        about: "The CLI refuses to skip permissions as root.",
        fix: "run it as an ordinary user, or say with IS_SANDBOX=1 that the container is the sandbox",
        cause: root_skips_permissions,
    },
    Rule {
        id: "session-id-reused",
        confidence: Likely,
        about: "A session id that exists is given to a new session.",
        fix: "pass --session-id once, and --resume from the second message on",
        cause: session_id_reused,
    },
    Rule {
        id: "resume-not-found",
        confidence: Likely,
        about: "The conversation that is resumed is gone.",
        fix: "look for the transcript before resuming; without it begin a new conversation, and tell the user",
        cause: resume_not_found,
    },
    Rule {
        id: "session-run-twice",
        confidence: Certain,
        about: "Two processes of the CLI work on one conversation at the same time, and write into the same file.",
        fix: "let a message wait until the conversation's last turn has ended, or say that it is busy",
        cause: session_run_twice,
    },
    Rule {
        id: "another-session-resumed",
        confidence: Certain,
        about: "Another conversation is resumed than the one that the app asked for.",
        fix: "resume the id that the CLI gave last: older versions give a new one with every turn",
        cause: another_session,
    },
    Rule {
        id: "argument-too-long",
        confidence: Likely,
        about: "The prompt, or another argument, is longer than the system takes (Linux: 128 KiB each).",
        fix: "pass long prompts by stdin, and system prompts and MCP servers by files",
        cause: argument_too_long,
    },
    Rule {
        id: "cmd-shim-refused",
        confidence: Likely,
        about: "Node on Windows refuses to run npm's claude.cmd without a shell.",
        fix: "run the native claude.exe, or node with the package's cli.js; not `shell: true`, which takes messages for commands",
        cause: |t| said(t, &["spawn EINVAL"]),
    },
    Rule {
        id: "prompt-cut-by-a-shell",
        confidence: Likely,
        about: "The CLI is run by a shell, which took the message for its own language.",
        fix: "start the program itself with a list of arguments (`shell: false`); a stop then reaches the CLI, too",
        cause: prompt_cut_by_a_shell,
    },
    Rule {
        id: "detected-but-not-usable",
        confidence: Certain,
        about: "The backend found the CLI in one way, and starts it in another, which fails.",
        fix: "start what was detected: the same path, with the same environment",
        cause: detected_but_not_usable,
    },
    Rule {
        id: "used-before-initialised",
        confidence: Likely,
        about: "A message came before the backend knew its runtime, and failed; later ones did not.",
        fix: "let messages wait until everything is known, or refuse them with a code that says: try again",
        cause: used_before_initialised,
    },
    Rule {
        id: "retry-storm",
        confidence: Certain,
        about: "A CLI that fails is started again and again.",
        fix: "try at most three times, with growing pauses, and tell the user what the CLI said",
        cause: retry_storm,
    },
    Rule {
        id: "cli-dies-at-start",
        confidence: Certain,
        about: "The CLI is killed, or crashes, before its first word.",
        fix: "tell the user the signal; a killed one points to code signing or memory, SIGILL to a CPU without what the binary needs",
        cause: cli_dies_at_start,
    },
    Rule {
        id: "reason-hidden",
        confidence: Certain,
        about: "The CLI said on stderr why it failed, and the client was not told.",
        fix: "keep the last lines of the CLI's stderr and put them into the error",
        cause: reason_hidden,
    },
];

/// The longest argument that is safe: Linux takes 128 KiB (FAILURES I15).
const LONGEST_ARGUMENT: usize = 100 * 1024;

/// An argument of a call that another system would not take.
pub(in crate::judge) fn long_argument(timeline: &Timeline) -> Option<String> {
    timeline.calls.iter().find_map(|call| {
        let lengths = call.start.argv.iter().map(String::len);
        let longest = lengths.max().filter(|bytes| *bytes > LONGEST_ARGUMENT)?;
        let number = call.start.call;
        Some(format!("an argument of call {number} has {longest} bytes"))
    })
}

fn argument_too_long(timeline: &Timeline) -> Option<String> {
    let refused = ["E2BIG", "Argument list too long"];
    said(timeline, &refused).or_else(|| long_argument(timeline))
}

/// The session that a call resumes.
fn resumed(call: &Call) -> Option<&str> {
    let mut argv = call.start.argv.iter();
    while let Some(argument) = argv.next() {
        match argument.strip_prefix("--resume=") {
            Some(session) => return Some(session),
            None if argument == "--resume" => return argv.next().map(String::as_str),
            None => {}
        }
    }
    None
}

/// The clocks of two processes, and of their file system, may differ by so much.
const CLOCKS_MS: u64 = 50;

/// Two calls that resume one session, the second begun before the first had ended.
pub(in crate::judge) fn session_run_twice(timeline: &Timeline) -> Option<String> {
    let calls: Vec<(&Call, &str)> = calls::working(timeline)
        .filter_map(|call| Some((call, resumed(call)?)))
        .collect();
    calls.iter().find_map(|(first, session)| {
        let ended = first.last_ms;
        let (second, _) = calls.iter().find(|(second, other)| {
            let begun = second.start.at_ms;
            other == session
                && begun >= first.start.at_ms
                && begun + CLOCKS_MS < ended
                && second.start.call != first.start.call
        })?;
        Some(format!(
            "calls {} and {} both resume {session}, and one began before the other had ended",
            first.start.call.min(second.start.call),
            first.start.call.max(second.start.call)
        ))
    })
}

pub(in crate::judge) fn another_session(timeline: &Timeline) -> Option<String> {
    calls::chats(timeline).into_iter().find_map(|(chat, call)| {
        let (asked, resumed) = (chat.session.as_deref()?, resumed(call?)?);
        (asked != resumed).then(|| {
            format!(
                "chat {} is of the session {asked}; its call resumed {resumed}",
                chat.number
            )
        })
    })
}

fn prompt_cut_by_a_shell(timeline: &Timeline) -> Option<String> {
    const SPECIAL: [char; 8] = ['&', '|', ';', '<', '>', '$', '`', '"'];
    timeline.chats().find_map(|chat| {
        let mut special = chat.message.chars();
        special.find(|c| SPECIAL.contains(c) || c.is_whitespace())?;
        let calls = timeline.calls.iter();
        let mut prompts = calls
            .flat_map(|call| &call.events)
            .filter_map(|event| match event {
                Event::Take { prompt, .. } => Some(prompt.as_str()),
                Event::Unmatched { prompt, .. } => prompt.as_deref(),
                _ => None,
            });
        let cut = prompts.find(|prompt| {
            let rest = chat.message.strip_prefix(prompt);
            rest.is_some_and(|rest| rest.starts_with(|c: char| !c.is_alphanumeric()))
        })?;
        (!cut.is_empty()).then(|| {
            format!(
                "chat {} said {:?}, the CLI got {cut:?}",
                chat.number, chat.message
            )
        })
    })
}

/// What the backend said of the CLI when it looked for it, and a chat that then could not start it.
pub(in crate::judge) fn detected_but_not_usable(timeline: &Timeline) -> Option<String> {
    let found = timeline.log.iter().find(|log| {
        let line = log.line.to_lowercase();
        line.contains("claude")
            && ["detected", "found at", "available"]
                .iter()
                .any(|word| line.contains(word))
    })?;
    let (chat, text) = chat_error(timeline, |text| {
        text.ends_with("spawn claude ENOENT") || text.ends_with("spawn claude EACCES")
    })?;
    chat.directory_exists.then(|| {
        format!(
            "its log says {:?}; then the backend said: {text}",
            found.line
        )
    })
}

fn used_before_initialised(timeline: &Timeline) -> Option<String> {
    let (failed, text) = chat_error(timeline, is_spawn_enoent)?;
    let killed = timeline.was_killed();
    let later = timeline
        .chats()
        .find(|chat| chat.number > failed.number && chat.answered())?;
    (failed.directory_exists && !killed).then(|| {
        format!(
            "chat {} failed ({text}), and chat {} on the same stage did not",
            failed.number, later.number
        )
    })
}

/// What a CLI that failed said on stderr, where no chat was told.
pub(in crate::judge) fn reason_hidden(timeline: &Timeline) -> Option<String> {
    let told: Vec<&str> = timeline.chats().filter_map(ChatSeen::error).collect();
    let first = told.first()?;
    let hidden = |text: &&str| !told.iter().any(|error| error.contains(text.trim()));
    let text = timeline.calls.iter().flat_map(calls::stderr).find(hidden)?;
    Some(format!(
        "the CLI said {text:?} on stderr; the client was told {first:?}"
    ))
}

pub(in crate::judge) fn environment_replaced(timeline: &Timeline) -> Option<String> {
    let had = |name: &&&str| timeline.stage.env.contains_key(**name);
    timeline.calls.iter().find_map(|call| {
        let lost: Vec<&str> = ["HOME", "PATH", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]
            .iter()
            .filter(had)
            .filter(|name| !call.start.env.contains_key(**name))
            .copied()
            .collect();
        (!lost.is_empty()).then(|| {
            format!(
                "call {} had no {}, which the backend has",
                call.start.call,
                lost.join(" and ")
            )
        })
    })
}

pub(in crate::judge) fn launcher_variables(timeline: &Timeline) -> Option<String> {
    // One that the backend sets to a value of its own is meant for the CLI.
    let passed_on = |call: &Call, name: &str| {
        let value = call.start.env.get(name);
        value.is_some() && value == timeline.stage.env.get(name)
    };
    timeline.calls.iter().find_map(|call| {
        let name = LAUNCHER_VARIABLES
            .iter()
            .find(|name| passed_on(call, name))?;
        Some(format!(
            "call {} has {name}={}",
            call.start.call, call.start.env[*name]
        ))
    })
}

fn unknown_flag(timeline: &Timeline) -> Option<String> {
    said(timeline, &["unknown option"])
}

fn resume_not_found(timeline: &Timeline) -> Option<String> {
    const TEXT: &str = "No conversation found";
    // Where nobody passes the CLI's own words on, they stand in the errors of its result.
    said(timeline, &[TEXT]).or_else(|| {
        let call = timeline.calls.iter().find(|call| {
            let result = calls::result(call);
            result.is_some_and(|it| it["errors"].to_string().contains(TEXT))
        })?;
        Some(format!("call {}: {TEXT}", call.start.call))
    })
}

fn session_id_reused(timeline: &Timeline) -> Option<String> {
    said(timeline, &["is already in use"])
}

fn root_skips_permissions(timeline: &Timeline) -> Option<String> {
    said(timeline, &["cannot be used with root"])
}

/// More calls than the messages allow.
pub(in crate::judge) fn retry_storm(timeline: &Timeline) -> Option<String> {
    let most = timeline.chats().count() * TRIES;
    let calls = calls::working(timeline).count();
    (most > 0 && calls > most).then(|| {
        format!(
            "{calls} calls of the CLI for {} messages",
            timeline.chats().count()
        )
    })
}

/// How a CLI died before it said anything.
fn cli_dies_at_start(timeline: &Timeline) -> Option<String> {
    let silent = calls::working(timeline).any(|call| calls::lines(call).next().is_none());
    let ends = [
        "terminated by signal",
        "exited with code 132",
        "exited with code 137",
        "exited with code 134",
    ];
    said(timeline, &ends).filter(|_| silent)
}
