//! Which step makes sense after which.

use super::{ChatSession, Reading, Step};
use crate::supervise::Signal;
use crate::yaml::{InputError, Node};

/// The state of the backend, as far as the steps themselves bring it about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Backend {
    #[default]
    Up,
    Ended,
    Halted,
}

/// What the steps so far have brought about.
#[derive(Debug, Default)]
struct SoFar {
    /// Chats that were left open.
    open: usize,
    chatted: bool,
    history: bool,
    backend: Backend,
    /// A step that is no chat before the start came.
    begun: bool,
}

/// Reads the list under `steps:`.
pub(in super::super) fn read_all(node: Node<'_>) -> Result<Vec<Step>, InputError> {
    let mut so_far = SoFar::default();
    let mut steps = Vec::new();
    for item in node.list()? {
        let mut step = Step::read(item)?;
        so_far.backend_allows(&step, item)?;
        so_far.chats_allow(&mut step, item)?;
        so_far.after(&step);
        steps.push(step);
    }
    if so_far.backend == Backend::Halted {
        return Err(node
            .error("the steps end while the backend is halted")
            .with_help("end them with `- resume-backend` or `- kill-backend`"));
    }
    Ok(steps)
}

impl SoFar {
    fn backend_allows(&self, step: &Step, item: Node<'_>) -> Result<(), InputError> {
        let on_disk = matches!(step, Step::Release(_) | Step::Remove(_) | Step::ReplaceCli);
        match self.backend {
            Backend::Up if *step == Step::ResumeBackend => Err(item
                .error("the backend is not halted")
                .with_help("put `- pause-backend` before it")),
            Backend::Ended if !on_disk && !matches!(step, Step::Restart { .. }) => Err(item
                .error("the backend was ended before this step")
                .with_help("put `- restart` before it")),
            Backend::Halted => match step {
                Step::ResumeBackend | Step::KillBackend(Signal::Kill) => Ok(()),
                Step::Chat(chat) if chat.reading == Reading::Later => Ok(()),
                _ if on_disk => Ok(()),
                Step::Chat(_) => Err(item
                    .error("a halted backend does not answer")
                    .with_help("send it with `read: later`, resume, and then `- read-on`")),
                _ => Err(item
                    .error("a halted backend cannot do that")
                    .with_help("put `- resume-backend` before it; only SIGKILL reaches it")),
            },
            _ => Ok(()),
        }
    }

    fn chats_allow(&self, step: &mut Step, item: Node<'_>) -> Result<(), InputError> {
        match step {
            Step::Abort | Step::ReadOn | Step::Disconnect { .. } | Step::HalfClose
                if self.open == 0 =>
            {
                let what = match step {
                    Step::Abort => "abort",
                    Step::ReadOn => "read on",
                    _ => "go away from",
                };
                return Err(item
                    .error(format!("there is no open chat to {what}"))
                    .with_help(
                        "leave one open first: `- chat: { message: Hello, until: assistant }`",
                    ));
            }
            Step::Reconnect if !self.chatted => {
                return Err(item.error("there is no chat before this to come back to"));
            }
            Step::Reconnect if self.open > 0 => {
                return Err(item
                    .error("a chat is still open")
                    .with_help("put `- disconnect` before it"));
            }
            _ => {}
        }
        for chat in step.chats_mut() {
            if chat.before_ready && self.begun {
                return Err(item.error("a chat with `before-ready` comes before all other steps"));
            }
            if chat.session == ChatSession::Previous && !self.chatted {
                return Err(item
                    .error("there is no chat before this one whose session it could go on with"));
            }
            if chat.session == ChatSession::Opened && !self.history {
                return Err(item
                    .error("no history was opened before this chat")
                    .with_help("put `- open-history` before it"));
            }
        }
        Ok(())
    }

    fn after(&mut self, step: &Step) {
        match step {
            Step::Chat(chat) => {
                self.chatted = true;
                self.open += usize::from(chat.stays_open());
            }
            Step::Together(_) | Step::Repeat { .. } => self.chatted = true,
            Step::OpenHistory { .. } => self.history = true,
            Step::Abort | Step::ReadOn | Step::Disconnect { .. } | Step::HalfClose => {
                self.open -= 1;
            }
            Step::KillBackend(_) => (self.open, self.backend) = (0, Backend::Ended),
            Step::PauseBackend => self.backend = Backend::Halted,
            Step::ResumeBackend => self.backend = Backend::Up,
            Step::Restart { .. } => (self.open, self.backend) = (0, Backend::Up),
            _ => {}
        }
        self.begun |= !matches!(step, Step::Chat(chat) if chat.before_ready);
    }
}
