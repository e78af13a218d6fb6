//! Folders that are read-only in the run, also for root.

use super::namespace::Namespace;
use rustix::fs::StatVfsMountFlags;
use rustix::io::Errno;
use rustix::mount::MountFlags;
use std::fs;
use std::path::Path;

/// Makes the folder read-only for this process and all that it will start. Believed only when seen.
pub(super) fn make(folder: &Path, namespace: &mut Namespace) -> Result<(), String> {
    namespace.enter()?;
    let failed = |errno| format!("{} cannot be mounted read-only: {errno}", folder.display());
    rustix::mount::mount_bind(folder, folder).map_err(failed)?;
    // A bind ignores all flags, so they come with a second call.
    let flags = MountFlags::BIND | MountFlags::RDONLY | kept(folder).map_err(failed)?;
    rustix::mount::mount_remount(folder, flags, "").map_err(failed)?;
    see(folder)
}

/// The flags of the mount below: a user namespace must not drop them.
fn kept(folder: &Path) -> Result<MountFlags, Errno> {
    let now = rustix::fs::statvfs(folder)?.f_flag;
    let flags = [
        (StatVfsMountFlags::NOSUID, MountFlags::NOSUID),
        (StatVfsMountFlags::NODEV, MountFlags::NODEV),
        (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
        (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
        (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
        (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
    ];
    Ok(flags
        .into_iter()
        .filter(|(seen, _)| now.contains(*seen))
        .fold(MountFlags::empty(), |all, (_, flag)| all | flag))
}

fn see(folder: &Path) -> Result<(), String> {
    let file = folder.join(format!(".claude-harness-{}", std::process::id()));
    match fs::File::create_new(&file) {
        Err(error) if error.raw_os_error() == Some(Errno::ROFS.raw_os_error()) => Ok(()),
        Err(error) => Err(format!("{} fails otherwise: {error}", folder.display())),
        Ok(_) => {
            let _ = fs::remove_file(&file);
            Err(format!("a file could be made in {}", folder.display()))
        }
    }
}
