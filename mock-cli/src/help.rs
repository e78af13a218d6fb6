//! What `mock-claude --mock-help` says: everything that a script can say, and what a ledger holds.

use crate::faults::{Place, faults};
use crate::protocol::api::StopReason;
use crate::script::{BLOCKS, TURN};
use std::fmt::Write;

const INTRODUCTION: &str = "\
mock-claude, a stand-in for the Claude CLI.

Its arguments are the CLI's own, but for first arguments of these, which are taken only under a name that begins with
`mock-claude`:

  --mock-say TEXT       every prompt is answered with TEXT; the CLI's arguments follow
  --mock-fault FAULT    something goes wrong: a name below, or all of it, such as 'overload: 5'; may be repeated, and
                        stand before or after --mock-say
  --mock-check LEDGER [SCRIPT]
                        whether all that the script expects has come: exit code 0, or 1 and what is missing
  --mock-install DIR    put the stand-in into DIR: as `claude`, and as `cli.js` with `vendor/claude`; into a folder
                        `node_modules` as the platform package of the SDK, which the SDK then finds by itself
  --mock-version        the stand-in's own version, and the CLI versions that it stands in for
  --mock-help           this text

The script comes from `.<name>.harness.json` beside the executable (`.claude.harness.json` beside `claude`), else from
MOCK_CLAUDE_SCRIPT. That file is a script itself, or {\"role\": \"claude\", \"script\": PATH, \"ledger\": PATH}, with paths
relative to it. With MOCK_CLAUDE_LEDGER every call is kept in that folder. Set ANTHROPIC_API_KEY to anything (as the real
CLI it looks for a login), and HOME to a folder of the test's own: conversations are kept below it.

A script is YAML or JSON:

  profile: 2.1.330
  calls:
    - when: { prompt: Hello }
      do: [say: Hi there]
    - when: { contains: README, argv: [--verbose] }
      times: 2
      do:
        - think: I should look.
        - use: { tool: Bash, input: { command: cat README.md }, result: Hi }
        - wait: 250ms
        - say: It says Hi.
    - do: [hang]

Units: a duration is `250ms`, `2s` or `1m`, on the script's clock; a bare number is one of milliseconds, in `api_script`
one of seconds. Sizes are in bytes, `stderr-flood` in KiB. Bytes are a text, or `{ hex: ff 0a }`, or `{ base64: //4K }`.
";

/// The keys of a script.
const SCRIPT: &[(&str, &str)] = &[
    (
        "profile",
        "the CLI version that it stands in for; for an unknown one the nearest does, and the ledger says so. Or the path of a profile (./mine.json), relative to the script. Else MOCK_CLAUDE_PROFILE, or the newest",
    ),
    (
        "seed",
        "ids are made from this and the call's number in the ledger",
    ),
    (
        "login",
        "true: somebody has to be logged in also where `calls` answer, by ANTHROPIC_API_KEY or `~/.claude/.credentials.json`",
    ),
    (
        "clock",
        "all waits are multiplied by this: 1 is real time, 0.01 a hundred times faster, 0 no waiting",
    ),
    (
        "strict",
        "true: the entries are taken in the order in which they are written",
    ),
    (
        "process",
        "what is wrong with whole processes: one item or a list; each process takes the first that fits",
    ),
    ("version", "what is wrong with --version"),
    (
        "calls",
        "the entries (`claude` is the same): each prompt takes the first whose `when` holds and that is not used up",
    ),
    (
        "api_script",
        "in place of `calls`: what the API answers, request by request; tools run for real",
    ),
    (
        "otherwise",
        "the turn that answers when those of `api_script` are used up; without it that is an error",
    ),
];

/// The keys of an entry.
const ENTRY: &[(&str, &str)] = &[
    (
        "when",
        "`prompt` (all of it), `contains`, `resumes: true`, `session`, `argv: [--flag]`: all that is given must hold",
    ),
    (
        "times",
        "how often it may be taken; once when nothing is said",
    ),
    ("result", "what is wrong with the turn's result"),
    ("do", "what happens, in order"),
];

/// The actions that are no faults.
const ACTIONS: &[(&str, &str)] = &[
    ("say", "the model says a text"),
    ("think", "the model thinks a text"),
    (
        "use",
        "the model uses a tool: `{ tool, input, result, error: true }`; without `result` it runs for real",
    ),
];

/// What else an item of `process` says.
const PROCESS: &[(&str, &str)] = &[
    ("when", "`argv: [--flag]` only: the prompt is not known yet"),
    (
        "times",
        "apply to this many processes; without a ledger, each process starts its own count",
    ),
    ("stdout", "how lines reach stdout, see below"),
];

/// The events of a ledger: name, fields, what has happened.
const EVENTS: &[(&str, &str, &str)] = &[
    (
        "start",
        "call at_ms face pid shown_pid ppid executable argv cwd env profile profile_asked script parent",
        "the process has started; the first line. Secrets in `env` are `sha256:` and their hash",
    ),
    (
        "stdin",
        "text",
        "a line came on stdin, or all of it where it is text",
    ),
    ("stdin-end", "", "stdin has ended"),
    ("take", "entry prompt", "an entry was taken, counted from 0"),
    (
        "unmatched",
        "prompt message",
        "the script has no answer; the process ends with 70",
    ),
    (
        "stdout",
        "line",
        "a line was written, kept up to 4096 characters",
    ),
    ("stdout-gone", "", "nobody reads stdout any more"),
    ("stderr", "text", "the script had a word for stderr"),
    (
        "waiting",
        "on",
        "it waits: for timer, retry, gate, hang, stdin, answer, tool, hook, server, stderr",
    ),
    ("resumed", "", "the wait is over"),
    ("signal", "name", "a signal came"),
    ("lifeline-lost", "", "the process in front of it has gone"),
    ("exit", "code", "it ends; missing where it was killed"),
];

/// All of it.
#[must_use]
pub fn help() -> String {
    let mut text = INTRODUCTION.to_owned();
    section(&mut text, "A script", SCRIPT.iter().copied());
    section(&mut text, "An entry of `calls`", ENTRY.iter().copied());
    section(&mut text, "An action of `do`", ACTIONS.iter().copied());
    for (title, place) in [
        ("Faults among the actions", Place::Action),
        ("Faults beside `do`", Place::Entry),
        ("Faults in `process`", Place::Process),
        ("Faults in `process`, under `stdout`", Place::Stdout),
        ("Faults in `version`", Place::Version),
    ] {
        if place == Place::Process {
            section(&mut text, "An item of `process`", PROCESS.iter().copied());
        }
        let all = faults().iter().filter(|fault| fault.place == place);
        section(
            &mut text,
            title,
            all.map(|fault| (fault.example, fault.about)),
        );
    }
    section(&mut text, "A turn of `api_script`", TURN.iter().copied());
    let _ = write!(text, "\nBlocks of `content`:\n\n");
    for (kind, required, optional) in BLOCKS {
        let more = if optional.is_empty() {
            String::new()
        } else {
            format!("; also {}", optional.join(", "))
        };
        let _ = writeln!(
            text,
            "  {{ type: {kind}, {}: ... }}{more}",
            required.join(", ")
        );
    }
    let reasons: Vec<&str> = StopReason::ALL.iter().map(StopReason::as_str).collect();
    let _ = write!(text, "\nStop reasons: {}.\n", reasons.join(", "));
    text.push_str(
        "\nA ledger has `calls/0001.jsonl`, ... with one event a line, `calls/taken-ENTRY-NTH` and `conversations/` for\n\
         what is used up, and `gates/`: make the file `gates/NAME` to open a gate. Its files are its user's alone. Every line\n\
         has `event`, and:\n\n",
    );
    for (name, fields, about) in EVENTS {
        let fields = if fields.is_empty() {
            String::new()
        } else {
            format!(" ({fields})")
        };
        let _ = writeln!(text, "  {name}{fields}: {about}");
    }
    text.push_str(
        "\nWithout a ledger, a resumed conversation continues at its position in the script; a new one starts from the first entry.\n\
         Exit code 70: the script is invalid or has no answer. The result and the client's handshake say so as well.\n",
    );
    text
}

fn section<'t>(text: &mut String, title: &str, lines: impl Iterator<Item = (&'t str, &'t str)>) {
    let _ = write!(text, "\n{title}:\n\n");
    for (name, about) in lines {
        let _ = writeln!(text, "  {name:<34} {about}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Event, Start};
    use crate::script::{ApiTurn, Entry, KEYS};
    use serde::de::DeserializeOwned;

    /// The names that a type knows, as it says them when it is given one that nobody has.
    fn known<T: DeserializeOwned + std::fmt::Debug>(nobodys: &str) -> Vec<String> {
        let error = serde_json::from_str::<T>(nobodys).unwrap_err().to_string();
        let (_, known) = error.split_once("expected one of ").unwrap();
        let names = known.split('`').skip(1).step_by(2);
        sorted(names.map(str::to_owned))
    }

    fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        names
    }

    fn told(lines: &[(&str, &str)]) -> Vec<String> {
        sorted(lines.iter().map(|(name, _)| (*name).to_owned()))
    }

    #[test]
    fn it_tells_of_everything_that_the_types_have() {
        assert_eq!(
            told(SCRIPT),
            sorted(KEYS.iter().map(|key| (*key).to_owned()))
        );
        let mut entry = known::<Entry>(r#"{"?": 1}"#);
        entry.retain(|key| key != "line");
        assert_eq!(told(ENTRY), entry);
        assert_eq!(told(TURN), known::<ApiTurn>(r#"{"?": 1}"#));
        let faults = faults().iter().filter(|fault| fault.place == Place::Action);
        let mut actions = told(ACTIONS);
        actions.extend(faults.map(|fault| fault.name.to_owned()));
        let mut all = known::<crate::script::Action>(r#""?""#);
        all.retain(|name| name != "fault");
        all.extend(known::<crate::faults::PointFault>(r#""?""#));
        assert_eq!(sorted(actions.into_iter()), sorted(all.into_iter()));
        let events = known::<Event>(r#"{"event": "?"}"#);
        assert_eq!(
            sorted(EVENTS.iter().map(|(name, ..)| (*name).to_owned())),
            events
        );
    }

    #[test]
    fn it_tells_of_every_field_of_a_start() {
        let error = |json: &str| serde_json::from_str::<Start>(json).unwrap_err().to_string();
        assert!(error("{}").contains("`call`"));
        let start = serde_json::to_value(Start::sample()).unwrap();
        let fields: Vec<&str> = start
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let (_, told, _) = EVENTS[0];
        assert_eq!(
            sorted(told.split(' ').map(str::to_owned)),
            sorted(fields.iter().map(|field| (*field).to_owned()))
        );
    }

    #[test]
    fn its_example_and_every_fault_can_be_read() {
        let (_, example) = INTRODUCTION.split_once("YAML or JSON:\n\n").unwrap();
        let (example, _) = example.split_once("\nUnits:").unwrap();
        crate::script::Script::parse("example.yaml", example).unwrap();
        for fault in faults() {
            let script = crate::mock::script(&[crate::mock::Part::Fault(fault.name.to_owned())]);
            assert!(script.is_ok(), "{}: {script:?}", fault.name);
            assert!(fault.example.starts_with(fault.name), "{}", fault.name);
            assert!(help().contains(fault.example), "{}", fault.name);
        }
    }
}
