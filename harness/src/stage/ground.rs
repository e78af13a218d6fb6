//! The stage's ground: one folder, the placeholders that stand for places in it, and writing that cannot leave it.

use super::error::StageError;
use crate::yaml::suggestion;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

/// The harness's own files on a stage lie here; no data file may place anything in it.
pub(crate) const OWN: &str = ".harness";

/// The root of a stage, and what placeholders mean there.
#[derive(Debug)]
pub(crate) struct Ground {
    root: PathBuf,
    values: Vec<(&'static str, String)>,
}

impl Ground {
    /// `root` must be resolved: no part of it may be a link.
    pub(crate) fn new(root: &Path) -> Self {
        let values = vec![("root", root.to_string_lossy().into_owned())];
        Self {
            root: root.to_owned(),
            values,
        }
    }

    /// Gives a placeholder its meaning.
    pub(crate) fn define(&mut self, name: &'static str, value: impl Into<String>) {
        self.values.push((name, value.into()));
    }

    /// Fills the placeholders in. Braces around anything but a lower-case word are left alone.
    pub(crate) fn fill(&self, text: &str) -> Result<String, StageError> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, after) = rest.split_at(open);
            filled.push_str(before);
            let name = after[1..].split('}').next().unwrap_or_default();
            let is_name = !name.is_empty()
                && after.len() > name.len() + 1
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            if !is_name {
                filled.push('{');
                rest = &after[1..];
                continue;
            }
            let Some((_, value)) = self.values.iter().find(|(known, _)| *known == name) else {
                let known: Vec<&str> = self.values.iter().map(|(known, _)| *known).collect();
                return Err(StageError::Placeholder {
                    name: name.to_owned(),
                    text: text.to_owned(),
                    known: suggestion(name, &known),
                });
            };
            filled.push_str(value);
            rest = &after[name.len() + 2..];
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// Where a path of a data file lies: `/usr/bin` is that folder of the stage, not the host's.
    pub(crate) fn locate(&self, text: &str) -> Result<PathBuf, StageError> {
        let outside = || StageError::Outside {
            path: text.to_owned(),
        };
        let filled = self.fill(text)?;
        if filled.contains('\0') {
            return Err(outside());
        }
        let path = Path::new(&filled);
        let below = path
            .strip_prefix(&self.root)
            .or_else(|_| path.strip_prefix("/"))
            .unwrap_or(path);
        let mut located = self.root.clone();
        for component in below.components() {
            match component {
                Component::Normal(part) if part == OWN => return Err(outside()),
                Component::Normal(part) => located.push(part),
                Component::CurDir => {}
                _ => return Err(outside()),
            }
        }
        if located == self.root {
            return Err(outside());
        }
        Ok(located)
    }

    /// Makes a folder and all above it, and gives its resolved path.
    pub(crate) fn folder(&self, at: &Path) -> Result<PathBuf, StageError> {
        // Links of the data file may lie on the way. What exists is resolved first, so that nothing is made
        // beyond a link that leads away.
        let mut existing = at;
        while existing.symlink_metadata().is_err() {
            existing = existing.parent().unwrap_or(&self.root);
        }
        self.resolve(existing)?;
        fs::create_dir_all(at).map_err(StageError::io("create", at))?;
        self.resolve(at)
    }

