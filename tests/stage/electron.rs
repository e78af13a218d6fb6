//! The Electron shim against the table that was measured with a real Electron (ENVIRONMENTS.md 4.1), and the
//! runtimes of a host without Node.

use crate::support::{Host, Test, command, only_call, stdout};
use claude_harness::stage::electron::{AppEvent, read_events};
use claude_harness::stage::layout::Piece;
use claude_harness::stage::{ServerPayload, Stage};
use serde_json::{Value, json};
use std::path::PathBuf;

pub(crate) const WITH_NODE: &[Test] = &[
    ("the_shim_does_what_was_measured", table),
    ("without_its_fuse_the_shim_is_always_an_app", fuse),
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

/// Runs in the forked server's place and reports, row by row, what it sees.
const PROBE: &str = r"
const { spawnSync, fork } = require('node:child_process')
const { symlinkSync, mkdirSync } = require('node:fs')
const run = (program, args, env) => {
  const it = spawnSync(program, args, { env, encoding: 'utf8' })
  if (it.error) return it.error.message
  return it.status === 0 ? it.stdout.trim() : 'exit ' + it.status
}
const code = (name) => { try { require(name) } catch (error) { return error.code } }
const { ELECTRON_RUN_AS_NODE: _, ...without } = process.env
const grandchild = [__dirname + '/who.js']
mkdirSync(__dirname + '/bin')
symlinkSync(process.execPath, __dirname + '/bin/node')
const [asar, cli] = process.argv.slice(2)
const rows = {
  'execPath': process.execPath,
  'argv': process.argv.slice(0, 2),
  'argv0': process.argv0,
  'execArgv': process.execArgv,
  'versions.electron': process.versions.electron,
  'ELECTRON_RUN_AS_NODE': process.env.ELECTRON_RUN_AS_NODE,
  'require electron': code('electron'),
  'resourcesPath, type': [typeof process.resourcesPath, typeof process.type],
  'grandchild by execPath': run(process.execPath, grandchild, process.env),
  'grandchild without the variable': run(process.execPath, grandchild, without),
  'grandchild by the name node': run('node', grandchild, process.env),
  'grandchild by a link called node': run('node', grandchild, { ...process.env, PATH: __dirname + '/bin' }),
  'spawn of a path inside app.asar': run(asar + '/cli.js', [], process.env),
  'cli.js by execPath': run(process.execPath, [cli, '-p', 'hi'], process.env),
}
const child = fork(__dirname + '/who.js', [], { silent: true })
child.on('message', (message) => {
  rows['fork of a fork'] = message
  console.log(JSON.stringify(rows))
})
";

const WHO: &str = r"
const who = process.execPath + ' ' + JSON.stringify(process.execArgv)
if (process.send) process.send(who)
else console.log(who)
";

fn helper(stage: &Stage) -> PathBuf {
    stage.app.join(
        "Contents/Frameworks/My Jarvis Desktop Helper.app/Contents/MacOS/My Jarvis Desktop Helper",
    )
}

fn scripts(stage: &Stage) -> PathBuf {
    let folder = stage.tmp.join("probe");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("probe.js"), PROBE).unwrap();
    std::fs::write(folder.join("who.js"), WHO).unwrap();
    folder
}

fn table(host: &Host) {
    let stage = host.stage("macos-finder", "electron-app");
    assert_eq!(stage.runtime, helper(&stage));
    let folder = scripts(&stage);
    let output = command(&stage, &stage.runtime)
        .envs(&stage.server_env)
        .arg(folder.join("probe.js"))
        .arg(stage.app.join("Contents/Resources/app.asar"))
        .arg(&stage.cli)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let rows: Value = serde_json::from_str(&stage.normalise(&stdout(&output))).unwrap();
    let shim = stage.normalise(helper(&stage).to_str().unwrap());
    let expected = json!({
        "execPath": shim,
        "argv": [shim, "<tmp>/probe/probe.js"],
        "argv0": shim,
        "execArgv": [],
        "versions.electron": "37.3.1",
        "ELECTRON_RUN_AS_NODE": "1",
        "require electron": "MODULE_NOT_FOUND",
        "resourcesPath, type": ["undefined", "undefined"],
        "grandchild by execPath": format!("{shim} []"),
        "grandchild without the variable": "exit 1",
        "grandchild by the name node": "spawnSync node ENOENT",
        "grandchild by a link called node": format!("{shim} []"),
        "spawn of a path inside app.asar": "spawnSync <app>/Contents/Resources/app.asar/cli.js ENOTDIR",
        "cli.js by execPath": "Hi there",
        "fork of a fork": format!("{shim} []"),
    });
    for (row, expected) in expected.as_object().unwrap() {
        assert_eq!(&rows[row], expected, "row: {row}");
    }
    assert_eq!(
        rows.as_object().unwrap().len(),
        expected.as_object().unwrap().len()
    );
    assert_eq!(only_call(&stage).start.face, "cli.js");
    let events = read_events(&stage.app_events).unwrap();
    assert_eq!(events.len(), 1, "the grandchild without the variable");
}

fn fuse(host: &Host) {
    let mut plan = host.plan("macos-finder", "electron-app");
    for piece in &mut plan.layout.tree {
        if let Piece::Electron { run_as_node, .. } = piece {
            *run_as_node = false;
        }
    }
    let stage = Stage::build(&plan).unwrap();
    let folder = scripts(&stage);
    let output = command(&stage, &stage.runtime)
        .envs(&stage.server_env)
        .arg(folder.join("who.js"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    assert_eq!(read_events(&stage.app_events).unwrap().len(), 1);
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
