//! Between a performance and its stage: what is built, how it is supervised, what the judge may know of it.

use super::Catalog;
use super::perform::{PerformError, failed};
use crate::backend::{Api, BackendKind, Described};
use crate::braces;
use crate::bridge;
use crate::scenario::Performance;
use crate::stage::loadable::{self, Lack};
use crate::stage::{
    self, Executables, HistorySpec, Language, Leak, Plan, ProjectSpec, ServerPayload, Stage,
};
use crate::supervise::{Launch, Probe, ShellProbe, Signal, SpawnSpec, Stdio, Supervisor, Way};
use crate::timeline::{StageFacts, texts_of};
use mock_claude::profile::Profile;
use mock_claude::protocol::decode::lines;
use mock_claude::transcript::Home;
use serde_json::Value;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// How long a login shell may take to answer the preflight.
const SHELL_LIMIT_MS: u64 = 5_000;
/// The variable that marks every process of a run; its value is the stage's folder.
const MARKER: &str = "CLAUDE_HARNESS_RUN";

pub(super) fn build(
    performance: &Performance,
    catalog: &Catalog,
    executables: &Executables,
) -> Result<Stage, PerformError> {
    let unknown = |what: &str, name: &str| PerformError::Failed(format!("unknown {what} `{name}`"));
    let changed = performance.changed.as_deref();
    let environment = changed
        .or_else(|| catalog.environment(&performance.environment))
        .ok_or_else(|| unknown("environment", &performance.environment))?;
    let layout = catalog
        .layout(&performance.layout)
        .ok_or_else(|| unknown("layout", &performance.layout))?;
    let backend = catalog
        .backend(&performance.backend.name)
        .ok_or_else(|| unknown("backend", &performance.backend.name))?;
    let server = match &backend.kind {
        BackendKind::Broken(error) => return Err(PerformError::Failed(error.to_string())),
        BackendKind::Reference => ServerPayload::Reference {
            defects: performance.backend.defects.clone(),
        },
        BackendKind::Described(described) => match &described.payload {
            Some(payload) => ServerPayload::Script(payload.clone()),
            None => ServerPayload::None,
        },
    };
    let mut environment = environment.clone();
    if let Some(login) = performance.login {
        environment.login = login;
    }
    let plan = Plan {
        environment,
        layout: layout.clone(),
        project: performance.project.clone().map(|path| ProjectSpec { path }),
        server,
        history: performance
            .history
            .iter()
            .map(|history| HistorySpec {
                sessions: history.sessions,
                messages: history.messages,
                bytes: history.bytes,
                seed: performance.seed,
                project: history.project.clone(),
                config_dir: history.config_dir.clone(),
                longest: history.longest,
                damage: history.damage.clone(),
            })
            .collect(),
        script: performance.script.clone(),
        executables: executables.clone(),
        outside: outside(&backend.kind),
        keep: false,
    };
    Stage::build(&plan).map_err(|error| failed("build the stage")(error.to_string()))
}

/// What the backend executes or reads where it is installed.
fn outside(kind: &BackendKind) -> Vec<PathBuf> {
    let BackendKind::Described(described) = kind else {
        return Vec::new();
    };
    let python = described
        .payload
        .as_ref()
        .filter(|it| it.language == Language::Python);
    let runs_python =
        python.is_some() || described.command.iter().any(|it| it.contains("{python}"));
    let found = stage::find_python()
        .filter(|_| runs_python)
        .map(Path::to_owned);
    let modules = python.map(|it| &it.modules).or(described.modules.as_ref());
    // Whether others can get there is asked of every folder above, so it must be whole.
    let modules = modules.map(|it| it.canonicalize().unwrap_or_else(|_| it.clone()));
    found.into_iter().chain(modules).collect()
}

