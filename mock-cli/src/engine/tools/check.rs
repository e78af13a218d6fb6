//! Whether a call has the input that its tool needs.

use super::Done;
use super::inputs::{self, Kind, Parameter};
use crate::profile::{PlanExit, Profile};
use crate::protocol::tools::Unparsed;
use serde_json::{Value, json};

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// What is wrong with a call's input.
pub(super) fn fault(profile: &Profile, tool: &str, input: &Value) -> Option<Done> {
    let unparsed = Unparsed::at(input).input;
    if let Some(raw) = unparsed.and_then(|input| input.raw) {
        let len = raw.len();
        let shown: String = raw.chars().take(200).collect();
        let text = format!(
            "InputValidationError: {tool} was called with input that could not be parsed as JSON.\nYou sent (first {} of {len} bytes): {shown}\n(This note is the stand-in's own.)",
            shown.len()
        );
        return Some(Done::uncalled(
            &text,
            format!("InputValidationError: JSON parse failed ({len} bytes)"),
        ));
    }
    // Only the oldest version looks for the plan there.
    let lenient = tool == "ExitPlanMode" && profile.toolbox.plan_exit != PlanExit::Plain;
    let known = inputs::of(tool).filter(|_| !lenient)?;
    let mut faults = Faults {
        zod4: profile.behaviour.fourth_checker,
        ..Faults::default()
    };
    faults.look_into(known.parameters, known.open, input, &[]);
    faults.told(tool)
}

/// What is wrong with an input, for models and as data.
#[derive(Debug, Default)]
struct Faults {
    missing: Vec<String>,
    unexpected: Vec<String>,
    mistyped: Vec<String>,
    issues: Vec<Value>,
    /// The two generations of the CLI's checker word their issues differently.
    zod4: bool,
}

impl Faults {
    /// The result of a call with these faults, if there are any.
    fn told(self, tool: &str) -> Option<Done> {
        if self.issues.is_empty() {
            return None;
        }
        let structured = format!(
            "InputValidationError: {}",
            crate::json::pretty(&self.issues.into())
        );
        let faults = [self.missing, self.unexpected, self.mistyped].concat();
        let text = match faults.len() {
            // What models get of other faults is the data.
            0 => structured.clone(),
            count => {
                let plural = if count > 1 { "issues" } else { "issue" };
                format!(
                    "InputValidationError: {tool} failed due to the following {plural}:\n{}",
                    faults.join("\n")
                )
            }
        };
        Some(Done::uncalled(&text, structured))
    }

    /// Looks at the parameters of an object at this place of the input.
    fn look_into(
        &mut self,
        parameters: &'static [Parameter],
        open: bool,
        object: &Value,
        place: &[Value],
    ) {
        let within = |name: &str| [place, &[Value::from(name)]].concat();
        for parameter in parameters {
            match object.get(parameter.name) {
                None if parameter.needed => self.misses(parameter, &within(parameter.name)),
                None => {}
                Some(value) => self.look_at(&parameter.kind, value, &within(parameter.name)),
            }
        }
        let known = |key: &String| parameters.iter().any(|p| p.name == key);
        let keys = object.as_object().into_iter().flat_map(|map| map.keys());
        let extra: Vec<&String> = keys.filter(|key| !known(key)).collect();
        if open || extra.is_empty() {
            return;
        }
        for name in &extra {
            let name = named(&within(name));
            self.unexpected
                .push(format!("An unexpected parameter `{name}` was provided"));
        }
        let issue = self.unrecognized(&extra, place);
        self.issues.push(issue);
    }

    fn misses(&mut self, parameter: &Parameter, place: &[Value]) {
        let expected = match &parameter.kind {
            Kind::OneOf(words) if self.zod4 => {
                let issue = self.no_option(words, &Value::Null, place);
                self.issues.push(issue);
                return;
            }
            Kind::OneOf(words) => quoted(words),
            kind => type_name(kind).to_owned(),
        };
        self.missing.push(format!(
            "The required parameter `{}` is missing",
            named(place)
        ));
        self.issues.push(match self.zod4 {
            true => json!({
                "expected": expected, "code": "invalid_type", "path": place,
                "message": format!("Invalid input: expected {expected}, received undefined"),
            }),
            false => json!({
                "code": "invalid_type", "expected": expected, "received": "undefined", "path": place,
                "message": "Required",
            }),
        });
    }

