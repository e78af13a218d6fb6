//! One run: stage, supervisor, backend, steps, stop, timeline, judgement.

use super::Catalog;
use super::ending::end_as;
use super::keeper::Keeper;
use super::leaks::mark_used;
use super::on_stage::{
    api, build, facts, fitted, preflight, server, stop_signal, supervision, supervision_beside,
};
use super::renumber::renumber;
use super::steps::{Played, Run, Steps};
use super::stranger::{earlier_run, hold};
use crate::backend::{Browser, Hangs, Http, Port, Watch, ended};
use crate::judge::{Judgement, judge};
use crate::report::{self, Outcome};
use crate::scenario::{Client, Performance, Stranger};
use crate::stage::{self, Executables, Stage};
use crate::supervise::{Event, IsolationLevel, Signal, StopSpec, Stream, Supervisor, Survivor};
use crate::timeline::{
    Budget, LogLine, StageFacts, StartSeen, StopSeen, SurvivorSeen, Timeline, UnusedEntry,
};
use mock_claude::ledger;
use mock_claude::script::When;
use regex_lite::Regex;
use std::cell::OnceCell;
use std::net::{Ipv6Addr, TcpListener};
use std::rc::Rc;
use std::time::Duration;

/// How long the backend may take to end after SIGKILL.
const KILL_GRACE: Duration = Duration::from_secs(10);
/// How long what it left may take to end by itself (FAILURES I4).
const SURVIVOR_GRACE: Duration = Duration::from_secs(2);
/// What the user of a browser saw last, in the stage's folder.
pub(super) const SCREENSHOT: &str = "page.png";
/// How many lines of the backend's log a report keeps.
const LOG_LINES: usize = 20;

/// A run that took place.
#[derive(Debug)]
pub struct Performed {
    /// What it means.
    pub judgement: Judgement,
    /// What was seen.
    pub outcome: Outcome,
    /// What the stage could not enforce.
    pub limits: Vec<String>,
    /// The same, as far as it is due to this machine.
    pub notes: Vec<String>,
    /// The last lines of the backend's log.
    pub log: Vec<String>,
    /// What was waited for when a budget ran out.
    pub hangs: Vec<String>,
    /// What its processes were and held, for people.
    pub record: String,
    /// The stage; it goes from the disk when dropped.
    pub stage: Stage,
}

/// Why a run did not take place.
#[derive(Debug, thiserror::Error)]
pub enum PerformError {
    /// It cannot run here.
    #[error("{0}")]
    Skip(String),
    /// The harness itself failed.
    #[error("{0}")]
    Failed(String),
}

/// Wraps whatever failed below.
pub(super) fn failed(what: &str) -> impl FnOnce(String) -> PerformError {
    move |error| PerformError::Failed(format!("failed to {what}: {error}"))
}

/// Performs one run.
///
/// # Errors
/// It cannot run here, or the harness itself failed.
pub fn perform(
    performance: &Performance,
    catalog: &Catalog,
    executables: &Executables,
) -> Result<Performed, PerformError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed("start a runtime")(error.to_string()))?;
    runtime.block_on(perform_on_stage(performance, catalog, executables))
}

