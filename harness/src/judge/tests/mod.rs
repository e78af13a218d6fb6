//! Every invariant and every rule is seen to fail once, on a sound timeline in which one thing is changed.

mod backends;
mod build;
mod cases;
mod field;

use super::{Judgement, UNKNOWN, invariants, judge, rules};
use crate::timeline::*;
use backends::{BACKENDS, no_result};
use build::*;
use cases::{CASES, Case};
use field::FIELD;
use mock_claude::ledger::Event;
use std::collections::BTreeSet;

#[test]
fn what_levels_off_or_was_seen_too_seldom_does_not_grow() {
    for numbers in [
        &[(20, 0), (21, 1), (22, 2)][..],
        // A pool of four that fills up.
        &[(20, 0), (21, 1), (22, 2), (23, 3)],
        &[(20, 0), (21, 1), (22, 2), (23, 3), (23, 3), (24, 4)],
        &[(20, 0), (30, 9), (21, 1), (22, 2), (23, 3), (24, 4)],
    ] {
        let mut timeline = sound();
        timeline.watched.samples = held(numbers);
        assert_eq!(judge(&timeline), super::Judgement::default());
    }
}

#[test]
fn a_sound_run_breaks_nothing_and_has_no_diagnosis() {
    assert_eq!(judge(&sound()), super::Judgement::default());
    let mut faultless = sound();
    faultless.stage.faults = false;
    assert_eq!(judge(&faultless), super::Judgement::default());
}

#[test]
fn a_result_that_the_client_has_was_given() {
    // The CLI was killed before it could write that down; another trouble is what the run is about.
    let mut timeline = sound();
    no_result(&mut timeline);
    timeline.stop.port_free = false;
    let judgement = judge(&timeline);
    assert!(
        judgement
            .also
            .iter()
            .all(|also| also.id != "result-missing")
    );
    assert_ne!(judgement.diagnosis.unwrap().id, "result-missing");
}

#[test]
fn what_the_steps_did_to_the_backend_is_no_doing_of_its_own() {
    let mut timeline = sound();
    timeline.steps.push(killed(false));
    timeline.stop.signal = None;
    timeline.stop.ended = Some(Ended::Signal("SIGKILL".to_owned()));
    timeline.stop.survivors.push(SurvivorSeen {
        command: "claude".to_owned(),
        call: Some(7),
        ancestry: Vec::new(),
    });
    assert_eq!(judge(&timeline), super::Judgement::default());
    timeline.stop.survivors[0].call = Some(8);
    assert_eq!(judge(&timeline).broken[0].invariant, "no-survivor");
}

#[test]
fn a_backend_that_found_its_port_taken_may_start_on_another() {
    let mut timeline = sound();
    timeline.start = StartSeen::Stranger;
    assert_eq!(judge(&timeline).broken[0].invariant, "ready-is-ours");
    timeline.steps.push(StepSeen::Restart(RestartSeen {
        new_port: true,
        start: StartSeen::Ready {
            route: "/".to_owned(),
        },
    }));
    assert_eq!(judge(&timeline), super::Judgement::default());
}

#[test]
fn a_health_check_may_wait_a_little() {
    let mut timeline = sound();
    timeline.steps.push(meanwhile(0, 240));
    assert_eq!(judge(&timeline), super::Judgement::default());
}

#[test]
fn a_project_that_the_cli_never_listed_need_not_be_found() {
    let mut timeline = sound();
    let mut step = came_back(&[], false);
    if let StepSeen::Reconnect(seen) = &mut step {
        seen.project_known = false;
    }
    timeline.steps.push(step);
    assert_eq!(judge(&timeline), super::Judgement::default());
}

#[test]
fn an_empty_home_has_an_empty_history() {
    let mut timeline = sound();
    let seen = history(&mut timeline);
    (seen.project_listed, seen.listed, seen.on_disk) = (false, 0, 0);
    assert_eq!(judge(&timeline), super::Judgement::default());
}

fn all() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain(FIELD).chain(BACKENDS)
}