/// The performance with a script that fits the backend: one that puts words of its own around a message asks for no
/// prompt that is equal to it.
pub(super) fn fitted(performance: &Performance, catalog: &Catalog) -> Performance {
    let mut fitted = performance.clone();
    if api(performance, catalog).wraps_prompts {
        for entry in &mut fitted.script.calls {
            if let Some(prompt) = entry.when.prompt.take() {
                entry.when.contains.get_or_insert(prompt);
            }
        }
    }
    fitted
}

/// Finds what the stage cannot hide.
pub(super) async fn preflight(
    stage: &Stage,
    supervisor: &Supervisor,
) -> Result<Vec<Leak>, PerformError> {
    let asked = stage.preflight();
    let probe = Probe {
        names: asked.names,
        path: asked.path,
        places: asked.absolute,
        shell: Some(ShellProbe {
            shell: asked.shell,
            env: asked.env,
            cwd: stage.home.clone(),
            limit_ms: SHELL_LIMIT_MS,
        }),
    };
    let probed = supervisor
        .probe(probe)
        .await
        .map_err(|error| failed("probe the stage")(error.to_string()))?;
    let sightings: Vec<stage::Sighting> = probed
        .sightings
        .into_iter()
        .map(|sighting| stage::Sighting {
            name: sighting.name,
            way: way(sighting.way).to_owned(),
            path: sighting.path,
        })
        .collect();
    Ok(stage::leaks(&sightings, stage))
}

fn way(way: Way) -> &'static str {
    match way {
        Way::Path => "PATH",
        Way::DefaultPath => "libc's default path",
        Way::Place => "an absolute place",
        Way::LoginShell => "the login shell",
    }
}

pub(super) fn facts(
    performance: &Performance,
    catalog: &Catalog,
    stage: &Stage,
    leaks: Vec<Leak>,
) -> StageFacts {
    let backend = catalog.backend(&performance.backend.name);
    let own_command = backend.is_some_and(|backend| match &backend.kind {
        BackendKind::Described(described) => !described.command.is_empty(),
        _ => false,
    });
    let declared: Vec<&str> = stage
        .path
        .iter()
        .map(|(declared, _)| declared.as_str())
        .collect();
    let on_path = |name: &&str| {
        stage
            .path
            .iter()
            .any(|(_, actual)| actual.join(name).exists())
    };
    let mut env = stage.env.clone();
    env.extend(stage.server_env.clone());
    StageFacts {
        own_command,
        env,
        declared_path: declared.join(":"),
        on_path: ["node", "claude", "bun"]
            .iter()
            .filter(|n| on_path(n))
            .map(|n| (*n).to_owned())
            .collect(),
        cli: stage.cli.clone(),
        cli_version: stage.cli_version.clone(),
        unloadable: unloadable(stage),
        faults: performance.script.has_faults(),
        app: stage.app.clone(),
        runtime: stage.runtime.clone(),
        project: stage.project.clone(),
        leaks,
        conversations: conversations(stage),
        has_claude_json: stage.home.join(".claude.json").exists(),
    }
}

/// What is there under the CLI's name and cannot be executed for want of something else.
fn unloadable(stage: &Stage) -> Vec<(PathBuf, Lack)> {
    let on_path = stage.path.iter().map(|(_, folder)| folder.join("claude"));
    let mut candidates: Vec<PathBuf> = on_path.collect();
    candidates.extend([stage.cli.clone(), stage.native_cli.clone()]);
    let lacking = candidates.into_iter().filter_map(|path| {
        let lack = loadable::lack(&path)?;
        Some((path, lack))
    });
    lacking.collect()
}

/// Conversations of the project on disk, as the CLI would find them; an empty file is none.
pub(super) fn conversations(stage: &Stage) -> usize {
    let folder = transcripts(stage);
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter(|file| {
            let is_transcript = file.path().extension().is_some_and(|it| it == "jsonl");
            is_transcript && file.metadata().is_ok_and(|file| file.len() > 0)
        })
        .count()
}

