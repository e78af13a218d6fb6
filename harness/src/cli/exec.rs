//! `claude-harness exec`: any command on a stage, the first thing that someone with a symptom wants.

use super::{Complaint, FAILED, Workplace};
use crate::runner::{Overrides, SelectError, supervision};
use crate::stage::{self, Executables, Plan, ServerPayload, Stage};
use crate::supervise::{SpawnError, SpawnSpec, Status, Stdio, Supervisor, Survivor};
use mock_claude::script::{Action, Entry, Script, When};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// How long what the command left may take to end by itself.
const SETTLE: Duration = Duration::from_millis(500);

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The launch environment
    #[arg(long, value_name = "E")]
    environment: String,
    /// The layout
    #[arg(long, value_name = "L")]
    layout: String,
    /// Keep the stage on disk
    #[arg(long)]
    keep_stage: bool,
    /// The command and its arguments; the stage's shell when not given
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Gives the command's own exit code; 127 where it was not found, 126 where it could not be started, 128 and more where a signal ended it.
pub(super) fn exec(arguments: &Arguments) -> Result<u8, Complaint> {
    let (stage, executables) = build(arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| complaint("failed to start a runtime", &error))?;
    let code = runtime.block_on(on_stage(&stage, &executables, &arguments.command))?;
    if arguments.keep_stage {
        let folder = stage
            .keep()
            .map_err(|error| complaint("failed to keep the stage", &error))?;
        eprintln!("claude-harness: the stage was kept in {}", folder.display());
    }
    Ok(code)
}

fn complaint(what: &str, error: &dyn std::error::Error) -> Complaint {
    miette::miette!("{what}: {error}").into()
}

fn build(arguments: &Arguments) -> Result<(Stage, Executables), Complaint> {
    let workplace = Workplace::open()?;
    let catalog = &workplace.catalog;
    Overrides {
        environments: vec![arguments.environment.clone()],
        layouts: vec![arguments.layout.clone()],
        ..Overrides::default()
    }
    .check(catalog)?;
    let found = catalog
        .environment(&arguments.environment)
        .zip(catalog.layout(&arguments.layout));
    let (environment, layout) = found.ok_or_else(|| miette::miette!("the stage is unknown"))?;
    let executables =
        stage::prepare(&catalog.executable, catalog.node.as_deref()).map_err(SelectError::from)?;
    let plan = Plan {
        environment: environment.clone(),
        layout: layout.clone(),
        project: None,
        server: ServerPayload::None,
        outside: Vec::new(),
        history: Vec::new(),
        script: agreeable(),
        executables: executables.clone(),
        keep: false,
    };
    Ok((Stage::build(&plan).map_err(SelectError::from)?, executables))
}

/// A script that answers whatever is asked.
fn agreeable() -> Script {
    Script {
        calls: vec![Entry {
            line: None,
            when: When::default(),
            result: None,
            times: u32::MAX,
            actions: vec![Action::Say(
                "Hello from the stand-in for the Claude CLI.".to_owned(),
            )],
        }],
        ..Script::default()
    }
}

async fn on_stage(
    stage: &Stage,
    executables: &Executables,
    command: &[OsString],
) -> Result<u8, Complaint> {
    let mut supervisor = Supervisor::launch(supervision(stage, executables, true))
        .await
        .map_err(|error| complaint("failed to start the supervisor", &error))?;
    let spec = spec(stage, command);
    let status = match supervisor.spawn(&spec).await {
        Ok(pid) => supervisor.wait(pid).await,
        Err(SpawnError::Refused(failure)) => {
            eprintln!(
                "claude-harness: spawn {} {}",
                spec.program.display(),
                failure.errno
            );
            eprintln!(
                "claude-harness: PATH={} (on the stage)",
                declared_path(stage)
            );
            // As shells do.
            return Ok(if failure.errno == "ENOENT" { 127 } else { 126 });
        }
        Err(error) => return Err(complaint("failed to start the command", &error)),
    };
    let survivors = supervisor.survivors(SETTLE).await;
    report(&survivors);
    supervisor
        .finish()
        .await
        .map_err(|error| complaint("failed to end what survived", &error))?;
    Ok(match status {
        Some(Status::Exited(code)) => u8::try_from(code).unwrap_or(u8::MAX),
        Some(Status::Signaled(_, number)) => u8::try_from(128 + number).unwrap_or(u8::MAX),
        None => FAILED,
    })
}

fn spec(stage: &Stage, command: &[OsString]) -> SpawnSpec {
    let mut words = command.iter().cloned();
    let program = words
        .next()
        .map_or_else(|| stage.shell.clone(), PathBuf::from);
    let mut spec = SpawnSpec::new(program, stage.cwd.clone()).args(words);
    spec.env = stage.env.clone();
    (spec.stdin, spec.stdout, spec.stderr) = (Stdio::Inherit, Stdio::Inherit, Stdio::Inherit);
    spec.user = stage.run_as;
    spec.umask = Some(stage.umask);
    spec.nofile = Some(stage.nofile);
    spec.core = Some(stage.core);
    spec
}

fn declared_path(stage: &Stage) -> String {
    let names: Vec<&str> = stage
        .path
        .iter()
        .map(|(declared, _)| declared.as_str())
        .collect();
    names.join(":")
}

/// On stderr, so that the command's own output stays its own.
fn report(survivors: &[Survivor]) {
    if survivors.is_empty() {
        eprintln!("claude-harness: nothing survived");
    }
    for survivor in survivors {
        let process = &survivor.process;
        eprintln!(
            "claude-harness: survived: {} `{}`",
            process.pid,
            process.command.join(" ")
        );
        for ancestor in &survivor.ancestry {
            eprintln!(
                "claude-harness:   begotten by {} `{}`",
                ancestor.pid,
                ancestor.command.join(" ")
            );
        }
    }
}
