use super::*;
use std::io::{Read, Write};
use std::net::TcpStream;

/// Asks once, without keeping the connection; whatever came until it ended.
fn ask(api: &Api, body: &Value) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", api.port())).unwrap();
    let body = body.to_string();
    write!(
        stream,
        "POST /v1/messages?beta=true HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn request(stream: bool) -> Value {
    json!({"model": "m", "max_tokens": 100, "stream": stream, "tools": [{"name": "Bash"}],
           "messages": [{"role": "user", "content": "hi"}]})
}

fn says_in_two(text: &str) -> Value {
    super::says(text)
}

#[test]
fn a_turn_is_streamed_in_halves_and_the_next_request_takes_the_next_turn() {
    let api = Api::start(vec![says_in_two("abcd"), says_in_two("ef")]).unwrap();
    let first = ask(&api, &request(true));
    for part in [
        "message_start",
        "\"text\":\"ab\"",
        "\"text\":\"cd\"",
        "message_stop",
        "msg_fake0001",
    ] {
        assert!(first.contains(part), "{part}: {first}");
    }
    assert!(ask(&api, &request(false)).contains("\"text\":\"ef\""));
    assert!(ask(&api, &request(false)).contains("SCRIPT EXHAUSTED"));
    assert!(api.wait(3, Duration::ZERO));
    assert!(!api.wait(4, Duration::ZERO));
}

#[test]
fn a_request_without_tools_takes_no_turn() {
    let api = Api::start(vec![says_in_two("main")]).unwrap();
    let mut side = request(false);
    side["tools"] = json!([]);
    assert!(ask(&api, &side).contains("side-reply"));
    assert!(ask(&api, &request(false)).contains("main"));
}

#[test]
fn a_stream_is_cut_after_so_many_events() {
    let mut turn = says_in_two("abcd");
    turn["disconnect_after"] = 4.into();
    let api = Api::start(vec![turn]).unwrap();
    let answer = ask(&api, &request(true));
    assert!(
        answer.contains("\"text\":\"ab\"") && !answer.contains("\"text\":\"cd\""),
        "{answer}"
    );
    assert!(!answer.ends_with("0\r\n\r\n"), "{answer}");
}

#[test]
fn an_error_has_its_status_and_a_dropped_request_no_answer() {
    let error = json!({"error": {"status": 529, "body": {"type": "error"}, "headers": {"retry-after": "1"}}});
    let api = Api::start(vec![error, json!({"drop": 1})]).unwrap();
    let answer = ask(&api, &request(true));
    assert!(
        answer.starts_with("HTTP/1.1 529") && answer.contains("retry-after: 1"),
        "{answer}"
    );
    assert_eq!(ask(&api, &request(true)), "");
}
