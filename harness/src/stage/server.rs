//! Placing the server: the embedded one, or a script with its dependencies.

use super::build::Builder;
use super::compile;
use super::error::StageError;
use super::plan::{Language, ScriptPayload, ServerPayload};
use mock_claude::sidecar::{Role, Server};
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The CLI in its npm packages, from `node_modules` on. The real one is never placed: ours is, instead.
const CLI_JS: &[&str] = &[
    "@anthropic-ai/claude-code/cli.js",
    "@anthropic-ai/claude-agent-sdk/cli.js",
];

/// Places the server and gives the command that starts it, without its options.
pub(super) fn place(
    builder: &Builder<'_>,
    payload: &ServerPayload,
    runtime: &Path,
) -> Result<Vec<OsString>, StageError> {
    let place = &builder.plan.layout.server;
    let folder = builder.ground.locate(&place.folder)?;
    match payload {
        ServerPayload::None => Ok(Vec::new()),
        ServerPayload::Reference { defects } => {
            let at = folder.join("server");
            let role = Role::Server(Server {
                defects: defects.clone(),
            });
            builder.role(&at, &role)?;
            Ok(vec![at.into()])
        }
        ServerPayload::Script(script) => {
            let file = script.dir.join(&script.entry);
            let entry = Path::new(&script.entry);
            if !(file.is_file() && entry.components().all(is_plain)) {
                return Err(StageError::NoEntry {
                    entry: script.entry.clone(),
                    dir: script.dir.clone(),
                });
            }
            match script.language {
                Language::Node => node(builder, script, &folder, runtime),
                Language::Python => python(builder, script, &folder),
            }
        }
    }
}

fn is_plain(part: Component<'_>) -> bool {
    matches!(part, Component::Normal(_))
}

fn node(
    builder: &Builder<'_>,
    script: &ScriptPayload,
    folder: &Path,
    runtime: &Path,
) -> Result<Vec<OsString>, StageError> {
    if builder.plan.executables.node.is_none() {
        return Err(StageError::NoNode);
    }
    let place = &builder.plan.layout.server;
    if place.compiled
        && let Some(bun) = compile::find_bun()
    {
        let made = compile::compiled(&builder.plan.executables, &bun, script)?;
        let at = folder.join("server");
        builder.ground.hard_link(&at, &made)?;
        return Ok(vec![at.into()]);
    }
    Tree::sources(builder).copy(&script.dir, folder, "")?;
    let to = builder.ground.locate(&place.node_modules)?;
    if script.only.is_empty() {
        Tree::modules(builder).copy(&script.modules, &to, "")?;
    }
    place_only(builder, script, &to)?;
    Ok(vec![runtime.into(), folder.join(&script.entry).into()])
}

/// Dependencies are linked, not copied: they are thousands of files, which Python resolves where the link leads.
fn python(
    builder: &Builder<'_>,
    script: &ScriptPayload,
    folder: &Path,
) -> Result<Vec<OsString>, StageError> {
    let python = super::find_python().ok_or(StageError::NoPython)?;
    Tree::sources(builder).copy(&script.dir, folder, "")?;
    place_only(builder, script, folder)?;
    let modules = script.modules.canonicalize();
    let modules = modules.map_err(StageError::io("resolve", &script.modules))?;
    builder.ground.link(&folder.join(INSTALLED[1]), &modules)?;
    Ok(vec![
        python.into(),
        "-B".into(),
        folder.join(&script.entry).into(),
    ])
}

fn place_only(builder: &Builder<'_>, script: &ScriptPayload, to: &Path) -> Result<(), StageError> {
    script.only.iter().try_for_each(|path| {
        if !Path::new(path).components().all(is_plain) {
            return Err(StageError::Outside { path: path.clone() });
        }
        Tree::modules(builder).place(&script.modules.join(path), &to.join(path), path)
    })
}

/// Folders of installed dependencies.
pub(super) const INSTALLED: [&str; 2] = ["node_modules", "site-packages"];

/// A tree of files that is copied: a server may write where it lies, and Node resolves links, so neither
/// symbolic nor hard links would keep it on the stage.
struct Tree<'b> {
    builder: &'b Builder<'b>,
    /// Whether these are the server's own files, which leave installed dependencies aside.
    sources: bool,
}

impl<'b> Tree<'b> {
    fn sources(builder: &'b Builder<'b>) -> Self {
        let sources = true;
        Self { builder, sources }
    }

    fn modules(builder: &'b Builder<'b>) -> Self {
        let sources = false;
        Self { builder, sources }
    }

    fn copy(&self, from: &Path, to: &Path, below: &str) -> Result<(), StageError> {
        for (name, path) in entries(from)? {
            if !(self.sources && INSTALLED.contains(&&*name)) {
                self.place(&path, &to.join(&name), &format!("{below}{name}"))?;
            }
        }
        Ok(())
    }

    /// Places one entry; `place` is its path from the top of the tree on.
    fn place(&self, from: &Path, to: &Path, place: &str) -> Result<(), StageError> {
        if CLI_JS.contains(&place) {
            return self.builder.cli_pair(to);
        }
        let kind = from
            .symlink_metadata()
            .map_err(StageError::io("read", from))?;
        if kind.is_dir() {
            self.copy(from, to, &format!("{place}/"))
        } else if kind.is_file() {
            self.builder.ground.copy(to, from)
        } else {
            // Links, such as those in `.bin`, are for people and build tools; a server does not need them.
            Ok(())
        }
    }
}

fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, StageError> {
    let mut all = fs::read_dir(folder)
        .and_then(|entries| {
            entries
                .map(|entry| {
                    let entry = entry?;
                    Ok((
                        entry.file_name().to_string_lossy().into_owned(),
                        entry.path(),
                    ))
                })
                .collect::<std::io::Result<Vec<_>>>()
        })
        .map_err(StageError::io("read", folder))?;
    all.sort();
    Ok(all)
}
