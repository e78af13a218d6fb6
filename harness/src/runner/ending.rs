//! What an environment's launcher does when the backend has ended.

use crate::stage::environment::Children;
use crate::supervise::{Signal, Supervisor, Survivor};
use std::time::Duration;

/// How long what was killed may take to be gone.
const GONE_WITHIN: Duration = Duration::from_secs(5);

/// Ends those survivors that the launcher would have ended. Gives them, and who is left after that.
///
/// They have had the time that survivors have everywhere, so that only what would not have ended by itself is said to
/// have been ended.
pub(super) async fn end_as(
    launcher: Children,
    backend: u32,
    survivors: Vec<Survivor>,
    supervisor: &mut Supervisor,
) -> (Vec<Survivor>, Vec<Survivor>) {
    let ended: Vec<Survivor> = survivors
        .iter()
        .filter(|survivor| match launcher {
            Children::Cgroup => true,
            Children::Group => survivor.process.group == backend,
            Children::App | Children::Nobody => false,
        })
        .cloned()
        .collect();
    if ended.is_empty() {
        return (ended, survivors);
    }
    for survivor in &ended {
        // It may have ended meanwhile.
        let _ = supervisor.signal(survivor.process.pid, Signal::Kill).await;
    }
    let mut left = supervisor.survivors(Duration::ZERO).await;
    if left.iter().any(|one| is_among(one, &ended)) {
        left = supervisor.survivors(GONE_WITHIN).await;
    }
    (ended, left)
}

fn is_among(one: &Survivor, all: &[Survivor]) -> bool {
    all.iter().any(|other| other.process.pid == one.process.pid)
}
