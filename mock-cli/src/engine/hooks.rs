//! Hooks that the client registered, and those of the settings that are commands (PROTOCOL 7.3).

use super::Engine;
use crate::process::{Quit, complain};
use crate::template::{Vars, render, text};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

/// A hook.
#[derive(Debug, Clone)]
struct Hook {
    event: String,
    matcher: String,
    run: Run,
}

/// How a hook runs.
#[derive(Debug, Clone)]
enum Run {
    /// The client is asked.
    Callback(String),
    /// A command gets the input on stdin.
    Command(String),
}

/// What hooks have to say, taken together.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    /// Why it is not to be.
    pub(super) block: Option<String>,
    /// The same, without the command that said so.
    pub(super) why: Option<String>,
    /// The turn is to end after this.
    pub(super) stop: bool,
    /// It may be, nobody is to be asked.
    pub(super) allow: bool,
    /// The input instead.
    pub(super) input: Option<Value>,
}

/// Hooks as the client or the settings give them: `{Event: [{matcher, hookCallbackIds | hooks}]}`.
fn hooks_of(given: &Value) -> Vec<Hook> {
    let mut hooks = Vec::new();
    for (event, entries) in given.as_object().into_iter().flatten() {
        for entry in entries.as_array().into_iter().flatten() {
            let ids = entry["hookCallbackIds"].as_array().into_iter().flatten();
            let ids = ids.filter_map(|id| Some(Run::Callback(id.as_str()?.to_owned())));
            let commands = entry["hooks"].as_array().into_iter().flatten();
            let commands = commands
                .filter_map(|hook| Some(Run::Command(hook["command"].as_str()?.to_owned())));
            let matcher = entry["matcher"].as_str().unwrap_or_default();
            hooks.extend(ids.chain(commands).map(|run| Hook {
                event: event.clone(),
                matcher: matcher.to_owned(),
                run,
            }));
        }
    }
    hooks
}

/// What one hook came to.
#[derive(Debug)]
struct Report {
    info: Value,
    error: Option<String>,
    output: bool,
}

impl Report {
    fn of_callback(error: Option<&str>) -> Report {
        Report {
            info: json!({"command": "callback"}),
            error: error.map(str::to_owned),
            output: false,
        }
    }
}

impl Hook {
    fn matches(&self, event: &str, subject: &str) -> bool {
        let any = self.matcher.is_empty() || self.matcher == "*" || subject.is_empty();
        self.event == event && (any || self.matcher.split('|').any(|name| name == subject))
    }
}

/// The hooks of a session, and what they have said.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    registered: Vec<Hook>,
    /// What hooks said, until it is kept: attachments by name.
    pub(super) notes: Vec<(&'static str, Vars)>,
    /// What the hooks at the turn's end came to, until it is kept.
    pub(super) stop_note: Option<Vars>,
    /// Whether a hook wants the turn to end after the tools.
    pub(super) stop_after: bool,
    /// What hooks have added to the conversation.
    pub(super) contexts: Vec<String>,
}

impl Hooks {
    /// The hooks that settings name.
    pub(super) fn new(settings: &[Value]) -> Hooks {
        let mut hooks = Hooks::default();
        for one in settings {
            hooks.register(&one["hooks"]);
        }
        hooks
    }

    /// Adds hooks as the client or the settings give them.
    pub(super) fn register(&mut self, given: &Value) {
        self.registered.extend(hooks_of(given));
    }

    /// Whether there are any.
    pub(super) fn any(&self) -> bool {
        !self.registered.is_empty()
    }
}

impl Engine {
    /// Whether anybody wants to know of an event.
    pub(super) fn is_hooked(&self, event: &str) -> bool {
        self.hooks.registered.iter().any(|hook| hook.event == event)
    }

