//! Placing the server: the embedded one, or a Node server with its dependencies.

use super::build::Builder;
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
            exclude,
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
            let source = Tree {
                builder,
                exclude: &[],
            };
            source.copy(dir, &folder, "")?;
            let modules = builder.ground.locate(&place.node_modules)?;
            Tree { builder, exclude }.copy(node_modules, &modules, "")?;
            Ok(vec![runtime.into(), folder.join(entry).into()])
        }
    }
}

/// A tree of files that is copied: a server may write where it lies, and Node resolves links, so neither
/// symbolic nor hard links would keep it on the stage.
struct Tree<'b> {
    builder: &'b Builder<'b>,
    exclude: &'b [String],
}

impl Tree<'_> {
    fn copy(&self, from: &Path, to: &Path, below: &str) -> Result<(), StageError> {
        for (name, path) in entries(from)? {
            let place = format!("{below}{name}");
            let at = to.join(&name);
            if CLI_JS.contains(&&*place) {
                self.builder.cli_pair(&at)?;
                continue;
            }
            if self.exclude.iter().any(|pattern| covers(pattern, &place)) {
                continue;
            }
            let kind = path
                .symlink_metadata()
                .map_err(StageError::io("read", &path))?;
            if kind.is_dir() {
                if name != "node_modules" || !self.exclude.is_empty() {
                    self.copy(&path, &at, &format!("{place}/"))?;
                }
            } else if kind.is_file() {
                self.builder.ground.copy(&at, &path)?;
            }
            // Links, such as those in `.bin`, are for people and build tools; a server does not need them.
        }
        Ok(())
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

/// Whether a pattern names a path or one above it.
fn covers(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    pattern
        .trim_end_matches('/')
        .split('/')
        .all(|pattern| parts.next().is_some_and(|part| fits(pattern, part)))
}

/// Whether a name fits a pattern in which `*` stands for any text.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|tail| {
            tail.char_indices()
                .map(|(at, _)| &tail[at..])
                .chain(std::iter::once(""))
                .any(|tail| fits(rest, tail))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_a_path_and_all_below_it() {
        let path = "@anthropic-ai/claude-code/vendor/ripgrep";
        for (pattern, expected) in [
            ("@anthropic-ai/claude-code/vendor", true),
            ("@anthropic-ai/*/vendor/", true),
            ("@anthropic-ai/claude-*", true),
            ("@anthropic-ai/claude", false),
            ("vendor", false),
            ("@anthropic-ai/claude-code/vendor/ripgrep/x", false),
            ("*/*o*e/v*r", true),
        ] {
            assert_eq!(covers(pattern, path), expected, "{pattern}");
        }
    }
}
