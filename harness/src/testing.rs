//! Scenarios as tests of `cargo test` and nextest: every run is a test of its own.

use crate::report::{self, Snapshots, Style};
use crate::runner::{Catalog, Compare, Planned, SelectError, Verdict, run, select};
use crate::stage::{self, Executables};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Makes every run of the scenarios in a folder a test of its own.
///
/// The folder is relative to the package; its snapshots lie in `snapshots` beside it. The test binary also
/// serves as stand-in, supervisor and server. In `Cargo.toml`:
///
/// ```toml
/// [[test]]
/// name = "scenarios"
/// harness = false
/// ```
///
/// and the whole of `tests/scenarios.rs`:
///
/// ```no_run
/// claude_harness::test_main!("scenarios");
/// ```
#[macro_export]
macro_rules! test_main {
    ($folder:literal) => {
        fn main() -> ::std::process::ExitCode {
            $crate::testing::main(env!("CARGO_MANIFEST_DIR"), $folder)
        }
    };
}

struct Shared {
    catalog: Catalog,
    executables: Executables,
    compare: Compare,
}

/// What [`test_main!`](crate::test_main) calls.
pub fn main(package: &str, folder: &str) -> ExitCode {
    if let Some(code) = crate::roles::dispatch() {
        return code;
    }
    let arguments = Arguments::from_args();
    match trials(Path::new(package), folder) {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(error) => {
            eprintln!("{:?}", miette::Report::new(error));
            ExitCode::from(2)
        }
    }
}

fn trials(package: &Path, folder: &str) -> Result<Vec<Trial>, SelectError> {
    let scenarios = package.join(folder);
    let catalog = Catalog::read(package, Some(&scenarios))?;
    let all = select(Some(&scenarios), &[folder_as_name(&scenarios)], &catalog)?;
    let planned = all.plan(&Default::default(), &catalog)?;
    // Before there are threads: a thread that forks while another one copies an executable makes it "busy".
    let executables = stage::prepare(&catalog.executable, catalog.node.as_deref())?;
    let compare = Compare::With(Snapshots::in_folder(package.join("snapshots")));
    let shared = Arc::new(Shared {
        catalog,
        executables,
        compare,
    });
    let skipped: Vec<(String, String)> = planned
        .iter()
        .filter(|planned| planned.is_skipped())
        .filter_map(|planned| Some((planned.name(), planned.missing.clone()?.reason)))
        .collect();
    let mut trials = vec![Trial::test("skips::every_skip_has_its_reason", move || {
        tell(&skipped)
    })];
    for planned in planned {
        let ignored = planned.is_skipped();
        let shared = Arc::clone(&shared);
        let name = planned.name();
        trials
            .push(Trial::test(name, move || perform(&planned, &shared)).with_ignored_flag(ignored));
    }
    Ok(trials)
}

fn folder_as_name(scenarios: &Path) -> String {
    scenarios.display().to_string()
}

/// Prints what is skipped and why; a skip without a reason is a failure.
fn tell(skipped: &[(String, String)]) -> Result<(), Failed> {
    for (name, reason) in skipped {
        println!("skipped {name}: {reason}");
        if reason.trim().is_empty() {
            return Err(format!("{name} is skipped without a reason").into());
        }
    }
    Ok(())
}

fn perform(planned: &Planned, shared: &Shared) -> Result<(), Failed> {
    let report = run(
        planned,
        &shared.catalog,
        &shared.executables,
        &shared.compare,
        false,
    );
    match report.verdict {
        Verdict::Passed => Ok(()),
        Verdict::Skipped => {
            println!(
                "skipped {}: {}",
                report.name,
                report.reason.unwrap_or_default()
            );
            Ok(())
        }
        Verdict::Failed => Err(report::failure(&report, Style { colour: false }).into()),
    }
}
