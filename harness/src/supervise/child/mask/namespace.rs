//! The run's own mount namespace.

use rustix::io::Errno;
use rustix::mount::MountPropagationFlags;
use rustix::thread::UnshareFlags;
use std::fs;

/// Entered by the first who needs it: a second user namespace could not undo what the first has locked.
#[derive(Default)]
pub(super) struct Namespace(Option<Result<(), String>>);

impl Namespace {
    /// Makes sure that what is mounted from now on is seen by this process and all that it will start, only.
    pub(super) fn enter(&mut self) -> Result<(), String> {
        self.0
            .get_or_insert_with(|| {
                enter_namespace()?;
                rustix::mount::mount_change(
                    "/",
                    MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
                )
                .map_err(|errno| format!("the mounts cannot be made private: {errno}"))
            })
            .clone()
    }
}

fn enter_namespace() -> Result<(), String> {
    match unshare(UnshareFlags::NEWNS) {
        Ok(()) => return Ok(()),
        Err(Errno::PERM) => {}
        Err(errno) => return Err(format!("no mount namespace: {errno}")),
    }
    // Not allowed as such: once more as the owner of a user namespace, in which this user stays who it is.
    let (user, group) = (
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw(),
    );
    unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS).map_err(|errno| {
        format!("neither a mount namespace nor a user namespace is permitted: {errno}")
    })?;
    let maps = [
        ("/proc/self/setgroups", "deny".to_string()),
        ("/proc/self/uid_map", format!("{user} {user} 1")),
        ("/proc/self/gid_map", format!("{group} {group} 1")),
    ];
    for (file, text) in maps {
        fs::write(file, text)
            .map_err(|error| format!("the user namespace cannot be set up: {file}: {error}"))?;
    }
    Ok(())
}

#[expect(
    unsafe_code,
    reason = "rustix marks it unsafe for the sake of descriptor tables"
)]
fn unshare(flags: UnshareFlags) -> Result<(), Errno> {
    // SAFETY: the table of descriptors stays shared (no `FILES`), and there is only one thread.
    unsafe { rustix::thread::unshare_unsafe(flags) }
}
