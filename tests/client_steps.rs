//! Gates, and what scenarios cannot say in YAML of clients: answers of many megabytes, and runs that must fail.
//!
//! The target is its own stand-in, supervisor and server.

use claude_harness::judge::Broken;
use claude_harness::runner::{Catalog, Performed, perform};
use claude_harness::scenario::{Performance, read};
use claude_harness::stage::{Executables, prepare};
use claude_harness::yaml::Document;
use libtest_mimic::{Arguments, Trial};
use mock_claude::script::Action;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

struct Shared {
    catalog: Catalog,
    executables: Executables,
}

static SHARED: OnceLock<Arc<Shared>> = OnceLock::new();

fn main() -> ExitCode {
    if let Some(code) = claude_harness::roles::dispatch() {
        return code;
    }
    let arguments = Arguments::from_args();
    // Before there are threads: a thread that forks while another one copies an executable makes it "busy".
    let catalog =
        Catalog::read(env!("CARGO_MANIFEST_DIR").as_ref(), None).expect("the catalog is sound");
    let executables = prepare(&catalog.executable, catalog.node.as_deref())
        .expect("the executables can be placed");
    let shared = Shared {
        catalog,
        executables,
    };
    let _ = SHARED.set(Arc::new(shared));
    let tests: &[(&str, fn())] = &[
        ("a_gate_is_opened_by_a_step", a_gate_is_opened_by_a_step),
        (
            "a_gate_that_nobody_opens_is_a_hang",
            a_gate_that_nobody_opens_is_a_hang,
        ),
        (
            "a_client_that_never_reads_makes_the_cli_wait",
            a_client_that_never_reads_makes_the_cli_wait,
        ),
        (
            "a_slow_client_gets_the_whole_answer",
            a_slow_client_gets_the_whole_answer,
        ),
        (
            "what_is_not_there_cannot_be_removed",
            what_is_not_there_cannot_be_removed,
        ),
    ];
    let trials = tests
        .iter()
        .map(|&(name, test)| {
            Trial::test(name, move || {
                test();
                Ok(())
            })
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Performs the one variant of a scenario, with its script changed.
fn run(yaml: &str, change: impl FnOnce(&mut Performance)) -> Performed {
    try_run(yaml, change).unwrap_or_else(|error| panic!("{error}"))
}

fn try_run(yaml: &str, change: impl FnOnce(&mut Performance)) -> Result<Performed, String> {
    let shared = SHARED.get().expect("main has set it");
    let document = Document::parse("s.yaml", yaml).unwrap();
    let scenario = read(&document, "s", &shared.catalog.names()).unwrap_or_else(|error| {
        panic!(
            "{:?}",
            miette::Report::new(claude_harness::yaml::Shown::from(error))
        )
    });
    let mut performance = scenario.variants[0].performance.clone();
    change(&mut performance);
    perform(&performance, &shared.catalog, &shared.executables).map_err(|error| error.to_string())
}

#[track_caller]
fn assert_has(performed: &Performed, line: &str) {
    let text = performed.outcome.text();
    assert!(text.contains(line), "no `{line}` in\n{text}");
}

fn broken(performed: &Performed) -> Vec<&str> {
    let broken = performed.judgement.broken.iter();
    broken.map(|Broken { invariant, .. }| *invariant).collect()
}

const GATE: &str = "\
about: x
budgets: { silence: 700ms }
claude: [{ do: [think: Let me see., gate: go, say: Here it is.] }]
steps:
  - chat: { message: Hello, read: later }
";

fn a_gate_is_opened_by_a_step() {
    let steps = format!("{GATE}  - release: go\n  - read-on\n");
    let performed = run(&steps, |_| ());
    assert_has(&performed, "release   go");
    assert_has(&performed, "says   \"Here it is.\"");
    assert_eq!(broken(&performed), [""; 0]);
}

fn a_gate_that_nobody_opens_is_a_hang() {
    let performed = run(&format!("{GATE}  - read-on\n"), |_| ());
    assert_has(&performed, "claude waits on gate");
    assert_eq!(broken(&performed), ["first-turn-answers", "turn-ends"]);
}

/// More than all buffers between the CLI and a client hold together.
fn with_many_megabytes(performance: &mut Performance) {
    with_texts(performance, 300);
}

/// More than a window of the client, and little enough to be read in pieces.
fn with_a_megabyte(performance: &mut Performance) {
    with_texts(performance, 10);
}

/// Texts of a hundred kilobytes.
fn with_texts(performance: &mut Performance, count: usize) {
    let entry = &mut performance.script.calls[0];
    entry.actions = (0..count)
        .map(|number| Action::Say(format!("{number} {}", "x".repeat(100_000))))
        .collect();
}

fn a_client_that_never_reads_makes_the_cli_wait() {
    let yaml = "\
about: x
budgets: { silence: 700ms }
claude: [{ when: { prompt: Much }, do: [say: replaced] }, { do: [say: Hi] }]
steps:
  - chat: { message: Much, read: never }
  - health
  - chat: Hello
  - disconnect
";
    let performed = run(yaml, with_many_megabytes);
    assert_has(&performed, "unread    chat 1: its CLI waits");
    assert_has(&performed, "its CLI ended");
    assert_eq!(broken(&performed), [""; 0]);
}

fn a_slow_client_gets_the_whole_answer() {
    let yaml = "\
about: x
claude: [{ do: [say: replaced] }]
steps: [chat: { message: Much, read: slowly }]
";
    let performed = run(yaml, with_a_megabyte);
    assert_eq!(broken(&performed), [""; 0]);
    assert_has(&performed, "done");
}

fn what_is_not_there_cannot_be_removed() {
    let yaml = "\
about: x
claude: [{ do: [say: Hi] }]
steps: [remove: { path: code/nothing }, chat: Hello]
";
    let error = try_run(yaml, |_| {}).expect_err("there is no such file");
    assert!(
        error.starts_with("failed to remove code/nothing"),
        "{error}"
    );
}
