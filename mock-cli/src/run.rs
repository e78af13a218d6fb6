//! A run of the stand-in, from its arguments to its exit code.

mod before;
mod prompt;
mod refused;
mod sub_command;

use crate::argv::{self, Input, Options, Output, Stop};
use crate::clock::Clock;
use crate::engine::{Api, Engine, Out, Own, Setup, check_config, with_files};
use crate::faults::{self, CallFaults, Ignored};
use crate::ids::Ids;
use crate::invocation::{Face, Invocation};
use crate::ledger::{Claims, Event, Ledger};
use crate::memory::Memory;
use crate::opening::started;
use crate::process::{
    EX_SCRIPT, Ending, Inbox, Quit, Shape, Signals, Stdout, complain, failed_call, uncaught,
    watch_lifeline,
};
use crate::profile::{Chosen, Fault, Moment, Profile};
use crate::script::Script;
use crate::session::{self, NoSession};
use crate::settings::{Places, Settings};
use crate::sidecar;
use crate::startup::Startup;
use crate::template::{Vars, render};
use crate::transcript::{Home, append, summaries};
use before::{call_faults, check_gates};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

/// Runs the stand-in in this process and returns its exit code; the caller exits with it at once. Some signals and
/// a broken lifeline end the process from within.
#[must_use]
pub fn run(invocation: &Invocation) -> i32 {
    match Run::start(invocation) {
        Ok(run) => {
            let ending = run.ending.clone();
            let faults = run.faults.clone();
            let ledger = run.ledger.clone();
            let Quit(code) = run.go().err().unwrap_or(Quit(0));
            if faults.lingers {
                Inbox::new(ledger).hang();
            }
            let code = faults.exit_code.unwrap_or(code);
            ending.begin(Event::Exit { code });
            code
        }
        Err(text) => {
            refused::refuse(&invocation.args, &format!("mock-claude: {text}"));
            EX_SCRIPT
        }
    }
}

/// A run that is noted in the ledger.
struct Run {
    args: Vec<String>,
    profile: &'static Profile,
    script: Option<Script>,
    script_file: Option<PathBuf>,
    api: Option<Api>,
    ledger_dir: Option<PathBuf>,
    ledger: Ledger,
    claims: Claims,
    call: u32,
    faults: CallFaults,
    ending: Ending,
    ids: Ids,
    inbox: Inbox,
    clock: Clock,
}

impl Run {
    /// Reads the script, claims a number in the ledger, listens to signals. The error completes `mock-claude: `.
    fn start(invocation: &Invocation) -> Result<Run, String> {
        let script = match (&invocation.script, &invocation.role) {
            (Some(script), _) => Some(script.clone()),
            (None, Some(role)) => Some(Script::of_file(&role.script)?),
            (None, None) => None,
        };
        let api = script.as_ref().and_then(Api::of);
        let named = script.as_ref().and_then(|s| s.profile.clone());
        let named = named.or_else(|| {
            std::env::var("MOCK_CLAUDE_PROFILE")
                .ok()
                .filter(|v| !v.is_empty())
        });
        let beside = invocation
            .role
            .as_ref()
            .and_then(|role| role.script.parent());
        let of_script = script.as_ref().is_some_and(|s| s.profile.is_some());
        let folder = beside.filter(|_| of_script).unwrap_or(Path::new(""));
        let chosen = Chosen::of(named.as_deref(), folder)?;
        let profile = chosen.profile;
        let args: Vec<String> = invocation
            .args
            .iter()
            .map(|a| a.to_string_lossy().into_owned())
            .collect();
        let of_role = invocation.role.as_ref().and_then(|r| r.ledger.clone());
        let ledger_dir =
            of_role.or_else(|| invocation.script.as_ref().and(sidecar::ledger_of_env()));
        let (ledger, call) = match &ledger_dir {
            Some(dir) => Ledger::open(dir, |call| started(invocation, &args, &chosen, call))
                .map_err(|e| format!("failed to open the ledger {}: {e}", dir.display()))?,
            None => (Ledger::default(), 0),
        };
        if let (None, Some(script)) = (&ledger_dir, &script) {
            check_gates(script)?;
        }
        let mut claims = Claims::new(ledger_dir.as_deref(), call);
        let faults = match &script {
            Some(script) => call_faults(script, &mut claims, &args)
                .map_err(|e| format!("failed to claim a fault in the ledger: {e}"))?,
            None => CallFaults::default(),
        };
        let ending = Ending::new(ledger.clone(), profile.behaviour.kills_tools);
        let inbox = Inbox::new(ledger.clone());
        let signals = Signals::catch(
            &profile.behaviour,
            inbox.sender(),
            ledger.clone(),
            ending.clone(),
            faults.ignores(Ignored::Sigterm),
        )
        .map_err(|e| format!("failed to catch signals: {e}"))?;
        // What goes wrong in this call may take its time.
        if faults != CallFaults::default() {
            signals.heed();
        }
        let inbox = inbox.with_signals(signals);
        if let Face::CliJs {
            lifeline: Some(fd), ..
        } = invocation.face
        {
            watch_lifeline(fd, ending.clone())
                .map_err(|e| format!("failed to watch the lifeline: {e}"))?;
        }
        let seed = script.as_ref().map_or(0, |s| s.seed);
        // Without a ledger there are no numbers, and calls must still not share their ids.
        let number = if call > 0 { u64::from(call) } else { unique() };
        let clock = Clock::new(script.as_ref().map_or(1.0, |s| s.clock));
        let ids = Ids::new(seed, number);
        Ok(Run {
            args,
            profile,
            script,
            script_file: invocation.role.as_ref().map(|role| role.script.clone()),
            api,
            ledger_dir,
            ledger,
            claims,
            call,
            faults,
            ending,
            ids,
            inbox,
            clock,
        })
    }

