//! Layouts: where on disk the app, its runtime, its server and the CLI lie, and how they refer to each other.

mod piece;

pub use piece::{Decoy, Piece};

use super::environment::{Kind, Provenance, System, variables};
use crate::yaml::{InputError, Map, Node};

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
    /// What is wrong with it, where no backend can work on it: a layout to be diagnosed.
    pub wrong: Option<String>,
    /// What its installer puts in front of PATH, in shells that read their startup files.
    pub path: Vec<String>,
    /// The app's folder, the meaning of `{app}` everywhere else.
    pub app: String,
    /// Whether the app's folder is read-only, also for root.
    pub read_only: bool,
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
    /// Whether a Node server is compiled into one executable.
    pub compiled: bool,
    /// What is added to the environment when the app starts it.
    pub variables: Vec<(String, String)>,
}

const KEYS: &[&str] = &[
    "name",
    "base",
    "about",
    "provenance",
    "limits",
    "wrong",
    "path",
    "systems",
    "kinds",
    "app",
    "read_only",
    "app_id",
    "tree",
    "runtime",
    "cli",
    "native_cli",
    "server",
];

impl Layout {
    /// Reads a layout. With a `base` it is that one with what is said here: its `tree` and `limits` come on top of the
    /// base's, everything else replaces it.
    ///
    /// # Errors
    /// The file does not have the form of a layout; `base` gives what it cannot build on.
    pub fn read(
        root: Node<'_>,
        base: impl FnOnce(Node<'_>) -> Result<Self, InputError>,
    ) -> Result<Self, InputError> {
        let map = root.map("a layout", KEYS)?;
        let based = map.optional("base", base)?;
        let based = based.as_ref();
        let text = |node: Node<'_>| node.text().map(str::to_owned);
        let said =
            |key: &str, other: fn(&Self) -> &String| own_or(&map, key, based.map(other), text);
        let list = |key: &str, other: fn(&Self) -> &Vec<String>| {
            let others = based.map(|based| other(based).clone());
            let own = map.optional(key, |node| node.texts())?;
            Ok((others.unwrap_or_default(), own))
        };
        let (mut limits, own_limits) = list("limits", |based| &based.limits)?;
        limits.extend(own_limits.unwrap_or_default());
        let (base_path, own_path) = list("path", |based| &based.path)?;
        let mut tree = based.map(|based| based.tree.clone()).unwrap_or_default();
        match (map.get("tree"), based) {
            (None, Some(_)) => {}
            _ => {
                for node in map.required("tree")?.list()? {
                    tree.push(Piece::read(node)?);
                }
            }
        }
        let app = said("app", |based| &based.app)?;
        let read_only = map
            .optional("read_only", |node| node.boolean())?
            .unwrap_or_else(|| based.is_some_and(|based| based.read_only));
        Ok(Self {
            name: map.required("name")?.text()?.to_owned(),
            about: map.required("about")?.text()?.to_owned(),
            provenance: own_or(
                &map,
                "provenance",
                based.map(|based| &based.provenance),
                Provenance::read,
            )?,
            limits,
            wrong: map.optional("wrong", text)?,
            path: own_path.unwrap_or(base_path),
            systems: several(&map, "systems", based.map(|b| &b.systems), System::read)?,
            kinds: several(&map, "kinds", based.map(|b| &b.kinds), Kind::read)?,
            app,
            read_only,
            app_id: said("app_id", |based| &based.app_id)?,
            tree,
            runtime: own_or(&map, "runtime", based.map(|b| &b.runtime), runtime)?,
            cli: said("cli", |based| &based.cli)?,
            native_cli: said("native_cli", |based| &based.native_cli)?,
            server: own_or(&map, "server", based.map(|b| &b.server), server)?,
        })
    }
}

/// What a key says, or else what the base has; without a base the key must be there.
fn own_or<T: Clone>(
    map: &Map<'_>,
    key: &str,
    base: Option<&T>,
    read: impl Fn(Node<'_>) -> Result<T, InputError>,
) -> Result<T, InputError> {
    match (map.get(key), base) {
        (None, Some(base)) => Ok(base.clone()),
        _ => read(map.required(key)?),
    }
}

/// What a list says, or else what the base has; without either it is empty.
fn several<T: Clone>(
    map: &Map<'_>,
    key: &str,
    base: Option<&Vec<T>>,
    read: impl Fn(Node<'_>) -> Result<T, InputError>,
) -> Result<Vec<T>, InputError> {
    let own = map.optional(key, |node| node.list()?.into_iter().map(read).collect())?;
    Ok(own.or_else(|| base.cloned()).unwrap_or_default())
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
    let map = node.map(
        "a server",
        &["folder", "node_modules", "compiled", "variables"],
    )?;
    Ok(ServerPlace {
        folder: map.required("folder")?.text()?.to_owned(),
        node_modules: map.required("node_modules")?.text()?.to_owned(),
        compiled: map
            .optional("compiled", |node| node.boolean())?
            .unwrap_or(false),
        variables: map.optional("variables", variables)?.unwrap_or_default(),
    })
}
