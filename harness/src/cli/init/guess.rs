//! What a project says of its backend.

use super::{DriverName, Way};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A guess at what the backend is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Guess {
    pub(super) name: String,
    /// How it is started; empty where nothing says.
    pub(super) command: Vec<String>,
    /// Whether somebody said so, or a file did.
    pub(super) command_is_sure: bool,
    /// The script that is copied onto the stage, with its folder, relative to the project.
    pub(super) server: Option<String>,
    /// Installed dependencies, relative to the project.
    pub(super) modules: Option<String>,
    pub(super) driver: DriverName,
    pub(super) cli: Way,
    /// Where the app runs at its users'.
    pub(super) environment: &'static str,
    pub(super) layout: &'static str,
    /// What that was found in, for people.
    pub(super) facts: Vec<String>,
}

/// Scripts that are servers as a rule, the likeliest first.
const NODE_ENTRIES: [&str; 8] = [
    "server/index.mjs",
    "server/index.js",
    "server.mjs",
    "server.js",
    "dist/server.js",
    "dist/server/index.js",
    "backend/index.js",
    "index.js",
];
const PYTHON_ENTRIES: [&str; 4] = ["server.py", "app.py", "main.py", "backend/main.py"];
const ELECTRON_CONFIGS: [&str; 5] = [
    "electron-builder.yml",
    "electron-builder.yaml",
    "electron-builder.json",
    "electron-builder.json5",
    "forge.config.js",
];

impl Guess {
    /// What the project in this folder looks like.
    pub(super) fn of(folder: &Path) -> Self {
        let name = folder.canonicalize().ok();
        let name = name.as_deref().and_then(Path::file_name);
        let mut guess = Self {
            name: name.map_or("mine".into(), |name| name.to_string_lossy().into_owned()),
            command: Vec::new(),
            command_is_sure: false,
            server: None,
            modules: None,
            driver: DriverName::Webui,
            cli: Way::Option,
            environment: "terminal-dev",
            layout: "dev",
            facts: Vec::new(),
        };
        guess.node(folder);
        guess.python(folder);
        guess.tauri(folder);
        guess.name = guess.name.rsplit('/').next().unwrap_or_default().to_owned();
        guess
    }

    fn node(&mut self, folder: &Path) {
        let Some(package) = json(&folder.join("package.json")) else {
            return;
        };
        self.facts.push("package.json".to_owned());
        if let Some(name) = package["name"].as_str() {
            self.name = name.to_owned();
        }
        let uses = |name: &str| {
            ["dependencies", "devDependencies"]
                .iter()
                .any(|kind| package[kind].get(name).is_some())
        };
        if uses("@modelcontextprotocol/sdk") {
            self.driver = DriverName::Mcp;
            self.facts
                .push("@modelcontextprotocol/sdk: an MCP server".to_owned());
        }
        if uses("@agentclientprotocol/sdk") || uses("@zed-industries/agent-client-protocol") {
            self.driver = DriverName::Acp;
            self.facts
                .push("an ACP library: an agent for editors".to_owned());
        }
        let config = ELECTRON_CONFIGS
            .iter()
            .find(|name| folder.join(name).exists());
        if uses("electron")
            || config.is_some()
            || package
                .get("build")
                .is_some_and(|it| it["appId"].is_string())
        {
            (self.environment, self.layout) = ("macos-finder", "electron-app");
            let by = config.map_or("electron", |name| name);
            self.facts
                .push(format!("{by}: an Electron app, started from the Finder"));
        }
        // `node server.js` among its own scripts, or what is called like one.
        let scripts = ["start", "server", "serve"]
            .iter()
            .filter_map(|name| package["scripts"][name].as_str());
        let started = scripts
            .filter_map(|script| script.strip_prefix("node "))
            .next();
        let started =
            started.and_then(|rest| rest.split_whitespace().find(|word| !word.starts_with('-')));
        let main = package["main"].as_str().filter(|_| self.layout == "dev");
        let named = started
            .or(main)
            .map(|it| it.trim_start_matches("./").to_owned());
        let entry = named
            .filter(|entry| folder.join(entry).is_file())
            .or_else(|| {
                NODE_ENTRIES
                    .iter()
                    .find(|entry| folder.join(entry).is_file())
                    .map(|it| (*it).to_owned())
            });
        if let Some(entry) = entry {
            let file = entry.rsplit('/').next().unwrap_or(&entry);
            self.command = [
                "{runtime}",
                &format!("{{server}}/{file}"),
                "--port",
                "{port}",
            ]
            .map(str::to_owned)
            .into();
            self.facts.push(format!("{entry}: the server"));
            self.modules = Some("node_modules".to_owned());
            self.server = Some(entry);
        }
    }

