//! How an executable on a stage learns its role: a file `.<name>.harness.json` beside it.
//!
//! The environment cannot be relied on (backends that replace it are themselves a failure class), and
//! arguments belong to the CLI's own grammar, so the role travels on disk, next to the executable as it
//! was invoked.

use serde::{Deserialize, Serialize};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What a sidecar says: the role that this executable plays, and what it needs for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Role {
    /// The stand-in for the Claude CLI.
    Claude(Claude),
    /// A runtime named `node` (or as the stage likes) where there is no real one: runs only our `cli.js`.
    Runtime,
    /// The Electron shim: the app's own binary.
    Electron(Electron),
    /// The embedded reference backend.
    Server(Server),
    /// A shell that reads the stage's startup files.
    Shell(Shell),
}

/// The stand-in's script and where it keeps its ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claude {
    /// The compiled script (JSON), see [`crate::script::Script`].
    pub script: PathBuf,
    /// The ledger's folder; created when missing. None: no ledger is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<PathBuf>,
}

/// What the Electron shim needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Electron {
    /// A real Node executable to become when `ELECTRON_RUN_AS_NODE` is set; None: run only our `cli.js`.
    pub node: Option<PathBuf>,
    /// The folder of the preloads that make Node look like an Electron process (`--require`).
    pub preloads: Option<PathBuf>,
    /// Where "a second app instance was launched" is noted, one JSON object a line.
    pub events: PathBuf,
    /// The `runAsNode` fuse; off: `ELECTRON_RUN_AS_NODE` is ignored.
    pub run_as_node: bool,
    /// The app's main script; None: the harness plays the app's first instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main: Option<PathBuf>,
}

/// What the reference backend does wrong, if anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Names of defects, see the harness's `backend::reference::Defect`.
    #[serde(default)]
    pub defects: Vec<String>,
}

/// What a shell of a stage needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shell {
    /// The host's shell that it becomes.
    pub shell: PathBuf,
    /// Its name on the stage, which decides which startup files it reads.
    pub name: String,
    /// The stage's `/etc`.
    pub etc: PathBuf,
    /// Where files lie that read the startup files, for shells that take such a file.
    pub startup: PathBuf,
}

/// A role, and the file that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The sidecar.
    pub file: PathBuf,
    /// Its role; relative paths in it are already joined to the sidecar's folder.
    pub role: Role,
}

/// A sidecar that is there and cannot be used.
#[derive(Debug)]
pub struct Error {
    /// The sidecar.
    pub file: PathBuf,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "read the role in {}: {}",
            self.file.display(),
            self.message
        )
    }
}

impl std::error::Error for Error {}

/// Finds the role of an executable: beside argv\[0\] if that has a slash, else beside its match on `path`, else
/// beside the current executable; each as it is written first, and then with its links resolved.
///
/// # Errors
/// Where the first sidecar that exists cannot be read or holds what is no role.
///
/// ```
/// let dir = tempfile::tempdir().unwrap();
/// std::fs::write(dir.path().join(".claude.harness.json"), r#"{"role":"claude","script":"hello.json"}"#).unwrap();
/// let argv0 = dir.path().join("claude");
/// let found = mock_claude::sidecar::find(argv0.as_os_str(), None, None).unwrap().unwrap();
/// let mock_claude::sidecar::Role::Claude(claude) = found.role else { panic!() };
/// assert_eq!(claude.script, dir.path().join("hello.json"));
/// ```
pub fn find(
    argv0: &OsStr,
    path: Option<&OsStr>,
    current_exe: Option<&Path>,
) -> Result<Option<Found>, Error> {
    let mut candidates = Vec::new();
    if argv0.as_encoded_bytes().contains(&b'/') {
        candidates.push(PathBuf::from(argv0));
    } else if let Some(found) = path.and_then(|path| on_path(argv0, path)) {
        candidates.push(found);
    }
    candidates.extend(current_exe.map(Path::to_owned));
    candidates.dedup();
    for candidate in candidates {
        if let Some(found) = beside(&candidate)? {
            return Ok(Some(found));
        }
        if let Ok(real) = candidate.canonicalize()
            && real != candidate
            && let Some(found) = beside(&real)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The role beside one executable, if there is one.
///
/// # Errors
/// Where the sidecar exists but cannot be read or holds what is no role.
pub fn beside(executable: &Path) -> Result<Option<Found>, Error> {
    let Some(file) = file_beside(executable) else {
        return Ok(None);
    };
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(error) => {
            return Err(Error {
                file,
                message: error.to_string(),
            });
        }
    };
    match serde_json::from_str::<Role>(&text) {
        Ok(role) => Ok(Some(Found {
            role: role.in_folder(&file),
            file,
        })),
        Err(error) => Err(Error {
            file,
            message: error.to_string(),
        }),
    }
}

/// Where the sidecar of an executable lies; None for a path without a file name.
#[must_use]
pub fn file_beside(executable: &Path) -> Option<PathBuf> {
    let mut name = OsString::from(".");
    name.push(executable.file_name()?);
    name.push(".harness.json");
    Some(executable.with_file_name(name))
}

/// The stand-in's role from the environment: `MOCK_CLAUDE_SCRIPT`, and `MOCK_CLAUDE_LEDGER` for its ledger.
#[must_use]
pub fn from_env() -> Option<Claude> {
    let script = std::env::var_os("MOCK_CLAUDE_SCRIPT").filter(|v| !v.is_empty())?;
    let ledger = std::env::var_os("MOCK_CLAUDE_LEDGER").filter(|v| !v.is_empty());
    Some(Claude {
        script: script.into(),
        ledger: ledger.map(PathBuf::from),
    })
}

/// The first executable file of that name in the folders of a PATH; an empty part of it is the working folder.
fn on_path(name: &OsStr, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path)
        .map(|dir| Path::new(".").join(dir).join(name))
        .find(|file| {
            file.is_file() && rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok()
        })
}

