//! One user turn: from the prompt to the result.

use super::slash::Local;
use super::tools::EarlyResult;
use super::{Engine, Halt, Prompt, mcp};
use crate::ledger::Event;
use crate::matching::{self, Question};
use crate::process::{Quit, complain};
use crate::profile::{Moment, NumTurns};
use crate::protocol::TextOr;
use crate::protocol::wire::Wire;
use crate::script::ApiError;
use crate::template::Vars;
use crate::time;
use crate::transcript::write_debug;
use crate::turn::{Block, ModelTurn, Part, Usage, compile};
use serde_json::json;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What a turn comes to.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) begun: Instant,
    pub(super) begun_ms: u64,
    /// When the first event of the first answer came.
    pub(super) first_token: Option<Duration>,
    /// When its first block began.
    pub(super) first_frame: Option<Duration>,
    /// The same as `first_token`, also where the answer came in one piece.
    pub(super) first_answer: Option<Duration>,
    /// The uuids that the client gave its prompts.
    pub(super) uuids: Vec<String>,
    /// The uuid that the transcript has for the prompt.
    pub(super) prompt_uuid: String,
    /// How many prompts began it.
    pub(super) prompts: usize,
    /// Whether one of them was typed by nobody.
    pub(super) synthetic: bool,
    /// The uuids of prompts that were taken into the turn.
    pub(super) steering: Vec<String>,
    /// Prompts that are still to be echoed.
    pub(super) to_replay: Vec<Prompt>,
    pub(super) usage: Usage,
    pub(super) last_usage: Usage,
    pub(super) first_usage: Option<Usage>,
    /// Whether any request was billed.
    pub(super) billed: bool,
    pub(super) requests: u64,
    /// Messages of the user's side that came in the turn: results of tools, interruptions, what was put in.
    pub(super) user_lines: u64,
    /// How often the model was asked to go on after a stream broke off.
    pub(super) resumed: u32,
    /// How often it was asked to go on after a limit or a refusal.
    pub(super) continued: u32,
    /// How often it was asked for a call that it had announced and not made.
    pub(super) miscalled: u32,
    /// Results that were told before their answer had ended.
    pub(super) early: Vec<EarlyResult>,
    /// Lines that count from the next turn on.
    pub(super) later_lines: usize,
    /// The last events of an answer, as long as more is said of its end.
    pub(super) held: Vec<Vars>,
    /// The headers of an answer that are told of after them.
    pub(super) late_headers: Option<serde_json::Map<String, serde_json::Value>>,
    /// The lines that the next ones stand for.
    pub(super) retracted: Vec<String>,
    /// How often the current request was sent again without telling the client.
    pub(super) resent: u32,
    /// What a stream has used that broke off, as long as it costs nothing.
    pub(super) owed: Option<Usage>,
    /// Whether the conversation was summed up in it, as it was too long.
    pub(super) compacted: bool,
    /// The events that would have ended an answer that broke off.
    pub(super) unclosed: Vec<Vars>,
    /// Whether the model was asked once more because it had said nothing.
    pub(super) nudged: bool,
    /// How often hooks have kept the turn from ending.
    pub(super) stop_blocks: u32,
    /// Whether another prompt was taken into the turn.
    pub(super) steered: bool,
    pub(super) messages: Vec<String>,
    pub(super) stop_reason: Option<String>,
    /// How it ended, where that is no usual end.
    pub(super) terminal: Option<&'static str>,
    /// The text of the last answer's last block.
    pub(super) text: String,
}

impl Turn {
    /// A turn of these prompts, before anything has come of it.
    pub(super) fn of(prompts: &[Prompt]) -> Turn {
        Turn {
            begun: Instant::now(),
            begun_ms: time::now_ms(),
            first_token: None,
            first_frame: None,
            first_answer: None,
            uuids: prompts.iter().filter_map(|p| p.uuid.clone()).collect(),
            prompt_uuid: String::new(),
            prompts: prompts.len(),
            synthetic: prompts.iter().any(|prompt| prompt.synthetic),
            steering: Vec::new(),
            to_replay: Vec::new(),
            usage: Usage::ZERO,
            last_usage: Usage::ZERO,
            first_usage: None,
            billed: false,
            requests: 0,
            user_lines: 0,
            resumed: 0,
            continued: 0,
            miscalled: 0,
            early: Vec::new(),
            held: Vec::new(),
            late_headers: None,
            later_lines: 0,
            retracted: Vec::new(),
            resent: 0,
            owed: None,
            compacted: false,
            unclosed: Vec::new(),
            nudged: false,
            stop_blocks: 0,
            steered: false,
            messages: Vec::new(),
            stop_reason: None,
            terminal: None,
            text: String::new(),
        }
    }

