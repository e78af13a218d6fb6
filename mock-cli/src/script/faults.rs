//! What goes wrong, as people write it. The names are those of [`crate::faults::faults`].

use super::entries::{milliseconds, when};
use crate::faults::{
    After, CallFaults, Death, Grandchild, Handshake, Ignored, PointFault, Reads, ResultFault,
    SIGNALS, Shaping, Split, Stream, VersionFaults,
};
use crate::order::SortedMap;
use crate::source::{InputError, Map, Node};

/// The keys of an item of `process`.
const PROCESS: &[&str] = &[
    "when",
    "times",
    "slow-start",
    "dies",
    "burst",
    "stdin",
    "ignores",
    "lingers",
    "exit-code",
    "stdout",
    "initialize",
    "control",
];
const STDOUT: &[&str] = &[
    "split",
    "dribble",
    "crlf",
    "bom",
    "no-final-newline",
    "extra-fields",
];

/// Actions that are a word, or a word with a value, and go wrong.
pub(super) const POINTS: &[&str] = &[
    "noise",
    "bytes",
    "message",
    "blank-line",
    "duplicate-line",
    "unknown-type",
    "unknown-subtype",
    "unknown-block",
    "stderr",
    "stderr-flood",
    "close-stdout",
    "signal",
    "grandchild",
    "zombie",
    "silence",
    "nul",
    "invalid-utf8",
    "auth-error",
    "overload",
];

/// Reads an action of [`POINTS`].
pub(super) fn point(
    name: &str,
    node: Node<'_>,
    value: Option<Node<'_>>,
) -> Result<PointFault, InputError> {
    let bare = match name {
        "blank-line" => Some(PointFault::BlankLine),
        "duplicate-line" => Some(PointFault::DuplicateLine),
        "unknown-type" => Some(PointFault::UnknownType),
        "unknown-subtype" => Some(PointFault::UnknownSubtype),
        "unknown-block" => Some(PointFault::UnknownBlock),
        "close-stdout" => Some(PointFault::CloseStdout),
        "zombie" => Some(PointFault::Zombie),
        "nul" => Some(PointFault::Nul),
        "invalid-utf8" => Some(PointFault::InvalidUtf8),
        "auth-error" => Some(PointFault::AuthError),
        _ => None,
    };
    if let Some(fault) = bare {
        return match value.filter(|value| !value.is_null()) {
            Some(value) => Err(value.error(format!("the action `{name}` takes no value"))),
            None => Ok(fault),
        };
    }
    if name == "grandchild" {
        return grandchild(value);
    }
    let Some(value) = value else {
        return Err(node.error(format!("the action `{name}` needs a value")));
    };
    Ok(match name {
        "noise" => PointFault::Noise(value.text()?.to_owned()),
        "bytes" => PointFault::Bytes(bytes(value)?),
        "message" => PointFault::Message(value.json()?),
        "stderr" => PointFault::Stderr(value.text()?.to_owned()),
        "silence" if value.is_text() && value.text()? == "for-ever" => PointFault::Silence(None),
        "silence" => {
            PointFault::Silence(Some(milliseconds(value).map_err(|error| {
                error.with_help("write a duration such as `30s`, or `for-ever`")
            })?))
        }
        "overload" => PointFault::Overload(value.integer(1..=100)? as u32),
        "stderr-flood" => PointFault::StderrFlood(value.integer(1..=1_048_576)? as u32),
        _ => PointFault::Signal(signal(value)?),
    })
}

fn signal(node: Node<'_>) -> Result<String, InputError> {
    let names: Vec<(&str, &str)> = SIGNALS.iter().map(|name| (*name, *name)).collect();
    node.one_of("signal", &names).map(str::to_owned)
}

/// Reads a fault as a compiled script has it: `{ "fault": { "silence": null } }`.
pub(super) fn compiled(node: Node<'_>) -> Result<PointFault, InputError> {
    let (name, value) = node.single("fault", POINTS)?;
    match (name, value) {
        ("silence", Some(value)) if value.is_null() => Ok(PointFault::Silence(None)),
        _ => point(name, node, value),
    }
}

