//! The executables of all stages of one process: written once, then only linked.
//!
//! Linux refuses to execute a file that anyone has open for writing (ETXTBSY). While one thread writes an
//! executable, another may fork, and its child holds the descriptor until it executes something itself; so
//! executables are put in place before there are threads, and a stage gets hard links to them.

use super::error::StageError;
use super::ground::link_or_copy;
use super::work::WorkRoot;
use mock_claude::cli_js::CLI_JS;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

/// Executables on the stages' own file system, ready to be linked. Cheap to clone; the folder that they lie
/// in, and that stages are made in, is removed with the last clone and the last stage.
#[derive(Debug, Clone)]
pub struct Executables {
    pub(crate) work: Arc<WorkRoot>,
    pub(crate) harness: PathBuf,
    pub(crate) cli_js: PathBuf,
    pub(crate) node: Option<Node>,
    /// The real `python3`, where the one that is found is a shim.
    pub(crate) python: Option<PathBuf>,
}

/// A real Node.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Its name in the work folder.
    pub(crate) path: PathBuf,
    /// The host's own file, if that one is executed in the end: some builds find their libraries only from
    /// where they were installed, so that a link elsewhere does not start.
    pub(crate) only_at: Option<PathBuf>,
}

/// Puts the executables in place. To be called once a process, before it has threads.
///
/// `executable` is what answers to the roles of a stage: the harness itself, or a test binary that calls the
/// dispatcher first. `node` is a real Node, see [`find_node`]; without one, stages have a stand-in that runs
/// only the CLI's own `cli.js`.
///
/// Also removes what earlier processes left behind when they were killed.
///
/// # Errors
/// The folder for temporary files cannot be written.
pub fn prepare(executable: &Path, node: Option<&Path>) -> Result<Executables, StageError> {
    let work = WorkRoot::create()?;
    let folder = work.path().join("bin");
    fs::create_dir(&folder).map_err(StageError::io("create", &folder))?;
    let harness = folder.join("harness");
    link_or_copy(executable, &harness).map_err(StageError::io("link", executable))?;
    let cli_js = folder.join("cli.js");
    fs::write(&cli_js, CLI_JS).map_err(StageError::io("write", &cli_js))?;
    fs::set_permissions(&cli_js, fs::Permissions::from_mode(0o755))
        .map_err(StageError::io("write", &cli_js))?;
    let node = node.map(|real| place_node(real, &folder)).transpose()?;
    Ok(Executables {
        work: Arc::new(work),
        harness,
        cli_js,
        node,
        python: real_python(),
    })
}

impl Executables {
    /// The folder that all stages of this process are made in.
    pub fn folder(&self) -> &Path {
        self.work.path()
    }

    /// The executable that answers to the roles of a stage.
    pub fn harness(&self) -> &Path {
        &self.harness
    }

    /// Whether there is a real Node.
    pub fn has_node(&self) -> bool {
        self.node.is_some()
    }
}

fn place_node(real: &Path, folder: &Path) -> Result<Node, StageError> {
    let real = real
        .canonicalize()
        .map_err(StageError::io("resolve", real))?;
    let path = folder.join("node");
    link_or_copy(&real, &path).map_err(StageError::io("link", &real))?;
    if exec_path(&path).is_some() {
        let only_at = None;
        return Ok(Node { path, only_at });
    }
    fs::remove_file(&path).map_err(StageError::io("remove", &path))?;
    symlink(&real, &path).map_err(StageError::io("link", &path))?;
    let only_at = Some(real);
    Ok(Node { path, only_at })
}

/// The real Node that `node` means on the host's PATH: where a version manager has put a shim there, the
/// executable behind it.
pub fn find_node() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join("node"))
        .filter(|candidate| super::tools::is_executable(candidate))
        .find_map(|candidate| exec_path(&candidate))
}

/// The Python behind the host's `python3`; None where that is the one, or there is none.
fn real_python() -> Option<PathBuf> {
    let found = super::tools::on_host("python3", "/usr/bin")?;
    let name = found.canonicalize().ok()?.file_name()?.to_owned();
    // The system's own is no shim, and asking takes time.
    if name.to_string_lossy().starts_with("python3.") {
        return None;
    }
    sys_executable(&found)
}

/// The Python that `python3` means on the host's PATH, which is the one whose `pip` installs: where a version
/// manager has put a shim there, the executable behind it. Asked once a process.
pub fn find_python() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .map(|folder| folder.join("python3"))
            .filter(|candidate| super::tools::is_executable(candidate))
            .find_map(|candidate| sys_executable(&candidate))
    });
    found.as_deref()
}

/// What a Python says that it is; None if it does not start.
fn sys_executable(python: &Path) -> Option<PathBuf> {
    let output = Command::new(python)
        .args(["-I", "-c", "import sys; print(sys.executable)"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    PathBuf::from(text.trim_end()).canonicalize().ok()
}

/// What a Node says that it is; None if it does not start.
fn exec_path(node: &Path) -> Option<PathBuf> {
    let output = Command::new(node)
        .args(["-p", "process.execPath"])
        .env_remove("NODE_OPTIONS")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(text.trim_end()))
}