    /// Leaves the last answer out of `usage`: the result is made before it is counted.
    pub(super) fn forget_last(&mut self) {
        self.usage = self.usage.less(self.last_usage);
        self.last_usage = Usage::ZERO;
        self.billed = self.requests > 1;
    }

    /// The lines that the next one stands for.
    pub(super) fn superseded(&mut self) -> Option<Vec<String>> {
        let lines = std::mem::take(&mut self.retracted);
        Some(lines).filter(|lines| !lines.is_empty())
    }

    /// How many turns a result without any answer counts.
    pub(super) fn empty_num_turns(&self, counts: NumTurns) -> u64 {
        match counts {
            NumTurns::Requests => self.user_lines + 1,
            NumTurns::Conversation => 0,
        }
    }

    /// The last of the prompts' uuids and all of them, for templates.
    pub(super) fn uuid_vars(
        &self,
        vars: crate::template::Vars,
        echo: bool,
    ) -> crate::template::Vars {
        if !echo || self.uuids.is_empty() {
            return vars;
        }
        let all: Vec<&str> = self
            .uuids
            .iter()
            .chain(&self.steering)
            .map(String::as_str)
            .collect();
        vars.maybe("user_message_uuid", self.uuids.last().cloned())
            .with("user_message_uuids", all)
    }
}

