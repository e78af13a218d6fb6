//! The files that name MCP servers, by scope.

use crate::json::pretty;
use crate::transcript::Home;
use serde_json::{Map, Value, json};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where a server is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// For the user, in this folder.
    Local,
    /// For everybody who works in this folder.
    Project,
    /// For the user, everywhere.
    User,
}

impl Scope {
    /// All of them; a server of an earlier one hides one of a later one.
    pub(super) const ALL: [Scope; 3] = [Scope::Local, Scope::Project, Scope::User];

    pub(super) fn named(name: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Scope::Local => "local",
            Scope::Project => "project",
            Scope::User => "user",
        }
    }

    /// As people are told of it.
    pub(super) fn about(self) -> &'static str {
        match self {
            Scope::Local => "Local config (private to you in this project)",
            Scope::Project => "Project config (shared via .mcp.json)",
            Scope::User => "User config (available in all your projects)",
        }
    }
}

/// The files of a user in a folder.
#[derive(Debug)]
pub(super) struct Files<'a> {
    pub(super) home: &'a Home,
    pub(super) cwd: &'a Path,
}

impl Files<'_> {
    fn file(&self, scope: Scope) -> PathBuf {
        match scope {
            Scope::Project => self.cwd.join(".mcp.json"),
            Scope::Local | Scope::User => self.home.config_file.clone(),
        }
    }

    /// The file as people are told of it.
    pub(super) fn told(&self, scope: Scope) -> String {
        let file = self.file(scope);
        match scope {
            Scope::Local => format!("{} [project: {}]", file.display(), self.cwd.display()),
            Scope::Project | Scope::User => file.display().to_string(),
        }
    }

    /// Where the servers stand in the file.
    fn keys(&self, scope: Scope) -> Vec<String> {
        let servers = "mcpServers".to_owned();
        match scope {
            Scope::Local => {
                let here = self.cwd.to_string_lossy().into_owned();
                vec!["projects".to_owned(), here, servers]
            }
            Scope::Project | Scope::User => vec![servers],
        }
    }

    /// What the file holds; an empty object where there is none.
    fn read(&self, scope: Scope) -> io::Result<Value> {
        match fs::read_to_string(self.file(scope)) {
            Ok(text) => Ok(serde_json::from_str(&text)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(json!({})),
            Err(error) => Err(error),
        }
    }

    /// The servers of a scope.
    pub(super) fn servers(&self, scope: Scope) -> io::Result<Map<String, Value>> {
        let whole = self.read(scope)?;
        let keys = self.keys(scope);
        match keys.iter().try_fold(&whole, |value, key| value.get(key)) {
            None => Ok(Map::new()),
            Some(Value::Object(servers)) => Ok(servers.clone()),
            // What is written next would take its place.
            Some(_) => Err(io::Error::other(format!(
                "mcpServers in {} is not an object",
                self.told(scope)
            ))),
        }
    }

    /// Writes the servers of a scope; all else in the file stays as it is.
    pub(super) fn write(&self, scope: Scope, servers: Map<String, Value>) -> io::Result<()> {
        let mut whole = self.read(scope)?;
        let mut at = &mut whole;
        for key in self.keys(scope) {
            let not_one = || io::Error::other(format!("{} is not an object", self.told(scope)));
            let map = at.as_object_mut().ok_or_else(not_one)?;
            at = map.entry(key).or_insert_with(|| json!({}));
        }
        *at = Value::Object(servers);
        fs::write(self.file(scope), pretty(&whole))
    }
}
