//! The command line.

mod check;
mod conformance;
mod crosscheck;
mod exec;
mod explain;
mod init;
mod list;
mod run;

use crate::runner::{Catalog, SelectError};
use clap::{Parser, Subcommand};
use miette::Diagnostic;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Everything went as expected.
const OK: u8 = 0;
/// A run failed.
const FAILED: u8 = 1;
/// Usage, a bad file, or nothing selected.
const USAGE: u8 = 2;

#[derive(Parser)]
#[command(
    name = "claude-harness",
    version,
    about,
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run scenarios and compare each outcome with its snapshot
    Run(run::Arguments),
    /// Check scenario files without running anything
    Check(check::Arguments),
    /// List what there is
    List(list::Arguments),
    /// Run a command, or a shell, on a stage and print what survived it
    Exec(exec::Arguments),
    /// Compare the stand-in with recordings of the real CLI, or with the real CLI itself
    Conformance(conformance::Arguments),
    /// Run sound backends on each other's stages, and every defect in every scenario
    Crosscheck(crosscheck::Arguments),
    /// Explain a diagnosis, an invariant, a defect, a fault or a failure class
    Explain(explain::Arguments),
    /// Write a backend file, a first scenario and a CI workflow for the project in this folder
    Init(init::Arguments),
    /// Be the stand-in for the Claude CLI; everything after `mock` is the CLI's own grammar
    #[command(disable_help_flag = true)]
    Mock {
        /// The CLI's arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

/// Runs the command line and gives its exit code: 0, 1 for a failed run, 2 for usage.
pub fn main() -> ExitCode {
    let mut raw = std::env::args_os().skip(1);
    if raw.next().is_some_and(|first| first == "mock") {
        // Before clap sees anything: nothing of the CLI's grammar is reserved.
        return stand_in(raw.collect());
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { OK });
        }
    };
    let code = match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::List(arguments) => list::list(&arguments),
        Command::Exec(arguments) => exec::exec(&arguments),
        Command::Conformance(arguments) => conformance::conformance(&arguments),
        Command::Crosscheck(arguments) => crosscheck::crosscheck(&arguments),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Init(arguments) => init::init(&arguments),
        Command::Mock { arguments } => return stand_in(arguments),
    };
    ExitCode::from(code.unwrap_or_else(|error| complain(&*error)))
}

fn stand_in(arguments: Vec<OsString>) -> ExitCode {
    let invocation = mock_claude::Invocation {
        args: arguments,
        ..mock_claude::Invocation::with_role(mock_claude::sidecar::from_env())
    };
    ExitCode::from(mock_claude::run(&invocation).clamp(0, 255) as u8)
}

/// Prints to stdout. A reader that went away (`| head`) is no reason to fail: the runs go on to their end.
fn print(text: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stdout().lock(), text.as_bytes());
}

/// Prints a line to stdout, see [`print`].
fn print_line(text: &str) {
    print(&format!("{text}\n"));
}

fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A complaint that ends the command as bad usage.
type Complaint = Box<dyn Diagnostic + Send + Sync>;

/// Shows one clear message on stderr.
fn complain(error: &(dyn Diagnostic + Send + Sync + 'static)) -> u8 {
    let mut text = String::new();
    let theme = if supports_unicode() {
        miette::GraphicalTheme::unicode_nocolor()
    } else {
        miette::GraphicalTheme::ascii()
    };
    let handler = miette::GraphicalReportHandler::new_themed(theme).with_links(false);
    match handler.render_report(&mut text, error) {
        Ok(()) => eprint!("{text}"),
        Err(_) => eprintln!("{error}"),
    }
    USAGE
}

fn supports_unicode() -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .is_none_or(|locale| locale.to_lowercase().contains("utf"))
}

/// The working folder: its scenarios, and all that they can name.
struct Workplace {
    scenarios: Option<PathBuf>,
    folder: PathBuf,
    catalog: Catalog,
}

impl Workplace {
    fn open() -> Result<Self, Complaint> {
        let folder = PathBuf::from(".");
        let scenarios = Some(PathBuf::from("scenarios")).filter(|path| path.is_dir());
        let catalog = Catalog::read(&folder, scenarios.as_deref()).map_err(SelectError::from)?;
        Ok(Self {
            scenarios,
            folder,
            catalog,
        })
    }

    fn scenarios(&self) -> Option<&Path> {
        self.scenarios.as_deref()
    }
}
