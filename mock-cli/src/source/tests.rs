use super::*;

fn document(text: &str) -> Document {
    Document::parse("a.yaml", text).unwrap()
}

#[test]
fn an_unknown_key_is_shown_where_it_stands_with_the_nearest_name() {
    let document = document("about: x\nenviroment: é\n");
    let error = document
        .root()
        .map("a scenario", &["about", "environment"])
        .unwrap_err();
    assert_eq!((error.line, error.column), (2, 1));
    assert_eq!(error.message, "unknown key in a scenario: `enviroment`");
    assert!(
        error
            .help
            .unwrap()
            .starts_with("did you mean `environment`?")
    );
}

#[test]
fn columns_count_characters_not_bytes() {
    let document = document("é: [ü, 5]\n");
    let list = document
        .root()
        .map("x", &["é"])
        .unwrap()
        .required("é")
        .unwrap()
        .list()
        .unwrap();
    let error = list[1].text().unwrap_err();
    assert_eq!((error.line, error.column), (1, 8));
    assert_eq!(error.message, "expected text, found the number 5");
}

#[test]
fn broken_yaml_says_where() {
    let error = Document::parse("a.yaml", "a: [1\nb: 2\n").unwrap_err();
    assert!(
        error.message.starts_with("this is not YAML"),
        "{}",
        error.message
    );
    assert_eq!(error.line, 2);
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    assert!(Document::parse("a.yaml", "a: 1\na: 2\n").is_err());
}

#[test]
fn a_step_has_one_key() {
    let document = document("- {chat: Hi, health: x}\n- chat\n- {}\n- [1]\n");
    let steps = document.root().list().unwrap();
    let known = ["chat", "health"];
    assert!(
        steps[0]
            .single("step", &known)
            .unwrap_err()
            .message
            .contains("a second one")
    );
    assert_eq!(steps[1].single("step", &known).unwrap().0, "chat");
    assert!(steps[2].single("step", &known).is_err());
    assert!(
        steps[3]
            .single("step", &known)
            .unwrap_err()
            .message
            .contains("found a list")
    );
}

#[test]
fn durations_have_a_unit() {
    let document = document("[250ms, 2s, 1.5m, 0.5s, 5, 3h, 1.2.3s, -1s, .s]");
    let items = document.root().list().unwrap();
    let millis: Vec<_> = items
        .iter()
        .map(|item| item.duration().ok().map(|d| d.as_millis()))
        .collect();
    let known = [Some(250), Some(2000), Some(90_000), Some(500)];
    assert_eq!(millis[..4], known);
    assert!(millis[4..].iter().all(Option::is_none), "{millis:?}");
}

#[test]
fn json_and_yaml_say_the_same() {
    let json = r#"{"a": [1, -2.5, 1e3, "x\u00e9\n", null, true], "b": {}}"#;
    let yaml = "a: [1, -2.5, 1e3, \"xé\\n\", null, true]\nb: {}\n";
    let value = |text: &str| document(text).root().json().unwrap();
    let read = Document::parse("a.json", json).unwrap();
    assert_eq!(
        read.root().json().unwrap(),
        serde_json::from_str::<serde_json::Value>(json).unwrap()
    );
    assert_eq!(value(yaml), value(json));
    for text in [
        "1.", ".5", "+3", "0x1f", "0o17", "1.2.3", "-", "12:30", "~", "1_000",
    ] {
        let found = value(text);
        let number = !matches!(text, "1.2.3" | "-" | "12:30" | "~" | "1_000");
        assert_eq!(found.is_number(), number, "{text}: {found}");
    }
}

#[test]
fn an_alias_repeats_what_has_a_name_but_not_without_bound() {
    let document = document("a: &x {n: 1}\nb: *x\n");
    assert_eq!(document.root().json().unwrap()["b"]["n"], 1);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..9 {
        let many = vec![format!("*a{}", n - 1); 10].join(", ");
        bomb += &format!("a{n}: &a{n} [{many}]\n");
    }
    let error = Document::parse("a.yaml", &bomb).unwrap_err();
    assert!(error.message.contains("repeat"), "{}", error.message);
}