    /// Writes a new file with these permissions.
    pub(crate) fn file(&self, at: &Path, content: &[u8], mode: u32) -> Result<(), StageError> {
        let at = self.entry(at)?;
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&at)
            .and_then(|mut file| file.write_all(content))
            .map_err(StageError::io("write", &at))
    }

    /// Makes a relative link to a place on the stage, which need not exist.
    pub(crate) fn link(&self, at: &Path, to: &Path) -> Result<(), StageError> {
        let at = self.entry(at)?;
        let parent = at.parent().unwrap_or(&self.root);
        let target = relative(parent, to);
        symlink(&target, &at).map_err(StageError::io("link", &at))
    }

    /// Makes a link to a file of the host.
    pub(crate) fn link_to_host(&self, at: &Path, host: &Path) -> Result<(), StageError> {
        let at = self.entry(at)?;
        symlink(host, &at).map_err(StageError::io("link", &at))
    }

    /// Makes another name of an existing file (a copy where that cannot be).
    pub(crate) fn hard_link(&self, at: &Path, from: &Path) -> Result<(), StageError> {
        let at = self.entry(at)?;
        link_or_copy(from, &at).map_err(StageError::io("link", &at))
    }

    /// Copies a file with its permissions.
    pub(crate) fn copy(&self, at: &Path, from: &Path) -> Result<(), StageError> {
        let at = self.entry(at)?;
        let content = fs::read(from).map_err(StageError::io("read", from))?;
        let mode = fs::metadata(from)
            .map(|metadata| std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()))
            .map_err(StageError::io("read", from))?;
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode & 0o777)
            .open(&at)
            .and_then(|mut file| file.write_all(&content))
            .map_err(StageError::io("write", &at))
    }

    /// Takes away what was placed before.
    pub(crate) fn remove(&self, at: &Path) -> Result<(), StageError> {
        let at = self.entry(at)?;
        let removed = match at.symlink_metadata() {
            Ok(kind) if kind.is_dir() => fs::remove_dir_all(&at),
            Ok(_) => fs::remove_file(&at),
            Err(error) => Err(error),
        };
        removed.map_err(StageError::io("remove", &at))
    }

    /// Takes the execute bits from a file that was placed before. It becomes a copy: other names of an executable keep
    /// theirs.
    pub(crate) fn not_executable(&self, at: &Path) -> Result<(), StageError> {
        let from = self.resolve(at)?;
        let copy = from.with_added_extension("not-executable");
        fs::copy(&from, &copy)
            .and_then(|_| fs::set_permissions(&copy, PermissionsExt::from_mode(0o644)))
            .and_then(|()| fs::rename(&copy, &from))
            .map_err(StageError::io("copy", &from))
    }

    /// A new entry of a folder: the folder is made, and everything but the last part resolved.
    fn entry(&self, at: &Path) -> Result<PathBuf, StageError> {
        let outside = || StageError::Outside {
            path: at.to_string_lossy().into_owned(),
        };
        let parent = self.folder(at.parent().ok_or_else(outside)?)?;
        Ok(parent.join(at.file_name().ok_or_else(outside)?))
    }

    fn resolve(&self, at: &Path) -> Result<PathBuf, StageError> {
        let resolved = at.canonicalize().map_err(StageError::io("resolve", at))?;
        if resolved.starts_with(&self.root) {
            Ok(resolved)
        } else {
            Err(StageError::Outside {
                path: at.to_string_lossy().into_owned(),
            })
        }
    }
}

/// Links a file, and copies it where links cannot reach or are not allowed.
pub(crate) fn link_or_copy(from: &Path, to: &Path) -> std::io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            fs::copy(from, to).map(drop)
        }
        other => other,
    }
}

/// The path from a folder to a place; both absolute and without `..`.
fn relative(folder: &Path, to: &Path) -> PathBuf {
    let common = folder
        .components()
        .zip(to.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = folder
        .components()
        .skip(common)
        .map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(to.components().skip(common)).collect();
    if path.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ground() -> (tempfile::TempDir, Ground) {
        let folder = tempfile::tempdir().unwrap();
        let mut ground = Ground::new(&folder.path().canonicalize().unwrap());
        ground.define("home", ground.root.join("Users/Zoë").to_string_lossy());
        (folder, ground)
    }

    #[test]
    fn a_path_of_that_system_lies_on_the_stage() {
        let (_folder, ground) = ground();
        let root = ground.root.clone();
        assert_eq!(ground.locate("/usr/bin").unwrap(), root.join("usr/bin"));
        assert_eq!(
            ground.locate("{home}/a b").unwrap(),
            root.join("Users/Zoë/a b")
        );
    }

    #[test]
    fn a_path_that_leaves_the_stage_is_refused() {
        let (_folder, ground) = ground();
        for path in [
            "../x",
            "/usr/../../x",
            "{home}/../../..",
            "",
            "/",
            ".harness/x",
            "a\0b",
        ] {
            assert!(
                matches!(ground.locate(path), Err(StageError::Outside { .. })),
                "{path:?}"
            );
        }
    }

    #[test]
    fn an_unknown_placeholder_is_refused_and_the_nearest_offered() {
        let (_folder, ground) = ground();
        let error = ground.fill("{hoem}/x").unwrap_err();
        assert!(error.to_string().contains("`home`"), "{error}");
        assert_eq!(ground.fill("{\"a\": {}} {").unwrap(), "{\"a\": {}} {");
    }

    #[test]
    fn nothing_is_written_through_a_link_that_leads_away() {
        let (_folder, ground) = ground();
        let other = tempfile::tempdir().unwrap();
        let away = ground.root.join("away");
        ground.link_to_host(&away, other.path()).unwrap();
        for at in ["away/file", "away/new/folder/file"] {
            let at = ground.root.join(at);
            let error = ground.file(&at, b"x", 0o644).unwrap_err();
            assert!(matches!(error, StageError::Outside { .. }), "{error}");
        }
        assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_link_stays_on_the_stage_also_where_its_folder_is_a_link() {
        let (_folder, ground) = ground();
        ground.folder(&ground.root.join("deep/er")).unwrap();
        ground
            .link(&ground.root.join("deep/er/up"), &ground.root.join("top"))
            .unwrap();
        ground.folder(&ground.root.join("top")).unwrap();
        ground
            .link(&ground.root.join("deep/er/up/l"), &ground.root.join("t"))
            .unwrap();
        let written = fs::read_link(ground.root.join("top/l")).unwrap();
        assert_eq!(written, Path::new("../t"));
    }
}
