//! Limits of a subscription, of a conversation and of a model, and what each version makes of them. The values were
//! seen on the real CLIs.

mod support;

use serde_json::{Value, json};
use std::process::Stdio;
use support::api::{NEW, answer, bash, done, lines, result, said, text};
use support::{Run, SJ, Stage};

/// The lines of a run in which somebody types these prompts one after another.
fn typed(profile: &str, turns: Value, prompts: usize, subscribed: bool) -> Vec<Value> {
    let script =
        json!({"profile": profile, "clock": 0.0, "api_script": turns, "otherwise": done()});
    let mut stage = Stage::new(script);
    let variables = match subscribed {
        true => [("CLAUDE_CODE_OAUTH_TOKEN", "t"), ("ANTHROPIC_API_KEY", "")],
        false => [("CLAUDE_CODE_MAX_RETRIES", "0"), ("ANTHROPIC_API_KEY", "k")],
    };
    stage
        .env
        .extend(variables.map(|(name, value)| (name.into(), value.into())));
    let args = [&SJ[..], &["--allowedTools", "Bash"]].concat();
    let mut run = Run::start(stage.command(&args).stdin(Stdio::piped()));
    for _ in 0..prompts {
        run.prompt("p");
        run.wait("result", |line| line["type"] == "result");
    }
    run.done().json()
}

fn turned_down(headers: &Value) -> Value {
    let mut turn = said(429, "rate_limit_error", "slow");
    turn["error"]["headers"] = headers.clone();
    turn
}

#[test]
fn a_subscription_is_told_which_limit_it_has_reached() {
    let reached = |profile: &str, claim: &str| {
        let headers = json!({"anthropic-ratelimit-unified-representative-claim": claim, "anthropic-ratelimit-unified-reset": "4102444800"});
        let turn = turned_down(&headers);
        let lines = typed(profile, json!([turn, turn]), 1, true);
        result(&lines)["result"].as_str().unwrap().to_owned()
    };
    for (profile, claim, told) in [
        (
            "1.0.108",
            "five_hour",
            "5-hour limit reached ∙ resets Jan 1, 2100, 12am",
        ),
        (
            "2.0.77",
            "five_hour",
            "You've hit your session limit · resets Jan 1, 2100, 12am (UTC)",
        ),
        (
            "2.1.197",
            "seven_day",
            "You've hit your weekly limit · resets Jan 1, 2100, 12am (UTC)",
        ),
        (
            "2.1.330",
            "five_hour",
            "You've hit your 5-hour limit · resets Jan 1, 2100, 12am (UTC)",
        ),
        (
            "2.1.330",
            "seven_day_opus",
            "You've hit your Opus limit · resets Jan 1, 2100, 12am (UTC)",
        ),
    ] {
        assert_eq!(reached(profile, claim), told, "{profile}");
    }
}

#[test]
fn only_the_newest_version_tries_again_where_no_limit_is_named() {
    for profile in NEW {
        let turn = turned_down(&json!({}));
        let lines = typed(profile, json!([turn, done()]), 1, true);
        let failed = result(&lines)["is_error"] == true;
        assert_eq!(failed, profile == "2.1.197");
    }
}

#[test]
fn another_model_stands_in_for_one_turn() {
    for profile in NEW {
        let turns = json!([said(500, "api_error", "boom"), done(), done()]);
        let script = json!({"profile": profile, "clock": 0.0, "api_script": turns});
        let mut stage = Stage::new(script);
        let retries = ("CLAUDE_CODE_MAX_RETRIES".into(), "0".into());
        stage.env.push(retries);
        let args = [&SJ[..], &["--fallback-model", "haiku"]].concat();
        let mut run = Run::start(stage.command(&args).stdin(Stdio::piped()));
        for _ in 0..2 {
            run.prompt("p");
            run.wait("result", |line| line["type"] == "result");
        }
        let lines = run.done().json();
        let models: Vec<&str> = lines
            .iter()
            .filter_map(|l| l["message"]["model"].as_str())
            .collect();
        assert!(
            models[0].contains("haiku") && models[1].contains("opus"),
            "{models:?}"
        );
    }
}

