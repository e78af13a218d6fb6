//! Permission rules: `Bash`, `Bash(touch:*)`, `Read(//etc/**)` (PROTOCOL 7.2).

use serde_json::Value;
use std::path::{Path, PathBuf};

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) tool: String,
    pub(super) content: Option<String>,
}

impl Rule {
    /// Reads `Tool` or `Tool(content)`.
    pub(super) fn parse(text: &str) -> Rule {
        match text.strip_suffix(')').and_then(|t| t.split_once('(')) {
            Some((tool, content)) => Rule {
                tool: tool.into(),
                content: Some(content.into()),
            },
            None => Rule {
                tool: text.into(),
                content: None,
            },
        }
    }

    /// Whether it speaks of this whole tool, of its content too, or not at all.
    pub(super) fn matches(&self, tool: &str, input: &Value, cwd: &Path) -> bool {
        if !self.speaks_of(tool) {
            return false;
        }
        let Some(content) = &self.content else {
            return true;
        };
        match tool {
            "Bash" => {
                let command = input["command"].as_str().unwrap_or_default();
                command_matches(content, command)
            }
            _ => path_of(tool, input).is_some_and(|path| path_matches(content, &path, cwd)),
        }
    }

    fn speaks_of(&self, tool: &str) -> bool {
        let server = tool
            .strip_prefix("mcp__")
            .and_then(|rest| rest.split_once("__"))
            .is_some_and(|(server, _)| self.tool == format!("mcp__{server}"));
        let edits = matches!(tool, "Write" | "MultiEdit" | "NotebookEdit") && self.tool == "Edit";
        let reads = matches!(tool, "Glob" | "Grep") && self.tool == "Read";
        let content = self.content.is_some();
        let agents = tool == "Agent" && self.tool == "Task";
        self.tool == tool || agents || server || (content && (edits || reads))
    }
}

/// Rules as people write them in one argument or several: separated by commas or blanks outside of parentheses.
pub(crate) fn split(arguments: &[String]) -> Vec<String> {
    let mut rules = Vec::new();
    for argument in arguments {
        let (mut rule, mut depth) = (String::new(), 0_u32);
        for c in argument.chars() {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                ',' | ' ' if depth == 0 => {
                    rules.push(std::mem::take(&mut rule));
                    continue;
                }
                _ => {}
            }
            rule.push(c);
        }
        rules.push(rule);
    }
    rules.retain(|rule| !rule.is_empty());
    rules
}

/// The path that a file tool works on.
pub(super) fn path_of(tool: &str, input: &Value) -> Option<PathBuf> {
    let key = match tool {
        "Read" | "Write" | "Edit" | "MultiEdit" => "file_path",
        "NotebookEdit" => "notebook_path",
        "Glob" | "Grep" => "path",
        _ => return None,
    };
    input[key].as_str().map(PathBuf::from)
}

/// The single commands of a command line.
pub(super) fn commands(line: &str) -> Vec<&str> {
    line.split(['\n', ';'])
        .flat_map(|part| part.split("&&"))
        .flat_map(|part| part.split("||"))
        .flat_map(|part| part.split('|'))
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

fn command_matches(content: &str, command: &str) -> bool {
    if content == command {
        return true;
    }
    let one = |command: &str| {
        if let Some(prefix) = content.strip_suffix(":*") {
            return command == prefix || command.starts_with(&format!("{prefix} "));
        }
        if let Some(prefix) = content.strip_suffix(" *")
            && command == prefix
        {
            return true;
        }
        glob(content, command)
    };
    let commands = commands(command);
    !commands.is_empty() && commands.into_iter().all(one)
}

fn path_matches(content: &str, path: &Path, cwd: &Path) -> bool {
    let home = std::env::var("HOME").unwrap_or_default();
    let pattern = if let Some(absolute) = content.strip_prefix("//") {
        format!("/{absolute}")
    } else if let Some(rest) = content.strip_prefix("~/") {
        format!("{home}/{rest}")
    } else {
        let rest = content.trim_start_matches("./").trim_start_matches('/');
        format!("{}/{rest}", cwd.display())
    };
    let path = cwd.join(path);
    glob(&pattern, &path.to_string_lossy())
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bash(rule: &str, command: &str) -> bool {
        Rule::parse(rule).matches("Bash", &json!({"command": command}), Path::new("/w"))
    }

    #[test]
    fn a_rule_for_commands_holds_for_each_of_them() {
        assert!(bash("Bash", "rm -rf x"));
        assert!(bash("Bash(touch:*)", "touch a b"));
        assert!(bash("Bash(touch:*)", "touch"));
        assert!(!bash("Bash(touch:*)", "touchy"));
        assert!(!bash("Bash(touch:*)", "touch a && rm b"));
        assert!(bash("Bash(touch:*)", "touch a; touch b"));
        assert!(bash("Bash(touch a1 *)", "touch a1"));
        assert!(bash("Bash(a | b)", "a | b"));
        assert!(!bash("Read", "touch"));
    }

    #[test]
    fn a_rule_for_paths_is_relative_to_the_working_folder() {
        let reads = |rule: &str, path: &str| {
            Rule::parse(rule).matches("Read", &json!({"file_path": path}), Path::new("/w"))
        };
        assert!(reads("Read(src/**)", "/w/src/a/b.rs"));
        assert!(!reads("Read(src/**)", "/v/src/a/b.rs"));
        assert!(reads("Read(//etc/*)", "/etc/hosts"));
    }

    #[test]
    fn arguments_are_split_outside_of_parentheses() {
        let given = ["Bash(git log:*),Read".to_owned(), "Edit Write".to_owned()];
        assert_eq!(split(&given), ["Bash(git log:*)", "Read", "Edit", "Write"]);
    }
}
