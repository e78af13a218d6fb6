//! The stand-alone stand-in: a sidecar, the environment or its own arguments give it its script.

use mock_claude::mock::{self, Part};
use mock_claude::{Invocation, ledger};
use std::ffi::OsString;
use std::path::Path;
use std::process::exit;

/// The script has no answer, or cannot be read.
const WRONG_SCRIPT: i32 = 70;

fn main() {
    let args: Vec<OsString> = std::env::args_os().collect();
    let name = args
        .first()
        .and_then(|a| Path::new(a).file_name())
        .unwrap_or_default();
    let reserved = name.as_encoded_bytes().starts_with(b"mock-claude");
    let own = args
        .get(1)
        .and_then(|arg| arg.to_str())
        .filter(|arg| arg.starts_with("--mock-"));
    match own {
        Some("--mock-say" | "--mock-fault") if reserved => exit(without_file(&args[1..])),
        Some(own) if reserved => exit(own_command(own, &args[2..])),
        _ => {}
    }
    match Invocation::of_process() {
        Ok(invocation) => exit(mock_claude::run(&invocation)),
        Err(error) => {
            eprintln!("mock-claude: failed to {error}");
            exit(WRONG_SCRIPT);
        }
    }
}

/// Runs a script that the arguments are, with those that come after them.
fn without_file(args: &[OsString]) -> i32 {
    let mut parts = Vec::new();
    let mut rest = args;
    while let [first, more @ ..] = rest {
        let make = match first.to_str() {
            Some("--mock-say") => Part::Say,
            Some("--mock-fault") => Part::Fault,
            _ => break,
        };
        let Some((value, more)) = more.split_first() else {
            eprintln!(
                "mock-claude: {} needs a value; see --mock-help",
                first.display()
            );
            return 2;
        };
        parts.push(make(value.to_string_lossy().into_owned()));
        rest = more;
    }
    match mock::script(&parts) {
        Ok(script) => mock_claude::run(&Invocation {
            args: rest.to_vec(),
            script: Some(script),
            ..Invocation::with_role(None)
        }),
        Err(text) => {
            eprintln!("mock-claude: {text}");
            2
        }
    }
}

fn own_command(command: &str, operands: &[OsString]) -> i32 {
    let operands: Vec<&Path> = operands.iter().map(Path::new).collect();
    match (command, operands.as_slice()) {
        ("--mock-help", _) => {
            print!("{}", mock_claude::help());
            0
        }
        ("--mock-version", _) => {
            let versions: Vec<&str> = mock_claude::profile::Profile::versions().collect();
            println!(
                "mock-claude {} ({})",
                env!("CARGO_PKG_VERSION"),
                versions.join(", ")
            );
            0
        }
        ("--mock-install", [dir]) => install(dir),
        ("--mock-check", [ledger]) => check(ledger, None),
        ("--mock-check", [ledger, script]) => check(ledger, Some(script)),
        _ => {
            eprintln!(
                "mock-claude: {command} is not known, or has other operands; see --mock-help"
            );
            2
        }
    }
}

fn install(dir: &Path) -> i32 {
    let installed = std::env::current_exe().and_then(|exe| mock_claude::cli_js::install(&exe, dir));
    match installed {
        Ok(places) => {
            for place in places {
                println!("{}", place.display());
            }
            0
        }
        Err(error) => {
            eprintln!(
                "mock-claude: failed to install into {}: {error}",
                dir.display()
            );
            1
        }
    }
}

fn check(ledger: &Path, script: Option<&Path>) -> i32 {
    match ledger::check(ledger, script) {
        Ok(found) if found.problems.is_empty() => {
            let calls = if found.calls == 1 { "call" } else { "calls" };
            println!("ok: {} {calls}, all as the script expects", found.calls);
            0
        }
        Ok(found) => {
            for problem in &found.problems {
                println!("{problem}");
            }
            1
        }
        Err(text) => {
            eprintln!("mock-claude: {text}");
            2
        }
    }
}
