//! `claude-harness run`.

use super::{Complaint, FAILED, OK, USAGE, Workplace, default_jobs, print, print_line};
use crate::report::{self, Snapshots, Style};
use crate::runner::{Compare, Job, Overrides, Report, Verdict, run_all, select};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::IsTerminal;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Files, folders, scenario names or run names (`lanes/stripped-path::broken`); all when none is given
    #[arg(value_name = "FILE|DIR|NAME")]
    names: Vec<String>,
    /// Run on this launch environment instead, or on `all`
    #[arg(long, value_name = "E")]
    environment: Vec<String>,
    /// Run on this layout instead, or on `all`
    #[arg(long, value_name = "L")]
    layout: Vec<String>,
    /// Run this backend instead, or `all` that have the reference backend's API
    #[arg(long, value_name = "B")]
    backend: Vec<String>,
    /// How many runs at the same time; as many as there are processors when not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Keep the stage of every run on disk, not only of those that fail
    #[arg(long)]
    keep_stage: bool,
    /// Take outcomes over as reviewed, where they are as expected (refused when CI is set)
    #[arg(long)]
    accept: bool,
    /// Print one JSON document, and nothing else, on stdout
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Complaint> {
    if arguments.accept && std::env::var_os("CI").is_some_and(|value| !value.is_empty()) {
        eprintln!(
            "error: --accept is refused because CI is set: a snapshot is reviewed by a person"
        );
        return Ok(USAGE);
    }
    let workplace = Workplace::open()?;
    let catalog = &workplace.catalog;
    let names = catalog.names();
    let environments: Vec<String> = names
        .environments
        .iter()
        .map(|it| it.name.clone())
        .collect();
    let overrides = Overrides {
        environments: expand(&arguments.environment, &environments),
        layouts: expand(&arguments.layout, &names.layouts),
        all_environments: is_all(&arguments.environment),
        all_layouts: is_all(&arguments.layout),
        backends: expand(&arguments.backend, &catalog.lane_backends()),
        all_backends: is_all(&arguments.backend),
    };
    if arguments.accept && !overrides.is_empty() {
        eprintln!(
            "error: --accept goes with a scenario's own environment, layout and backend only"
        );
        return Ok(USAGE);
    }
    let selection = select(workplace.scenarios(), &arguments.names, catalog)?;
    let planned = selection.plan(&overrides, catalog)?;
    let left_out = selection.left_out(&overrides, catalog);
    if !arguments.json {
        eprint!("{}", report::left_out(&left_out));
    }
    if planned.is_empty() {
        eprintln!("error: nothing is selected");
        return Ok(USAGE);
    }
    let snapshots = Snapshots::in_folder(workplace.folder.join("snapshots")).with_built_in();
    let compare = match (overrides.is_empty(), arguments.accept) {
        (false, _) => Compare::Not,
        (true, true) => Compare::Accept(snapshots),
        (true, false) => Compare::With(snapshots),
    };
    let workers = arguments.jobs.map_or_else(default_jobs, usize::from);
    say_when_interrupted();
    let job = Job {
        planned: &planned,
        catalog,
        compare: &compare,
        keep_stage: arguments.keep_stage,
        workers,
    };
    let reports = if arguments.json {
        run_all(&job, |_| {})?
    } else {
        let reports = shown(&job, planned.len())?;
        if overrides.is_matrix() {
            print_line(&report::matrix(&reports));
        }
        reports
    };
    if arguments.json {
        print_line(&report::document(&reports, &left_out));
    }
    let failed = reports
        .iter()
        .any(|report| report.verdict == Verdict::Failed);
    Ok(if failed { FAILED } else { OK })
}

/// Ctrl-C ends the harness; the supervisors see that and end their runs. Only the word of it is missing.
fn say_when_interrupted() {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP]) else {
        return;
    };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            eprintln!("\nclaude-harness: interrupted; the runs that were under way are ended");
            std::process::exit(128 + signal);
        }
    });
}

fn is_all(wanted: &[String]) -> bool {
    wanted.iter().any(|name| name == "all")
}

/// `all` stands for every name.
fn expand(wanted: &[String], all: &[String]) -> Vec<String> {
    if is_all(wanted) {
        all.to_vec()
    } else {
        wanted.to_vec()
    }
}

/// Runs with a line for each run as it ends, and the details of failures after them.
fn shown(job: &Job<'_>, count: usize) -> Result<Vec<Report>, Complaint> {
    let style = Style {
        colour: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    // On stderr, and only on a terminal: a log has no use for a moving bar.
    let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
    bar.set_style(
        ProgressStyle::with_template("{spinner} {pos}/{len} {elapsed}")
            .expect("the template is valid"),
    );
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    let reports = run_all(job, |report| {
        bar.suspend(|| print_line(&report::one_line(report, style)))
    })?;
    bar.finish_and_clear();
    for report in reports
        .iter()
        .filter(|report| report.verdict == Verdict::Failed)
    {
        print(&report::failure(report, style));
    }
    print_line(&format!("\n{}", report::summary(&reports, style)));
    Ok(reports)
}
