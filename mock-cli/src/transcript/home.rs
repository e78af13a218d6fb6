//! Where the CLI keeps its files.

use super::directory_name;
use crate::profile::Profile;
use serde_json::{Map, Value};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The configuration folder and the global configuration file.
#[derive(Debug, Clone)]
pub struct Home {
    /// `~/.claude`, or `$CLAUDE_CONFIG_DIR`.
    pub config_dir: PathBuf,
    /// `~/.claude.json`, or `$CLAUDE_CONFIG_DIR/.claude.json`.
    pub config_file: PathBuf,
    /// The global configuration as it was when it was first looked at; clones share it.
    config: Arc<OnceLock<Config>>,
}

/// What the global configuration is.
#[derive(Debug)]
pub(crate) struct Config {
    /// Its text, or why there is none.
    pub(crate) text: io::Result<String>,
    /// What it says; None where that is no JSON.
    pub(crate) value: Option<Value>,
}

impl Config {
    fn read(file: &Path) -> Config {
        let text = std::fs::read_to_string(file);
        let parsed = text.as_ref().map(|text| serde_json::from_str(text).ok());
        Config {
            value: parsed.ok().flatten(),
            text,
        }
    }

    /// What it says, if that is an object.
    pub(crate) fn object(&self) -> Option<&Map<String, Value>> {
        self.value.as_ref()?.as_object()
    }

    /// What it says of a folder.
    pub(crate) fn project(&self, folder: &Path) -> Option<&Value> {
        let folder = folder.to_string_lossy();
        self.object()?.get("projects")?.get(folder.as_ref())
    }
}

impl Home {
    /// The files of a user with this HOME.
    #[must_use]
    pub fn in_home(home: &Path) -> Home {
        Home {
            config_dir: home.join(".claude"),
            config_file: home.join(".claude.json"),
            config: Arc::default(),
        }
    }

    /// The files of a user with this `CLAUDE_CONFIG_DIR`.
    #[must_use]
    pub fn in_config_dir(config_dir: PathBuf) -> Home {
        Home {
            config_file: config_dir.join(".claude.json"),
            config_dir,
            config: Arc::default(),
        }
    }

    /// The global configuration as the run found it: it is read once.
    pub(crate) fn config(&self) -> &Config {
        self.config.get_or_init(|| Config::read(&self.config_file))
    }

    /// The files of this process, by `CLAUDE_CONFIG_DIR`, else `HOME`, else the user database as the system has it.
    #[must_use]
    pub fn of_process() -> Home {
        let var = |name| std::env::var_os(name).filter(|v| !v.is_empty());
        if let Some(dir) = var("CLAUDE_CONFIG_DIR") {
            return Home::in_config_dir(PathBuf::from(dir));
        }
        Home::in_home(&std::env::home_dir().unwrap_or_else(|| "/".into()))
    }

    /// The folder of a working folder's transcripts.
    #[must_use]
    pub fn project_dir(&self, profile: &Profile, cwd: &Path) -> PathBuf {
        let name = directory_name(cwd, profile.behaviour.directory_names);
        self.config_dir.join("projects").join(name)
    }

    /// The transcript of a session.
    #[must_use]
    pub fn transcript(&self, profile: &Profile, cwd: &Path, session: &str) -> PathBuf {
        self.project_dir(profile, cwd)
            .join(format!("{session}.jsonl"))
    }
}
