//! Becoming a shell of the host that reads the startup files of a stage.

use super::arguments::{self, Arguments};
use super::startup::{Family, file_name};
use mock_claude::sidecar::Shell;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Becomes the shell; `argv` begins with the name under which it was started. Returns, with an exit code, only
/// where it cannot be executed.
///
/// bash and sh are told to read nothing, and the command is begun with the reading of the stage's files. A real
/// zsh reads those in HOME by itself; of the host it reads `/etc/zshenv`, which nothing can forbid it. Without a
/// command, an interactive bash reads `/etc/bash.bashrc` of a host that has it.
pub fn become_shell(shell: &Shell, argv: &[OsString]) -> i32 {
    let (name, args) = argv
        .split_first()
        .map_or((OsStr::new(""), &[][..]), |(name, args)| (&**name, args));
    let asked = arguments::read(name.as_bytes().starts_with(b"-"), args);
    let mut command = Command::new(&shell.shell);
    command.arg0(name);
    match shell.shell.file_name().and_then(OsStr::to_str) {
        Some("zsh") => {
            command.arg("-d").args(args);
        }
        Some("bash") => bash(&mut command, shell, &asked),
        _ => sh(&mut command, shell, &asked, name),
    }
    let error = command.exec();
    eprintln!("claude-harness: {}: {error}", shell.shell.display());
    // As `env` says that a program cannot be executed.
    126
}

/// Text that reads what the shell would read, for the shell that the stage has, whoever plays it.
fn startup(shell: &Shell, asked: &Arguments) -> String {
    let family = Family::of(&shell.name);
    let bash = family == Family::Bash;
    let login = asked.login && !(bash && asked.has("--noprofile"));
    // Debian's bash takes a command of sshd's for one that wants the startup file.
    let from_ssh = bash && asked.command.is_some() && from_ssh();
    let interactive = (asked.interactive || from_ssh) && !(bash && asked.has("--norc"));
    if asked.login && !login {
        return String::new();
    }
    family.startup(login, interactive, &shell.etc)
}

fn from_ssh() -> bool {
    let level = std::env::var("SHLVL")
        .ok()
        .and_then(|level| level.parse().ok());
    let level: i32 = level.unwrap_or(0);
    level < 1
        && ["SSH_CLIENT", "SSH2_CLIENT"]
            .iter()
            .any(|name| std::env::var_os(name).is_some())
}

fn bash(command: &mut Command, shell: &Shell, asked: &Arguments) {
    let text = startup(shell, asked);
    let own = shell.startup.join(file_name(asked.login));
    let at_terminal =
        asked.command.is_none() && asked.rest.is_empty() && !asked.from_stdin && has_terminal();
    if asked.command.is_none() && (asked.interactive || at_terminal) {
        // `--norc` would forbid this one, too.
        command.args(["--noprofile", "--rcfile"]).arg(own);
    } else {
        command.args(["--noprofile", "--norc"]);
        if asked.command.is_none() && asked.login {
            // It is the only file that a script's shell reads by itself.
            command.env("BASH_ENV", &own);
        }
    }
    command.args(&asked.long);
    // A login shell that is interactive would not read the file that is named above.
    if asked.login && asked.command.is_some() {
        command.arg("-l");
    } else {
        plain_name(command, shell);
    }
    finish(command, asked, &text);
}

/// The smaller shells have no option against their startup files, so they must not know that they are asked for.
fn sh(command: &mut Command, shell: &Shell, asked: &Arguments, name: &OsStr) {
    if name.as_bytes().starts_with(b"-") {
        plain_name(command, shell);
    }
    finish(command, asked, &startup(shell, asked));
}

fn plain_name(command: &mut Command, shell: &Shell) {
    command.arg0(&shell.name);
}

fn finish(command: &mut Command, asked: &Arguments, startup: &str) {
    command.args(&asked.options);
    if let Some(text) = &asked.command {
        let mut whole = OsString::from(startup);
        whole.push(text);
        command.arg("-c").arg("--").arg(whole);
    } else if !asked.rest.is_empty() && !asked.from_stdin {
        command.arg("--");
    }
    command.args(&asked.rest);
}

fn has_terminal() -> bool {
    rustix::termios::isatty(std::io::stdin()) && rustix::termios::isatty(std::io::stderr())
}
