//! The roles that this test binary plays on a stage.

use claude_harness::stage::{electron, runtime};
use mock_claude::sidecar::Role;
use std::ffi::OsString;
use std::process::ExitCode;

/// Plays the role that a sidecar gives, if there is one. The stand-in CLI and the server are not what is
/// tested here: they only say how they were called.
pub(crate) fn dispatch() -> Option<ExitCode> {
    let executable = std::env::current_exe().ok()?;
    let name = executable.file_name()?.to_string_lossy();
    let sidecar = executable.with_file_name(format!(".{name}.harness.json"));
    let role = serde_json::from_str(&std::fs::read_to_string(sidecar).ok()?).unwrap();
    let argv: Vec<OsString> = std::env::args_os().collect();
    let code = match role {
        Role::Claude(_) | Role::Server(_) => {
            let variable = |name| std::env::var(name).ok();
            let said = serde_json::json!({
                "role": role,
                "args": argv[1..].iter().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>(),
                "face": variable("MOCK_CLAUDE_FACE"),
                "shown_pid": variable("MOCK_CLAUDE_SHOWN_PID"),
                "pid": std::process::id(),
            });
            println!("{said}");
            0
        }
        Role::Runtime => runtime::main(&argv),
        Role::Electron(role) => electron::main(&role, &argv),
    };
    Some(ExitCode::from(u8::try_from(code).unwrap()))
}
