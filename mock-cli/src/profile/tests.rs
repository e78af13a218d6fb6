//! That every profile can be read.

use super::*;

#[test]
fn every_embedded_profile_can_be_read_and_is_found_by_its_version() {
    for (version, encoded) in EMBEDDED {
        assert_eq!(check(embedded(encoded)), Ok(()), "{version}");
    }
    for profile in Profile::all() {
        let found = Profile::named(&profile.version).map(|p| p.version.as_str());
        assert_eq!(found, Some(profile.version.as_str()));
        for name in [
            "init",
            "assistant",
            "api_message",
            "tool_result",
            "result_success",
            "usage",
        ] {
            assert!(
                !profile.message(name).is_null(),
                "{} has no {name}",
                profile.version
            );
        }
    }
    assert_eq!(Profile::newest().version, "2.1.330");
}

#[test]
fn a_profile_of_a_file_is_read_like_an_embedded_one() {
    let json = r#"{"like": "2.0.77", "version": "2.0.78", "behaviour": {"thinking_tokens": true},
        "texts": {"whitespace": "blank"}, "tools": null, "prompt_tools": {"=": ["Ask"]}}"#;
    let whole = json.replace("\"tools\": null", "\"tools\": []");
    let (own, like) = (
        Profile::from_json(&whole).unwrap(),
        Profile::named("2.0.77").unwrap(),
    );
    assert_eq!(
        (own.version.as_str(), own.text("whitespace")),
        ("2.0.78", "blank")
    );
    assert!(own.behaviour.thinking_tokens && !like.behaviour.thinking_tokens);
    assert_eq!(
        (own.tools.len(), own.prompt_tools.as_slice()),
        (0, ["Ask".to_owned()].as_slice())
    );
    assert_eq!(own.message("init"), like.message("init"));
    assert_eq!(own.models.default.as_str(), like.models.default.as_str());

    let missing = Profile::from_json(json).unwrap_err();
    assert_eq!(missing, "there is no `tools`");
    let odd = whole.replace("\"texts\"", "\"tests\"");
    assert_eq!(
        Profile::from_json(&odd).unwrap_err(),
        "`tests` is not known"
    );
}
