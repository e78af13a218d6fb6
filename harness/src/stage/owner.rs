//! Whose the stage is: an ordinary user's, also where the harness is root.

use super::environment::Uid;
use super::executables::Executables;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, lchown};
use std::path::{Path, PathBuf};

/// Who owns nothing, as the systems have it.
const NOBODY: u32 = if cfg!(target_os = "macos") {
    u32::MAX - 1
} else {
    65_534
};

/// Whom the run is to be handed over to; None: it is this process's own user. The error says why it is the wrong one.
pub(super) fn run_as(
    wanted: Uid,
    executables: &Executables,
    outside: &[PathBuf],
) -> Result<Option<u32>, String> {
    let root = rustix::process::geteuid().is_root();
    match wanted {
        Uid::Root if !root => Err("it runs as an ordinary user here, and as root there".to_owned()),
        Uid::User if root => match out_of_reach(executables, outside) {
            None => Ok(Some(NOBODY)),
            Some(place) => Err(format!(
                "it runs as root here, and an ordinary user there: permissions do not bind it ({place} is for root only)"
            )),
        },
        _ => Ok(None),
    }
}

/// What an ordinary user would need on this host and cannot get at.
fn out_of_reach(executables: &Executables, outside: &[PathBuf]) -> Option<String> {
    let node = executables.node.as_ref();
    let node = node.map(|node| node.only_at.as_deref().unwrap_or(&node.path));
    let own = [
        Some(executables.folder()),
        Some(executables.harness()),
        node,
    ];
    let needed = own.into_iter().flatten();
    let mut needed = needed.chain(outside.iter().map(PathBuf::as_path));
    needed.find_map(|path| {
        // The work folder itself is opened when the stage is handed over.
        let open = |it: &&Path| {
            *it == executables.folder()
                || fs::metadata(it).is_ok_and(|it| it.permissions().mode() & 0o001 != 0)
        };
        let closed = path.ancestors().find(|it| !open(it))?;
        Some(closed.display().to_string())
    })
}

/// Gives the user's places to `user`, and lets others pass through the folders above.
///
/// Executables are hard links that stages share, so they stay whose they are.
pub(super) fn hand_over(user: u32, above: &[&Path], places: &[&Path]) -> io::Result<()> {
    for folder in above {
        let mode = fs::metadata(folder)?.mode() | 0o055;
        fs::set_permissions(folder, PermissionsExt::from_mode(mode))?;
    }
    places.iter().try_for_each(|place| give(user, place))
}

fn give(user: u32, place: &Path) -> io::Result<()> {
    let metadata = place.symlink_metadata()?;
    if metadata.is_dir() {
        for entry in fs::read_dir(place)? {
            give(user, &entry?.path())?;
        }
    } else if metadata.is_file() && metadata.nlink() > 1 {
        return Ok(());
    }
    lchown(place, Some(user), Some(user))
}
