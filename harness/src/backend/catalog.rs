//! Which backends there are: the embedded one, and those that files in `scenarios/backends/` describe.

use super::Api;
use super::api::SENT;
use crate::braces;
use crate::bridge::Kind;
use crate::scenario::Client;
use crate::stage::{self, Language, Origin, ScriptPayload};
use crate::supervise::Signal;
use crate::yaml::{Document, InputError, Map, Node};
use include_dir::{Dir, include_dir};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// A backend that scenarios can name.
#[derive(Debug, Clone)]
pub struct Backend {
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub about: String,
    /// Where its description came from.
    pub origin: Origin,
    /// What it is.
    pub kind: BackendKind,
}

/// What a backend is.
#[derive(Debug, Clone)]
pub enum BackendKind {
    /// The reference backend, embedded in the harness.
    Reference,
    /// What a backend file describes.
    Described(Box<Described>),
    /// A file that is wrong, which is told to whoever wants this backend.
    Broken(Box<InputError>),
}

/// A backend by its file.
#[derive(Debug, Clone)]
pub struct Described {
    /// The folder of that file, `{here}` of the command.
    pub here: PathBuf,
    /// Its script with installed dependencies, such as a server on a real SDK, which is placed on the stage.
    pub payload: Option<ScriptPayload>,
    /// Installed dependencies that stay where they are, `{modules}` of the command.
    pub modules: Option<PathBuf>,
    /// How it is started, with places in braces; empty: as the script's language has it.
    pub command: Vec<String>,
    /// Variables that it gets on top of the environment's, with places in braces.
    pub variables: BTreeMap<String, String>,
    /// What speaks to it over its stdin and stdout, if it is spoken to that way.
    pub(crate) host: Option<Host>,
    /// What installs the dependencies, for whoever has not done it.
    pub install: Option<String>,
    /// Options that it always gets: `sdk: claude-code` becomes `--sdk claude-code`.
    pub options: BTreeMap<String, String>,
    /// What its API looks like.
    pub api: Api,
    /// What it is told to stop with.
    pub stop: Signal,
}

/// How a backend on stdin and stdout is spoken to.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    pub(crate) kind: Kind,
    pub(crate) tool: Option<String>,
    pub(crate) input: Value,
}

impl Host {
    fn read(map: &Map<'_>) -> Result<Option<Self>, InputError> {
        let kind = match map.get("driver").map(|node| node.text()).transpose()? {
            Some("acp") => Kind::Acp,
            Some("mcp") => Kind::Mcp,
            Some("command") => Kind::Command,
            _ => return Ok(None),
        };
        let mut host = Self {
            kind,
            tool: None,
            input: Value::Null,
        };
        if kind == Kind::Mcp {
            let node = map.required("mcp")?;
            let mcp = node.map("`mcp`", &["tool", "arguments"])?;
            host.tool = Some(mcp.required("tool")?.filled()?.to_owned());
            host.input = mcp.required("arguments")?.json()?;
        }
        if let Some(node) = map.get("stdin").filter(|_| kind == Kind::Command) {
            host.input = node.text()?.into();
        }
        Ok(Some(host))
    }
}

impl Backend {
    /// What its API looks like, for this client where it has several.
    pub fn api(&self, client: Client) -> Api {
        match &self.kind {
            BackendKind::Reference if client == Client::Websocket => Api::webui_on_a_socket(),
            BackendKind::Reference | BackendKind::Broken(_) => Api::webui(),
            BackendKind::Described(described) => described.api.clone(),
        }
    }

    /// Whether all lanes can be run on it: it has the reference backend's API.
    pub fn runs_lanes(&self) -> bool {
        match &self.kind {
            BackendKind::Reference => true,
            BackendKind::Described(described) => described.api == Api::webui(),
            BackendKind::Broken(_) => false,
        }
    }

