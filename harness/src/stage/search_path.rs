//! The directories of PATH.

use super::build::Builder;
use super::environment::PathContent;
use super::error::StageError;
use super::shell::is_wrapped;
use super::tools;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// PATH as it was built.
#[derive(Default)]
pub(super) struct SearchPath {
    /// What the environment's system calls each directory, and where it lies.
    pub(super) entries: Vec<(String, PathBuf)>,
    /// The commands that this host does not have.
    pub(super) missing: Vec<String>,
    /// The first `node`.
    pub(super) node: Option<PathBuf>,
    /// The first `claude`.
    pub(super) claude: Option<PathBuf>,
}

impl Builder<'_> {
    /// Fills the directories of PATH and gives `{path}` its meaning.
    pub(super) fn path(&mut self) -> Result<SearchPath, StageError> {
        let mut path = SearchPath::default();
        let environment = &self.plan.environment;
        if environment.reads_rc {
            for dir in &self.plan.layout.path {
                self.dir(dir, &mut path)?;
            }
        }
        for dir in &environment.path {
            let actual = self.dir(&dir.at, &mut path)?;
            match &dir.content {
                PathContent::Tools(tools) => self.tools(&dir.at, &actual, tools, &mut path)?,
                PathContent::SameAs(other) => {
                    self.ground.link(&actual, &self.ground.locate(other)?)?;
                }
            }
        }
        // The shell is linked later, whatever the host has.
        let shell = Path::new(&environment.shell);
        path.missing
            .retain(|tool| shell.file_name() != Some(OsStr::new(tool)));
        let joined: Vec<_> = path
            .entries
            .iter()
            .map(|(_, at)| at.to_string_lossy())
            .collect();
        self.ground.define("path", joined.join(":"));
        Ok(path)
    }

    /// One more directory of PATH.
    fn dir(&self, at: &str, path: &mut SearchPath) -> Result<PathBuf, StageError> {
        let actual = self.ground.locate(at)?;
        if actual.to_string_lossy().contains(':') {
            return Err(StageError::Colon { path: actual });
        }
        path.entries.push((at.to_owned(), actual.clone()));
        Ok(actual)
    }

    fn tools(
        &self,
        declared: &str,
        folder: &Path,
        tools: &[String],
        path: &mut SearchPath,
    ) -> Result<(), StageError> {
        self.ground.folder(folder)?;
        for tool in tools {
            let at = folder.join(tool);
            match tool.as_str() {
                "node" => {
                    self.node(&at)?;
                    path.node.get_or_insert(at);
                }
                "claude" => {
                    self.installed_cli(&at)?;
                    path.claude.get_or_insert(at);
                }
                _ => match self.on_host(tool, declared) {
                    Some(host) if is_wrapped(tool) => self.shell(&at, &host)?,
                    Some(host) => self.ground.link_to_host(&at, &host)?,
                    None => path.missing.push(tool.clone()),
                },
            }
        }
        Ok(())
    }

    /// The host's command; a runtime itself, not the shim of a version manager, which would look into HOME.
    fn on_host(&self, tool: &str, declared: &str) -> Option<PathBuf> {
        let host = tools::on_host(tool, declared)?;
        match (tool, &self.plan.executables.python) {
            ("python3", Some(python)) => Some(python.clone()),
            _ => Some(host),
        }
    }
}
