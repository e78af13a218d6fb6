//! The directories of PATH, and the login shell.

use super::build::Builder;
use super::environment::PathContent;
use super::error::StageError;
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
        for dir in &self.plan.environment.path {
            let actual = self.ground.locate(&dir.at)?;
            if actual.to_string_lossy().contains(':') {
                return Err(StageError::Colon { path: actual });
            }
            path.entries.push((dir.at.clone(), actual.clone()));
            match &dir.content {
                PathContent::Tools(tools) => self.tools(&dir.at, &actual, tools, &mut path)?,
                PathContent::SameAs(other) => {
                    self.ground.link(&actual, &self.ground.locate(other)?)?;
                }
            }
        }
        // The shell is linked later, whatever the host has.
        let shell = Path::new(&self.plan.environment.shell);
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
                _ => match tools::on_host(tool, declared) {
                    Some(host) => self.ground.link_to_host(&at, &host)?,
                    None => path.missing.push(tool.clone()),
                },
            }
        }
        Ok(())
    }

    /// The login shell, unless PATH has put it in place already.
    pub(super) fn shell(&self, at: &Path, host: &Path) -> Result<(), StageError> {
        if at.symlink_metadata().is_ok() {
            return Ok(());
        }
        self.ground.link_to_host(at, host)
    }
}

/// The host's shell that plays the environment's, and a sentence about it if it is not the same one.
pub(super) fn host_shell(wanted: &str) -> Result<(PathBuf, Option<String>), StageError> {
    let path = Path::new(wanted);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path.parent().unwrap_or(Path::new("/")).to_string_lossy();
    if let Some(same) = tools::on_host(&name, &folder) {
        return Ok((same, None));
    }
    let other = ["zsh", "bash", "sh"]
        .iter()
        .find_map(|other| tools::on_host(other, &folder).map(|path| (other, path)));
    match other {
        Some((other, path)) => Ok((path, Some(format!("the shell {name} is played by {other}")))),
        None => Err(StageError::NoShell {
            wanted: wanted.to_owned(),
        }),
    }
}
