//! The entries, as people write them: `calls` in a script, `claude` in a scenario.

use super::{Action, Entry, ToolUse, When, faults};
use crate::faults::PointFault;
use crate::source::{InputError, Node};

const ACTIONS: &[&str] = &[
    "say",
    "think",
    "use",
    "wait",
    "hang",
    "gate",
    "exit",
    "long-text",
    "long-result",
];

/// Reads the list under `calls` or `claude`.
///
/// # Errors
/// Where one is wrong, with the place.
pub fn entries(node: Node<'_>) -> Result<Vec<Entry>, InputError> {
    node.list()?.into_iter().map(entry).collect()
}

fn entry(node: Node<'_>) -> Result<Entry, InputError> {
    const KNOWN: &[&str] = &["when", "times", "result", "do"];
    // A compiled script says where an entry came from.
    let map = node.map_of("an entry", KNOWN, &[KNOWN, &["line"]].concat())?;
    let list = map.required("do")?;
    let actions: Vec<Action> = list
        .list()?
        .into_iter()
        .map(action)
        .collect::<Result<_, _>>()?;
    if !comes_to_an_answer(&actions) {
        return Err(list
            .error("the model never comes to its answer here")
            .with_help("end `do` with `say`, `hang` or `exit`"));
    }
    Ok(Entry {
        line: match map.get("line") {
            Some(line) => Some(line.integer(1..=u32::MAX.into())? as u32),
            None => u32::try_from(node.line()).ok(),
        },
        when: map.optional("when", when)?.unwrap_or_default(),
        times: map
            .optional("times", |node| node.integer(1..=i64::from(u32::MAX)))?
            .map_or(1, |times| times as u32),
        result: map.optional("result", faults::result)?,
        actions,
    })
}

/// Whether the last thing that is no mere accident is an answer, or what keeps one from coming.
fn comes_to_an_answer(actions: &[Action]) -> bool {
    let ends = |fault: &PointFault| {
        matches!(
            fault,
            PointFault::Signal(_) | PointFault::AuthError | PointFault::Silence(None)
        )
    };
    let last = actions.iter().rev().find(|action| match action {
        Action::Fault(fault) => ends(fault),
        _ => true,
    });
    !matches!(
        last,
        None | Some(
            Action::Use(_)
                | Action::LongResult(_)
                | Action::Think(_)
                | Action::Wait(_)
                | Action::Gate(_)
        )
    )
}

/// A duration in milliseconds on the script's clock. A bare number is one of milliseconds.
pub(super) fn milliseconds(node: Node<'_>) -> Result<u64, InputError> {
    if node.number().is_some() {
        let number = node.integer(0..=i64::from(u32::MAX));
        return number
            .map(i64::unsigned_abs)
            .map_err(|error| error.with_help("a duration has a unit: `250ms`, `2s`"));
    }
    let duration = node.duration()?.as_millis();
    u32::try_from(duration)
        .map(u64::from)
        .map_err(|_| node.error("this is longer than a month"))
}

pub(super) fn when(node: Node<'_>) -> Result<When, InputError> {
    let map = node.map(
        "a condition",
        &["prompt", "contains", "resumes", "session", "argv"],
    )?;
    let text = |node: Node<'_>| node.text().map(str::to_owned);
    Ok(When {
        prompt: map.optional("prompt", text)?,
        contains: map.optional("contains", text)?,
        resumes: map.optional("resumes", |node| node.boolean())?,
        session: map.optional("session", text)?,
        argv: map
            .optional("argv", |node| node.texts())?
            .unwrap_or_default(),
    })
}

fn action(node: Node<'_>) -> Result<Action, InputError> {
    if let Some(inner) = node.only("fault") {
        return faults::compiled(inner).map(Action::Fault);
    }
    let known: Vec<&str> = ACTIONS.iter().chain(faults::POINTS).copied().collect();
    let (name, value) = node.single("action", &known)?;
    if faults::POINTS.contains(&name) {
        return faults::point(name, node, value).map(Action::Fault);
    }
    if name == "hang" {
        return match value.filter(|value| !value.is_null()) {
            Some(value) => Err(value.error("the action `hang` takes no value")),
            None => Ok(Action::Hang),
        };
    }
    let Some(value) = value else {
        return Err(node.error(format!("the action `{name}` needs a value")));
    };
    Ok(match name {
        "say" => Action::Say(value.text()?.to_owned()),
        "think" => Action::Think(value.text()?.to_owned()),
        "use" => Action::Use(tool_use(value)?),
        "wait" => Action::Wait(milliseconds(value)?),
        "gate" => Action::Gate(gate(value)?),
        "long-text" => Action::LongText(value.integer(1..=268_435_456)? as u32),
        "long-result" => Action::LongResult(value.integer(1..=268_435_456)? as u32),
        _ => Action::Exit(value.integer(0..=255)? as i32),
    })
}

/// The name of a gate, which is a file's name.
fn gate(node: Node<'_>) -> Result<String, InputError> {
    let name = node.filled()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.chars().all(plain) {
        Ok(name.to_owned())
    } else {
        Err(node.error("the name of a gate has letters, digits and dashes"))
    }
}

fn tool_use(node: Node<'_>) -> Result<ToolUse, InputError> {
    let map = node.map("a tool use", &["tool", "input", "result", "error"])?;
    Ok(ToolUse {
        tool: map.required("tool")?.text()?.to_owned(),
        input: map
            .optional("input", |node| node.json())?
            .unwrap_or_else(|| serde_json::json!({})),
        result: map.optional("result", |node| node.text().map(str::to_owned))?,
        error: map
            .optional("error", |node| node.boolean())?
            .unwrap_or(false),
    })
}

/// The gates that entries wait for.
pub fn gates(entries: &[Entry]) -> impl Iterator<Item = &str> {
    let actions = entries.iter().flat_map(|entry| &entry.actions);
    actions.filter_map(|action| match action {
        Action::Gate(name) => Some(name.as_str()),
        _ => None,
    })
}
