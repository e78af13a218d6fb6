//! What there is to choose from: the built-in environments and layouts, and those of the working folder.

use super::environment::Environment;
use super::layout::Layout;
use crate::yaml::{Document, InputError};
use include_dir::{Dir, include_dir};
use std::path::{Path, PathBuf};

static ENVIRONMENTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/harness/src/stage/environments");
static LAYOUTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/harness/src/stage/layouts");

/// Where an environment or a layout came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It is embedded in the executable.
    BuiltIn,
    /// A file of the working folder.
    File(PathBuf),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// An environment or a layout, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// What was found.
    pub item: T,
    /// Where.
    pub origin: Origin,
}

/// All environments by name: the built-in ones, and `environments/*.yaml` of `folder`, which win.
///
/// # Errors
/// A file in the folder is not an environment, or its `name` is not its file's name.
pub fn environments(folder: Option<&Path>) -> Result<Vec<Found<Environment>>, InputError> {
    let own = folder.map(|folder| folder.join("environments"));
    collect(&ENVIRONMENTS, own.as_deref(), Environment::read, |item| {
        &item.name
    })
}

/// All layouts by name: the built-in ones, and `layouts/*.yaml` of `folder`, which win.
///
/// # Errors
/// A file in the folder is not a layout, or its `name` is not its file's name.
pub fn layouts(folder: Option<&Path>) -> Result<Vec<Found<Layout>>, InputError> {
    let own = folder.map(|folder| folder.join("layouts"));
    collect(&LAYOUTS, own.as_deref(), Layout::read, |item| &item.name)
}

fn collect<T>(
    embedded: &Dir<'_>,
    own: Option<&Path>,
    read: impl Fn(&Document) -> Result<T, InputError>,
    name: impl Fn(&T) -> &str,
) -> Result<Vec<Found<T>>, InputError> {
    let mut all: Vec<Found<T>> = Vec::new();
    let mut add = |document: Document, stem: &str, origin: Origin| {
        let item = read(&document)?;
        if name(&item) != stem {
            let message = format!(
                "the file is called `{stem}`, but the name is `{}`",
                name(&item)
            );
            return Err(document.root().error(message));
        }
        all.retain(|other| name(&other.item) != stem);
        all.push(Found { item, origin });
        Ok(())
    };
    for file in embedded.files() {
        let shown = format!("<built in>/{}", file.path().display());
        let document = Document::parse(&shown, file.contents_utf8().unwrap_or_default())?;
        add(document, &stem(file.path()), Origin::BuiltIn)?;
    }
    for path in own.map(yaml_files).unwrap_or_default() {
        let document = Document::read(&path, &path.to_string_lossy())?;
        add(document, &stem(&path), Origin::File(path.clone()))?;
    }
    all.sort_by(|a, b| name(&a.item).cmp(name(&b.item)));
    Ok(all)
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The folder's YAML files; none where there is no such folder.
fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_file_can_be_read() {
        let names = |all: Vec<String>| all.join(" ");
        assert_eq!(
            names(
                environments(None)
                    .unwrap()
                    .into_iter()
                    .map(|found| found.item.name)
                    .collect()
            ),
            "macos-finder terminal-dev"
        );
        assert_eq!(
            names(
                layouts(None)
                    .unwrap()
                    .into_iter()
                    .map(|found| found.item.name)
                    .collect()
            ),
            "dev electron-app"
        );
    }

    #[test]
    fn a_file_of_the_working_folder_wins_and_says_where_it_came_from() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("layouts");
        std::fs::create_dir(&own).unwrap();
        let text = LAYOUTS
            .get_file("dev.yaml")
            .unwrap()
            .contents_utf8()
            .unwrap();
        let changed = text.replace("about: A repository", "about: My own repository");
        std::fs::write(own.join("dev.yaml"), changed).unwrap();
        let all = layouts(Some(folder.path())).unwrap();
        let dev = all.iter().find(|found| found.item.name == "dev").unwrap();
        assert!(dev.item.about.starts_with("My own"));
        assert_eq!(dev.origin, Origin::File(own.join("dev.yaml")));
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn a_misspelt_key_is_refused_where_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("environments");
        std::fs::create_dir(&own).unwrap();
        std::fs::write(own.join("mine.yaml"), "name: mine\nabuot: x\n").unwrap();
        let error = environments(Some(folder.path())).unwrap_err();
        assert_eq!((error.line, error.column), (2, 1));
        assert!(error.help.unwrap().contains("`about`"));
    }
}
