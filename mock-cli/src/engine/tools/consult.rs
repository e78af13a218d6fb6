//! Asking the client whether a tool may run (`can_use_tool`).

use super::{Done, Shape, ToolCall, accepted, rejected};
use crate::engine::{Engine, mcp};
use crate::permissions::Question;
use crate::process::{Quit, complain};
use crate::protocol::control::{Approval, Response};
use crate::protocol::mcp::Content;
use crate::protocol::rules::Behavior;
use crate::protocol::rules::Update;
use crate::protocol::tools::{Bash, File, WebQuery};
use crate::protocol::wire::Wire;
use crate::template::Vars;
use serde_json::{Value, json};

/// A question that is out.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(super) tool: String,
    request: String,
}

/// What the client says.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It runs, with this input.
    Run(Value, Value),
    /// It does not run.
    Not(Done),
    /// Asking went wrong, which is no denial.
    Wrong(Done),
    /// It does not, and the turn ends.
    Stop(Option<Done>),
    /// The user stopped the turn meanwhile.
    Halted,
}

impl Engine {
    /// Sends the question.
    pub(super) fn send_question(
        &mut self,
        call: &ToolCall,
        question: &Question,
    ) -> Result<Asked, Quit> {
        let description = match call.name.as_str() {
            "Bash" => {
                let bash = Bash::at(&call.input);
                bash.description.or(bash.command)
            }
            "Task" | "Agent" => Bash::at(&call.input).description,
            "WebFetch" => WebQuery::at(&call.input).url,
            "WebSearch" => WebQuery::at(&call.input).query,
            _ => {
                let path = File::at(&call.input).file_path;
                path.map(|path| self.below_cwd(&path))
            }
        };
        let request = self.setup.ids.uuid();
        let vars = Vars::new()
            .with("request_id", request.as_str())
            .with("tool_name", call.name.as_str())
            .with("input", call.input.clone())
            .with("tool_use_id", call.id.as_str())
            .maybe("description", description)
            .maybe("agent_id", self.agents.id())
            .with("display_name", self.display_name(&call.name))
            .maybe("mcp_server", self.server_of(&call.name))
            .maybe(
                "server_policy_ask_only",
                match question.rule_source {
                    Some(_) => Some(false),
                    None => call.name.starts_with("mcp__").then_some(true),
                },
            )
            .maybe(
                "permission_suggestions",
                question
                    .suggestions
                    .as_ref()
                    .map(|list| list.iter().map(Update::write).collect::<Vec<_>>()),
            )
            .maybe("blocked_path", question.blocked_path.clone())
            .maybe("decision_reason", question.reason.clone())
            .maybe("decision_reason_type", question.kind)
            .maybe("classifier_approvable", question.approvable)
            .maybe(
                "suppress_always_allow_rule",
                (question.approvable == Some(false)).then_some(true),
            )
            .maybe(
                "decision_reason_rule_source",
                question.rule_source.map(|source| source.name()),
            )
            .maybe(
                "requires_user_interaction",
                matches!(call.name.as_str(), "AskUserQuestion" | "ExitPlanMode").then_some(true),
            );
        self.emit("can_use_tool", &vars)?;
        Ok(Asked {
            tool: call.id.clone(),
            request,
        })
    }

    /// A tool's name for people.
    fn display_name(&self, tool: &str) -> String {
        match tool.strip_prefix("mcp__").and_then(|t| t.split_once("__")) {
            Some((_, tool)) => mcp::title(tool),
            None => tool.to_owned(),
        }
    }

    /// The server of a tool.
    fn server_of(&mut self, tool: &str) -> Option<Value> {
        let (server, _) = mcp::find(&mut self.mcp.servers, tool)?;
        Some(json!({"name": server.name, "source": server.source()}))
    }

    fn below_cwd(&self, path: &str) -> String {
        let cwd = format!("{}/", self.setup.cwd.display());
        path.strip_prefix(&cwd).unwrap_or(path).to_owned()
    }

