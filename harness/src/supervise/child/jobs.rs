//! The supervisor's own short tools: a login shell that is asked something, a listing of ports.

use crate::supervise::Status;
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What a tool may say; the rest is not read.
const LONGEST: usize = 256 * 1024;

/// The tools that run now.
#[derive(Default)]
pub(super) struct Jobs {
    jobs: Vec<Job>,
}

struct Job {
    pid: u32,
    output: PipeReader,
    said: Vec<u8>,
    open: bool,
    deadline: Instant,
}

/// A tool that has ended, or had to be ended.
pub(super) struct Ended {
    pub(super) pid: u32,
    pub(super) said: String,
    /// None: its time was over.
    pub(super) status: Option<Status>,
}

impl Jobs {
    /// Starts a tool in a group of its own, stdin and stderr null.
    pub(super) fn start(&mut self, mut command: Command, deadline: Instant) -> io::Result<u32> {
        let (output, theirs) = io::pipe()?;
        rustix::io::ioctl_fionbio(&output, true)?;
        command
            .stdin(Stdio::null())
            .stdout(theirs)
            .stderr(Stdio::null())
            .process_group(0);
        let pid = command.spawn()?.id();
        self.jobs.push(Job {
            pid,
            output,
            said: Vec::new(),
            open: true,
            deadline,
        });
        Ok(pid)
    }

    pub(super) fn pids(&self) -> Vec<u32> {
        self.jobs.iter().map(|job| job.pid).collect()
    }

    pub(super) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.jobs
            .iter()
            .filter(|job| job.open)
            .map(|job| job.output.as_fd())
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.jobs.iter().map(|job| job.deadline).min()
    }

    /// Reads what the tools say now.
    pub(super) fn read(&mut self) {
        for job in self.jobs.iter_mut().filter(|job| job.open) {
            job.read();
        }
    }

    /// A child was waited for: if it was a tool, this is its result. What it started may still hold its pipe.
    pub(super) fn died(&mut self, pid: u32, status: Status) -> Option<Ended> {
        let index = self.jobs.iter().position(|job| job.pid == pid)?;
        Some(self.jobs.swap_remove(index).end(Some(status)))
    }

    /// Ends the tools whose time is over, with their groups.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<Ended> {
        let (late, rest) = std::mem::take(&mut self.jobs)
            .into_iter()
            .partition(|job| job.deadline <= now);
        self.jobs = rest;
        let late: Vec<Job> = late;
        late.into_iter().map(|job| job.end(None)).collect()
    }
}

impl Job {
    fn read(&mut self) {
        let mut bytes = [0; 4096];
        while self.open {
            match self.output.read(&mut bytes) {
                Ok(0) => self.open = false,
                Ok(read) => {
                    self.said.extend_from_slice(&bytes[..read]);
                    self.open = self.said.len() < LONGEST;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.open = false,
            }
        }
    }

    fn end(mut self, status: Option<Status>) -> Ended {
        self.read();
        // What it left in its group too; a group whose leader was waited for keeps its number while it has members.
        if let Some(group) = i32::try_from(self.pid)
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        Ended {
            pid: self.pid,
            said: String::from_utf8_lossy(&self.said).into_owned(),
            status,
        }
    }
}
