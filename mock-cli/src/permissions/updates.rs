//! Changes of permissions that a client asks for, or that are suggested to it.

use super::{Behavior, Held, Permissions, Rule, Source};
use crate::protocol::rules::{
    self as wire, Destination, DirectoriesUpdate, Mode, ModeUpdate, RulesUpdate, Update,
};

/// A change that adds rules which allow.
pub(super) fn allow(rules: &[Rule], destination: Destination) -> Update {
    Update::AddRules(Box::new(RulesUpdate {
        kind: Some("addRules".to_owned()),
        rules: Some(rules.iter().map(Rule::wire).collect()),
        behavior: Some(wire::Behavior::Allow),
        destination: Some(destination),
        ..RulesUpdate::default()
    }))
}

/// A change to the mode that accepts edits.
pub(super) fn accept_edits() -> Update {
    Update::SetMode(Box::new(ModeUpdate {
        mode: Some(Mode::AcceptEdits),
        destination: Some(Destination::Session),
        ..ModeUpdate::default()
    }))
}

/// A change that adds folders.
pub(super) fn directories(directories: Vec<String>) -> Update {
    Update::AddDirectories(Box::new(DirectoriesUpdate {
        kind: Some("addDirectories".to_owned()),
        directories: Some(directories),
        destination: Some(Destination::Session),
        ..DirectoriesUpdate::default()
    }))
}

impl Rule {
    /// As messages carry it.
    #[must_use]
    pub(crate) fn wire(&self) -> wire::Rule {
        wire::Rule {
            tool_name: Some(self.tool.clone()),
            content: self.content.clone(),
            ..wire::Rule::default()
        }
    }
}

/// Where a change is kept; None where it says nothing that is known.
fn destination(update: &Update) -> Option<&Destination> {
    match update {
        Update::AddRules(rules) | Update::ReplaceRules(rules) | Update::RemoveRules(rules) => {
            rules.destination.as_ref()
        }
        Update::SetMode(mode) => mode.destination.as_ref(),
        Update::AddDirectories(directories) | Update::RemoveDirectories(directories) => {
            directories.destination.as_ref()
        }
        Update::Other(_) => None,
    }
}

/// The source of what a change adds; None where it has no place that is known, so that it is none.
#[must_use]
pub(crate) fn source_of(update: &Update) -> Option<Source> {
    Some(match destination(update)? {
        Destination::UserSettings => Source::UserSettings,
        Destination::ProjectSettings => Source::ProjectSettings,
        Destination::LocalSettings => Source::LocalSettings,
        Destination::CliArg => Source::CliArg,
        Destination::Session => Source::Session,
        Destination::Other(_) => return None,
    })
}

impl Permissions {
    /// Takes a change; the mode, if it is one of the mode.
    pub(crate) fn apply(&mut self, update: &Update) -> Option<String> {
        let source = source_of(update)?;
        match update {
            Update::AddRules(change) => {
                for held in held(change, source, self.reading) {
                    if !self.rules.contains(&held) {
                        self.rules.push(held);
                    }
                }
            }
            Update::ReplaceRules(change) => {
                let behavior = behavior_of(change);
                self.rules
                    .retain(|held| held.source != source || Some(held.behavior) != behavior);
                self.rules.extend(held(change, source, self.reading));
            }
            Update::RemoveRules(change) => {
                let gone: Vec<Held> = held(change, source, self.reading).collect();
                self.rules.retain(|held| !gone.contains(held));
            }
            Update::SetMode(change) => {
                return change.mode.as_ref().map(|mode| mode.as_str().to_owned());
            }
            Update::AddDirectories(change) => {
                for directory in change.directories.iter().flatten() {
                    self.add_directory(source, directory);
                }
            }
            Update::RemoveDirectories(change) => {
                for directory in change.directories.iter().flatten() {
                    let path = super::expand(directory, &self.cwd, &self.home);
                    self.directories.retain(|(_, known)| *known != path);
                }
            }
            Update::Other(_) => {}
        }
        None
    }
}

fn behavior_of(change: &RulesUpdate) -> Option<Behavior> {
    match change.behavior.as_ref()? {
        wire::Behavior::Allow => Some(Behavior::Allow),
        wire::Behavior::Deny => Some(Behavior::Deny),
        wire::Behavior::Ask => Some(Behavior::Ask),
        wire::Behavior::Other(_) => None,
    }
}

fn held(change: &RulesUpdate, source: Source, reading: u8) -> impl Iterator<Item = Held> {
    let behavior = behavior_of(change);
    let rules = change.rules.iter().flatten();
    rules.filter_map(move |rule| {
        let rule = Rule {
            tool: rule.tool_name.clone()?,
            content: rule.content.clone(),
        };
        Some(Held {
            source,
            behavior: behavior?,
            rule: rule.meant(behavior?, reading)?,
        })
    })
}
