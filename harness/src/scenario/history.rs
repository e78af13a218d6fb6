//! What lies in HOME before the run.

use super::read::inside_home;
use crate::stage::{Damage, HistoryProject};
use crate::yaml::{InputError, Node};

/// Conversations that lie in HOME before the run, as the real CLI would have written them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// How many conversations there are.
    pub sessions: u32,
    /// How many messages each has.
    pub messages: u32,
    /// How long a message is, in bytes, on average.
    pub bytes: u32,
    /// How long the last answer of the newest conversation is, in bytes; 0: like the others.
    pub longest: u32,
    /// Where they were held.
    pub project: HistoryProject,
    /// Where the CLI kept them, relative to HOME; None: `.claude`.
    pub config_dir: Option<String>,
    /// What happened to the newest one since.
    pub damage: Vec<Damage>,
}

const KEYS: &[&str] = &[
    "sessions",
    "messages",
    "bytes",
    "longest",
    "project",
    "gone",
    "config-dir",
    "damage",
];
/// In bytes of text; what the CLI puts around it comes on top.
const LARGEST: u64 = 4_000_000_000;
/// A line of a transcript is read whole by most tools.
const LONGEST: i64 = 256 * 1024 * 1024;

impl History {
    /// Reads one, or a list of them.
    pub(super) fn read_all(node: Node<'_>) -> Result<Vec<Self>, InputError> {
        if let Ok(list) = node.list() {
            return list.into_iter().map(Self::read).collect();
        }
        Ok(vec![Self::read(node)?])
    }

    fn read(node: Node<'_>) -> Result<Self, InputError> {
        let map = node.map("a history", KEYS)?;
        let number = |key: &str, otherwise: u32, most: i64| -> Result<u32, InputError> {
            let value = map.optional(key, |node| node.integer(0..=most))?;
            Ok(value.map_or(otherwise, |value| u32::try_from(value).unwrap_or(u32::MAX)))
        };
        let project = map.optional("project", inside_home)?;
        let gone = map.optional("gone", |node| node.boolean())?;
        if let (Some(_), Some(node), Some(true)) = (&project, map.get("gone"), gone) {
            return Err(node.error("a history has either a `project` or one that is `gone`"));
        }
        let kinds = Damage::ALL;
        let history = Self {
            sessions: number("sessions", 1, 100_000)?,
            messages: number("messages", 2, 100_000)?.max(1),
            bytes: number("bytes", 80, 10_000_000)?.max(1),
            longest: number("longest", 0, LONGEST)?,
            project: match (project, gone) {
                (_, Some(true)) => HistoryProject::Gone,
                (Some(path), _) => HistoryProject::Other(path),
                (None, _) => HistoryProject::Project,
            },
            config_dir: map.optional("config-dir", inside_home)?,
            damage: match map.get("damage") {
                None => Vec::new(),
                Some(list) => list
                    .list()?
                    .into_iter()
                    .map(|node| node.one_of("kind of damage", &kinds))
                    .collect::<Result<_, _>>()?,
            },
        };
        if let (Some(node), true) = (map.get("damage"), history.sessions == 0) {
            return Err(node.error("there is no conversation here that could be damaged"));
        }
        let size =
            u64::from(history.sessions) * u64::from(history.messages) * u64::from(history.bytes);
        if size > LARGEST {
            return Err(node
                .error(format!(
                    "this history would have {} GB of text",
                    size / 1_000_000_000
                ))
                .with_help("sessions times messages times bytes may be at most 4 GB"));
        }
        Ok(history)
    }
}
