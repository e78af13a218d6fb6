//! Reviewed outcomes in insta's file format, so that `cargo insta review` works on them.

use crate::scenario::file_stem;
use include_dir::{Dir, include_dir};
use std::io;
use std::path::{Path, PathBuf};

static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/snapshots");

/// Where snapshots lie.
#[derive(Debug, Clone)]
pub struct Snapshots {
    /// The folder; snapshots that are embedded in the binary stand in for files that it lacks, where allowed.
    folder: PathBuf,
    with_built_in: bool,
}

/// How an outcome compares with its snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// It is the same.
    Match,
    /// It differs; the reviewed text.
    Differs(String),
    /// There is no snapshot.
    Missing,
}

impl Snapshots {
    /// Snapshots in a folder.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            with_built_in: false,
        }
    }

    /// The same, with those that are embedded in the binary behind.
    #[must_use]
    pub fn with_built_in(mut self) -> Self {
        self.with_built_in = true;
        self
    }

    /// The reviewed file of a run.
    pub fn path(&self, run: &str) -> PathBuf {
        self.folder.join(format!("{}.snap", file_stem(run)))
    }

    /// Compares an outcome's text with its snapshot. A match removes a stale `.snap.new`.
    ///
    /// # Errors
    /// The snapshot is there but cannot be read.
    pub fn compare(&self, run: &str, text: &str) -> io::Result<Comparison> {
        let path = self.path(run);
        let reviewed = match std::fs::read_to_string(&path) {
            Ok(file) => Some(body(&file).to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.embedded(&path),
            Err(error) => return Err(error),
        };
        Ok(match reviewed {
            None => Comparison::Missing,
            Some(reviewed) if reviewed.trim_end() == text.trim_end() => {
                let _ = std::fs::remove_file(pending(&path));
                Comparison::Match
            }
            Some(reviewed) => Comparison::Differs(reviewed),
        })
    }

    /// Writes the outcome beside the snapshot, for review; gives the file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn propose(&self, run: &str, source: &str, text: &str) -> io::Result<PathBuf> {
        let path = pending(&self.path(run));
        self.write(&path, run, source, text)?;
        Ok(path)
    }

    /// Takes the outcome over as reviewed; gives the file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn accept(&self, run: &str, source: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.path(run);
        self.write(&path, run, source, text)?;
        let _ = std::fs::remove_file(pending(&path));
        Ok(path)
    }

    fn embedded(&self, path: &Path) -> Option<String> {
        let file = BUILT_IN
            .get_file(path.file_name()?)
            .filter(|_| self.with_built_in)?;
        Some(body(file.contents_utf8()?).to_owned())
    }

    fn write(&self, path: &Path, run: &str, source: &str, text: &str) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        std::fs::write(
            path,
            format!("---\nsource: {source}\nexpression: {run:?}\n---\n{text}"),
        )
    }
}

fn pending(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

/// The text after insta's header.
fn body(file: &str) -> &str {
    let Some(rest) = file.strip_prefix("---\n") else {
        return file;
    };
    rest.find("\n---\n").map_or(file, |end| &rest[end + 5..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_accept_changes_what_counts() {
        let folder = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::in_folder(folder.path());
        let run = "lanes/a::broken";
        assert_eq!(snapshots.compare(run, "x\n").unwrap(), Comparison::Missing);
        let proposed = snapshots.propose(run, "a.yaml", "x\n").unwrap();
        assert!(proposed.ends_with("lanes__a__broken.snap.new"));
        assert_eq!(snapshots.compare(run, "x\n").unwrap(), Comparison::Missing);
        snapshots.accept(run, "a.yaml", "x\n").unwrap();
        assert!(!proposed.exists());
        assert_eq!(snapshots.compare(run, "x\n").unwrap(), Comparison::Match);
        assert_eq!(
            snapshots.compare(run, "y\n").unwrap(),
            Comparison::Differs("x\n".to_owned())
        );
    }

    #[test]
    fn what_insta_wrote_is_read() {
        let file =
            "---\nsource: tests/a.rs\nexpression: x\nsnapshot_kind: text\n---\none\n---\ntwo\n";
        assert_eq!(body(file), "one\n---\ntwo\n");
    }
}
