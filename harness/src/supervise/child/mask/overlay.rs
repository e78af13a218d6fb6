//! A mount namespace in which chosen files do not exist.
//!
//! A bind mount over a file leaves a file that cannot be executed (`EACCES`), which is another failure than a missing
//! one. So the file's folder is laid over with an overlay whose *upper* layer, on a private tmpfs, holds a whiteout of
//! the name. Nothing is ever removed in the merged folder: if a mount had failed, that would be the host's own file.

use super::Targets;
use super::namespace::Namespace;
use rustix::fs::{CWD, FileType, Mode};
use rustix::io::Errno;
use rustix::mount::MountFlags;
use std::ffi::{CString, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Hides the targets from this process and all that it will start.
pub(super) fn hide(
    targets: &Targets,
    scratch: &Path,
    namespace: &mut Namespace,
) -> Result<(), String> {
    for folder in targets.keys() {
        if let Some(mounted) = mounted_below(folder) {
            return Err(format!(
                "{mounted} is mounted below {}, which would hide it",
                folder.display()
            ));
        }
    }
    namespace.enter()?;
    let private = scratch.join("mask");
    fs::create_dir_all(&private).map_err(|error| format!("{}: {error}", private.display()))?;
    let private = private
        .canonicalize()
        .map_err(|error| format!("{}: {error}", private.display()))?;
    rustix::mount::mount(
        "claude-harness",
        &private,
        "tmpfs",
        MountFlags::empty(),
        None,
    )
    .map_err(|errno| format!("no private tmpfs: {errno}"))?;
    for (index, (folder, names)) in targets.iter().enumerate() {
        lay_over(folder, names, &private.join(index.to_string()))
            .map_err(|errno| format!("no overlay on {}: {errno}", folder.display()))?;
    }
    Ok(())
}

fn lay_over(folder: &Path, names: &[OsString], layers: &Path) -> Result<(), Errno> {
    let (upper, work) = (layers.join("upper"), layers.join("work"));
    let made = fs::create_dir_all(&upper)
        .and_then(|()| fs::create_dir_all(&work))
        .and_then(|()| {
            // The merged folder looks like its upper layer.
            let original = fs::metadata(folder)?;
            let _ = std::os::unix::fs::chown(&upper, Some(original.uid()), Some(original.gid()));
            fs::set_permissions(&upper, fs::Permissions::from_mode(original.mode()))
        });
    made.map_err(|error| {
        error
            .raw_os_error()
            .map_or(Errno::IO, Errno::from_raw_os_error)
    })?;
    for name in names {
        // A whiteout is a character device 0:0, which also an unprivileged user may make.
        rustix::fs::mknodat(
            CWD,
            upper.join(name),
            FileType::CharacterDevice,
            Mode::empty(),
            0,
        )?;
    }
    let mut options = Vec::new();
    for (key, path) in [
        ("lowerdir=", folder),
        (",upperdir=", &upper),
        (",workdir=", &work),
    ] {
        options.extend_from_slice(key.as_bytes());
        options.extend(escaped(path));
    }
    let options = CString::new(options).map_err(|_| Errno::INVAL)?;
    rustix::mount::mount(
        "overlay",
        folder,
        "overlay",
        MountFlags::empty(),
        Some(options.as_c_str()),
    )
}

/// A colon separates lower layers, a comma options.
fn escaped(path: &Path) -> Vec<u8> {
    let mut escaped = Vec::new();
    for byte in path.as_os_str().as_bytes() {
        if matches!(byte, b'\\' | b':' | b',') {
            escaped.push(b'\\');
        }
        escaped.push(*byte);
    }
    escaped
}

/// Something that is mounted below a folder, or a file in it that is a mount: an overlay would show what lies under it.
fn mounted_below(folder: &Path) -> Option<String> {
    let table = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let points = table
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(unescaped);
    points
        .map(PathBuf::from)
        .find(|point| point != folder && point.starts_with(folder))
        .map(|point| point.display().to_string())
}

/// Mount points come with spaces and the like as octal numbers.
fn unescaped(text: &str) -> String {
    text.replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_split_the_options_is_escaped() {
        assert_eq!(escaped(Path::new("/a:b,c\\d")), br"/a\:b\,c\\d");
        assert_eq!(unescaped("/a\\040b"), "/a b");
    }

    #[test]
    fn a_mount_below_a_folder_is_noticed() {
        assert!(mounted_below(Path::new("/")).is_some());
        assert_eq!(mounted_below(Path::new("/nowhere")), None);
    }
}