#[test]
fn each_change_breaks_its_invariants_and_gets_its_diagnosis() {
    for (number, (change, broken, diagnosis)) in all().enumerate() {
        let mut timeline = sound();
        change(&mut timeline);
        let judgement = judge(&timeline);
        let names: Vec<&str> = judgement.broken.iter().map(|one| one.invariant).collect();
        assert_eq!(names, *broken, "case {number}: {judgement:#?}");
        assert_eq!(judgement.diagnosis.unwrap().id, *diagnosis, "case {number}");
    }
}

#[test]
fn a_cause_has_the_facts_that_it_names_with_their_places() {
    let mut timeline = sound();
    error(&mut timeline, ENOENT);
    log(&mut timeline, "chat 1: something else");
    let found = judge(&timeline).diagnosis.unwrap();
    assert_eq!(found.id, "spawn-node-enoent");
    let sources: Vec<&str> = found
        .evidence
        .iter()
        .map(|fact| fact.source.as_str())
        .collect();
    assert_eq!(sources, ["PATH", "first-turn-answers"]);
    assert_eq!(found.evidence[0].text, "/usr/bin:/bin: has []");

    let mut timeline = sound();
    timeline.stage.cli_version = "1.0.108".to_owned();
    log(&mut timeline, "unrelated");
    let found = judge(&timeline).diagnosis.unwrap();
    assert_eq!(found.confidence, super::Confidence::Certain);
    assert_eq!(found.evidence[0].source, "call 1");

    let mut timeline = sound();
    timeline.stop.forced = true;
    let found = judge(&timeline).diagnosis.unwrap();
    assert_eq!(found.evidence[0].source, "backend-stops-when-told");
}

#[test]
fn every_cause_that_was_seen_has_a_fact() {
    for (number, (change, ..)) in all().enumerate() {
        let mut timeline = sound();
        change(&mut timeline);
        let found = judge(&timeline).diagnosis.unwrap();
        assert!(!found.evidence.is_empty(), "case {number}: {found:#?}");
    }
}

#[test]
fn every_invariant_and_every_rule_was_seen_to_fail() {
    let broken: BTreeSet<&str> = all().flat_map(|case| case.1.iter().copied()).collect();
    let named: BTreeSet<&str> = invariants().iter().map(|one| one.name).collect();
    assert_eq!(broken, named);
    let seen: BTreeSet<&str> = all().map(|case| case.2).collect();
    let known: BTreeSet<&str> = rules()
        .iter()
        .map(|rule| rule.id)
        .chain([UNKNOWN])
        .collect();
    assert_eq!(seen, known);
}

#[test]
fn a_call_that_did_not_come_because_the_spawn_failed_is_no_second_finding() {
    let mut timeline = sound();
    error(&mut timeline, ENOENT);
    timeline.calls.clear();
    timeline.unused.push(UnusedEntry {
        line: None,
        when: "with x".to_owned(),
    });
    let judgement = judge(&timeline);
    assert_eq!(judgement.broken.len(), 1, "{judgement:#?}");
}

#[test]
fn asking_the_cli_for_its_version_is_no_try() {
    let mut timeline = sound();
    let asks = |number: u32| {
        let mut call = call("", "");
        call.start.call = number;
        call.start.argv = vec!["--version".to_owned()];
        call.events = vec![Event::Exit { code: 0 }];
        call
    };
    timeline.calls.extend((2..9).map(asks));
    assert_eq!(judge(&timeline), Judgement::default());
    for call in &mut timeline.calls {
        call.start.argv.clear();
    }
    assert_eq!(judge(&timeline).diagnosis.unwrap().id, "retry-storm");
}

#[test]
fn an_error_that_the_cli_gave_and_the_client_was_told_is_an_answer() {
    const REASON: &str = "Error: no space left on device";
    let mut timeline = sound();
    error(
        &mut timeline,
        &format!("the CLI exited with code 1: {REASON}"),
    );
    timeline.calls[0].events = vec![
        Event::Stderr {
            text: REASON.to_owned(),
        },
        Event::Exit { code: 1 },
    ];
    assert_eq!(judge(&timeline), Judgement::default());
    error(&mut timeline, "the CLI exited with code 1");
    let broken = judge(&timeline).broken;
    let names: Vec<_> = broken.iter().map(|one| one.invariant).collect();
    assert_eq!(names, ["first-turn-answers", "reason-is-told"]);
}
