//! Names of system errors as Node prints them.

use rustix::io::Errno;

/// What libuv calls an error that a spawn can meet.
///
/// libuv knows no name for some of them, ENOEXEC among these, and says so: `spawn Unknown system error -8` is
/// what a CLI of the wrong architecture gives where execvp does not fall back to a shell.
pub(super) fn name(code: i32) -> String {
    const NAMES: &[(Errno, &str)] = &[
        (Errno::TOOBIG, "E2BIG"),
        (Errno::ACCESS, "EACCES"),
        (Errno::AGAIN, "EAGAIN"),
        (Errno::FAULT, "EFAULT"),
        (Errno::INVAL, "EINVAL"),
        (Errno::IO, "EIO"),
        (Errno::ISDIR, "EISDIR"),
        (Errno::LOOP, "ELOOP"),
        (Errno::MFILE, "EMFILE"),
        (Errno::NAMETOOLONG, "ENAMETOOLONG"),
        (Errno::NFILE, "ENFILE"),
        (Errno::NOENT, "ENOENT"),
        (Errno::NOMEM, "ENOMEM"),
        (Errno::NOTDIR, "ENOTDIR"),
        (Errno::PERM, "EPERM"),
        (Errno::ROFS, "EROFS"),
        (Errno::PIPE, "EPIPE"),
        (Errno::TXTBSY, "ETXTBSY"),
        (Errno::NXIO, "ENXIO"),
        (Errno::NODEV, "ENODEV"),
        (Errno::ADDRINUSE, "EADDRINUSE"),
        (Errno::ADDRNOTAVAIL, "EADDRNOTAVAIL"),
    ];
    NAMES
        .iter()
        .find(|(errno, _)| errno.raw_os_error() == code)
        .map_or_else(
            || format!("Unknown system error -{code}"),
            |(_, name)| (*name).to_owned(),
        )
}

/// Whether Node hands a spawn's error to the child's `error` event, with the command's name in its text;
/// every other one is thrown at once as a bare `spawn CODE`.
pub(super) fn is_reported_by_the_child(code: i32) -> bool {
    [
        Errno::ACCESS,
        Errno::AGAIN,
        Errno::MFILE,
        Errno::NFILE,
        Errno::NOENT,
    ]
    .iter()
    .any(|errno| errno.raw_os_error() == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_enoent() {
        let code = std::fs::metadata("/no/such/file")
            .unwrap_err()
            .raw_os_error()
            .unwrap();
        assert_eq!(name(code), "ENOENT");
    }

    #[test]
    fn an_error_that_libuv_does_not_know_keeps_its_number() {
        let code = Errno::NOEXEC.raw_os_error();
        assert_eq!(name(code), format!("Unknown system error -{code}"));
    }
}
