//! Several things at once.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// Waits for all of them, in one task; what they come to stands in their order.
pub(super) async fn together<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut values: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut all = true;
        for (future, value) in waiting.iter_mut().zip(&mut values) {
            if value.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(ready) => *value = Some(ready),
                    Poll::Pending => all = false,
                }
            }
        }
        if all { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    values.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::together;
    use tokio::sync::oneshot;

    #[tokio::test(flavor = "current_thread")]
    async fn one_goes_on_while_another_waits_for_it() {
        let (send, receive) = oneshot::channel();
        let mut send = Some(send);
        let mut receive = Some(receive);
        let both = (0..2).map(|index| {
            let (send, receive) = match index {
                0 => (None, receive.take()),
                _ => (send.take(), None),
            };
            async move {
                if let Some(send) = send {
                    let _ = send.send(());
                }
                if let Some(receive) = receive {
                    receive.await.expect("the other one sends");
                }
                index
            }
        });
        assert_eq!(together(both).await, [0, 1]);
    }
}