/// The folder of the project's transcripts, where the stage's environment has the CLI keep them.
fn transcripts(stage: &Stage) -> PathBuf {
    let home = match stage.env.get("CLAUDE_CONFIG_DIR") {
        Some(folder) => Home::in_config_dir(folder.into()),
        None => Home::in_home(&stage.home),
    };
    home.project_dir(Profile::newest(), &stage.project)
}

/// How many messages of a conversation can be read: lines that are whole, one by one, whatever became of the others.
pub(super) fn readable_messages(stage: &Stage, session: &str) -> usize {
    let lines = readable_lines(stage, session);
    let messages = lines.iter().filter(|line| line.get("message").is_some());
    messages.count()
}

/// The texts of the assistant in a conversation's file, in order.
pub(super) fn texts_on_disk(stage: &Stage, session: &str) -> Vec<String> {
    let lines = readable_lines(stage, session);
    lines.iter().flat_map(texts_of).collect()
}

fn readable_lines(stage: &Stage, session: &str) -> Vec<Value> {
    let file = transcripts(stage).join(format!("{session}.jsonl"));
    let text = std::fs::read(file).unwrap_or_default();
    lines(&text)
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect()
}

/// How a stage is supervised.
pub fn supervision(stage: &Stage, executables: &Executables, inherit: bool) -> Launch {
    let marker = (MARKER.to_owned(), stage.root.display().to_string());
    Launch {
        hide: stage.hide.clone(),
        read_only: stage.read_only.clone(),
        inherit,
        ..Launch::new(
            executables.harness().to_owned(),
            stage.root.join("supervisor"),
            marker,
        )
    }
}

/// The supervision of what is no part of the run: an earlier one, or the user's browser.
pub(super) fn supervision_beside(stage: &Stage, executables: &Executables, what: &str) -> Launch {
    let mut launch = supervision(stage, executables, false);
    launch.scratch = launch.scratch.with_file_name(what);
    launch.marker.1 += &format!(": {what}");
    launch
}

/// What the backend's API looks like.
pub(super) fn api(performance: &Performance, catalog: &Catalog) -> Rc<Api> {
    let backend = catalog.backend(&performance.backend.name);
    Rc::new(backend.map_or_else(Api::webui, |backend| {
        backend.api(performance.backend.client)
    }))
}

/// What the backend is told to stop with.
pub(super) fn stop_signal(performance: &Performance, catalog: &Catalog) -> Signal {
    match catalog
        .backend(&performance.backend.name)
        .map(|backend| &backend.kind)
    {
        Some(BackendKind::Described(described)) => described.stop,
        _ => Signal::Term,
    }
}

/// How the backend is started on this stage.
pub(super) fn server(
    performance: &Performance,
    catalog: &Catalog,
    stage: &Stage,
    port: u16,
) -> SpawnSpec {
    let backend = catalog.backend(&performance.backend.name);
    let described = match backend.map(|backend| &backend.kind) {
        Some(BackendKind::Described(described)) => Some(&**described),
        _ => None,
    };
    let place = |text: &str| braces::fill(text, |name| named(stage, described, port, name));
    let own = described
        .map(|it| it.command.as_slice())
        .unwrap_or_default();
    // What a scenario says of an option counts.
    let mut options = described.map(|it| it.options.clone()).unwrap_or_default();
    options.extend(performance.backend.options.clone());
    let mut command: Vec<OsString> = own.iter().map(|word| place(word)).collect();
    if command.is_empty() {
        command = stage.server.clone();
        command.extend(["--port".into(), port.to_string().into()]);
        if !options.contains_key("claude-path") {
            command.extend(["--claude-path".into(), stage.cli.clone().into()]);
        }
    }
    let mut program = on_path(stage, command.remove(0));
    if let Some(host) = described.and_then(|it| it.host.as_ref()) {
        command.insert(0, program.into());
        let config = bridge::Config {
            kind: host.kind,
            port,
            command: command
                .iter()
                .map(|it| it.to_string_lossy().into_owned())
                .collect(),
            tool: host.tool.clone(),
            input: host.input.clone(),
        };
        let config = serde_json::to_string(&config).unwrap_or_default();
        command = vec![bridge::FLAG.into(), config.into()];
        program = stage.harness.clone();
    }
    let mut spec = launched(stage, program).args(command);
    spec.cwd.clone_from(&stage.server_cwd);
    let mut option = |name: &str, value: OsString| {
        spec.args.push(OsString::from(format!("--{name}")));
        spec.args.push(value);
    };
    if described.is_none() {
        option("runtime", stage.runtime.clone().into());
    }
    for (name, value) in options {
        option(&name, place(&value));
    }
    if described.is_none() && stage.runtime_is_electron {
        spec.args.push("--electron".into());
    }
    spec.env.extend(stage.server_env.clone());
    for (name, value) in described.iter().flat_map(|it| &it.variables) {
        let value = place(value).to_string_lossy().into_owned();
        spec.env.insert(name.clone(), value);
    }
    spec
}

