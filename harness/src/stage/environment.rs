//! Launch environments: what a process finds around it when something in particular has started it.

mod read;
mod words;

pub(crate) use read::variables;
pub use words::{Children, Cwd, Kind, Login, Provenance, Stdio, System, Uid};

use super::shell::Rc;
use std::collections::BTreeMap;

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
    /// stand-in, a shell reads the stage's startup files only; everything else is a link to the host's.
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
    /// Why no stage can be built of it; None where one can.
    pub unsupported: Option<String>,
    /// Which system it is of.
    pub system: System,
    /// What sort of launcher it is, for the choice of layouts that make sense in it.
    pub kind: Kind,
    /// The home folder, relative to the stage's root.
    pub home: String,
    /// The user's short name.
    pub user: String,
    /// Whether that user is root.
    pub uid: Uid,
    /// The login shell as that system names it; on the stage a shell that reads the stage's startup files only.
    pub shell: String,
    /// The startup files of shells: a name below HOME or a path below `/etc`, and what is in it.
    pub rc: BTreeMap<String, String>,
    /// What else the login shell's own startup file does at its end.
    pub shell_rc: Option<Rc>,
    /// Whether it is an interactive terminal, whose variables are what the shell's startup files made of them.
    pub reads_rc: bool,
    /// The folder for temporary files as that system names it.
    pub tmp: String,
    /// PATH, in order.
    pub path: Vec<PathDir>,
    /// All variables, in the order of the file. Nothing else is in the environment.
    pub variables: Vec<(String, String)>,
    /// How the CLI's user is logged in, unless its variables say so themselves.
    pub login: Login,
    /// Where processes start.
    pub cwd: Cwd,
    /// Standard input.
    pub stdin: Stdio,
    /// Standard output.
    pub stdout: Stdio,
    /// Standard error.
    pub stderr: Stdio,
    /// Whether there is a controlling terminal; the backend then leads its session.
    pub terminal: bool,
    /// Whether the backend leads a session of its own (`setsid`).
    pub new_session: bool,
    /// Whether the app's folder is read-only, also for root, whatever the layout says.
    pub read_only_app: bool,
    /// Whether an Electron app's server runs in a utility process rather than in a child of fork().
    pub utility_process: bool,
    /// Who ends what the backend leaves behind.
    pub children_end_with: Children,
    /// The file mode creation mask.
    pub umask: u32,
    /// The soft limit of open files.
    pub nofile: u64,
    /// The soft limit of a core file, in bytes.
    pub core: u64,
}

impl Environment {
    /// Whether a command is in one of the directories of PATH.
    pub fn has_command(&self, name: &str) -> bool {
        self.path.iter().any(|dir| match &dir.content {
            PathContent::Tools(tools) => tools.iter().any(|tool| tool == name),
            PathContent::SameAs(_) => false,
        })
    }

    /// What one that says nothing is: the form of those that no stage can be built of.
    fn blank() -> Self {
        Self {
            name: String::new(),
            about: String::new(),
            provenance: Provenance::Approximated,
            limits: Vec::new(),
            unsupported: None,
            system: System::Linux,
            kind: Kind::Terminal,
            home: "home".to_owned(),
            user: "user".to_owned(),
            uid: Uid::User,
            shell: String::new(),
            rc: BTreeMap::new(),
            shell_rc: None,
            reads_rc: false,
            tmp: "/tmp".to_owned(),
            path: Vec::new(),
            variables: Vec::new(),
            login: Login::None,
            cwd: Cwd::Root,
            stdin: Stdio::Null,
            stdout: Stdio::Null,
            stderr: Stdio::Null,
            terminal: false,
            new_session: true,
            read_only_app: false,
            utility_process: false,
            children_end_with: Children::Nobody,
            umask: 0o022,
            nofile: 1024,
            core: 0,
        }
    }
}
