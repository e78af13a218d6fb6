//! What a user does, step by step.

mod chat;
mod order;

pub use chat::{Chat, ChatSession, Reading, Until};
pub(super) use order::read_all;

use crate::supervise::Signal;
use crate::yaml::{InputError, Map, Node, shown};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send a message and read the answer.
    Chat(Chat),
    /// Send several messages at once and read all answers.
    Together(Vec<Chat>),
    /// Send the same message again and again.
    Repeat {
        /// How often.
        times: u32,
        /// The message.
        chat: Chat,
    },
    /// Read the chat that was left open last to its end.
    ReadOn,
    /// Go away from the chat that was left open last.
    Disconnect {
        /// The connection is reset (RST) rather than closed (FIN).
        reset: bool,
    },
    /// Send no more on the connection of the chat that was left open last, and read on.
    HalfClose,
    /// Come back as a new client and load the conversation of the chat before.
    Reconnect,
    /// Open the history as the app does: projects, the conversations of this project, the newest one.
    OpenHistory {
        /// Ask meanwhile, again and again, whether the backend is well.
        health: bool,
    },
    /// Ask whether the backend is well.
    Health,
    /// Stop the chat that was left open last.
    Abort,
    /// End the backend.
    KillBackend(Signal),
    /// Halt the backend (SIGSTOP).
    PauseBackend,
    /// Halt the process that listens until another one listens in its place, or the backend has ended; then let it go on.
    StallServer,
    /// Let a halted backend go on (SIGCONT).
    ResumeBackend,
    /// Start the backend again on the same data; one that still lives is ended by SIGTERM first.
    Restart {
        /// On another port than before.
        new_port: bool,
    },
    /// Open a gate of the script.
    Release(String),
    /// Remove something from the disk.
    Remove(Removed),
    /// Put a new version of the CLI in the place of the old one, as an update does.
    ReplaceCli,
}

/// What a step removes from the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// The project folder, with all that is in it.
    Project,
    /// The CLI that the app hands to the SDK.
    Cli,
    /// A file or a folder, relative to HOME.
    Path(String),
}

const STEPS: &[&str] = &[
    "chat",
    "together",
    "repeat",
    "read-on",
    "disconnect",
    "half-close",
    "reconnect",
    "open-history",
    "health",
    "abort",
    "kill-backend",
    "pause-backend",
    "stall-server",
    "resume-backend",
    "restart",
    "release",
    "remove",
    "replace",
];

/// More turns than that are no scenario any more.
const MOST_TURNS: i64 = 1000;
/// So many chats at once are enough.
const MOST_TOGETHER: usize = 16;

impl Step {
    fn read(node: Node<'_>) -> Result<Self, InputError> {
        let (name, value) = node.single("step", STEPS)?;
        let value = value.filter(|value| !value.is_null());
        let bare = |step: Self| match value {
            Some(value) => Err(value.error(format!("the step `{name}` takes no value"))),
            None => Ok(step),
        };
        let needed = |example: &str| {
            value.ok_or_else(|| {
                let error = node.error(format!("the step `{name}` needs a value"));
                error.with_help(format!("write `- {example}`"))
            })
        };
        match name {
            "chat" => match value {
                Some(value) => Ok(Self::Chat(Chat::read(value)?)),
                None => Err(node
                    .error("`chat` needs a message")
                    .with_help("write `- chat: Hello`")),
            },
            "together" => together(needed("together: [chat: One, chat: Two]")?),
            "repeat" => repeat(needed("repeat: { times: 20, chat: Next }")?),
            "disconnect" => Ok(Self::Disconnect {
                reset: one_of(
                    value,
                    "way to go away",
                    &[("close", false), ("reset", true)],
                )?,
            }),
            "open-history" => Ok(Self::OpenHistory {
                health: match value {
                    None => false,
                    Some(value) => value
                        .map("`open-history`", &["health"])?
                        .optional("health", |node| node.boolean())?
                        .unwrap_or(false),
                },
            }),
            "kill-backend" => Ok(Self::KillBackend(one_of(
                value,
                "signal",
                &[("SIGKILL", Signal::Kill), ("SIGTERM", Signal::Term)],
            )?)),
            "restart" => Ok(Self::Restart {
                new_port: match value {
                    None => false,
                    Some(value) => one_of(
                        value.map("`restart`", &["port"])?.get("port"),
                        "port",
                        &[("same", false), ("new", true)],
                    )?,
                },
            }),
            "release" => gate(needed("release: go")?).map(Self::Release),
            "remove" => removed(needed("remove: project")?).map(Self::Remove),
            "replace" => needed("replace: cli")?
                .one_of("thing to replace", &[("cli", ())])
                .map(|()| Self::ReplaceCli),
            "read-on" => bare(Self::ReadOn),
            "half-close" => bare(Self::HalfClose),
            "reconnect" => bare(Self::Reconnect),
            "health" => bare(Self::Health),
            "abort" => bare(Self::Abort),
            "pause-backend" => bare(Self::PauseBackend),
            "stall-server" => bare(Self::StallServer),
            _ => bare(Self::ResumeBackend),
        }
    }