    /// Runs the hooks of an event. `subject` is what matchers are held against, `vars` what the event brings.
    pub(super) fn fire(
        &mut self,
        event: &'static str,
        subject: &str,
        tool_use_id: Option<&str>,
        vars: Vars,
    ) -> Result<Said, Quit> {
        let mut said = Said::default();
        // Callbacks for the start come too late: nobody has answered `initialize` by then.
        let starts = event == "SessionStart";
        let hooks: Vec<Hook> = self
            .hooks
            .registered
            .iter()
            .filter(|hook| {
                hook.matches(event, subject) && !(starts && matches!(hook.run, Run::Callback(_)))
            })
            .cloned()
            .collect();
        if hooks.is_empty() {
            return Ok(said);
        }
        let input = self.hook_input(event, vars);
        let tool_use_id = tool_use_id.map_or_else(|| self.setup.ids.uuid(), str::to_owned);
        let mut reports = Vec::new();
        for hook in hooks {
            let before = said.block.take();
            match hook.run {
                Run::Callback(id) => {
                    let answer = self.call_back(&id, &input, &tool_use_id)?;
                    self.take_answer(&mut said, event, &answer);
                    self.note_context(event, &answer.to_string());
                    let report = Report::of_callback(said.block.as_deref());
                    reports.push(report);
                }
                Run::Command(command) => {
                    let name = if subject.is_empty() {
                        event.to_owned()
                    } else {
                        format!("{event}:{subject}")
                    };
                    let told = event == "SessionStart"
                        || (self.setup.options.hook_events && event != "SessionEnd");
                    let id = self.setup.ids.uuid();
                    let vars = self
                        .vars()
                        .with("hook_id", id.as_str())
                        .with("hook_name", name.as_str())
                        .with("hook_event", event);
                    if told {
                        self.emit("hook_started", &vars)?;
                    }
                    let (out, err, code) = self.run_hook(&mut said, event, &command, &input);
                    if code == 0 {
                        self.note_context(event, &out);
                    }
                    self.keep_hook(event, &name, &tool_use_id, &command, (&out, &err, code));
                    reports.push(Report {
                        info: json!({"command": command, "durationMs": 1}),
                        error: said.block.clone(),
                        output: !out.is_empty(),
                    });
                    if told {
                        let vars = self
                            .vars()
                            .with("hook_id", id)
                            .with("hook_name", name)
                            .with("hook_event", event)
                            .with("output", format!("{out}{err}"))
                            .with("stdout", out)
                            .with("stderr", err)
                            .with("exit_code", code)
                            .with("outcome", if code == 0 { "success" } else { "error" });
                        self.emit("hook_response", &vars)?;
                    }
                }
            }
            said.block = said.block.take().or(before);
        }
        if event == "Stop" {
            self.stop_summary(&said, &reports, &tool_use_id);
        }
        Ok(said)
    }

    /// Keeps what a command said, where the version does so.
    fn keep_hook(
        &mut self,
        event: &str,
        name: &str,
        tool_use_id: &str,
        command: &str,
        (out, err, code): (&str, &str, i32),
    ) {
        let kind = match code {
            0 if out.is_empty() => return,
            0 => "hook_success",
            2 => return,
            _ => "hook_non_blocking_error",
        };
        let vars = Vars::new()
            .with("hook_name", name)
            .with("tool_use_id", tool_use_id)
            .with("hook_event", event)
            .with("content", out.trim_end())
            .with("stdout", out)
            .with("stderr", err)
            .with("exit_code", code)
            .with("command", command);
        match event {
            // These are kept with the prompt, and after the result.
            "UserPromptSubmit" | "PostToolUse" => self.hooks.notes.push((kind, vars)),
            "SessionEnd" => {}
            _ => self.attach(kind, vars),
        }
    }

    /// Keeps what the hooks at a turn's end came to; what they say to the model comes before.
    fn stop_summary(&mut self, said: &Said, reports: &[Report], tool_use_id: &str) {
        let infos: Vec<&Value> = reports.iter().map(|r| &r.info).collect();
        let errors: Vec<&str> = reports.iter().filter_map(|r| r.error.as_deref()).collect();
        let output = reports.iter().any(|r| r.output || r.error.is_some());
        let vars = Vars::new()
            .with("hook_count", reports.len())
            .with("hook_infos", json!(infos))
            .with("hook_errors", errors)
            .with("has_output", output)
            .with("prevented", said.stop)
            .with("tool_use_id", tool_use_id);
        self.hooks.stop_note = Some(vars);
    }

    /// What an event's hooks are told.
    fn hook_input(&self, event: &'static str, vars: Vars) -> Value {
        let transcript =
            self.setup
                .home
                .transcript(self.setup.profile, &self.setup.cwd, &self.setup.session.id);
        let prompt_id = self.setup.session.recorder.prompt_id().to_owned();
        let on_tools = matches!(event, "PreToolUse" | "PostToolUse" | "Stop");
        let outside = matches!(event, "SessionStart" | "SessionEnd");
        let known = self.setup.profile.models.get(&self.model.name);
        let level = known.effort.as_deref().filter(|_| on_tools);
        let vars = vars
            .with("event", event)
            .with("session_id", self.setup.session.id.as_str())
            .with("transcript_path", transcript.to_string_lossy().into_owned())
            .with("cwd", self.setup.cwd.to_string_lossy().into_owned())
            .maybe("prompt_id", (event != "SessionStart").then_some(prompt_id))
            .maybe(
                "permission_mode",
                (!outside).then_some(self.permissions.mode.as_str()),
            )
            .maybe("effort", level.map(|level| json!({"level": level})));
        render(self.setup.profile.message("hook_input"), &vars)
    }

    /// Tells the callbacks of an event, without waiting for what they say.
    pub(super) fn tell_callbacks(&mut self, event: &'static str, vars: &Vars) -> Result<(), Quit> {
        let asked = self
            .hooks
            .registered
            .iter()
            .filter(|hook| hook.matches(event, ""));
        let ids: Vec<String> = asked
            .filter_map(|hook| match &hook.run {
                Run::Callback(id) => Some(id.clone()),
                Run::Command(_) => None,
            })
            .collect();
        for id in ids {
            let input = self.hook_input(event, vars.clone());
            let tool_use_id = self.setup.ids.uuid();
            self.send_callback(&id, &input, &tool_use_id)?;
        }
        Ok(())
    }

