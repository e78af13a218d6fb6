use super::*;
use crate::yaml::Document;

fn read(yaml: &str) -> Result<Vec<Step>, InputError> {
    read_all(Document::parse("s.yaml", yaml)?.root())
}

/// Steps that make no sense, where the complaint points to, and parts of it.
const WRONG: &[(&str, &str, &[&str])] = &[
    (
        "[disconect]",
        "1:2",
        &["unknown step", "did you mean `disconnect`?"],
    ),
    (
        "[disconnect]",
        "1:2",
        &["there is no open chat to go away from", "until: assistant"],
    ),
    ("[half-close]", "1:2", &["there is no open chat"]),
    ("[abort]", "1:2", &["there is no open chat to abort"]),
    ("[read-on]", "1:2", &["there is no open chat to read on"]),
    (
        "- chat: { message: a, until: assistant }\n- disconnect: rst",
        "2:15",
        &["unknown way to go away `rst`", "reset"],
    ),
    (
        "- chat: { message: a, until: 0 }",
        "1:30",
        &["a type of message or a number", "until: 3"],
    ),
    (
        "- chat: { message: a, until: asistant }",
        "1:30",
        &["did you mean `assistant`?"],
    ),
    (
        "- chat: { message: a, until: 3, read: never }",
        "1:39",
        &["a client that does not read"],
    ),
    (
        "- chat: { message: a, read: slow }",
        "1:29",
        &["unknown way to read `slow`", "slowly"],
    ),
    (
        "- health\n- chat: { message: a, before-ready: true }",
        "2:3",
        &["comes before all other steps"],
    ),
    (
        "- chat: { message: a, before-ready: true, until: 3 }",
        "1:37",
        &["is read to its end"],
    ),
    ("[reconnect]", "1:2", &["no chat before this"]),
    (
        "- chat: { message: a, until: 1 }\n- reconnect",
        "2:3",
        &["a chat is still open", "- disconnect"],
    ),
    (
        "- together: [chat: a]",
        "1:13",
        &["takes 2 to 16 chats, found 1"],
    ),
    (
        "- together: [chat: a, health]",
        "1:23",
        &["unknown step in `together` `health`"],
    ),
    (
        "- together: [chat: a, chat: { message: b, until: 1 }]",
        "1:29",
        &["cannot be left open"],
    ),
    (
        "- repeat: { chat: a }",
        "1:11",
        &["the key `times` is missing"],
    ),
    (
        "- repeat: { times: 0, chat: a }",
        "1:20",
        &["from 1 to 1000"],
    ),
    (
        "- repeat",
        "1:3",
        &["needs a value", "repeat: { times: 20, chat: Next }"],
    ),
    (
        "- repeat: { times: 2, chat: { message: a, before-ready: true } }",
        "1:29",
        &["cannot be sent before the start"],
    ),
    (
        "- kill-backend: SIGHUP",
        "1:17",
        &["unknown signal `SIGHUP`"],
    ),
    (
        "- kill-backend\n- health",
        "2:3",
        &["was ended before this step", "- restart"],
    ),
    (
        "- pause-backend",
        "1:1",
        &["end while the backend is halted"],
    ),
    (
        "- pause-backend\n- health",
        "2:3",
        &["a halted backend cannot do that"],
    ),
    (
        "- pause-backend\n- chat: a",
        "2:3",
        &["does not answer", "read: later"],
    ),
    (
        "- pause-backend\n- kill-backend: SIGTERM",
        "2:3",
        &["only SIGKILL reaches it"],
    ),
    ("- resume-backend", "1:3", &["the backend is not halted"]),
    (
        "- restart: { port: other }",
        "1:20",
        &["unknown port `other`"],
    ),
    ("- release: ../x", "1:12", &["a gate's name has letters"]),
    ("- release", "1:3", &["needs a value", "release: go"]),
    (
        "- remove: home",
        "1:11",
        &["unknown thing to remove", "path"],
    ),
    (
        "- remove: { path: ../x }",
        "1:19",
        &["must be a path below HOME"],
    ),
    (
        "- replace: project",
        "1:12",
        &["unknown thing to replace `project`"],
    ),
    (
        "- open-history: { helth: true }",
        "1:19",
        &["did you mean `health`?"],
    ),
    ("- health: 3", "1:11", &["takes no value"]),
];

#[test]
fn what_makes_no_sense_is_shown_with_its_place_and_what_would_be_right() {
    for (yaml, place, parts) in WRONG {
        let error = read(yaml).expect_err(yaml);
        assert_eq!(format!("{}:{}", error.line, error.column), *place, "{yaml}");
        let text = format!("{}\n{}", error.message, error.help.unwrap_or_default());
        for part in *parts {
            assert!(text.contains(part), "{yaml}: no `{part}` in\n{text}");
        }
    }
}

#[test]
fn every_step_can_be_written() {
    let yaml = "\
- chat: { message: a, before-ready: true }
- together: [chat: a, chat: { message: b, session: previous }]
- repeat: { times: 200, chat: a }
- chat: { message: a, until: 3 }
- read-on
- chat: { message: a, read: never }
- disconnect: reset
- chat: { message: a, until: assistant }
- half-close
- reconnect
- open-history: { health: true }
- chat: { message: a, session: opened, read: slowly }
- pause-backend
- chat: { message: a, read: later }
- release: go
- resume-backend
- abort
- remove: project
- remove: { path: .claude.json }
- replace: cli
- kill-backend: SIGTERM
- remove: cli
- restart: { port: new }
- health
- kill-backend
";
    let steps = read(yaml).unwrap();
    assert_eq!(steps.len(), 25);
    assert_eq!(steps[6], Step::Disconnect { reset: true });
    assert_eq!(steps[22], Step::Restart { new_port: true });
    assert_eq!(steps[24], Step::KillBackend(Signal::Kill));
}
