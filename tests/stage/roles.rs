//! The roles that this test binary plays on a stage.

use claude_harness::stage::{electron, runtime, shell};
use claude_harness::supervise;
use mock_claude::Invocation;
use mock_claude::sidecar::Role;
use std::ffi::OsString;
use std::process::ExitCode;

/// Plays the role that a sidecar gives, if there is one. The server is not what is tested here: it only says
/// how it was called.
pub(crate) fn dispatch() -> Option<ExitCode> {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|first| first == supervise::FLAG)
    {
        supervise::child::main();
    }
    let executable = std::env::current_exe().ok()?;
    let name = executable.file_name()?.to_string_lossy();
    let sidecar = executable.with_file_name(format!(".{name}.harness.json"));
    let role: Role = serde_json::from_str(&std::fs::read_to_string(sidecar).ok()?).unwrap();
    let argv: Vec<OsString> = std::env::args_os().collect();
    let code = match role.clone() {
        Role::Claude(claude) => mock_claude::run(&Invocation::with_role(Some(claude))),
        Role::Server(_) => {
            let args: Vec<_> = argv[1..].iter().map(|arg| arg.to_string_lossy()).collect();
            println!("{}", serde_json::json!({ "role": role, "args": args }));
            0
        }
        Role::Runtime => runtime::main(&argv),
        Role::Electron(role) => electron::main(&role, &argv),
        Role::Shell(role) => shell::become_shell(&role, &argv),
    };
    Some(ExitCode::from(u8::try_from(code).unwrap()))
}