    /// Sends the request; None where nobody can be asked any more, which some versions complain of.
    fn send_callback(
        &mut self,
        id: &str,
        input: &Value,
        tool_use_id: &str,
    ) -> Result<Option<String>, Quit> {
        if self.queue.input_ended {
            let vars = Vars::new().with("id", id);
            complain(&text(self.setup.profile.text("hook_unheard"), &vars));
            return Ok(None);
        }
        let request = self.setup.ids.uuid();
        self.setup.out.message(json!({
            "type": "control_request", "request_id": request,
            "request": {"subtype": "hook_callback", "callback_id": id, "input": input, "tool_use_id": tool_use_id},
        }))?;
        Ok(Some(request))
    }

    fn call_back(&mut self, id: &str, input: &Value, tool_use_id: &str) -> Result<Value, Quit> {
        let Some(request) = self.send_callback(id, input, tool_use_id)? else {
            return Ok(Value::Null);
        };
        let answer = self.reply_to(&request)?.unwrap_or_default();
        if answer["subtype"] == "error" {
            let error = answer["error"].as_str().unwrap_or_default();
            let vars = Vars::new().with("id", id).with("error", error);
            complain(&text(self.setup.profile.text("hook_failed"), &vars));
        }
        Ok(answer.get("response").cloned().unwrap_or_default())
    }

    fn take_answer(&self, said: &mut Said, event: &str, answer: &Value) {
        let own = &answer["hookSpecificOutput"];
        let reason = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if answer["decision"] == "block" {
            said.block = Some(reason(&answer["reason"]));
        }
        if own["permissionDecision"] == "deny" {
            said.block = Some(reason(&own["permissionDecisionReason"]));
        }
        said.allow |= own["permissionDecision"] == "allow" || answer["decision"] == "approve";
        if event == "PreToolUse" && own["updatedInput"].is_object() {
            said.input = Some(own["updatedInput"].clone());
        }
        said.stop |= answer["continue"] == false;
    }

    /// Notes what a hook that went well adds to the conversation: its text, or what its answer names.
    fn note_context(&mut self, event: &str, out: &str) {
        if !matches!(event, "SessionStart" | "UserPromptSubmit" | "PostToolUse") {
            return;
        }
        let text = match serde_json::from_str::<Value>(out) {
            Ok(Value::Object(answer)) => answer
                .get("hookSpecificOutput")
                .and_then(|own| own["additionalContext"].as_str())
                .unwrap_or_default()
                .to_owned(),
            Ok(Value::Null) => String::new(),
            // What a command prints after a tool is for nobody.
            _ if event == "PostToolUse" => String::new(),
            _ => out.trim().to_owned(),
        };
        if !text.is_empty() {
            self.hooks.contexts.push(text);
        }
    }

    /// Exit code 2 blocks with what the command says on stderr; other failures are passed over.
    fn run_hook(
        &self,
        said: &mut Said,
        event: &str,
        command: &str,
        input: &Value,
    ) -> (String, String, i32) {
        let lost = (String::new(), String::new(), 1);
        let mut text = input.to_string();
        if self.setup.profile.behaviour.fourth_checker && self.setup.profile.behaviour.error_results
        {
            text.push('\n');
        }
        let child = Command::new("/bin/sh")
            .args(["-c", command])
            .current_dir(&self.setup.cwd)
            .env("CLAUDE_PROJECT_DIR", &self.setup.cwd)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut child) = child else {
            return lost;
        };
        if let Some(mut stdin) = child.stdin.take() {
            // A hook need not read what it is told.
            let _ = stdin.write_all(text.as_bytes());
        }
        let Ok(output) = child.wait_with_output() else {
            return lost;
        };
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        match output.status.code() {
            Some(0) => {
                if let Ok(answer) = serde_json::from_str::<Value>(&out) {
                    self.take_answer(said, event, &answer);
                }
            }
            Some(2) => {
                said.why = Some(err.trim().to_owned());
                said.block = Some(format!("[{command}]: {err}"));
            }
            _ => {}
        }
        (
            out.into_owned(),
            err.into_owned(),
            output.status.code().unwrap_or(1),
        )
    }

    /// Asks about a prompt. Some(text) where it is blocked.
    pub(super) fn prompt_blocked(
        &mut self,
        prompt: &str,
    ) -> Result<Option<(String, String)>, Quit> {
        let vars = Vars::new().with("prompt", prompt);
        let said = self.fire("UserPromptSubmit", "", None, vars)?;
        Ok(said.block.map(|reason| {
            let text = format!(
                "UserPromptSubmit operation blocked by hook:\n{reason}\n\nOriginal prompt: {prompt}"
            );
            (said.why.unwrap_or(reason), text)
        }))
    }
}