    /// Why it cannot run here, if it cannot: what is missing, and how to get it.
    pub fn missing(&self, node: Option<&Path>) -> Option<Missing> {
        let BackendKind::Described(described) = &self.kind else {
            return None;
        };
        let because = |need, reason: String| {
            Some(Missing {
                need: Some(need),
                reason,
            })
        };
        let payload = described.payload.as_ref();
        let named = |program: &str| described.command.iter().any(|it| it.contains(program));
        let python = match payload {
            Some(payload) => payload.language == Language::Python,
            None => named("{python}"),
        };
        let (need, program, there, install) = if python {
            let install = "python3 -m pip install --target site-packages --no-binary claude-agent-sdk -r requirements.txt";
            ("python", "python3", stage::find_python().is_some(), install)
        } else {
            let install = "npm ci --ignore-scripts --omit=optional";
            ("node", "Node.js", node.is_some(), install)
        };
        let needs_it = payload.is_some() || named("{python}") || named("{node}");
        if needs_it && !there {
            return because(need, format!("no {program} on PATH"));
        }
        if let Some(dir) = payload.map(|it| &it.dir).filter(|dir| !dir.is_dir()) {
            return because(need, format!("{} is not here", dir.display()));
        }
        let modules = payload
            .map(|it| &it.modules)
            .or(described.modules.as_ref())?;
        // Of what others have made not everything is installed everywhere.
        let need = if payload.is_some() { need } else { "wrappers" };
        let program = described.command.first();
        let program = program.and_then(|it| it.strip_prefix("{modules}/"));
        let there = match program {
            Some(program) => modules.join(program).is_file(),
            None => modules.is_dir(),
        };
        if !there {
            let project = project_of(modules).display();
            // Only of our own servers it is known how they are installed.
            let install = described.install.as_deref().or(payload.map(|_| install));
            let how = install.map(|it| format!("; not installed? run `{it}` in {project}"));
            let how = how.unwrap_or_default();
            let lacks = modules.join(program.unwrap_or_default());
            let lacks = clean(&lacks);
            return because(
                need,
                format!("`modules`: {} is not here{how}", lacks.display()),
            );
        }
        let real = described.modules.as_deref().and_then(real_cli)?;
        let reason = format!(
            "{} is the real CLI: remove it, so that it cannot run by accident",
            real.display()
        );
        Some(Missing { need: None, reason })
    }
}

/// Why a run is skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The need's name as in `CLAUDE_HARNESS_REQUIRE`; None where nothing that is installed would help.
    pub need: Option<&'static str>,
    /// What is missing, or why it makes no sense.
    pub reason: String,
}

/// All backends by name; files below `scenarios` in the working folder win over built-in ones.
///
/// # Errors
/// A built-in file is wrong; what is wrong with another one stands in its place.
pub fn backends(scenarios: Option<&Path>) -> Result<Vec<Backend>, InputError> {
    let reference = Backend {
        name: "reference".to_owned(),
        about: "Our own, sound server with the HTTP API of claude-code-webui; it has defects on demand."
            .to_owned(),
        origin: Origin::BuiltIn,
        kind: BackendKind::Reference,
    };
    let mut found = BTreeMap::from([(reference.name.clone(), reference)]);
    for file in BUILT_IN
        .get_dir("backends")
        .into_iter()
        .flat_map(Dir::files)
    {
        let shown = format!("built-in:{}", file.path().display());
        let document = Document::parse(&shown, file.contents_utf8().unwrap_or_default())?;
        // The files that it names lie in this repository, which an installed binary has not.
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/backends");
        let backend = read(&document, &name_of(file.path()), &folder, Origin::BuiltIn)?;
        found.insert(backend.name.clone(), backend);
    }
    let folder = scenarios.map(|scenarios| scenarios.join("backends"));
    for entry in folder
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
    {
        let Ok(path) = entry.map(|entry| entry.path()) else {
            continue;
        };
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            let backend = from_file(&path).unwrap_or_else(|error| Backend {
                name: name_of(&path),
                about: "Its file is wrong.".to_owned(),
                origin: Origin::File(path.clone()),
                kind: BackendKind::Broken(Box::new(error)),
            });
            found.insert(backend.name.clone(), backend);
        }
    }
    Ok(found.into_values().collect())
}

/// Reads one backend file.
///
/// # Errors
/// It cannot be read, or is wrong.
pub fn from_file(path: &Path) -> Result<Backend, InputError> {
    let document = Document::read(path, &path.display().to_string())?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let origin = Origin::File(path.to_owned());
    read(&document, &name_of(path), folder, origin)
}

