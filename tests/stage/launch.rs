//! Every environment, seen from inside: a process that is started as it says finds what it says.

use crate::observer::{self, Seen};
use crate::support::{Host, Test, environment_named};
use claude_harness::runner::{launched, supervision};
use claude_harness::stage::environment::{Children, Environment, Stdio, Uid};
use claude_harness::stage::{self, Stage, StageError};
use claude_harness::supervise::{Event, SpawnSpec, Status, Supervisor};
use insta::assert_snapshot;
use std::path::{Path, PathBuf};

pub(crate) const TESTS: &[Test] = &[
    (
        "a_process_finds_what_its_environment_says",
        every_environment,
    ),
    ("single_things_can_be_changed", changed),
    ("a_closed_stream_is_not_open", closed),
    ("what_is_written_to_a_terminal_is_read", terminal),
    ("a_stage_without_its_own_home_is_refused", no_home),
    ("an_environment_that_is_not_supported_says_why", unsupported),
];

/// One environment a row: adding one is a data file, and its row here.
fn every_environment(host: &Host) {
    let mut rows = String::new();
    for found in stage::environments(None).unwrap() {
        let environment = found.item;
        if environment.unsupported.is_some() {
            continue;
        }
        let stage = on_dev(host, environment.clone());
        let seen = look_around(&stage);
        agrees(&environment, &stage, &seen);
        rows += &row(&environment, &stage);
    }
    assert_snapshot!(rows, @r#"
    ci (linux, ci, user, approximated)
      PATH {home}/.local/bin:/usr/local/bin:/usr/bin:/bin has ["node"]
      ANTHROPIC_API_KEY CI GITHUB_ACTIONS GITHUB_WORKSPACE HOME LANG LOGNAME PATH PWD RUNNER_TEMP SHELL SHLVL TMPDIR USER
      in <project> as home/runner, shell /bin/bash; null pipe pipe; session the launcher's; 022 1024 0
    cron (linux, service, user, measured)
      PATH /usr/bin:/bin has []
      HOME LOGNAME PATH PWD SHELL TMPDIR
      in <home> as home/Zoë Tester, shell /bin/sh; dead-reader pipe pipe; session own; 022 1024 0
    docker-alpine (linux, container, root, documented)
      PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin has ["node"]
      ANTHROPIC_API_KEY HOME HOSTNAME NODE_VERSION PATH TMPDIR USE_BUILTIN_RIPGREP
      in / as root, shell /bin/ash; null pipe pipe; session own, cgroup ended; 022 1048576 0
    docker-debian (linux, container, root, approximated)
      PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin has ["node"]
      ANTHROPIC_API_KEY HOME HOSTNAME NODE_VERSION PATH TMPDIR
      in / as root, shell /bin/bash; null pipe pipe; session own, cgroup ended; 022 1048576 0
    electron-fork (macos, desktop, user, measured)
      PATH /usr/bin:/bin:/usr/sbin:/sbin has []
      COMMAND_MODE ELECTRON_RUN_AS_NODE HOME LOGNAME PATH SHELL SSH_AUTH_SOCK TMPDIR USER XPC_FLAGS XPC_SERVICE_NAME __CFBundleIdentifier __CF_USER_TEXT_ENCODING
      in / as Users/Zoë Tester, shell /bin/zsh; null pipe pipe; session own; 022 256 0
    electron-utility (macos, desktop, user, measured)
      PATH /usr/bin:/bin:/usr/sbin:/sbin has []
      COMMAND_MODE HOME LOGNAME PATH SHELL SSH_AUTH_SOCK TMPDIR USER XPC_FLAGS XPC_SERVICE_NAME __CFBundleIdentifier __CF_USER_TEXT_ENCODING
      in / as Users/Zoë Tester, shell /bin/zsh; null pipe pipe; session own; 022 256 0
    linux-appimage (linux, desktop, user, documented)
      PATH /tmp/.mount_MyJarvK3xQ2a/usr/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games has []
      APPDIR APPIMAGE ARGV0 DBUS_SESSION_BUS_ADDRESS DISPLAY GIO_LAUNCHED_DESKTOP_FILE GIO_LAUNCHED_DESKTOP_FILE_PID HOME LANG LD_LIBRARY_PATH LOGNAME OWD PATH SHELL TMPDIR USER WAYLAND_DISPLAY XDG_CURRENT_DESKTOP XDG_RUNTIME_DIR XDG_SESSION_TYPE
      in <home> as home/Zoë Tester, shell /bin/bash; null pipe pipe; session own; 022 1024 0
    linux-desktop (linux, desktop, user, documented)
      PATH /usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games has []
      DBUS_SESSION_BUS_ADDRESS DISPLAY GIO_LAUNCHED_DESKTOP_FILE GIO_LAUNCHED_DESKTOP_FILE_PID HOME LANG LOGNAME PATH SHELL TMPDIR USER WAYLAND_DISPLAY XDG_CURRENT_DESKTOP XDG_RUNTIME_DIR XDG_SESSION_TYPE
      in <home> as home/Zoë Tester, shell /bin/bash; null pipe pipe; session own; 022 1024 0
    macos-finder (macos, desktop, user, documented)
      PATH /usr/bin:/bin:/usr/sbin:/sbin has []
      COMMAND_MODE HOME LOGNAME PATH SHELL SSH_AUTH_SOCK TMPDIR USER XPC_FLAGS XPC_SERVICE_NAME __CFBundleIdentifier __CF_USER_TEXT_ENCODING
      in / as Users/Zoë Tester, shell /bin/zsh; null pipe pipe; session own; 022 256 0
    macos-launchagent (macos, service, user, documented)
      PATH /usr/bin:/bin:/usr/sbin:/sbin has []
      HOME LOGNAME PATH SHELL TMPDIR USER XPC_FLAGS XPC_SERVICE_NAME
      in / as Users/Zoë Tester, shell /bin/zsh; null pipe pipe; session own, group ended; 022 256 0
    macos-launchagent-no-user (macos, service, user, documented)
      PATH /usr/bin:/bin:/usr/sbin:/sbin has []
      HOME PATH SHELL TMPDIR XPC_FLAGS XPC_SERVICE_NAME
      in / as Users/Zoë Tester, shell /bin/zsh; null pipe pipe; session own, group ended; 022 256 0
    macos-ssh (macos, ssh, user, approximated)
      PATH /usr/bin:/bin:/usr/sbin:/sbin has []
      HOME LANG LOGNAME PATH SHELL SSH_CLIENT SSH_CONNECTION TMPDIR USER
      in <home> as Users/Zoë Tester, shell /bin/zsh; pipe pipe pipe; session own; 022 256 0
    macos-translocated (macos, desktop, user, documented)
      PATH /usr/bin:/bin:/usr/sbin:/sbin has []
      COMMAND_MODE HOME LOGNAME PATH SHELL SSH_AUTH_SOCK TMPDIR USER XPC_FLAGS XPC_SERVICE_NAME __CFBundleIdentifier __CF_USER_TEXT_ENCODING
      in / as Users/Zoë Tester, shell /bin/zsh; null pipe pipe; session own; 022 256 0
    ssh-login (linux, ssh, user, measured)
      PATH {home}/.local/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games has ["claude"]
      HOME LANG LOGNAME MOTD_SHOWN PATH PWD SHELL SHLVL SSH_CLIENT SSH_CONNECTION TMPDIR USER
      in <home> as home/Zoë Tester, shell /bin/bash; pipe pipe pipe; session own; 022 1024 0
    ssh-nonlogin (linux, ssh, user, measured)
      PATH /usr/local/bin:/usr/bin:/bin:/usr/games has []
      HOME LANG LOGNAME MOTD_SHOWN PATH PWD SHELL SHLVL SSH_CLIENT SSH_CONNECTION TMPDIR USER
      in <home> as home/Zoë Tester, shell /bin/bash; pipe pipe pipe; session own; 022 1024 0
    su-login (linux, ssh, user, measured)
      PATH {home}/.local/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games has ["claude"]
      HOME LOGNAME MAIL PATH SHELL TMPDIR
      in <home> as home/Zoë Tester, shell /bin/bash; terminal terminal terminal; session a terminal's; 022 1024 0
    systemd-service (linux, service, user, documented)
      PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin has []
      ANTHROPIC_API_KEY HOME INVOCATION_ID JOURNAL_STREAM LANG LOGNAME PATH SHELL SYSTEMD_EXEC_PID TMPDIR USER
      in / as home/Zoë Tester, shell /bin/bash; null pipe pipe; session own, cgroup ended; 022 1024 0
    systemd-system (linux, service, root, documented)
      PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin has []
      ANTHROPIC_API_KEY HOME INVOCATION_ID JOURNAL_STREAM LANG PATH SYSTEMD_EXEC_PID TMPDIR
      in / as root, shell /bin/sh; null pipe pipe; session own, cgroup ended; 022 1024 0
    systemd-user (linux, service, user, documented)
      PATH /usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games has []
      DBUS_SESSION_BUS_ADDRESS HOME INVOCATION_ID JOURNAL_STREAM LANG LOGNAME MANAGERPID PATH SHELL TMPDIR USER XDG_RUNTIME_DIR
      in <home> as home/Zoë Tester, shell /bin/bash; null pipe pipe; session own, cgroup ended; 022 1024 0
    tauri-sidecar (macos, desktop, user, documented)
      PATH /usr/bin:/bin:/usr/sbin:/sbin has []
      COMMAND_MODE HOME LOGNAME PATH SHELL SSH_AUTH_SOCK TMPDIR USER XPC_FLAGS XPC_SERVICE_NAME __CFBundleIdentifier __CF_USER_TEXT_ENCODING
      in / as Users/Zoë Tester, shell /bin/zsh; pipe pipe pipe; session own; 022 256 0
    terminal-dev (linux, terminal, user, approximated)
      PATH {home}/.local/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games has ["node", "claude"]
      COLORTERM HOME LANG LOGNAME PATH PWD SHELL SHLVL TERM TMPDIR USER
      in <project> as home/Zoë Tester, shell /bin/bash; null pipe pipe; session the launcher's; 022 1024 0
    vscode-exthost (linux, ide, user, documented)
      PATH /usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games has []
      DBUS_SESSION_BUS_ADDRESS DISPLAY ELECTRON_RUN_AS_NODE GIO_LAUNCHED_DESKTOP_FILE GIO_LAUNCHED_DESKTOP_FILE_PID HOME LANG LOGNAME PATH SHELL TMPDIR USER VSCODE_CWD VSCODE_ESM_ENTRYPOINT VSCODE_HANDLES_UNCAUGHT_ERRORS VSCODE_IPC_HOOK VSCODE_NLS_CONFIG VSCODE_PID WAYLAND_DISPLAY XDG_CURRENT_DESKTOP XDG_RUNTIME_DIR XDG_SESSION_TYPE
      in <home> as home/Zoë Tester, shell /bin/bash; pipe pipe pipe; session own; 022 1024 0
    "#);
}

fn changed(host: &Host) {
    let mut environment = environment_named("cron");
    (environment.stdin, environment.stdout) = (Stdio::Pipe, Stdio::DeadReader);
    (environment.umask, environment.nofile, environment.core) = (0o027, 99, 4096);
    environment.new_session = false;
    let stage = on_dev(host, environment.clone());
    agrees(&environment, &stage, &look_around(&stage));

    (environment.terminal, environment.stdin) = (true, Stdio::Null);
    let stage = on_dev(host, environment.clone());
    agrees(&environment, &stage, &look_around(&stage));
}

/// A program of Rust opens what is closed before it can look, so a shell does.
fn closed(host: &Host) {
    let mut environment = environment_named("cron");
    (environment.stdin, environment.stderr) = (Stdio::Closed, Stdio::Closed);
    let stage = on_dev(host, environment);
    let script =
        "for fd in 0 1 2; do if ( : 3>&$fd ); then echo open; else echo closed; fi; done >\"$1\"";
    let file = stage.tmp.join("seen");
    let spec = launched(&stage, PathBuf::from("/bin/sh")).args(["-c", script, "sh"]);
    run(&stage, spec.args([file.clone()]));
    // Where the third is to be closed it takes the shell's own redirection along.
    let seen = std::fs::read_to_string(file).unwrap();
    assert_eq!(seen, "closed\nopen\nclosed\n");
}

fn terminal(host: &Host) {
    let stage = on_dev(host, environment_named("su-login"));
    let script = "echo out; echo err >&2; echo mine >/dev/tty; stty size </dev/tty";
    let lines = run(
        &stage,
        launched(&stage, PathBuf::from("/bin/sh")).args(["-c", script]),
    );
    assert_eq!(lines, ["out", "err", "mine", "24 80"]);
}

fn no_home(host: &Host) {
    let mut plan = host.plan("cron", "dev");
    plan.environment
        .variables
        .retain(|(name, _)| name != "HOME");
    let error = Stage::build(&plan).unwrap_err();
    assert!(matches!(error, StageError::NoHome), "{error}");
    let home = ("HOME".to_owned(), "/root".to_owned());
    plan.environment.variables.push(home);
    assert!(matches!(
        Stage::build(&plan).unwrap_err(),
        StageError::NoHome
    ));
}

fn unsupported(host: &Host) {
    let error = Stage::build(&host.plan("windows-explorer", "dev")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "windows-explorer is not supported: on Windows nothing works yet; process supervision, signals and \
         stages are Unix only"
    );
}

fn on_dev(host: &Host, environment: Environment) -> Stage {
    let mut plan = host.bare_plan("cron", "dev");
    plan.environment = environment;
    Stage::build(&plan).unwrap()
}

/// What a process finds that is started as the backend is.
fn look_around(stage: &Stage) -> Seen {
    let file = stage.tmp.join("seen.json");
    let program = std::env::current_exe().unwrap();
    let spec =
        launched(stage, program).args([observer::FLAG.into(), file.clone().into_os_string()]);
    run(stage, spec);
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// Runs to a good end, and gives what was read of its output.
fn run(stage: &Stage, spec: SpawnSpec) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let executables = stage::prepare(&std::env::current_exe().unwrap(), None).unwrap();
        let supervisor = Supervisor::launch(supervision(stage, &executables, false))
            .await
            .unwrap();
        let pid = supervisor.spawn(&spec).await.unwrap();
        assert_eq!(supervisor.wait(pid).await, Some(Status::Exited(0)));
        let events = supervisor.finish().await.unwrap().events.into_iter();
        events
            .filter_map(|event| match event {
                Event::Log { line, .. } => Some(line),
                _ => None,
            })
            .collect()
    })
}

