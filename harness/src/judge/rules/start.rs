//! How the backend starts.

use super::super::Confidence::{Certain, Likely, Symptom};
use super::super::{Rule, grammar};
use super::last_log;
use crate::timeline::{ChatSeen, StartSeen, Timeline};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "stand-in-astray",
        confidence: Certain,
        about: "The stand-in did what no CLI does, although no fault was asked for.",
        fix: "this is a bug of mock-claude, not of your backend: please report it with the kept stage",
        cause: grammar::broken,
    },
    Rule {
        id: "restarted-before-port-free",
        confidence: Certain,
        about: "A health monitor started the server again before the last one had let go of the port.",
        fix: "wait for the old server's exit, with SIGKILL after a grace, before the next start",
        cause: restarted_before_port_free,
    },
    Rule {
        id: "health-route-missing",
        confidence: Likely,
        about: "A health monitor ends a server that lives and has no such route.",
        fix: "take any HTTP answer for life; ask only for routes that the running version has",
        cause: |t| restarted(t, &["404"]),
    },
    Rule {
        id: "monitor-without-grace",
        confidence: Likely,
        about: "A health monitor ends servers that are still starting, again and again.",
        fix: "count failures only once the server has answered, and give a start its own, longer limit",
        cause: |t| {
            let never = !matches!(t.last_start(), StartSeen::Ready { .. });
            restarted(t, &["refused", "ECONNREFUSED", "no answer"]).filter(|_| never)
        },
    },
    Rule {
        id: "port-taken",
        confidence: Likely,
        about: "Another process holds the backend's port.",
        fix: "bind to port 0 and tell the app the port, or end the old server first; ready is an HTTP answer from your own process",
        cause: port_taken,
    },
    Rule {
        id: "cli-not-found",
        confidence: Likely,
        about: "The backend looked for `claude` on PATH and found none.",
        fix: "give the backend the CLI's own path and let it start without a search",
        cause: cli_not_found,
    },
    Rule {
        id: "app-folder-not-writable",
        confidence: Likely,
        about: "The backend writes into the app's own folder, which is read-only or somebody else's.",
        fix: "keep data in the user's own folder (app.getPath('userData'), XDG_DATA_HOME); an installed app is read-only",
        cause: app_folder_not_writable,
    },
    Rule {
        id: "backend-not-executable",
        confidence: Certain,
        about: "The backend could not be executed at all.",
        fix: "check the path, the execute bit and the interpreter of the program that the app starts",
        cause: |t| match t.last_start() {
            StartSeen::NotSpawned { errno, program } => {
                let program = program.display();
                Some(format!(
                    "executing {program} failed: {errno}{}",
                    by_its_file(t)
                ))
            }
            _ => None,
        },
    },
    Rule {
        id: "shell-probe-hangs",
        confidence: Likely,
        about: "The backend waits for a login shell before it starts.",
        fix: "ask the shell in the background, with a limit and SIGKILL behind it, and start without the answer",
        cause: shell_probe_hangs,
    },
    Rule {
        id: "backend-exits-at-start",
        confidence: Symptom,
        about: "The backend ended before it was ready.",
        fix: "read the last lines of its log",
        cause: exits_at_start,
    },
    Rule {
        id: "backend-never-ready",
        confidence: Symptom,
        about: "The backend lives but does not answer over HTTP.",
        fix: "hand the port over (`{port}` in `start.command` or `start.variables`) and listen on it; `ready` names a path that answers",
        cause: |t| {
            (*t.last_start() == StartSeen::Silent)
                .then(|| format!("it never answered; {}; {}", listens(t), last_log(t)))
        },
    },
];

/// Where the backend's processes listened when they had been waited for.
fn listens(timeline: &Timeline) -> String {
    let samples = timeline.watched.samples.iter();
    let started = samples.filter(|sample| sample.after == "start");
    let mut ports: Vec<String> = started
        .flat_map(|sample| &sample.conditions)
        .flat_map(|condition| &condition.listens)
        .map(u16::to_string)
        .collect();
    ports.sort();
    ports.dedup();
    match ports.as_slice() {
        [] => "it listens on no port".to_owned(),
        ports => format!("it listens on port {}", ports.join(", ")),
    }
}

/// What the backend's own monitor said when it started the server again.
fn restarted(timeline: &Timeline, because: &[&str]) -> Option<String> {
    let mut log = timeline.log.iter().map(|log| log.line.as_str());
    let line = log.find(|line| {
        let restarts = line.to_lowercase().contains("restart");
        restarts && because.iter().any(|part| line.contains(part))
    })?;
    Some(format!("its log says: {line}"))
}

fn restarted_before_port_free(timeline: &Timeline) -> Option<String> {
    let mut log = timeline.log.iter().map(|log| log.line.as_str());
    let restart = log.find(|line| line.to_lowercase().contains("restart"))?;
    let refused = log.find(|line| line.contains("EADDRINUSE"))?;
    Some(format!("its log says: {restart}; then: {refused}"))
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
    if timeline.stage.on_path.iter().any(|name| name == "claude") {
        return None;
    }
    let says_so = |text: &str| {
        let text = text.to_lowercase();
        text.contains("claude") && text.contains("path")
    };
    let path = &timeline.stage.declared_path;
    let mut errors = timeline.chats().filter_map(ChatSeen::error);
    if let Some(error) = errors.find(|error| says_so(error) && error.contains("not on PATH")) {
        return Some(format!(
            "the backend said {error:?}; PATH={path} has no `claude`"
        ));
    }
    let exited = matches!(timeline.last_start(), StartSeen::Exited { .. });
    let log = timeline.log.iter().find(|log| says_so(&log.line))?;
    exited.then(|| format!("its log says {:?}; PATH={path} has no `claude`", log.line))
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

/// Where it is said how the backend is started.
fn by_its_file(timeline: &Timeline) -> &'static str {
    if timeline.stage.own_command {
        "; see `start.command` in the backend file"
    } else {
        ""
    }
}

fn exits_at_start(timeline: &Timeline) -> Option<String> {
    match timeline.last_start() {
        StartSeen::Exited { status }
            if port_taken(timeline).is_none() && cli_not_found(timeline).is_none() =>
        {
            let log = last_log(timeline);
            Some(format!("{status}; {log}{}", by_its_file(timeline)))
        }
        _ => None,
    }
}

fn shell_probe_hangs(timeline: &Timeline) -> Option<String> {
    if timeline.last_start() != &StartSeen::Silent {
        return None;
    }
    let processes = timeline
        .watched
        .hangs
        .iter()
        .flat_map(|hang| &hang.processes);
    let mut shells =
        processes.filter(|process| process.contains("-ilc") || process.contains("-l -i -c"));
    // Its command line goes on with the wrapper's own words.
    let shell = shells.next()?.split(" -").next()?;
    Some(format!(
        "before it listens it waits for a login shell: {shell} ...`"
    ))
}
