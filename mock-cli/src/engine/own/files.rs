//! The files of commands, skills and agents: a head between lines of dashes, and a text.

use super::{OwnAgent, OwnCommand};
use crate::order;
use crate::profile::OwnDefinitions;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// What the head of a file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Head {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) argument_hint: Option<Entry>,
    pub(super) model: Option<String>,
    pub(super) allowed_tools: Vec<String>,
    /// The tools of an agent.
    pub(super) tools: Option<Vec<String>>,
    pub(super) disable_model_invocation: Option<bool>,
    pub(super) user_invocable: Option<bool>,
}

/// The value of a key: a text, or a list in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Text(String),
    List { items: Vec<String>, source: String },
}

impl Entry {
    /// Reads what stands behind a colon.
    fn read(text: &str) -> Option<Entry> {
        let text = text.trim();
        if let Some(inside) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            let items = inside
                .split(',')
                .map(|item| unquoted(item.trim()).to_owned());
            return Some(Entry::List {
                items: items.filter(|item| !item.is_empty()).collect(),
                source: text.to_owned(),
            });
        }
        (!text.is_empty()).then(|| Entry::Text(unquoted(text).to_owned()))
    }

    fn text(self) -> String {
        match self {
            Entry::Text(text) => text,
            Entry::List { source, .. } => source,
        }
    }

    /// As a hint at arguments: what looks like a list is taken for one by newer versions.
    pub(super) fn told(&self, version: OwnDefinitions) -> Value {
        match self {
            Entry::Text(text) => text.as_str().into(),
            Entry::List { source, .. } if version < OwnDefinitions::WithSkills => {
                source.as_str().into()
            }
            Entry::List { items, .. } if version < OwnDefinitions::Sorted => items.clone().into(),
            Entry::List { items, .. } => items.join(",").into(),
        }
    }
}

fn unquoted(text: &str) -> &str {
    let within = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    within('"').or_else(|| within('\'')).unwrap_or(text)
}

/// A file's head and its text.
fn parts(source: &str) -> (Head, String) {
    let Some(rest) = source.strip_prefix("---\n") else {
        return (Head::default(), source.to_owned());
    };
    let Some((lines, text)) = rest
        .split_once("\n---\n")
        .or_else(|| rest.split_once("\n---"))
    else {
        return (Head::default(), source.to_owned());
    };
    let mut head = Head::default();
    let mut listed: Option<&str> = None;
    for line in lines.lines() {
        if let Some(item) = line.trim_start().strip_prefix("- ") {
            if listed == Some("allowed-tools") {
                head.allowed_tools.push(unquoted(item.trim()).to_owned());
            }
            continue;
        }
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let key = key.trim();
        listed = Some(key);
        let Some(value) = Entry::read(value) else {
            continue;
        };
        let yes = |value: Entry| Some(value.text() == "true");
        match key {
            "name" => head.name = Some(value.text()),
            "description" => head.description = Some(value.text()),
            "argument-hint" => head.argument_hint = Some(value),
            "model" => head.model = Some(value.text()),
            "allowed-tools" => {
                head.allowed_tools = match value {
                    Entry::List { items, .. } => items,
                    Entry::Text(text) => crate::permissions::split(&[text]),
                }
            }
            "tools" => {
                head.tools = Some(match value {
                    Entry::List { items, .. } => items,
                    Entry::Text(text) => crate::permissions::split(&[text]),
                });
            }
            "disable-model-invocation" => head.disable_model_invocation = yes(value),
            "user-invocable" => head.user_invocable = yes(value),
            _ => {}
        }
    }
    (head, text.trim_start_matches('\n').to_owned())
}

/// The commands below a folder.
pub(super) fn commands(dir: &Path, of_user: bool) -> Vec<OwnCommand> {
    let mut found = Vec::new();
    collect(dir, "", of_user, &mut found);
    order::sort_by(&mut found, |a, b| a.name.cmp(&b.name));
    found
}

