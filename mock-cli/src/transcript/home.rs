//! Where the CLI keeps its files.

use super::directory_name;
use crate::profile::Profile;
use std::path::{Path, PathBuf};

/// The configuration folder and the global configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// `~/.claude`, or `$CLAUDE_CONFIG_DIR`.
    pub config_dir: PathBuf,
    /// `~/.claude.json`, or `$CLAUDE_CONFIG_DIR/.claude.json`.
    pub config_file: PathBuf,
}

impl Home {
    /// The files of a user with this HOME.
    #[must_use]
    pub fn in_home(home: &Path) -> Home {
        Home {
            config_dir: home.join(".claude"),
            config_file: home.join(".claude.json"),
        }
    }

    /// The files of this process, by `CLAUDE_CONFIG_DIR`, else `HOME`, else the user database as the system has it.
    #[must_use]
    pub fn of_process() -> Home {
        let var = |name| std::env::var_os(name).filter(|v| !v.is_empty());
        if let Some(dir) = var("CLAUDE_CONFIG_DIR") {
            let config_dir = PathBuf::from(dir);
            return Home {
                config_file: config_dir.join(".claude.json"),
                config_dir,
            };
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
