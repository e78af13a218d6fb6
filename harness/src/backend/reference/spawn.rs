//! How SDK 1.0.108 starts the CLI: argv, environment, stdio, and what it says when that fails.
//!
//! Observed behaviour: SDK-DRIVE 1.1-1.5, column A.

use super::defect::Defect;
use super::errno;
use super::nul;
use crate::stage::LAUNCHER_VARIABLES;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixStream as Pair;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

/// One call of the CLI, as the SDK's options have it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) prompt: String,
    pub(super) resume: Option<String>,
    pub(super) allowed_tools: Vec<String>,
    pub(super) permission_mode: Option<String>,
    pub(super) cwd: Option<PathBuf>,
}

/// A started CLI.
pub(super) struct Started {
    pub(super) child: Child,
    /// Our end of its stdin; dropping it is the end of its input.
    pub(super) stdin: Pair,
    /// What is to be written to it, if the arguments have no prompt.
    pub(super) prompt: Option<String>,
    pub(super) stdout: UnixStream,
    /// What was run, for the log.
    pub(super) command: PathBuf,
}

/// Why the CLI could not be started; the texts are the SDK's, which clients see.
#[derive(Debug, thiserror::Error)]
pub(super) enum SpawnError {
    #[error(
        "Claude Code native binary not found at {}. Please ensure Claude Code is installed via native installer \
         or specify a valid path with options.pathToClaudeCodeExecutable.",
        .0.display()
    )]
    NoNativeBinary(PathBuf),
    #[error(
        "Claude Code executable not found at {}. Is options.pathToClaudeCodeExecutable set?",
        .0.display()
    )]
    NoScript(PathBuf),
    #[error("Failed to spawn Claude Code process: spawn {} {}", command.display(), errno::name(*code))]
    Reported { command: PathBuf, code: i32 },
    #[error("spawn {}", errno::name(*.0))]
    Thrown(i32),
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Other(io::Error),
}

/// Whether the SDK runs this path itself, by the path's text alone: `.cjs` and a link to a script are native.
fn is_native(cli: &Path) -> bool {
    const SCRIPTS: [&str; 5] = [".js", ".mjs", ".tsx", ".ts", ".jsx"];
    let text = cli.as_os_str().as_bytes();
    !SCRIPTS
        .iter()
        .any(|suffix| text.ends_with(suffix.as_bytes()))
}

/// The arguments after the executable (and, for a script, after the script).
fn flags(call: &Call, environment_has_debug: bool) -> Vec<OsString> {
    let mut flags: Vec<OsString> = ["--output-format", "stream-json", "--verbose"]
        .map(Into::into)
        .into();
    if environment_has_debug {
        flags.push("--debug-to-stderr".into());
    }
    if let Some(session) = &call.resume {
        flags.extend(["--resume".into(), session.into()]);
    }
    if !call.allowed_tools.is_empty() {
        flags.extend(["--allowedTools".into(), call.allowed_tools.join(",").into()]);
    }
    if let Some(mode) = call
        .permission_mode
        .as_ref()
        .filter(|mode| *mode != "default")
    {
        flags.extend(["--permission-mode".into(), mode.into()]);
    }
    flags.push("--print".into());
    flags
}

/// A prompt up to this length is passed as an argument, a longer one by stdin; Linux takes 128 KiB, Windows
/// 32,767 characters for all of them (FAILURES I15).
const LONGEST_ARGUMENT: usize = 20_000;

/// JavaScript's `trim`: it takes a byte order mark for white space and U+0085 not.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}'))
}

/// What runs a CLI whose name ends like a script's.
pub(super) struct Runner<'r> {
    /// It is looked up on the child's PATH.
    pub(super) program: &'r Path,
    /// Whether it is an Electron executable that must be told to be Node.
    pub(super) as_node: bool,
}

/// Starts the CLI in this process's group, with socket pairs for stdin and stdout.
pub(super) fn start(
    cli: &Path,
    runner: &Runner<'_>,
    path: Option<&str>,
    call: &Call,
    has: impl Fn(Defect) -> bool,
) -> Result<Started, SpawnError> {
    if has(Defect::RunsTheCmdShim) {
        return Err(SpawnError::Thrown(rustix::io::Errno::INVAL.raw_os_error()));
    }
    let native = is_native(cli);
    let by_stdin = call.prompt.len() > LONGEST_ARGUMENT && !has(Defect::LongPromptsInArgv);
    // Newer SDKs leave a bare name to PATH.
    let bare = cli.components().count() == 1;
    if !bare && !cli.exists() {
        let missing = if native {
            SpawnError::NoNativeBinary
        } else {
            SpawnError::NoScript
        };
        return Err(missing(cli.to_owned()));
    }
    let program = if native { cli } else { runner.program };
    let script = (!native).then(|| cli.as_os_str().to_owned());
    let args: Vec<OsString> = script
        .into_iter()
        .chain(has(Defect::PassesUnknownFlags).then(|| "--future-mode".into()))
        .chain(
            has(Defect::ReusesSessionId)
                .then(|| ["--session-id", SESSION].map(Into::into))
                .into_iter()
                .flatten(),
        )
        .chain(flags(&as_it_is(call, &has), is_set("DEBUG")))
        .chain(
            (!by_stdin)
                .then(|| ["--".into(), trim(&call.prompt).into()])
                .into_iter()
                .flatten(),
        )
        .collect();
    let cwd = call.cwd.as_deref();
    if let Some(refusal) = nul::complaint(args.iter().map(AsRef::as_ref), cwd.map(AsRef::as_ref)) {
        return Err(SpawnError::Refused(refusal));
    }
    let mut command = if has(Defect::RunsByAShell) {
        by_a_shell(program, &args)
    } else {
        let mut command = Command::new(program);
        command.args(args);
        command
    };
    if has(Defect::ReplacesEnvironment) {
        command.env_clear().env("ANTHROPIC_API_KEY", "mine");
    } else if !has(Defect::PassesLauncherVariables) {
        for name in LAUNCHER_VARIABLES {
            command.env_remove(name);
        }
    }
    if let Some(path) = path {
        command.env("PATH", path);
    }
    if runner.as_node && !native {
        command.env("ELECTRON_RUN_AS_NODE", "1");
    }
    if !is_set("CLAUDE_CODE_ENTRYPOINT") {
        command.env("CLAUDE_CODE_ENTRYPOINT", "sdk-ts");
    }
    if let Some(cwd) = cwd {
        command.current_dir(cwd);
    }
    let (stdin, stdout) = stdio(&mut command).map_err(SpawnError::Other)?;
    if !has(Defect::HidesStderr) {
        command.stderr(Stdio::piped());
    }
    run_as_libuv_does(&mut command);
    let child = command
        .spawn()
        .map_err(|error| from_spawn(error, program))?;
    let prompt = by_stdin.then(|| call.prompt.clone());
    Ok(Started {
        child,
        stdin,
        prompt,
        stdout,
        command: program.to_owned(),
    })
}

