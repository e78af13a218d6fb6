//! Linux: listening sockets from `/proc/net`, their holders from the descriptors of processes.

use crate::supervise::child::census::procfs;
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

/// `TCP_LISTEN` in `/proc/net/tcp`.
const LISTEN: &str = "0A";

/// Who holds a socket that listens on `port` of the loopback or of all addresses: processes of the run first, else
/// whoever can be seen, else an entry without a number.
pub(in crate::supervise::child) fn holders(port: u16, run: &[u32]) -> Option<Vec<Option<u32>>> {
    let mut sockets = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        sockets.extend(listening(
            &fs::read_to_string(table).unwrap_or_default(),
            port,
        ));
    }
    let mut holders = Vec::new();
    for socket in sockets {
        let socket = [socket];
        let holds = |pid: &u32| procfs::holds_socket(*pid, &socket);
        let mut found: Vec<u32> = run.iter().copied().filter(holds).collect();
        if found.is_empty() {
            found = procfs::all().into_iter().filter(holds).collect();
        }
        if found.is_empty() {
            holders.push(None);
        }
        holders.extend(found.into_iter().map(Some));
    }
    holders.sort_unstable();
    holders.dedup();
    Some(holders)
}

/// All listening sockets of the machine, as `/proc/<pid>/fd` names them, with their ports.
pub(in crate::supervise::child) fn ports() -> HashMap<PathBuf, u16> {
    let mut ports = HashMap::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let table = fs::read_to_string(table).unwrap_or_default();
        ports.extend(table.lines().skip(1).filter_map(|row| {
            let fields: Vec<&str> = row.split_ascii_whitespace().collect();
            let (_, port) = fields.get(1)?.split_once(':')?;
            let port = u16::from_str_radix(port, 16).ok()?;
            let socket = format!("socket:[{}]", fields.get(9)?);
            (*fields.get(3)? == LISTEN).then(|| (PathBuf::from(socket), port))
        }));
    }
    ports
}

/// The sockets of a table that listen on `port`, as `/proc/<pid>/fd` names them.
fn listening(table: &str, port: u16) -> Vec<String> {
    let wanted = format!("{port:04X}");
    let rows = table.lines().skip(1).filter_map(|row| {
        let fields: Vec<&str> = row.split_ascii_whitespace().collect();
        let (address, at) = fields.get(1)?.split_once(':')?;
        let listens = *fields.get(3)? == LISTEN && at == wanted && reaches_loopback(address);
        listens.then(|| fields.get(9).map(|inode| format!("socket:[{inode}]")))?
    });
    rows.collect()
}

/// `address` is in hexadecimal, in 32-bit groups, each in the machine's own byte order.
fn reaches_loopback(address: &str) -> bool {
    let groups: Vec<[u8; 4]> = (0..address.len() / 8)
        .filter_map(|index| u32::from_str_radix(address.get(index * 8..index * 8 + 8)?, 16).ok())
        .map(u32::to_ne_bytes)
        .collect();
    match groups[..] {
        [v4] => v4 == [0; 4] || v4[0] == 127,
        [a, b, c, d] => {
            let bytes = [a, b, c, d].concat();
            let mapped = a == [0; 4]
                && b == [0; 4]
                && c == [0, 0, 0xff, 0xff]
                && (d == [0; 4] || d[0] == 127);
            mapped || (bytes[..15].iter().all(|byte| *byte == 0) && bytes[15] <= 1)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn row(address: &str, state: &str, inode: u32) -> String {
        format!(
            "   0: {address} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0 100\n"
        )
    }

    #[test]
    fn only_listeners_on_the_port_of_a_reachable_address_count() {
        let loopback = format!("{:08X}:1F90", u32::from_ne_bytes([127, 0, 0, 1]));
        let elsewhere = format!("{:08X}:1F90", u32::from_ne_bytes([10, 0, 0, 1]));
        let table = [
            HEAD.to_string(),
            row(&loopback, "0A", 1),
            row(&loopback, "01", 2),
            row(&elsewhere, "0A", 3),
            row("00000000:1F90", "0A", 4),
            row("00000000:1F91", "0A", 5),
        ];
        assert_eq!(
            listening(&table.concat(), 8080),
            ["socket:[1]", "socket:[4]"]
        );
    }

    #[test]
    fn the_loopback_of_ipv6_counts_as_such() {
        let group = |bytes| format!("{:08X}", u32::from_ne_bytes(bytes));
        let zero = group([0; 4]);
        assert!(reaches_loopback(&zero.repeat(4)));
        assert!(reaches_loopback(&(zero.repeat(3) + &group([0, 0, 0, 1]))));
        assert!(reaches_loopback(
            &(zero.repeat(2) + &group([0, 0, 0xff, 0xff]) + &group([127, 0, 0, 1]))
        ));
        assert!(!reaches_loopback(&(zero.repeat(3) + &group([0, 0, 0, 2]))));
        assert!(!reaches_loopback(
            &(group([0x20, 1, 0, 0]) + &zero.repeat(2) + &group([0, 0, 0, 1]))
        ));
    }
}
