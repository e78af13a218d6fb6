use super::*;
use crate::script::Script;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

fn start(call: u32) -> Start {
    Start {
        at_ms: 1,
        call,
        face: "native".into(),
        pid: 1,
        shown_pid: 1,
        ppid: 0,
        executable: "claude".into(),
        argv: vec!["-p".into()],
        cwd: "/".into(),
        env: SortedMap::new(),
        profile: "2.1.330".into(),
        profile_asked: None,
        script: None,
        parent: None,
    }
}

fn append(dir: &Path, call: &str, bytes: &[u8]) {
    let path = dir.join("calls").join(call);
    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn what_was_noted_is_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, number) = Ledger::open(dir.path(), start).unwrap();
    assert_eq!(number, 1);
    ledger.note(Event::Take {
        entry: 0,
        prompt: "hi".into(),
    });
    ledger.note(Event::Signal {
        name: "SIGTERM".into(),
    });
    ledger.note(Event::Waiting { on: "timer".into() });
    let calls = read(dir.path()).unwrap();
    assert_eq!(calls.len(), 1);
    let call = &calls[0];
    assert_eq!(call.start, start(1));
    assert_eq!(
        (call.prompts(), call.taken(), call.signals()),
        (vec!["hi"], vec![0], vec!["SIGTERM"])
    );
    assert_eq!(call.waiting(), Some("timer"));
    assert!(call.killed());
    ledger.note(Event::Resumed);
    ledger.note(Event::Exit { code: 143 });
    let calls = read(dir.path()).unwrap();
    assert_eq!(
        (calls[0].exit_code(), calls[0].waiting()),
        (Some(143), None)
    );
}

#[test]
fn a_cut_last_line_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = Ledger::open(dir.path(), start).unwrap();
    ledger.note(Event::StdinEnd);
    append(dir.path(), "0001.jsonl", b"{\"event\":\"exit\",\"co");
    assert_eq!(read(dir.path()).unwrap()[0].events, [Event::StdinEnd]);
}

#[test]
fn a_line_that_is_no_event_is_an_error_with_the_file() {
    let dir = tempfile::tempdir().unwrap();
    Ledger::open(dir.path(), start).unwrap();
    append(dir.path(), "0001.jsonl", b"{}\n");
    let error = read(dir.path()).unwrap_err();
    assert!(error.to_string().contains("0001.jsonl"), "{error}");
}

#[test]
fn a_ledger_that_is_not_there_has_no_calls() {
    assert!(read(Path::new("/nonexistent/ledger")).unwrap().is_empty());
}

#[test]
fn numbers_and_claims_are_given_once_to_threads_at_the_same_time() {
    let dir = tempfile::tempdir().unwrap();
    let got: Vec<(u32, bool)> = std::thread::scope(|scope| {
        let one = || {
            let (_, number) = Ledger::open(dir.path(), start).unwrap();
            let mut claims = Claims::new(Some(dir.path()), number);
            (number, claims.take(3, 5).unwrap())
        };
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let numbers: BTreeSet<u32> = got.iter().map(|(n, _)| *n).collect();
    assert_eq!(numbers.len(), 16);
    assert_eq!(got.iter().filter(|(_, taken)| *taken).count(), 5);
    assert_eq!(read(dir.path()).unwrap().len(), 16);
}

#[test]
fn what_other_calls_have_taken_counts() {
    let dir = tempfile::tempdir().unwrap();
    let call = || {
        let (_, number) = Ledger::open(dir.path(), start).unwrap();
        Claims::new(Some(dir.path()), number).take(0, 3).unwrap()
    };
    assert_eq!([call(), call(), call(), call()], [true, true, true, false]);
    assert_eq!(read(dir.path()).unwrap().len(), 4);
}

#[test]
fn entries_that_were_not_taken_often_enough_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let script: Script =
        serde_json::from_str(r#"{"calls":[{"do":[]},{"times":2,"do":[]},{"do":[]}]}"#).unwrap();
    let mut claims = Claims::new(Some(dir.path()), 1);
    assert!(claims.take(0, 1).unwrap());
    assert!(!claims.take(0, 1).unwrap());
    assert!(claims.take(1, 2).unwrap());
    assert_eq!(unused(dir.path(), &script), [(1, 1), (2, 0)]);
}

#[test]
fn long_lines_of_stdout_are_cut() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = Ledger::open(dir.path(), start).unwrap();
    ledger.note_stdout(&"é".repeat(5000));
    assert_eq!(
        read(dir.path()).unwrap()[0].stdout()[0].chars().count(),
        4096
    );
}
