//! Faults as people write them: each in its place, with complaints that name line and column.

use crate::yaml::{Document, InputError};
use mock_claude::faults::{Place, faults as all};
use mock_claude::script::{self, Script};

/// What a scenario says of the stand-in, compiled.
fn read(text: &str) -> Result<Script, InputError> {
    let document = Document::parse("s.yaml", text)?;
    let map = document
        .root()
        .map("a test", &["claude", "process", "version"])?;
    Ok(Script {
        calls: map.optional("claude", script::entries)?.unwrap_or_default(),
        process: map
            .optional("process", script::process)?
            .unwrap_or_default(),
        version: map.optional("version", script::version)?,
        ..Script::default()
    })
}

/// Every fault, as it is written where it belongs.
const EXAMPLES: &str = r#"
claude:
  - result: missing
    do:
      - noise: "nvm: using \e[32mnode\e[0m"
      - blank-line
      - bytes: { hex: "ff fe 0a" }
      - bytes: { base64: "//4K" }
      - bytes: "{\"half\":"
      - nul
      - invalid-utf8
      - duplicate-line
      - message: { type: mine, n: null }
      - unknown-type
      - unknown-subtype
      - unknown-block
      - stderr: a hint
      - stderr-flood: 200
      - grandchild: { holds: [stdout], new-session: true }
      - zombie
      - wait: 2s
      - gate: go
      - silence: 30s
      - overload: 3
      - long-result: 5000000
      - long-text: 5000000
      - close-stdout
  - { result: twice, do: [auth-error] }
  - { result: { with: { is_error: true, result: "" } }, do: [signal: SIGILL] }
  - { result: { then: { subtype: error_during_execution } }, do: [silence: for-ever] }
  - do: [exit: 3]
  - do: [hang]
process:
  - when: { argv: [--resume] }
    times: 1
    slow-start: 3s
    burst: '{"type":"early"}'
    stdin: slowly
    ignores: [sigterm, eof, interrupt]
    lingers: true
    exit-code: 1
    initialize: { late: 5s }
    control: { interrupt: never, set_model: twice }
    stdout: { split: utf8, dribble: 5ms, crlf: true, bom: true, no-final-newline: true, extra-fields: true }
  - dies: { signal: SIGKILL, after: { lines: 3 } }
version: { says: 0.0.1, banner: Welcome!, takes: 5s, exit-status: 1 }
"#;

#[test]
fn every_fault_can_be_written_and_reaches_the_stand_in() {
    let compiled = read(EXAMPLES).unwrap_or_else(|e| panic!("{e}"));
    let json = serde_json::to_string(&compiled).unwrap();
    assert_eq!(serde_json::from_str::<Script>(&json).unwrap(), compiled);
    for fault in all() {
        let name = fault.name;
        assert!(EXAMPLES.contains(name), "{name} has no example");
        assert!(
            json.contains(&format!("\"{name}\"")),
            "{name} is lost: {json}"
        );
    }
}

#[test]
fn a_fault_stands_in_its_own_place_only() {
    for fault in all() {
        let name = fault.name;
        for (place, text) in [
            (Place::Action, format!("claude:\n- do: [{{ {name}: 1 }}]")),
            (
                Place::Entry,
                format!("claude:\n- {{ {name}: 1, do: [hang] }}"),
            ),
            (Place::Process, format!("process: {{ {name}: 1 }}")),
            (
                Place::Stdout,
                format!("process: {{ stdout: {{ {name}: 1 }} }}"),
            ),
            (Place::Version, format!("version: {{ {name}: 1 }}")),
        ] {
            let unknown = read(&text).is_err_and(|error| error.message.starts_with("unknown"));
            assert_eq!(unknown, fault.place != place, "{text}");
        }
    }
}

#[test]
fn mistakes_are_shown_where_they_are_with_what_would_be_right() {
    for (text, place, words) in [
        ("claude:\n- do:\n  - noize: x\n", (3, 5), "noise"),
        (
            "claude:\n- do:\n  - bytes: { hex: abc }\n",
            (3, 19),
            "pairs",
        ),
        (
            "claude:\n- do:\n  - bytes: { base64: '*' }\n",
            (3, 22),
            "base64",
        ),
        ("claude:\n- do:\n  - nul: 1\n", (3, 10), "takes no value"),
        ("claude:\n- do:\n  - silence: long\n", (3, 14), "`for-ever`"),
        (
            "claude:\n- do:\n  - overload: 0\n",
            (3, 15),
            "from 1 to 100",
        ),
        ("claude:\n- do:\n  - signal: SIGKIL\n", (3, 13), "SIGKILL"),
        (
            "claude:\n- do:\n  - gate: ../x\n",
            (3, 11),
            "letters, digits and dashes",
        ),
        (
            "claude:\n- do:\n  - stderr: x\n",
            (3, 5),
            "never comes to its answer",
        ),
        (
            "claude:\n- { result: { wth: {} }, do: [hang] }\n",
            (2, 15),
            "with",
        ),
        (
            "process:\n- dies: { exit: 1, after: results }\n",
            (2, 27),
            "result",
        ),
        (
            "process:\n- dies: { exit: 1, after: { lines: 0 } }\n",
            (2, 36),
            "from 1",
        ),
        (
            "process:\n- dies: { after: stdin }\n",
            (2, 9),
            "either of a `signal`",
        ),
        (
            "process:\n- control: { interrupt: nevr }\n",
            (2, 25),
            "never",
        ),
        (
            "process:\n- control: { initialize: never }\n",
            (2, 14),
            "a key of its own",
        ),
        ("process:\n- when: { prompt: x }\n", (2, 9), "`argv` only"),
        ("version: { say: x }\n", (1, 12), "says"),
    ] {
        let error = read(text).expect_err(text);
        let whole = format!("{} {}", error.message, error.help.as_deref().unwrap_or(""));
        assert_eq!((error.line, error.column), place, "{text}{whole}");
        assert!(whole.contains(words), "{text}{whole}");
    }
}

