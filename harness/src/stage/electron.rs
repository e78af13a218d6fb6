//! The Electron shim: what the app's own executables do when they are started.
//!
//! A copy of Node under the app's name would not do: it runs scripts whether or not `ELECTRON_RUN_AS_NODE` is
//! set, and the difference is a failure class of its own (a second window instead of an answer).

use super::runtime;
use mock_claude::sidecar::Electron;
use rustix::process::{Pid, test_kill_process};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Electron's version in `process.versions.electron`: that of the app in the failure log.
const VERSION: &str = "37.3.1";

/// The variable that makes an Electron executable plain Node.
pub(crate) const RUN_AS_NODE: &str = "ELECTRON_RUN_AS_NODE";
/// What the command line of a utility process that runs Node begins with.
pub(crate) const UTILITY: [&str; 2] = [
    "--type=utility",
    "--utility-sub-type=node.mojom.NodeService",
];

/// Acts as the app's executable; `argv` begins with the name under which it was started. Gives the exit code,
/// unless it becomes Node.
///
/// With `ELECTRON_RUN_AS_NODE` set, and the fuse on, it is Node: `process.execPath` and `argv[0]` are the
/// app's executable, `process.versions.electron` exists, and the variable stays for grandchildren. With
/// `--type=utility` it is a utility process. Otherwise it is the app itself, and runs its main script; where the app
/// runs already, that is noted in the role's `events` as a second instance. Of a layout without a main script the
/// harness plays the first instance, and whatever starts another one gets the exit code 1.
pub fn main(role: &Electron, argv: &[OsString]) -> i32 {
    // Electron takes an empty variable for an absent one.
    let as_node = std::env::var_os(RUN_AS_NODE).is_some_and(|value| !value.is_empty());
    let (name, args) = argv
        .split_first()
        .map_or((None, argv), |(name, args)| (Some(name), args));
    if as_node && role.run_as_node {
        let Some(node) = &role.node else {
            return runtime::run(args);
        };
        return become_node(node, role, Mode::Node, name, args);
    }
    if let (Some(node), Some(kind)) = (&role.node, args.first())
        && kind == UTILITY[0]
    {
        let own = |arg: &&OsString| arg.to_string_lossy().starts_with("--");
        let flags = args.iter().take_while(own).count();
        return become_node(node, role, Mode::Utility, name, &args[flags..]);
    }
    let first = role.main.is_some() && is_first(&role.events);
    if !first {
        note_second_instance(&role.events, argv);
    }
    match (&role.node, &role.main) {
        (Some(node), Some(main)) => {
            let args: Vec<OsString> = std::iter::once(main.clone().into())
                .chain(args.iter().cloned())
                .collect();
            become_node(node, role, Mode::Main, name, &args)
        }
        _ => 1,
    }
}

/// What kind of Electron process a Node is made to look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Plain Node, of `ELECTRON_RUN_AS_NODE`.
    Node,
    /// A utility process.
    Utility,
    /// The app's main process.
    Main,
}

impl Mode {
    /// Every kind.
    pub(crate) const ALL: [Self; 3] = [Self::Node, Self::Utility, Self::Main];

    fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Utility => "utility",
            Self::Main => "main",
        }
    }

    /// The name of its preload.
    pub(crate) fn file(self) -> String {
        format!("{}.cjs", self.name())
    }
}

fn become_node(
    node: &Path,
    role: &Electron,
    mode: Mode,
    name: Option<&OsString>,
    args: &[OsString],
) -> i32 {
    let mut command = Command::new(node);
    if let Some(name) = name {
        command.arg0(name);
    }
    if let Some(preloads) = &role.preloads {
        command.arg("--require").arg(preloads.join(mode.file()));
    }
    if mode == Mode::Main {
        match std::env::var("NODE_OPTIONS").map(|options| permitted(&options)) {
            Ok(options) if !options.is_empty() => command.env("NODE_OPTIONS", options),
            _ => command.env_remove("NODE_OPTIONS"),
        };
    }
    let error = command.args(args).exec();
    eprintln!("claude-harness: failed to start Node as Electron's: {error}");
    1
}

/// What a packaged app lets through of `NODE_OPTIONS` (Electron's documentation of its environment variables).
fn permitted(options: &str) -> String {
    let words = options.split_whitespace();
    let kept = words.filter(|word| {
        let name = word.split('=').next();
        matches!(name, Some("--max-http-header-size" | "--http-parser"))
    });
    kept.collect::<Vec<_>>().join(" ")
}

/// The file that names the process of the app's first instance, beside the event file.
fn first_file(events: &Path) -> PathBuf {
    events.with_extension("first")
}

/// Whether this is the app's first instance; it is noted as that.
fn is_first(events: &Path) -> bool {
    let file = first_file(events);
    let alive = std::fs::read_to_string(&file)
        .ok()
        .and_then(|pid| Pid::from_raw(pid.parse().ok()?))
        .is_some_and(|pid| test_kill_process(pid).is_ok());
    if alive {
        return false;
    }
    // Two at the very same time: the file is whole, and names the later one. Neither is an answer to a user's start.
    std::fs::write(file, std::process::id().to_string()).is_ok()
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

fn note_second_instance(events: &Path, argv: &[OsString]) {
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

/// What the preloads need to know of an executable of the app.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Config<'c> {
    /// The executable itself.
    pub(crate) shim: &'c Path,
    /// What fork() and utilityProcess.fork() start: the helper app on macOS, else the executable.
    pub(crate) helper: &'c Path,
    /// The app's resources.
    pub(crate) resources: &'c Path,
    /// The app's name.
    pub(crate) name: String,
    first: PathBuf,
    version: &'static str,
}

impl<'c> Config<'c> {
    pub(crate) fn new(
        shim: &'c Path,
        helper: &'c Path,
        resources: &'c Path,
        events: &Path,
    ) -> Self {
        let name = shim.file_name().unwrap_or_default().to_string_lossy();
        Self {
            shim,
            helper,
            resources,
            name: name.into_owned(),
            first: first_file(events),
            version: VERSION,
        }
    }

    /// The script that makes Node look like an Electron process of this kind.
    pub(crate) fn preload(&self, mode: Mode) -> String {
        let config = serde_json::to_value(self).unwrap_or_default();
        let source = include_str!("electron/shim.cjs");
        format!(
            "'use strict'\nconst mode = '{}'\nconst config = {config}\n{source}",
            mode.name()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packaged_app_filters_node_options() {
        let options = "--require /x.js --max-http-header-size=99999 --inspect";
        assert_eq!(permitted(options), "--max-http-header-size=99999");
        assert_eq!(permitted("--use-openssl-ca"), "");
    }
}