/// A text, or `{ hex: ... }` or `{ base64: ... }`.
fn bytes(node: Node<'_>) -> Result<Vec<u8>, InputError> {
    if node.is_text() {
        return Ok(node.text()?.as_bytes().to_vec());
    }
    // A compiled script lists them.
    if let Ok(list) = node.list() {
        let byte = |node: &Node<'_>| node.integer(0..=255).map(|byte| byte as u8);
        return list.iter().map(byte).collect();
    }
    let (kind, value) = node.single("way to write bytes", &["text", "hex", "base64"])?;
    let value = value.ok_or_else(|| node.error(format!("`{kind}` needs a value")))?;
    let text = value.text()?;
    match kind {
        "text" => Ok(text.as_bytes().to_vec()),
        "hex" => {
            let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            let pairs = digits.as_bytes().chunks(2);
            let bytes: Option<Vec<u8>> = pairs
                .map(|pair| {
                    let pair = std::str::from_utf8(pair).ok().filter(|it| it.len() == 2)?;
                    u8::from_str_radix(pair, 16).ok()
                })
                .collect();
            bytes.ok_or_else(|| value.expected("pairs of hexadecimal digits"))
        }
        _ => base64(text).ok_or_else(|| value.error("this is no base64")),
    }
}

/// What a text in base64 stands for.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let digits = digits
        .strip_suffix(b"==")
        .or(digits.strip_suffix(b"="))
        .unwrap_or(&digits);
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    let (mut held, mut bits) = (0_u32, 0);
    for digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        (held, bits) = (held << 6 | u32::from(value), bits + 6);
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

fn grandchild(node: Option<Node<'_>>) -> Result<PointFault, InputError> {
    let mut grandchild = Grandchild::default();
    if let Some(node) = node.filter(|node| !node.is_null()) {
        let map = node.map("a grandchild", &["holds", "new-session"])?;
        if let Some(holds) = map.get("holds") {
            let streams = [("stdout", Stream::Stdout), ("stderr", Stream::Stderr)];
            grandchild.holds = several(holds, |node| node.one_of("stream", &streams))?;
        }
        grandchild.new_session = flag(&map, "new-session")?;
    }
    Ok(PointFault::Grandchild(grandchild))
}

