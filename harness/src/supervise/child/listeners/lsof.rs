//! Where there is no `/proc`: `lsof`, which macOS always has.

use std::process::Command;

/// The command that lists the listeners on a port.
pub(in crate::supervise::child) fn command(port: u16) -> Command {
    let mut command = Command::new("lsof");
    command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command.args([
        "-nP",
        "-w",
        &format!("-iTCP:{port}"),
        "-sTCP:LISTEN",
        "-Fpn",
    ]);
    command
}

/// The processes in its output that listen on the loopback or on all addresses.
pub(in crate::supervise::child) fn holders(output: &str) -> Vec<u32> {
    let mut pid = None;
    let mut found = Vec::new();
    for line in output.lines() {
        if let Some(number) = line.strip_prefix('p') {
            pid = number.parse().ok();
        } else if let (Some(address), Some(pid)) = (line.strip_prefix('n'), pid) {
            let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
            let reachable =
                matches!(host, "*" | "[::1]" | "[::]" | "0.0.0.0") || host.starts_with("127.");
            if reachable && !found.contains(&pid) {
                found.push(pid);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_that_listens_where_the_loopback_is_reached_is_named_once() {
        let output = "p10\nf3\nn127.0.0.1:8080\nf4\nn[::1]:8080\np11\nf5\nn*:8080\np12\nf6\nn10.0.0.1:8080\n";
        assert_eq!(holders(output), [10, 11]);
        assert!(holders("").is_empty());
    }
}
