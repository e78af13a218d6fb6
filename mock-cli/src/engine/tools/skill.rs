//! `Skill`: the model calls a skill or a command of the user's own.

use super::{Done, Shape};
use crate::engine::Engine;
use crate::process::Quit;
use crate::protocol::tools::{Launched, Skill};
use crate::protocol::wire::Wire;
use serde_json::{Value, json};

impl Engine {
    /// Why there is nothing to call.
    pub(super) fn unknown_skill(&self, name: &str, input: &Value) -> Option<Done> {
        if name != "Skill" {
            return None;
        }
        let skill = Skill::at(input).skill?;
        let named = skill.trim_start_matches('/');
        let known = self.setup.own.command(named).is_some()
            || self
                .setup
                .profile
                .prompt_commands
                .iter()
                .any(|one| one == named);
        let said = format!("Unknown skill: {named}");
        (!known).then(|| Done::uncalled(&said, format!("Error: {said}")))
    }

    /// Calls a skill: what it says stands behind the result.
    pub(super) fn launch_skill(&mut self, input: &Value) -> Result<Done, Quit> {
        let input = Skill::at(input);
        let name = input.skill.unwrap_or_default();
        let name = name.trim_start_matches('/').to_owned();
        let args = input.args.unwrap_or_default();
        let version = self.setup.profile.behaviour.own_definitions;
        let mut expansion = match self.setup.own.command(&name) {
            Some(command) => command.expand(&args, version),
            None => crate::engine::own::Expansion::of_cli(&name, &args, "running", false),
        };
        if let Err(why) = self.insert_output(&mut expansion)? {
            return Ok(Done::failed(&why));
        }
        let structured = Launched {
            success: Some(true),
            name: Some(name.clone()),
            tools: (!expansion.tools.is_empty()).then_some(expansion.tools),
            ..Launched::default()
        };
        Ok(Done {
            shape: Shape::Launched,
            behind: Some(json!({"type": "text", "text": expansion.text})),
            ..Done::plain(format!("Launching skill: {name}"), structured.write())
        })
    }
}