    fn go(mut self) -> Result<(), Quit> {
        let profile = self.profile;
        if let Some(ms) = self.faults.slow_start {
            self.inbox.sleep(self.clock.wait(ms));
        }
        if let Some(death) = self.faults.dies_after(None) {
            if let Some(text) = &death.stderr {
                self.ledger.note(Event::Stderr { text: text.clone() });
            }
            return Err(faults::die(death));
        }
        let cwd = std::env::current_dir();
        if let Err(error) = &cwd
            && profile.behaviour.missing_cwd == Fault::Crash
        {
            complain(&failed_call(error, "uv_cwd", None));
            return Err(Quit(1));
        }
        let home = Home::of_process();
        let mut startup = Startup::new(
            profile,
            home.clone(),
            cwd.as_ref().cloned().unwrap_or_default(),
            self.ending.clone(),
            self.ids.uuid(),
        );
        if let Ok(cwd) = &cwd
            && let Err(stop) = argv::check_words(&self.args, profile, cwd)
        {
            return self.stop(stop);
        }
        let parsed = argv::parse(&profile.flags, &self.args);
        let parsed = parsed.map(|parsed| (Options::new(&parsed), parsed));
        if let Ok((options, _)) = &parsed {
            self.check_config(options, &home)?;
        }
        startup.reach(Moment::Start, &mut self.ids)?;
        self.sub_command(&mut startup, &home, cwd.as_deref().ok())?;
        let (options, parsed) = match parsed {
            Ok(parsed) => parsed,
            Err(stop) => return self.stop(stop),
        };
        let cwd = cwd.map_err(|_| {
            complain(profile.text("folder_gone"));
            Quit(1)
        })?;
        if let Err(stop) = argv::check_early(&options, profile, &cwd) {
            return self.stop(stop);
        }
        let capabilities = profile.capabilities();
        let places = Places::new(&home, &cwd);
        let mut settings = Settings::read(&options, &capabilities, &places);
        if startup.migrate(settings.model().is_some()) {
            settings = Settings::read(&options, &capabilities, &places);
        }
        startup.reach(Moment::Parsed, &mut self.ids)?;
        if let Err(stop) = argv::check(&options, profile, &cwd) {
            return self.stop(stop);
        }
        if !parsed.has("print") && io::stdout().is_terminal() {
            complain("mock-claude: there is no interactive mode; use -p or a pipe\n");
            return Err(Quit(1));
        }
        let checked = check_config(&options.mcp_configs, &cwd, &profile.mcp);
        let (servers, problems) = checked.map_err(|faults| {
            let text = format!("Invalid MCP configuration:\n{faults}");
            complain(&match profile.behaviour.missing_cwd {
                // What it does not catch there, it does not catch here.
                Fault::Crash => uncaught(profile.behaviour.runtime, &text),
                Fault::Refused => format!("Error: {text}\n"),
            });
            Quit(1)
        })?;
        let places = Places::new(&home, &cwd);
        let servers = with_files(servers, &options, &settings, &places, &profile.mcp);
        complain(&argv::missing_directories(&options, profile, &cwd));
        for line in settings.distrust(&profile.capabilities(), &Places::new(&home, &cwd)) {
            complain(&line);
        }
        let late = profile.behaviour.late_checks;
        if let Some(id) = &options.session_id {
            if late && let Err(none) = session::check_unused(&options, profile, &home, &cwd) {
                complain(&none.text);
                return Err(Quit(1));
            }
            startup.name_session(id);
        }
        startup.reach(Moment::Checked, &mut self.ids)?;
        if !late && let Err(stop) = argv::needs_verbose(&options) {
            return self.stop(stop);
        }
        if let Some(line) = &self.faults.burst {
            self.stdout().line(line)?;
        }
        let prompt = match options.input {
            Input::StreamJson => None,
            Input::Text => Some(self.prompt(&options, &startup)?),
        };
        startup.reach(Moment::Setup, &mut self.ids)?;
        if late && let Err(stop) = argv::refuse_root(&options) {
            return self.stop(stop);
        }
        startup.reach(Moment::Entered, &mut self.ids)?;
        self.check_prompt(prompt.as_deref(), &options, &startup)?;
        // (A tool that is to be asked is looked for before that.)
        if profile.files.debug
            && prompt
                .as_deref()
                .is_some_and(|p| p.is_empty() || !p.trim().is_empty())
            && options.keep_session
            && options.permission_tool.is_none()
        {
            startup.begin_transcript()?;
        }
        let stdout = self.stdout();
        let mut out = Out::new(
            stdout,
            options.output,
            options.verbose,
            profile.behaviour.escapes,
        );
        let entrypoint =
            std::env::var("CLAUDE_CODE_ENTRYPOINT").unwrap_or_else(|_| "sdk-cli".into());
        let session = session::resolve(
            &options,
            profile,
            &home,
            &cwd,
            &entrypoint,
            startup.session(),
            &mut self.ids,
        );
        let session = match session {
            Ok(session) => session,
            Err(none) => {
                startup.note_debug();
                return self.no_session(none, &options, &mut out);
            }
        };
        if late && let Err(stop) = argv::needs_verbose(&options) {
            startup.note_debug();
            return self.stop(stop);
        }
        if let Some(file) = &session.file {
            let text = summaries(&home.project_dir(profile, &cwd), profile);
            // As with all of a transcript: what cannot be written is lost without a word.
            let _ = text.map(|text| append(file, profile.files.mode, &text));
        }
        let idle = match prompt.as_deref() {
            Some(text) if text.trim().is_empty() => {
                Some(self.nothing_to_run(Some(text), &options, &startup))
            }
            _ => None,
        };
        let stream = options.input == Input::StreamJson;
        if stream {
            self.read_stdin(Shape::Lines)?;
        }
        if self.faults.stdout.extra_fields {
            out.extend_messages();
        }
        let ledger_dir = self.ledger_dir.as_deref();
        let script_file = self.script_file.as_deref().unwrap_or(Path::new(""));
        let memory = Memory::recall(script_file, ledger_dir, &session);
        self.claims.recall(&memory.progress().entries);
        let api = self.api.map(|api| api.skipping(memory.progress().turns));
        let mut engine = Engine::new(Setup {
            own: Own::load(profile, &options, &home, &cwd),
            settings,
            servers: (servers, problems),
            profile,
            options,
            argv: self.args,
            script: self.script,
            api,
            memory,
            claims: self.claims,
            call: self.call,
            faults: self.faults,
            gates: ledger_dir.map(|dir| dir.join("gates")),
            clock: self.clock,
            ids: self.ids,
            ledger: self.ledger,
            ending: self.ending,
            inbox: self.inbox,
            out,
            startup,
            home,
            cwd,
            session,
        });
        match prompt {
            Some(prompt) if idle.is_some() => {
                if prompt.is_empty() {
                    engine.run_nothing()?;
                }
                idle.map_or(Ok(()), Err)
            }
            Some(prompt) => engine.run_prompt(&prompt),
            None => engine.run_stream(),
        }
    }

