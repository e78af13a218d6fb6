//! The reference backend as a real process, driven over HTTP, with small scripts of `/bin/sh` as its CLI.
//!
//! The target is its own backend: with `--reference-server DEFECTS` as first arguments it runs the server,
//! so that the tests need no other executable.

#[path = "reference/chats.rs"]
mod chats;
#[path = "reference/defects.rs"]
mod defects;
#[path = "reference/endings.rs"]
mod endings;
#[path = "reference/histories.rs"]
mod histories;
#[path = "reference/http.rs"]
mod http;
#[path = "reference/server.rs"]
mod server;
#[path = "reference/stage.rs"]
mod stage;

use libtest_mimic::{Arguments, Trial};
use server::{command, start};
use stage::cli;
use std::process::ExitCode;

/// Trials named after the functions that they run.
macro_rules! trials {
    ($($test:ident),* $(,)?) => {
        vec![$(libtest_mimic::Trial::test(
            concat!(module_path!(), "::", stringify!($test)).trim_start_matches("reference::"),
            || { $test(); Ok(()) },
        )),*]
    };
}
pub(crate) use trials;

fn main() -> ExitCode {
    if let Some(code) = server::dispatch() {
        return code;
    }
    stage::write_clis();
    let groups = [
        chats::trials(),
        endings::trials(),
        histories::trials(),
        defects::trials(),
    ];
    let trials: Vec<Trial> = groups.into_iter().flatten().collect();
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    stage::remove_clis();
    conclusion.exit_code()
}