/// A program that is only named, as the stage's PATH has it.
fn on_path(stage: &Stage, program: OsString) -> PathBuf {
    let program = PathBuf::from(program);
    if program.components().count() != 1 {
        return program;
    }
    let folders = stage.path.iter().map(|(_, folder)| folder.join(&program));
    let mut found = folders.filter(|candidate| candidate.is_file());
    found.next().unwrap_or(program)
}

/// What a place in braces is on this stage.
fn named(stage: &Stage, described: Option<&Described>, port: u16, name: &str) -> Option<OsString> {
    let entry = || {
        let script = described.and_then(|it| it.payload.as_ref())?;
        let entry = stage
            .server
            .iter()
            .find(|word| word.to_string_lossy().ends_with(&script.entry))?;
        Some(Path::new(entry).parent()?.to_owned())
    };
    let modules = || described.and_then(|it| it.modules.as_ref()?.canonicalize().ok());
    let path = match name {
        "app" => stage.app.clone(),
        "home" => stage.home.clone(),
        "project" => stage.project.clone(),
        "cli" => stage.cli.clone(),
        "here" => described.map(|it| it.here.clone()).unwrap_or_default(),
        "native-cli" => stage.native_cli.clone(),
        "cli-folder" => stage
            .native_cli
            .parent()
            .unwrap_or(&stage.native_cli)
            .to_owned(),
        "python" => stage::find_python().map(Path::to_owned).unwrap_or_default(),
        "server" => entry().unwrap_or_default(),
        "modules" => modules().unwrap_or_default(),
        "port" => return Some(port.to_string().into()),
        "host" => return Some("127.0.0.1".into()),
        "PATH" => return stage.env.get("PATH").map(OsString::from),
        "runtime" | "node" => stage.runtime.clone(),
        _ => return None,
    };
    Some(path.into())
}

/// How a process is started as the stage's environment starts it.
pub fn launched(stage: &Stage, program: PathBuf) -> SpawnSpec {
    let mut spec = SpawnSpec::new(program, stage.cwd.clone());
    spec.env = stage.env.clone();
    spec.stdin = stdio(stage.stdin);
    spec.stdout = stdio(stage.stdout);
    spec.stderr = stdio(stage.stderr);
    spec.new_session = stage.new_session;
    spec.terminal = stage.terminal;
    spec.user = stage.run_as;
    spec.umask = Some(stage.umask);
    spec.nofile = Some(stage.nofile);
    spec.core = Some(stage.core);
    spec
}

/// The environment's word for a stream, as the supervisor has it.
fn stdio(stream: stage::environment::Stdio) -> Stdio {
    match stream {
        stage::environment::Stdio::Null => Stdio::Null,
        stage::environment::Stdio::Pipe => Stdio::Pipe,
        stage::environment::Stdio::DeadReader => Stdio::DeadReader,
        stage::environment::Stdio::Terminal => Stdio::Terminal,
        stage::environment::Stdio::Closed => Stdio::Closed,
    }
}
