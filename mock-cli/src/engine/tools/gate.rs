//! Who may do what, and who was asked.

use super::{Asked, ToolCall};
use crate::engine::{Engine, Setup};
use crate::permissions::{Decision, Permissions, Question, Source, ToolUse, source_of};
use crate::process::Quit;
use crate::protocol::rules::Update;
use crate::settings::{Places, Settings};
use serde_json::Value;

/// The permissions of a session.
#[derive(Debug)]
pub(in crate::engine) struct Gate {
    pub(in crate::engine) rules: Permissions,
    pub(in crate::engine) mode: String,
    /// Whether people know that auto mode cannot check anything here.
    pub(in crate::engine) told_unchecked: bool,
    /// `permission_denials` of the results.
    pub(in crate::engine) denials: Vec<Value>,
    /// A question that went out before its turn.
    pub(in crate::engine) asked: Option<Asked>,
}

impl Gate {
    pub(in crate::engine) fn new(setup: &Setup) -> Gate {
        Gate {
            rules: setup.settings.permissions(
                &setup.options,
                &setup.profile.capabilities(),
                &setup.places(),
            ),
            mode: setup.settings.mode(&setup.options),
            told_unchecked: false,
            denials: Vec::new(),
            asked: None,
        }
    }
}

impl Engine {
    /// Decides about a call.
    pub(super) fn decide(&self, call: &ToolCall) -> Decision {
        let capabilities = self.setup.profile.capabilities();
        let rules = &self.permissions.rules;
        match rules.decide(&capabilities, &self.use_of(call)) {
            // What waits for a plan is asked about where somebody can be asked.
            Decision::Deny {
                message,
                kind: Some("mode"),
                ..
            } if self.permissions.mode == "plan" && self.setup.options.prompt_tool => {
                Decision::Ask(Question {
                    message,
                    kind: Some("mode"),
                    ..Question::default()
                })
            }
            decision => decision,
        }
    }

    /// Whether a command is one that older versions have explained to them first.
    pub(super) fn is_unclear(&self, call: &ToolCall) -> bool {
        let capabilities = self.setup.profile.capabilities();
        self.permissions
            .rules
            .is_unclear(&capabilities, &self.use_of(call))
    }

    /// Why a call on a file is refused before anybody is asked.
    pub(super) fn refuses(&self, call: &ToolCall) -> Option<(&'static str, Source)> {
        let capabilities = self.setup.profile.capabilities();
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

    /// Takes what a client decided for more than one call, and keeps it where it is to last.
    pub(super) fn take_updates(&mut self, updates: &[Update]) -> Result<(), Quit> {
        let capabilities = self.setup.profile.capabilities();
        for update in updates {
            // What cannot be kept is lost without a word.
            let _ = crate::settings::keep(update, &capabilities, &self.setup.places());
            let setup = &self.setup;
            let heeded = |source| setup.settings.heeds(source, &setup.options, &capabilities);
            let heeded = source_of(update).is_some_and(heeded);
            if !heeded && !matches!(update, Update::SetMode(_)) {
                continue;
            }
            if let Some(mode) = self.permissions.rules.apply(update) {
                self.permissions.mode = mode;
                let vars = self.vars();
                self.emit("mode_changed", &vars)?;
            }
        }
        self.read_settings();
        Ok(())
    }

    /// Reads the settings again, after the session has changed them.
    pub(in crate::engine) fn read_settings(&mut self) {
        let setup = &mut self.setup;
        let places = Places::new(&setup.home, &setup.cwd);
        setup.settings = Settings::read(&setup.options, &setup.profile.capabilities(), &places);
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