async fn perform_on_stage(
    performance: &Performance,
    catalog: &Catalog,
    executables: &Executables,
) -> Result<Performed, PerformError> {
    if performance.ipv6 && TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        let why = "there is no IPv6 loopback address here".to_owned();
        return Err(PerformError::Skip(why));
    }
    let performance = &fitted(performance, catalog);
    let stage = build(performance, catalog, executables)?;
    let supervisor = Supervisor::launch(supervision(&stage, executables, false))
        .await
        .map_err(|error| failed("start the supervisor")(error.to_string()))?;
    let mut notes = Vec::new();
    if supervisor.isolation().level == IsolationLevel::Paths {
        let why = supervisor.isolation().reason.clone().unwrap_or_default();
        if performance.needs_masked {
            return Err(PerformError::Skip(format!(
                "the stage cannot be masked here: {why}"
            )));
        }
        notes.push(format!("isolated by paths only: {why}"));
    }
    if let Some(why) = &supervisor.isolation().writable {
        notes.push(format!("the app's folder can be written to: {why}"));
    }
    if stage.runtime_is_standin {
        notes.push(
            "there is no Node here: the app's runtime is a stand-in that runs only the CLI"
                .to_owned(),
        );
    }
    let leaks = preflight(&stage, &supervisor).await?;
    notes.extend(leaks.iter().map(|leak| {
        format!(
            "`{}` can be found by {}: {}",
            leak.name,
            leak.way,
            leak.path.display()
        )
    }));
    let mut limits = stage.limits.clone();
    limits.extend(supervisor.limits().iter().cloned());
    limits.extend(notes.iter().cloned());
    let facts = facts(performance, catalog, &stage, leaks);
    let port = Port::lease().map_err(|error| failed("lease a port")(error.to_string()))?;
    let played = play(
        performance,
        catalog,
        executables,
        &stage,
        supervisor,
        port,
        facts,
    )
    .await?;
    let (timeline, log, ports) = played;
    let judgement = judge(&timeline);
    let hangs = report::hangs(&timeline.watched.hangs);
    let record = report::record(&timeline.watched);
    // A line that is written above an entry of the script changes no outcome.
    let lines = Regex::new(r"\(line \d+\)").expect("a good pattern");
    let outcome = Outcome::new(&timeline, &judgement, |text| {
        let mut text = stage.normalise(text);
        for (index, port) in ports.iter().enumerate() {
            let name = match index {
                0 => "<port>".to_owned(),
                _ => format!("<port {}>", index + 1),
            };
            text = text.replace(&port.to_string(), &name);
        }
        lines.replace_all(&text, "(line <n>)").into_owned()
    });
    Ok(Performed {
        judgement,
        outcome,
        limits,
        notes,
        log,
        hangs,
        record,
        stage,
    })
}

/// Starts the backend, does the steps, stops it, and writes down what was seen: the timeline, the last lines of the log,
/// the ports.
async fn play(
    performance: &Performance,
    catalog: &Catalog,
    executables: &Executables,
    stage: &Stage,
    mut supervisor: Supervisor,
    port: Port,
    mut facts: StageFacts,
) -> Result<(Timeline, Vec<String>, Vec<u16>), PerformError> {
    let hangs = Hangs::default();
    let keeper = Keeper::new(stage);
    let watch = || {
        Watch::new(
            &supervisor,
            stage.ledger.clone(),
            &performance.script,
            performance.budgets,
            Hangs::clone(&hangs),
        )
    };
    let run = Run {
        performance,
        catalog,
        stage,
        supervisor: &supervisor,
        keeper: &keeper,
        conversations: facts.conversations,
    };
    let http = match performance.ipv6 {
        true => Http::v6(port.number()),
        false => Http::new(port.number()),
    };
    let stranger = match performance.port_held_by {
        None => None,
        Some(Stranger::EarlierRun) => {
            let spec = server(performance, catalog, stage, port.number());
            let launch = supervision_beside(stage, executables, "earlier-run");
            let held = earlier_run(launch, &spec, &http).await;
            Some(held.map_err(|error| failed("start the earlier run")(error.to_string()))?)
        }
        Some(stranger) => {
            let held = hold(stranger, http.address(), port.number()).await;
            Some(held.map_err(|error| failed("hold the port")(error.to_string()))?)
        }
    };
    let browser = browser(performance, stage, executables).await?;
    let api = api(performance, catalog);
    let http = http.with_headers(api.headers.clone());
    let Played {
        start,
        seen: mut steps,
        backend,
        ports,
        screenshot,
    } = Steps::new(run, http, api, watch(), port, browser.clone())
        .play()
        .await?;
    if let Some(browser) = browser.and_then(Rc::into_inner) {
        browser.close().await;
    }
    if let Some(png) = screenshot {
        std::fs::write(stage.root.join(SCREENSHOT), png)
            .map_err(|error| failed("keep the screenshot")(error.to_string()))?;
    }
    let lived = backend.is_some_and(|pid| supervisor.ended(pid).is_none());
    if lived {
        keeper.look_for_zombies(&supervisor).await;
    }
    let ending = stop_signal(performance, catalog);
    let mut over = false;
    if let Some(pid) = backend.filter(|_| lived) {
        // It may be dead already: then the wait is over at once.
        let _ = supervisor.signal(pid, ending).await;
        let end = watch()
            .within(Budget::Stop, "the end of the backend", supervisor.wait(pid))
            .await;
        over = end.is_err();
    }
    let mut stopped = supervisor
        .stop(StopSpec {
            signal: Signal::Kill,
            grace: KILL_GRACE,
        })
        .await;
    stopped.forced |= over;
    let survivors = supervisor.survivors(SURVIVOR_GRACE).await;
    // Before the survivors are ended: what happens to them then is no doing of theirs.
    let mut calls = ledger::read(&stage.ledger).unwrap_or_default();
    renumber(&mut steps, &mut calls);
    let launcher = stage.children_end_with;
    let (hidden, survivors) = end_as(
        launcher,
        backend.unwrap_or_default(),
        survivors,
        &mut supervisor,
    )
    .await;
    drop(stranger);
    // Where it listens is closed when its task is next looked at.
    tokio::task::yield_now().await;
    let port_free = ports.iter().all(Port::is_free);
    keeper
        .sample(&supervisor, backend.unwrap_or(0), "stop", false)
        .await;
    let stop = StopSeen {
        signal: lived.then(|| ending.name().to_owned()),
        ended: (!matches!(start, StartSeen::NotSpawned { .. })).then(|| ended(stopped.status)),
        forced: stopped.forced,
        survivors: survivors_seen(&survivors, &calls),
        hidden: survivors_seen(&hidden, &calls),
        hidden_by: launcher.name(),
        port_free,
    };
    let finished = supervisor
        .finish()
        .await
        .map_err(|error| failed("end the run")(error.to_string()))?;
    let StageFacts { leaks, on_path, .. } = &mut facts;
    mark_used(leaks, on_path, &finished.events, &calls);
    let log = log(finished.events);
    let tail = log
        .iter()
        .rev()
        .take(LOG_LINES)
        .rev()
        .map(|line| line.line.clone())
        .collect();
    let script = &performance.script;
    let unused = ledger::unused(&stage.ledger, script)
        .into_iter()
        .filter_map(|(index, _)| script.calls.get(index))
        .map(|entry| UnusedEntry {
            line: entry.line,
            when: condition(&entry.when),
        })
        .collect();
    let timeline = Timeline {
        stage: facts,
        start,
        steps,
        log,
        unused,
        turns: OnceCell::new(),
        app_instances: stage::electron::read_events(&stage.app_events)
            .map_err(|error| failed("read the app's events")(error.to_string()))?,
        watched: keeper.watched(&calls, hangs.take()),
        calls,
        stop,
    };
    let ports = ports.iter().map(Port::number).collect();
    Ok((timeline, tail, ports))
}

