//! Sub-commands: none of them takes a turn of the script.

use super::Run;
use crate::process::{Quit, Stdout, complain};
use crate::profile::Moment;
use crate::startup::Startup;
use crate::sub;
use crate::transcript::Home;
use std::path::Path;

impl Run {
    /// Carries out the sub-command that the arguments are, if they are one, and ends.
    pub(super) fn sub_command(
        &mut self,
        startup: &mut Startup,
        home: &Home,
        cwd: Option<&Path>,
    ) -> Result<(), Quit> {
        let profile = self.profile;
        // Files have their places before one of them is changed.
        let done = match cwd {
            Some(cwd) if sub::is_one(&self.args, profile) => {
                startup.reach(Moment::Parsed, &mut self.ids)?;
                sub::run(&self.args, profile, home, cwd)
            }
            _ => None,
        };
        let (stdout, stderr, code) = if let Some(done) = done {
            (done.stdout, done.stderr, done.code)
        } else if let Some(answer) = profile.sub_command(&self.args) {
            startup.reach(answer.reaches, &mut self.ids)?;
            (answer.stdout, answer.stderr, answer.code)
        } else {
            return Ok(());
        };
        complain(&stderr);
        if !stdout.is_empty() {
            Stdout::new(self.ledger.clone(), &profile.behaviour).line(&stdout)?;
        }
        Err(Quit(code))
    }
}
