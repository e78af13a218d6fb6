//! The decoders' promises.

use super::{Event, Events, Line, Lines, lines, read_lines};
use proptest::prelude::*;
use std::io::{self, Read};

fn cut(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut decoder = Lines::new();
    let mut got = Vec::new();
    for piece in pieces {
        decoder.feed(piece);
        got.extend(decoder.by_ref().map(|line| line.bytes));
    }
    got.extend(decoder.finish().map(|line| line.bytes));
    got
}

fn decoded(pieces: &[&[u8]]) -> Vec<(Option<String>, String)> {
    let mut events = Events::new();
    let mut got = Vec::new();
    for piece in pieces {
        events.feed(piece);
        got.extend(events.by_ref().map(|event| (event.name, event.data)));
    }
    got
}

/// Events without names.
fn data(stream: &str) -> Vec<String> {
    let events = decoded(&[stream.as_bytes()]);
    events.into_iter().map(|(_, data)| data).collect()
}

#[test]
fn a_carriage_return_is_no_part_of_a_lines_text() {
    let line = Line {
        bytes: b"a\r".to_vec(),
    };
    assert_eq!(cut(&[b"a\r\n"]), [b"a\r"]);
    assert_eq!(line.text(), Ok("a"));
}

#[test]
fn a_last_line_without_a_line_end_is_a_line() {
    assert_eq!(cut(&[b"a\n\nb"]), [&b"a"[..], b"", b"b"]);
    assert_eq!(cut(&[b"a\n"]), [b"a"]);
    assert_eq!(
        lines(b"a\r\n\nb").collect::<Vec<_>>(),
        [&b"a"[..], b"", b"b"]
    );
    assert_eq!(lines(b"").count(), 0);
}

#[test]
fn lines_are_read_up_to_an_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let text = |line: io::Result<Line>| line.ok().map(|line| line.lossy().into_owned());
    let got: Vec<_> = read_lines(b"a\nb".chain(Broken)).map(text).collect();
    assert_eq!(got, [Some("a".into()), None]);
    let got: Vec<_> = read_lines(&b"a\nb"[..]).map(text).collect();
    assert_eq!(got, [Some("a".into()), Some("b".into())]);
}

#[test]
fn a_line_that_is_not_utf_8_says_so_and_keeps_its_bytes() {
    let line = Line {
        bytes: b"a\xffb".to_vec(),
    };
    assert!(line.text().is_err());
    assert_eq!(line.lossy(), "a\u{fffd}b");
}

#[test]
fn unicode_line_breaks_end_no_line() {
    assert_eq!(cut(&["a\u{2028}b\u{85}c\n".as_bytes()]).len(), 1);
}

#[test]
fn what_waits_for_a_line_end_is_counted() {
    let mut decoder = Lines::new();
    decoder.feed(b"one\ntwo");
    assert_eq!(decoder.held(), 7);
    assert!(decoder.next().is_some());
    assert_eq!(decoder.held(), 3);
}

#[test]
fn data_of_several_lines_is_joined() {
    assert_eq!(data("data: {\ndata: \"a\":1}\n\n"), ["{\n\"a\":1}"]);
    assert_eq!(data("data\n\ndata\ndata\n\ndata:"), ["", "\n"]);
}

#[test]
fn a_line_ends_in_lf_cr_or_both() {
    assert_eq!(
        data("data: a\r\rdata: b\r\n\r\ndata: c\n\n"),
        ["a", "b", "c"]
    );
    assert_eq!(
        decoded(&[b"data: a\r", b"\n\r", b"\n"]),
        [(None, "a".into())]
    );
}

#[test]
fn an_events_name_may_follow_its_data_and_ends_with_it() {
    let named = decoded(&[b"data: a\nevent: x\n\ndata: b\n\n"]);
    assert_eq!(named, [(Some("x".into()), "a".into()), (None, "b".into())]);
}

#[test]
fn comments_and_events_without_data_are_passed_over() {
    assert_eq!(data(": hi\n\nevent: x\n\nother: y\ndata:z\n\n"), ["z"]);
}

#[test]
fn one_space_after_the_colon_is_not_data() {
    assert_eq!(data("data:  a\n\ndata:b \n\n"), [" a", "b "]);
}

#[test]
fn a_byte_order_mark_is_passed_over_at_the_start_alone() {
    assert_eq!(data("\u{feff}data: a\n\n\u{feff}data: b\n\n"), ["a"]);
}

#[test]
fn an_id_lasts_and_a_retry_must_be_a_number() {
    let mut events = Events::new();
    events.feed(b"id: 7\nretry: 20\ndata\n\nid: a\0b\nretry: x\ndata\n\nid\ndata\n\n");
    let ids: Vec<String> = events.by_ref().map(|event: Event| event.id).collect();
    assert_eq!(ids, ["7", "7", ""]);
    assert_eq!(events.retry(), Some(20));
}

#[test]
fn an_event_without_its_empty_line_is_unfinished() {
    let mut events = Events::new();
    events.feed(b"data: a\n");
    assert!(events.next().is_none() && events.unfinished());
    events.feed(b"\n");
    assert!(events.next().is_some() && !events.unfinished());
}

/// The bytes in the pieces between these places.
fn pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect()
}

proptest! {
    #[test]
    fn lines_are_the_same_wherever_the_bytes_are_cut(
        bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200),
        cuts in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let whole = cut(&[&bytes]);
        prop_assert_eq!(&cut(&pieces(&bytes, &cuts)), &whole);
        let plain: Vec<&[u8]> = whole.iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
        prop_assert_eq!(lines(&bytes).collect::<Vec<_>>(), plain);
    }

    #[test]
    fn events_are_the_same_wherever_the_bytes_are_cut(
        text in "(\u{feff})?((data|event|id|retry|x|)(:| :|: )?[a0é🙂\u{0}]{0,3}(\n|\r|\r\n){0,2}){0,20}",
        cuts in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let whole = decoded(&[text.as_bytes()]);
        prop_assert_eq!(decoded(&pieces(text.as_bytes(), &cuts)), whole);
    }

    #[test]
    fn events_read_back_what_was_written(
        written in prop::collection::vec((prop::option::of("[a-z]{1,5}"), "[a-z é🙂]{0,5}(\n[a-z :]{0,5}){0,3}"), 0..6),
        end in prop_oneof![Just("\n"), Just("\r"), Just("\r\n")],
    ) {
        let mut stream = String::new();
        for (name, data) in &written {
            let name = name.iter().map(|name| format!("event:{name}{end}"));
            let data = data.split('\n').map(|line| format!("data: {line}{end}"));
            stream.extend(data.chain(name));
            stream.push_str(end);
        }
        prop_assert_eq!(&decoded(&[stream.as_bytes()]), &written);
        let events = written.iter().cloned().map(|(name, data)| Event { name, data, ..Event::default() });
        let shown: String = events.map(|event| event.to_string()).collect();
        prop_assert_eq!(decoded(&[shown.as_bytes()]), written);
    }
}
