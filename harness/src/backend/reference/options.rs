//! The backend's command line.

use clap::Parser;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// The reference backend's options; everything that a real backend of this kind takes.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "reference-backend",
    no_binary_name = true,
    args_override_self = true,
    disable_help_subcommand = true
)]
pub(super) struct Options {
    /// The port to listen on; 0 takes a free one, which the listening line then names.
    #[arg(long, short, default_value_t = 8080)]
    pub(super) port: u16,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    pub(super) host: String,
    /// The Claude CLI; without it `claude` is looked for on PATH.
    #[arg(long)]
    pub(super) claude_path: Option<PathBuf>,
    /// The app's own runtime, which runs a `.js` CLI; without it that is `node` by name.
    #[arg(long)]
    pub(super) runtime: Option<PathBuf>,
    /// That runtime is an Electron executable, which is Node only when it is told so.
    #[arg(long)]
    pub(super) electron: bool,
    /// Be the app around the server: ask it every so many milliseconds whether it is well, and start it again where not.
    #[arg(long, value_parser = milliseconds)]
    pub(super) monitor_ms: Option<Duration>,
    /// Whether `claude --version` must have answered before anybody is served, as upstream has it: `on` or `off`.
    #[arg(long, default_value = "off", value_parser = on_or_off)]
    #[arg(action = clap::ArgAction::Set)]
    pub(super) check_version: bool,
    /// Whether there is a health check, which older servers have not: `on` or `off`.
    #[arg(long, default_value = "on", value_parser = on_or_off)]
    #[arg(action = clap::ArgAction::Set)]
    pub(super) health: bool,
    /// How long the CLI may be silent in a turn, in milliseconds.
    #[arg(long, default_value = "120000", value_parser = milliseconds)]
    pub(super) idle_ms: Duration,
    /// How long a cancelled CLI may take between SIGTERM and SIGKILL, in milliseconds.
    #[arg(long, default_value = "2000", value_parser = milliseconds)]
    pub(super) grace_ms: Duration,
}

fn milliseconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_millis)
}

fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("it is `on` or `off`".to_owned()),
    }
}

impl Options {
    /// Reads the arguments that follow the executable.
    pub(super) fn read(args: &[OsString]) -> Result<Self, clap::Error> {
        Self::try_parse_from(args)
    }
}
