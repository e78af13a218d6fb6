//! The stand-in alone, without the harness: its own arguments, scripts in files, state, checks.

mod support;

use mock_claude::profile::Profile;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use support::Run;

/// A folder with `mock-claude`, a HOME and a script.
struct Alone {
    dir: tempfile::TempDir,
    ledger: bool,
}

impl Alone {
    fn new(script: &str) -> Alone {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("home")).unwrap();
        fs::write(dir.path().join("script.yaml"), script).unwrap();
        let exe = Path::new(env!("CARGO_BIN_EXE_mock-claude"));
        if fs::hard_link(exe, dir.path().join("mock-claude")).is_err() {
            fs::copy(exe, dir.path().join("mock-claude")).unwrap();
        }
        Alone { dir, ledger: false }
    }

    fn with_ledger(script: &str) -> Alone {
        Alone {
            ledger: true,
            ..Alone::new(script)
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.path("mock-claude"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env_clear()
            .env("HOME", self.path("home"))
            .env("PATH", "/usr/bin:/bin")
            .env("ANTHROPIC_API_KEY", "sk-ant-nobodys-business")
            .env("MOCK_CLAUDE_SCRIPT", "script.yaml")
            .stdin(Stdio::null());
        if self.ledger {
            command.env("MOCK_CLAUDE_LEDGER", "ledger");
        }
        command
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        said(&self.command(args).output().unwrap())
    }

    /// The stdout of a call that ends well.
    #[track_caller]
    fn says(&self, args: &[&str]) -> String {
        let (code, stdout, stderr) = self.run(args);
        assert_eq!(code, 0, "{stdout}{stderr}");
        stdout
    }
}

fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap_or(-1);
    (code, text(&output.stdout), text(&output.stderr))
}

