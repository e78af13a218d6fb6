//! One executable, many roles: on a stage it is hard-linked as `claude`, `node`, the app, the server.

use crate::{backend::reference, bridge, stage, supervise};
use mock_claude::Invocation;
use mock_claude::sidecar::{self, Role};
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// The exit code where the role cannot be read, as for a call without a script.
const NO_ROLE: u8 = 70;

/// Plays the role that this process was started for, if it was started for one.
///
/// To be called at the start of `main`, before there are threads. None: this is an ordinary start.
pub fn dispatch() -> Option<ExitCode> {
    let all: Vec<OsString> = std::env::args_os().collect();
    let (argv0, args) = all.split_first()?;
    if args.first().is_some_and(|first| first == supervise::FLAG) {
        supervise::child::main();
    }
    if args.first().is_some_and(|first| first == bridge::FLAG) {
        return Some(ExitCode::from(bridge::main(&args[1..]).clamp(0, 255) as u8));
    }
    let path = std::env::var_os("PATH");
    let current = std::env::current_exe().ok();
    let found = match sidecar::find(argv0, path.as_deref(), current.as_deref()) {
        Ok(found) => found?,
        Err(error) => {
            eprintln!("{}: {error}", Path::new(argv0).display());
            return Some(ExitCode::from(NO_ROLE));
        }
    };
    let code = match found.role {
        Role::Claude(claude) => mock_claude::run(&Invocation::with_role(Some(claude))),
        Role::Runtime => stage::runtime::main(&all),
        Role::Electron(electron) => stage::electron::main(&electron, &all),
        Role::Shell(shell) => stage::shell::become_shell(&shell, &all),
        Role::Server(server) => reference::main(server, args),
    };
    Some(ExitCode::from(code.clamp(0, 255) as u8))
}
