//! `claude-harness crosscheck`.

use super::{Complaint, FAILED, OK, USAGE, Workplace, default_jobs, print, print_line};
use crate::backend::reference::Defect;
use crate::report::{Cross, Tally};
use crate::runner::{Compare, DefectRun, Job, Planned, Report, run_all, select};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Files, folders or scenario names to take stages and variants from; all when none is given
    #[arg(value_name = "FILE|DIR|NAME")]
    names: Vec<String>,
    /// Ask only this; can be given several times
    #[arg(long, value_enum, value_name = "QUESTION")]
    ask: Vec<Question>,
    /// Of the defects, only this; can be given several times
    #[arg(long, value_name = "D")]
    defect: Vec<Defect>,
    /// Run each defect in every scenario, also when three have caught it
    #[arg(long)]
    every: bool,
    /// How many runs at the same time; as many as there are processors when not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Print one JSON document, and nothing else, on stdout
    #[arg(long)]
    json: bool,
}

/// So many scenarios that catch a defect show that it is caught.
const ENOUGH: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Question {
    /// Does a sound backend raise a false alarm on another one's stage?
    Swapped,
    /// Does at least one scenario catch each defect of the reference backend alone?
    Defects,
    /// Is each diagnosis the same with all names, texts, paths, ids and ports changed?
    Disguised,
}

pub(super) fn crosscheck(arguments: &Arguments) -> Result<u8, Complaint> {
    let workplace = Workplace::open()?;
    let catalog = &workplace.catalog;
    let selection = select(workplace.scenarios(), &arguments.names, catalog)?;
    let workers = arguments.jobs.map_or_else(default_jobs, usize::from);
    let play = |planned: &[Planned]| -> Result<Vec<Report>, Complaint> {
        let job = Job {
            planned,
            catalog,
            compare: &Compare::Not,
            keep_stage: false,
            workers,
        };
        Ok(run_all(&job, |_| {})?)
    };
    let asked = |question| arguments.ask.is_empty() || arguments.ask.contains(&question);
    let tally = |planned: Vec<Planned>| -> Result<Tally, Complaint> {
        Ok(Tally::of(&planned, &play(&planned)?))
    };
    let mut cross = Cross::default();
    let mut runs = 0;
    if asked(Question::Swapped) {
        let planned = selection.swapped_backends(catalog);
        runs += planned.len();
        cross.swapped = Some(tally(planned)?);
    }
    if asked(Question::Disguised) {
        let planned = selection.disguised(catalog);
        runs += planned.len();
        cross.disguised = Some(tally(planned)?);
    }
    if asked(Question::Defects) {
        let defects = match arguments.defect.as_slice() {
            [] => Defect::all(),
            some => some,
        };
        let mut seen = Cross::of_defects(defects.iter().map(|defect| defect.name()));
        for batch in selection.with_defects(defects, catalog) {
            let wanted = |run: &DefectRun| {
                arguments.every || seen[run.defect.name()].caught_by.len() < ENOUGH
            };
            let (names, planned): (Vec<_>, Vec<_>) = batch
                .into_iter()
                .filter(wanted)
                .map(|run| (run.defect.name(), run.planned))
                .unzip();
            runs += planned.len();
            for (name, report) in names.into_iter().zip(play(&planned)?) {
                seen.entry(name).or_default().take(&report);
            }
        }
        cross.defects = Some(seen);
    }
    if runs == 0 {
        eprintln!("error: nothing that is selected can be asked that");
        return Ok(USAGE);
    }
    if arguments.json {
        let text = serde_json::to_string_pretty(&cross).expect("it has only texts and numbers");
        print_line(&text);
    } else {
        print(&cross.text());
    }
    Ok(if cross.is_sound() { OK } else { FAILED })
}
