//! The events of a stream, where a client asked for them.

use super::Engine;
use super::message::Message;
use super::turn::Turn;
use crate::process::Quit;
use crate::protocol::api::Event;
use crate::protocol::wire::Wire;
use crate::template::Vars;
use serde_json::Value;

impl Engine {
    /// One of the last events: where more is to be said of the answer's end, it comes after that.
    pub(super) fn last_event(
        &mut self,
        turn: &mut Turn,
        message: &Message,
        event: &Event,
    ) -> Result<(), Quit> {
        let ends = ["refusal", "max_tokens", "model_context_window_exceeded"];
        let more = message.stop_reason.as_deref();
        if !more.is_some_and(|reason| ends.contains(&reason)) {
            return self.event(message, event, Vars::new());
        }
        if self.setup.options.partial && message.streams {
            let vars = self.event_vars(message, event.write(), Vars::new());
            turn.held.push(vars);
        }
        Ok(())
    }

    /// The last events of an answer, where they have waited.
    pub(super) fn tell_held(&mut self, turn: &mut Turn) -> Result<(), Quit> {
        for vars in std::mem::take(&mut turn.held) {
            self.emit("stream_event", &vars)?;
        }
        Ok(())
    }

    /// A stream event, where they are asked for.
    pub(super) fn event(
        &mut self,
        message: &Message,
        event: &Event,
        vars: Vars,
    ) -> Result<(), Quit> {
        if !self.setup.options.partial || !message.streams {
            return Ok(());
        }
        self.event_of(message, event.write(), vars)
    }

    /// The same of an event as the profile has it.
    pub(super) fn event_of(
        &mut self,
        message: &Message,
        event: Value,
        vars: Vars,
    ) -> Result<(), Quit> {
        if !self.setup.options.partial || !message.streams {
            return Ok(());
        }
        let vars = self.event_vars(message, event, vars);
        self.emit("stream_event", &vars)
    }

    fn event_vars(&mut self, message: &Message, event: Value, vars: Vars) -> Vars {
        let session = self.setup.session.id.clone();
        vars.with("session_id", session)
            .with("uuid", self.setup.ids.uuid())
            .with("event", event)
            .with("message_id", message.id.as_str())
    }
}
