//! The small Node backend on the real SDKs, driven over HTTP, with scripts of `/bin/sh` as its CLI; and the
//! reference backend beside it, which must say the same.
//!
//! Ignored where Node or the SDKs are not installed (`npm ci` in the folders of `tests/backends/node`), and
//! failing there instead if `CLAUDE_HARNESS_REQUIRE` has `node`.

#[path = "reference/http.rs"]
#[expect(dead_code, reason = "shared with the tests of the reference backend")]
mod http;
#[path = "reference/node_agreement.rs"]
mod node_agreement;
#[path = "reference/node_chats.rs"]
mod node_chats;
#[path = "reference/node_endings.rs"]
mod node_endings;
#[path = "reference/sdk.rs"]
mod sdk;
#[path = "reference/server.rs"]
#[expect(dead_code, reason = "shared with the tests of the reference backend")]
mod server;
#[path = "reference/stage.rs"]
mod stage;

use libtest_mimic::{Arguments, Failed, Trial};
use sdk::{SDKS, Sdk};
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = server::dispatch() {
        return code;
    }
    stage::write_clis();
    let missing = sdk::missing();
    let required = std::env::var("CLAUDE_HARNESS_REQUIRE")
        .is_ok_and(|required| required.split(',').any(|one| one.trim() == "node"));
    if let Some(reason) = &missing {
        eprintln!("node backends: ignored, {reason}");
    }
    let tests = [
        node_chats::TESTS,
        node_endings::TESTS,
        node_agreement::TESTS,
    ]
    .concat();
    let mut trials = Vec::new();
    for &(name, only, test) in &tests {
        for sdk in SDKS
            .iter()
            .filter(|sdk| only.is_none_or(|only| only == sdk.name))
        {
            let missing = missing.clone();
            let ignored = missing.is_some() && !required;
            let run = move || match missing {
                Some(reason) => Err(Failed::from(reason)),
                None => {
                    test(sdk);
                    Ok(())
                }
            };
            trials
                .push(Trial::test(format!("{}::{name}", sdk.name), run).with_ignored_flag(ignored));
        }
    }
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    stage::remove_clis();
    conclusion.exit_code()
}

/// A test of each SDK, or of one only: its name, that SDK's, and what it does.
type Test = (&'static str, Option<&'static str>, fn(&'static Sdk));

/// Tests of both SDKs, named after their functions.
macro_rules! tests {
    ($($test:ident $(($only:literal))?),* $(,)?) => {
        &[$((stringify!($test), tests!(@only $($only)?), $test)),*]
    };
    (@only) => { None };
    (@only $only:literal) => { Some($only) };
}
pub(crate) use tests;
