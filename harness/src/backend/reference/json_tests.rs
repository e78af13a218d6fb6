//! What Node 20 said of each of these, copied from its output.

use super::*;

#[test]
fn a_broken_line_gives_the_text_of_v8() {
    for (line, message) in [
        (
            "plain text, no JSON at all",
            "Unexpected token 'p', \"plain text\"... is not valid JSON",
        ),
        ("oops", "Unexpected token 'o', \"oops\" is not valid JSON"),
        (
            "{\"type\":\"assistant\",\"message\":{\"content\":[{\"ty",
            "Unterminated string in JSON at position 46",
        ),
        ("", "Unexpected end of JSON input"),
        ("{", "Expected property name or '}' in JSON at position 1"),
        ("[1,", "Unexpected end of JSON input"),
        (
            "{\"a\":1",
            "Expected ',' or '}' after property value in JSON at position 6",
        ),
        (
            "{\"a\":1}{\"b\":2}",
            "Unexpected non-whitespace character after JSON at position 7",
        ),
        (
            "{\"a\" 1}",
            "Expected ':' after property name in JSON at position 5",
        ),
        (
            "{\"a\":1,\"b\"2}",
            "Unexpected number in JSON at position 10",
        ),
        (
            "{\"a\":1,}",
            "Expected double-quoted property name in JSON at position 7",
        ),
        (
            "\"a\tb\"",
            "Bad control character in string literal in JSON at position 2",
        ),
        ("\"a\\", "Unexpected end of JSON input"),
        ("[01]", "Unexpected number in JSON at position 2"),
        ("undefined", "\"undefined\" is not valid JSON"),
        (
            "{\"é😀\":tru}",
            "Unexpected token '}', \"{\"é😀\":tru}\" is not valid JSON",
        ),
    ] {
        assert_eq!(parse(line), Err(message.to_owned()), "{line}");
    }
}

#[test]
fn the_last_type_of_the_outermost_object_counts() {
    assert_eq!(
        parse("{\"type\":\"user\",\"message\":{\"type\":\"x\"}}"),
        Ok(Parsed::Typed("user"))
    );
    assert_eq!(
        parse("{\"type\":\"user\",\"type\":\"result\"}"),
        Ok(Parsed::Typed("result"))
    );
    assert_eq!(
        parse("{\"type\":\"user\",\"type\":{\"type\":\"a\"}}"),
        Ok(Parsed::Other)
    );
    assert_eq!(parse("[{\"type\":\"user\"}]"), Ok(Parsed::Other));
    assert_eq!(
        parse(" {\"a\":{\"b\":[]},\"type\" : \"system\"} "),
        Ok(Parsed::Typed("system"))
    );
}

#[test]
fn what_javascript_takes_is_taken() {
    assert_eq!(parse("null"), Ok(Parsed::Null));
    assert_eq!(parse("42"), Ok(Parsed::Other));
    assert_eq!(parse("\"\\ud800\""), Ok(Parsed::Other));
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(parse(&deep), Ok(Parsed::Other));
}
