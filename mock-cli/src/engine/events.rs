//! The events of a stream, where a client asked for them.

use super::Engine;
use super::message::Message;
use super::turn::Turn;
use crate::process::Quit;
use crate::protocol::api::Event;
use crate::protocol::wire::Wire;
use crate::template::{Vars, render};
use serde_json::{Value, json};

impl Engine {
    /// One of the last events: where more is to be said of the answer's end, it comes after that.
    pub(super) fn last_event(
        &mut self,
        turn: &mut Turn,
        message: &Message,
        event: &Event,
    ) -> Result<(), Quit> {
        if !message.ends_early() {
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
        match turn.late_headers.take() {
            Some(headers) => self.tell_limits(&headers),
            None => Ok(()),
        }
    }

    /// Ends an answer that broke off, where it is asked for again or goes on.
    pub(super) fn close_broken(&mut self, message: &Message) -> Result<(), Quit> {
        if message.open.is_some() {
            let stop = Event::block_stop(message.blocks.len() as u64);
            self.event(message, &stop, Vars::new())?;
        }
        self.event(message, &Event::message_stop(), abandoned(message))
    }

    /// Ends an answer that somebody stopped; `open`: in the middle of this block.
    pub(super) fn close_stopped(
        &mut self,
        message: &Message,
        open: Option<u64>,
    ) -> Result<(), Quit> {
        if !message.started || !self.setup.profile.behaviour.closes_stopped {
            return Ok(());
        }
        if let Some(block) = open {
            self.event(message, &Event::block_stop(block), Vars::new())?;
        }
        let delta = render(
            &self.setup.profile.message("aborted_delta"),
            &message.usage.vars(Vars::new()),
        );
        self.event_of(message, delta, Vars::new())?;
        self.event(message, &Event::message_stop(), abandoned(message))
    }

    /// Leaves an answer that broke off without an end, until another one begins in the turn.
    pub(super) fn leave_open(&mut self, turn: &mut Turn, message: &Message) {
        let delta = self.setup.profile.message("aborted_delta");
        if delta.is_null() || !self.setup.options.partial || !message.streams || !message.started {
            return;
        }
        let delta = render(&delta, &message.usage.vars(Vars::new()));
        let stop = Event::message_stop().write();
        turn.unclosed = vec![
            self.event_vars(message, delta, Vars::new()),
            self.event_vars(message, stop, abandoned(message)),
        ];
    }

    /// The end of an answer that was left open.
    pub(super) fn close_left(&mut self, turn: &mut Turn) -> Result<(), Quit> {
        for vars in std::mem::take(&mut turn.unclosed) {
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

/// What of an answer came to nothing.
fn abandoned(message: &Message) -> Vars {
    let blocks = json!({"api_message_id": message.id, "from_block_index": message.blocks.len()});
    Vars::new().with("abandoned_blocks", blocks)
}
