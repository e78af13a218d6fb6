//! Launch environments: what a process finds around it when something in particular has started it.

use crate::yaml::{Document, InputError, Node};

/// How sure we are of an environment or a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// Observed by us on the real thing.
    Measured,
    /// Taken from documentation or from reports of the real thing.
    Documented,
    /// Put together from general knowledge.
    Approximated,
}

impl Provenance {
    /// The word in data files, lists and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Documented => "documented",
            Self::Approximated => "approximated",
        }
    }

    pub(crate) fn read(node: Node<'_>) -> Result<Self, InputError> {
        let all = [Self::Measured, Self::Documented, Self::Approximated];
        node.one_of("provenance", &all.map(|one| (one.name(), one)))
    }
}

/// The operating system that an environment is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// macOS.
    Macos,
    /// Linux.
    Linux,
}

/// Where a process starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cwd {
    /// `/`: the host's own.
    Root,
    /// The home folder.
    Home,
    /// The project that the user works on.
    Project,
}

/// What a standard stream is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stdio {
    /// `/dev/null`.
    Null,
    /// A pipe whose other end is read.
    Pipe,
    /// Nothing: the descriptor is not open.
    Closed,
}

/// A directory of PATH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathDir {
    /// What the environment's system calls it, e.g. `/usr/bin`; placeholders allowed.
    pub at: String,
    /// What is in it.
    pub content: PathContent,
}

/// What is in a directory of PATH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathContent {
    /// Exactly these commands, as far as the host has them. `node` is the stage's runtime, `claude` the
    /// stand-in; everything else is a link to the host's.
    Tools(Vec<String>),
    /// It is a link to this other directory, as `/bin` is on many a Linux.
    SameAs(String),
}

/// A launch environment, as its data file gives it; placeholders are not filled in yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name, e.g. `macos-finder`.
    pub name: String,
    /// One line for lists.
    pub about: String,
    /// How sure we are of it.
    pub provenance: Provenance,
    /// What it does not enforce or emulate, one sentence each.
    pub limits: Vec<String>,
    /// Which system it is of.
    pub system: System,
    /// The home folder, relative to the stage's root.
    pub home: String,
    /// The user's short name.
    pub user: String,
    /// The login shell as that system names it; on the stage a link to that shell, or to the nearest one that the host has.
    pub shell: String,
    /// The folder for temporary files as that system names it.
    pub tmp: String,
    /// PATH, in order.
    pub path: Vec<PathDir>,
    /// All variables, in the order of the file. Nothing else is in the environment.
    pub variables: Vec<(String, String)>,
    /// Where processes start.
    pub cwd: Cwd,
    /// Standard input.
    pub stdin: Stdio,
    /// Standard output.
    pub stdout: Stdio,
    /// Standard error.
    pub stderr: Stdio,
    /// Whether the backend leads a session of its own (`setsid`), without a controlling terminal.
    pub new_session: bool,
    /// The file mode creation mask.
    pub umask: u32,
    /// The soft limit of open files.
    pub nofile: u64,
    /// The soft limit of a core file, in bytes.
    pub core: u64,
}

const KEYS: &[&str] = &[
    "name",
    "about",
    "provenance",
    "limits",
    "system",
    "home",
    "user",
    "shell",
    "tmp",
    "path",
    "variables",
    "cwd",
    "stdin",
    "stdout",
    "stderr",
    "new_session",
    "umask",
    "nofile",
    "core",
];

impl Environment {
    /// Reads an environment from its data file.
    ///
    /// # Errors
    /// The file does not have the form of an environment.
    pub fn read(document: &Document) -> Result<Self, InputError> {
        let map = document.root().map("an environment", KEYS)?;
        let text = |key: &str| map.required(key)?.text().map(str::to_owned);
        let stdio = |key: &str| {
            let choices = [
                ("null", Stdio::Null),
                ("pipe", Stdio::Pipe),
                ("closed", Stdio::Closed),
            ];
            map.required(key)?
                .one_of("kind of standard stream", &choices)
        };
        let limit = |key: &str| {
            let node = map.required(key)?;
            Ok(u64::try_from(node.integer(0..=i64::MAX)?).unwrap_or_default())
        };
        let systems = [("macos", System::Macos), ("linux", System::Linux)];
        let cwds = [
            ("root", Cwd::Root),
            ("home", Cwd::Home),
            ("project", Cwd::Project),
        ];
        Ok(Self {
            name: text("name")?,
            about: text("about")?,
            provenance: Provenance::read(map.required("provenance")?)?,
            limits: map
                .optional("limits", |node| node.texts())?
                .unwrap_or_default(),
            system: map.required("system")?.one_of("system", &systems)?,
            home: text("home")?,
            user: text("user")?,
            shell: text("shell")?,
            tmp: text("tmp")?,
            path: map
                .required("path")?
                .list()?
                .into_iter()
                .map(path_dir)
                .collect::<Result<_, _>>()?,
            variables: variables(map.required("variables")?)?,
            cwd: map.required("cwd")?.one_of("working directory", &cwds)?,
            stdin: stdio("stdin")?,
            stdout: stdio("stdout")?,
            stderr: stdio("stderr")?,
            new_session: map.required("new_session")?.boolean()?,
            umask: umask(map.required("umask")?)?,
            nofile: limit("nofile")?,
            core: limit("core")?,
        })
    }

    /// Whether a command is in one of the directories of PATH.
    pub fn has_command(&self, name: &str) -> bool {
        self.path.iter().any(|dir| match &dir.content {
            PathContent::Tools(tools) => tools.iter().any(|tool| tool == name),
            PathContent::SameAs(_) => false,
        })
    }
}

fn path_dir(node: Node<'_>) -> Result<PathDir, InputError> {
    let map = node.map("a directory of PATH", &["at", "tools", "same_as"])?;
    let at = map.required("at")?.text()?.to_owned();
    let content = match (map.get("tools"), map.get("same_as")) {
        (Some(tools), None) => PathContent::Tools(
            tools
                .list()?
                .into_iter()
                .map(tool_name)
                .collect::<Result<_, _>>()?,
        ),
        (None, Some(other)) => PathContent::SameAs(other.text()?.to_owned()),
        _ => return Err(node.error("a directory of PATH has either `tools` or `same_as`")),
    };
    Ok(PathDir { at, content })
}

fn tool_name(node: Node<'_>) -> Result<String, InputError> {
    let name = node.text()?;
    if name.is_empty() || name.contains(['/', '\0']) || matches!(name, "." | "..") {
        return Err(node.error(format!("`{name}` is not the name of a command")));
    }
    Ok(name.to_owned())
}

/// Reads variables, in the order in which they are written.
pub(crate) fn variables(node: Node<'_>) -> Result<Vec<(String, String)>, InputError> {
    node.entries()?
        .into_iter()
        .map(|(key, name, value)| {
            if name.is_empty() || name.contains(['=', '\0']) {
                return Err(key.error(format!("`{name}` is not the name of a variable")));
            }
            let text = value.text()?;
            if text.contains('\0') {
                return Err(value.error("a variable cannot hold a NUL character"));
            }
            Ok((name.to_owned(), text.to_owned()))
        })
        .collect()
}

fn umask(node: Node<'_>) -> Result<u32, InputError> {
    let text = node.text()?;
    match u32::from_str_radix(text, 8) {
        Ok(mask) if mask <= 0o777 => Ok(mask),
        _ => Err(node.expected("an octal mask from \"000\" to \"777\"")),
    }
}