/// What the user sits at, where it is a page of the backend.
async fn browser(
    performance: &Performance,
    stage: &Stage,
    executables: &Executables,
) -> Result<Option<Rc<Browser>>, PerformError> {
    if performance.backend.client != Client::Browser {
        return Ok(None);
    }
    let launch = supervision_beside(stage, executables, "browser");
    let folder = stage.root.join("browser-files");
    let browser = Browser::start(launch, &folder).await;
    let browser = browser.map_err(|error| failed("start the browser")(error.to_string()))?;
    Ok(Some(Rc::new(browser)))
}

/// An entry's condition, for people.
fn condition(when: &When) -> String {
    match serde_json::to_value(when) {
        Ok(value) if value.as_object().is_some_and(|keys| !keys.is_empty()) => {
            format!("with {value}")
        }
        _ => "without a condition".to_owned(),
    }
}

fn survivors_seen(survivors: &[Survivor], calls: &[ledger::Call]) -> Vec<SurvivorSeen> {
    let mut seen: Vec<SurvivorSeen> = Vec::new();
    for survivor in survivors {
        let pid = survivor.process.pid;
        let call = calls
            .iter()
            .map(|call| &call.start)
            .find(|start| start.pid == pid || start.shown_pid == pid);
        let call = call.map(|start| start.call);
        if call.is_none() || seen.iter().all(|other| other.call != call) {
            seen.push(SurvivorSeen {
                command: survivor.process.command.join(" "),
                call,
                ancestry: survivor
                    .ancestry
                    .iter()
                    .map(|ancestor| ancestor.command.join(" "))
                    .collect(),
            });
        }
    }
    seen
}

fn log(events: Vec<Event>) -> Vec<LogLine> {
    events
        .into_iter()
        .filter_map(|event| match event {
            Event::Log { stream, line, .. } => Some(LogLine {
                stderr: stream == Stream::Stderr,
                line,
            }),
            _ => None,
        })
        .collect()
}