#[test]
fn an_accident_after_the_answer_is_no_answer_and_none_keeps_one_away() {
    for (actions, sound) in [
        ("[say: Hi, stderr: x]", true),
        ("[signal: SIGILL]", true),
        ("[auth-error]", true),
        ("[silence: for-ever]", true),
        ("[use: { tool: Bash, result: x }, noise: x]", false),
        ("[silence: 2s]", false),
        ("[overload: 2]", false),
        ("[long-result: 5]", false),
    ] {
        assert_eq!(
            read(&format!("claude:\n- do: {actions}")).is_ok(),
            sound,
            "{actions}"
        );
    }
}

#[test]
fn the_readme_has_the_table_of_faults_and_an_example_that_can_be_read() {
    let readme = include_str!("../../../README.md");
    let (_, section) = readme.split_once("## When the CLI misbehaves").unwrap();
    let example = section.split("```").nth(1).unwrap();
    read(example.strip_prefix("yaml").unwrap()).unwrap_or_else(|e| panic!("{e}"));
    let mut table = String::new();
    for fault in all() {
        let place = match fault.place {
            Place::Action => "`do`",
            Place::Entry => "beside `do`",
            Place::Process => "`process`",
            Place::Stdout => "`process`, `stdout`",
            Place::Version => "`version`",
        };
        let kind = serde_json::to_value(fault.kind).unwrap();
        table += &format!(
            "| `{}` | {} | {place} | {} |\n",
            fault.name,
            kind.as_str().unwrap(),
            fault.about
        );
    }
    assert!(
        readme.contains(&table),
        "the README's table should be:\n{table}"
    );
}

/// A scenario's text, read as a whole.
fn scenario(text: &str) -> Result<super::Scenario, InputError> {
    let names = super::Names {
        environments: Vec::new(),
        layouts: Vec::new(),
        backends: Vec::new(),
        defects: Vec::new(),
        invariants: Vec::new(),
        diagnoses: Vec::new(),
        profiles: Vec::new(),
    };
    super::read(&Document::parse("s.yaml", text)?, "s", &names)
}

#[test]
fn a_gate_that_no_entry_waits_for_cannot_be_released() {
    let steps =
        "about: x\nclaude: [{ do: [gate: go, say: Hi] }]\nsteps:\n- chat: Hello\n- release: ";
    assert!(scenario(&format!("{steps}go\n")).is_ok());
    let error = scenario(&format!("{steps}went\n")).unwrap_err();
    assert_eq!((error.line, error.column), (5, 12));
    assert_eq!(error.message, "no entry waits for the gate `went`");
    assert_eq!(error.help.as_deref(), Some("the gates are go"));
}

#[test]
fn a_scenario_speaks_the_language_of_the_stand_in_alone() {
    let performed = |text: &str| {
        let scenario = scenario(&format!("about: x\n{text}\nsteps: [chat: Hello]\n"));
        scenario.unwrap().variants[0].performance.script.clone()
    };
    for text in [
        "calls: [{ do: [wait: 250ms, say: Hi] }]",
        "api_script: [{ content: [{ type: text, text: Hi }], delay: 250ms }]",
        "process: { dies: { exit: 1 } }",
    ] {
        let mut alone = Script::parse("s.yaml", text).unwrap();
        for entry in &mut alone.calls {
            entry.line = Some(2);
        }
        assert_eq!(performed(text), alone, "{text}");
        let json = serde_json::to_string(&alone).unwrap();
        assert_eq!(Script::parse("s.json", &json).unwrap(), alone, "{json}");
    }
}

#[test]
fn a_wait_that_outlasts_a_step_is_refused_in_its_entry() {
    let text =
        "about: x\nclaude:\n- do: [say: Hi]\n- do: [wait: 51s, say: Hi]\nsteps: [chat: Hello]\n";
    let error = scenario(text).unwrap_err();
    assert_eq!(
        (error.line, error.message.as_str()),
        (4, "a wait may take at most 50s")
    );
}
