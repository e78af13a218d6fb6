//! Layouts: where on disk the app, its runtime, its server and the CLI lie, and how they refer to each other.

use super::environment::{Kind, Provenance, System, variables};
use crate::yaml::{Document, InputError, Map, Node};

/// An on-disk arrangement, as its data file gives it; placeholders are not filled in yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Its name, e.g. `electron-app`.
    pub name: String,
    /// One line for lists.
    pub about: String,
    /// How sure we are of it.
    pub provenance: Provenance,
    /// What it does not emulate, one sentence each.
    pub limits: Vec<String>,
    /// The systems on which it is found; none for all.
    pub systems: Vec<System>,
    /// The kinds of environments in which it makes sense; none for all.
    pub kinds: Vec<Kind>,
    /// The app's folder, the meaning of `{app}` everywhere else.
    pub app: String,
    /// The app's identifier, as a macOS bundle has one.
    pub app_id: String,
    /// What is placed, in order.
    pub tree: Vec<Piece>,
    /// What `process.execPath` is in the server.
    pub runtime: Runtime,
    /// The CLI that the app hands to the SDK.
    pub cli: String,
    /// The native CLI behind it, for an environment that has no `claude` on PATH.
    pub native_cli: String,
    /// The server.
    pub server: ServerPlace,
}

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
    /// A symbolic link. It is relative, as package managers make them.
    Link {
        /// Where.
        at: String,
        /// What it leads to.
        to: String,
    },
    /// The CLI's npm package: `cli.js`, `package.json`, and the native stand-in in `vendor`.
    Cli(String),
    /// An executable that behaves like Electron's.
    Electron {
        /// Where.
        at: String,
        /// The `runAsNode` fuse.
        run_as_node: bool,
    },
}

/// Where the app's runtime comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runtime {
    /// An executable that the layout places.
    At(String),
    /// `node` as PATH finds it, or else one that is placed here, off the PATH.
    Node {
        /// Where, if PATH has none.
        otherwise: String,
    },
}

/// Where the server lies and what it is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerPlace {
    /// Its folder.
    pub folder: String,
    /// Where a Node server's dependencies are put.
    pub node_modules: String,
    /// What is added to the environment when the app starts it.
    pub variables: Vec<(String, String)>,
}

const KEYS: &[&str] = &[
    "name",
    "about",
    "provenance",
    "limits",
    "systems",
    "kinds",
    "app",
    "app_id",
    "tree",
    "runtime",
    "cli",
    "native_cli",
    "server",
];

impl Layout {
    /// Reads a layout from its data file.
    ///
    /// # Errors
    /// The file does not have the form of a layout.
    pub fn read(document: &Document) -> Result<Self, InputError> {
        let map = document.root().map("a layout", KEYS)?;
        let text = |key: &str| map.required(key)?.text().map(str::to_owned);
        Ok(Self {
            name: text("name")?,
            about: text("about")?,
            provenance: Provenance::read(map.required("provenance")?)?,
            limits: map
                .optional("limits", |node| node.texts())?
                .unwrap_or_default(),
            systems: several(&map, "systems", System::read)?,
            kinds: several(&map, "kinds", Kind::read)?,
            app: text("app")?,
            app_id: text("app_id")?,
            tree: map
                .required("tree")?
                .list()?
                .into_iter()
                .map(piece)
                .collect::<Result<_, _>>()?,
            runtime: runtime(map.required("runtime")?)?,
            cli: text("cli")?,
            native_cli: text("native_cli")?,
            server: server(map.required("server")?)?,
        })
    }
}

fn several<T>(
    map: &Map<'_>,
    key: &str,
    read: impl Fn(Node<'_>) -> Result<T, InputError>,
) -> Result<Vec<T>, InputError> {
    let all = map.optional(key, |node| node.list()?.into_iter().map(read).collect())?;
    Ok(all.unwrap_or_default())
}

fn piece(node: Node<'_>) -> Result<Piece, InputError> {
    let known = ["folder", "file", "link", "cli", "electron"];
    let (kind, value) = node.single("piece of a layout", &known)?;
    let value = value.ok_or_else(|| node.expected("a piece with a value"))?;
    let text = |node: Node<'_>| node.text().map(str::to_owned);
    Ok(match kind {
        "folder" => Piece::Folder(text(value)?),
        "file" => {
            let map = value.map("a file", &["at", "text"])?;
            Piece::File {
                at: text(map.required("at")?)?,
                text: text(map.required("text")?)?,
            }
        }
        "link" => {
            let map = value.map("a link", &["at", "to"])?;
            Piece::Link {
                at: text(map.required("at")?)?,
                to: text(map.required("to")?)?,
            }
        }
        "cli" => Piece::Cli(text(value)?),
        _ => {
            let map = value.map("an Electron executable", &["at", "run_as_node"])?;
            Piece::Electron {
                at: text(map.required("at")?)?,
                run_as_node: map
                    .optional("run_as_node", |node| node.boolean())?
                    .unwrap_or(true),
            }
        }
    })
}

fn runtime(node: Node<'_>) -> Result<Runtime, InputError> {
    let map = node.map("a runtime", &["at", "command", "otherwise"])?;
    match (map.get("at"), map.get("command")) {
        (Some(at), None) => Ok(Runtime::At(at.text()?.to_owned())),
        (None, Some(command)) => {
            command.one_of("command", &[("node", ())])?;
            Ok(Runtime::Node {
                otherwise: map.required("otherwise")?.text()?.to_owned(),
            })
        }
        _ => Err(node.error("a runtime has either `at` or `command`")),
    }
}

fn server(node: Node<'_>) -> Result<ServerPlace, InputError> {
    let map = node.map("a server", &["folder", "node_modules", "variables"])?;
    Ok(ServerPlace {
        folder: map.required("folder")?.text()?.to_owned(),
        node_modules: map.required("node_modules")?.text()?.to_owned(),
        variables: map.optional("variables", variables)?.unwrap_or_default(),
    })
}
