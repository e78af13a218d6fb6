//! How the stand-in was called.

use crate::cli_js::native_behind;
use crate::script::Script;
use crate::sidecar::{self, Claude, Role};
use std::ffi::OsString;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};

/// Variables by which `cli.js` tells the stand-in behind it of itself. They stay out of the ledger.
pub(crate) const FACE_VARIABLES: [&str; 4] = [
    "MOCK_CLAUDE_FACE",
    "MOCK_CLAUDE_SHOWN_PID",
    "MOCK_CLAUDE_SHOWN_PPID",
    "MOCK_CLAUDE_LIFELINE_FD",
];

/// The variable by which a call tells those that its own children make of itself. It stays out of the ledger, too.
pub(crate) const CALL_VARIABLE: &str = "MOCK_CLAUDE_CALL";

/// Prepares a process of a call's own: it knows whose it is, and is not taken for the one behind `cli.js`.
pub(crate) fn as_child(command: &mut std::process::Command, call: u32) {
    for name in FACE_VARIABLES {
        command.env_remove(name);
    }
    if call > 0 {
        command.env(CALL_VARIABLE, call.to_string());
    }
}

/// One call of the stand-in.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// What was executed, as invoked.
    pub executable: PathBuf,
    /// The arguments after the executable.
    pub args: Vec<OsString>,
    /// The face that the client sees.
    pub face: Face,
    /// Script and ledger. None: there is no script, so any prompt is one too many.
    pub role: Option<Claude>,
    /// A script that is in no file.
    pub script: Option<Script>,
}

/// What a client takes the stand-in for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Face {
    /// A native executable.
    Native,
    /// A script that runs in Node.
    CliJs {
        /// The process that runs the script, if that is not this one.
        node: Option<u32>,
        /// The parent of that process, where it told it.
        parent: Option<u32>,
        /// A descriptor that ends with that process.
        lifeline: Option<RawFd>,
    },
}

impl Face {
    /// As the ledger names it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Face::Native => "native",
            Face::CliJs { .. } => "cli.js",
        }
    }
}

impl Invocation {
    /// This process, with its role from the sidecar, else from the environment.
    ///
    /// # Errors
    /// Where the sidecar cannot be used, or is another role's.
    pub fn of_process() -> Result<Invocation, sidecar::Error> {
        let argv0 = std::env::args_os().next().unwrap_or_default();
        let exe = std::env::current_exe().ok();
        let found = sidecar::find(&argv0, std::env::var_os("PATH").as_deref(), exe.as_deref())?;
        let role = match found {
            None => sidecar::from_env(),
            Some(found) => Some(claude(found)?),
        };
        Ok(Invocation::with_role(role))
    }

    /// This process, with a role that was found already.
    #[must_use]
    pub fn with_role(role: Option<Claude>) -> Invocation {
        let mut args = std::env::args_os();
        let executable = args.next().unwrap_or_default();
        let number = |name: &str| std::env::var(name).ok()?.parse().ok();
        let [face, pid, parent, lifeline] = FACE_VARIABLES;
        let (executable, face) = match std::env::var_os(face) {
            None => (executable, Face::Native),
            Some(script) => {
                let lifeline = number(lifeline).and_then(|fd| RawFd::try_from(fd).ok());
                (
                    script,
                    Face::CliJs {
                        node: number(pid),
                        parent: number(parent),
                        lifeline,
                    },
                )
            }
        };
        Invocation {
            executable: executable.into(),
            args: args.collect(),
            face,
            role,
            script: None,
        }
    }

    /// A call of our `cli.js` by a runtime that becomes the stand-in itself: the role is that of the stand-in
    /// behind the script, `args` are the arguments after the script.
    ///
    /// # Errors
    /// Where that stand-in's sidecar cannot be used.
    pub fn through_cli_js(
        cli_js: &Path,
        args: Vec<OsString>,
    ) -> Result<Invocation, sidecar::Error> {
        let role = match sidecar::beside(&native_behind(cli_js))? {
            None => sidecar::from_env(),
            Some(found) => Some(claude(found)?),
        };
        let face = Face::CliJs {
            node: None,
            parent: None,
            lifeline: None,
        };
        Ok(Invocation {
            executable: cli_js.to_owned(),
            args,
            face,
            role,
            script: None,
        })
    }
}

fn claude(found: sidecar::Found) -> Result<Claude, sidecar::Error> {
    match found.role {
        Role::Claude(claude) => Ok(claude),
        _ => Err(sidecar::Error {
            file: found.file,
            message: "it is not the role of a stand-in".into(),
        }),
    }
}
