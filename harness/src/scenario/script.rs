//! The `claude:` part: YAML compiled to the stand-in's script.

use super::{Names, faults};
use crate::yaml::{InputError, Node};
use mock_claude::faults::PointFault;
use mock_claude::script::{Action, Entry, ToolUse, When};

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

/// Reads the list under `claude:`.
pub(super) fn entries(node: Node<'_>) -> Result<Vec<Entry>, InputError> {
    node.list()?.into_iter().map(entry).collect()
}

fn entry(node: Node<'_>) -> Result<Entry, InputError> {
    let map = node.map("an entry of `claude`", &["when", "times", "result", "do"])?;
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
        line: u32::try_from(node.line()).ok(),
        when: map.optional("when", when)?.unwrap_or_default(),
        times: map
            .optional("times", |node| node.integer(1..=1_000_000))?
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

/// In milliseconds on the script's clock.
pub(super) fn milliseconds(node: Node<'_>) -> Result<u64, InputError> {
    // A step that takes longer than its deadline counts as a hang.
    const LONGEST: u64 = 50_000;
    match u64::try_from(node.duration()?.as_millis()) {
        Ok(ms) if ms <= LONGEST => Ok(ms),
        _ => Err(node
            .error("a wait may take at most 50s")
            .with_help("for an answer that never comes use `hang`")),
    }
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
    let known: Vec<&str> = ACTIONS.iter().chain(faults::POINTS).copied().collect();
    let (name, value) = node.single("action", &known)?;
    if faults::POINTS.contains(&name) {
        return faults::point(name, node, value).map(Action::Fault);
    }
    if name == "hang" {
        return Ok(Action::Hang);
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

/// Reads `profile:`.
pub(super) fn profile(node: Node<'_>, names: &Names) -> Result<String, InputError> {
    super::read::known(node, "profile", &names.profiles)
}
