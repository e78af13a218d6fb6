//! Why the CLI could not be executed: where it lies, what it lacks, what runs it; or another one was.

use super::super::Confidence::{Certain, Likely};
use super::super::{Rule, calls};
use super::chat_error;
use crate::stage::loadable::Lack;
use crate::timeline::Timeline;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "cli-loader-missing",
        confidence: Certain,
        about: "The CLI is there, and the loader that it needs is not: a musl binary on a glibc system, or the other way round.",
        fix: "install the package for this system's libc; ENOENT of a file that exists is its loader's",
        cause: |t| lacking(t, |lack| matches!(lack, Lack::Loader(_))),
    },
    Rule {
        id: "cli-interpreter-missing",
        confidence: Certain,
        about: "The CLI is a script, and the interpreter that its first line names is not there.",
        fix: "run the script by a runtime of your own, or install the interpreter",
        cause: |t| lacking(t, |lack| matches!(lack, Lack::Interpreter(_))),
    },
    Rule {
        id: "cli-for-another-machine",
        confidence: Certain,
        about: "The CLI is an executable for another processor.",
        fix: "package the CLI of the target's architecture, and check it when building",
        cause: |t| lacking(t, |lack| matches!(lack, Lack::Machine(_))),
    },
    Rule {
        id: "another-cli-runs",
        confidence: Certain,
        about: "Another version of the CLI runs than the one that the app brings.",
        fix: "run the CLI by its full path; what is first on PATH can be anything",
        cause: another_cli,
    },
    Rule {
        id: "working-directory-missing",
        confidence: Likely,
        about: "The CLI was to run in a folder that does not exist; the system reports that as ENOENT on the program.",
        fix: "check the working directory before the spawn and name it in the error",
        cause: working_directory_missing,
    },
    Rule {
        id: "spawn-node-enoent",
        confidence: Certain,
        about: "The backend runs `node` by name, and PATH has none.",
        fix: "give the SDK the runtime's own path (process.execPath in a forked child) or a native CLI",
        cause: spawn_node_enoent,
    },
    Rule {
        id: "cli-in-asar",
        confidence: Likely,
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
        confidence: Likely,
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
        confidence: Likely,
        about: "The CLI does not lie where the backend looks for it.",
        fix: "compute the CLI's path from the packaged layout (app.asar.unpacked), not from the sources",
        cause: |t| {
            // Rust's own words name no path (claude-codes 2.1.316); the folder to run in is there, so it is the program.
            let (chat, text) = chat_error(t, |text| {
                text.contains(" not found at") || is_os_enoent(text)
            })?;
            chat.directory_exists
                .then(|| format!("the backend said: {text}"))
        },
    },
];

/// The CLI that the backend tried, of those that lack something.
fn lacking(timeline: &Timeline, kind: fn(&Lack) -> bool) -> Option<String> {
    let (chat, text) = chat_error(timeline, |_| true)?;
    let mut known = timeline.stage.unloadable.iter();
    let tried = |path: &std::path::Path| {
        let path = path.to_string_lossy();
        let log = timeline.log.iter().map(|log| log.line.as_str());
        log.chain([text]).any(|line| line.contains(&*path))
    };
    let (path, lack) = known.find(|(path, lack)| kind(lack) && tried(path))?;
    chat.directory_exists.then(|| {
        format!(
            "the backend said {text:?}; {} is there, but {lack}",
            path.display()
        )
    })
}

pub(in crate::judge) fn another_cli(timeline: &Timeline) -> Option<String> {
    let wanted = &timeline.stage.cli_version;
    let other = calls::working(timeline).find(|call| call.start.profile != *wanted)?;
    let start = &other.start;
    Some(format!(
        "call {} ran {} of version {}; the app brings {wanted}",
        start.call,
        start.executable.display(),
        start.profile
    ))
}

/// Spawning failed because something was not found; Agent SDK 0.2.141 and later say that of an
/// existing CLI in other words (SDK-DRIVE 1.5).
pub(super) fn is_spawn_enoent(text: &str) -> bool {
    // What a process said that did start is another matter.
    let started = text.starts_with("Claude Code process ");
    (!started && text.contains("spawn ") && text.ends_with("ENOENT"))
        || text.contains("exists but failed to launch")
}

/// What Rust's standard library says of ENOENT, and no more than that.
fn is_os_enoent(text: &str) -> bool {
    text.ends_with("No such file or directory (os error 2)")
}

fn working_directory_missing(timeline: &Timeline) -> Option<String> {
    // The Python SDKs look and say so (SDK-DRIVE 2).
    let says_so = |text: &str| text.starts_with("Working directory does not exist");
    let (chat, text) = chat_error(timeline, |text| {
        is_spawn_enoent(text) || is_os_enoent(text) || says_so(text)
    })?;
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
