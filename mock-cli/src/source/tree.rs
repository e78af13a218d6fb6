//! What a text says, with the place of each value.

use serde_json::Number;

/// A value, and where it stands: bytes of the text.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub(super) data: Data,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Data {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
}

impl Tree {
    /// How many values there are in it.
    pub(super) fn size(&self) -> usize {
        match &self.data {
            Data::List(list) => 1 + list.iter().map(Tree::size).sum::<usize>(),
            Data::Map(map) => 1 + map.iter().map(|(_, value)| 1 + value.size()).sum::<usize>(),
            _ => 1,
        }
    }
}

/// What is wrong with a text: what, and from which byte to which.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Fault {
    /// A fault at a place that has no length.
    pub(super) fn new(message: impl Into<String>, at: usize) -> Fault {
        Fault {
            message: message.into(),
            start: at,
            end: at,
        }
    }
}

/// How deep values may stand in each other: nobody writes deeper, and every level takes room on the stack.
pub(super) const DEEPEST: usize = 100;

/// Adds an entry to a mapping, whose keys differ.
pub(super) fn insert(map: &mut Vec<(Tree, Tree)>, key: Tree, value: Tree) -> Result<(), Fault> {
    if let Data::Text(name) = &key.data
        && map
            .iter()
            .any(|(known, _)| matches!(&known.data, Data::Text(known) if known == name))
    {
        let shown = super::shown(name);
        return Err(Fault {
            message: format!("the key `{shown}` stands here twice"),
            start: key.start,
            end: key.end,
        });
    }
    map.push((key, value));
    Ok(())
}
