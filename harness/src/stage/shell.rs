//! The shells of a stage: real ones that read the stage's startup files, never the host's.
//!
//! A host's `/etc/profile` would put the host's directories on PATH, and with them its node and its claude.
//! So what a stage calls `bash`, `zsh` or `sh` is an executable of the harness that becomes the host's shell
//! after it has seen to its startup files, see [`become_shell`].

mod arguments;
mod startup;
mod wrapper;

pub use startup::Rc;
pub use wrapper::become_shell;

use super::build::Builder;
use super::error::StageError;
use super::ground::OWN;
use super::tools;
use mock_claude::sidecar::{Role, Shell};
use startup::Family;
use std::path::{Path, PathBuf};

/// The shells that read the stage's startup files only.
const WRAPPED: &[&str] = &["bash", "zsh", "sh", "dash", "ash"];

/// Whether a command of this name is a shell that is wrapped.
pub(super) fn is_wrapped(name: &str) -> bool {
    WRAPPED.contains(&name)
}

impl Builder<'_> {
    /// A shell, unless PATH has put it in place already. Gives a sentence about it if another one plays it.
    pub(super) fn login_shell(&self, at: &Path) -> Result<Option<String>, StageError> {
        let wanted = &self.plan.environment.shell;
        let (host, played) = host_shell(wanted)?;
        if at.symlink_metadata().is_err() {
            self.shell(at, &host)?;
        }
        Ok(played)
    }

    /// The host's shell `host` under the name of `at`.
    pub(super) fn shell(&self, at: &Path, host: &Path) -> Result<(), StageError> {
        let name = at.file_name().unwrap_or_default().to_string_lossy();
        if !is_wrapped(&name) {
            return self.ground.link_to_host(at, host);
        }
        let etc = self.root.join("etc");
        let startup = self.root.join(OWN).join("startup").join(&*name);
        for login in [false, true] {
            // Where it came through BASH_ENV, the shell's own children must not read it again.
            let text =
                "unset BASH_ENV\n".to_owned() + &Family::of(&name).startup(login, true, &etc);
            let file = startup.join(startup::file_name(login));
            if file.symlink_metadata().is_err() {
                self.ground.file(&file, text.as_bytes(), 0o644)?;
            }
        }
        self.role(
            at,
            &Role::Shell(Shell {
                shell: host.to_owned(),
                name: name.into_owned(),
                etc,
                startup,
            }),
        )
    }

    /// The startup files: the environment's before what the layout has put there, as installers add their lines
    /// at the end, and what the scenario wants after that.
    pub(super) fn startup_files(&self, home: &Path) -> Result<(), StageError> {
        let environment = &self.plan.environment;
        let mut files = environment.rc.clone();
        if let Some(rc) = &environment.shell_rc {
            let name = environment.shell.rsplit('/').next().unwrap_or_default();
            files
                .entry(Family::of(name).own_file().to_owned())
                .or_default();
            for (file, text) in &files {
                self.startup_file(home, file, text, rc.text_in(file, name))?;
            }
            return Ok(());
        }
        for (file, text) in &files {
            self.startup_file(home, file, text, "")?;
        }
        Ok(())
    }

    fn startup_file(
        &self,
        home: &Path,
        name: &str,
        first: &str,
        last: &str,
    ) -> Result<(), StageError> {
        let at = if name.starts_with('/') {
            self.ground.locate(name)?
        } else {
            home.join(name)
        };
        let mut text = first.to_owned();
        if at.symlink_metadata().is_ok_and(|placed| placed.is_file()) {
            let placed = std::fs::read_to_string(&at).map_err(StageError::io("read", &at))?;
            text.push_str(&placed);
            std::fs::remove_file(&at).map_err(StageError::io("replace", &at))?;
        }
        text.push_str(last);
        self.ground.file(&at, text.as_bytes(), 0o644)
    }
}

/// The host's shell that plays the environment's, and a sentence about it if it is not the same one.
fn host_shell(wanted: &str) -> Result<(PathBuf, Option<String>), StageError> {
    let path = Path::new(wanted);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path.parent().unwrap_or(Path::new("/")).to_string_lossy();
    if let Some(same) = tools::on_host(&name, &folder) {
        return Ok((same, None));
    }
    let others: &[&str] = if name == "ash" {
        &["dash", "sh"]
    } else {
        &["zsh", "bash", "sh"]
    };
    let other = others
        .iter()
        .find_map(|other| tools::on_host(other, &folder).map(|path| (other, path)));
    match other {
        Some((other, path)) => Ok((path, Some(format!("the shell {name} is played by {other}")))),
        None => Err(StageError::NoShell {
            wanted: wanted.to_owned(),
        }),
    }
}