    /// Ends where the global configuration is no JSON.
    fn check_config(&mut self, options: &Options, home: &Home) -> Result<(), Quit> {
        let profile = self.profile;
        let Some(corrupt) = crate::corrupt::check(profile, home, options, &mut self.ids) else {
            return Ok(());
        };
        let mut stdout = Stdout::new(self.ledger.clone(), &profile.behaviour);
        if !corrupt.stdout.is_empty() {
            stdout.line(&corrupt.stdout)?;
        }
        let escapes = profile.behaviour.escapes;
        Out::new(stdout, options.output, options.verbose, escapes).message(corrupt.result)?;
        Err(Quit(corrupt.code))
    }

    /// What the command line alone leads to.
    fn stop(&mut self, stop: Stop) -> Result<(), Quit> {
        let version = &self.profile.version;
        let text = match stop {
            Stop::Error(text) => {
                if self
                    .args
                    .iter()
                    .any(|arg| arg == "--input-format" || arg == "--input-format=stream-json")
                {
                    hear_client();
                }
                complain(&text);
                return Err(Quit(1));
            }
            Stop::Version => return self.version(),
            Stop::Help => {
                let flags: Vec<String> = self
                    .profile
                    .flags
                    .iter()
                    .map(|f| format!("  {}", f.flags))
                    .collect();
                format!(
                    "Usage: claude [options] [prompt]\n\nThis is mock-claude, standing in for the Claude CLI {version}. It takes:\n{}",
                    flags.join("\n")
                )
            }
        };
        Stdout::new(self.ledger.clone(), &self.profile.behaviour).line(&text)
    }

