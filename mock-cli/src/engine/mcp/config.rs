//! `--mcp-config`: what is read, what is wrong with it (PROTOCOL 8.2).

use crate::profile::{Lazy, Mcp};
use serde_json::{Value, json};
use std::path::Path;

/// A server that is skipped, as `init` tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) message: String,
}

impl Problem {
    /// As it stands in `mcp_server_errors`.
    pub(crate) fn json(&self) -> Value {
        json!({"name": self.name, "type": self.kind, "message": self.message})
    }
}

/// A server that is to be started.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Given {
    pub(crate) name: String,
    pub(super) config: Value,
    /// Where it was named.
    pub(super) source: &'static str,
}

impl Given {
    /// A server with its configuration, if that is one.
    pub(super) fn new(name: &str, config: &Value, source: &'static str) -> Result<Given, Problem> {
        match problem(name, config) {
            Some(problem) => Err(problem),
            None => Ok(Given {
                name: name.to_owned(),
                config: expanded(config),
                source,
            }),
        }
    }
}

/// Servers, and those that are skipped.
pub(crate) type Checked = (Vec<Given>, Vec<Problem>);

/// Reads the configurations. The error is what is said before nothing starts, one line per fault.
pub(crate) fn check(
    configs: &[String],
    cwd: &Path,
    profile: &Lazy<Mcp>,
) -> Result<Checked, String> {
    let (mut servers, mut problems, mut faults) = (Vec::<Given>::new(), Vec::new(), Vec::new());
    for config in configs {
        let config = match read(config, cwd) {
            Ok(config) => config,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        let Some(named) = config.get("mcpServers").and_then(Value::as_object) else {
            faults.push(no_servers(&config, profile));
            continue;
        };
        for (name, server) in named {
            match Given::new(name, server, "dynamic") {
                Ok(given) => {
                    servers.retain(|other| other.name != given.name);
                    servers.push(given);
                }
                Err(problem) if profile.skips_bad => problems.push(problem),
                Err(_) => faults.push(format!(
                    "mcpServers.{name}: Does not adhere to MCP server configuration schema"
                )),
            }
        }
    }
    if faults.is_empty() {
        Ok((servers, problems))
    } else {
        Err(faults.join("\n"))
    }
}

/// A configuration with `${NAME}` and `${NAME:-default}` filled in from the environment; a variable that is not set and
/// has no default stays as it is written.
fn expanded(value: &Value) -> Value {
    match value {
        Value::String(text) => filled_in(text, |name| std::env::var(name).ok()).into(),
        Value::Array(items) => items.iter().map(expanded).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), expanded(value)))
            .collect(),
        other => other.clone(),
    }
}

fn filled_in(text: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((inner, behind)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        let (name, default) = match inner.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        match variable(name).or_else(|| default.map(str::to_owned)) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&format!("${{{inner}}}")),
        }
        rest = behind;
    }
    out + rest
}

/// JSON as it is, or from a file.
fn read(config: &str, cwd: &Path) -> Result<Value, String> {
    if let Ok(value) = serde_json::from_str(config) {
        return Ok(value);
    }
    let path = cwd.join(config);
    let text = std::fs::read_to_string(&path)
        .map_err(|_| format!("MCP config file not found: {}", path.display()))?;
    serde_json::from_str(&text).map_err(|_| "MCP config is not a valid JSON".to_owned())
}

/// What is said of a configuration without a map of servers.
fn no_servers(config: &Value, profile: &Mcp) -> String {
    let inner = config.is_object();
    let (place, wanted, got) = if inner {
        ("mcpServers: ", "record", config.get("mcpServers"))
    } else {
        ("", "object", Some(config))
    };
    if profile.skips_bad {
        format!(
            "{place}Invalid input: expected {wanted}, received {}",
            kind(got)
        )
    } else {
        format!("{place}Does not adhere to MCP server configuration schema")
    }
}

