//! `EnterPlanMode` and `ExitPlanMode`.

use super::{Done, Shape, ToolCall};
use crate::engine::Engine;
use crate::process::Quit;
use crate::profile::PlanExit;
use crate::protocol::tools::{Plan, PlanResult};
use crate::protocol::wire::{Nullable, Wire};
use crate::template::{Vars, text};
use serde_json::json;
use std::fs;
use std::path::PathBuf;

/// The mode in which only a plan is made.
const PLANNING: &str = "plan";

impl Engine {
    /// What keeps plan mode from being left, before anybody is asked.
    pub(super) fn cannot_exit(&self, call: &ToolCall) -> Option<Done> {
        let says = self.setup.profile.text("not_planning");
        let leaves = call.name == "ExitPlanMode" && self.permissions.mode != PLANNING;
        (leaves && !says.is_empty()).then(|| Done::uncalled(says, format!("Error: {says}")))
    }

    /// A call as the version asks about it: newer ones look for the plan in a file alone.
    pub(super) fn without_plan(&self, call: &ToolCall) -> ToolCall {
        let mut call = call.clone();
        let drops = self.setup.profile.toolbox.plan_exit == PlanExit::FromFile;
        if drops
            && call.name == "ExitPlanMode"
            && let Some(input) = call.input.as_object_mut()
        {
            input.shift_remove("plan");
        }
        call
    }

    /// Goes into plan mode.
    pub(super) fn enter_plan(&mut self) -> Result<Done, Quit> {
        self.switch_mode(PLANNING)?;
        let said = self.setup.profile.text("plan_entered");
        Ok(Done::plain(said, json!({"message": said})))
    }

    /// Leaves plan mode, with the plan of the call or that of the session's file.
    pub(super) fn exit_plan(&mut self, call: &ToolCall) -> Result<Done, Quit> {
        let profile = self.setup.profile;
        if self.permissions.mode == PLANNING {
            let before = match self.setup.options.named_mode() {
                Some(PLANNING) | None => "default",
                Some(mode) => mode,
            };
            let before = before.to_owned();
            self.switch_mode(&before)?;
        }
        let given = Plan::at(&call.input).plan;
        let exit = profile.toolbox.plan_exit;
        let file = self.plan_file();
        let edited = given.filter(|_| exit >= PlanExit::Given);
        let plan = match &edited {
            Some(plan) => {
                // As with all files: what cannot be written is lost without a word.
                let folder = file.parent().unwrap_or(&file);
                let _ = fs::create_dir_all(folder).and_then(|()| fs::write(&file, plan));
                Some(plan.clone())
            }
            None if exit > PlanExit::Plain => fs::read_to_string(&file).ok(),
            None => None,
        };
        let path = file.to_string_lossy().into_owned();
        let name = match (&plan, &edited) {
            (None, _) => "plan_left",
            (Some(_), None) => "plan_approved",
            (Some(_), Some(_)) => "plan_edited",
        };
        let vars = Vars::new()
            .with("file", path.as_str())
            .with("plan", plan.clone().unwrap_or_default());
        let structured = PlanResult {
            plan: Nullable::there(plan),
            agent: Some(false),
            path: Some(path),
            edited: edited.map(|_| true),
            ..PlanResult::default()
        };
        let said = text(profile.text(name), &vars);
        Ok(Done {
            shape: Shape::Answer,
            ..Done::plain(said, structured.write())
        })
    }

    /// Where the session's plan stands.
    fn plan_file(&mut self) -> PathBuf {
        self.name_plan("");
        let name = self.setup.session.recorder.plan().unwrap_or_default();
        let plans = self.setup.home.config_dir.join("plans");
        plans.join(format!("{name}.md"))
    }

    /// Changes the mode, and tells of it where the version does.
    fn switch_mode(&mut self, mode: &str) -> Result<(), Quit> {
        mode.clone_into(&mut self.permissions.mode);
        let vars = self.vars();
        self.emit("mode_changed", &vars)
    }
}
