//! What the script has the stand-in do in the middle of a turn, and a real CLI does not, or should not.

use super::Engine;
use crate::faults::{self, PointFault};
use crate::ids::Ids;
use crate::ledger::Event;
use crate::process::Quit;
use serde_json::json;

impl Engine {
    /// Does that; the error ends the process.
    pub(super) fn misbehave(&mut self, fault: &PointFault) -> Result<(), Quit> {
        let session = self.setup.session.id.clone();
        let uuid = |ids: &mut Ids| ids.uuid();
        let line = match fault {
            PointFault::Noise(text) => format!("{text}\n").into_bytes(),
            PointFault::Bytes(bytes) => bytes.clone(),
            PointFault::BlankLine => b"\n".to_vec(),
            PointFault::DuplicateLine => return self.setup.out.again(),
            PointFault::Message(message) => return self.setup.out.message(message.clone()),
            PointFault::UnknownType => {
                let uuid = uuid(&mut self.setup.ids);
                return self.setup.out.message(json!({
                    "type": "future_event", "future": true, "session_id": session, "uuid": uuid,
                }));
            }
            PointFault::UnknownSubtype => {
                let uuid = uuid(&mut self.setup.ids);
                return self.setup.out.message(json!({
                    "type": "system", "subtype": "future_notice", "session_id": session, "uuid": uuid,
                }));
            }
            PointFault::UnknownBlock => {
                let (id, uuid) = (
                    self.setup.ids.tagged("msg_01", 22),
                    uuid(&mut self.setup.ids),
                );
                return self.setup.out.message(json!({
                    "type": "assistant",
                    "message": {
                        "id": id, "type": "message", "role": "assistant", "model": self.model.name,
                        "content": [{"type": "hologram", "data": "AAAA"}],
                        "stop_reason": null, "stop_sequence": null,
                        "usage": {"input_tokens": 1, "output_tokens": 1},
                    },
                    "parent_tool_use_id": null, "session_id": session, "uuid": uuid,
                }));
            }
            PointFault::Stderr(text) => {
                self.setup.ledger.note(Event::Stderr { text: text.clone() });
                return faults::perform(fault);
            }
            PointFault::StderrFlood(_) => {
                self.setup.ledger.note(Event::Waiting {
                    on: "stderr".into(),
                });
                faults::perform(fault)?;
                self.setup.ledger.note(Event::Resumed);
                return Ok(());
            }
            PointFault::Nul => {
                self.setup.out.stdout().damage(b"\0");
                return Ok(());
            }
            PointFault::InvalidUtf8 => {
                self.setup.out.stdout().damage(b"\xff\xc3(");
                return Ok(());
            }
            PointFault::CloseStdout => {
                return self.setup.out.stdout().close().map_err(faults::failed);
            }
            PointFault::Silence(Some(ms)) => {
                self.setup.inbox.sleep(self.setup.clock.wait(*ms));
                return Ok(());
            }
            PointFault::Silence(None) => self.setup.inbox.hang(),
            process => return faults::perform(process),
        };
        self.setup.out.bytes(&line)
    }
}
