//! The Electron shim: what the app's own executables do when they are started.
//!
//! A copy of Node under the app's name would not do: it runs scripts whether or not `ELECTRON_RUN_AS_NODE` is
//! set, and the difference is a failure class of its own (a second window instead of an answer).

use super::runtime;
use mock_claude::sidecar::Electron;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

/// Electron's version in `process.versions.electron`: that of the app in the failure log.
const VERSION: &str = "37.3.1";

/// Acts as the app's executable; `argv` begins with the name under which it was started. Gives the exit code,
/// unless it becomes Node.
///
/// With `ELECTRON_RUN_AS_NODE` set, and the fuse on, it is Node: `process.execPath` and `argv[0]` are the
/// app's executable, `process.versions.electron` exists, and the variable stays for grandchildren. Otherwise
/// the real one boots a second instance of the app; here that is noted in the role's `events`, and the exit
/// code is 1.
pub fn main(role: &Electron, argv: &[OsString]) -> i32 {
    // Electron takes an empty variable for an absent one.
    let as_node = std::env::var_os("ELECTRON_RUN_AS_NODE").is_some_and(|value| !value.is_empty());
    let (name, args) = argv
        .split_first()
        .map_or((None, argv), |(name, args)| (Some(name), args));
    if !(as_node && role.run_as_node) {
        return second_instance(&role.events, argv);
    }
    let Some(node) = &role.node else {
        return runtime::run(args);
    };
    let mut command = Command::new(node);
    if let Some(name) = name {
        command.arg0(name);
    }
    if let Some(preload) = &role.preload {
        command.arg("--require").arg(preload);
    }
    let error = command.args(args).exec();
    eprintln!("claude-harness: failed to start Node as Electron's: {error}");
    1
}

/// A second instance of the app, as noted in the event file: one JSON object a line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum AppEvent {
    /// Somebody started the app's executable without `ELECTRON_RUN_AS_NODE`, or the fuse is off.
    SecondAppInstance {
        /// Its process.
        pid: u32,
        /// All of its arguments, with the name under which it was started.
        argv: Vec<String>,
        /// Those of its variables that decide what an Electron or Node process does.
        env: BTreeMap<String, String>,
    },
}

fn second_instance(events: &Path, argv: &[OsString]) -> i32 {
    let event = AppEvent::SecondAppInstance {
        pid: std::process::id(),
        argv: argv
            .iter()
            .map(|arg| arg.to_string_lossy().into_owned())
            .collect(),
        env: telling_variables(),
    };
    let noted = serde_json::to_string(&event)
        .map_err(std::io::Error::from)
        .and_then(|line| {
            // One write to an appended file, so that lines of several processes stay whole.
            OpenOptions::new()
                .append(true)
                .create(true)
                .open(events)?
                .write_all(format!("{line}\n").as_bytes())
        });
    if let Err(error) = noted {
        eprintln!(
            "claude-harness: failed to note the app's start in {}: {error}",
            events.display()
        );
    }
    eprintln!("claude-harness: a real Electron would start a second instance of the app here");
    1
}

fn telling_variables() -> BTreeMap<String, String> {
    std::env::vars_os()
        .map(|(name, value)| {
            let text = |text: OsString| text.to_string_lossy().into_owned();
            (text(name), text(value))
        })
        .filter(|(name, _)| {
            name == "PATH"
                || ["ELECTRON_", "NODE_"]
                    .iter()
                    .any(|start| name.starts_with(start))
        })
        .collect()
}

/// Reads the event file; none where the app was never started again.
///
/// # Errors
/// The file cannot be read, or holds something else.
pub fn read_events(events: &Path) -> std::io::Result<Vec<AppEvent>> {
    match std::fs::read_to_string(events) {
        Ok(text) => text
            .lines()
            .map(|line| serde_json::from_str(line).map_err(std::io::Error::from))
            .collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The script that makes Node's `process` look like Electron's in a child of fork(), as measured in Electron 25.
pub(crate) fn preload(shim: &Path) -> String {
    let shim = serde_json::Value::from(shim.to_string_lossy());
    format!(
        r"'use strict'
const shim = {shim}
process.execPath = shim
process.argv[0] = shim
// A fork() of this process hands its options on; this one is not the app's.
const own = process.execArgv.indexOf(__filename)
if (own > 0) process.execArgv = process.execArgv.filter((_, i) => i !== own && i !== own - 1)
Object.defineProperty(process.versions, 'electron', {{ value: '{VERSION}', enumerable: true, configurable: true }})
// Both are undefined in a forked child.
delete process.resourcesPath
delete process.type
"
    )
}