fn name_of(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn read(
    document: &Document,
    name: &str,
    folder: &Path,
    origin: Origin,
) -> Result<Backend, InputError> {
    let map = document.root().map("a backend", KEYS)?;
    let path = |node: Node<'_>| -> Result<PathBuf, InputError> { Ok(folder.join(node.text()?)) };
    let mut described = Described {
        here: folder.canonicalize().unwrap_or_else(|_| folder.to_owned()),
        payload: None,
        modules: map.optional("modules", path)?.map(|it| clean(&it)),
        command: Vec::new(),
        variables: BTreeMap::new(),
        host: Host::read(&map)?,
        install: None,
        options: BTreeMap::new(),
        api: Api::read(&map)?,
        stop: match map.get("stop") {
            Some(node) => node.one_of(
                "signal",
                &[("SIGTERM", Signal::Term), ("SIGINT", Signal::Int)],
            )?,
            None => Signal::Term,
        },
    };
    for (_, key, value) in map
        .optional("options", |node| node.entries())?
        .unwrap_or_default()
    {
        described
            .options
            .insert(key.to_owned(), value.text()?.to_owned());
    }
    if let Some(server) = map.optional("server", path)? {
        map.required("modules")?;
        let modules = described.modules.take().unwrap_or_default();
        described.payload = Some(ScriptPayload {
            language: Language::of(&server),
            dir: clean(server.parent().unwrap_or(folder)),
            entry: name_with_extension(&server),
            modules,
            only: map
                .optional("only", |node| node.texts())?
                .unwrap_or_default(),
        });
    }
    match map.get("start") {
        Some(node) => described.start(node)?,
        None if described.payload.is_none() => {
            return Err(map
                .node()
                .error("a backend has a `server`, or says how it is started")
                .with_help("write `start: { command: [my-server, --port, \"{port}\"] }`"));
        }
        None => {}
    }
    Ok(Backend {
        name: name.to_owned(),
        about: map.required("about")?.text()?.trim().to_owned(),
        origin,
        kind: BackendKind::Described(Box::new(described)),
    })
}

const KEYS: &[&str] = &[
    "about", "server", "modules", "only", "options", "start", "stop", "driver", "chat", "ready",
    "health", "abort", "history", "prompt", "headers", "mcp", "stdin",
];

/// What a command and its variables may name.
pub(crate) const START_PLACES: [&str; 15] = [
    "app",
    "home",
    "project",
    "cli",
    "cli-folder",
    "native-cli",
    "here",
    "runtime",
    "node",
    "python",
    "port",
    "host",
    "PATH",
    "server",
    "modules",
];

impl Described {
    fn start(&mut self, node: Node<'_>) -> Result<(), InputError> {
        let map = node.map("`start`", &["command", "variables", "install"])?;
        if let Some(node) = map.get("command") {
            for word in node.list()? {
                self.command.push(placed(word)?);
            }
            if self.command.is_empty() {
                return Err(node.error("`start.command` is empty"));
            }
        }
        for (_, key, value) in map
            .optional("variables", |node| node.entries())?
            .unwrap_or_default()
        {
            self.variables.insert(key.to_owned(), placed(value)?);
        }
        self.install = map.optional("install", |node| node.text().map(str::to_owned))?;
        Ok(())
    }
}

/// The folder in which modules are installed: the nearest one that says what is to be.
fn project_of(modules: &Path) -> &Path {
    const MANIFESTS: [&str; 4] = [
        "package.json",
        "requirements.txt",
        "pyproject.toml",
        "Cargo.toml",
    ];
    let has_one = |folder: &&Path| MANIFESTS.iter().any(|name| folder.join(name).is_file());
    let mut folders = modules.ancestors().skip(1);
    let nearest = folders.find(has_one);
    nearest.or(modules.parent()).unwrap_or(modules)
}

/// A text in which only known places are named.
fn placed(node: Node<'_>) -> Result<String, InputError> {
    let text = node.text()?;
    // What is sent is known to hosts that start the command for each message.
    let known = |name: &&str| START_PLACES.contains(name) || SENT.contains(name);
    let mut unknown = braces::names(text).filter(|name| !known(name));
    match unknown.next() {
        None => Ok(text.to_owned()),
        Some(name) => {
            let help = format!("a place is one of {{{}}}", START_PLACES.join("}, {"));
            Err(node
                .error(format!("unknown place `{{{name}}}`"))
                .with_help(help))
        }
    }
}

/// A real CLI among installed modules, which an SDK might start by itself.
fn real_cli(modules: &Path) -> Option<PathBuf> {
    const CLIS: [&str; 2] = ["claude-code", "claude-agent-sdk"];
    let mut folders = vec![modules.to_owned()];
    while let Some(folder) = folders.pop() {
        for cli in CLIS.map(|name| folder.join("@anthropic-ai").join(name).join("cli.js")) {
            if cli.exists() {
                return Some(cli);
            }
        }
        // Packages may have modules of their own.
        for entry in std::fs::read_dir(&folder).ok()?.flatten() {
            let path = entry.path();
            let scoped = entry.file_name().to_string_lossy().starts_with('@');
            let packages = if scoped {
                std::fs::read_dir(&path)
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|it| it.path())
                    .collect()
            } else {
                vec![path]
            };
            folders.extend(
                packages
                    .into_iter()
                    .map(|it| it.join("node_modules"))
                    .filter(|it| it.is_dir()),
            );
        }
    }
    None
}

fn name_with_extension(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Takes `a/../` out of a path, for messages.
fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        if part == std::path::Component::ParentDir && cleaned.file_name().is_some() {
            cleaned.pop();
        } else {
            cleaned.push(part);
        }
    }
    if cleaned.as_os_str().is_empty() {
        cleaned.push(".");
    }
    cleaned
}
