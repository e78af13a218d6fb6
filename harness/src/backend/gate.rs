//! A connection whose client may hold back from reading.

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Opens a [`Gated`] connection for reading, and tells when the request is on its way.
#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    sent: Notify,
}

#[derive(Debug, Default)]
struct State {
    open: bool,
    /// Bytes were written since the last flush.
    written: bool,
    reader: Option<Waker>,
}

impl Gate {
    /// From now on the client reads.
    pub(super) fn open(&self) {
        let mut state = self.state();
        state.open = true;
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }

    /// Waits until a request was handed to the system.
    pub(super) async fn sent(&self) {
        self.sent.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A TCP stream that reads nothing until its gate is open, so that the peer's window fills.
#[derive(Debug)]
pub(super) struct Gated {
    pub(super) stream: TokioIo<TcpStream>,
    pub(super) gate: Arc<Gate>,
}

impl Read for Gated {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        {
            let mut state = self.gate.state();
            if !state.open {
                state.reader = Some(context.waker().clone());
                return Poll::Pending;
            }
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for Gated {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.gate.state().written |= matches!(written, Poll::Ready(Ok(1..)));
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if matches!(flushed, Poll::Ready(Ok(()))) && std::mem::take(&mut self.gate.state().written)
        {
            self.gate.sent.notify_one();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
