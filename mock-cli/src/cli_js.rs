//! The face `cli.js`: our own script, which runs the native stand-in beside it.

use serde_json::json;
use std::fs;
use std::io::{self, Read, Write};
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

/// Installs the stand-in, and returns what was written. In a folder `node_modules`, or in that of a platform package of
/// the SDK or the CLI, it is that package: `package.json` and `claude`. In any other folder all of its faces: `claude`,
/// and `cli.js` with `vendor/claude`. The executables are hard links to `executable`, copies where links cannot reach.
///
/// Nothing is written through a link: what is there is replaced, and a folder that is a link is refused, as it may be
/// one of a store that others share.
///
/// # Errors
/// Where a file cannot be written, or a folder is a link.
pub fn install(executable: &Path, dir: &Path) -> io::Result<Vec<PathBuf>> {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    if name == "node_modules" {
        return package(
            executable,
            &dir.join("@anthropic-ai").join(platform_package()),
        );
    }
    if PACKAGES.iter().any(|package| name.starts_with(package)) {
        return package(executable, dir);
    }
    folder(dir)?;
    let vendor = dir.join("vendor");
    folder(&vendor)?;
    let written = vec![
        dir.join("claude"),
        vendor.join("claude"),
        dir.join("cli.js"),
    ];
    for target in &written[..2] {
        native(executable, target)?;
    }
    replace(&written[2], CLI_JS)?;
    fs::set_permissions(&written[2], fs::Permissions::from_mode(0o755))?;
    Ok(written)
}

/// How the names of platform packages begin.
const PACKAGES: [&str; 2] = ["claude-agent-sdk-", "claude-code-"];

/// The package in which the SDK looks for the executable of this system.
fn platform_package() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    let libc = if cfg!(target_env = "musl") {
        "-musl"
    } else {
        ""
    };
    format!("{}{system}-{machine}{libc}", PACKAGES[0])
}

fn package(executable: &Path, dir: &Path) -> io::Result<Vec<PathBuf>> {
    let scope = dir
        .parent()
        .filter(|scope| scope.ends_with("@anthropic-ai"));
    if let Some(scope) = scope {
        folder(scope)?;
    }
    folder(dir)?;
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let version = env!("CARGO_PKG_VERSION");
    let about = json!({"name": format!("@anthropic-ai/{name}"), "version": version, "bin": {"claude": "claude"}});
    let written = vec![dir.join("claude"), dir.join("package.json")];
    native(executable, &written[0])?;
    replace(&written[1], &format!("{about:#}\n"))?;
    Ok(written)
}

/// Makes a folder, which is none of somebody else's.
fn folder(dir: &Path) -> io::Result<()> {
    match fs::symlink_metadata(dir) {
        Ok(found) if found.is_symlink() => {
            let real = dir.canonicalize()?;
            Err(io::Error::other(format!(
                "{} is a link, maybe into a store that others share; to install there name {}",
                dir.display(),
                real.display()
            )))
        }
        _ => fs::create_dir_all(dir),
    }
}

fn native(executable: &Path, target: &Path) -> io::Result<()> {
    remove(target)?;
    if fs::hard_link(executable, target).is_err() {
        fs::copy(executable, target)?;
    }
    Ok(())
}

fn replace(target: &Path, text: &str) -> io::Result<()> {
    remove(target)?;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(target)?;
    file.write_all(text.as_bytes())
}

/// Takes away what is there: it may be a link to what others have.
fn remove(target: &Path) -> io::Result<()> {
    match fs::remove_file(target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
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
