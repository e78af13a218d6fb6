//! The rules, the most specific first.

use super::Rule;
use super::field;
use super::invariant::{descriptors_grow, temp_files_grow};
use crate::stage::electron::AppEvent;
use crate::timeline::{Answer, ChatEnd, ChatSeen, StartSeen, StepSeen, Timeline};
use mock_claude::ledger::Event;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "port-taken",
        about: "Another process holds the backend's port.",
        fix: "bind to port 0 and tell the app the port, or end the old server first; ready is an HTTP answer from your own process",
        cause: port_taken,
    },
    Rule {
        id: "cli-not-found",
        about: "The backend looked for `claude` on PATH, found none and ended.",
        fix: "give the backend the CLI's own path and let it start without a search",
        cause: cli_not_found,
    },
    Rule {
        id: "app-folder-not-writable",
        about: "The backend writes into the app's own folder, which is read-only or somebody else's.",
        fix: "keep data in the user's own folder (app.getPath('userData'), XDG_DATA_HOME); an installed app is read-only",
        cause: app_folder_not_writable,
    },
    Rule {
        id: "backend-not-executable",
        about: "The backend could not be executed at all.",
        fix: "check the path, the execute bit and the interpreter of the program that the app starts",
        cause: |t| match t.last_start() {
            StartSeen::NotSpawned { errno, program } => {
                Some(format!("executing {} failed: {errno}", program.display()))
            }
            _ => None,
        },
    },
    Rule {
        id: "shell-probe-hangs",
        about: "The backend waits for a login shell before it starts.",
        fix: "ask the shell in the background, with a limit and SIGKILL behind it, and start without the answer",
        cause: field::shell_probe_hangs,
    },
    Rule {
        id: "backend-exits-at-start",
        about: "The backend ended before it was ready.",
        fix: "read the last lines of its log",
        cause: exits_at_start,
    },
    Rule {
        id: "backend-never-ready",
        about: "The backend lives but does not answer over HTTP.",
        fix: "check that it listens on the port that it was given; a log line is no readiness",
        cause: |t| {
            (*t.last_start() == StartSeen::Silent)
                .then(|| format!("it never answered; {}", last_log(t)))
        },
    },
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
        cause: field::environment_replaced,
    },
    Rule {
        id: "launcher-variables-leak",
        about: "The CLI gets variables that its launcher meant for itself.",
        fix: "take NODE_OPTIONS, LD_LIBRARY_PATH, DYLD_*, CLAUDECODE and the like out of the child's environment",
        cause: field::launcher_variables,
    },
    Rule {
        id: "unknown-flag",
        about: "The backend passes a flag that the installed CLI does not have.",
        fix: "ask the CLI for its version, and pass only flags that this version has",
        cause: field::unknown_flag,
    },
    Rule {
        id: "root-skips-permissions",
        about: "The CLI refuses to skip permissions as root.",
        fix: "run it as an ordinary user, or say with IS_SANDBOX=1 that the container is the sandbox",
        cause: field::root_skips_permissions,
    },
    Rule {
        id: "session-id-reused",
        about: "A session id that exists is given to a new session.",
        fix: "pass --session-id once, and --resume from the second message on",
        cause: field::session_id_reused,
    },
    Rule {
        id: "resume-not-found",
        about: "The conversation that is resumed is gone.",
        fix: "look for the transcript before resuming; without it begin a new conversation, and tell the user",
        cause: field::resume_not_found,
    },
    Rule {
        id: "retry-storm",
        about: "A CLI that fails is started again and again.",
        fix: "try at most three times, with growing pauses, and tell the user what the CLI said",
        cause: field::retry_storm,
    },
    Rule {
        id: "cli-dies-at-start",
        about: "The CLI is killed, or crashes, before its first word.",
        fix: "tell the user the signal; a killed one points to code signing or memory, SIGILL to a CPU without what the binary needs",
        cause: field::cli_dies_at_start,
    },
    Rule {
        id: "reason-hidden",
        about: "The CLI said on stderr why it failed, and the client was not told.",
        fix: "keep the last lines of the CLI's stderr and put them into the error",
        cause: field::reason_hidden,
    },
    Rule {
        id: "unknown-message-type",
        about: "A message of a type that the backend does not know ends the turn.",
        fix: "pass over what you do not know: every release of the CLI adds types",
        cause: field::unknown_message_type,
    },
    Rule {
        id: "line-too-long",
        about: "A line of the CLI is longer than the backend's buffer.",
        fix: "raise the limit (Python SDK: max_buffer_size) or read lines of any length",
        cause: field::line_too_long,
    },
    Rule {
        id: "noise-on-stdout",
        about: "A line on the CLI's stdout that is no JSON ends the turn.",
        fix: "pass over lines that are no JSON, and log them",
        cause: field::noise_on_stdout,
    },
    Rule {
        id: "character-cut",
        about: "A character that came in two pieces was lost.",
        fix: "decode whole lines, or keep a decoder over all pieces (StringDecoder, stream: true)",
        cause: field::character_cut,
    },
    Rule {
        id: "text-doubled",
        about: "Every text arrives twice.",
        fix: "show either the pieces or the whole message, and replay idempotently",
        cause: field::text_doubled,
    },
    Rule {
        id: "sessions-mixed-up",
        about: "One chat gets what was meant for another.",
        fix: "bind each stream to its own request or session, not to the last one",
        cause: field::sessions_mixed_up,
    },
    Rule {
        id: "error-shown-as-success",
        about: "A result that is an error is shown as a success.",
        fix: "read `is_error` and `subtype`, not only `result`",
        cause: field::error_shown_as_success,
    },
    Rule {
        id: "result-missing",
        about: "The CLI ended without a result, and the turn is shown as done.",
        fix: "treat an end without a result as an error",
        cause: field::result_missing,
    },
    Rule {
        id: "cli-stays-after-result",
        about: "The turn waits for the end of a CLI that has given its result.",
        fix: "end the turn at the result, and the process after a grace",
        cause: field::cli_stays_after_result,
    },
    Rule {
        id: "stderr-not-drained",
        about: "The CLI stands still because its stderr is full.",
        fix: "read stderr all the time, or give it /dev/null or a file",
        cause: field::stderr_not_drained,
    },
    Rule {
        id: "kill-not-escalated",
        about: "A CLI that does not react to SIGTERM goes on.",
        fix: "send SIGKILL after a grace, to the whole group",
        cause: field::kill_not_escalated,
    },
    Rule {
        id: "stuck-after-crash",
        about: "After a crash a conversation stays busy for ever.",
        fix: "keep no state on disk that only a running process can end, or clear it at start",
        cause: field::stuck_after_crash,
    },
    Rule {
        id: "dies-of-epipe",
        about: "A write to a CLI that had gone ended the backend.",
        fix: "listen for errors on every child's stdin, and on your own stdout",
        cause: field::broken_pipe,
    },
    Rule {
        id: "history-elsewhere",
        about: "The history is looked for where the CLI does not keep it.",
        fix: "honour CLAUDE_CONFIG_DIR, and the HOME that the CLI is run with",
        cause: field::history_elsewhere,
    },
    Rule {
        id: "transcript-refused",
        about: "One damaged line keeps a whole conversation from being shown.",
        fix: "read transcripts line by line, and leave out what cannot be read",
        cause: field::conversation_refused,
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
            })
            .map(|(_, text)| format!("the backend said: {text}"))
        },
    },
    Rule {
        id: "cli-path-missing",
        about: "The CLI does not lie where the backend looks for it.",
        fix: "compute the CLI's path from the packaged layout (app.asar.unpacked), not from the sources",
        cause: |t| {
            chat_error(t, |text| text.contains(" not found at "))
                .map(|(_, text)| format!("the backend said: {text}"))
        },
    },
    Rule {
        id: "cold-home",
        about: "The history cannot be listed where the CLI has never run.",
        fix: "treat a missing ~/.claude.json as an empty list",
        cause: cold_home,
    },
    Rule {
        id: "project-not-listed",
        about: "The project has conversations but is not listed, so that the history never loads.",
        fix: "encode the path as the CLI does: every UTF-16 unit that is no ASCII letter or digit becomes `-`",
        cause: project_not_listed,
    },
    Rule {
        id: "damaged-transcript",
        about: "A damaged line hides messages of a conversation that are whole.",
        fix: "read transcripts line by line, as bytes, and leave out what cannot be read; crashes and full disks damage lines",
        cause: damaged_transcript,
    },
    Rule {
        id: "event-loop-blocked",
        about: "The backend answers nobody while it reads a history.",
        fix: "read and parse big files in pieces, or on a thread of their own",
        cause: super::invariant::history_holds_up,
    },
    Rule {
        id: "abort-ignored",
        about: "The user's stop did not stop the CLI.",
        fix: "end the CLI's process on abort, by SIGTERM and then SIGKILL, and end the stream",
        cause: abort_ignored,
    },
    Rule {
        id: "unexpected-call",
        about: "The CLI was called in a way that the script does not expect.",
        fix: "extend the script, or mend what the backend passes to the CLI",
        cause: |t| {
            t.calls
                .iter()
                .flat_map(|call| &call.events)
                .find_map(|event| match event {
                    Event::Unmatched { message, .. } => Some(message.clone()),
                    _ => None,
                })
        },
    },
    Rule {
        id: "missing-call",
        about: "A call of the CLI that the script expects never came, though every chat was answered.",
        fix: "see which message the backend answered without the CLI, or take the entry out of the script",
        cause: |t| {
            let broken = super::invariant::calls_match_script(t);
            broken.filter(|_| t.calls.iter().all(|call| call.unmatched().is_none()))
        },
    },
    Rule {
        id: "stdin-left-open",
        about: "The CLI waits for the end of its stdin, which the backend neither writes to nor closes.",
        fix: "close the CLI's stdin once the prompt is written, or give it /dev/null when the prompt is an argument",
        cause: |t| {
            chats(t).find_map(|chat| match &chat.end {
                ChatEnd::Hung(hang) if hang.stand_in.as_deref() == Some("stdin") => Some(format!(
                    "chat {}: the CLI waits for the end of its stdin",
                    chat.number
                )),
                _ => None,
            })
        },
    },
    Rule {
        id: "cli-hangs",
        about: "The CLI itself does not go on.",
        fix: "give turns a budget in the backend and tell the user when it runs out",
        cause: |t| hang(t, true),
    },
    Rule {
        id: "backend-hangs",
        about: "The backend stands still although the CLI does not hold it up.",
        fix: "look at what the backend waits for: the process list, the last frames, the open request",
        cause: |t| hang(t, false),
    },
    Rule {
        id: "cli-failed",
        about: "The CLI ended with an error.",
        fix: "pass the CLI's stderr on to the user; it names the cause",
        cause: |t| {
            let ended = [
                "exited with code",
                "terminated by signal",
                "returned an error result",
                "ended without a result",
            ];
            chat_error(t, |text| ended.iter().any(|part| text.contains(part)))
                .map(|(_, text)| format!("the backend said: {text}"))
        },
    },
    Rule {
        id: "answer-cut-off",
        about: "The stream of an answer broke off without saying how it ended.",
        fix: "end every stream with `done` or an error, also when the CLI or the server fails",
        cause: |t| {
            let chat = chats(t).find(|chat| chat.end == ChatEnd::CutOff)?;
            Some(format!(
                "chat {} broke off after {} frames",
                chat.number,
                chat.frames.len()
            ))
        },
    },
    Rule {
        id: "text-changed",
        about: "The client got other texts than the CLI wrote: some are lost, doubled or out of order.",
        fix: "pass each line of the CLI on once, whole and in order, to the chat that it belongs to",
        cause: super::invariant::text_arrives,
    },
    Rule {
        id: "abandoned-cli",
        about: "The backend left a CLI process behind.",
        fix: "end the CLI when its client goes away and when the backend stops",
        cause: abandoned_cli,
    },
    Rule {
        id: "leftover-processes",
        about: "The backend left processes behind.",
        fix: "end children when the backend stops; start them in a group that can be ended as a whole",
        cause: |t| {
            let left = super::invariant::survivors(t).find(|one| one.call.is_none())?;
            Some(format!("{left} outlived the backend"))
        },
    },
    Rule {
        id: "backend-died",
        about: "The backend ended in the middle of its work.",
        fix: "read the last lines of its log; guard stdout and child streams against errors",
        cause: |t| {
            let ended = super::invariant::ended_by_itself(t)?;
            Some(format!("{ended}; {}", last_log(t)))
        },
    },
    Rule {
        id: "resources-grow",
        about: "The backend holds more after every answer, and will run out of it on a long day.",
        fix: "close what a turn opened and remove what it wrote when the turn ends, however it ends",
        cause: |t| {
            let grown = [descriptors_grow(t), temp_files_grow(t)];
            let grown: Vec<String> = grown.into_iter().flatten().collect();
            (!grown.is_empty()).then(|| format!("there were {}", grown.join(", and ")))
        },
    },
];