    fn look_at(&mut self, kind: &'static Kind, value: &Value, place: &[Value]) {
        let (expected, received) = (type_name(kind), type_of(value));
        if !expected.is_empty() && expected != received {
            if let (Kind::OneOf(words), true) = (kind, self.zod4) {
                let issue = self.no_option(words, value, place);
                self.issues.push(issue);
                return;
            }
            self.mistyped.push(format!(
                "The parameter `{}` type is expected as `{expected}` but provided as `{received}`",
                named(place)
            ));
            let issue = self.wrong_type(expected, received, place);
            self.issues.push(issue);
            return;
        }
        match (kind, value) {
            (Kind::Text(least, said), Value::String(text))
                if (text.encode_utf16().count() as u64) < *least =>
            {
                let issue = self.too_small("string", *least, *said, place);
                self.issues.push(issue);
            }
            (Kind::OneOf(words), Value::String(word)) if !words.contains(&word.as_str()) => {
                let issue = self.no_option(words, value, place);
                self.issues.push(issue);
            }
            (Kind::OneOfOr(words, other), value)
                if value
                    .as_str()
                    .is_none_or(|word| word != *other && !words.contains(&word)) =>
            {
                let usual = self.no_option(words, value, &[]);
                let other = json!({
                    "code": "invalid_value", "values": [other], "path": [],
                    "message": format!("Invalid input: expected \"{other}\""),
                });
                self.issues.push(json!({
                    "code": "invalid_union", "errors": [[usual], [other]], "path": place,
                    "message": "Invalid input",
                }));
            }
            (Kind::Address, Value::String(address)) if !is_address(address) => {
                self.issues.push(match self.zod4 {
                    true => json!({
                        "code": "invalid_format", "format": "url", "path": place,
                        "message": "Invalid URL",
                    }),
                    false => json!({
                        "validation": "url", "code": "invalid_string", "message": "Invalid url",
                        "path": place,
                    }),
                });
            }
            (Kind::List(inner, least, said), Value::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    self.look_at(inner, item, &[place, &[Value::from(at)]].concat());
                }
                if (items.len() as u64) < *least {
                    let issue = self.too_small("array", *least, *said, place);
                    self.issues.push(issue);
                }
            }
            (Kind::Object(parameters), Value::Object(_)) => {
                self.look_into(parameters, false, value, place);
            }
            _ => {}
        }
    }

    fn wrong_type(&self, expected: &str, received: &str, place: &[Value]) -> Value {
        match self.zod4 {
            true => json!({
                "expected": expected, "code": "invalid_type", "path": place,
                "message": format!("Invalid input: expected {expected}, received {received}"),
            }),
            false => json!({
                "code": "invalid_type", "expected": expected, "received": received, "path": place,
                "message": format!("Expected {expected}, received {received}"),
            }),
        }
    }

    fn no_option(&self, words: &[&str], value: &Value, place: &[Value]) -> Value {
        match self.zod4 {
            true => {
                let options: Vec<String> = words.iter().map(|w| format!("\"{w}\"")).collect();
                json!({
                    "code": "invalid_value", "values": words, "path": place,
                    "message": format!("Invalid option: expected one of {}", options.join("|")),
                })
            }
            false => json!({
                "received": value, "code": "invalid_enum_value", "options": words, "path": place,
                "message": format!(
                    "Invalid enum value. Expected {}, received '{}'",
                    quoted(words), value.as_str().unwrap_or_default()
                ),
            }),
        }
    }

    fn too_small(&self, kind: &str, least: u64, said: Option<&str>, place: &[Value]) -> Value {
        let what = match kind {
            "array" => "items",
            _ => "characters",
        };
        match self.zod4 {
            true => {
                let usual = format!("Too small: expected {kind} to have >={least} {what}");
                json!({
                    "origin": kind, "code": "too_small", "minimum": least, "inclusive": true,
                    "path": place, "message": said.map_or(usual, str::to_owned),
                })
            }
            false => {
                let usual = format!("String must contain at least {least} character(s)");
                json!({
                    "code": "too_small", "minimum": least, "type": kind, "inclusive": true,
                    "exact": false, "message": said.map_or(usual, str::to_owned), "path": place,
                })
            }
        }
    }

    fn unrecognized(&self, keys: &[&String], place: &[Value]) -> Value {
        let listed: Vec<String> = keys.iter().map(|k| format!("'{k}'")).collect();
        let quoted: Vec<String> = keys.iter().map(|k| format!("\"{k}\"")).collect();
        match self.zod4 {
            true => json!({
                "code": "unrecognized_keys", "keys": keys, "path": place,
                "message": format!("Unrecognized key{}: {}", if keys.len() > 1 { "s" } else { "" }, quoted.join(", ")),
            }),
            false => json!({
                "code": "unrecognized_keys", "keys": keys, "path": place,
                "message": format!("Unrecognized key(s) in object: {}", listed.join(", ")),
            }),
        }
    }
}

/// `'a' | 'b'`.
fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    words.join(" | ")
}

fn type_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text(..) | Kind::OneOf(_) | Kind::Address => "string",
        Kind::Number => "number",
        Kind::Flag => "boolean",
        Kind::List(..) => "array",
        Kind::Object(_) => "object",
        Kind::Any | Kind::OneOfOr(..) => "",
    }
}

/// `todos[0].status`.
fn named(place: &[Value]) -> String {
    let mut name = String::new();
    for part in place {
        match part {
            Value::String(key) if name.is_empty() => name.push_str(key),
            Value::String(key) => {
                name.push('.');
                name.push_str(key);
            }
            at => name += &format!("[{at}]"),
        }
    }
    name
}

/// Whether a text is the address of a page, as far as the checker looks.
fn is_address(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}
