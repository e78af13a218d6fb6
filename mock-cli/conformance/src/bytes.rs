//! Recordings of which only some bytes were looked at: how the CLI writes a text's special characters.

use super::recording::Recording;
use super::seen::Seen;
use serde_json::{Value, json};

/// A plain call: the bytes are of one like it, whose model said another text.
pub const SOURCE: &str = "text_stream_json_verbose";

/// The plain call with the text that the bytes show.
#[must_use]
pub fn saying(recording: &Recording, plain: &Recording) -> Option<Recording> {
    let segment = segment(recording)?;
    let text: Value = serde_json::from_str(segment.strip_prefix("\"text\":")?).ok()?;
    let mut said = plain.clone();
    let turn = super::turns::saying(json!([{"type": "text", "text": text}]));
    said.raw["api_script"] = json!([turn]);
    Some(said)
}

/// The recorded bytes; None where this is no such recording.
#[must_use]
pub fn segment(recording: &Recording) -> Option<String> {
    let repr = recording.raw["assistant_text_segment_bytes_repr"].as_str()?;
    let inner = repr.strip_prefix("b'")?.strip_suffix('\'')?;
    let mut bytes = Vec::new();
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next()? {
                'x' => {
                    let digits: String = rest.by_ref().take(2).collect();
                    bytes.push(u8::from_str_radix(&digits, 16).ok()?);
                }
                'n' => bytes.push(b'\n'),
                't' => bytes.push(b'\t'),
                other => bytes.push(u8::try_from(other).ok()?),
            },
            other => bytes.extend(other.to_string().as_bytes()),
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    // What comes after the text is compared in other cases.
    Some(text.split("}],").next()?.to_owned())
}

/// Where the seen output differs from the recorded bytes.
#[must_use]
pub fn difference(recording: &Recording, seen: &Seen) -> Option<String> {
    let Some(segment) = segment(recording) else {
        return Some("the recorded bytes cannot be read".into());
    };
    let returns = seen.stdout.iter().any(|line| line.ends_with('\r'));
    if recording.raw["has_cr"] == Value::Bool(!returns) {
        return Some(format!("stdout: carriage returns: {returns} seen"));
    }
    let found = seen.stdout.iter().any(|line| line.contains(&segment));
    (!found).then(|| format!("stdout has no {segment}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_python_wrote_them() {
        let repr = r#"b'"text":"A\\u2028\xc3\xa9 \' end"}],"stop'"#;
        let raw = json!({"version": "1", "case": "x", "exit_code": 0, "has_cr": false,
                         "assistant_text_segment_bytes_repr": repr});
        let recording = Recording::read(raw).unwrap();
        assert_eq!(segment(&recording).unwrap(), "\"text\":\"A\\u2028é ' end\"");
        let mut seen = Seen::default();
        assert!(difference(&recording, &seen).is_some());
        seen.stdout = vec!["{\"text\":\"A\\u2028é ' end\"}".into()];
        assert_eq!(difference(&recording, &seen), None);
    }
}
