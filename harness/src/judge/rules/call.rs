//! How the CLI is called: where it lies, what runs it, with which variables and arguments.

use super::super::{Rule, calls};
use super::{chat_error, said};
use crate::stage::LAUNCHER_VARIABLES;
use crate::stage::electron::AppEvent;
use crate::timeline::{ChatSeen, Timeline};
use mock_claude::ledger::Call;

/// So often may one message be tried (FAILURES I17).
const TRIES: usize = 3;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "second-app-instance",
        about: "The app's own binary was started without ELECTRON_RUN_AS_NODE, so that a second app came up.",
        fix: "set ELECTRON_RUN_AS_NODE=1 for the child, or keep it when you build the child's environment",
        cause: |t| {
            let AppEvent::SecondAppInstance { argv, .. } = t.app_instances.first()?;
            Some(format!("the app was started a second time, as {argv:?}"))
        },
    },
    Rule {
        id: "environment-replaced",
        about: "The CLI runs without variables that the backend has, HOME or PATH among them.",
        fix: "add to the environment that the backend has (`{ ...process.env, ...own }`): the SDK's `env` replaces it",
        cause: environment_replaced,
    },
    Rule {
        id: "launcher-variables-leak",
        about: "The CLI gets variables that its launcher meant for itself.",
        fix: "take NODE_OPTIONS, LD_LIBRARY_PATH, DYLD_*, CLAUDECODE and the like out of the child's environment",
        cause: launcher_variables,
    },
    Rule {
        id: "unknown-flag",
        about: "The backend passes a flag that the installed CLI does not have.",
        fix: "ask the CLI for its version, and pass only flags that this version has",
        cause: unknown_flag,
    },
    Rule {
        id: "root-skips-permissions",
        about: "The CLI refuses to skip permissions as root.",
        fix: "run it as an ordinary user, or say with IS_SANDBOX=1 that the container is the sandbox",
        cause: root_skips_permissions,
    },
    Rule {
        id: "session-id-reused",
        about: "A session id that exists is given to a new session.",
        fix: "pass --session-id once, and --resume from the second message on",
        cause: session_id_reused,
    },
    Rule {
        id: "resume-not-found",
        about: "The conversation that is resumed is gone.",
        fix: "look for the transcript before resuming; without it begin a new conversation, and tell the user",
        cause: resume_not_found,
    },
    Rule {
        id: "retry-storm",
        about: "A CLI that fails is started again and again.",
        fix: "try at most three times, with growing pauses, and tell the user what the CLI said",
        cause: retry_storm,
    },
    Rule {
        id: "cli-dies-at-start",
        about: "The CLI is killed, or crashes, before its first word.",
        fix: "tell the user the signal; a killed one points to code signing or memory, SIGILL to a CPU without what the binary needs",
        cause: cli_dies_at_start,
    },
    Rule {
        id: "reason-hidden",
        about: "The CLI said on stderr why it failed, and the client was not told.",
        fix: "keep the last lines of the CLI's stderr and put them into the error",
        cause: reason_hidden,
    },
    Rule {
        id: "working-directory-missing",
        about: "The CLI was to run in a folder that does not exist; the system reports that as ENOENT on the program.",
        fix: "check the working directory before the spawn and name it in the error",
        cause: working_directory_missing,
    },
    Rule {
        id: "spawn-node-enoent",
        about: "The backend runs `node` by name, and PATH has none.",
        fix: "give the SDK the runtime's own path (process.execPath in a forked child) or a native CLI",
        cause: spawn_node_enoent,
    },
    Rule {
        id: "cli-in-asar",
        about: "The CLI's path leads through app.asar, a file that only Electron's own fs reads like a folder.",
        fix: "unpack the CLI's package (asarUnpack) and hand over its path in app.asar.unpacked",
        cause: |t| {
            let inside = |text: &str| text.contains(".asar/");
            chat_error(t, |text| {
                inside(text) && (text.contains(" not found at ") || text.contains("ENOTDIR"))
            })
            .map(|(_, text)| format!("the backend said: {text}"))
        },
    },
    Rule {
        id: "cli-not-executable",
        about: "The CLI lies where it should, and nobody may execute it.",
        fix: "keep the execute bit when packaging (archives and artifact stores lose it), or set it when the app starts",
        cause: |t| {
            chat_error(t, |text| {
                text.contains("spawn ") && text.ends_with("EACCES")
                    || text.contains("Failed to start Claude Code: [Errno 13]")
            })
            .map(|(_, text)| format!("the backend said: {text}"))
        },
    },
    Rule {
        id: "cli-path-missing",
        about: "The CLI does not lie where the backend looks for it.",
        fix: "compute the CLI's path from the packaged layout (app.asar.unpacked), not from the sources",
        cause: |t| {
            chat_error(t, |text| text.contains(" not found at"))
                .map(|(_, text)| format!("the backend said: {text}"))
        },
    },
];

/// Spawning failed because something was not found; Agent SDK 0.2.141 and later say that of an
/// existing CLI in other words (SDK-DRIVE 1.5).
fn is_spawn_enoent(text: &str) -> bool {
    // What a process said that did start is another matter.
    let started = text.starts_with("Claude Code process ");
    (!started && text.contains("spawn ") && text.ends_with("ENOENT"))
        || text.contains("exists but failed to launch")
}

fn working_directory_missing(timeline: &Timeline) -> Option<String> {
    // The Python SDKs look and say so (SDK-DRIVE 2).
    let says_so = |text: &str| text.starts_with("Working directory does not exist");
    let (chat, text) = chat_error(timeline, |text| is_spawn_enoent(text) || says_so(text))?;
    (!chat.directory_exists).then(|| {
        format!(
            "the backend said {text:?}, but the working directory {} does not exist",
            chat.directory.display()
        )
    })
}

fn spawn_node_enoent(timeline: &Timeline) -> Option<String> {
    let (chat, text) = chat_error(timeline, is_spawn_enoent)?;
    let on_path = timeline.stage.on_path.iter().any(|name| name == "node");
    let by_name = text.ends_with("spawn node ENOENT") || is_script(&timeline.stage.cli);
    (chat.directory_exists && !on_path && by_name).then(|| {
        format!(
            "the backend ran `node` by name; PATH={} has none",
            timeline.stage.declared_path
        )
    })
}

fn is_script(cli: &std::path::Path) -> bool {
    cli.extension().is_some_and(|extension| extension == "js")
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
    said(timeline, &["No conversation found"])
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