    /// The chats of the step.
    pub fn chats_mut(&mut self) -> &mut [Chat] {
        match self {
            Self::Chat(chat) | Self::Repeat { chat, .. } => std::slice::from_mut(chat),
            Self::Together(chats) => chats,
            _ => &mut [],
        }
    }
}

/// One of a few names; the first where nothing is written.
fn one_of<T: Copy>(
    node: Option<Node<'_>>,
    what: &str,
    choices: &[(&str, T)],
) -> Result<T, InputError> {
    match node {
        Some(node) => node.one_of(what, choices),
        None => Ok(choices[0].1),
    }
}

fn together(node: Node<'_>) -> Result<Step, InputError> {
    let mut chats = Vec::new();
    for item in node.list()? {
        let (_, value) = item.single("step in `together`", &["chat"])?;
        let Some(value) = value else {
            return Err(item.error("`chat` needs a message"));
        };
        chats.push(whole(value, Chat::read(value)?, "together")?);
    }
    if (2..=MOST_TOGETHER).contains(&chats.len()) {
        return Ok(Step::Together(chats));
    }
    let found = chats.len();
    Err(node.error(format!(
        "`together` takes 2 to {MOST_TOGETHER} chats, found {found}"
    )))
}

fn repeat(node: Node<'_>) -> Result<Step, InputError> {
    let map: Map<'_> = node.map("`repeat`", &["times", "chat"])?;
    let times = map.required("times")?.integer(1..=MOST_TURNS)?;
    let value = map.required("chat")?;
    Ok(Step::Repeat {
        times: u32::try_from(times).unwrap_or(1),
        chat: whole(value, Chat::read(value)?, "repeat")?,
    })
}

/// Complains about a chat that is not read to its end at once.
fn whole(node: Node<'_>, chat: Chat, what: &str) -> Result<Chat, InputError> {
    if chat.stays_open() {
        return Err(node.error(format!("a chat in `{what}` cannot be left open")));
    }
    if chat.before_ready {
        return Err(node.error(format!(
            "a chat in `{what}` cannot be sent before the start"
        )));
    }
    Ok(chat)
}

/// The name of a gate: a file of that name opens it.
fn gate(node: Node<'_>) -> Result<String, InputError> {
    let name = node.text()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.len() <= 64 && name.chars().all(plain) {
        return Ok(name.to_owned());
    }
    Err(node.error(format!(
        "a gate's name has letters, digits, `-` and `_`; `{}` has not",
        shown(name)
    )))
}

fn removed(node: Node<'_>) -> Result<Removed, InputError> {
    if node.is_text() {
        let known = [("project", Removed::Project), ("cli", Removed::Cli)];
        let names: Vec<(&str, usize)> = known
            .iter()
            .enumerate()
            .map(|(index, (name, _))| (*name, index))
            .collect();
        let index = node.one_of("thing to remove", &names).map_err(|error| {
            error.with_help("`project`, `cli`, or `{ path: code/file }` for something below HOME")
        })?;
        return Ok(known[index].1.clone());
    }
    let map = node.map("`remove`", &["path"])?;
    super::read::inside_home(map.required("path")?).map(Removed::Path)
}

#[cfg(test)]
mod tests;
