//! What becomes of calls, with values taken from the real CLI of the version that a test names.

mod commands;
mod files;
mod parsing;
mod rules;

use super::*;
use serde_json::json;

/// What each version does.
pub(super) const VERSIONS: [(&str, Capabilities); 4] = [
    ("1.0.108", capabilities(1, 1)),
    ("2.0.77", capabilities(2, 2)),
    ("2.1.197", capabilities(3, 3)),
    ("2.1.330", capabilities(4, 4)),
];
pub(super) const NEWEST: Capabilities = capabilities(4, 4);

const fn capabilities(permissions: u8, shell: u8) -> Capabilities {
    Capabilities { permissions, shell }
}

/// A working folder with a few files, a folder outside of it, and a home.
pub(super) struct Stage {
    root: tempfile::TempDir,
}

impl Stage {
    pub(super) fn new() -> Stage {
        let stage = Stage {
            root: tempfile::tempdir().unwrap(),
        };
        for folder in ["work/sub", "outside", "home"] {
            std::fs::create_dir_all(stage.path(folder)).unwrap();
        }
        for file in [
            "work/a.txt",
            "work/b.txt",
            "work/sub/c.txt",
            "outside/secret.txt",
        ] {
            std::fs::write(stage.path(file), "line one\n").unwrap();
        }
        stage
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.root.path().canonicalize().unwrap().join(below)
    }

    /// A text with the folders filled in.
    pub(super) fn fill(&self, text: &str) -> String {
        let shown = |below: &str| self.path(below).display().to_string();
        text.replace("<WORK>", &shown("work"))
            .replace("<OUT>", &shown("outside"))
            .replace("<HOME>", &shown("home"))
    }

    pub(super) fn permissions(&self, rules: &[(Behavior, &str)]) -> Permissions {
        let home = self.path("home");
        let mut permissions = Permissions::new(
            &self.path("work"),
            &home,
            &home.join(".claude"),
            &self.path("given"),
            &NEWEST,
        );
        let rules = rules
            .iter()
            .map(|(behavior, rule)| (*behavior, Rule::parse(&self.fill(rule))));
        permissions.add(Source::CliArg, rules);
        permissions
    }

    /// What becomes of a call.
    pub(super) fn decide(
        &self,
        permissions: &Permissions,
        capabilities: &Capabilities,
        mode: &str,
        (tool, input): (&str, Value),
    ) -> Decision {
        let input = serde_json::from_str(&self.fill(&input.to_string())).unwrap();
        let call = ToolUse {
            tool,
            input: &input,
            mode,
            folder: &self.path("work"),
        };
        permissions.decide(capabilities, &call)
    }
}

pub(super) fn bash(command: &str) -> (&'static str, Value) {
    ("Bash", json!({"command": command}))
}

/// One word for a decision, and the reason or the text.
pub(super) fn shown(decision: &Decision) -> (&'static str, String) {
    match decision {
        Decision::Allow(kind) => ("runs", (*kind).to_owned()),
        Decision::Granted(_) => ("runs", "rule".to_owned()),
        Decision::Deny { message, .. } => ("denied", message.clone()),
        Decision::Ask(question) => ("asks", question.message.clone()),
    }
}
