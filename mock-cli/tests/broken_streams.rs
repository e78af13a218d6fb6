//! Streams that break off, and what each version makes of them. The values were seen on the real CLIs.

mod support;

use serde_json::{Value, json};
use support::api::{ALL, NEW, answer, bash, blocks, done, lines, result, said, text};
use support::{SJ, Stage};

fn cut(blocks: Value, after: u32) -> Value {
    json!({"content": blocks, "stop_reason": "end_turn", "disconnect_after": after})
}

fn broken(blocks: Value, kind: &str) -> Value {
    let error = json!({"type": kind, "message": "bad"});
    json!({"content": blocks, "stop_reason": "end_turn", "sse_error": error})
}

fn thought() -> Value {
    json!({"type": "thinking", "thinking": "hmm hmm", "signature": "c2ln"})
}

/// How often the model is asked in all until there is an answer to this stream, and whether the turn succeeds.
fn asked(profile: &str, turn: &Value, times: usize) -> (bool, String, Vec<Value>) {
    let mut turns = vec![turn.clone(); times];
    turns.push(done());
    let lines = lines(profile, turns.into(), &[]);
    let result = result(&lines);
    let said = result["result"].as_str().unwrap_or_default().to_owned();
    (result["is_error"] == true, said, lines)
}

#[test]
fn a_stream_that_ends_with_an_error_before_anything_came_is_asked_for_again() {
    for profile in ALL {
        for kind in ["overloaded_error", "api_error", "rate_limit_error"] {
            let (failed, said, lines) = asked(profile, &broken(json!([]), kind), 1);
            assert_eq!((failed, said.as_str()), (false, "done"), "{profile} {kind}");
            assert_eq!(blocks(&lines, "user").len(), 0, "{profile} {kind}");
            assert!(lines.iter().all(|line| line["subtype"] != "api_retry"));
        }
    }
}

#[test]
fn only_the_newest_version_asks_again_where_there_were_only_thoughts() {
    for kind in ["overloaded_error", "api_error", "rate_limit_error"] {
        let turn = broken(json!([thought()]), kind);
        assert!(asked("2.1.197", &turn, 1).0, "{kind}");
        let heals = kind != "rate_limit_error";
        assert_eq!(asked("2.1.330", &turn, 1).0, !heals, "{kind}");
        // The second time it is asked for the whole answer, or gives up.
        assert_eq!(
            asked("2.1.330", &turn, 2).0,
            kind != "overloaded_error",
            "{kind}"
        );
    }
}

#[test]
fn a_connection_that_is_lost_behind_a_thought_is_tried_again_without_a_word() {
    let (failed, said, lines) = asked("2.1.197", &cut(json!([thought(), text("x")]), 6), 1);
    assert_eq!((failed, said.as_str()), (false, "done"));
    assert!(lines.iter().all(|line| line["subtype"] != "api_retry"));
    // Where a text has begun, it is told.
    assert!(asked("2.1.197", &cut(json!([thought(), text("x")]), 7), 1).0);
}

/// Seen on 2.1.330.
#[test]
fn a_slow_stream_has_been_told_of_when_its_connection_is_lost() {
    let slow = |blocks, after| {
        let mut turn = cut(blocks, after);
        turn["gap"] = json!(0.001);
        turn
    };
    let (_, _, lines) = asked("2.1.330", &slow(json!([text("abcd"), text("z")]), 7), 1);
    assert_eq!(blocks(&lines, "assistant").len(), 2);
    assert_eq!(blocks(&lines, "user").len(), 1);
    let (failed, said, _) = asked("2.1.330", &slow(json!([thought(), text("z")]), 6), 2);
    assert!(failed, "{said}");
    assert!(said.contains("before a response was produced"), "{said}");
    // A call runs, and what was lost behind it is said.
    let (_, said, lines) = asked("2.1.330", &slow(json!([bash(), text("z")]), 8), 1);
    assert_eq!(said, "done");
    let lost = |line: &Value| {
        line["message"]["content"][0]["text"]
            .as_str()
            .is_some_and(|t| t.contains("Connection lost"))
    };
    assert!(lines.iter().any(lost));
}

#[test]
fn an_answer_that_may_be_too_long_is_asked_for_again_as_often_as_any() {
    let long = || {
        said(
            400,
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000",
        )
    };
    for profile in ALL {
        let whole = usize::from(!NEW.contains(&profile));
        assert!(!asked(profile, &long(), 3 + whole).0, "{profile}");
        assert!(asked(profile, &long(), 4 + whole).0, "{profile}");
    }
}

#[test]
fn an_answer_in_one_piece_keeps_its_sources() {
    for profile in ALL {
        let cited = json!({"type": "text", "text": "a", "citations": [{"url": "u"}]});
        let turns = json!([
            broken(json!([]), "api_error"),
            answer(json!([cited]), "end_turn")
        ]);
        let lines = lines(profile, turns, &[]);
        assert!(
            blocks(&lines, "assistant")[0]["citations"].is_array(),
            "{profile}"
        );
    }
}

#[test]
fn a_stream_that_broke_off_is_ended_for_those_who_follow_its_events() {
    let ends = |profile: &str, turn: Value| -> Vec<String> {
        let lines = lines(
            profile,
            json!([turn, done()]),
            &["--include-partial-messages", "--allowedTools", "Bash"],
        );
        let of = |line: &Value| line["event"]["type"].as_str().map(str::to_owned);
        let first = lines.iter().filter_map(of).skip(1);
        let ends = ["message_delta", "message_stop"];
        first
            .take_while(|kind| kind != "message_start")
            .filter(|kind| ends.contains(&kind.as_str()))
            .collect()
    };
    let left = ["message_delta", "message_stop"];
    let healed = || broken(json!([]), "overloaded_error");
    let failed = || broken(json!([text("a")]), "rate_limit_error");
    let called = || broken(json!([bash()]), "rate_limit_error");
    for profile in NEW {
        assert_eq!(ends(profile, healed()), ["message_stop"], "{profile}");
        assert_eq!(ends(profile, called()), left, "{profile}");
    }
    assert_eq!(ends("2.1.330", failed()), left);
    assert!(ends("2.1.197", failed()).is_empty());
}

/// Seen on 2.1.330.
#[test]
fn refusals_are_counted_in_all_results_of_a_session() {
    let script = json!({"profile": "2.1.330", "clock": 0.0, "api_script": [answer(json!([text("no")]), "refusal"), done(), done()]});
    let args = SJ;
    let stage = Stage::new(script);
    let lines = stage
        .run(&args, &[prompt("a"), prompt("b")].concat())
        .json();
    let stops: Vec<&Value> = lines
        .iter()
        .filter_map(|line| line.get("safety_stops"))
        .collect();
    assert_eq!(stops, [&json!(1), &json!(1)]);
}

#[test]
fn a_pause_with_nothing_in_it_is_an_error_unless_a_tool_had_the_last_word() {
    let pause = || answer(json!([]), "pause_turn");
    for profile in NEW {
        let nothing = lines(profile, json!([pause()]), &[]);
        assert_eq!(
            result(&nothing)["subtype"],
            "error_during_execution",
            "{profile}"
        );
        let turns = json!([answer(json!([bash()]), "tool_use"), pause()]);
        let called = lines(profile, turns, &["--allowedTools", "Bash"]);
        assert_eq!(result(&called)["subtype"], "success", "{profile}");
    }
}

fn prompt(text: &str) -> String {
    let message = json!({"role": "user", "content": text});
    format!("{}\n", json!({"type": "user", "message": message}))
}
