//! What a supervisor promises, shown with real processes.
//!
//! The test binary serves as supervisor itself, and as every process of the runs that it is not left to `/bin/sh`:
//! see `actor.rs`.

mod actor;
mod ending;
mod escapes;
mod isolation;
mod parallel;
mod ports;
mod resources;
mod starting;
mod torture;
mod watching;
mod world;

use claude_harness::supervise;
use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;
use world::Way;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some(supervise::FLAG) => supervise::child::main(),
        Some(torture::FLAG) => torture::main(&arguments[2..]),
        Some(actor::FLAG) => actor::main(&arguments[2..]),
        Some(ending::HARNESS_FLAG) => ending::harness(&arguments[2..]),
        Some(starting::INHERIT_FLAG) => starting::inheriting_harness(),
        _ => {}
    }
    let mut trials = Vec::new();
    for way in Way::here() {
        trials.extend(starting::trials(way));
        trials.extend(watching::trials(way));
        trials.extend(ending::trials(way));
        trials.extend(escapes::trials(way));
        trials.extend(ports::trials(way));
        trials.extend(parallel::trials(way));
        trials.extend(torture::trials(way));
        trials.extend(resources::trials(way));
    }
    trials.extend(isolation::trials());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A test in each way of finding processes, under a name of its own.
fn trial(way: Way, name: &str, test: impl AsyncFnOnce(Way) + Send + 'static) -> Trial {
    Trial::test(format!("{}::{name}", way.name()), move || {
        world::block_on(test(way));
        Ok(())
    })
}