impl Engine {
    /// Runs a turn for these prompts, merged to one.
    pub(super) fn turn(&mut self, prompts: Vec<Prompt>) -> Result<(), Quit> {
        self.await_servers(false)?;
        self.greet_at_turn()?;
        self.check_permission_tool()?;
        let texts: Vec<String> = prompts.iter().map(|p| p.message.text()).collect();
        let text = texts.join("\n");
        let asks = !self.setup.profile.behaviour.honours_should_query
            || prompts.iter().any(|p| p.should_query);
        let blank = self.is_blank(&prompts);
        let asks = asks && !blank;
        let composed = self.setup.profile.behaviour.takes_composed
            && prompts.iter().any(|prompt| prompt.composed);
        let local = self.local_command(&text).filter(|_| !composed);
        let mut expansion = match &local {
            None if !composed => self.expansion(&text),
            _ => None,
        };
        let answers = if asks && self.model.api.is_some() {
            self.note_prompt(&text);
            VecDeque::new()
        } else if asks {
            self.take_entry(&text).into()
        } else {
            VecDeque::new()
        };
        self.progress.in_turn = true;
        self.model.at_turn.clone_from(&self.model.name);
        self.conversation.skill = None;
        self.progress.halt = None;
        self.progress.turns += 1;
        self.conversation.passing_lines = 0;
        self.tools.output.begin_turn();
        self.permissions.denials.clear();
        let mut turn = Turn::of(&prompts);
        self.session_state("running")?;
        for uuid in &turn.uuids {
            self.lifecycle(uuid, "started")?;
        }
        let local = match expansion
            .as_mut()
            .map(|own| self.insert_output(own))
            .transpose()?
        {
            Some(Err(why)) => {
                let called = expansion.take().map(|own| own.name);
                Some(Local::failed(called.unwrap_or_default(), why))
            }
            _ => local,
        };
        let model = expansion.as_ref().and_then(|own| own.model.as_deref());
        let lent = model.map(|name| self.lend_model(name));
        let message = match &prompts[..] {
            [one] => one.message.write(),
            _ => json!({"role": "user", "content": text}),
        };
        if self.progress.turns == 1 {
            let setup = &mut self.setup;
            setup.startup.reach(Moment::Prompt, &mut setup.ids)?;
            if setup.session.file.is_some() {
                setup.startup.make_project()?;
            }
            // As with the transcript: what cannot be written is lost without a word.
            let _ = write_debug(&setup.home, setup.profile, &setup.session.id);
        }
        self.keep_beginning(&prompts, &message);
        if self.progress.turns == 1 {
            let forks = self.setup.options.fork && self.setup.profile.behaviour.hooks > 3;
            self.session_starts(match self.setup.session.resumed {
                Some(_) if forks => "fork",
                Some(_) => "resume",
                None => "startup",
            })?;
        }
        self.keep_contexts("session-start-hook", &Vars::new());
        let blocked = match &local {
            Some(_) if self.keeps_commands() => None,
            _ => self.prompt_blocked(&text)?,
        };
        if blocked.is_some() {
            // What hooks add to a prompt goes with it.
            self.hooks.contexts.clear();
        }
        // Who waits for the first line gets it before the transcript takes its time.
        let plain = blocked.is_none() && local.is_none() && !blank;
        let told = plain.then(|| self.init(&turn));
        self.setup.memory.keep_taken(&self.setup.session);
        // All that follows may take long, also where it waits for nobody.
        self.setup.inbox.signals().heed();
        let uuid = match plain {
            true => self.keep_prompt(&turn, &message, asks, expansion.as_ref()),
            false => self.skip_prompt(&turn, &message),
        };
        let shown = Vars::new().with("transcript_only", true);
        self.keep_contexts("user-prompt-submit-hook", &shown);
        turn.prompt_uuid.clone_from(&uuid);
        self.keep_files_from(&uuid);
        let summary = match &local {
            Some(local) => self.announce(local, &uuid)?,
            None => None,
        };
        told.unwrap_or_else(|| self.init(&turn))?;
        self.tell_messages()?;
        if self.progress.turns == 1 {
            self.warm_up()?;
        } else {
            self.time_passes()?;
        }
        if let Some(text) = self.setup.session.gone.take() {
            complain(&text);
            self.save();
            self.setup.ending.tidy();
            return Err(Quit(1));
        }
        if self.setup.options.replay {
            turn.to_replay = prompts;
            // The echo has the id that the conversation keeps.
            if let Some(first) = turn.to_replay.first_mut() {
                first.uuid.get_or_insert(uuid);
                if let Some(expansion) = &expansion {
                    first.message.content = Some(TextOr::Text(expansion.kept.clone()));
                }
            }
        }
        if self.progress.halt.is_some() {
            self.unchecked_result(&mut turn)?;
        } else if blank {
            self.blank_result(&mut turn)?;
        } else if let Some(blocked) = &blocked {
            self.blocked_result(&mut turn, blocked)?;
        } else if let Some(local) = &local {
            self.run_local(&mut turn, local, summary.as_deref())?;
        } else if asks {
            self.notice_model();
            self.remind();
            self.answer(&mut turn, answers)?;
        } else {
            self.no_query_result(&turn)?;
        }
        self.conversation.lines += turn.later_lines;
        if let Some(lent) = lent {
            self.take_model_back(lent);
        }
        let state = if self.progress.halt.is_some() {
            "cancelled"
        } else {
            "completed"
        };
        for uuid in &turn.uuids {
            self.lifecycle(uuid, state)?;
        }
        self.progress.in_turn = false;
        self.background.origin = None;
        self.keep_model_notes();
        self.save();
        self.setup.memory.turn_ended(&self.setup.session);
        if let Some(usual) = self.model.fell_back.take() {
            self.model.name = usual;
        }
        if let Some(model) = self.model.next.take() {
            self.model.name = model;
        }
        self.session_state("idle")?;
        let quits = local.is_some_and(|local| local.does.quits);
        if quits || self.progress.lacking.is_some() || self.progress.halt == Some(Halt::Signal) {
            return self.finish();
        }
        Ok(())
    }