impl Role {
    /// Joins relative paths to the folder of the file that they stand in.
    fn in_folder(self, file: &Path) -> Role {
        let join = |path: PathBuf| match file.parent() {
            Some(parent) => parent.join(path),
            None => path,
        };
        match self {
            Role::Claude(c) => Role::Claude(Claude {
                script: join(c.script),
                ledger: c.ledger.map(join),
            }),
            Role::Electron(e) => Role::Electron(Electron {
                node: e.node.map(join),
                preloads: e.preloads.map(join),
                main: e.main.map(join),
                events: join(e.events),
                run_as_node: e.run_as_node,
            }),
            Role::Shell(s) => Role::Shell(Shell {
                shell: join(s.shell),
                name: s.name,
                etc: join(s.etc),
                startup: join(s.startup),
            }),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn stage() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in ["bin", "app", "other"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        dir
    }

    fn executable(path: &Path) {
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn role(path: &Path, script: &str) {
        let text = format!(r#"{{"role":"claude","script":"{script}","ledger":"ledger"}}"#);
        fs::write(file_beside(path).unwrap(), text).unwrap();
    }

    fn script_of(found: Option<Found>) -> Option<String> {
        match found?.role {
            Role::Claude(c) => Some(c.script.file_name()?.to_str()?.to_owned()),
            _ => None,
        }
    }

    #[test]
    fn argv0_with_a_slash_comes_before_path_and_the_link_before_its_target() {
        let dir = stage();
        let (link, real) = (dir.path().join("bin/claude"), dir.path().join("app/claude"));
        executable(&real);
        symlink(&real, &link).unwrap();
        role(&real, "target");
        let path = dir.path().join("other").into_os_string();
        let find = |exe| script_of(find(link.as_os_str(), Some(&path), exe).unwrap());
        assert_eq!(find(None).as_deref(), Some("target"));
        role(&link, "link");
        assert_eq!(find(None).as_deref(), Some("link"));
    }

    #[test]
    fn a_bare_name_is_looked_up_on_path_and_then_in_the_current_executable() {
        let dir = stage();
        let (on_path, exe) = (dir.path().join("bin/claude"), dir.path().join("app/claude"));
        executable(&on_path);
        executable(&exe);
        role(&exe, "exe");
        let path =
            std::env::join_paths([dir.path().join("other"), dir.path().join("bin")]).unwrap();
        let find = || script_of(find(OsStr::new("claude"), Some(&path), Some(&exe)).unwrap());
        assert_eq!(find().as_deref(), Some("exe"));
        role(&on_path, "path");
        assert_eq!(find().as_deref(), Some("path"));
    }

    #[test]
    fn paths_are_relative_to_the_sidecar() {
        let dir = stage();
        let exe = dir.path().join("app/claude");
        role(&exe, "../script.json");
        let found = find(exe.as_os_str(), None, None).unwrap().unwrap();
        let Role::Claude(claude) = found.role else {
            panic!("{found:?}")
        };
        assert_eq!(claude.script, dir.path().join("app/../script.json"));
        assert_eq!(claude.ledger, Some(dir.path().join("app/ledger")));
    }

    #[test]
    fn bad_json_is_an_error_that_names_the_file() {
        let dir = stage();
        let exe = dir.path().join("app/claude");
        let file = file_beside(&exe).unwrap();
        for bad in [
            "{",
            r#"{"role":"clown"}"#,
            r#"{"role":"claude","script":"s","x":1}"#,
        ] {
            fs::write(&file, bad).unwrap();
            let error = find(exe.as_os_str(), None, None).unwrap_err();
            assert_eq!(error.file, file);
            assert!(
                error.to_string().contains(".claude.harness.json"),
                "{error}"
            );
        }
    }

    #[test]
    fn no_sidecar_is_no_role() {
        let dir = stage();
        assert_eq!(
            find(
                OsStr::new("claude"),
                None,
                Some(&dir.path().join("app/claude"))
            )
            .unwrap(),
            None
        );
    }
}
