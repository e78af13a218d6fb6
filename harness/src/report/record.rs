//! What a run's processes were and held, as it was on this machine: for people, never for a snapshot.

use crate::timeline::{Hang, Watched};
use std::fmt::Write as _;

/// What was waited for, one budget that ran out after the other.
pub fn hangs(hangs: &[Hang]) -> Vec<String> {
    hangs.iter().flat_map(hang).collect()
}

fn hang(hang: &Hang) -> Vec<String> {
    let mut lines = vec![format!(
        "the budget `{}` ran out while waiting for {}",
        hang.budget.name(),
        hang.awaited
    )];
    lines.extend(hang.script.clone());
    for (way, frame) in [("to", &hang.last_in), ("from", &hang.last_out)] {
        let frame = frame.as_deref().unwrap_or("none");
        lines.push(format!("last frame {way} claude: {frame}"));
    }
    let frame = hang.last_frame.iter();
    lines.extend(frame.map(|frame| format!("last frame to the client: {frame}")));
    lines.extend(hang.tree.iter().map(|line| format!("  {line}")));
    lines
}

/// The whole record.
pub fn record(watched: &Watched) -> String {
    let mut text = String::from("processes (seen from .. to, in ms since the start)\n");
    for life in &watched.processes {
        let died = life
            .died_ms
            .map_or("end".to_owned(), |died| died.to_string());
        let status = life
            .status
            .as_ref()
            .map_or("unknown".to_owned(), ToString::to_string);
        let process = &life.process;
        let _ = writeln!(
            text,
            "{} parent {} group {} session {} {}..{died} {status}{} `{}`",
            process.pid,
            life.parent,
            process.group,
            process.session,
            life.born_ms,
            if process.marked { "" } else { " unmarked" },
            process.command.join(" "),
        );
    }
    for sample in &watched.samples {
        let _ = writeln!(
            text,
            "\nafter {}: {} temporary files",
            sample.after, sample.temp_files
        );
        for one in &sample.conditions {
            let _ = writeln!(
                text,
                "{} {} descriptors {} memory {} KiB listens {:?} writes {:?} waits in {}",
                one.process.pid,
                one.process.state,
                one.descriptors
                    .map_or("unknown".to_owned(), |number| number.to_string()),
                one.process.rss_kb,
                one.listens,
                one.writes,
                one.wait.as_deref().unwrap_or("unknown"),
            );
        }
    }
    for path in &watched.temp_files {
        let _ = writeln!(text, "\ntemporary file left: {}", path.display());
    }
    for line in hangs(&watched.hangs) {
        let _ = writeln!(text, "\n{line}");
    }
    text
}