/// What is wrong with a server.
pub(super) fn problem(name: &str, server: &Value) -> Option<Problem> {
    let invalid = |fault: String| {
        Some(Problem {
            name: name.to_owned(),
            kind: "invalid_config",
            message: format!("Skipped — invalid MCP server config for \"{name}\": {fault}"),
        })
    };
    let wrong = |place: &str, wanted: &str, got: Option<&Value>| {
        invalid(format!(
            "{place}: expected {wanted}, received {}",
            kind(got)
        ))
    };
    let Some(map) = server.as_object() else {
        return wrong("(root)", "object", Some(server));
    };
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    let strings = |key: &str| {
        let bad = map
            .get(key)?
            .as_object()?
            .iter()
            .find(|(_, v)| !v.is_string())?;
        wrong(&format!("{key}.{}", bad.0), "string", Some(bad.1))
    };
    match map
        .get("type")
        .map(|kind| kind.as_str().unwrap_or_default())
    {
        None | Some("stdio") => match text("command") {
            None => wrong("command", "string", map.get("command")),
            Some("") => invalid("command: Command cannot be empty".into()),
            Some(_) => match map.get("args") {
                Some(args) if !args.is_array() => wrong("args", "array", Some(args)),
                _ => strings("env"),
            },
        },
        Some("sse" | "http" | "streamable-http" | "ws" | "sse-ide" | "ws-ide") => match text("url")
        {
            None => wrong("url", "string", map.get("url")),
            Some(_) => strings("headers"),
        },
        Some("sdk") if text("name").is_none() => wrong("name", "string", map.get("name")),
        Some("sdk") => None,
        Some(other) => Some(Problem {
            name: name.to_owned(),
            kind: "unknown_type",
            message: format!("Skipped — unknown MCP server type \"{other}\" for server \"{name}\""),
        }),
    }
}

/// A value's type, as the checker names it.
fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    fn checked(version: &str, configs: &[&str]) -> Result<(Vec<String>, Vec<String>), String> {
        let configs: Vec<String> = configs.iter().map(|c| (*c).to_owned()).collect();
        let profile = &Profile::named(version).expect("a profile").mcp;
        let (servers, problems) = check(&configs, "/nonexistent".as_ref(), profile)?;
        Ok((
            servers.into_iter().map(|given| given.name).collect(),
            problems.into_iter().map(|p| p.message).collect(),
        ))
    }

    #[test]
    fn variables_of_the_environment_are_filled_in_with_their_defaults() {
        let variable = |name: &str| (name == "A").then(|| "one".to_owned());
        let fill = |text: &str| filled_in(text, variable);
        assert_eq!(fill("x${A}y"), "xoney");
        assert_eq!(fill("${B:-two}/${A:-no}"), "two/one");
        assert_eq!(fill("${B} ${"), "${B} ${");
    }

    #[test]
    fn what_is_no_json_is_a_file_and_all_faults_are_told() {
        assert_eq!(
            checked("2.1.330", &["{bad", "missing.json"]),
            Err("MCP config file not found: /nonexistent/{bad\nMCP config file not found: /nonexistent/missing.json".into())
        );
    }

    #[test]
    fn older_versions_refuse_a_bad_server_and_newer_ones_skip_it() {
        let config = r#"{"mcpServers":{"x":{"nocommand":1},"y":{"command":"true"}}}"#;
        assert_eq!(
            checked("2.0.77", &[config]),
            Err("mcpServers.x: Does not adhere to MCP server configuration schema".into())
        );
        let skipped = "Skipped — invalid MCP server config for \"x\": command: expected string, received undefined";
        assert_eq!(
            checked("2.1.330", &[config]),
            Ok((vec!["y".into()], vec![skipped.into()]))
        );
    }

    #[test]
    fn a_configuration_without_servers_is_told_by_its_type() {
        assert_eq!(
            checked("2.1.330", &["{}"]),
            Err("mcpServers: Invalid input: expected record, received undefined".into())
        );
        assert_eq!(
            checked("2.1.330", &["5"]),
            Err("Invalid input: expected object, received number".into())
        );
        assert_eq!(
            checked("1.0.108", &["[]"]),
            Err("Does not adhere to MCP server configuration schema".into())
        );
    }
}
