//! Placing the server: the embedded one, or a Node server with its dependencies.

use super::build::Builder;
use super::compile;
use super::error::StageError;
use super::plan::ServerPayload;
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
        ServerPayload::Node {
            dir,
            entry,
            node_modules,
            only,
        } => {
            if builder.plan.executables.node.is_none() {
                return Err(StageError::NoNode);
            }
            let file = dir.join(entry);
            let plain = |part| matches!(part, Component::Normal(_));
            if !(file.is_file() && Path::new(entry).components().all(plain)) {
                return Err(StageError::NoEntry {
                    entry: entry.clone(),
                    dir: dir.clone(),
                });
            }
            if place.compiled
                && let Some(bun) = compile::find_bun()
            {
                let executables = &builder.plan.executables;
                let made = compile::compiled(executables, &bun, dir, entry, node_modules)?;
                let at = folder.join("server");
                builder.ground.hard_link(&at, &made)?;
                return Ok(vec![at.into()]);
            }
            Tree {
                builder,
                sources: true,
            }
            .copy(dir, &folder, "")?;
            let to = builder.ground.locate(&place.node_modules)?;
            let modules = Tree {
                builder,
                sources: false,
            };
            if only.is_empty() {
                modules.copy(node_modules, &to, "")?;
            }
            for path in only {
                if !Path::new(path).components().all(plain) {
                    return Err(StageError::Outside { path: path.clone() });
                }
                modules.place(&node_modules.join(path), &to.join(path), path)?;
            }
            Ok(vec![runtime.into(), folder.join(entry).into()])
        }
    }
}

/// A tree of files that is copied: a server may write where it lies, and Node resolves links, so neither
/// symbolic nor hard links would keep it on the stage.
struct Tree<'b> {
    builder: &'b Builder<'b>,
    /// Whether these are the server's own files, which leave installed dependencies aside.
    sources: bool,
}

impl Tree<'_> {
    fn copy(&self, from: &Path, to: &Path, below: &str) -> Result<(), StageError> {
        for (name, path) in entries(from)? {
            if !(self.sources && name == "node_modules") {
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
