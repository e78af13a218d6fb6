//! All faults, by name.

use serde::Serialize;

/// What a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The bytes on stdout.
    Bytes,
    /// When something happens.
    Time,
    /// The process: its life, its streams, its children.
    Process,
    /// What the messages say.
    Protocol,
}

/// Where a fault stands in a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Among the actions under `do`.
    Action,
    /// In an entry of `claude`, beside `do`.
    Entry,
    /// In an item of `process`, for whole calls.
    Process,
    /// Under `stdout` in an item of `process`.
    Stdout,
    /// Under `version`.
    Version,
}

/// A fault that a script can ask for.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Fault {
    /// Its name, which is its key in a scenario.
    pub name: &'static str,
    /// What it is about.
    pub kind: Kind,
    /// Where it stands.
    pub place: Place,
    /// What happens, in one line.
    pub about: &'static str,
    /// How it is written, with a value that shows it.
    pub example: &'static str,
}

/// All faults, sorted by place and name.
#[must_use]
pub fn faults() -> &'static [Fault] {
    FAULTS
}

const fn fault(
    name: &'static str,
    kind: Kind,
    place: Place,
    about: &'static str,
    example: &'static str,
) -> Fault {
    Fault {
        name,
        kind,
        place,
        about,
        example,
    }
}

use Kind::{Bytes, Process, Protocol, Time};
use Place::{Action, Entry, Stdout, Version};