    fn python(&mut self, folder: &Path) {
        let files = ["pyproject.toml", "requirements.txt", "setup.py"];
        let Some(found) = files.iter().find(|name| folder.join(name).exists()) else {
            return;
        };
        self.facts.push((*found).to_owned());
        if self.server.is_some() {
            return;
        }
        if let Some(entry) = PYTHON_ENTRIES
            .iter()
            .find(|entry| folder.join(entry).is_file())
        {
            self.command = [
                "{python}",
                &format!("{{here}}/../../{entry}"),
                "--port",
                "{port}",
            ]
            .map(str::to_owned)
            .into();
            self.facts.push(format!("{entry}: the server"));
        }
    }

    fn tauri(&mut self, folder: &Path) {
        let configs = ["src-tauri/tauri.conf.json", "tauri.conf.json"];
        if let Some(config) = configs.iter().find(|name| folder.join(name).exists()) {
            (self.environment, self.layout) = ("tauri-sidecar", "tauri-bundle");
            self.facts
                .push(format!("{config}: a Tauri app; its server is a sidecar"));
        }
        if self.command.is_empty()
            && let Ok(cargo) = fs::read_to_string(folder.join("Cargo.toml"))
        {
            self.facts.push("Cargo.toml".to_owned());
            let name = cargo
                .lines()
                .find_map(|line| line.trim().strip_prefix("name = \"")?.strip_suffix('"'));
            if let Some(name) = name {
                self.name = name.to_owned();
                let program = format!("{{here}}/../../target/debug/{name}");
                self.command = [&program, "--port", "{port}"].map(str::to_owned).into();
            }
        }
    }
}

fn json(path: &Path) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> Guess {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Guess::of(folder.path())
    }

    #[test]
    fn an_electron_app_runs_from_the_finder_with_the_server_that_its_script_starts() {
        let guess = project(&[
            (
                "package.json",
                r#"{"name":"@me/jarvis","scripts":{"start":"node --enable-source-maps ./api/main.mjs"},"devDependencies":{"electron":"37"}}"#,
            ),
            ("api/main.mjs", ""),
            ("server.js", ""),
        ]);
        assert_eq!(
            (guess.environment, guess.layout),
            ("macos-finder", "electron-app")
        );
        assert_eq!(guess.name, "jarvis");
        assert_eq!(guess.server.as_deref(), Some("api/main.mjs"));
        assert_eq!(guess.command[1], "{server}/main.mjs");
    }

    #[test]
    fn a_python_project_is_started_where_it_lies() {
        let guess = project(&[("pyproject.toml", ""), ("app.py", "")]);
        assert_eq!(
            guess.command,
            ["{python}", "{here}/../../app.py", "--port", "{port}"]
        );
        assert_eq!(guess.layout, "dev");
    }

    #[test]
    fn a_tauri_app_has_its_crates_name() {
        let guess = project(&[
            ("Cargo.toml", "[package]\nname = \"side\"\n"),
            ("src-tauri/tauri.conf.json", "{}"),
        ]);
        assert_eq!(
            (guess.name.as_str(), guess.layout),
            ("side", "tauri-bundle")
        );
    }

    #[test]
    fn nothing_is_made_up_where_nothing_is() {
        assert!(project(&[]).command.is_empty());
    }
}
