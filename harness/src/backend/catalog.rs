//! Which backends there are: the embedded one, and those that files in `scenarios/backends/` describe.

use crate::stage::{self, Language, Origin, ScriptPayload};
use crate::yaml::{Document, InputError};
use include_dir::{Dir, include_dir};
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
    /// A script with installed dependencies, such as a server on a real SDK.
    Script {
        /// What it is made of.
        payload: ScriptPayload,
        /// Options that it always gets: `sdk: claude-code` becomes `--sdk claude-code`.
        options: BTreeMap<String, String>,
    },
}

impl Backend {
    /// Why it cannot run here, if it cannot: what is missing, and how to get it.
    pub fn missing(&self, node: Option<&Path>) -> Option<Missing> {
        let BackendKind::Script { payload, .. } = &self.kind else {
            return None;
        };
        let ScriptPayload { dir, modules, .. } = payload;
        let (need, program, there, install) = match payload.language {
            Language::Node => (
                "node",
                "Node.js",
                node.is_some(),
                "npm ci --ignore-scripts --omit=optional",
            ),
            Language::Python => (
                "python",
                "python3",
                stage::find_python().is_some(),
                "python3 -m pip install --target site-packages --no-binary claude-agent-sdk -r requirements.txt",
            ),
        };
        let reason = if !there {
            format!("no {program} on PATH")
        } else if !dir.is_dir() {
            format!("{} is not here", dir.display())
        } else if !modules.is_dir() {
            let project = modules.parent().unwrap_or(modules);
            format!("not installed: run `{install}` in {}", project.display())
        } else {
            return None;
        };
        Some(Missing {
            need: Some(need),
            reason,
        })
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
/// A file is wrong.
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
            let document = Document::read(&path, &path.display().to_string())?;
            let folder = path.parent().unwrap_or(Path::new("."));
            let backend = read(
                &document,
                &name_of(&path),
                folder,
                Origin::File(path.clone()),
            )?;
            found.insert(backend.name.clone(), backend);
        }
    }
    Ok(found.into_values().collect())
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
    let map = document.root().map(
        "a backend",
        &["about", "server", "modules", "only", "options"],
    )?;
    let path =
        |key: &str| -> Result<PathBuf, InputError> { Ok(folder.join(map.required(key)?.text()?)) };
    let server = path("server")?;
    let mut options = BTreeMap::new();
    for (_, key, value) in map
        .optional("options", |node| node.entries())?
        .unwrap_or_default()
    {
        options.insert(key.to_owned(), value.text()?.to_owned());
    }
    Ok(Backend {
        name: name.to_owned(),
        about: map.required("about")?.text()?.trim().to_owned(),
        origin,
        kind: BackendKind::Script {
            payload: ScriptPayload {
                language: Language::of(&server),
                dir: clean(server.parent().unwrap_or(folder)),
                entry: name_with_extension(&server),
                modules: clean(&path("modules")?),
                only: map
                    .optional("only", |node| node.texts())?
                    .unwrap_or_default(),
            },
            options,
        },
    })
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
    cleaned
}
