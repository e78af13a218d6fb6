//! Who may do what, and who was asked.

use super::{Asked, ToolCall};
use crate::engine::{Engine, Setup};
use crate::permissions::{Capabilities, Decision, Permissions, ToolUse};
use crate::profile::Profile;
use crate::protocol::rules::Update;
use serde_json::Value;

/// The permissions of a session.
#[derive(Debug)]
pub(in crate::engine) struct Gate {
    pub(in crate::engine) rules: Permissions,
    pub(in crate::engine) mode: String,
    /// `permission_denials` of the results.
    pub(in crate::engine) denials: Vec<Value>,
    /// A question that went out before its turn.
    pub(super) asked: Option<Asked>,
}

impl Gate {
    pub(in crate::engine) fn new(setup: &Setup) -> Gate {
        Gate {
            rules: crate::settings::permissions(&setup.options, &setup.home, &setup.cwd),
            mode: setup.options.mode().to_owned(),
            denials: Vec::new(),
            asked: None,
        }
    }
}

/// What a version does about permissions.
pub(in crate::engine) fn capabilities(profile: &Profile) -> Capabilities {
    Capabilities {
        permissions: profile.behaviour.permissions,
        shell: profile.behaviour.shell,
    }
}

impl Engine {
    /// Decides about a call.
    pub(super) fn decide(&self, call: &ToolCall) -> Decision {
        let capabilities = capabilities(self.setup.profile);
        self.permissions
            .rules
            .decide(&capabilities, &self.use_of(call))
    }

    /// Whether a command is one that older versions have explained to them first.
    pub(super) fn is_unclear(&self, call: &ToolCall) -> bool {
        let capabilities = capabilities(self.setup.profile);
        self.permissions
            .rules
            .is_unclear(&capabilities, &self.use_of(call))
    }

    /// Why a call on a file is refused before anybody is asked.
    pub(super) fn refuses(&self, call: &ToolCall) -> Option<&'static str> {
        let capabilities = capabilities(self.setup.profile);
        self.permissions
            .rules
            .refuses(&capabilities, &self.use_of(call))
    }

    /// A call with the full path of its file, where the version shows it so.
    pub(super) fn located(&self, call: &ToolCall) -> ToolCall {
        let mut call = call.clone();
        let key = match call.name.as_str() {
            "Read" | "Write" | "Edit" => "file_path",
            _ => return call,
        };
        let full = self.permissions.rules.path_of(&self.use_of(&call));
        if self.setup.profile.behaviour.permissions >= 3
            && let Some(full) = full
        {
            call.input[key] = full.to_string_lossy().into();
        }
        call
    }

    /// Takes what a client decided for more than one call.
    pub(super) fn take_updates(&mut self, updates: &[Update]) {
        for update in updates {
            if let Some(mode) = self.permissions.rules.apply(update) {
                self.permissions.mode = mode;
            }
        }
    }

    pub(super) fn use_of<'a>(&'a self, call: &'a ToolCall) -> ToolUse<'a> {
        ToolUse {
            tool: &call.name,
            input: &call.input,
            mode: &self.permissions.mode,
            folder: &self.tools.shell_cwd,
        }
    }
}
