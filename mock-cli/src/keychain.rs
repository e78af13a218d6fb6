//! The keychain of a stage: a file that stands in for the login keychain of macOS. The system's own is never asked.
//!
//! The CLI looks for its credentials under the name that `USER` gives, with no other way to learn it, and under a
//! service of their own for each `CLAUDE_CONFIG_DIR` (reported for 2.1.207 to 2.1.260 in claude-code#77213 and #88434
//! and claudexor#301; not observed here, for want of a Mac). Where it finds none, it reads `.credentials.json`.

use crate::sha256;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What the file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keychain {
    /// Whether it can be read: over ssh it cannot.
    pub locked: bool,
    /// Its items.
    pub items: Vec<Item>,
}

/// A secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What it is for.
    pub service: String,
    /// Whose it is.
    pub account: String,
    /// The secret itself.
    pub secret: String,
}

impl Keychain {
    /// Where it lies below HOME.
    #[must_use]
    pub fn place(home: &Path) -> PathBuf {
        home.join("Library/Keychains/mock-claude.json")
    }

    /// The service of the CLI's credentials, where `CLAUDE_CONFIG_DIR` has this value.
    #[must_use]
    pub fn service(config_dir: Option<&OsStr>) -> String {
        let name = "Claude Code-credentials";
        match config_dir {
            None => name.to_owned(),
            Some(dir) => format!("{name}-{}", &sha256::hex(dir.as_bytes())[..8]),
        }
    }
}

/// The CLI's credentials, as a process with these variables finds them. What cannot be read is none, as for the CLI.
pub(crate) fn secret(variable: impl Fn(&str) -> Option<String>, home: &Path) -> Option<String> {
    let text = fs::read_to_string(Keychain::place(home)).ok()?;
    let keychain: Keychain = serde_json::from_str(&text).ok()?;
    let account = variable("USER")?;
    let config_dir = variable("CLAUDE_CONFIG_DIR").filter(|dir| !dir.is_empty());
    let service = Keychain::service(config_dir.as_deref().map(OsStr::new));
    let found = |item: &Item| item.service == service && item.account == account;
    let item = keychain.items.into_iter().find(found);
    item.filter(|_| !keychain.locked).map(|item| item.secret)
}
