//! The Electron shim against the table that was measured with a real Electron (ENVIRONMENTS.md 4.1), and the
//! runtimes of a host without Node.

use crate::support::{Host, Test, command, only_call, stdout};
use claude_harness::stage::electron::{AppEvent, read_events};
use claude_harness::stage::layout::Piece;
use claude_harness::stage::{ServerPayload, Stage};
use rustix::process::{Pid, Signal};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) const WITH_NODE: &[Test] = &[
    ("the_shim_does_what_was_measured", shim),
    ("without_its_fuse_only_utility_processes_work", fuse_off),
    ("an_app_that_dies_takes_its_utility_processes_along", deaths),
    (
        "a_forked_server_runs_the_cli_by_its_execpath_or_a_link_to_it",
        forked_server,
    ),
    ("a_second_start_of_the_app_is_noted", second_start),
];

pub(crate) const WITHOUT_NODE: &[Test] = &[
    (
        "without_node_the_runtimes_run_our_cli_js_only",
        without_node,
    ),
    (
        "a_start_without_the_variable_is_a_second_instance",
        second_instance,
    ),
];

/// The table of ENVIRONMENTS.md 4.1: a row for each thing that was looked at; in columns: a child of fork(), one of
/// utilityProcess.fork(), one of spawn(execPath) without and one with `ELECTRON_RUN_AS_NODE`. `-` where there is no answer.
const TABLE: &[(&str, [&str; 4])] = &[
    ("execPath", ["<app>", "<app>", "-", "<app>"]),
    (
        "argv",
        [
            r#"["<app>","<who>","an argument"]"#,
            r#"["<app>","<who>","an argument"]"#,
            "-",
            r#"["<app>","<who>","an argument"]"#,
        ],
    ),
    ("execArgv", ["[]", "[]", "-", "[]"]),
    ("version", ["string", "string", "-", "string"]),
    ("variable", ["1", "absent", "-", "1"]),
    (
        "channel",
        ["process.send", "process.parentPort", "-", "none"],
    ),
    (
        "electron",
        ["MODULE_NOT_FOUND", "object", "-", "MODULE_NOT_FOUND"],
    ),
    ("resourcesPath", ["undefined", "string", "-", "undefined"]),
    ("type", ["undefined", "utility", "-", "undefined"]),
    ("grandchild", ["Node", AGAIN, "-", "Node"]),
    ("without", [AGAIN, AGAIN, "-", AGAIN]),
    ("by name", [ENOENT, ENOENT, "-", ENOENT]),
];
const AGAIN: &str = "a second app instance";
const ENOENT: &str = "spawnSync node ENOENT";

/// The columns as the probe names them.
const WAYS: [&str; 4] = ["fork", "utility", "plain", "as node"];

/// An Electron app that runs the probe: the shim's, or a real one.
struct App {
    executable: PathBuf,
    /// What children of fork() are, where that is not the executable.
    helper: PathBuf,
    scripts: PathBuf,
    out: PathBuf,
    command: Box<dyn Fn() -> std::process::Command>,
}

impl App {
    fn start(&self, mode: &str) -> Running {
        let mut command = (self.command)();
        command.env("PROBE_OUT", &self.out).env("PROBE_MODE", mode);
        Running(command.spawn().unwrap())
    }

    /// What the probe wrote, as soon as it is there.
    fn written(&self, app: &mut Running) -> Value {
        until(|| {
            let ended = app.0.try_wait().unwrap();
            assert!(ended.is_none() || self.out.exists(), "{ended:?}");
            self.out.exists()
        });
        serde_json::from_slice(&std::fs::read(&self.out).unwrap()).unwrap()
    }

    fn named(&self, text: &str) -> String {
        [
            (&self.helper, "<app>"),
            (&self.executable, "<app>"),
            (&self.scripts.join("who.cjs"), "<who>"),
        ]
        .iter()
        .fold(text.to_owned(), |text, (path, name)| {
            text.replace(path.to_str().unwrap(), name)
        })
    }

    /// Runs the probe and compares it with a table, naming the row and the column that differ.
    fn compare(&self, table: &[(&str, [&str; 4])]) {
        let mut app = self.start("table");
        let seen = self.written(&mut app);
        assert!(app.0.wait().unwrap().success());
        assert_eq!(seen["main"]["type"], "browser");
        for (column, way) in WAYS.iter().enumerate() {
            let said = seen[way].as_str().unwrap();
            let child: Value = serde_json::from_str(said).unwrap_or(Value::Null);
            for (row, expected) in table {
                let seen = match &child[row] {
                    Value::Null => "-".to_owned(),
                    Value::String(text) => self.named(text),
                    other => self.named(&other.to_string()),
                };
                assert_eq!(seen, expected[column], "row {row}, column {way}: {said}");
            }
            if child.is_null() {
                assert_eq!(said, AGAIN, "column {way}");
            }
        }
        for way in ["fork", "utility"] {
            let answer = &seen[format!("{way} channel")];
            assert_eq!(answer, "ping pong", "the channel of {way}");
        }
    }
}

