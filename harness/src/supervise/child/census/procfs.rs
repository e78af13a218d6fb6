//! What Linux tells of a process in `/proc`.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Milliseconds in a clock tick: `USER_HZ` is 100 on every architecture that Rust's standard library runs on.
const MS_PER_TICK: u64 = 10;

/// The part of `/proc/<pid>/stat` that matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::supervise::child) struct Stat {
    pub(in crate::supervise::child) name: String,
    pub(in crate::supervise::child) state: char,
    pub(in crate::supervise::child) parent: u32,
    pub(in crate::supervise::child) group: u32,
    pub(in crate::supervise::child) session: u32,
    /// Its own CPU time.
    pub(in crate::supervise::child) cpu_ms: u64,
    /// CPU time of the children that it has waited for, and of theirs.
    pub(in crate::supervise::child) children_cpu_ms: u64,
    pub(in crate::supervise::child) started: u64,
    pub(in crate::supervise::child) rss_kb: u64,
}

pub(in crate::supervise::child) fn stat(pid: u32) -> Option<Stat> {
    parse(&fs::read(format!("/proc/{pid}/stat")).ok()?)
}

fn parse(bytes: &[u8]) -> Option<Stat> {
    let text = String::from_utf8_lossy(bytes);
    // The name may hold anything, also parentheses and spaces.
    let (open, close) = (text.find('(')?, text.rfind(')')?);
    let fields: Vec<&str> = text.get(close + 1..)?.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let id = |index: usize| u32::try_from(number(index)?).ok();
    Some(Stat {
        name: text.get(open + 1..close)?.to_string(),
        state: fields.first()?.chars().next()?,
        parent: id(1)?,
        group: id(2)?,
        session: id(3)?,
        cpu_ms: (number(11)? + number(12)?) * MS_PER_TICK,
        children_cpu_ms: (number(13)? + number(14)?) * MS_PER_TICK,
        started: number(19)?,
        rss_kb: number(21)? * (rustix::param::page_size() as u64) / 1024,
    })
}

/// Whether a start time counts ticks since boot (of a machine that has not run for 100 years) or seconds since 1970.
pub(in crate::supervise::child) fn is_boot_ticks(started: u64) -> bool {
    fs::read_to_string("/proc/uptime")
        .ok()
        .and_then(|text| text.split('.').next()?.parse::<u64>().ok())
        .is_some_and(|uptime| started / 100 <= uptime + 1)
}

/// The children of all threads of a process; None where the kernel was built without that list.
pub(in crate::supervise::child) fn children(pid: u32) -> Option<Vec<u32>> {
    let mut children = Vec::new();
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Some(children);
    };
    for thread in threads.flatten() {
        match fs::read_to_string(thread.path().join("children")) {
            Ok(list) => children.extend(
                list.split_ascii_whitespace()
                    .filter_map(|pid| pid.parse::<u32>().ok()),
            ),
            Err(error)
                if error.kind() == std::io::ErrorKind::NotFound && thread.path().exists() =>
            {
                return None;
            }
            // The thread has ended.
            Err(_) => {}
        }
    }
    Some(children)
}

/// Every process of the machine.
pub(in crate::supervise::child) fn all() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// The arguments; empty for a zombie.
pub(in crate::supervise::child) fn command(pid: u32) -> Vec<String> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let text = bytes.strip_suffix(&[0]).unwrap_or(&bytes);
    if text.is_empty() {
        return Vec::new();
    }
    text.split(|byte| *byte == 0)
        .map(|argument| String::from_utf8_lossy(argument).into_owned())
        .collect()
}

/// Whether `variable` (`NAME=value`) stands in the environment that the process was started with.
pub(in crate::supervise::child) fn has_variable(pid: u32, variable: &[u8]) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment
        .split(|byte| *byte == 0)
        .any(|entry| entry == variable)
}

/// What a process waits for in the kernel. Who may not see the name of the place gets the number of the system call.
pub(in crate::supervise::child) fn wait_channel(pid: u32) -> Option<String> {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).ok();
    let channel = read("wchan").filter(|name| !matches!(name.trim(), "" | "0"));
    channel.map(|name| name.trim().to_string()).or_else(|| {
        let call = read("syscall")?;
        let number: u32 = call.split_ascii_whitespace().next()?.parse().ok()?;
        Some(format!("system call {number}"))
    })
}

/// The open descriptors of a process: what each is, and whether it may be written to. None: they cannot be seen.
pub(in crate::supervise::child) fn descriptors(pid: u32) -> Option<Vec<(PathBuf, bool)>> {
    /// The two lowest bits of the flags of `open`.
    const ACCESS: u32 = 3;
    let folder = Path::new("/proc").join(pid.to_string());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder.join("fd")).ok()?.flatten() {
        let Ok(target) = fs::read_link(entry.path()) else {
            continue;
        };
        let info = fs::read_to_string(folder.join("fdinfo").join(entry.file_name()));
        let flags = info.ok().and_then(|info| {
            let line = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
            u32::from_str_radix(line.trim(), 8).ok()
        });
        found.push((target, flags.is_some_and(|flags| flags & ACCESS != 0)));
    }
    Some(found)
}

/// Whether a process holds one of these sockets (`socket:[123]`).
pub(in crate::supervise::child) fn holds_socket(pid: u32, sockets: &[String]) -> bool {
    let Ok(entries) = fs::read_dir(Path::new("/proc").join(pid.to_string()).join("fd")) else {
        return false;
    };
    entries
        .flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .any(|target| {
            let target = target.as_os_str().as_bytes();
            sockets.iter().any(|socket| socket.as_bytes() == target)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let line =
            b"4242 (a) b (c) S 17 4242 4200 0 -1 4194560 1 2 3 4 150 50 7 3 20 0 9 0 987654 4096 3";
        let stat = parse(line).unwrap();
        assert_eq!(stat.name, "a) b (c");
        assert_eq!(
            (stat.state, stat.parent, stat.group, stat.session),
            ('S', 17, 4242, 4200)
        );
        assert_eq!(
            (stat.cpu_ms, stat.children_cpu_ms, stat.started),
            (2000, 100, 987_654)
        );
        assert_eq!(stat.rss_kb, 3 * rustix::param::page_size() as u64 / 1024);
    }

    #[test]
    fn this_process_is_found_with_its_arguments() {
        let own = std::process::id();
        let stat = stat(own).unwrap();
        assert!(is_boot_ticks(stat.started));
        assert!(!is_boot_ticks(1_763_900_000));
        assert_eq!(command(own), std::env::args().collect::<Vec<_>>());
        assert!(all().contains(&own));
    }
}
