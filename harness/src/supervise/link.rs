//! The handle's end of the socket: requests and their answers, events, deaths.

use super::wire::{Answer, Ask, Message, Request};
use super::{Event, Process, Status, SuperviseError};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot, watch};

/// Messages, line by line.
pub(super) struct Lines {
    reader: BufReader<OwnedReadHalf>,
    line: Vec<u8>,
}

impl Lines {
    pub(super) fn new(reader: OwnedReadHalf) -> Lines {
        Lines {
            reader: BufReader::new(reader),
            line: Vec::new(),
        }
    }

    /// The next message; None when the other side is gone.
    pub(super) async fn next(&mut self) -> Option<serde_json::Result<Message>> {
        self.line.clear();
        match self.reader.read_until(b'\n', &mut self.line).await {
            Ok(_) if self.line.ends_with(b"\n") => Some(serde_json::from_slice(&self.line)),
            _ => None,
        }
    }
}

/// Requests that wait for their answers; None once nobody will answer.
type Waiting = Arc<Mutex<Option<HashMap<u64, oneshot::Sender<Answer>>>>>;

/// How each process that died so far ended.
pub(super) type Deaths = HashMap<u32, Option<Status>>;

/// The way to ask the supervisor.
pub(super) struct Link {
    next_id: AtomicU64,
    out: mpsc::UnboundedSender<Vec<u8>>,
    waiting: Waiting,
    deaths: watch::Receiver<Deaths>,
    living: Living,
}

/// Who lived when the supervisor told last.
pub(super) type Living = Arc<Mutex<HashMap<u32, Process>>>;

impl Link {
    /// Starts the two tasks that read and write the socket.
    pub(super) fn over(
        lines: Lines,
        writer: OwnedWriteHalf,
    ) -> (Link, mpsc::UnboundedReceiver<Event>) {
        let waiting: Waiting = Arc::new(Mutex::new(Some(HashMap::new())));
        let (events_in, events) = mpsc::unbounded_channel();
        let (deaths_in, deaths) = watch::channel(Deaths::new());
        let living = Living::default();
        let (out, requests) = mpsc::unbounded_channel();
        tokio::spawn(read(
            lines,
            Arc::clone(&waiting),
            events_in,
            deaths_in,
            Arc::clone(&living),
        ));
        tokio::spawn(write(writer, requests));
        (
            Link {
                next_id: AtomicU64::new(1),
                out,
                waiting,
                deaths,
                living,
            },
            events,
        )
    }

    pub(super) async fn ask(&self, ask: Ask) -> Result<Answer, SuperviseError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let mut line = serde_json::to_vec(&Request { id, ask }).map_err(SuperviseError::Request)?;
        line.push(b'\n');
        let (answer, coming) = oneshot::channel();
        match lock(&self.waiting).as_mut() {
            Some(waiting) => waiting.insert(id, answer),
            None => return Err(SuperviseError::Gone),
        };
        self.out.send(line).map_err(|_| SuperviseError::Gone)?;
        coming.await.map_err(|_| SuperviseError::Gone)
    }

    /// Who lived when the supervisor told last.
    pub(super) fn living(&self) -> Living {
        Arc::clone(&self.living)
    }

    /// Waits until `pid` is dead; None when the supervisor is gone.
    pub(super) async fn death(&self, pid: u32) -> Option<Option<Status>> {
        let mut deaths = self.deaths.clone();
        let found = deaths
            .wait_for(|deaths| deaths.contains_key(&pid))
            .await
            .ok()?;
        found.get(&pid).cloned()
    }

    /// How `pid` ended, if it is known to have.
    pub(super) fn dead(&self, pid: u32) -> Option<Option<Status>> {
        self.deaths.borrow().get(&pid).cloned()
    }
}

async fn read(
    mut lines: Lines,
    waiting: Waiting,
    events: mpsc::UnboundedSender<Event>,
    deaths: watch::Sender<Deaths>,
    living: Living,
) {
    while let Some(message) = lines.next().await {
        match message {
            Ok(Message::Event(event)) => {
                keep(&living, &event);
                match &event {
                    Event::Died { pid, status } => deaths.send_modify(|deaths| {
                        deaths.insert(*pid, status.clone());
                    }),
                    // The system has given the number to somebody else.
                    Event::Born(process) => deaths.send_modify(|deaths| {
                        deaths.remove(&process.pid);
                    }),
                    _ => {}
                }
                // Nobody listens any more: the handle is being dropped.
                let _ = events.send(event);
            }
            Ok(Message::Answer { id, answer }) => {
                let asker = lock(&waiting)
                    .as_mut()
                    .and_then(|waiting| waiting.remove(&id));
                if let Some(asker) = asker {
                    let _ = asker.send(answer);
                }
            }
            Ok(Message::Ready(_)) | Err(_) => break,
        }
    }
    lock(&waiting).take();
}

fn keep(living: &Living, event: &Event) {
    match event {
        Event::Born(process) | Event::Became(process) => {
            lock(living).insert(process.pid, process.clone());
        }
        Event::Died { pid, .. } => drop(lock(living).remove(pid)),
        Event::Log { .. } => {}
    }
}

async fn write(mut writer: OwnedWriteHalf, mut requests: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(line) = requests.recv().await {
        if writer.write_all(&line).await.is_err() {
            return;
        }
    }
    // The other half and the lifeline keep the socket open: dropping this half must not end the run.
    writer.forget();
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
