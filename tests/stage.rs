//! What a built stage promises, tried with real processes on it.
//!
//! The executables of a stage are hard links to this very test binary, so its main function first looks
//! whether it was started in one of their roles.

#[path = "stage/electron.rs"]
mod electron;
#[path = "stage/environments.rs"]
mod environments;
#[path = "stage/ground.rs"]
mod ground;
#[path = "stage/history.rs"]
mod history;
#[path = "stage/launch.rs"]
mod launch;
#[path = "stage/layouts.rs"]
mod layouts;
#[path = "stage/observer.rs"]
mod observer;
#[path = "stage/roles.rs"]
mod roles;
#[path = "stage/servers.rs"]
mod servers;
#[path = "stage/shells.rs"]
mod shells;
#[path = "stage/support.rs"]
mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use std::panic::{UnwindSafe, catch_unwind};
use std::process::ExitCode;
use support::Host;

fn main() -> ExitCode {
    if let Some(code) = roles::dispatch() {
        return code;
    }
    if observer::dispatch() {
        return ExitCode::SUCCESS;
    }
    let args = Arguments::from_args();
    let host = Host::prepare();
    let mut trials = Vec::new();
    let everywhere = [
        environments::TESTS,
        ground::TESTS,
        history::TESTS,
        launch::TESTS,
        layouts::TESTS,
        shells::TESTS,
        electron::WITHOUT_NODE,
        servers::TESTS,
    ];
    for (name, test) in everywhere.into_iter().flatten() {
        trials.push(trial(name, &host, *test));
    }
    for (name, test) in [electron::WITH_NODE, layouts::WITH_NODE, servers::WITH_NODE].concat() {
        let trial = trial(name, &host, test);
        trials.push(match host.without_node() {
            Some(reason) if !host.node_is_required() => {
                eprintln!("ignored: {name}: {reason}");
                trial.with_ignored_flag(true)
            }
            _ => trial,
        });
    }
    let conclusion = libtest_mimic::run(&args, trials);
    // Its folder goes with it, which exit() would skip.
    drop(host);
    conclusion.exit_code()
}

fn trial(name: &str, host: &Host, test: fn(&Host)) -> Trial {
    let host = host.clone();
    Trial::test(name, move || run(move || test(&host)))
}

fn run(test: impl FnOnce() + UnwindSafe) -> Result<(), Failed> {
    catch_unwind(test).map_err(|cause| {
        let text = cause
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| cause.downcast_ref::<&str>().map(|&text| text.to_owned()));
        Failed::from(text.unwrap_or_else(|| "panicked".to_owned()))
    })
}