/// The file's word against what was seen.
#[track_caller]
fn agrees(environment: &Environment, stage: &Stage, seen: &Seen) {
    let name = &environment.name;
    let mut env = stage.env.clone();
    env.insert(
        "CLAUDE_HARNESS_RUN".to_owned(),
        stage.root.display().to_string(),
    );
    assert_eq!(seen.env, env, "{name}");
    assert_eq!(seen.cwd, stage.cwd, "{name}");
    let streams = [environment.stdin, environment.stdout, environment.stderr].map(stream);
    assert_eq!(seen.streams, streams, "{name}");
    let leads = environment.new_session || environment.terminal;
    assert_eq!(seen.leads_session, leads, "{name}");
    assert_eq!(seen.has_terminal, environment.terminal, "{name}");
    assert_eq!(seen.umask, environment.umask, "{name}");
    let hard = seen.nofile_hard.unwrap_or(u64::MAX);
    assert_eq!(seen.nofile, Some(environment.nofile.min(hard)), "{name}");
    assert_eq!(seen.core, Some(environment.core), "{name}");
    // What cannot be had here is said.
    let said = stage
        .limits
        .iter()
        .any(|limit| limit.starts_with("it runs as "));
    assert_eq!(said, seen.root != (environment.uid == Uid::Root), "{name}");
    let home = stage.env.get("HOME").map(Path::new);
    assert_eq!(home, Some(&*stage.home), "{name}");
}

