//! Where there is no `/proc`: `lsof`, which macOS always has.

use std::collections::HashMap;
use std::path::PathBuf;
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

/// The command that lists what processes hold.
pub(in crate::supervise::child) fn held_by(pids: &[u32]) -> Command {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    let mut command = Command::new("lsof");
    command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command.args(["-nP", "-w", "-a", "-p", &pids.join(","), "-FpfatnT"]);
    command
}

/// What one process holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::supervise::child) struct Held {
    pub(in crate::supervise::child) descriptors: u32,
    pub(in crate::supervise::child) listens: Vec<u16>,
    pub(in crate::supervise::child) writes: Vec<PathBuf>,
}

/// Reads the output of [`held_by`]; what is no descriptor (folders, mapped files) is left out.
pub(in crate::supervise::child) fn held(output: &str) -> HashMap<u32, Held> {
    let mut all: HashMap<u32, Held> = HashMap::new();
    let (mut pid, mut counts, mut writable, mut regular) = (0, false, false, false);
    let mut port: Option<u16> = None;
    for line in output.lines() {
        let Some((kind, rest)) = line.split_at_checked(1) else {
            continue;
        };
        if kind == "p" {
            pid = rest.parse().unwrap_or(0);
            counts = false;
            all.entry(pid).or_default();
            continue;
        }
        let Some(held) = all.get_mut(&pid) else {
            continue;
        };
        match kind {
            "f" => {
                counts = rest.starts_with(|first: char| first.is_ascii_digit());
                (writable, regular, port) = (false, false, None);
                held.descriptors += u32::from(counts);
            }
            "a" => writable = matches!(rest, "w" | "u"),
            "t" => regular = rest == "REG",
            "n" if counts && regular && writable => held.writes.push(PathBuf::from(rest)),
            "n" => {
                port = rest
                    .rsplit_once(':')
                    .and_then(|(_, port)| port.parse().ok())
            }
            "T" if counts && rest == "ST=LISTEN" => held.listens.extend(port),
            _ => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_ports_and_written_files_are_told_per_process() {
        let output = "p10\nfcwd\na \ntDIR\nn/\nftxt\ntREG\nn/bin/x\nf1\naw\ntREG\nn/tmp/log\nf4\nau\ntIPv4\nn127.0.0.1:80\nTST=LISTEN\np11\nf0\nar\ntREG\nn/etc/x\n";
        let mut held = held(output);
        assert_eq!(
            held.remove(&10),
            Some(Held {
                descriptors: 2,
                listens: vec![80],
                writes: vec!["/tmp/log".into()],
            })
        );
        assert_eq!(held.remove(&11).map(|held| held.descriptors), Some(1));
    }

    #[test]
    fn each_process_that_listens_where_the_loopback_is_reached_is_named_once() {
        let output = "p10\nf3\nn127.0.0.1:8080\nf4\nn[::1]:8080\np11\nf5\nn*:8080\np12\nf6\nn10.0.0.1:8080\n";
        assert_eq!(holders(output), [10, 11]);
        assert!(holders("").is_empty());
    }
}
