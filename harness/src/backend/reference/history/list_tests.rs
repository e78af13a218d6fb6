//! Summaries of transcripts that are good, bad and odd.

use super::*;

fn read(text: &str) -> Option<Summary> {
    summary("s", text.as_bytes()).unwrap()
}

#[test]
fn a_transcript_is_summed_up() {
    let text = concat!(
        r#"{"type":"summary","summary":"x","leafUuid":"u"}"#,
        "\n",
        r#"{"type":"user","timestamp":"2026-01-01T00:00:01.000Z","message":{"role":"user","content":"hi"}}"#,
        "\n",
        r#"{"type":"assistant","timestamp":"2026-01-01T00:00:02.000Z","message":{"role":"assistant","id":"m1","content":[{"type":"thinking","thinking":"t"},{"type":"text","text":"hello"}]}}"#,
        "\n",
        r#"{"type":"assistant","timestamp":"2026-01-01T00:00:03.000Z","message":{"role":"assistant","id":"m1","content":[{"type":"tool_use","name":"Read","input":{}}]}}"#,
    );
    let summary = read(text).unwrap();
    assert_eq!(summary.start_time, "2026-01-01T00:00:01.000Z");
    assert_eq!(summary.last_time, "2026-01-01T00:00:03.000Z");
    assert_eq!(summary.message_count, 4);
    assert_eq!(summary.last_message_preview, "hello");
    assert_eq!(summary.ids.len(), 1);
}

#[test]
fn an_empty_transcript_is_none() {
    assert_eq!(read(""), None);
    assert_eq!(read("\n \n"), None);
}

#[test]
fn a_broken_line_is_left_out() {
    let summary = read("{\"timestamp\":\"2026\"}\n{\"timest\n").unwrap();
    assert_eq!(summary.message_count, 1);
    assert_eq!(summary.last_message_preview, "No preview available");
}

#[test]
fn a_preview_has_a_hundred_units() {
    assert_eq!(preview(&"é".repeat(101)), "é".repeat(100));
}
