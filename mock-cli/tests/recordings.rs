//! The small binary against what was recorded of the real CLI.

use mock_claude_conformance::report::{complaints, text};
use mock_claude_conformance::suite::{Plan, run};

#[test]
fn the_stand_in_does_what_was_recorded_of_the_real_cli() {
    let plan = Plan::shipped(env!("CARGO_BIN_EXE_mock-claude"));
    let outcome = run(&plan, &|_| {}).unwrap();
    let complaints = complaints(&outcome);
    assert!(complaints.is_empty(), "{complaints:#?}\n{}", text(&outcome));
}