fn stream(stdio: Stdio) -> String {
    let name = match stdio {
        Stdio::Null => "null",
        Stdio::Pipe => "pipe",
        Stdio::DeadReader => "dead pipe",
        Stdio::Terminal => "terminal",
        Stdio::Closed => "closed",
    };
    name.to_owned()
}

fn row(environment: &Environment, stage: &Stage) -> String {
    let names: Vec<&str> = stage.env.keys().map(String::as_str).collect();
    let dirs: Vec<&str> = stage
        .path
        .iter()
        .map(|(declared, _)| declared.as_str())
        .collect();
    let on_path: Vec<&str> = ["node", "claude"]
        .into_iter()
        .filter(|name| environment.has_command(name))
        .collect();
    let Environment {
        stdin,
        stdout,
        stderr,
        umask,
        nofile,
        core,
        ..
    } = environment;
    let session = match (environment.terminal, environment.new_session) {
        (true, _) => "a terminal's",
        (false, true) => "own",
        (false, false) => "the launcher's",
    };
    let ends = match environment.children_end_with {
        Children::Nobody | Children::App => String::new(),
        other => format!(", {} ended", other.name()),
    };
    let text = format!(
        "{} ({}, {}, {}, {})\n  PATH {} has {on_path:?}\n  {}\n  in {} as {}, shell {}; {} {} {}; session {session}{ends}; \
         {umask:03o} {nofile} {core}\n",
        environment.name,
        environment.system.name(),
        environment.kind.name(),
        environment.uid.name(),
        environment.provenance.name(),
        dirs.join(":"),
        names.join(" "),
        stage.cwd.display(),
        environment.home,
        environment.shell,
        stdin.name(),
        stdout.name(),
        stderr.name(),
    );
    stage.normalise(&text)
}
