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

impl Options {
    /// Reads the arguments that follow the executable.
    pub(super) fn read(args: &[OsString]) -> Result<Self, clap::Error> {
        Self::try_parse_from(args)
    }
}
