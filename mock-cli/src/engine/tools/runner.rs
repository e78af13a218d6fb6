//! What runs, and what was run: the state of the tools.

use super::bash::private_folder;
use super::duties::Duties;
use super::files::Known;
use super::{Running, StructuredOutput};
use crate::engine::Setup;
use crate::order::{SortedMap, SortedSet};
use crate::process::Ending;
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;

/// The tools of a session.
#[derive(Debug)]
pub(in crate::engine) struct Runner {
    /// How many commands were started.
    pub(super) jobs: u64,
    pub(super) running: SortedMap<u64, Running>,
    /// Commands that have ended, with their exit codes, in the order in which they did.
    pub(in crate::engine) ended: VecDeque<(u64, i32)>,
    /// Whether a command runs that the turn waits for.
    pub(in crate::engine) under_way: bool,
    /// Commands that are told of as tasks: the ids of task and run, by call.
    pub(super) slow: SortedMap<String, (String, String)>,
    /// Where commands leave what only this process needs, once there is such a folder.
    private: Option<PathBuf>,
    /// The folder in which the next command runs.
    pub(super) shell_cwd: PathBuf,
    /// Files whose content the model has seen.
    pub(super) known_files: Known,
    /// Tools that the model has looked up.
    pub(super) looked_up: SortedSet<String>,
    /// The model's list of things to do.
    pub(super) duties: Duties,
    /// The exit code of a signal that ends the process after the tool's result.
    pub(in crate::engine) terminated: Option<i32>,
    /// What `--json-schema` asks for.
    pub(in crate::engine) output: StructuredOutput,
}

impl Runner {
    /// The folder for what only this process needs; the process's end removes it.
    pub(super) fn private_folder(&mut self, ending: &Ending) -> io::Result<PathBuf> {
        if let Some(folder) = &self.private {
            return Ok(folder.clone());
        }
        let folder = private_folder()?;
        ending.will_remove_folder(folder.clone());
        self.private = Some(folder.clone());
        Ok(folder)
    }

    /// Forgets which files the model has seen.
    pub(in crate::engine) fn forget_files(&mut self) {
        self.known_files = Known::default();
    }

    pub(in crate::engine) fn new(setup: &Setup) -> Runner {
        Runner {
            jobs: 0,
            running: SortedMap::new(),
            ended: VecDeque::new(),
            under_way: false,
            slow: SortedMap::new(),
            private: None,
            shell_cwd: setup.cwd.clone(),
            known_files: Known::default(),
            looked_up: SortedSet::new(),
            duties: Duties::default(),
            terminated: None,
            output: StructuredOutput::new(setup.options.json_schema.as_deref()),
        }
    }
}
