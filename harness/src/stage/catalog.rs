//! What there is to choose from: the built-in environments and layouts, and those of the working folder.

use super::environment::Environment;
use super::layout::Layout;
use crate::yaml::{Document, InputError, Node};
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
/// A file in the folder is not an environment, its `name` is not its file's name, or what it builds on is wrong.
pub fn environments(folder: Option<&Path>) -> Result<Vec<Found<Environment>>, InputError> {
    let own = folder.map(|folder| folder.join("environments"));
    all(&sources(&ENVIRONMENTS, own.as_deref())?)
}

/// All layouts by name: the built-in ones, and `layouts/*.yaml` of `folder`, which win.
///
/// # Errors
/// A file in the folder is not a layout, its `name` is not its file's name, or what it builds on is wrong.
pub fn layouts(folder: Option<&Path>) -> Result<Vec<Found<Layout>>, InputError> {
    let own = folder.map(|folder| folder.join("layouts"));
    all(&sources(&LAYOUTS, own.as_deref())?)
}

/// What a data file can be.
trait Item: Sized {
    /// The word in messages.
    const WHAT: &str;

    fn name(&self) -> &str;

    fn read(
        root: Node<'_>,
        base: impl FnOnce(Node<'_>) -> Result<Self, InputError>,
    ) -> Result<Self, InputError>;
}

impl Item for Environment {
    const WHAT: &str = "environment";

    fn name(&self) -> &str {
        &self.name
    }

    fn read(
        root: Node<'_>,
        base: impl FnOnce(Node<'_>) -> Result<Self, InputError>,
    ) -> Result<Self, InputError> {
        Self::read(root, base)
    }
}

impl Item for Layout {
    const WHAT: &str = "layout";

    fn name(&self) -> &str {
        &self.name
    }

    fn read(
        root: Node<'_>,
        base: impl FnOnce(Node<'_>) -> Result<Self, InputError>,
    ) -> Result<Self, InputError> {
        Self::read(root, base)
    }
}

fn all<T: Item>(sources: &[Source]) -> Result<Vec<Found<T>>, InputError> {
    let mut names: Vec<&str> = sources.iter().map(|source| source.stem.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            // The last one wins.
            let at = sources
                .iter()
                .rposition(|source| source.stem == name)
                .unwrap_or_default();
            let item = one(sources, at, &mut Vec::new())?;
            let origin = sources[at].origin.clone();
            Ok(Found { item, origin })
        })
        .collect()
}

/// Reads one item after what it builds on. A file may build on the built-in one of its own name.
fn one<T: Item>(sources: &[Source], at: usize, open: &mut Vec<usize>) -> Result<T, InputError> {
    let source = &sources[at];
    open.push(at);
    let item = T::read(source.document.root(), |node| {
        let name = node.text()?;
        let found = sources
            .iter()
            .enumerate()
            .rposition(|(index, other)| other.stem == name && (index < at || name != source.stem));
        match found {
            Some(base) if open.contains(&base) => Err(node.error(format!(
                "`{name}` builds on this one, so this one cannot build on it"
            ))),
            Some(base) => one(sources, base, open),
            None => {
                let known: Vec<&str> = sources.iter().map(|source| source.stem.as_str()).collect();
                Err(node.unknown(T::WHAT, name, &known))
            }
        }
    })?;
    open.pop();
    named_as_its_file(source, item.name())?;
    Ok(item)
}

/// A data file.
struct Source {
    stem: String,
    document: Document,
    origin: Origin,
}

/// The embedded files, and then those of the working folder.
fn sources(embedded: &Dir<'_>, own: Option<&Path>) -> Result<Vec<Source>, InputError> {
    let mut all = Vec::new();
    for file in embedded.files() {
        let shown = format!("<built in>/{}", file.path().display());
        all.push(Source {
            stem: stem(file.path()),
            document: Document::parse(&shown, file.contents_utf8().unwrap_or_default())?,
            origin: Origin::BuiltIn,
        });
    }
    for path in own.map(yaml_files).unwrap_or_default() {
        all.push(Source {
            stem: stem(&path),
            document: Document::read(&path, &path.to_string_lossy())?,
            origin: Origin::File(path),
        });
    }
    Ok(all)
}

fn named_as_its_file(source: &Source, name: &str) -> Result<(), InputError> {
    if name == source.stem {
        return Ok(());
    }
    let stem = &source.stem;
    let message = format!("the file is called `{stem}`, but the name is `{name}`");
    Err(source.document.root().error(message))
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
    use crate::stage::environment::{Cwd, Stdio};

    #[test]
    fn every_built_in_file_can_be_read() {
        let stems = |dir: &Dir<'_>| {
            let mut all: Vec<String> = dir.files().map(|file| stem(file.path())).collect();
            all.sort();
            all
        };
        let environments = environments(None).unwrap();
        let names: Vec<String> = environments.into_iter().map(|it| it.item.name).collect();
        assert_eq!(names, stems(&ENVIRONMENTS));
        let layouts = layouts(None).unwrap();
        let names: Vec<String> = layouts.into_iter().map(|it| it.item.name).collect();
        assert_eq!(names, stems(&LAYOUTS));
        assert!(names.len() > 30, "{names:?}");
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
        assert_eq!(all.len(), layouts(None).unwrap().len());
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

    #[test]
    fn a_layout_that_builds_on_another_says_only_what_differs() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("layouts");
        std::fs::create_dir(&own).unwrap();
        let text =
            "name: mine\nabout: Mine\nbase: dev\ntree: [folder: \"{app}/more\"]\nlimits: [one]\n";
        std::fs::write(own.join("mine.yaml"), text).unwrap();
        let all = layouts(Some(folder.path())).unwrap();
        let named = |name: &str| &all.iter().find(|it| it.item.name == name).unwrap().item;
        let (dev, mine) = (named("dev"), named("mine"));
        assert_eq!((&mine.cli, &mine.server), (&dev.cli, &dev.server));
        assert_eq!(mine.tree[..dev.tree.len()], dev.tree);
        assert_eq!(mine.tree.len(), dev.tree.len() + 1);
        assert_eq!(mine.limits, ["one"]);
        std::fs::write(
            own.join("mine.yaml"),
            text.replace("base: dev", "base: dve"),
        )
        .unwrap();
        let error = layouts(Some(folder.path())).unwrap_err();
        assert_eq!((error.line, error.column), (3, 7));
        assert!(error.help.unwrap().contains("`dev`"));
    }

