//! Ready means an HTTP answer from a listener in this run's process tree, never a log line.

use super::{Http, Watch};
use crate::supervise::{Status, Supervisor};
use crate::timeline::{Budget, Ended, StartSeen};
use std::time::Duration;

/// How long to wait after a look that found no listener yet.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until the backend is ready, which any answer to `route` shows, has ended, or stands still without an answer.
pub async fn until_ready(
    supervisor: &Supervisor,
    watch: &Watch<'_>,
    pid: u32,
    http: Http,
    route: &str,
) -> StartSeen {
    let port = http.port();
    let answered = async {
        loop {
            let ours = supervisor
                .listeners(port)
                .await
                .iter()
                .any(|listener| listener.in_run);
            if ours && http.get(route).await.is_ok() {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    let settled = async {
        tokio::select! {
            status = supervisor.wait(pid) => Some(status),
            () = answered => None,
        }
    };
    match watch
        .within(Budget::Start, "the backend to get ready", settled)
        .await
    {
        Ok(None) => StartSeen::Ready {
            route: route.to_owned(),
        },
        Ok(Some(_)) | Err(_) if stranger(supervisor, port).await => StartSeen::Stranger,
        Ok(Some(status)) => StartSeen::Exited {
            status: ended(status),
        },
        Err(_) => StartSeen::Silent,
    }
}

async fn stranger(supervisor: &Supervisor, port: u16) -> bool {
    let listeners = supervisor.listeners(port).await;
    !listeners.is_empty() && listeners.iter().all(|listener| !listener.in_run)
}

/// The supervisor's word for an end, as the timeline has it.
pub(crate) fn ended(status: Option<Status>) -> Ended {
    match status {
        Some(Status::Exited(code)) => Ended::Exit(code),
        Some(Status::Signaled(name, _)) => Ended::Signal(name),
        None => Ended::Unknown,
    }
}
