//! Descriptors that came along unasked.

use std::fs;
use std::os::fd::BorrowedFd;

/// Closes every descriptor above 2.
///
/// A harness under `cargo` passes on its job server, and one that starts supervisors from several threads where pipes
/// cannot be made close-on-exec in one step (macOS) may pass on another run's lifeline, which would then never break.
pub(super) fn close_strays() {
    let folder = if cfg!(target_os = "linux") {
        "/proc/self/fd"
    } else {
        "/dev/fd"
    };
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    // Collected first: the listing itself holds a descriptor, which is closed by then.
    let open: Vec<i32> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    for descriptor in open.into_iter().filter(|descriptor| *descriptor > 2) {
        close(descriptor);
    }
}

#[expect(
    unsafe_code,
    reason = "a number is all that is known of an inherited descriptor"
)]
fn close(descriptor: i32) {
    // SAFETY: called at the very start of the process, before anything in it has opened a descriptor, so nobody owns
    // this one. Only one that is open is closed: rustix takes a failure for a bug.
    unsafe {
        if rustix::io::fcntl_getfd(BorrowedFd::borrow_raw(descriptor)).is_ok() {
            rustix::io::close(descriptor);
        }
    }
}
