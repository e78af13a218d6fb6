//! Answers of the API that are odd, and what each version makes of them. The values were seen on the real CLIs.

mod support;

use serde_json::json;
use support::api::{
    ALL, NEW, answer, bash, blocks, done, error, lines, result, said, search, text,
};

#[test]
fn the_input_of_a_server_tool_is_a_text_in_old_versions() {
    for profile in ALL {
        let turn = answer(json!([search(), text("Cats sleep.")]), "end_turn");
        let lines = lines(profile, json!([turn]), &[]);
        let parsed = NEW.contains(&profile);
        let input = match parsed {
            true => json!({"query": "cats"}),
            false => json!(r#"{"query": "cats"}"#),
        };
        assert_eq!(blocks(&lines, "assistant")[0]["input"], input, "{profile}");
    }
}

#[test]
fn only_the_newest_version_keeps_the_sources_of_a_text() {
    for profile in ALL {
        let cited = json!({"type": "text", "text": "a", "citations": [{"url": "u"}]});
        let lines = lines(profile, json!([answer(json!([cited]), "end_turn")]), &[]);
        let citations = &blocks(&lines, "assistant")[0]["citations"];
        assert_eq!(citations.is_array(), profile == "2.1.330", "{profile}");
    }
}

#[test]
fn the_input_of_a_tool_comes_in_pieces_of_ascii() {
    let tool = json!({"type": "tool_use", "name": "Nope", "input": {"x": "🙂"}});
    let turns = json!([answer(json!([tool]), "tool_use"), done()]);
    let lines = lines("2.1.330", turns, &["--include-partial-messages"]);
    let pieces: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["event"]["delta"]["partial_json"].as_str())
        .collect();
    assert_eq!(pieces, ["", r#"{"x": "\ud8"#, r#"3d\ude42"}"#]);
}

#[test]
fn a_turn_that_ends_with_a_server_tool_has_failed() {
    for profile in ALL {
        let turns = json!([answer(json!([search()]), "pause_turn")]);
        let lines = lines(profile, turns, &[]);
        let result = result(&lines);
        assert_eq!(result["subtype"], "error_during_execution", "{profile}");
        let told = "[ede_diagnostic] result_type=assistant last_content_type=server_tool_use stop_reason=pause_turn";
        if NEW.contains(&profile) {
            assert_eq!(result["errors"], json!([told]), "{profile}");
        }
    }
}

#[test]
fn the_tools_of_an_answer_that_reached_a_limit_run() {
    for profile in ALL {
        let turns = json!([answer(json!([bash()]), "max_tokens"), done()]);
        let lines = lines(profile, turns, &["--allowedTools", "Bash"]);
        assert_eq!(blocks(&lines, "user")[0]["content"], "hi", "{profile}");
        assert_eq!(result(&lines)["result"], "done", "{profile}");
        let told = lines.iter().any(|l| l["message"]["model"] == "<synthetic>");
        assert_eq!(told, !NEW.contains(&profile), "{profile}");
    }
}

#[test]
fn the_tools_of_an_answer_that_was_refused_run_in_all_but_the_newest_version() {
    for profile in ALL {
        let turns = json!([answer(json!([bash()]), "refusal"), done()]);
        let lines = lines(profile, turns, &["--allowedTools", "Bash"]);
        let came = &blocks(&lines, "user")[0]["content"];
        assert_eq!(came == "hi", profile != "2.1.330", "{profile}: {came}");
        assert_eq!(result(&lines)["result"], "done", "{profile}");
    }
}

#[test]
fn a_call_that_was_announced_and_did_not_come_is_asked_for() {
    let announced = || answer(json!([text("a")]), "tool_use");
    for (profile, times) in [
        ("1.0.108", 0),
        ("2.0.77", 0),
        ("2.1.197", 1),
        ("2.1.330", 2),
    ] {
        let turns = json!([announced(), announced(), announced()]);
        let lines = lines(profile, turns, &[]);
        assert_eq!(blocks(&lines, "user").len(), times, "{profile}");
        let failed = "The model's tool call could not be parsed (retry also failed).";
        let last = if times == 0 { "a" } else { failed };
        assert_eq!(result(&lines)["result"], last, "{profile}");
    }
    let lines = lines("2.1.330", json!([announced(), done()]), &[]);
    let retracted = &lines.iter().find(|l| l["type"] == "user").unwrap()["retracted_message_uuids"];
    let supersedes = lines.iter().find_map(|line| line.get("supersedes"));
    assert_eq!(supersedes, Some(retracted));
}

#[test]
fn new_versions_ask_again_where_there_was_only_a_thought() {
    for profile in ALL {
        let thought = json!({"type": "thinking", "thinking": "hm"});
        let turns = json!([answer(json!([thought]), "end_turn"), done()]);
        let lines = lines(profile, turns, &[]);
        let asked = NEW.contains(&profile);
        let said = if asked { "done" } else { "" };
        assert_eq!(result(&lines)["result"], said, "{profile}");
    }
}

#[test]
fn a_page_in_place_of_an_answer_is_told_of_in_the_words_of_the_version() {
    let page = || error(200, json!("<html>proxy page</html>"));
    for (profile, told) in [
        (
            "1.0.108",
            "API Error: Cannot read properties of undefined (reading 'map')",
        ),
        (
            "2.1.197",
            "API Error: API returned an empty or malformed response (HTTP 200) — check for a proxy or gateway intercepting the request",
        ),
        (
            "2.1.330",
            "API Error: API returned an empty or malformed response (HTTP 200) — check for a proxy or gateway intercepting the request. Response: content-type json, body is an HTML page, 23 bytes, request-id req_fake0002, server other. This was the non-streaming retry of streaming request req_fake0001, which failed with: no_events, StreamNoEventsError; 0 stream events received.",
        ),
    ] {
        let lines = lines(profile, json!([page(), page()]), &[]);
        assert_eq!(result(&lines)["result"], told, "{profile}");
    }
    let old = lines("2.0.77", json!([page(), page()]), &[]);
    assert_eq!(result(&old)["subtype"], "error_during_execution");
}

#[test]
fn an_error_without_a_type_is_told_by_its_message() {
    for profile in ["1.0.108", "2.0.77", "2.1.197"] {
        let odd = || error(400, json!({"message": "no type here"}));
        let lines = lines(profile, json!([odd(), odd()]), &[]);
        assert_eq!(
            result(&lines)["result"],
            "API Error: 400 no type here",
            "{profile}"
        );
    }
}

#[test]
fn a_fallback_model_is_taken_for_the_reason_that_the_version_names() {
    let args = ["--model", "opus", "--fallback-model", "sonnet"];
    for (status, profile, trigger) in [
        (503, "2.1.197", "server_error"),
        (503, "2.1.330", "server_error"),
        (404, "2.1.197", "last_resort"),
        (404, "2.1.330", "model_not_found"),
    ] {
        let failure = || said(status, "e", "boom");
        let mut turns = vec![failure(), done()];
        if status == 404 {
            // It is asked for in one piece, too.
            turns.insert(0, failure());
        }
        let lines = lines(profile, turns.into(), &args);
        let switched = lines.iter().find(|l| l["subtype"] == "model_fallback");
        assert_eq!(switched.unwrap()["trigger"], trigger, "{profile}");
        assert_eq!(result(&lines)["result"], "done", "{profile}");
    }
}

#[test]
fn retries_behind_a_broken_stream_are_counted_by_themselves() {
    let cut = json!({"content": [text("abcdefgh")], "disconnect_after": 4});
    let turns = json!([cut, cut, said(500, "api_error", "boom"), done()]);
    let lines = lines("2.1.330", turns, &[]);
    let retries: Vec<_> = lines
        .iter()
        .filter(|line| line["subtype"] == "api_retry")
        .map(|line| (line["attempt"].as_u64(), line["max_retries"].as_u64()))
        .collect();
    assert_eq!(
        retries,
        [(Some(1), Some(3)), (Some(2), Some(3)), (Some(1), Some(1))]
    );
}

#[test]
fn what_is_wrong_with_a_call_is_told_before_its_answer_has_ended() {
    let missing = json!({"type": "tool_use", "name": "Nope", "input": {}});
    for profile in NEW {
        let turns = json!([answer(json!([missing, bash()]), "tool_use"), done()]);
        let lines = lines(profile, turns, &["--allowedTools", "Bash"]);
        let sides: Vec<&str> = lines[1..5]
            .iter()
            .filter_map(|l| l["type"].as_str())
            .collect();
        assert_eq!(
            sides,
            ["assistant", "user", "assistant", "user"],
            "{profile}"
        );
    }
}

#[test]
fn usage_is_passed_on_and_added_up() {
    let usage = json!({"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 30, "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}, "server_tool_use": {"web_search_requests": 2}});
    for profile in ALL {
        let turn = json!({"content": [text("a")], "usage": usage});
        let lines = lines(profile, json!([turn]), &[]);
        let shown = &lines[1]["message"]["usage"]["server_tool_use"];
        assert_eq!(shown, &json!({"web_search_requests": 2}), "{profile}");
        let summed = &result(&lines)["usage"];
        assert_eq!(
            summed["cache_creation"]["ephemeral_1h_input_tokens"], 20,
            "{profile}"
        );
        assert_eq!(
            summed["server_tool_use"]["web_search_requests"], 2,
            "{profile}"
        );
        assert!(
            result(&lines)["total_cost_usd"].as_f64().unwrap() > 0.02,
            "{profile}"
        );
    }
}

#[test]
fn old_versions_sum_up_a_long_conversation_by_themselves() {
    let long = |tokens| json!({"content": [bash()], "usage": {"input_tokens": tokens, "output_tokens": 50}});
    let summary = || answer(json!([text("in short")]), "end_turn");
    for (profile, tokens, last) in [
        ("1.0.108", 154_600, "in short"),
        ("1.0.108", 155_000, "done"),
        ("2.0.77", 154_600, "in short"),
        ("2.0.77", 155_000, "done"),
    ] {
        let turns = json!([long(tokens), summary(), done()]);
        let lines = lines(profile, turns, &["--allowedTools", "Bash"]);
        assert_eq!(result(&lines)["result"], last, "{profile}: {tokens}");
        let told = lines.iter().any(|l| l["subtype"] == "compact_boundary");
        assert_eq!(
            told,
            profile == "2.0.77" && last == "done",
            "{profile}: {tokens}"
        );
    }
}
