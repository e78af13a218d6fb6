//! What the client answers when the CLI asks: as the recorded client did.

use super::recording::Recording;
use serde_json::Value;

/// The recorded requests of the CLI with their answers, each used once.
#[derive(Debug)]
pub struct Answers {
    asked: Vec<(Value, Vec<Value>)>,
}

impl Answers {
    /// The answers of a recording.
    #[must_use]
    pub fn of(recording: &Recording) -> Self {
        let asked = recording
            .stdout
            .iter()
            .filter(|line| line["type"] == "control_request")
            .map(|line| {
                let id = &line["request_id"];
                let answers = recording.sent.iter().filter(|frame| {
                    frame["type"] == "control_response" && frame["response"]["request_id"] == *id
                });
                (line.clone(), answers.cloned().collect())
            })
            .collect();
        Answers { asked }
    }

    /// The frames that answer this line of stdout; none where it is no request or none was given.
    pub fn to(&mut self, line: &Value) -> Vec<Value> {
        if line["type"] != "control_request" {
            return Vec::new();
        }
        let alike = |a: &Value, keys: &[&str]| {
            keys.iter()
                .all(|key| a["request"].pointer(key) == line["request"].pointer(key))
        };
        // The most alike first: requests may come in another order.
        let keys: [&[&str]; 3] = [
            &[
                "/subtype",
                "/tool_name",
                "/input",
                "/callback_id",
                "/tool_use_id",
                "/message/method",
                "/message/id",
            ],
            &["/subtype", "/tool_name", "/callback_id", "/message/method"],
            &["/subtype"],
        ];
        let found = keys
            .iter()
            .find_map(|keys| self.asked.iter().position(|(asked, _)| alike(asked, keys)));
        let Some(found) = found else {
            return Vec::new();
        };
        let (asked, mut answers) = self.asked.remove(found);
        for answer in &mut answers {
            if let Some(id) = answer.pointer_mut("/response/request_id") {
                *id = line["request_id"].clone();
            }
            let message = answer.pointer_mut("/response/response/mcp_response/id");
            if let (Some(id), Some(ours)) = (message, line.pointer("/request/message/id")) {
                *id = ours.clone();
            }
            for key in ["tool_use_id", "toolUseID"] {
                let given = answer.pointer_mut(&format!("/response/response/{key}"));
                if let (Some(id), Some(_)) = (given, asked["request"].get("tool_use_id")) {
                    *id = line["request"]["tool_use_id"].clone();
                }
            }
        }
        answers
    }
}
