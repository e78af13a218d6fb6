//! Processes that a run left behind: each of them has the run's HOME or working folder, and is ended by its id.

use std::path::Path;
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

/// Ends what still runs on this ground. Returns how many there were.
pub fn end(root: &Path) -> usize {
    // Where processes cannot be listed nothing can be ended.
    let Ok(mut system) = System::new() else {
        return 0;
    };
    let kind = ProcessRefreshKind::nothing()
        .with_environ(UpdateKind::Always)
        .with_cwd(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
    let home = format!("HOME={}", root.join("home").display());
    let own = std::process::id();
    let left = system.processes().values().filter(|process| {
        process.pid().as_u32() != own
            && (process.environ().iter().any(|v| *v == *home)
                || process.cwd().is_some_and(|cwd| cwd.starts_with(root)))
    });
    left.map(|process| usize::from(process.kill())).sum()
}
