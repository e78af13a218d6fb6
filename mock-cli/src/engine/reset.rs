//! The conversation begins again under another id: `/clear` (PROTOCOL 8.3).

use super::Engine;
use super::conversation::Conversation;
use super::cost::Costs;
use super::keep::command_text;
use crate::process::Quit;
use crate::template::Vars;
use crate::time;
use std::time::{Duration, Instant};

impl Engine {
    /// Ends the session and begins another one, which knows nothing of it. `prompt` is the id of the prompt that wants it.
    pub(super) fn begin_again(&mut self, prompt: &str) -> Result<(), Quit> {
        let reason = "clear";
        let vars = Vars::new().with("reason", reason);
        self.fire("SessionEnd", reason, None, vars)?;
        let vars = self.vars().with("user_message_uuid", prompt);
        // The version that tells of it begins to count again, too.
        let told = !self.setup.profile.message("conversation_reset").is_null();
        self.emit("conversation_reset", &vars)?;
        if told {
            self.tell_tasks()?;
        }
        let totals = self.totals();
        self.setup.session.recorder.process_ended(totals);
        self.save();

        let setup = &mut self.setup;
        let id = setup.ids.uuid();
        setup
            .session
            .begin_again(&id, &setup.home, setup.profile, &setup.cwd);
        self.progress.started = Instant::now();
        self.progress.started_ms = time::now_ms();
        self.conversation = Conversation::new(0);
        self.tools.forget_files();
        let model = &mut self.model;
        if told {
            (model.costs, model.unreported) = (Costs::default(), Costs::default());
            model.api_time = Duration::ZERO;
            model.requests = 0;
        }
        (model.context_tokens, model.last_billed) = (0, None);
        self.session_starts(reason)
    }

    /// Keeps the command at the beginning of the new session.
    pub(super) fn keep_cleared(&mut self, name: &str, args: &str, prompt: &str) {
        self.keep_beside("mode", &Vars::new());
        self.keep_said(super::CAVEAT, true, None);
        self.keep_said(&command_text(name, args), false, Some(prompt));
        let said = Vars::new()
            .with("content", "<local-command-stdout></local-command-stdout>")
            .with(
                "command_run",
                serde_json::json!({"command": name, "args": args}),
            );
        self.keep("local_command", None, &said);
        self.save();
    }
}
