//! What handle and supervisor say to each other: one JSON object a line, both ways, over one socket.
//!
//! The very first byte is [`GREETING`]; it carries the harness' standard descriptors where they are passed on. Then
//! comes [`Setup`], and after that one [`Request`] a line.

use super::{
    Condition, Event, Isolation, Listener, Probe, Probed, Process, Signal, SpawnFailure, SpawnSpec,
    Survivor,
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The byte that carries descriptors.
pub(super) const GREETING: u8 = b'H';

/// How the supervisor is to be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Setup {
    pub(super) scratch: PathBuf,
    pub(super) hide: Vec<PathBuf>,
    pub(super) read_only: Vec<PathBuf>,
    pub(super) marker: (String, String),
    pub(super) portable: bool,
    /// Whether [`GREETING`] carries three descriptors.
    pub(super) inherit: bool,
}

/// Handle to supervisor.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) id: u64,
    pub(super) ask: Ask,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Ask {
    Spawn(SpawnSpec),
    Probe(Probe),
    Processes,
    Conditions,
    Listeners { port: u16 },
    Cpu,
    Signal { pid: u32, signal: Signal },
    Survivors { settle_ms: u64 },
    Finish { grace_ms: u64 },
}

/// Supervisor to handle.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Message {
    Ready(Ready),
    Answer { id: u64, answer: Answer },
    Event(Event),
}

/// The supervisor's first line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Ready {
    pub(super) pid: u32,
    pub(super) isolation: Isolation,
    pub(super) limits: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Answer {
    Spawned(Result<u32, SpawnFailure>),
    Probed(Probed),
    Processes(Vec<Process>),
    Conditions(Vec<Condition>),
    Listeners(Vec<Listener>),
    Cpu(u64),
    Signalled(Result<(), Refusal>),
    Survivors(Vec<Survivor>),
    Finished(Vec<Process>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Refusal {
    NotOfThisRun,
    System(String),
}
