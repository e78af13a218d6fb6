//! The supervisor's end of the socket. Writing never blocks: a harness that is slow or stuck must not keep the run from
//! being supervised, so what it does not take yet is kept.

use crate::supervise::wire::{GREETING, Message, Request, Setup};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};
use std::collections::VecDeque;
use std::io::{self, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

/// The harness' stdin, stdout and stderr.
pub(super) type Inherited = [OwnedFd; 3];

pub(super) struct Wire {
    socket: UnixStream,
    arrived: Vec<u8>,
    leaving: VecDeque<u8>,
    /// The harness is gone, or wants no more.
    lost: bool,
}

impl Wire {
    /// Takes the socket at descriptor 0 and the first byte, with the descriptors that it may carry.
    pub(super) fn greeted() -> io::Result<(Wire, Option<Inherited>)> {
        let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        let mut first = [0];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        rustix::net::recvmsg(
            &socket,
            &mut [IoSliceMut::new(&mut first)],
            &mut ancillary,
            RecvFlags::empty(),
        )?;
        if first != [GREETING] {
            return Err(io::Error::other("stdin is not the socket of a harness"));
        }
        let mut descriptors = Vec::new();
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = message {
                descriptors.extend(rights);
            }
        }
        for descriptor in &descriptors {
            rustix::io::fcntl_setfd(descriptor, rustix::io::FdFlags::CLOEXEC)?;
        }
        let wire = Wire {
            socket,
            arrived: Vec::new(),
            leaving: VecDeque::new(),
            lost: false,
        };
        Ok((wire, descriptors.try_into().ok()))
    }

    /// Waits for the second message; from then on nothing blocks.
    pub(super) fn setup(&mut self) -> io::Result<Setup> {
        let line = loop {
            if let Some(line) = self.line() {
                break line;
            }
            let mut bytes = [0; 4096];
            let read = self.socket.read(&mut bytes)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.arrived.extend_from_slice(&bytes[..read]);
        };
        self.socket.set_nonblocking(true)?;
        Ok(serde_json::from_slice(&line)?)
    }

    /// Puts a message in line; [`Wire::flush`] sends it.
    pub(super) fn put(&mut self, message: &Message) {
        if self.lost {
            return;
        }
        match serde_json::to_writer(&mut self.leaving, message) {
            Ok(()) => self.leaving.push_back(b'\n'),
            // Half a message is in line: nothing sensible can follow it.
            Err(error) => {
                eprintln!("claude-harness supervisor: a message cannot be written: {error}");
                self.lost = true;
            }
        }
    }

    /// Sends what the harness takes now.
    pub(super) fn flush(&mut self) {
        while !self.lost && !self.leaving.is_empty() {
            match self.socket.write(self.leaving.as_slices().0) {
                Ok(0) => self.lost = true,
                Ok(written) => drop(self.leaving.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.lost = true,
            }
        }
    }

    /// Blocks until all is sent or the harness is gone.
    pub(super) fn flush_all(&mut self) {
        if self.socket.set_nonblocking(false).is_ok() {
            self.flush();
        }
    }

    /// Reads the requests that have arrived.
    pub(super) fn requests(&mut self) -> Vec<Request> {
        let mut bytes = [0; 16 * 1024];
        while !self.lost {
            match self.socket.read(&mut bytes) {
                Ok(0) => self.lost = true,
                Ok(read) => self.arrived.extend_from_slice(&bytes[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => self.lost = true,
            }
        }
        let mut requests = Vec::new();
        while let Some(line) = self.line() {
            match serde_json::from_slice(&line) {
                Ok(request) => requests.push(request),
                Err(error) => eprintln!("claude-harness supervisor: not a request: {error}"),
            }
        }
        requests
    }

    /// The lifeline is broken.
    pub(super) fn lost(&self) -> bool {
        self.lost
    }

    pub(super) fn wants_to_write(&self) -> bool {
        !self.leaving.is_empty() && !self.lost
    }

    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    fn line(&mut self) -> Option<Vec<u8>> {
        let end = self.arrived.iter().position(|byte| *byte == b'\n')?;
        let mut line: Vec<u8> = self.arrived.drain(..=end).collect();
        line.pop();
        Some(line)
    }
}
