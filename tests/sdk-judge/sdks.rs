//! The SDKs, and the CLIs that they were made for.

use super::folder;
use super::play::Needs;
use claude_harness::stage::{find_node, find_python};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// An SDK.
#[derive(Debug)]
pub(crate) struct Sdk {
    /// Its name, which its folder below `sdks` has.
    pub(crate) name: &'static str,
    /// What the runner is given: a file in that folder, or a package.
    module: &'static str,
    /// The version of the CLI that it runs.
    pub(crate) cli: &'static str,
}

pub(crate) const SDKS: &[Sdk] = &[
    Sdk {
        name: "node-0.3.332",
        module: "@anthropic-ai/claude-agent-sdk/sdk.mjs",
        cli: "2.1.330",
    },
    Sdk {
        name: "node-0.1.77",
        module: "@anthropic-ai/claude-agent-sdk/sdk.mjs",
        cli: "2.0.77",
    },
    Sdk {
        name: "node-1.0.108",
        module: "@anthropic-ai/claude-code/sdk.mjs",
        cli: "1.0.108",
    },
    Sdk {
        name: "python-0.2.189",
        module: "claude_agent_sdk",
        cli: "2.1.330",
    },
    Sdk {
        name: "python-0.1.18",
        module: "claude_agent_sdk",
        cli: "2.0.77",
    },
    Sdk {
        name: "python-0.0.25",
        module: "claude_code_sdk",
        cli: "1.0.108",
    },
];

/// An SDK that is there, and its programs.
#[derive(Debug)]
pub(crate) struct Installed {
    pub(crate) sdk: &'static Sdk,
    runtime: PathBuf,
    pub(crate) programs: BTreeMap<String, Needs>,
}

impl Sdk {
    /// `node` or `python`.
    pub(crate) fn language(&self) -> &'static str {
        match self.name.starts_with("node") {
            true => "node",
            false => "python",
        }
    }

    fn packages(&self) -> PathBuf {
        let packages = match self.language() {
            "node" => "node_modules",
            _ => "site-packages",
        };
        folder().join("sdks").join(self.name).join(packages)
    }

    /// The SDK with its programs, or why there is none.
    pub(crate) fn installed(&'static self) -> Result<Installed, String> {
        let (runtime, extension) = match self.language() {
            "node" => (find_node(), "mjs"),
            _ => (find_python().map(Into::into), "py"),
        };
        let runtime = runtime.ok_or_else(|| format!("there is no {}", self.language()))?;
        let packages = self.packages();
        if !packages.join(self.module).exists() {
            return Err(format!("{} is not installed", packages.display()));
        }
        let here = folder().join(self.language());
        let described = Command::new(&runtime)
            .arg(here.join(format!("run.{extension}")))
            .arg("describe")
            .arg(here.join("programs"))
            .output()
            .map_err(|e| e.to_string())?;
        let programs = serde_json::from_slice(&described.stdout)
            .map_err(|e| format!("{e}: {}", String::from_utf8_lossy(&described.stderr)))?;
        Ok(Installed {
            sdk: self,
            runtime,
            programs,
        })
    }
}

impl Installed {
    /// The command that runs a program.
    pub(crate) fn command(&self, program: &str) -> Command {
        let here = folder().join(self.sdk.language());
        let mut command = Command::new(&self.runtime);
        command.env_clear();
        if self.sdk.language() == "node" {
            command
                .arg(here.join("run.mjs"))
                .arg(self.sdk.packages().join(self.sdk.module))
                .arg(here.join(format!("programs/{program}.mjs")));
        } else {
            command
                .arg(here.join("run.py"))
                .arg(self.sdk.module)
                .arg(here.join(format!("programs/{program}.py")))
                .env("PYTHONPATH", self.sdk.packages());
        }
        command
    }
}
