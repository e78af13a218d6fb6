//! A body of events that come one by one, and may be cut.

use hyper::body::{Bytes, Frame};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// The body of an answer.
#[derive(Debug)]
pub(super) enum Body {
    /// All at once.
    Whole(Option<Bytes>),
    /// One by one; an error cuts the connection.
    Events(mpsc::Receiver<io::Result<Bytes>>),
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Body::Whole(bytes) => Poll::Ready(bytes.take().map(|b| Ok(Frame::data(b)))),
            Body::Events(events) => events
                .poll_recv(context)
                .map(|event| event.map(|e| e.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Body::Whole(None))
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match self {
            Body::Whole(Some(bytes)) => hyper::body::SizeHint::with_exact(bytes.len() as u64),
            Body::Whole(None) => hyper::body::SizeHint::with_exact(0),
            Body::Events(_) => hyper::body::SizeHint::default(),
        }
    }
}