/// An app that runs; it ends with the test.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for something that other processes do, and that nothing tells a test of: a file that gets a line, a process that
/// ends and is nobody's child here.
#[track_caller]
fn until(mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "it never happened");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The probe's files, which lie beside this one.
const SCRIPTS: [(&str, &str); 4] = [
    ("main.cjs", include_str!("electron/main.cjs")),
    ("who.cjs", include_str!("electron/who.cjs")),
    ("leaf.cjs", include_str!("electron/leaf.cjs")),
    ("linger.cjs", include_str!("electron/linger.cjs")),
];

fn app_stage(host: &Host, run_as_node: bool) -> (Arc<Stage>, App) {
    let mut plan = host.plan("linux-desktop", "electron-linux");
    for piece in &mut plan.layout.tree {
        if let Piece::Electron {
            run_as_node: fuse,
            main,
            ..
        } = piece
        {
            *fuse = run_as_node;
            *main = Some("{app}/resources/app/main.cjs".to_owned());
        }
    }
    let scripts = SCRIPTS.map(|(name, text)| Piece::File {
        at: format!("{{app}}/resources/app/{name}"),
        text: text.to_owned(),
    });
    plan.layout.tree.extend(scripts);
    let stage = Arc::new(Stage::build(&plan).unwrap());
    let executable = stage.app.join("myjarvis");
    let app = App {
        helper: executable.clone(),
        scripts: stage.app.join("resources/app"),
        out: stage.tmp.join("probe.json"),
        command: Box::new({
            let (stage, executable) = (stage.clone(), executable.clone());
            move || command(&stage, &executable)
        }),
        executable,
    };
    (stage, app)
}

/// A copy of the real Electron in `CLAUDE_HARNESS_ELECTRON` (its executable) with the probe as its app.
fn real_app(electron: &Path, folder: &Path) -> App {
    let (tree, executable, resources) = match electron.ancestors().nth(3) {
        Some(bundle) if bundle.extension().is_some_and(|it| it == "app") => {
            (bundle, "Contents/MacOS/Electron", "Contents/Resources")
        }
        _ => (electron.parent().unwrap(), "electron", "resources"),
    };
    let copy = folder.join("Probe.app");
    let copied = std::process::Command::new("cp")
        .arg("-R")
        .args([tree, &copy])
        .status();
    assert!(copied.unwrap().success());
    let scripts = copy.join(resources).join("app");
    std::fs::create_dir(&scripts).unwrap();
    for (name, text) in SCRIPTS {
        std::fs::write(scripts.join(name), text).unwrap();
    }
    let package = r#"{"name":"probe","version":"1.0.0","main":"main.cjs"}"#;
    std::fs::write(scripts.join("package.json"), package).unwrap();
    let executable = copy.join(executable);
    let helper = "Contents/Frameworks/Electron Helper.app/Contents/MacOS/Electron Helper";
    let helper = match copy.join(helper) {
        helper if helper.exists() => helper,
        _ => executable.clone(),
    };
    App {
        command: Box::new({
            let (executable, home) = (executable.clone(), folder.to_owned());
            move || {
                let mut command = std::process::Command::new(&executable);
                // Its lock and its data belong to this test.
                command
                    .env("HOME", &home)
                    .env("ELECTRON_DISABLE_SANDBOX", "1");
                command
            }
        }),
        out: folder.join("probe.json"),
        executable,
        helper,
        scripts,
    }
}

/// The shim, and the real one where there is one.
fn each_app(host: &Host, test: impl Fn(&App)) {
    let (_stage, app) = app_stage(host, true);
    test(&app);
    if let Some(electron) = std::env::var_os("CLAUDE_HARNESS_ELECTRON") {
        let folder = tempfile::tempdir().unwrap();
        // Electron's own paths are real ones.
        let folder = folder.path().canonicalize().unwrap();
        test(&real_app(Path::new(&electron), &folder));
    }
}

fn shim(host: &Host) {
    each_app(host, |app| app.compare(TABLE));
}

fn fuse_off(host: &Host) {
    let (_stage, app) = app_stage(host, false);
    let mut app_runs = app.start("ways");
    let seen = app.written(&mut app_runs);
    assert_eq!(seen["fork"], AGAIN);
    assert_eq!(seen["plain"], AGAIN);
    assert_eq!(seen["as node"], AGAIN);
    assert_eq!(seen["utility"]["type"], "utility");
}

fn deaths(host: &Host) {
    each_app(host, |app| {
        for signal in [Signal::KILL, Signal::TERM] {
            let _ = std::fs::remove_file(&app.out);
            let mut running = app.start("linger");
            let seen = app.written(&mut running);
            let pid = |name: &str| Pid::from_raw(seen[name].as_i64().unwrap() as i32).unwrap();
            let main = Pid::from_raw(running.0.id() as i32).unwrap();
            rustix::process::kill_process(main, signal).unwrap();
            running.0.wait().unwrap();
            until(|| rustix::process::test_kill_process(pid("utility")).is_err());
            let alive = rustix::process::test_kill_process(pid("forked"));
            assert!(alive.is_ok(), "after {signal:?} the forked child lives");
            rustix::process::kill_process(pid("forked"), Signal::KILL).unwrap();
        }
    });
}

