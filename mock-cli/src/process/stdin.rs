//! Reading stdin.

use super::{Arrival, Ending, Quit};
use crate::faults::{self, Death};
use crate::ledger::{Event, Ledger};
use crate::protocol::decode::Lines;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

/// How stdin is cut into arrivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Line by line; a last line without a line end counts.
    Lines,
    /// As it comes; the ledger gets the whole in the end.
    Whole,
}

/// How fast stdin is read, and whether its end counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Pace {
    /// How long each byte is waited for; zero: as much as there is at once.
    pub(crate) pause: Duration,
    /// Its end is not noticed.
    pub(crate) endless: bool,
    /// The first of it, or its end, is the process's death.
    pub(crate) deadly: Option<Death>,
}

/// A source that is read byte by byte.
struct Paced<R> {
    source: R,
    pause: Duration,
    ledger: Ledger,
}

impl<R: Read> Read for Paced<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.pause.is_zero() || buffer.is_empty() {
            return self.source.read(buffer);
        }
        // What is waited for afterwards is stdin again, whatever else goes on.
        self.ledger.note(Event::Waiting { on: "timer".into() });
        thread::sleep(self.pause);
        self.ledger.note(Event::Waiting { on: "stdin".into() });
        self.source.read(&mut buffer[..1])
    }
}

/// Reads stdin on a thread of its own, as nobody can be interrupted in a read. A text that is there already, as it is
/// where stdin is a file or `/dev/null`, is read at once: it needs no thread.
pub(crate) fn feed(
    shape: Shape,
    pace: Pace,
    inbox: Sender<Arrival>,
    ledger: Ledger,
    ending: Ending,
) -> io::Result<()> {
    let mut early = Vec::new();
    if shape == Shape::Whole
        && pace == Pace::default()
        && read_early(io::stdin(), &mut early) == Early::Ended
    {
        read_all(&early[..], shape, &ledger, |arrival| {
            inbox.send(arrival).is_ok()
        });
        return Ok(());
    }
    thread::Builder::new().name("stdin".into()).spawn(move || {
        let source = Paced {
            source: io::Cursor::new(early).chain(io::stdin().lock()),
            pause: pace.pause,
            ledger: ledger.clone(),
        };
        read_all(source, shape, &ledger, |arrival| {
            if let Some(death) = &pace.deadly {
                let Quit(code) = faults::die(death);
                ending.exit(Event::Exit { code }, code);
            }
            arrival == Arrival::End && pace.endless || inbox.send(arrival).is_ok()
        });
    })?;
    Ok(())
}

/// How far a text was there.
#[derive(Debug, PartialEq, Eq)]
enum Early {
    Ended,
    GoesOn,
}

/// Reads what can be read without waiting, up to a size that does not keep a signal waiting.
fn read_early(stdin: impl AsFd, text: &mut Vec<u8>) -> Early {
    const MOST: usize = 1 << 20;
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let mut piece = [0; 4096];
    while text.len() < MOST {
        let mut asked = [PollFd::new(&stdin, PollFlags::IN)];
        if !matches!(poll(&mut asked, Some(&now)), Ok(1..)) {
            return Early::GoesOn;
        }
        match rustix::io::read(&stdin, &mut piece) {
            // What cannot be read is at its end, as in `read_all`.
            Ok(0) => return Early::Ended,
            Ok(n) => text.extend_from_slice(&piece[..n]),
            Err(Errno::INTR | Errno::AGAIN) => return Early::GoesOn,
            Err(_) => return Early::Ended,
        }
    }
    Early::GoesOn
}

/// Reads to the end or until nobody listens. What cannot be read (a folder, a terminal that went away) has ended.
fn read_all(
    mut source: impl Read,
    shape: Shape,
    ledger: &Ledger,
    mut send: impl FnMut(Arrival) -> bool,
) {
    // It grows with what comes: pages that nobody fills would still have to be cleared.
    const MOST: usize = 64 * 1024;
    let mut buffer = vec![0; 2048];
    let mut lines = Lines::new();
    loop {
        let n = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        lines.feed(&buffer[..n]);
        if shape == Shape::Whole {
            if !send(Arrival::Input(buffer[..n].to_vec())) {
                return;
            }
        } else {
            for line in lines.by_ref() {
                note(ledger, &line.bytes);
                if !send(Arrival::Input(line.bytes)) {
                    return;
                }
            }
        }
        if n == buffer.len() && n < MOST {
            buffer.resize(2 * n, 0);
        }
    }
    // Nobody took lines out of what was sent as it came, so that this is all of it.
    if let Some(rest) = lines.finish() {
        note(ledger, &rest.bytes);
        if shape == Shape::Lines && !send(Arrival::Input(rest.bytes)) {
            return;
        }
    }
    ledger.note(Event::StdinEnd);
    send(Arrival::End);
}

fn note(ledger: &Ledger, bytes: &[u8]) {
    ledger.note(Event::Stdin {
        text: String::from_utf8_lossy(bytes).into_owned(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn arrivals(input: &[u8], shape: Shape) -> Vec<Arrival> {
        let mut got = Vec::new();
        read_all(input, shape, &Ledger::default(), |a| {
            got.push(a);
            true
        });
        got
    }

    #[test]
    fn a_last_line_without_a_line_end_counts() {
        let got = arrivals(b"a\r\n\nb", Shape::Lines);
        let lines = [b"a\r".to_vec(), Vec::new(), b"b".to_vec()].map(Arrival::Input);
        assert_eq!(got[..3], lines);
        assert_eq!(got[3..], [Arrival::End]);
    }

    #[test]
    fn what_is_there_is_read_without_waiting_for_more() {
        let (reader, mut writer) = io::pipe().unwrap();
        let mut text = Vec::new();
        assert_eq!(read_early(&reader, &mut text), Early::GoesOn);
        writer.write_all(b"ab").unwrap();
        assert_eq!(read_early(&reader, &mut text), Early::GoesOn);
        drop(writer);
        assert_eq!(read_early(&reader, &mut text), Early::Ended);
        assert_eq!(text, b"ab");
    }

    proptest! {
        #[test]
        fn any_bytes_come_out_as_the_lines_that_they_are(input in prop::collection::vec(any::<u8>(), 0..3000)) {
            let mut got = arrivals(&input, Shape::Lines);
            prop_assert_eq!(got.pop(), Some(Arrival::End));
            let mut want: Vec<Arrival> =
                input.split(|b| *b == b'\n').map(|l| Arrival::Input(l.to_vec())).collect();
            if want.last() == Some(&Arrival::Input(Vec::new())) {
                want.pop();
            }
            prop_assert_eq!(got, want);
        }
    }
}
