//! What processes write into the pipes that the supervisor reads.

use crate::supervise::{Event, Stream};
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, BorrowedFd};

/// A longer line is passed on in pieces, so that a writer without line ends cannot fill the memory.
const LONGEST: usize = 1 << 20;
/// How much one pipe may give in one turn, so that a fast writer does not starve the rest.
const ONE_TURN: usize = 1 << 20;

/// All open pipes.
#[derive(Default)]
pub(super) struct Logs {
    pipes: Vec<Pipe>,
}

struct Pipe {
    pid: u32,
    stream: Stream,
    reader: PipeReader,
    partial: Vec<u8>,
    open: bool,
}

impl Logs {
    pub(super) fn add(&mut self, pid: u32, stream: Stream, reader: PipeReader) -> io::Result<()> {
        // Only this end: the other one is a file of its own, so the writer notices nothing.
        rustix::io::ioctl_fionbio(&reader, true)?;
        self.pipes.push(Pipe {
            pid,
            stream,
            reader,
            partial: Vec::new(),
            open: true,
        });
        Ok(())
    }

    pub(super) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.pipes.iter().map(|pipe| pipe.reader.as_fd())
    }

    /// Reads what is there now.
    pub(super) fn read(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for pipe in &mut self.pipes {
            pipe.read(&mut events);
        }
        self.pipes.retain(|pipe| pipe.open);
        events
    }

    /// Reads all that a process left behind, its last line also without a line end. The pipe stays while a descendant
    /// holds it.
    pub(super) fn last_words(&mut self, pid: u32) -> Vec<Event> {
        let mut events = Vec::new();
        for pipe in self.pipes.iter_mut().filter(|pipe| pipe.pid == pid) {
            pipe.read(&mut events);
            pipe.flush(&mut events);
        }
        self.pipes.retain(|pipe| pipe.open);
        events
    }

    /// Reads all pipes to what is there now, and gives up half lines too.
    pub(super) fn close(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for mut pipe in self.pipes.drain(..) {
            pipe.read(&mut events);
            pipe.flush(&mut events);
        }
        events
    }
}

impl Pipe {
    fn read(&mut self, events: &mut Vec<Event>) {
        let mut bytes = [0; 64 * 1024];
        let mut total = 0;
        while self.open && total < ONE_TURN {
            match self.reader.read(&mut bytes) {
                Ok(0) => self.open = false,
                Ok(read) => {
                    total += read;
                    self.take(&bytes[..read], events);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.open = false,
            }
        }
        if !self.open {
            self.flush(events);
        }
    }

    fn take(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            match piece.strip_suffix(b"\n") {
                Some(end) => {
                    self.partial.extend_from_slice(end);
                    self.line(events);
                }
                None => self.partial.extend_from_slice(piece),
            }
            if self.partial.len() >= LONGEST {
                self.line(events);
            }
        }
    }

    fn flush(&mut self, events: &mut Vec<Event>) {
        if !self.partial.is_empty() {
            self.line(events);
        }
    }

    fn line(&mut self, events: &mut Vec<Event>) {
        let line = String::from_utf8_lossy(&self.partial).into_owned();
        self.partial.clear();
        events.push(Event::Log {
            pid: self.pid,
            stream: self.stream,
            line,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn lines(events: Vec<Event>) -> Vec<String> {
        events
            .into_iter()
            .filter_map(|event| match event {
                Event::Log { line, .. } => Some(line),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn lines_are_whole_and_the_last_one_needs_no_line_end() {
        let (reader, mut writer) = io::pipe().unwrap();
        let mut logs = Logs::default();
        logs.add(7, Stream::Stderr, reader).unwrap();
        writer.write_all(b"one\n\ntw").unwrap();
        assert_eq!(lines(logs.read()), ["one", ""]);
        writer.write_all(b"o\nbad \xff\nrest").unwrap();
        assert_eq!(lines(logs.read()), ["two", "bad \u{fffd}"]);
        drop(writer);
        assert_eq!(lines(logs.read()), ["rest"]);
        assert_eq!(logs.descriptors().count(), 0);
    }

    #[test]
    fn the_dead_leave_their_half_line_while_another_holds_the_pipe() {
        let (reader, mut writer) = io::pipe().unwrap();
        let mut logs = Logs::default();
        logs.add(7, Stream::Stdout, reader).unwrap();
        writer.write_all(b"half").unwrap();
        assert_eq!(lines(logs.last_words(7)), ["half"]);
        assert_eq!(logs.descriptors().count(), 1);
    }

    #[test]
    fn an_endless_line_comes_in_pieces() {
        let (reader, mut writer) = io::pipe().unwrap();
        let mut logs = Logs::default();
        logs.add(7, Stream::Stdout, reader).unwrap();
        let writing = std::thread::spawn(move || writer.write_all(&vec![b'x'; LONGEST + 10]));
        let mut got = Vec::new();
        while logs.descriptors().count() > 0 {
            got.extend(lines(logs.read()));
        }
        writing.join().unwrap().unwrap();
        assert!(got.len() >= 2, "{} pieces", got.len());
        assert_eq!(got.concat().len(), LONGEST + 10);
    }
}