fn chats(timeline: &Timeline) -> impl Iterator<Item = &ChatSeen> {
    timeline.steps.iter().filter_map(|step| match step {
        StepSeen::Chat(chat) => Some(chat),
        _ => None,
    })
}

/// The first chat whose error text fits.
fn chat_error(timeline: &Timeline, fits: impl Fn(&str) -> bool) -> Option<(&ChatSeen, &str)> {
    chats(timeline).find_map(|chat| {
        let text = chat.error()?;
        fits(text).then_some((chat, text))
    })
}

/// Spawning failed because something was not found; Agent SDK 0.2.141 and later say that of an
/// existing CLI in other words (SDK-DRIVE 1.5).
fn is_spawn_enoent(text: &str) -> bool {
    // What a process said that did start is another matter.
    let started = text.starts_with("Claude Code process ");
    (!started && text.contains("spawn ") && text.ends_with("ENOENT"))
        || text.contains("exists but failed to launch")
}

fn working_directory_missing(timeline: &Timeline) -> Option<String> {
    let (chat, text) = chat_error(timeline, is_spawn_enoent)?;
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

fn port_taken(timeline: &Timeline) -> Option<String> {
    let log = timeline
        .log
        .iter()
        .find(|log| log.line.contains("EADDRINUSE"));
    match (timeline.last_start(), log) {
        (StartSeen::Ready { .. }, _) => None,
        (_, Some(log)) => Some(format!("its log says: {}", log.line)),
        (StartSeen::Stranger, None) => {
            Some("a process that is not of this run answers there".to_owned())
        }
        _ => None,
    }
}

fn cli_not_found(timeline: &Timeline) -> Option<String> {
    let exited = matches!(timeline.last_start(), StartSeen::Exited { .. });
    let on_path = timeline.stage.on_path.iter().any(|name| name == "claude");
    let log = timeline.log.iter().find(|log| {
        let line = log.line.to_lowercase();
        line.contains("claude") && line.contains("path")
    })?;
    (exited && !on_path).then(|| {
        format!(
            "its log says {:?}; PATH={} has no `claude`",
            log.line, timeline.stage.declared_path
        )
    })
}

fn app_folder_not_writable(timeline: &Timeline) -> Option<String> {
    let StartSeen::Exited { .. } = timeline.last_start() else {
        return None;
    };
    let app = timeline.stage.app.to_str()?;
    let log = timeline.log.iter().find(|log| {
        let refused = ["EROFS", "EACCES", "EPERM"];
        refused.iter().any(|errno| log.line.contains(errno)) && log.line.contains(app)
    })?;
    Some(format!("its log says: {}", log.line))
}

fn exits_at_start(timeline: &Timeline) -> Option<String> {
    match timeline.last_start() {
        StartSeen::Exited { status }
            if port_taken(timeline).is_none() && cli_not_found(timeline).is_none() =>
        {
            Some(format!("{status}; {}", last_log(timeline)))
        }
        _ => None,
    }
}

fn last_log(timeline: &Timeline) -> String {
    match timeline
        .log
        .iter()
        .rev()
        .find(|log| !log.line.trim().is_empty())
    {
        Some(log) => format!("its last line: {}", log.line),
        None => "it wrote no log".to_owned(),
    }
}

fn cold_home(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| match step {
        StepSeen::History(seen) if !timeline.stage.has_claude_json => match &seen.projects {
            Answer::Came { status, .. } if *status >= 500 => Some(format!(
                "HOME has no .claude.json; GET /api/projects answered {status}"
            )),
            _ => None,
        },
        _ => None,
    })
}