    /// The answer to `--version`, or what the script has in its place.
    fn version(&mut self) -> Result<(), Quit> {
        let wrong = self.script.as_ref().and_then(|s| s.version.clone());
        let wrong = wrong.unwrap_or_default();
        if let Some(ms) = wrong.takes {
            self.inbox.sleep(self.clock.wait(ms));
        }
        let mut stdout = self.stdout();
        if let Some(banner) = &wrong.banner {
            stdout.line(banner)?;
        }
        let own = format!("{} (Claude Code)", self.profile.version);
        stdout.line(&wrong.says.unwrap_or(own))?;
        match wrong.exit {
            None | Some(0) => Ok(()),
            Some(code) => Err(Quit(code)),
        }
    }

    /// stdout, in the shape that the script gives it.
    fn stdout(&self) -> Stdout {
        let shaping = self.faults.stdout;
        let drop = self.clock.wait(shaping.dribble.unwrap_or(0));
        let stdout = Stdout::new(self.ledger.clone(), &self.profile.behaviour);
        let shape = faults::Shape::new(shaping, drop);
        stdout
            .shaped(shape)
            .mortal(self.faults.dies.clone())
            .with_signals(self.inbox.signals().clone())
    }

    /// There is no such session: said on stderr, and in stream-json also in a result, where the version does so.
    fn no_session(
        &mut self,
        none: NoSession,
        options: &Options,
        out: &mut Out,
    ) -> Result<(), Quit> {
        if let Some(asked) = none.result
            && options.output == Output::StreamJson
        {
            let vars = Vars::new()
                .with("duration_ms", 0)
                .with("duration_api_ms", 0)
                .with("session_id", asked.unwrap_or_else(|| self.ids.uuid()))
                .with("zero_usage", self.profile.zero_usage())
                .with("uuid", self.ids.uuid())
                .with("errors", vec![none.text.trim_end()]);
            out.message(render(&self.profile.message("result_startup"), &vars))?;
        }
        complain(&none.text);
        Err(Quit(1))
    }
}

/// A number that no other call has.
fn unique() -> u64 {
    crate::time::now_ms() << 22 ^ u64::from(std::process::id())
}

/// Waits a moment for what a client that speaks to us sends first: it writes as soon as it has started us, and a real CLI
/// takes longer than that to fail.
fn hear_client() {
    let stdin = io::stdin();
    let mut fds = [rustix::event::PollFd::new(
        &stdin,
        rustix::event::PollFlags::IN,
    )];
    let limit = rustix::event::Timespec {
        tv_sec: 0,
        tv_nsec: 500_000_000,
    };
    // Where stdin cannot be waited for, nobody is going to write.
    let _ = rustix::event::poll(&mut fds, Some(&limit));
}
