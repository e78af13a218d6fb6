//! `claude-harness crosscheck`.

use super::{Complaint, FAILED, OK, USAGE, Workplace, default_jobs, print, print_line};
use crate::backend::reference::Defect;
use crate::report::Cross;
use crate::runner::{Compare, Job, Planned, Report, run_all, select};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Files, folders or scenario names to take stages and variants from; all when none is given
    #[arg(value_name = "FILE|DIR|NAME")]
    names: Vec<String>,
    /// Only this defect; can be given several times
    #[arg(long, value_name = "D")]
    defect: Vec<Defect>,
    /// How many runs at the same time; as many as there are processors when not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Print one JSON document, and nothing else, on stdout
    #[arg(long)]
    json: bool,
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
    // Who asks for one defect does not ask about false alarms.
    let swapped = match arguments.defect.is_empty() {
        true => selection.swapped_backends(catalog),
        false => Vec::new(),
    };
    let defects = match arguments.defect.as_slice() {
        [] => Defect::all(),
        some => some,
    };
    let (names, planned): (Vec<_>, Vec<_>) = selection
        .with_defects(defects, catalog)
        .into_iter()
        .map(|run| (run.defect.name(), run.planned))
        .unzip();
    if planned.is_empty() {
        eprintln!(
            "error: no scenario that is selected has a sound variant on the reference backend"
        );
        return Ok(USAGE);
    }
    let swapped = play(&swapped)?;
    let with_defects: Vec<_> = names.into_iter().zip(play(&planned)?).collect();
    let cross = Cross::new(&swapped, &with_defects);
    if arguments.json {
        print_line(&serde_json::to_string_pretty(&cross).expect("it has only texts and numbers"));
    } else {
        print(&cross.text());
    }
    Ok(if cross.is_sound() { OK } else { FAILED })
}