/// One, or a list.
fn several<T>(
    node: Node<'_>,
    read: impl Fn(Node<'_>) -> Result<T, InputError>,
) -> Result<Vec<T>, InputError> {
    match node.list() {
        Ok(list) => list.into_iter().map(read).collect(),
        Err(_) => Ok(vec![read(node)?]),
    }
}

fn flag(map: &Map<'_>, key: &str) -> Result<bool, InputError> {
    Ok(map.optional(key, |node| node.boolean())?.unwrap_or(false))
}

/// Reads `process`: one item or a list of them.
///
/// # Errors
/// Where one is wrong, with the place.
pub fn process(node: Node<'_>) -> Result<Vec<CallFaults>, InputError> {
    several(node, call)
}

fn call(node: Node<'_>) -> Result<CallFaults, InputError> {
    let map = node.map("what is wrong with a process", PROCESS)?;
    let ignored = [
        ("sigterm", Ignored::Sigterm),
        ("eof", Ignored::Eof),
        ("interrupt", Ignored::Interrupt),
    ];
    let when = map.optional("when", when)?.unwrap_or_default();
    let only_argv = when
        == super::When {
            argv: when.argv.clone(),
            ..Default::default()
        };
    if let (Some(node), false) = (map.get("when"), only_argv) {
        return Err(node.error("a process is chosen by `argv` only: its prompt is not known yet"));
    }
    Ok(CallFaults {
        when,
        times: map
            .optional("times", |node| node.integer(1..=i64::from(u32::MAX)))?
            .map(|times| times as u32),
        slow_start: map.optional("slow-start", milliseconds)?,
        dies: map.optional("dies", death)?,
        burst: map.optional("burst", |node| node.text().map(str::to_owned))?,
        stdin: map
            .optional("stdin", |node| {
                node.one_of(
                    "way to read stdin",
                    &[
                        ("normally", Reads::Normally),
                        ("never", Reads::Never),
                        ("slowly", Reads::Slowly),
                    ],
                )
            })?
            .unwrap_or_default(),
        ignores: match map.get("ignores") {
            Some(node) => several(node, |node| node.one_of("thing to ignore", &ignored))?,
            None => Vec::new(),
        },
        lingers: flag(&map, "lingers")?,
        exit_code: map
            .optional("exit-code", |node| node.integer(0..=255))?
            .map(|code| code as i32),
        stdout: map.optional("stdout", stdout)?.unwrap_or_default(),
        initialize: map.optional("initialize", handshake)?.unwrap_or_default(),
        control: match map.get("control") {
            Some(node) => controls(node)?,
            None => SortedMap::new(),
        },
    })
}

fn death(node: Node<'_>) -> Result<Death, InputError> {
    let map = node.map("a death", &["signal", "exit", "stderr", "after"])?;
    let death = Death {
        signal: map.optional("signal", signal)?,
        exit: map
            .optional("exit", |node| node.integer(0..=255))?
            .map(|code| code as i32),
        stderr: map.optional("stderr", |node| node.text().map(str::to_owned))?,
        after: map.optional("after", after)?,
    };
    if death.signal.is_some() == death.exit.is_some() {
        return Err(node.error("it dies either of a `signal` or with an `exit` code"));
    }
    Ok(death)
}

fn after(node: Node<'_>) -> Result<After, InputError> {
    if node.is_text() {
        return node.one_of(
            "moment of a death",
            &[("stdin", After::Stdin), ("result", After::Result)],
        );
    }
    let lines = node
        .map("a moment of a death", &["lines"])?
        .required("lines")?;
    Ok(After::Lines(lines.integer(1..=1_000_000)? as u32))
}

fn controls(node: Node<'_>) -> Result<SortedMap<String, Handshake>, InputError> {
    let mut answers = SortedMap::new();
    for (key, subtype, value) in node.entries()? {
        if subtype == "initialize" {
            return Err(
                key.error("how `initialize` is answered has a key of its own beside `control`")
            );
        }
        answers.insert(subtype.to_owned(), handshake(value)?);
    }
    Ok(answers)
}

fn stdout(node: Node<'_>) -> Result<Shaping, InputError> {
    let map = node.map("a shape of stdout", STDOUT)?;
    Ok(Shaping {
        split: map.optional("split", split)?,
        dribble: map.optional("dribble", milliseconds)?,
        crlf: flag(&map, "crlf")?,
        bom: flag(&map, "bom")?,
        no_final_newline: flag(&map, "no-final-newline")?,
        extra_fields: flag(&map, "extra-fields")?,
    })
}

fn split(node: Node<'_>) -> Result<Split, InputError> {
    if node.is_text() {
        return node.one_of(
            "cut",
            &[("every-byte", Split::EveryByte), ("utf8", Split::Utf8)],
        );
    }
    let at = node.map("a cut", &["at"])?.required("at")?;
    Ok(Split::At(at.integer(1..=i64::from(i32::MAX))? as usize))
}

fn handshake(node: Node<'_>) -> Result<Handshake, InputError> {
    if node.is_text() {
        return node.one_of(
            "answer to `initialize`",
            &[
                ("normal", Handshake::Normal),
                ("never", Handshake::Never),
                ("twice", Handshake::Twice),
            ],
        );
    }
    let late = node
        .map("an answer to `initialize`", &["late"])?
        .required("late")?;
    Ok(Handshake::Late(milliseconds(late)?))
}

/// Reads `version`.
///
/// # Errors
/// Where something in it is wrong, with the place.
pub fn version(node: Node<'_>) -> Result<VersionFaults, InputError> {
    let map = node.map(
        "what is wrong with `--version`",
        &["says", "banner", "takes", "exit-status"],
    )?;
    let text = |node: Node<'_>| node.text().map(str::to_owned);
    Ok(VersionFaults {
        says: map.optional("says", text)?,
        banner: map.optional("banner", text)?,
        takes: map.optional("takes", milliseconds)?,
        exit: map
            .optional("exit-status", |node| node.integer(0..=255))?
            .map(|code| code as i32),
    })
}

/// Reads `result:` of an entry.
pub(super) fn result(node: Node<'_>) -> Result<ResultFault, InputError> {
    if node.is_text() {
        return node
            .one_of("fault of a result", &[("missing", true), ("twice", false)])
            .map(|missing| match missing {
                true => ResultFault::Missing,
                false => ResultFault::Twice,
            });
    }
    let (kind, fields) = node.single("fault of a result", &["with", "then"])?;
    let fields = fields.ok_or_else(|| node.error(format!("`{kind}` needs fields")))?;
    match (kind, fields.json()?) {
        ("with", serde_json::Value::Object(fields)) => Ok(ResultFault::With(fields)),
        (_, serde_json::Value::Object(fields)) => Ok(ResultFault::Then(fields)),
        _ => Err(fields.expected("a mapping of fields")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{Place, faults};

    #[test]
    fn the_table_of_faults_and_the_grammar_have_the_same_names() {
        let of = |place: Place| -> Vec<&str> {
            let all = faults().iter().filter(|fault| fault.place == place);
            all.map(|fault| fault.name).collect()
        };
        let sorted = |mut names: Vec<&'static str>| {
            names.sort_unstable();
            names
        };
        let mut points = POINTS.to_vec();
        points.extend(["exit", "gate", "hang", "long-result", "long-text", "wait"]);
        assert_eq!(of(Place::Action), sorted(points));
        let keys = |all: &[&'static str], but: &[&str]| {
            let kept = all.iter().copied().filter(|key| !but.contains(key));
            sorted(kept.collect())
        };
        assert_eq!(
            of(Place::Process),
            keys(PROCESS, &["when", "times", "stdout"])
        );
        assert_eq!(of(Place::Stdout), keys(STDOUT, &[]));
    }
}
