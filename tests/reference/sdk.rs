//! The Node backend on one of the real SDKs.

use crate::server::Server;
use crate::stage::{Stage, cli};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One SDK version that `tests/backends/node` installs.
#[derive(Debug)]
pub(crate) struct Sdk {
    /// The package's name without its scope.
    pub(crate) name: &'static str,
    /// The folder with its lock file.
    folder: &'static str,
    /// Whether it writes the prompt to stdin rather than argv.
    pub(crate) speaks_on_stdin: bool,
}

pub(crate) const SDKS: &[Sdk] = &[
    Sdk {
        name: "claude-code",
        folder: "claude-code-1.0.108",
        speaks_on_stdin: false,
    },
    Sdk {
        name: "claude-agent-sdk",
        folder: "agent-sdk-0.3.330",
        speaks_on_stdin: true,
    },
];

/// What the backend needs of the package at run time; not the package's own `cli.js`.
const FILES: [&str; 2] = ["package.json", "sdk.mjs"];

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/backends/node")
}

/// Why these tests cannot run here.
pub(crate) fn missing() -> Option<String> {
    if node().is_none() {
        return Some("there is no node on PATH".to_owned());
    }
    let absent = SDKS
        .iter()
        .find(|sdk| !sdk.package().join(FILES[1]).is_file())?;
    Some(format!(
        "{} is not installed: npm ci in tests/backends/node/{}",
        absent.name, absent.folder
    ))
}

/// Node by its own path, so that a backend can run without any on its PATH.
fn node() -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join("node"))
        .find(|node| node.is_file())
}

impl Sdk {
    fn package(&self) -> PathBuf {
        sources()
            .join(self.folder)
            .join("node_modules/@anthropic-ai")
            .join(self.name)
    }

    /// The command of a backend on this SDK, set up in the stage's folder `app`.
    pub(crate) fn command(&self, stage: &Stage) -> Command {
        let app = stage.path("app");
        let package = app.join("node_modules/@anthropic-ai").join(self.name);
        if !package.is_dir() {
            fs::create_dir_all(&package).expect("created");
            // Copies: Node resolves a link before it looks for `node_modules` beside it.
            for file in fs::read_dir(sources()).expect("readable").flatten() {
                if file.path().extension().is_some_and(|it| it == "mjs") {
                    fs::copy(file.path(), app.join(file.file_name())).expect("copied");
                }
            }
            for file in FILES {
                fs::copy(self.package().join(file), package.join(file)).expect("copied");
            }
        }
        let mut command = Command::new(node().expect("asked for before"));
        stage.enter(&mut command);
        command
            .arg(app.join("server.mjs"))
            .args(["--sdk", self.name]);
        command
    }

    /// A backend on this SDK with this fake CLI.
    pub(crate) fn start(&self, stage: &Stage, cli_name: &str) -> Server {
        let mut command = self.command(stage);
        command.arg("--claude-path").arg(cli(cli_name));
        Server::start(command)
    }
}