#[test]
fn a_last_resort_takes_a_retry() {
    for (retries, switched) in [("0", false), ("1", true)] {
        let script = json!({"profile": "2.1.330", "clock": 0.0, "api_script": [said(418, "e", "x"), done()]});
        let mut stage = Stage::new(script);
        stage
            .env
            .push(("CLAUDE_CODE_MAX_RETRIES".into(), retries.into()));
        let args = [
            "-p",
            "hi",
            "--output-format",
            "stream-json",
            "--verbose",
            "--fallback-model",
            "haiku",
        ];
        let lines = stage.run(&args, "").json();
        assert_eq!(
            lines.iter().any(|l| l["subtype"] == "model_fallback"),
            switched
        );
    }
}

/// What summing up came to.
fn compacted(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .filter_map(|line| line["compact_result"].as_str())
        .collect()
}

#[test]
fn a_prompt_that_is_too_long_is_summed_up_where_there_is_enough_of_it() {
    let long = || {
        said(
            400,
            "invalid_request_error",
            "prompt is too long: 220000 tokens > 200000 maximum",
        )
    };
    for profile in NEW {
        let newest = profile == "2.1.330";
        let first = typed(profile, json!([long()]), 1, false);
        assert!(compacted(&first).is_empty(), "{profile}");
        let second = typed(profile, json!([done(), long()]), 2, false);
        let expected = if newest { "success" } else { "failed" };
        assert_eq!(compacted(&second), [expected], "{profile}");
        let third = typed(profile, json!([done(), done(), long()]), 3, false);
        assert_eq!(compacted(&third), ["success"], "{profile}");
        assert_eq!(result(&third)["result"], "done", "{profile}");
        // A conversation of failures alone is none.
        let failures = typed(profile, json!([long(), long()]), 2, false);
        assert_eq!(compacted(&failures), ["failed"], "{profile}");
        assert_eq!(
            result(&failures)["result"],
            "Prompt is too long",
            "{profile}"
        );
    }
}

#[test]
fn a_file_that_is_too_large_needs_more_to_be_summed_up() {
    let large = || said(413, "request_too_large", "Request exceeds the maximum size");
    for profile in NEW {
        let lines = typed(
            profile,
            json!([answer(json!([bash()]), "tool_use"), large()]),
            1,
            false,
        );
        assert_eq!(compacted(&lines), ["failed"], "{profile}");
        let lines = typed(profile, json!([done(), large(), large()]), 3, false);
        assert_eq!(compacted(&lines), ["failed", "success"], "{profile}");
    }
}

/// Seen on 1.0.108.
#[test]
fn the_oldest_version_counts_its_reminder_of_what_is_to_be_done() {
    let turns = |lines: &[Value]| -> Vec<u64> {
        lines
            .iter()
            .filter_map(|l| l["num_turns"].as_u64())
            .collect()
    };
    let plain = typed("1.0.108", json!([]), 9, false);
    assert_eq!(turns(&plain), [1, 3, 5, 7, 9, 11, 13, 16, 18]);
    let todos = json!({"type": "tool_use", "name": "TodoWrite", "input": {"todos": [{"content": "a", "status": "pending", "activeForm": "A"}]}});
    let noted = typed(
        "1.0.108",
        json!([answer(json!([todos]), "tool_use")]),
        7,
        false,
    );
    assert_eq!(turns(&noted), [3, 5, 7, 9, 11, 13, 16]);
}

#[test]
fn a_stream_that_says_nothing_costs_what_the_answer_in_its_place_costs() {
    let cut = json!({"content": [text("abcd")], "stop_reason": "end_turn", "disconnect_after": 2});
    let refused = said(403, "permission_error", "no");
    let failed = lines("1.0.108", json!([cut, refused]), &[]);
    assert_eq!(result(&failed)["total_cost_usd"], 0);
    let whole = lines("1.0.108", json!([cut, done()]), &[]);
    assert!(result(&whole)["total_cost_usd"].as_f64().unwrap() > 0.0);
}