    /// Asks and waits for the answer.
    pub(super) fn consult(
        &mut self,
        call: &ToolCall,
        question: &Question,
    ) -> Result<Verdict, Quit> {
        let failed = |text: &str, closed: bool| {
            let text = format!("Tool permission request failed: {text}");
            let done = Done {
                not_run: Some("permission-rule"),
                decision: Some(rejected("config", Some("other"))),
                ..Done::failed(&text)
            };
            Verdict::Not(match closed {
                true => done.keeping("unanswered", "stream-closed"),
                false => done,
            })
        };
        let error = self.setup.profile.text("closed_error").to_owned();
        if let Some(tool) = self.setup.options.permission_tool.clone() {
            return self.consult_server(call, &tool);
        }
        if !self.streams() {
            return Ok(failed(&format!("{error}: Stream closed"), true));
        }
        let asked = match self
            .permissions
            .asked
            .take()
            .filter(|asked| asked.tool == call.id)
        {
            Some(asked) => asked,
            None => self.send_question(call, question)?,
        };
        let answer = self.reply_to(&asked.request)?;
        if self.progress.halt.is_some() {
            return Ok(match self.setup.profile.text("withdrawn") {
                "" => Verdict::Halted,
                text => {
                    let mut said = text.to_owned();
                    if self.setup.profile.behaviour.hangs_when_withdrawn {
                        // The old version still waits for an answer, or the end.
                        let request = asked.request.clone();
                        self.control.pending.push(request.clone());
                        while !self.queue.input_ended
                            && !self.control.answers.contains_key(&request)
                        {
                            if let Some(arrival) = self.setup.inbox.quiet_wait(None) {
                                self.handle(arrival)?;
                            }
                        }
                    }
                    if let Some(late) = self.control.answers.remove(&asked.request) {
                        let answer = late.payload().map(Approval::at).unwrap_or_default();
                        said = answer.message.into_value().unwrap_or(said);
                    }
                    Verdict::Stop(Some(Done::failed(&said)))
                }
            });
        }
        let Some(answer) = answer else {
            let text = format!("{error}: Tool permission stream closed before response received");
            return Ok(failed(&text, true));
        };
        if let Some(text) = answer.failure() {
            return Ok(failed(&format!("Error: {text}"), false));
        }
        let response = answer.payload().map(Approval::at).unwrap_or_default();
        self.take_grants(&response)?;
        Ok(self.judge(call, response))
    }

    /// Asks the MCP tool that was named for it.
    fn consult_server(&mut self, call: &ToolCall, tool: &str) -> Result<Verdict, Quit> {
        let input = json!({"tool_name": call.name, "input": call.input, "tool_use_id": call.id});
        let Some((server, name)) = mcp::find(&mut self.mcp.servers, tool) else {
            let text = format!(
                "Error: MCP tool {tool} (passed via --permission-prompt-tool) not found. Available MCP tools: none"
            );
            let said = format!("Error calling tool ({}): {text}", call.name);
            self.tool_result(call, &Done::uncalled(&said, said.as_str()))?;
            self.keep_answered();
            self.save();
            complain(&format!("{text}\n"));
            return Err(Quit(1));
        };
        let server = server.name.clone();
        let meta = json!({"claudecode/toolUseId": call.id});
        let params = json!({"name": name, "arguments": input, "_meta": meta});
        // What went wrong there is no answer either.
        let result = self.call_tool(&server, &name, params)?.unwrap_or_default();
        let blocks = result.content.unwrap_or_default();
        let text = blocks.first().and_then(Content::as_text);
        let response: Approval = serde_json::from_str(text.unwrap_or_default()).unwrap_or_default();
        let denied = response.behavior == Some(Behavior::Deny);
        self.take_grants(&response)?;
        let verdict = self.judge(call, response);
        Ok(match verdict {
            Verdict::Not(done) if !denied => {
                let said = done.content.as_str().unwrap_or_default();
                let profile = self.setup.profile;
                match said.strip_prefix("Tool permission request failed: ") {
                    Some(issues) => {
                        let issues = issues.strip_prefix("ZodError: ").unwrap_or(issues);
                        let said = format!("Error calling tool ({}): {issues}", call.name);
                        Verdict::Wrong(Done::uncalled(&said, said.as_str()))
                    }
                    None => {
                        let said = profile.text("invalid_answer").replacen(
                            "canUseTool callback",
                            "permission prompt tool",
                            1,
                        );
                        Verdict::Not(Done {
                            not_run: done.not_run,
                            decision: done.decision.clone(),
                            ..Done::failed(&said)
                        })
                    }
                }
            }
            other => other,
        })
    }