const FAULTS: &[Fault] = &[
    fault(
        "auth-error",
        Protocol,
        Action,
        "the API does not know the user (401), however often it is asked",
        "auth-error",
    ),
    fault(
        "blank-line",
        Bytes,
        Action,
        "an empty line on stdout",
        "blank-line",
    ),
    fault(
        "bytes",
        Bytes,
        Action,
        "any bytes on stdout, given as `text`, `hex` or `base64`, without a line end",
        "bytes: { hex: ff fe 0a }",
    ),
    fault(
        "close-stdout",
        Process,
        Action,
        "stdout ends, and the process lives on",
        "close-stdout",
    ),
    fault(
        "duplicate-line",
        Bytes,
        Action,
        "the last line of stdout once more",
        "duplicate-line",
    ),
    fault(
        "exit",
        Process,
        Action,
        "the process ends with this code, without a result",
        "exit: 1",
    ),
    fault(
        "gate",
        Time,
        Action,
        "nothing goes on until a step releases the gate of this name",
        "gate: go",
    ),
    fault(
        "grandchild",
        Process,
        Action,
        "a process is left behind that `holds` stdout or stderr, or leads a `new-session`",
        "grandchild: { holds: [stdout] }",
    ),
    fault(
        "hang",
        Time,
        Action,
        "nothing goes on until an interrupt, a signal or the end of the process",
        "hang",
    ),
    fault(
        "invalid-utf8",
        Bytes,
        Action,
        "bytes that are no UTF-8 within the text of the next line",
        "invalid-utf8",
    ),
    fault(
        "long-result",
        Bytes,
        Action,
        "the result of a tool has so many bytes, on one line of stdout",
        "long-result: 5000000",
    ),
    fault(
        "long-text",
        Bytes,
        Action,
        "the model says a text of so many bytes, on one line of stdout",
        "long-text: 5000000",
    ),
    fault(
        "message",
        Protocol,
        Action,
        "any JSON value as a line on stdout",
        "message: { type: mine }",
    ),
    fault(
        "noise",
        Bytes,
        Action,
        "a line on stdout that is no JSON",
        "noise: a line of another program",
    ),
    fault(
        "nul",
        Bytes,
        Action,
        "a NUL byte within the text of the next line",
        "nul",
    ),
    fault(
        "overload",
        Protocol,
        Action,
        "the API is overloaded (529) for so many requests, which are tried again",
        "overload: 2",
    ),
    fault(
        "signal",
        Process,
        Action,
        "the process dies of this signal",
        "signal: SIGSEGV",
    ),
    fault(
        "silence",
        Time,
        Action,
        "nothing is written and no request answered for this long, or `for-ever`",
        "silence: for-ever",
    ),
    fault(
        "stderr",
        Process,
        Action,
        "text on stderr",
        "stderr: a hint",
    ),
    fault(
        "stderr-flood",
        Process,
        Action,
        "so many KiB on stderr, which blocks where nobody reads them",
        "stderr-flood: 200",
    ),
    fault(
        "unknown-block",
        Protocol,
        Action,
        "a message of the model with a content block of an unknown type",
        "unknown-block",
    ),
    fault(
        "unknown-subtype",
        Protocol,
        Action,
        "a system message of an unknown subtype",
        "unknown-subtype",
    ),
    fault(
        "unknown-type",
        Protocol,
        Action,
        "a message of an unknown type",
        "unknown-type",
    ),
    fault(
        "wait",
        Time,
        Action,
        "a pause of this length on the script's clock, in which requests are answered",
        "wait: 2s",
    ),
    fault(
        "zombie",
        Process,
        Action,
        "a child ends and is never waited for",
        "zombie",
    ),
    fault(
        "result",
        Protocol,
        Entry,
        "the turn's result is `missing`, comes `twice`, has other fields (`with`), or another one with other fields comes after it (`then`)",
        "result: missing",
    ),
    fault(
        "burst",
        Process,
        Place::Process,
        "a line on stdout before stdin is read",
        "burst: a line",
    ),
    fault(
        "control",
        Protocol,
        Place::Process,
        "control requests are answered `never`, `late` or `twice`, by subtype: `{ interrupt: never }`",
        "control: { interrupt: never }",
    ),
    fault(
        "dies",
        Process,
        Place::Process,
        "death of a `signal` or with an `exit` code, after a word on `stderr`: before the first byte, or `after: stdin`, `result`, `{ lines: 3 }`",
        "dies: { signal: SIGKILL, after: { lines: 1 } }",
    ),
    fault(
        "exit-code",
        Process,
        Place::Process,
        "the exit code, whatever came out",
        "exit-code: 1",
    ),
    fault(
        "ignores",
        Process,
        Place::Process,
        "no reaction to `sigterm` (and SIGHUP), to `eof` on stdin, to `interrupt`",
        "ignores: [sigterm, eof, interrupt]",
    ),
    fault(
        "initialize",
        Protocol,
        Place::Process,
        "the client's handshake is answered `never`, `late` or `twice`",
        "initialize: never",
    ),
    fault(
        "lingers",
        Process,
        Place::Process,
        "the process lives on when all is done",
        "lingers: true",
    ),
    fault(
        "slow-start",
        Time,
        Place::Process,
        "nothing happens for this long, on the script's clock",
        "slow-start: 3s",
    ),
    fault(
        "stdin",
        Process,
        Place::Process,
        "stdin is read `never` or `slowly`",
        "stdin: never",
    ),
    fault(
        "bom",
        Bytes,
        Stdout,
        "a byte-order mark before the first line",
        "bom: true",
    ),
    fault(
        "crlf",
        Bytes,
        Stdout,
        "every line ends with CR LF",
        "crlf: true",
    ),
    fault(
        "dribble",
        Time,
        Stdout,
        "byte by byte, so far apart on the script's clock",
        "dribble: 5ms",
    ),
    fault(
        "extra-fields",
        Protocol,
        Stdout,
        "every message has fields that no client knows, one of them null",
        "extra-fields: true",
    ),
    fault(
        "no-final-newline",
        Bytes,
        Stdout,
        "a result has no line end",
        "no-final-newline: true",
    ),
    fault(
        "split",
        Bytes,
        Stdout,
        "lines come in pieces: cut after `every-byte`, inside every `utf8` sequence, or `at` an offset",
        "split: every-byte",
    ),
    fault(
        "banner",
        Bytes,
        Version,
        "a line before the version, as a wrapper script prints",
        "banner: Welcome!",
    ),
    fault(
        "exit-status",
        Process,
        Version,
        "the exit code of `--version`",
        "exit-status: 1",
    ),
    fault(
        "says",
        Protocol,
        Version,
        "another version than the profile's",
        "says: 0.0.1",
    ),
    fault(
        "takes",
        Time,
        Version,
        "`--version` takes this long, on the script's clock",
        "takes: 5s",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_one_name_in_its_place() {
        for (index, fault) in FAULTS.iter().enumerate() {
            let same = |other: &Fault| other.name == fault.name;
            assert!(!FAULTS[index + 1..].iter().any(same), "{}", fault.name);
            assert!(!fault.about.ends_with('.'), "{}", fault.name);
        }
    }

    /// The names that a type knows, as it says them when it is given one that nobody has.
    fn known<T: serde::de::DeserializeOwned + std::fmt::Debug>(nobodys: &str) -> Vec<String> {
        let error = serde_json::from_str::<T>(nobodys).unwrap_err().to_string();
        let (_, known) = error.split_once("expected one of ").unwrap();
        let mut names: Vec<String> = known
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn the_table_has_what_a_script_can_say_and_no_more() {
        use super::super::{CallFaults, PointFault, Shaping, VersionFaults};
        let listed = |place: Place, more: &[&str]| {
            let all = FAULTS.iter().filter(|fault| fault.place == place);
            let mut names: Vec<String> = all.map(|fault| fault.name.to_owned()).collect();
            names.extend(more.iter().map(|&name| name.to_owned()));
            names.sort_unstable();
            names
        };
        let field = r#"{"?": 1}"#;
        // Actions that are more than a fault.
        let mut points = known::<PointFault>(r#""?""#);
        points.extend(
            ["exit", "gate", "hang", "long-result", "long-text", "wait"].map(str::to_owned),
        );
        points.sort_unstable();
        assert_eq!(listed(Place::Action, &[]), points);
        let of_calls = listed(Place::Process, &["when", "times", "stdout"]);
        assert_eq!(of_calls, known::<CallFaults>(field));
        assert_eq!(listed(Place::Stdout, &[]), known::<Shaping>(field));
        assert_eq!(listed(Place::Version, &[]), known::<VersionFaults>(field));
    }
}
