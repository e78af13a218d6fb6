//! What the engine of Node.js says of a text that is no JSON.

/// What Node 20 says about a text that is no JSON.
/// With it comes the place, where one character is wrong.
pub(crate) fn reason(text: &str) -> (String, Option<usize>) {
    let units: Vec<char> = text.chars().collect();
    let Some(at) = first_fault(text) else {
        return ("Unexpected end of JSON input".into(), None);
    };
    let Some(found) = units.get(at) else {
        return ("Unexpected end of JSON input".into(), None);
    };
    let before = units[..at].iter().rev().find(|c| !c.is_whitespace());
    if before == Some(&'{') && *found != '"' {
        let reason = format!("Expected property name or '}}' in JSON at position {at}");
        return (reason, Some(at));
    }
    if before == Some(&',') && *found == '}' {
        let reason = format!("Expected double-quoted property name in JSON at position {at}");
        return (reason, Some(at));
    }
    // V8 quotes ten characters on either side.
    let (start, end) = (at.saturating_sub(10), (at + 10).min(units.len()));
    let (start, end) = if units.len() < 21 {
        (0, units.len())
    } else {
        (start, end)
    };
    let quoted: String = units[start..end].iter().collect();
    let (head, tail) = (
        if start > 0 { "..." } else { "" },
        if end < units.len() { "..." } else { "" },
    );
    let reason = format!("Unexpected token '{found}', {head}\"{quoted}\"{tail} is not valid JSON");
    (reason, Some(at))
}

/// The index of the first character that cannot stand there; None where only the end is missing.
fn first_fault(text: &str) -> Option<usize> {
    let error = serde_json::from_str::<serde::de::IgnoredAny>(text).err()?;
    if error.is_eof() {
        return None;
    }
    // serde_json counts bytes from 1, up to and with the byte that does not fit.
    let byte = error.column().saturating_sub(1);
    Some(text.char_indices().take_while(|(i, _)| *i < byte).count())
}

/// What JavaScriptCore says about a text that is no JSON.
pub(crate) fn jsc_reason(text: &str) -> String {
    let Some(at) = first_fault(text) else {
        return "Unexpected EOF".into();
    };
    let chars: Vec<char> = text.chars().collect();
    let before = chars[..at.min(chars.len())]
        .iter()
        .rev()
        .find(|c| !c.is_whitespace());
    let word: String = chars[at.min(chars.len())..]
        .iter()
        .take_while(|c| c.is_alphanumeric() || **c == '_')
        .collect();
    match before {
        Some('{') => "Expected '}'".into(),
        _ if !word.is_empty() => format!("Unexpected identifier \"{word}\""),
        _ => match chars.get(at) {
            Some(found) => format!("Unrecognized token '{found}'"),
            None => "Unexpected EOF".into(),
        },
    }
}
