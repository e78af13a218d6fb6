//! The servers of a stage: where they lie and what starts them.

use crate::support::{Host, Test, command, listing, stdout};
use claude_harness::stage::{Language, ScriptPayload, ServerPayload, Stage, StageError};
use mock_claude::cli_js::is_our_cli_js;
use serde_json::{Value, json};
use std::path::Path;

pub(crate) const TESTS: &[Test] = &[
    ("the_reference_server_is_a_native_executable", reference),
    ("a_node_server_needs_node", needs_node),
    (
        "a_python_server_has_its_dependencies_and_our_cli_in_the_wheels_place",
        python,
    ),
];

pub(crate) const WITH_NODE: &[Test] = &[(
    "a_node_server_has_its_dependencies_but_not_the_real_cli",
    node,
)];

fn reference(host: &Host) {
    for (environment, layout, expected) in [
        ("terminal-dev", "dev", "<app>/server/server"),
        (
            "macos-finder",
            "electron-app",
            "<app>/Contents/Resources/claude-webui-server/server",
        ),
    ] {
        let mut plan = host.plan(environment, layout);
        plan.server = ServerPayload::Reference {
            defects: vec!["spawn-bare-node".to_owned()],
        };
        let stage = Stage::build(&plan).unwrap();
        let [server] = stage.server.as_slice() else {
            panic!("{:?}", stage.server);
        };
        assert_eq!(stage.normalise(server.to_str().unwrap()), expected);
        let output = command(&stage, server).arg("--port").output().unwrap();
        let said: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!(
            said["role"],
            json!({"role": "server", "defects": ["spawn-bare-node"]})
        );
        assert_eq!(said["args"], json!(["--port"]));
    }
}

/// A server that says which modules it finds, with an installed SDK whose CLI must not reach the stage.
fn payload(folder: &Path, only: &[&str]) -> ServerPayload {
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "server/server.mjs",
        "import { at } from '@anthropic-ai/claude-code'\nimport './lib/a.mjs'\nconsole.log(at, process.execPath)\n",
    );
    write("server/lib/a.mjs", "");
    write("server/install/node_modules/x/index.js", "");
    let sdk = "installed/@anthropic-ai/claude-code";
    write(
        &format!("{sdk}/package.json"),
        r#"{"type":"module","exports":"./sdk.mjs"}"#,
    );
    write(
        &format!("{sdk}/sdk.mjs"),
        "export const at = import.meta.url\n",
    );
    write(&format!("{sdk}/cli.js"), "the real CLI\n");
    write(&format!("{sdk}/vendor/ripgrep/rg"), "the real CLI's tool\n");
    write("installed/dep/node_modules/inner/index.js", "");
    ServerPayload::Script(ScriptPayload {
        language: Language::Node,
        dir: folder.join("server"),
        entry: "server.mjs".to_owned(),
        modules: folder.join("installed"),
        only: only.iter().map(|&path| path.to_owned()).collect(),
    })
}

fn node(host: &Host) {
    let sdk = "@anthropic-ai/claude-code";
    let needed = [&*format!("{sdk}/package.json"), &*format!("{sdk}/sdk.mjs")];
    for (environment, layout, only) in [
        ("terminal-dev", "dev", &[][..]),
        ("macos-finder", "electron-app", &needed[..]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut plan = host.plan(environment, layout);
        plan.server = payload(folder.path(), only);
        let stage = Stage::build(&plan).unwrap();
        let output = command(&stage, &stage.server[0])
            .envs(&stage.server_env)
            .args(&stage.server[1..])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let said = stdout(&output);
        assert!(said.contains(stage.runtime.to_str().unwrap()), "{said}");
        // The SDK was found on the stage, not where it was installed.
        let modules = stage.normalise(said.split(' ').next().unwrap());
        assert!(modules.starts_with("file://<app>/"), "{modules}");
        assert!(
            modules.ends_with("node_modules/@anthropic-ai/claude-code/sdk.mjs"),
            "{modules}"
        );
        for path in listing(&stage.root) {
            if path.ends_with("claude-code/cli.js") {
                assert!(is_our_cli_js(&path), "{}", path.display());
            }
            assert!(!path.ends_with("x/index.js"));
        }
        let placed = |end: &str| listing(&stage.root).iter().any(|path| path.ends_with(end));
        assert_eq!(placed("dep/node_modules/inner/index.js"), only.is_empty());
        assert_eq!(placed("vendor/ripgrep/rg"), only.is_empty());
    }
}

fn needs_node(host: &Host) {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = host.bare_plan("terminal-dev", "dev");
    plan.server = payload(folder.path(), &[]);
    let error = Stage::build(&plan).unwrap_err();
    assert!(matches!(error, StageError::NoNode), "{error}");
}

fn python(host: &Host) {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "server/server.py",
        "import sys, os\nsys.path.append(os.path.dirname(os.path.abspath(__file__)) + '/site-packages')\n\
         import dep, claude_agent_sdk\nprint(dep.__name__, claude_agent_sdk.__file__)\n",
    );
    write("server/older/site-packages/dep.py", "");
    write("installed/dep.py", "");
    write("installed/claude_agent_sdk/__init__.py", "");
    let mut plan = host.plan("terminal-dev", "python-wheel");
    plan.server = ServerPayload::Script(ScriptPayload {
        language: Language::Python,
        dir: folder.path().join("server"),
        entry: "server.py".to_owned(),
        modules: folder.path().join("installed"),
        only: vec!["claude_agent_sdk".to_owned()],
    });
    let stage = match Stage::build(&plan) {
        Err(StageError::NoPython) => return,
        built => built.unwrap(),
    };
    let output = command(&stage, &stage.server[0])
        .args(&stage.server[1..])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        stage.normalise(stdout(&output).trim()),
        "dep <app>/server/claude_agent_sdk/__init__.py"
    );
    let bundled = stage.app.join("server/claude_agent_sdk/_bundled/claude");
    let version = command(&stage, &bundled).arg("--version").output().unwrap();
    assert!(stdout(&version).contains("(Claude Code)"), "{version:?}");
    assert!(!stage.app.join("server/older/site-packages").exists());
}