fn project_not_listed(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| match step {
        StepSeen::History(seen)
            if seen.projects.ok().is_some() && !seen.project_listed && seen.on_disk > 0 =>
        {
            Some(format!(
                "{} lists {} projects, without {}",
                "GET /api/projects",
                seen.listed,
                timeline.stage.project.display()
            ))
        }
        StepSeen::Reconnect(seen)
            if seen.project_known && seen.session.is_some() && seen.conversation.is_none() =>
        {
            Some(format!(
                "GET /api/projects is without {}",
                timeline.stage.project.display()
            ))
        }
        _ => None,
    })
}

fn abort_ignored(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| match step {
        StepSeen::Abort(abort) if !abort.cli_gone => Some(format!(
            "the stop of chat {} was answered with {}, and its CLI went on",
            abort.chat,
            abort
                .answer
                .status()
                .map_or_else(|| "nothing".to_owned(), |status| status.to_string())
        )),
        _ => None,
    })
}

/// Whether a chat hangs, and whether the stand-in is what it waits for.
fn hang(timeline: &Timeline, in_cli: bool) -> Option<String> {
    chats(timeline).find_map(|chat| {
        let ChatEnd::Hung(hang) = &chat.end else {
            return None;
        };
        let waits = hang.stand_in.as_deref();
        match (waits, in_cli) {
            (Some(on), true) if on != "stdin" => {
                Some(format!("chat {}: the CLI waits on {on}", chat.number))
            }
            (None, false) => Some(format!(
                "chat {}: nothing moves; the processes are {}",
                chat.number,
                hang.processes.join("; ")
            )),
            _ => None,
        }
    })
}

fn abandoned_cli(timeline: &Timeline) -> Option<String> {
    if let Some(chat) = chats(timeline).find(|chat| chat.cli_left_running == Some(true)) {
        return Some(format!(
            "the client of chat {} went away, and its CLI went on",
            chat.number
        ));
    }
    let left = super::invariant::survivors(timeline).find(|one| one.call.is_some())?;
    Some(format!("{left} outlived the backend"))
}

fn damaged_transcript(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| {
        let StepSeen::History(seen) = step else {
            return None;
        };
        (seen.shown < seen.readable).then(|| {
            format!(
                "the conversation's file has {} messages that can be read, line by line; {} are shown",
                seen.readable, seen.shown
            )
        })
    })
}
