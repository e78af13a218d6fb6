//! Writing to descriptor 1, whatever it is: a pipe, a file, one end of a socket pair.

use super::backlog::{Backlog, PIECE, is_ready};
use super::uncaught::broken_pipe;
use super::{Quit, Signals, complain};
use crate::faults::{self, After, Death, Shape};
use crate::ledger::{Event, Ledger};
use crate::profile::{Behaviour, EarlyClose};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use std::time::Duration;

/// The stdout of the process.
#[derive(Debug)]
pub(crate) struct Stdout {
    ledger: Ledger,
    early_close: EarlyClose,
    /// What is not taken yet, in versions that do not wait for it.
    backlog: Option<Backlog>,
    closed: bool,
    shape: Shape,
    /// How and when the process dies.
    death: Option<Death>,
    lines: u32,
    /// Bytes that are to damage the next line.
    damage: Vec<u8>,
    signals: Signals,
}

impl Stdout {
    pub(crate) fn new(ledger: Ledger, behaviour: &Behaviour) -> Self {
        Stdout {
            ledger,
            early_close: behaviour.epipe,
            backlog: behaviour.exits_undrained.then(Backlog::default),
            closed: false,
            shape: Shape::default(),
            death: None,
            lines: 0,
            damage: Vec::new(),
            signals: Signals::default(),
        }
    }

    /// The same, which heeds these before it waits for its reader.
    pub(crate) fn with_signals(mut self, signals: Signals) -> Self {
        self.signals = signals;
        self
    }

    /// The same, with its lines in another shape.
    pub(crate) fn shaped(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    /// The same of a process that dies, maybe of what it writes.
    pub(crate) fn mortal(mut self, death: Option<Death>) -> Self {
        self.death = death;
        self
    }

    /// Writes a line; a version that waits for its reader does so to the last byte, however slowly it is read.
    ///
    /// A reader that has gone ends the process or not, as the version has it; all other errors are taken as that.
    pub(crate) fn line(&mut self, line: &str) -> Result<(), Quit> {
        self.written(line, false)
    }

    /// Writes the line of a result, after which there may be nothing more.
    pub(crate) fn result(&mut self, line: &str) -> Result<(), Quit> {
        self.written(line, true)?;
        self.die_after(After::Result)
    }

    fn written(&mut self, line: &str, last: bool) -> Result<(), Quit> {
        let mut bytes = self.shape.line(line, last);
        if !self.damage.is_empty() {
            // The shape may have put something before the line.
            let begin = bytes
                .windows(line.len().max(1))
                .position(|part| part == line.as_bytes());
            let at = begin.unwrap_or(0) + faults::within_text(line);
            bytes.splice(at..at, std::mem::take(&mut self.damage));
        }
        self.write(&bytes, line)?;
        self.lines += 1;
        self.die_after(After::Lines(self.lines))
    }

    fn die_after(&self, moment: After) -> Result<(), Quit> {
        match self.death.as_ref().filter(|it| it.after == Some(moment)) {
            Some(death) => Err(faults::die(death)),
            None => Ok(()),
        }
    }

    /// Puts these bytes into the text of the next line.
    pub(crate) fn damage(&mut self, bytes: &[u8]) {
        self.damage.extend_from_slice(bytes);
    }

    /// Ends stdout: without a writer its reader is at the end. What is written from now on is lost without a word.
    pub(crate) fn close(&mut self) -> std::io::Result<()> {
        self.closed = true;
        // What still waits for the reader comes before the end.
        self.backlog = None;
        let nothing = std::fs::OpenOptions::new().write(true).open("/dev/null")?;
        Ok(rustix::stdio::dup2_stdout(nothing)?)
    }

    /// Writes a text as it is.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Quit> {
        if self.closed {
            return Ok(());
        }
        match text.strip_suffix('\n') {
            Some(line) => {
                let bytes = self.shape.line(line, false);
                self.write(&bytes, line)
            }
            None => {
                let bytes = self.shape.text(text);
                self.write(&bytes, text)
            }
        }
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
            self.ledger.note_stdout(noted);
            return Ok(());
        }
        self.closed = true;
        self.ledger.note(Event::StdoutGone);
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
                None => {
                    self.heed_before(&bytes[from..end])?;
                    write_all(&bytes[from..end])
                }
            }?;
            from = end;
            if !pause.is_zero() {
                std::thread::sleep(pause);
                until_taken(pause);
            }
        }
        Ok(())
    }

    /// Heeds signals where these bytes may have to wait for their reader.
    fn heed_before(&self, bytes: &[u8]) -> Result<(), Errno> {
        if !self.signals.are_heeded() && (bytes.len() > PIECE || !is_ready(false)?) {
            self.signals.heed();
        }
        Ok(())
    }
}

/// Waits until the reader of a pipe has taken what was written: on a busy machine it takes two pieces for one else. Of a
/// socket that cannot be known, and a reader that never comes holds nothing up.
fn until_taken(pause: Duration) {
    const MOST: u32 = 250;
    let stdout = std::io::stdout();
    for _ in 0..MOST {
        match rustix::io::ioctl_fionread(&stdout) {
            Ok(1..) => std::thread::sleep(pause),
            Ok(0) | Err(_) => return,
        }
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