#[test]
fn it_says_what_it_is_told_to_say_without_a_file() {
    let alone = Alone::new("");
    assert_eq!(alone.says(&["--mock-say", "Hi", "-p", "x"]), "Hi\n");
    let twice = ["--mock-fault", "nul", "--mock-say", "Hi", "-p", "x"];
    assert!(alone.says(&twice).contains('\0'));
    // Every prompt of a stream, too.
    let (code, _, stderr) = alone.run(&["--mock-fault", "nonsense", "-p", "x"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("unknown fault `nonsense`"), "{stderr}");
    let (code, _, stderr) = alone.run(&["--mock-fault", "exit: 300", "-p", "x"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("from 0 to 255"), "{stderr}");
}

#[test]
fn what_people_write_wrong_is_one_message_with_its_place() {
    for (script, place, words) in [
        ("calls: [{ times: 0, do: [say: x] }]", "1:18", "from 1 to"),
        ("clock: -1", "1:8", "from 0 to 100"),
        ("calls: [{ do: [exit: 300] }]", "1:22", "from 0 to 255"),
        ("calls: [{ do: [wait: 5h, say: x] }]", "1:22", "`250ms`"),
        ("calls: nope", "1:8", "a list"),
        ("nope", "1:1", "a mapping"),
        ("{\"calls\": [nope]}", "1:12", "double quotes"),
        ("{\"calls\": []", "1:13", "`,` or `}`"),
        ("calls: [{ do: [] }]", "1:15", "`say`"),
        ("api_script: []", "1:13", "no turn"),
        (
            "calls: []\napi_script: [{ content: [] }]",
            "2:13",
            "keep one",
        ),
        ("profil: 2.1.330", "1:1", "`profile`"),
        ("login: none", "1:8", "`true`"),
        ("process: { times: 0 }", "1:19", "from 1 to"),
    ] {
        let alone = Alone::new(script);
        fs::rename(alone.path("script.yaml"), alone.path("script")).unwrap();
        let mut command = alone.command(&["-p", "x"]);
        let (code, _, stderr) = said(
            &command
                .env("MOCK_CLAUDE_SCRIPT", "script")
                .output()
                .unwrap(),
        );
        assert_eq!(code, 70, "{script}");
        let place = format!("mock-claude: failed to read the script: script:{place}: ");
        assert!(stderr.starts_with(&place), "{script}\n{stderr}");
        assert!(
            stderr.contains(words) && stderr.contains('^'),
            "{script}\n{stderr}"
        );
        for rust in ["invalid type", "expected ident", "struct ", "enum "] {
            assert!(!stderr.contains(rust), "{script}\n{stderr}");
        }
    }
    let (_, _, stderr) = Alone::new("").run(&["-p", "x"]);
    assert!(stderr.contains("the script is empty"), "{stderr}");
    let (_, _, stderr) = Alone::new("calls: [{ do: [gate: go, say: x] }]").run(&["-p", "x"]);
    assert!(stderr.contains("MOCK_CLAUDE_LEDGER"), "{stderr}");
}

#[test]
fn a_resumed_conversation_goes_on_in_the_script_and_a_new_one_begins_anew() {
    let calls = "calls: [{ do: [say: first] }, { do: [say: second] }]";
    let turn = |text: &str| format!("{{ content: [{{ type: text, text: {text} }}] }}");
    let turns = format!("api_script: [{}, {}]", turn("first"), turn("second"));
    for profile in Profile::versions() {
        for script in [calls, &turns] {
            let alone = Alone::new(&format!("profile: {profile}\n{script}"));
            let id = "0a1b2c3d-1111-4222-8333-444455556666";
            assert_eq!(
                alone.says(&["-p", "x", "--session-id", id]),
                "first\n",
                "{profile}"
            );
            assert_eq!(
                alone.says(&["-p", "x", "--resume", id]),
                "second\n",
                "{profile}"
            );
            let (code, stdout, _) = alone.run(&["-p", "x", "--continue"]);
            assert_eq!(code, 70, "{profile}");
            assert!(stdout.contains("mock-claude: "), "{profile}: {stdout}");
            assert_eq!(alone.says(&["-p", "x"]), "first\n", "{profile}");
        }
        let alone = Alone::with_ledger(&format!("profile: {profile}\n{turns}"));
        alone.says(&["-p", "x"]);
        assert_eq!(
            alone.says(&["-p", "x", "--continue"]),
            "second\n",
            "{profile}"
        );
    }
}

#[test]
fn a_transcript_that_was_put_back_begins_anew() {
    let alone = Alone::new("calls: [{ do: [say: first] }, { do: [say: second] }]");
    let id = "0a1b2c3d-1111-4222-8333-444455556666";
    alone.says(&["-p", "x", "--session-id", id]);
    let projects = alone.path("home/.claude/projects");
    let project = fs::read_dir(projects)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let file = project.join(format!("{id}.jsonl"));
    let text = fs::read_to_string(&file).unwrap();
    alone.says(&["-p", "x", "--resume", id]);
    fs::write(&file, text).unwrap();
    assert_eq!(alone.says(&["-p", "x", "--resume", id]), "first\n");
}

#[test]
fn a_ledger_is_checked_by_exit_code_and_text() {
    let alone = Alone::with_ledger(
        "calls:\n- when: { prompt: Hello }\n  times: 2\n  do: [say: Hi]\n- do: [say: Bye]\n",
    );
    let check = |args: &[&str]| alone.run(&[&["--mock-check"], args].concat());
    assert_eq!(check(&["ledger"]).0, 2);
    alone.says(&["-p", "Hello"]);
    let missing = "entry 1 (line 2) for the prompt \"Hello\" was taken 1 of 2 times\nentry 2 (line 5) was taken 0 of 1 times\n";
    assert_eq!(check(&["ledger"]), (1, missing.to_owned(), String::new()));
    alone.says(&["-p", "Hello"]);
    alone.says(&["-p", "Bye"]);
    let ok = "ok: 3 calls, all as the script expects\n";
    assert_eq!(check(&["ledger"]), (0, ok.to_owned(), String::new()));
    assert_eq!(check(&["ledger", "script.yaml"]).0, 0);
    alone.run(&["-p", "Once more"]);
    let (code, stdout, _) = check(&["ledger"]);
    assert_eq!(code, 1);
    assert!(
        stdout.starts_with("call 4: no entry for the prompt \"Once more\""),
        "{stdout}"
    );
}

#[test]
fn turns_that_were_not_taken_are_told() {
    let turn = "{ content: [{ type: text, text: x }] }";
    let alone = Alone::with_ledger(&format!("api_script: [{turn}, {turn}]"));
    alone.says(&["-p", "x"]);
    let told = "1 of the 2 turns of `api_script` were taken\n".to_owned();
    assert_eq!(
        alone.run(&["--mock-check", "ledger"]),
        (1, told, String::new())
    );
}

#[test]
fn the_ledger_keeps_no_secret_and_is_its_users_alone() {
    let alone = Alone::with_ledger("profile: 2.1.50\ncalls: [{ do: [say: x] }]");
    let key = "sk-ant-nobodys-business";
    alone.says(&["-p", key]);
    let file = alone.path("ledger/calls/0001.jsonl");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let text = fs::read_to_string(file).unwrap();
    assert!(!text.contains(key), "{text}");
    let start: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let kept = start["env"]["ANTHROPIC_API_KEY"].as_str().unwrap();
    assert!(kept.starts_with("sha256:"), "{kept}");
    assert_eq!(start["argv"], json!(["-p", "<ANTHROPIC_API_KEY>"]));
    assert_eq!(
        (&start["profile"], &start["profile_asked"]),
        (&json!("2.1.197"), &json!("2.1.50"))
    );
}

#[test]
fn a_profile_of_its_own_lies_beside_the_script() {
    let alone = Alone::new("profile: ./mine.json\ncalls: []");
    fs::write(
        alone.path("mine.json"),
        r#"{"like": "2.0.77", "version": "2.0.78"}"#,
    )
    .unwrap();
    assert_eq!(alone.says(&["--version"]), "2.0.78 (Claude Code)\n");
    fs::write(
        alone.path("mine.json"),
        r#"{"like": "2.0.77", "verison": "2.0.78"}"#,
    )
    .unwrap();
    let (code, _, stderr) = alone.run(&["--version"]);
    assert_eq!(code, 70);
    assert!(
        stderr.contains("mine.json: `verison` is not known"),
        "{stderr}"
    );
}

#[test]
fn a_script_may_lie_beside_the_executable() {
    let alone = Alone::new("");
    let side = alone.path(".mock-claude.harness.json");
    fs::write(&side, r#"{"calls": [{"do": [{"say": "beside"}]}]}"#).unwrap();
    assert_eq!(alone.says(&["-p", "x"]), "beside\n");
    fs::write(&side, r#"{"rolle": "claude"}"#).unwrap();
    let (code, _, stderr) = alone.run(&["-p", "x"]);
    assert_eq!(code, 70);
    assert!(stderr.contains(r#"{"role": "claude""#), "{stderr}");
}

#[test]
fn installing_replaces_links_and_never_writes_through_them() {
    let alone = Alone::new("");
    let (store, dir) = (alone.path("store"), alone.path("package"));
    fs::create_dir_all(store.join("vendor")).unwrap();
    fs::create_dir(&dir).unwrap();
    for name in ["claude", "cli.js"] {
        fs::write(store.join(name), "theirs").unwrap();
    }
    symlink(store.join("claude"), dir.join("claude")).unwrap();
    fs::hard_link(store.join("cli.js"), dir.join("cli.js")).unwrap();
    let install = |dir: &Path| alone.run(&["--mock-install", dir.to_str().unwrap()]);
    assert_eq!(install(&dir).0, 0);
    for name in ["claude", "cli.js"] {
        assert_eq!(fs::read(store.join(name)).unwrap(), b"theirs", "{name}");
    }
    // Folders that are links are somebody else's.
    fs::remove_dir_all(dir.join("vendor")).unwrap();
    symlink(store.join("vendor"), dir.join("vendor")).unwrap();
    let (code, _, stderr) = install(&dir);
    assert_eq!(code, 1);
    assert!(stderr.contains("vendor is a link"), "{stderr}");
    assert!(fs::read_dir(store.join("vendor")).unwrap().next().is_none());
}

#[test]
fn one_command_makes_the_platform_package() {
    let alone = Alone::new("");
    let modules = alone.path("node_modules");
    let written = alone.says(&["--mock-install", modules.to_str().unwrap()]);
    let files: Vec<&Path> = written.lines().map(Path::new).collect();
    let package = files[0].parent().unwrap();
    assert!(
        package.starts_with(modules.join("@anthropic-ai")),
        "{written}"
    );
    let about: Value =
        serde_json::from_str(&fs::read_to_string(package.join("package.json")).unwrap()).unwrap();
    let name = format!("@anthropic-ai/{}", package.file_name().unwrap().display());
    assert_eq!(about["name"], name);
    assert!(
        name.starts_with("@anthropic-ai/claude-agent-sdk-"),
        "{name}"
    );
    let version = Command::new(files[0]).arg("--version").output().unwrap();
    assert!(version.status.success());
}

/// Seen on 2.1.330 and, with an open stdin, on 2.1.197.
#[test]
fn a_signal_ends_a_run_with_its_code_though_a_command_runs_in_the_background() {
    let bash = "{ tool: Bash, input: { command: 'sleep 60', run_in_background: true } }";
    let stream = [
        "--input-format=stream-json",
        "--output-format=stream-json",
        "--verbose",
    ];
    let prompt = json!({"type": "user", "message": {"role": "user", "content": "x"}});
    for (profile, more) in [
        ("2.1.330", &stream[1..]),
        ("2.1.330", &stream),
        ("2.1.197", &stream),
    ] {
        let alone = Alone::new(&format!(
            "profile: {profile}\ncalls: [{{ do: [use: {bash}, say: started] }}]"
        ));
        let args = [&["-p", "--allowedTools=Bash"], more].concat();
        let mut run = Run::start(
            alone
                .command(&args)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped()),
        );
        if more.len() == 3 {
            run.send_json(&prompt);
        } else {
            run.send("x");
            run.close_stdin();
        }
        run.wait("a result", |line| line["type"] == "result");
        run.signal(rustix::process::Signal::TERM);
        let done = run.ended();
        assert_eq!(
            (done.code, done.stderr.as_str()),
            (143, ""),
            "{profile} {more:?}"
        );
        let results = done
            .kinds()
            .iter()
            .filter(|kind| kind.starts_with("result"))
            .count();
        assert_eq!(results, 1, "{profile} {more:?}");
    }
}

#[test]
fn news_of_the_background_takes_no_entry() {
    let bash = "{ tool: Bash, input: { command: 'sleep 0.2', run_in_background: true } }";
    let script = format!("calls: [{{ do: [use: {bash}, say: started] }}]");
    for profile in Profile::versions() {
        let alone = Alone::new(&format!("profile: {profile}\n{script}"));
        let args = ["-p", "x", "--allowedTools", "Bash"];
        let (code, stdout, stderr) = alone.run(&args);
        assert_eq!(code, 0, "{profile}: {stdout}{stderr}");
    }
}