    /// Takes what an answer allows for longer, where it is one that allows.
    fn take_grants(&mut self, response: &Approval) -> Result<(), Quit> {
        let complete = response.updated_input.value().is_some();
        let valid = complete || self.setup.profile.text("invalid_allow").is_empty();
        let updates = response.updated_permissions.value().cloned();
        match (&response.behavior, updates) {
            (Some(Behavior::Allow), Some(updates)) if valid => self.take_updates(&updates),
            _ => Ok(()),
        }
    }

    fn judge(&mut self, call: &ToolCall, response: Approval) -> Verdict {
        let profile = self.setup.profile;
        let input = response.updated_input.into_value();
        let updates = response.updated_permissions.into_value();
        match (&response.behavior, response.message.into_value()) {
            (Some(Behavior::Allow), _)
                if input.is_some() || profile.text("invalid_allow").is_empty() =>
            {
                let input = input.map_or_else(|| call.input.clone(), Value::Object);
                let mut decision = accepted("user_temporary", None);
                let lasts = updates.is_some();
                decision["grant_scope"] = if lasts { "session" } else { "once" }.into();
                Verdict::Run(input, decision)
            }
            (Some(Behavior::Deny), Some(text)) => {
                let done = Done {
                    not_run: Some("permission-rule"),
                    decision: Some(rejected("user_reject", None)),
                    ..Done::failed(&text)
                }
                .keeping("persons_words", true);
                if response.interrupt == Some(true) {
                    Verdict::Stop(Some(done))
                } else {
                    Verdict::Not(done)
                }
            }
            (behavior, _) => {
                let name = if *behavior == Some(Behavior::Allow) {
                    "invalid_allow"
                } else {
                    "invalid_answer"
                };
                Verdict::Not(Done {
                    shape: Shape::Error,
                    not_run: Some("permission-rule"),
                    decision: Some(rejected("config", Some("other"))),
                    ..Done::failed(profile.text(name))
                })
            }
        }
    }

    /// Whether there is a client who can be asked.
    pub(in crate::engine) fn streams(&self) -> bool {
        self.setup.options.input == crate::argv::Input::StreamJson
    }

    /// Waits for the answer to a request of ours. None where stdin ends before, or the turn is stopped.
    pub(in crate::engine) fn reply_to(&mut self, request: &str) -> Result<Option<Response>, Quit> {
        self.control.pending.push(request.to_owned());
        self.wait_while("answer", None, false, |engine| {
            !engine.control.answers.contains_key(request) && !engine.queue.input_ended
        })?;
        self.control.pending.retain(|pending| pending != request);
        Ok(self.control.answers.remove(request))
    }

    /// Tells the client that none of its answers is wanted any more.
    pub(in crate::engine) fn withdraw(&mut self) -> Result<(), Quit> {
        for request in std::mem::take(&mut self.control.pending) {
            self.withdraw_request(&request)?;
        }
        Ok(())
    }

    /// Tells the client that this answer is no longer wanted.
    pub(in crate::engine) fn withdraw_request(&mut self, request: &str) -> Result<(), Quit> {
        self.setup
            .out
            .message(json!({"type": "control_cancel_request", "request_id": request}))
    }
}