/// Runs in the forked server's place.
const SERVER: &str = r"
const { spawnSync } = require('node:child_process')
const { symlinkSync, mkdirSync } = require('node:fs')
const run = (program, args, env) => {
  const it = spawnSync(program, args, { env, encoding: 'utf8' })
  return it.error ? it.error.message : it.stdout.trim()
}
mkdirSync(__dirname + '/bin')
symlinkSync(process.execPath, __dirname + '/bin/node')
const [asar, cli] = process.argv.slice(2)
console.log(JSON.stringify({
  'argv0': process.argv0,
  'a link called node': run('node', ['-p', 'process.execPath'], { ...process.env, PATH: __dirname + '/bin' }),
  'a path inside app.asar': run(asar + '/cli.js', [], process.env),
  'cli.js by execPath': run(process.execPath, [cli, '-p', 'hi'], process.env),
}))
";

fn forked_server(host: &Host) {
    let stage = host.stage("macos-finder", "electron-app");
    let helper = stage.app.join(
        "Contents/Frameworks/My Jarvis Desktop Helper.app/Contents/MacOS/My Jarvis Desktop Helper",
    );
    assert_eq!(stage.runtime, helper);
    let script = stage.tmp.join("server.js");
    std::fs::write(&script, SERVER).unwrap();
    let output = command(&stage, &stage.runtime)
        .envs(&stage.server_env)
        .arg(script)
        .arg(stage.app.join("Contents/Resources/app.asar"))
        .arg(&stage.cli)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let seen: Value = serde_json::from_str(&stage.normalise(&stdout(&output))).unwrap();
    let shim = stage.normalise(helper.to_str().unwrap());
    let expected = json!({
        "argv0": shim,
        "a link called node": shim,
        "a path inside app.asar": "spawnSync <app>/Contents/Resources/app.asar/cli.js ENOTDIR",
        "cli.js by execPath": "Hi there",
    });
    assert_eq!(seen, expected);
    assert_eq!(only_call(&stage).start.face, "cli.js");
    assert_eq!(read_events(&stage.app_events).unwrap(), []);
}

fn second_start(host: &Host) {
    let (stage, app) = app_stage(host, true);
    app.compare(TABLE);
    // The plain one, the grandchild of the utility process, and three grandchildren without the variable.
    assert_eq!(read_events(&stage.app_events).unwrap().len(), 5);
}

fn second_instance(host: &Host) {
    let stage = Stage::build(&host.bare_plan("macos-finder", "electron-app")).unwrap();
    assert_eq!(read_events(&stage.app_events).unwrap(), []);
    let app = stage.app.join("Contents/MacOS/My Jarvis Desktop");
    let child = command(&stage, &app)
        .args(["server.js", "--port"])
        .env("ELECTRON_NO_ATTACH_CONSOLE", "1")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(1));
    let expected = AppEvent::SecondAppInstance {
        pid,
        argv: vec![
            app.to_str().unwrap().to_owned(),
            "server.js".into(),
            "--port".into(),
        ],
        env: [
            ("ELECTRON_NO_ATTACH_CONSOLE".to_owned(), "1".to_owned()),
            ("PATH".to_owned(), stage.env["PATH"].clone()),
        ]
        .into(),
    };
    assert_eq!(read_events(&stage.app_events).unwrap(), [expected]);
}

fn without_node(host: &Host) {
    for (environment, layout) in [("terminal-dev", "dev"), ("macos-finder", "electron-app")] {
        let mut plan = host.bare_plan(environment, layout);
        plan.server = ServerPayload::None;
        let stage = Stage::build(&plan).unwrap();
        assert!(stage.runtime_is_standin);
        assert!(
            stage
                .limits
                .iter()
                .any(|limit| limit.contains("no real Node"))
        );
        let run = |args: &[&str]| {
            let child = command(&stage, &stage.runtime)
                .envs(&stage.server_env)
                .args(args)
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            (child.id(), child.wait_with_output().unwrap())
        };
        let (pid, output) = run(&["--no-warnings", stage.cli.to_str().unwrap(), "-p", "hi"]);
        assert_eq!(stdout(&output), "Hi there\n", "{output:?}");
        let start = only_call(&stage).start;
        assert_eq!(
            (start.face.as_str(), start.argv),
            ("cli.js", vec!["-p".to_owned(), "hi".to_owned()])
        );
        assert_eq!(start.executable, stage.cli);
        assert_eq!(
            (start.pid, start.shown_pid),
            (pid, pid),
            "it is the same process"
        );

        let script = stage.tmp.join("other.js");
        std::fs::write(&script, "console.log(1)").unwrap();
        let (_, output) = run(&[script.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("only runs the CLI, not"));
        let (_, output) = run(&["no/such.js"]);
        assert!(
            String::from_utf8_lossy(&output.stderr).starts_with("Error: Cannot find module '/")
        );
        let (_, output) = run(&["--version"]);
        assert_eq!(stdout(&output), "v20.20.2-stand-in\n");
    }
}
