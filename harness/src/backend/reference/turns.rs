//! Which turns are open, so that they can be aborted and waited for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The open turns of one server.
pub(super) struct Turns {
    open: Mutex<Vec<Open>>,
    /// How many CLI processes are not reaped yet.
    alive: watch::Sender<usize>,
}

struct Open {
    id: Option<String>,
    abort: Arc<watch::Sender<bool>>,
}

/// One open turn; closes when dropped.
pub(super) struct Turn {
    turns: Arc<Turns>,
    abort: Arc<watch::Sender<bool>>,
}

/// Holds back the end of the server until it is dropped.
pub(super) struct Alive(Arc<Turns>);

impl Turns {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            open: Mutex::default(),
            alive: watch::Sender::new(0),
        })
    }

    /// Enters a turn under its request's id; one without an id cannot be aborted.
    pub(super) fn enter(self: &Arc<Self>, id: Option<String>) -> Turn {
        let abort = Arc::new(watch::Sender::new(false));
        self.open().push(Open {
            id,
            abort: Arc::clone(&abort),
        });
        Turn {
            turns: Arc::clone(self),
            abort,
        }
    }

    /// Whether a turn of this id is open.
    pub(super) fn is_open(&self, id: &str) -> bool {
        self.open()
            .iter()
            .any(|turn| turn.id.as_deref() == Some(id))
    }

    /// Aborts every turn of this id, and closes it for a second abort; false where there is none.
    pub(super) fn abort(&self, id: &str) -> bool {
        let mut open = self.open();
        let before = open.len();
        open.retain(|turn| {
            let other = turn.id.as_deref() != Some(id);
            if !other {
                turn.abort.send_replace(true);
            }
            other
        });
        open.len() < before
    }

    /// Counts a process until the answer is dropped.
    pub(super) fn alive(self: &Arc<Self>) -> Alive {
        self.alive.send_modify(|count| *count += 1);
        Alive(Arc::clone(self))
    }

    /// Waits until every process is reaped.
    pub(super) async fn all_reaped(&self) {
        let _ = self.alive.subscribe().wait_for(|count| *count == 0).await;
    }

    fn open(&self) -> MutexGuard<'_, Vec<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Waits for an abort.
    pub(super) async fn aborted(&self) {
        let _ = self.abort.subscribe().wait_for(|aborted| *aborted).await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns
            .open()
            .retain(|turn| !Arc::ptr_eq(&turn.abort, &self.abort));
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.alive.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_abort_reaches_every_turn_of_its_id_and_only_once() {
        let turns = Turns::new();
        let (first, second) = (turns.enter(Some("a".into())), turns.enter(Some("a".into())));
        let other = turns.enter(Some("b".into()));
        assert!(turns.abort("a"));
        assert!(!turns.abort("a"));
        assert!(*first.abort.borrow() && *second.abort.borrow() && !*other.abort.borrow());
    }

    #[test]
    fn a_turn_that_has_ended_cannot_be_aborted() {
        let turns = Turns::new();
        drop(turns.enter(Some("a".into())));
        assert!(!turns.abort("a"));
        assert!(!turns.is_open("a"));
    }
}