/// What `spawn(..., { shell: true })` does: one line for the shell, in which nothing is quoted. It stays between.
fn by_a_shell(program: &Path, args: &[OsString]) -> Command {
    let words = std::iter::once(program.as_os_str().to_owned()).chain(args.iter().cloned());
    // A path with a space is quoted even there; what else would start?
    let quoted = |word: OsString| match word.to_string_lossy() {
        text if text.starts_with('/') => format!("'{text}'"),
        text => text.into_owned(),
    };
    let line: Vec<String> = words.map(quoted).collect();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("{}; exit $?", line.join(" "))]);
    command
}

/// The id of an app that has one for each conversation, and thinks that the CLI takes it every time.
const SESSION: &str = "0f0e0d0c-1111-4222-8333-444455556666";

/// The call as it is made: one with an id of its own is not resumed.
fn as_it_is(call: &Call, has: impl Fn(Defect) -> bool) -> Call {
    let mut call = call.clone();
    if has(Defect::ReusesSessionId) {
        call.resume = None;
    }
    call
}

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| value != OsStr::new(""))
}

/// Node gives a child socket pairs, not pipes: the CLI cannot reopen `/dev/stdout` on them.
fn stdio(command: &mut Command) -> io::Result<(Pair, UnixStream)> {
    let (stdin, child_stdin) = Pair::pair()?;
    let (stdout, child_stdout) = Pair::pair()?;
    stdout.set_nonblocking(true)?;
    command
        .stdin(Stdio::from(OwnedFd::from(child_stdin)))
        .stdout(Stdio::from(OwnedFd::from(child_stdout)))
        .stderr(Stdio::null());
    Ok((stdin, UnixStream::from_std(stdout)?))
}

/// fork and execvp, as libuv does it, rather than posix_spawn: a file without `#!` is then run by `/bin/sh`,
/// and a working folder that is missing gives the error of the chdir.
#[expect(
    unsafe_code,
    reason = "a pre_exec hook is the standard library's only way to rule posix_spawn out"
)]
fn run_as_libuv_does(command: &mut Command) {
    // SAFETY: the hook runs between fork and exec and does nothing at all.
    unsafe {
        command.pre_exec(|| Ok(()));
    }
}

fn from_spawn(error: io::Error, program: &Path) -> SpawnError {
    match error.raw_os_error() {
        Some(code) if errno::is_reported_by_the_child(code) => SpawnError::Reported {
            command: program.to_owned(),
            code,
        },
        Some(code) => SpawnError::Thrown(code),
        None => SpawnError::Other(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(call: &Call) -> String {
        let flags: Vec<_> = flags(call, false)
            .iter()
            .chain([&"--".into(), &trim(&call.prompt).into()])
            .map(|flag| flag.to_string_lossy().into_owned())
            .collect();
        flags.join("|")
    }

    #[test]
    fn a_plain_prompt_is_trimmed_and_comes_last() {
        let call = Call {
            prompt: " \u{feff} hi there \n".into(),
            ..Call::default()
        };
        assert_eq!(
            shown(&call),
            "--output-format|stream-json|--verbose|--print|--|hi there"
        );
    }

    #[test]
    fn options_come_in_the_order_of_the_sdk() {
        let call = Call {
            prompt: "hi".into(),
            resume: Some("ID".into()),
            allowed_tools: vec!["Bash(ls:*)".into(), "Read".into()],
            permission_mode: Some("acceptEdits".into()),
            cwd: None,
        };
        assert_eq!(
            shown(&call),
            "--output-format|stream-json|--verbose|--resume|ID|--allowedTools|Bash(ls:*),Read|--permission-mode|acceptEdits|--print|--|hi"
        );
    }

    #[test]
    fn the_default_permission_mode_is_left_out() {
        let call = Call {
            prompt: "hi".into(),
            permission_mode: Some("default".into()),
            ..Call::default()
        };
        assert!(!shown(&call).contains("--permission-mode"));
    }

    #[test]
    fn only_the_text_of_a_path_makes_it_a_script() {
        for script in ["cli.js", "/a/cli.mjs", "x.ts", "x.tsx", "x.jsx"] {
            assert!(!is_native(Path::new(script)), "{script}");
        }
        for native in ["/usr/bin/claude", "cli.cjs", "/a.js/claude"] {
            assert!(is_native(Path::new(native)), "{native}");
        }
    }
}
