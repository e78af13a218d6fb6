//! The face `cli.js`: our own script, which runs the native stand-in beside it.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The script's text; place it as `<package>/cli.js`, with the stand-in as `<package>/vendor/claude`.
pub const CLI_JS: &str = include_str!("cli.js");

/// The line by which the script is known again.
pub const MARKER: &str =
    "// mock-claude: this file stands in for the CLI's cli.js and runs the stand-in beside it.";

/// Whether a file is our script (its links are followed).
///
/// ```
/// let dir = tempfile::tempdir().unwrap();
/// let file = dir.path().join("cli.js");
/// std::fs::write(&file, mock_claude::cli_js::CLI_JS).unwrap();
/// assert!(mock_claude::cli_js::is_our_cli_js(&file));
/// ```
#[must_use]
pub fn is_our_cli_js(file: &Path) -> bool {
    let mut head = Vec::new();
    let read = fs::File::open(file).and_then(|f| f.take(1024).read_to_end(&mut head));
    read.is_ok()
        && String::from_utf8_lossy(&head)
            .lines()
            .any(|line| line == MARKER)
}

/// The stand-in that the script runs: `vendor/claude` in the folder where the script really lies.
#[must_use]
pub fn native_behind(cli_js: &Path) -> PathBuf {
    let real = cli_js.canonicalize().unwrap_or_else(|_| cli_js.to_owned());
    real.with_file_name("vendor").join("claude")
}

/// Installs all faces of the stand-in in a folder: `claude`, and `cli.js` with `vendor/claude`. The executables
/// are hard links to `executable`, copies where links cannot reach.
///
/// # Errors
/// Where a file cannot be written.
pub fn install(executable: &Path, dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir.join("vendor"))?;
    for name in ["claude", "vendor/claude"] {
        let target = dir.join(name);
        match fs::remove_file(&target) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        if fs::hard_link(executable, &target).is_err() {
            fs::copy(executable, &target)?;
        }
    }
    let script = dir.join("cli.js");
    // What is there may be a link into a store that others share: it is replaced, not written to.
    match fs::remove_file(&script) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    fs::write(&script, CLI_JS)?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_script_is_ours() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cli.js");
        assert!(!is_our_cli_js(&file));
        fs::write(&file, "#!/usr/bin/env node\nconsole.log(1)\n").unwrap();
        assert!(!is_our_cli_js(&file));
        fs::write(&file, CLI_JS).unwrap();
        assert!(is_our_cli_js(&file));
    }

    #[test]
    fn the_native_stand_in_lies_beside_the_real_script() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().canonicalize().unwrap();
        fs::create_dir_all(real.join("lib")).unwrap();
        fs::write(real.join("lib/cli.js"), CLI_JS).unwrap();
        std::os::unix::fs::symlink("lib/cli.js", real.join("claude")).unwrap();
        assert_eq!(
            native_behind(&real.join("claude")),
            real.join("lib/vendor/claude")
        );
    }
}
