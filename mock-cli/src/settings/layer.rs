//! One source of settings, and what of it holds.

use crate::permissions::{Behavior, Capabilities, Rule, Source};
use serde_json::Value;

/// The settings of one source.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layer {
    pub(crate) source: Source,
    /// As it is written.
    pub(crate) written: Value,
    pub(crate) model: Option<String>,
    pub(crate) output_style: Option<String>,
    /// The mode that sessions begin in.
    pub(crate) mode: Option<String>,
    /// Whether no hook runs.
    pub(crate) disables_hooks: bool,
    /// Whether nobody may skip permissions.
    pub(crate) disables_bypass: bool,
    /// Variables, in order.
    pub(crate) env: Vec<(String, String)>,
    pub(crate) rules: Vec<(Behavior, Rule)>,
    /// Folders besides the working folder.
    pub(crate) directories: Vec<String>,
}

/// The modes that settings may name.
const MODES: [&str; 7] = [
    "default",
    "acceptEdits",
    "plan",
    "bypassPermissions",
    "dontAsk",
    "delegate",
    "auto",
];

impl Layer {
    /// Reads settings. None where they are not what settings are; then none of them hold.
    pub(crate) fn read(
        source: Source,
        written: Value,
        capabilities: &Capabilities,
    ) -> Option<Layer> {
        let text = |key: &str| match written.get(key) {
            None | Some(Value::Null) => Some(None),
            Some(Value::String(text)) => Some(Some(text.clone())),
            Some(_) => None,
        };
        written.as_object()?;
        if written.get("hooks").is_some_and(|hooks| !hooks.is_object()) {
            return None;
        }
        let env = match written.get("env") {
            None => Vec::new(),
            Some(Value::Object(env)) => env
                .iter()
                .filter_map(|(k, v)| Some((k.clone(), word(v)?)))
                .collect(),
            Some(_) => return None,
        };
        let empty = Value::Object(serde_json::Map::new());
        let permissions = written.get("permissions").unwrap_or(&empty);
        permissions.as_object()?;
        let mode = match permissions.get("defaultMode") {
            None => None,
            Some(mode) => Some(
                mode.as_str()
                    .filter(|mode| MODES.contains(mode))?
                    .to_owned(),
            ),
        };
        let mut rules = Vec::new();
        for (key, behavior) in [
            ("allow", Behavior::Allow),
            ("deny", Behavior::Deny),
            ("ask", Behavior::Ask),
        ] {
            for rule in list(permissions, key)? {
                match rule.as_str().filter(|rule| is_rule(rule, capabilities)) {
                    Some(rule) => rules.push((behavior, Rule::parse(rule))),
                    // Newer versions pass over what is no rule; for others the file is none.
                    None if capabilities.permissions >= 3 => {}
                    None => return None,
                }
            }
        }
        let directories = list(permissions, "additionalDirectories")?;
        let bypass = permissions.get("disableBypassPermissionsMode");
        Some(Layer {
            source,
            model: text("model")?.filter(|model| !model.is_empty()),
            output_style: text("outputStyle")?.filter(|style| !style.is_empty()),
            mode,
            disables_hooks: written.get("disableAllHooks") == Some(&Value::Bool(true)),
            disables_bypass: bypass.is_some_and(|bypass| bypass == "disable"),
            env,
            rules,
            directories: directories
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            written,
        })
    }
}

/// A list, an empty one where there is none; None where it is something else.
fn list<'a>(permissions: &'a Value, key: &str) -> Option<&'a [Value]> {
    match permissions.get(key) {
        None => Some(&[]),
        Some(Value::Array(list)) => Some(list),
        Some(_) => None,
    }
}

/// A variable's value as a process gets it.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Whether a text is a rule at all.
fn is_rule(text: &str, capabilities: &Capabilities) -> bool {
    let Some((tool, rest)) = text.split_once('(') else {
        return !text.trim().is_empty() && !text.contains(')');
    };
    let Some(content) = rest.strip_suffix(')') else {
        return false;
    };
    // The first versions know no patterns for commands but prefixes.
    let pattern = content.strip_suffix(":*").unwrap_or(content).contains('*');
    let unknown = capabilities.shell < 2 && tool == "Bash" && pattern;
    !tool.is_empty() && !content.is_empty() && !unknown
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(version: u8, settings: Value) -> Option<Layer> {
        let capabilities = Capabilities {
            permissions: version,
            shell: version,
        };
        Layer::read(Source::UserSettings, settings, &capabilities)
    }

    /// From 1.0.108, 2.0.77 and 2.1.330.
    #[test]
    fn a_bad_rule_spoils_a_file_in_older_versions_and_only_itself_in_newer_ones() {
        let settings = json!({"permissions": {"allow": ["Bash(", "", 5], "deny": ["Bash(zap:*)"]}});
        assert_eq!(read(1, settings.clone()), None);
        assert_eq!(read(2, settings.clone()), None);
        assert_eq!(read(3, settings).map(|layer| layer.rules.len()), Some(1));
        let pattern = json!({"permissions": {"deny": ["Bash(curl *)"]}});
        assert_eq!(read(1, pattern.clone()), None);
        assert!(read(2, pattern).is_some());
    }

    /// From 1.0.108, 2.0.77 and 2.1.330.
    #[test]
    fn what_is_of_the_wrong_type_spoils_a_file_in_all_versions() {
        for version in 1..=3 {
            assert_eq!(read(version, json!({"hooks": 3})), None);
            assert_eq!(read(version, json!({"permissions": {"allow": "x"}})), None);
            assert_eq!(
                read(version, json!({"permissions": {"defaultMode": "bogus"}})),
                None
            );
            assert_eq!(read(version, json!([])), None);
        }
    }

    #[test]
    fn variables_are_words() {
        let layer = read(3, json!({"env": {"A": "b", "N": 5, "F": true, "O": {}}})).unwrap();
        let word = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            layer.env,
            [word("A", "b"), word("N", "5"), word("F", "true")]
        );
    }
}
