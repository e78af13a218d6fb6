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
    let document = document("[250ms, 2s, 1m, 5, 3h]");
    let items = document.root().list().unwrap();
    let millis: Vec<_> = items
        .iter()
        .map(|item| item.duration().ok().map(|d| d.as_millis()))
        .collect();
    assert_eq!(millis, [Some(250), Some(2000), Some(60_000), None, None]);
}