fn collect(dir: &Path, prefix: &str, of_user: bool, found: &mut Vec<OwnCommand>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        if path.is_dir() {
            collect(&path, &format!("{prefix}{stem}:"), of_user, found);
        } else if path.extension().is_some_and(|e| e == "md")
            && let Ok(source) = fs::read_to_string(&path)
        {
            let (head, text) = parts(&source);
            found.push(OwnCommand {
                name: format!("{prefix}{stem}"),
                of_user,
                plugin: None,
                skill: None,
                head,
                text,
            });
        }
    }
}

/// The skills in a folder, each in a folder of its own.
pub(super) fn skills(dir: &Path, of_user: bool) -> Vec<OwnCommand> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let skill = |entry: fs::DirEntry| {
        let folder = entry.path();
        let source = fs::read_to_string(folder.join("SKILL.md")).ok()?;
        let (head, text) = parts(&source);
        Some(OwnCommand {
            name: entry.file_name().into_string().ok()?,
            of_user,
            plugin: None,
            skill: Some(folder),
            head,
            text,
        })
    };
    let mut found: Vec<OwnCommand> = entries.filter_map(skill).collect();
    order::sort_by(&mut found, |a, b| a.name.cmp(&b.name));
    found
}

/// The agents in a folder; one without a name is none.
/// The names of the output styles of a folder.
pub(super) fn styles(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let name = |path: &Path| {
        let (head, _) = parts(&fs::read_to_string(path).ok()?);
        let stem = || {
            path.file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
        };
        head.name.or_else(stem)
    };
    let files = entries.map(|entry| entry.path());
    let files = files.filter(|path| path.extension().is_some_and(|e| e == "md"));
    let mut found: Vec<String> = files.filter_map(|path| name(&path)).collect();
    order::sort_by(&mut found, Ord::cmp);
    found
}

pub(super) fn agents(dir: &Path) -> Vec<OwnAgent> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path());
    let files = files.filter(|path| path.extension().is_some_and(|e| e == "md"));
    let agent = |path| {
        let (head, _) = parts(&fs::read_to_string(path).ok()?);
        Some(OwnAgent {
            name: head.name?,
            description: head.description?,
            model: head.model,
            tools: head.tools,
        })
    };
    let mut found: Vec<OwnAgent> = files.filter_map(agent).collect();
    order::sort_by(&mut found, |a, b| a.name.cmp(&b.name));
    found
}

/// An agent that the client brings along.
pub(super) fn given_agent(name: &str, given: &Value) -> OwnAgent {
    let said = |key: &str| given.get(key).and_then(Value::as_str).map(str::to_owned);
    let tools = given.get("tools").and_then(Value::as_array);
    OwnAgent {
        name: name.to_owned(),
        description: said("description").unwrap_or_default(),
        model: said("model"),
        tools: tools.map(|tools| {
            let names = tools.iter().filter_map(Value::as_str);
            names.map(str::to_owned).collect()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_no_part_of_the_text() {
        let (head, text) = parts(
            "---\nallowed-tools: Bash(touch:*), Read\nargument-hint: [a, b]\nmodel: 'haiku'\n---\n\nBody $ARGUMENTS\n",
        );
        assert_eq!(text, "Body $ARGUMENTS\n");
        assert_eq!(head.allowed_tools, ["Bash(touch:*)", "Read"]);
        assert_eq!(head.model.as_deref(), Some("haiku"));
        let hint = head.argument_hint.expect("a hint");
        assert_eq!(hint.told(OwnDefinitions::AsFound), "[a, b]");
        assert_eq!(
            hint.told(OwnDefinitions::WithSkills),
            serde_json::json!(["a", "b"])
        );
        assert_eq!(hint.told(OwnDefinitions::Once), "a,b");
        assert_eq!(parts("Body\n"), (Head::default(), "Body\n".to_owned()));
    }
}