    fn with(files: &[(&str, &str)]) -> Result<Vec<Found<Environment>>, InputError> {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("environments");
        std::fs::create_dir(&own).unwrap();
        for (name, rest) in files {
            let text = format!("name: {name}\nabout: Mine\nprovenance: approximated\n{rest}");
            std::fs::write(own.join(format!("{name}.yaml")), text).unwrap();
        }
        environments(Some(folder.path()))
    }

    fn named(all: Vec<Found<Environment>>, name: &str) -> Environment {
        all.into_iter()
            .find(|found| found.item.name == name)
            .unwrap()
            .item
    }

    #[test]
    fn one_environment_builds_on_another() {
        let text = "base: cron\nvariables: { FOO: bar, PWD: / }\nunset: [SHELL]\nstdin: closed\nlimits: [mine]\n\
                    path: [{ at: /opt/bin, tools: [node] }, { at: /usr/bin }]\n";
        let mine = named(with(&[("mine", text)]).unwrap(), "mine");
        let names: Vec<&str> = mine
            .variables
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["HOME", "LOGNAME", "PATH", "TMPDIR", "FOO", "PWD"]);
        assert_eq!((mine.stdin, mine.cwd), (Stdio::Closed, Cwd::Home));
        assert_eq!(mine.path.len(), 2);
        assert!(mine.has_command("env") && mine.has_command("node"));
        assert_eq!(mine.limits.last().unwrap(), "mine");
        assert!(
            mine.limits.len() > 1,
            "what the base cannot enforce is said, too"
        );
    }

    #[test]
    fn a_file_can_build_on_the_built_in_one_of_its_name() {
        let cron = named(
            with(&[("cron", "base: cron\nnofile: 77\n")]).unwrap(),
            "cron",
        );
        assert_eq!((cron.nofile, cron.cwd), (77, Cwd::Home));
    }

    #[test]
    fn a_wrong_base_is_refused_where_it_stands() {
        let circle = [("a", "base: b\n"), ("b", "base: a\n")];
        let error = with(&circle).unwrap_err();
        assert_eq!((error.line, error.column), (4, 7), "{error}");
        for (text, place, words) in [
            ("base: corn\n", (4, 7), "unknown environment"),
            (
                "base: cron\nunset: [USER]\n",
                (5, 9),
                "unknown variable of the base",
            ),
            ("base: cron\nstdin: terminal\n", (1, 1), "there is none"),
            (
                "base: cron\npath: [{ at: /opt/bin }]\n",
                (5, 8),
                "needs `tools`",
            ),
            ("base: cron\nrc: { ../x: y }\n", (5, 7), "a startup file is"),
            (
                "base: cron\nshell: { rc: slwo }\n",
                (5, 14),
                "unknown behaviour",
            ),
            ("supported: false\n", (1, 1), "has a `reason`"),
            ("home: x\n", (1, 1), "`system` is missing"),
        ] {
            let error = with(&[("mine", text)]).unwrap_err();
            assert_eq!((error.line, error.column), place, "{text}: {error}");
            assert!(error.to_string().contains(words), "{text}: {error}");
        }
    }
}
