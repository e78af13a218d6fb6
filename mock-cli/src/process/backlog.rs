//! What a pipe has not taken yet. Versions up to 2.1.197 end without waiting for it, so that a reader that does not keep
//! up gets what fitted into the pipe, and an unfinished last line (PROTOCOL 9.4).

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A pipe that says it takes something takes this much at once.
pub(super) const PIECE: usize = 4096;

/// What the end of a run takes, in which a reader that keeps up reads on. (How much gets out is a race in the real one:
/// 64 to 514 kB of 1 MB.)
const ENDING: Duration = Duration::from_millis(500);

/// The bytes that wait.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    writer: Option<Sender<Vec<u8>>>,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug, Default)]
struct State {
    waiting: usize,
    broken: bool,
}

impl Backlog {
    /// Writes what the pipe takes now, and leaves the rest to a thread.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<(), Errno> {
        let state = self.state.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (broken, idle) = (state.broken, state.waiting == 0);
        drop(state);
        if broken {
            return Err(Errno::PIPE);
        }
        while idle && !bytes.is_empty() && is_ready(false)? {
            bytes = &bytes[piece(bytes)?..];
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let (lock, _) = &*self.state;
        lock.lock().unwrap_or_else(PoisonError::into_inner).waiting += bytes.len();
        let state = &self.state;
        let writer = self.writer.get_or_insert_with(|| start(Arc::clone(state)));
        // The thread lives as long as the sender.
        let _ = writer.send(bytes.to_vec());
        Ok(())
    }
}

impl Drop for Backlog {
    /// The end does not wait for the reader, but takes its time.
    fn drop(&mut self) {
        let (lock, changed) = &*self.state;
        let state = lock.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_timeout_while(state, ENDING, |s| s.waiting > 0 && !s.broken));
    }
}

fn start(state: Arc<(Mutex<State>, Condvar)>) -> Sender<Vec<u8>> {
    let (sender, texts) = channel::<Vec<u8>>();
    std::thread::spawn(move || {
        for text in texts {
            let mut bytes = &text[..];
            while !bytes.is_empty() {
                let written = is_ready(true).and_then(|_| piece(bytes));
                let (lock, changed) = &*state;
                let mut state = lock.lock().unwrap_or_else(PoisonError::into_inner);
                match written {
                    Ok(count) => {
                        bytes = &bytes[count..];
                        state.waiting -= count;
                    }
                    Err(_) => state.broken = true,
                }
                changed.notify_all();
                if state.broken {
                    return;
                }
            }
        }
    });
    sender
}

/// Whether stdout takes something now, or, where that is waited for, at last.
pub(super) fn is_ready(wait: bool) -> Result<bool, Errno> {
    let stdout = std::io::stdout();
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    loop {
        let mut asked = [PollFd::new(&stdout, PollFlags::OUT)];
        match poll(&mut asked, (!wait).then_some(&now)) {
            Ok(found) => return Ok(found > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}

fn piece(bytes: &[u8]) -> Result<usize, Errno> {
    let stdout = std::io::stdout();
    match rustix::io::write(&stdout, &bytes[..bytes.len().min(PIECE)]) {
        Err(Errno::INTR | Errno::AGAIN) => Ok(0),
        written => written,
    }
}
