//! Whether a tool may run: rules, modes, folders, and what a command line would do (PROTOCOL 7.2).
//!
//! It knows nothing of the session around it: it is given a call and says what becomes of it. What it cannot tell, it
//! asks about, as the CLI does.

mod bash;
mod bash_files;
mod by_words;
mod by_words_files;
mod decide;
mod globs;
mod paths;
mod rule;
pub(crate) mod shell;
mod suggest;
mod updates;
mod web;
mod wording;

pub(crate) use crate::protocol::rules::{Destination, Update};
pub(crate) use paths::{expand, normalise, resolve};
pub(crate) use rule::{Behavior, Rule, Source, split};
pub(crate) use updates::source_of;
pub(crate) use web::host;

use serde_json::Value;
use std::path::{Path, PathBuf};

/// What a version does about permissions; see the profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capabilities {
    /// 1: as in 1.0; 2: as in 2.0; 3: as in 2.1, which distrusts projects; 4: but not the settings of this machine.
    pub permissions: u8,
    /// How commands are read. 1: in 1.0; 2: in 2.0; 3: in 2.1, naming syntax; 4: in 2.1, in plain words.
    pub shell: u8,
}

/// A call that is decided about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ToolUse<'a> {
    /// The tool.
    pub tool: &'a str,
    /// Its input.
    pub input: &'a Value,
    /// The permission mode.
    pub mode: &'a str,
    /// The folder in which commands run; files are named from there as well.
    pub folder: &'a Path,
}

/// What is decided about a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Decision {
    /// It runs; why, as `tool_result_meta` names it.
    Allow(&'static str),
    /// It runs, as a rule names it.
    Granted(Source),
    /// It does not run.
    Deny {
        /// What the model is told.
        message: String,
        /// The kind of reason.
        kind: Option<&'static str>,
        /// The reason, where people are told one.
        reason: Option<String>,
        /// Where the rule comes from that denies it.
        rule_source: Option<Source>,
    },
    /// Somebody is to be asked; where there is nobody it is denied with this text.
    Ask(Question),
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Question {
    /// What the model is told where nobody can be asked.
    pub message: String,
    /// What could be allowed for longer; None where nothing is suggested.
    pub suggestions: Option<Vec<Update>>,
    /// The file that it is about.
    pub blocked_path: Option<String>,
    /// The kind of reason.
    pub kind: Option<&'static str>,
    /// The reason, where people are told one.
    pub reason: Option<String>,
    /// Of a safety check: whether a classifier could answer it. Where not, nothing is suggested to be allowed always.
    pub approvable: Option<bool>,
    /// Where the rule comes from that has it asked.
    pub rule_source: Option<Source>,
}

/// A rule and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) source: Source,
    pub(crate) behavior: Behavior,
    pub(crate) rule: Rule,
}

/// The permissions of a session.
#[derive(Debug, Clone, Default)]
pub(crate) struct Permissions {
    pub(crate) rules: Vec<Held>,
    /// The working folder.
    cwd: PathBuf,
    home: PathBuf,
    /// The folder of the user's settings.
    config: PathBuf,
    /// The folder of the settings that the command line gives.
    given: PathBuf,
    /// How rules are read, [`Capabilities::permissions`].
    reading: u8,
    /// Folders besides the working folder, each with where it comes from.
    pub(crate) directories: Vec<(Source, PathBuf)>,
}

impl Permissions {
    /// Without any rule. `given` is the folder of the settings that the command line gives.
    #[must_use]
    pub(crate) fn new(
        cwd: &Path,
        home: &Path,
        config: &Path,
        given: &Path,
        capabilities: &Capabilities,
    ) -> Self {
        Permissions {
            rules: Vec::new(),
            cwd: cwd.to_owned(),
            home: home.to_owned(),
            config: config.to_owned(),
            given: given.to_owned(),
            reading: capabilities.permissions,
            directories: Vec::new(),
        }
    }

    /// Adds rules.
    pub(crate) fn add(
        &mut self,
        source: Source,
        rules: impl IntoIterator<Item = (Behavior, Rule)>,
    ) {
        let reading = self.reading;
        let held = rules.into_iter().filter_map(|(behavior, rule)| {
            Some(Held {
                source,
                behavior,
                rule: rule.meant(behavior, reading)?,
            })
        });
        self.rules.extend(held);
    }

    /// Adds a folder in which the session works.
    pub(crate) fn add_directory(&mut self, source: Source, directory: &str) {
        let path = expand(directory, &self.cwd, &self.home);
        if path != self.cwd && !self.directories.iter().any(|(_, known)| *known == path) {
            self.directories.push((source, path));
        }
    }

    /// Whether a folder is one of the session's, or lies in one.
    #[must_use]
    pub(crate) fn covers(&self, folder: &Path) -> bool {
        self.inside(&normalise(folder, &self.cwd))
    }

    /// Whether a tool is disallowed altogether, so that the model does not even see it.
    #[must_use]
    pub(crate) fn hides(&self, tool: &str) -> bool {
        self.of(Behavior::Deny)
            .any(|held| held.rule.speaks_of(tool) && held.rule.content.is_none())
    }

    /// The rules of a behavior.
    pub(crate) fn of(&self, behavior: Behavior) -> impl Iterator<Item = &Held> {
        self.rules
            .iter()
            .filter(move |held| held.behavior == behavior)
    }

    /// The rule that speaks of all of a tool.
    fn whole(&self, behavior: Behavior, tool: &str) -> Option<&Held> {
        self.of(behavior)
            .find(|held| held.rule.content.is_none() && held.rule.speaks_of(tool))
    }

    /// The session's folders, the working folder first.
    fn folders(&self) -> impl Iterator<Item = &Path> {
        let others = self.directories.iter().map(|(_, path)| path.as_path());
        std::iter::once(self.cwd.as_path()).chain(others)
    }

    /// Whether a normalised path lies in one of the session's folders, as they are named or where their links lead.
    fn inside(&self, path: &Path) -> bool {
        self.folders().any(|folder| {
            path.starts_with(folder) || resolve(folder).is_some_and(|real| path.starts_with(real))
        })
    }

    /// The folder from which the paths of a source's rules are named that begin with one slash.
    fn base(&self, source: Source) -> &Path {
        match source {
            Source::UserSettings => &self.config,
            Source::FlagSettings => &self.given,
            _ => &self.cwd,
        }
    }

    /// The rule on files that speaks of a path, as it is named or where its links lead.
    fn path_rule(&self, behavior: Behavior, tools: &[&str], path: &Path) -> Option<&Held> {
        let real = resolve(path);
        self.of(behavior).find(|held| {
            let Some(content) = &held.rule.content else {
                return false;
            };
            if !tools.contains(&held.rule.tool.as_str()) {
                return false;
            }
            let rule = globs::PathRule::new(content, self.base(held.source), &self.cwd, &self.home);
            let real_root = |path: &Path| rule.covers(path) || rule.resolved().covers(path);
            match (&real, behavior) {
                // What is allowed has to be so wherever it leads.
                (Some(real), Behavior::Allow) => rule.covers(path) && real_root(real),
                (None, Behavior::Allow) => false,
                (real, _) => rule.covers(path) || real.as_deref().is_some_and(real_root),
            }
        })
    }
}

#[cfg(test)]
mod tests;
