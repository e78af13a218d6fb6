//! What servers ask the user while one of their tools runs: hooks may answer, else the client does.

use crate::engine::Engine;
use crate::process::Quit;
use crate::protocol::mcp::{Elicit, Elicited, Id};
use crate::template::Vars;

/// A question, or that one was answered elsewhere.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) server: String,
    /// The server's own id; None: there is nothing left to answer.
    pub(super) id: Option<Id>,
    pub(super) asked: Elicit,
}

impl Engine {
    /// Has all answered that servers have asked, one after the other.
    pub(super) fn answer_questions(&mut self) -> Result<(), Quit> {
        while !self.mcp.asked.is_empty() {
            let Question { server, id, asked } = self.mcp.asked.remove(0);
            match id {
                Some(id) => {
                    let answer = self.elicit(&server, &asked)?;
                    if let Some(link) = self.mcp.link(&server) {
                        link.reply(&id, &answer);
                    }
                }
                None => self.answered_elsewhere(&server, asked.elicitation_id)?,
            }
        }
        Ok(())
    }

    fn elicit(&mut self, server: &str, asked: &Elicit) -> Result<Elicited, Quit> {
        let mode = asked.mode.as_deref().unwrap_or("form");
        let schema = asked.requested_schema.as_ref();
        let names = schema
            .and_then(|schema| schema.get("properties")?.as_object())
            .map(|properties| properties.keys().cloned().collect::<Vec<_>>());
        let about = Vars::new()
            .with("server", server)
            .with("mode", mode)
            .maybe("elicitation_id", asked.elicitation_id.as_deref());
        let question = about
            .clone()
            .maybe("message", asked.message.as_deref())
            .maybe("url", asked.url.as_deref())
            .maybe("requested_schema", schema.cloned());
        let said = self.fire("Elicitation", server, None, question.clone())?;
        if said.block("").is_some() {
            return Ok(Elicited::act("decline"));
        }
        if let Some(answer) = said.elicited {
            return Ok(answer);
        }
        let mut answer = Elicited::act("cancel");
        if !self.streams() || self.queue.input_ended {
            return Ok(answer);
        }
        let request = self.setup.ids.uuid();
        let vars = question
            .with("request_id", request.as_str())
            .maybe("property_order", names);
        self.emit("elicitation", &vars)?;
        if let Some(response) = self.reply_to(&request)? {
            let given = response.payload().map(Elicited::at).unwrap_or_default();
            if given.is_known() {
                answer = given;
            }
        }
        let action = answer.action.clone().unwrap_or_default();
        let given = about
            .with("action", action)
            .maybe("content", answer.content.clone());
        let said = self.fire("ElicitationResult", server, None, given)?;
        if said.block("").is_some() {
            answer = Elicited::act("decline");
        } else if let Some(instead) = said.elicited {
            answer = instead;
        }
        let action = answer.action.as_deref().unwrap_or_default();
        let text = format!("Elicitation response for server \"{server}\": {action}");
        self.notify_hooks("elicitation_response", text)?;
        Ok(answer)
    }

    fn answered_elsewhere(&mut self, server: &str, id: Option<String>) -> Result<(), Quit> {
        // A notification that names no question is about none.
        let Some(id) = id else {
            return Ok(());
        };
        let text = format!("MCP server \"{server}\" confirmed elicitation {id} complete");
        let vars = self
            .vars()
            .with("server", server)
            .with("elicitation_id", id);
        self.emit("elicitation_complete", &vars)?;
        self.notify_hooks("elicitation_complete", text)
    }

    /// Tells hooks that the user might want to look.
    fn notify_hooks(&mut self, kind: &'static str, text: String) -> Result<(), Quit> {
        let vars = Vars::new()
            .with("message", text)
            .with("notification_type", kind);
        self.fire("Notification", kind, None, vars)?;
        Ok(())
    }
}
