//! The things that a layout places, one by one.

use crate::yaml::{InputError, Node};

/// One thing that a layout places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// An empty folder.
    Folder(String),
    /// A text file.
    File {
        /// Where.
        at: String,
        /// What is in it; placeholders are not filled in.
        text: String,
    },
    /// A text file that may be executed; its first line names what runs it.
    Script {
        /// Where.
        at: String,
        /// What is in it; placeholders are not filled in.
        text: String,
    },
    /// A symbolic link. It is relative, as package managers make them, and may lead to nothing.
    Link {
        /// Where.
        at: String,
        /// What it leads to.
        to: String,
    },
    /// The CLI's npm package: `cli.js`, `package.json`, and the native stand-in in `vendor`.
    Cli(String),
    /// The native CLI alone.
    Native(String),
    /// The native CLI as its own installer puts it there: a link into the versions folder of HOME.
    Installed(String),
    /// The runtime.
    Node(String),
    /// An executable that behaves like Electron's.
    Electron {
        /// Where.
        at: String,
        /// The `runAsNode` fuse.
        run_as_node: bool,
        /// What fork() starts, on macOS the helper app; None: the executable itself.
        helper: Option<String>,
        /// The app's resources; None: the folder `resources` beside it.
        resources: Option<String>,
        /// The app's main script; None: the harness plays the app's first instance.
        main: Option<String>,
    },
    /// Something under the CLI's name that is not the CLI that is wanted.
    Decoy {
        /// Where.
        at: String,
        /// What it is.
        kind: Decoy,
    },
    /// What was placed there before is taken away again.
    Remove(String),
    /// What was placed there before loses its execute bits.
    NotExecutable(String),
}

/// What a decoy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoy {
    /// A folder.
    Directory,
    /// A file that nobody may execute.
    NotExecutable,
    /// A script whose interpreter does not exist.
    NoInterpreter,
    /// An executable whose loader does not exist, as a glibc one on Alpine.
    NoLoader,
    /// An executable for another kind of processor.
    OtherMachine,
    /// The CLI in another version.
    OtherVersion,
}

const KINDS: &[(&str, Decoy)] = &[
    ("directory", Decoy::Directory),
    ("not-executable", Decoy::NotExecutable),
    ("no-interpreter", Decoy::NoInterpreter),
    ("no-loader", Decoy::NoLoader),
    ("other-machine", Decoy::OtherMachine),
    ("other-version", Decoy::OtherVersion),
];

const ELECTRON: &[&str] = &["at", "run_as_node", "helper", "resources", "main"];

/// The words for pieces.
const PIECES: &[&str] = &[
    "folder",
    "file",
    "script",
    "link",
    "cli",
    "native",
    "installed",
    "node",
    "electron",
    "decoy",
    "remove",
    "not_executable",
];

impl Piece {
    pub(super) fn read(node: Node<'_>) -> Result<Self, InputError> {
        let (kind, value) = node.single("piece of a layout", PIECES)?;
        let value = value.ok_or_else(|| node.expected("a piece with a value"))?;
        let text = |node: Node<'_>| node.text().map(str::to_owned);
        let two = |what: &str, other: &str| {
            let map = value.map(what, &["at", other])?;
            Ok((text(map.required("at")?)?, text(map.required(other)?)?))
        };
        Ok(match kind {
            "folder" => Self::Folder(text(value)?),
            "file" => {
                let (at, text) = two("a file", "text")?;
                Self::File { at, text }
            }
            "script" => {
                let (at, text) = two("a script", "text")?;
                Self::Script { at, text }
            }
            "link" => {
                let (at, to) = two("a link", "to")?;
                Self::Link { at, to }
            }
            "cli" => Self::Cli(text(value)?),
            "native" => Self::Native(text(value)?),
            "installed" => Self::Installed(text(value)?),
            "node" => Self::Node(text(value)?),
            "remove" => Self::Remove(text(value)?),
            "not_executable" => Self::NotExecutable(text(value)?),
            "decoy" => {
                let map = value.map("a decoy", &["at", "kind"])?;
                Self::Decoy {
                    at: text(map.required("at")?)?,
                    kind: map.required("kind")?.one_of("kind of decoy", KINDS)?,
                }
            }
            _ => {
                let map = value.map("an Electron executable", ELECTRON)?;
                Self::Electron {
                    at: text(map.required("at")?)?,
                    helper: map.optional("helper", text)?,
                    resources: map.optional("resources", text)?,
                    main: map.optional("main", text)?,
                    run_as_node: map
                        .optional("run_as_node", |node| node.boolean())?
                        .unwrap_or(true),
                }
            }
        })
    }
}
