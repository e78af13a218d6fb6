//! Writing to descriptor 1, whatever it is: a pipe, a file, one end of a socket pair.

use super::backlog::Backlog;
use super::uncaught::broken_pipe;
use super::{Quit, complain};
use crate::faults::Shape;
use crate::ledger::{Event, Ledger};
use crate::profile::{Behaviour, EarlyClose};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// The stdout of the process.
#[derive(Debug)]
pub(crate) struct Stdout {
    ledger: Ledger,
    early_close: EarlyClose,
    /// What is not taken yet, in versions that do not wait for it.
    backlog: Option<Backlog>,
    closed: bool,
    shape: Shape,
}

impl Stdout {
    pub(crate) fn new(ledger: Ledger, behaviour: &Behaviour) -> Self {
        Stdout {
            ledger,
            early_close: behaviour.epipe,
            backlog: behaviour.exits_undrained.then(Backlog::default),
            closed: false,
            shape: Shape::default(),
        }
    }

    /// The same, with its lines in another shape.
    pub(crate) fn shaped(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    /// Writes a line; a version that waits for its reader does so to the last byte, however slowly it is read.
    ///
    /// A reader that has gone ends the process or not, as the version has it; all other errors are taken as that.
    pub(crate) fn line(&mut self, line: &str) -> Result<(), Quit> {
        self.text(&format!("{line}\n"))
    }

    /// Writes a text as it is.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Quit> {
        if self.closed {
            return Ok(());
        }
        let bytes = self.shape.bytes(text);
        self.write(&bytes, text.strip_suffix('\n').unwrap_or(text))
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Quit> {
        let noted = String::from_utf8_lossy(bytes);
        let noted = noted.strip_suffix('\n').unwrap_or(&noted);
        let bytes = self.shape.raw(bytes);
        self.write(&bytes, noted)
    }

    fn write(&mut self, bytes: &[u8], noted: &str) -> Result<(), Quit> {
        if self.closed {
            return Ok(());
        }
        if self.in_pieces(bytes).is_ok() {
            self.ledger.note(Event::Stdout {
                line: noted.to_owned(),
            });
            return Ok(());
        }
        self.closed = true;
        match self.early_close {
            EarlyClose::Dropped => Ok(()),
            EarlyClose::Fatal => {
                complain(&broken_pipe());
                Err(Quit(1))
            }
        }
    }
}

impl Stdout {
    fn in_pieces(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        let (ends, pause) = self.shape.pieces(bytes);
        let mut from = 0;
        for end in ends {
            match &mut self.backlog {
                Some(backlog) => backlog.write(&bytes[from..end]),
                None => write_all(&bytes[from..end]),
            }?;
            from = end;
            if !pause.is_zero() {
                std::thread::sleep(pause);
            }
        }
        Ok(())
    }
}

fn write_all(mut bytes: &[u8]) -> Result<(), Errno> {
    let stdout = std::io::stdout();
    while !bytes.is_empty() {
        match rustix::io::write(&stdout, bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(Errno::INTR) => {}
            // Whoever shares the descriptor may have made it non-blocking.
            Err(Errno::AGAIN) => {
                let mut wait = [PollFd::new(&stdout, PollFlags::OUT)];
                match poll(&mut wait, None) {
                    Ok(_) | Err(Errno::INTR) => {}
                    Err(error) => return Err(error),
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
