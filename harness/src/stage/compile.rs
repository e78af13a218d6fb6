//! Compiling a Node server into one executable, with `bun build --compile`.

use super::error::StageError;
use super::executables::Executables;
use super::plan::ScriptPayload;
use super::server::INSTALLED;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Packages that a server may import only where they are installed; what is not there cannot be compiled in.
const SDKS: &[&str] = &[
    "@anthropic-ai/claude-code",
    "@anthropic-ai/claude-agent-sdk",
];

/// What this process has compiled, by work folder, entry and dependencies.
static COMPILED: Mutex<Option<HashMap<[PathBuf; 3], PathBuf>>> = Mutex::new(None);

/// The host's bun: `CLAUDE_HARNESS_BUN`, or the one on PATH.
pub fn find_bun() -> Option<PathBuf> {
    super::tools::find_program("CLAUDE_HARNESS_BUN", "bun")
}

/// Copies a server's own files, and none of what is installed beside them.
fn copy_sources(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, to) = (entry.file_type()?, to.join(entry.file_name()));
        let installed = INSTALLED.iter().any(|name| entry.file_name() == *name);
        if kind.is_dir() && !installed {
            copy_sources(&entry.path(), &to)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// The executable that a server and its dependencies become; compiled once a process.
pub(super) fn compiled(
    executables: &Executables,
    bun: &Path,
    script: &ScriptPayload,
) -> Result<PathBuf, StageError> {
    let ScriptPayload {
        dir,
        entry,
        modules,
        ..
    } = script;
    let work = executables.folder();
    let key = [work, &dir.join(entry), modules].map(Path::to_owned);
    // Held meanwhile: others that want the same would only do it again.
    let mut all = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let all = all.get_or_insert_default();
    if let Some(done) = all.get(&key) {
        return Ok(done.clone());
    }
    let folder = work.join("bin").join(format!("compiled-{}", all.len()));
    let failed = |said: String| StageError::Compile {
        entry: dir.join(entry),
        said,
    };
    let system = |error: io::Error| failed(error.to_string());
    copy_sources(dir, &folder)
        .and_then(|()| symlink(modules.canonicalize()?, folder.join("node_modules")))
        .map_err(system)?;
    let executable = folder.join("server");
    let mut command = Command::new(bun);
    command.args(["build", "--compile", "--outfile"]);
    command.arg(&executable);
    for sdk in SDKS.iter().filter(|sdk| !modules.join(sdk).exists()) {
        command.args(["--external", sdk]);
    }
    let output = command
        .arg(folder.join(entry))
        .stdin(Stdio::null())
        .output()
        .map_err(system)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(said.trim().to_owned()));
    }
    all.insert(key, executable.clone());
    Ok(executable)
}