    /// The script's answer to a prompt. Where it has none, the API says so, and the process ends after that.
    fn take_entry(&mut self, prompt: &str) -> Vec<ModelTurn> {
        let setup = &mut self.setup;
        let Some(script) = &setup.script else {
            let text = "there is no script: put one beside the executable or in MOCK_CLAUDE_SCRIPT";
            return self.unmatched(None, text);
        };
        let question = Question {
            prompt,
            resumed: setup.session.resumed.as_deref(),
            argv: &setup.argv,
            notice: self.background.origin.is_some(),
        };
        let taken = match matching::take(script, &mut setup.claims, &question) {
            Ok(taken) => taken,
            Err(error) => Err(format!("failed to claim an entry in the ledger: {error}")),
        };
        match taken {
            Ok(entry) => {
                setup.ledger.note(Event::Take {
                    entry,
                    prompt: prompt.into(),
                });
                setup.memory.entry_taken(entry);
                setup.out.spoil_result(script.calls[entry].result.clone());
                if let Some(turns) = compile(&script.calls[entry].actions) {
                    return turns;
                }
                let line = script.calls[entry]
                    .line
                    .map(|l| format!(" (line {l})"))
                    .unwrap_or_default();
                let text = format!(
                    "entry {}{line} ends before the model has said anything",
                    entry + 1
                );
                self.unmatched(Some(prompt), &text)
            }
            // Nobody has said it: where no entry is about it, the model has little to say.
            Err(_) if question.notice => {
                let text = "The background task has ended.".to_owned();
                vec![ModelTurn {
                    parts: vec![Part::Block(Block::Text(text))],
                    stop_reason: "end_turn",
                    ..ModelTurn::default()
                }]
            }
            Err(text) => self.unmatched(Some(prompt), &text),
        }
    }

    /// Older versions look for the tool that is to be asked before anything else.
    fn check_permission_tool(&mut self) -> Result<(), Quit> {
        let early = self.setup.profile.behaviour.permissions < 3;
        let Some(tool) = self.setup.options.permission_tool.clone().filter(|_| early) else {
            return Ok(());
        };
        // It is looked for before the client's own servers are there.
        let found = mcp::find(&mut self.mcp.servers, &tool);
        if found.is_some_and(|(server, _)| !server.is_sdk()) {
            return Ok(());
        }
        let known: Vec<String> = self
            .mcp
            .servers
            .iter()
            .filter(|server| !server.is_sdk())
            .flat_map(mcp::Server::full_names)
            .collect();
        let known = if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        };
        self.setup.startup.note_debug();
        complain(&format!(
            "Error: MCP tool {tool} (passed via --permission-prompt-tool) not found. Available MCP tools: {known}\n"
        ));
        Err(Quit(1))
    }

    /// Notes a prompt that the script's next turn answers, whatever it is.
    fn note_prompt(&mut self, prompt: &str) {
        let entry = usize::try_from(self.progress.turns).unwrap_or(0);
        let prompt = prompt.to_owned();
        self.setup.ledger.note(Event::Take { entry, prompt });
    }

    fn unmatched(&mut self, prompt: Option<&str>, text: &str) -> Vec<ModelTurn> {
        vec![ModelTurn {
            error: Some(self.lacking(prompt, text)),
            ..ModelTurn::default()
        }]
    }

    /// The script has no answer: noted, and said on stderr. Where clients hide that, they show the error of an API; the
    /// process ends after its result.
    pub(super) fn lacking(&mut self, prompt: Option<&str>, text: &str) -> ApiError {
        let message = format!("mock-claude: {text}");
        complain(&format!("{message}\n"));
        self.setup.ledger.note(Event::Unmatched {
            prompt: prompt.map(str::to_owned),
            message: message.clone(),
        });
        let body = json!({"type": "error", "error": {"type": "invalid_request_error", "message": message}});
        let error = ApiError {
            status: 400,
            body,
            headers: serde_json::Map::new(),
        };
        self.progress.lacking = Some(error.clone());
        error
    }

    fn session_state(&mut self, state: &str) -> Result<(), Quit> {
        let wanted =
            std::env::var_os("CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS").is_some_and(|v| v == "1");
        if !wanted || !self.setup.profile.behaviour.session_state_events {
            return Ok(());
        }
        let vars = self.vars().with("state", state);
        self.emit("session_state", &vars)
    }
}
