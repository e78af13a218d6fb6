//! What `--json-schema` asks of the model's last word (PROTOCOL 4.6).

use super::Done;
use crate::protocol::tools::Schema;
use serde_json::Value;

/// How often the model may be wrong about it.
const TRIES: u32 = 5;

/// The output that a session owes its client.
#[derive(Debug)]
pub(in crate::engine) struct StructuredOutput {
    /// `--json-schema`.
    schema: Option<Value>,
    /// What the model gave for it in this turn.
    given: Option<Value>,
    /// How often that was wrong, and how the last time.
    wrong: u32,
    last_wrong: String,
}

impl StructuredOutput {
    /// What this schema asks for, which the command line has checked.
    pub(super) fn new(schema: Option<&str>) -> StructuredOutput {
        StructuredOutput {
            schema: schema.and_then(|text| serde_json::from_str(text).ok()),
            given: None,
            wrong: 0,
            last_wrong: String::new(),
        }
    }

    /// A turn begins: it owes an output of its own.
    pub(in crate::engine) fn begin_turn(&mut self) {
        self.given = None;
        self.wrong = 0;
    }

    /// Whether there is a schema.
    pub(in crate::engine) fn is_asked_for(&self) -> bool {
        self.schema.is_some()
    }

    /// Whether the turn is not done without it.
    pub(in crate::engine) fn is_owed(&self) -> bool {
        self.schema.is_some() && self.given.is_none()
    }

    /// What was given in this turn.
    pub(in crate::engine) fn given(&self) -> Option<&Value> {
        self.given.as_ref()
    }

    /// How the last try failed, where there may be no other.
    pub(in crate::engine) fn given_up(&self) -> Option<&str> {
        (self.wrong >= TRIES).then_some(self.last_wrong.as_str())
    }

    /// Takes what the model gives.
    pub(super) fn take(&mut self, input: &Value) -> Done {
        let done = structured(self.schema.as_ref().unwrap_or(&Value::Null), input);
        if done.shape == super::Shape::Error {
            self.wrong += 1;
            self.last_wrong = done.content.as_str().unwrap_or_default().to_owned();
        } else {
            self.given = Some(input.clone());
        }
        done
    }
}

/// The result of `StructuredOutput` for this input.
fn structured(schema: &Value, input: &Value) -> Done {
    let mut faults = Vec::new();
    check(schema, input, "", &mut faults);
    if faults.is_empty() {
        let text = "Structured output provided successfully";
        return Done::plain(text, text.into());
    }
    Done::failed(&format!(
        "Output does not match required schema: {}",
        faults.join(", ")
    ))
}

/// Notes what does not fit, as the CLI's checker words it: the path, and the rule.
fn check(schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
    let mut fault = |text: String| {
        let shown = if path.is_empty() { "root" } else { path };
        faults.push(format!("{shown}: {text}"));
    };
    let schema = Schema::at(schema);
    if let Some(kind) = &schema.kind
        && !is(value, kind)
    {
        fault(format!("must be {kind}"));
        return;
    }
    if let Some(allowed) = &schema.allowed
        && !allowed.contains(value)
    {
        fault("must be equal to one of the allowed values".into());
    }
    if let Some(map) = value.as_object() {
        for name in schema.required.iter().flatten() {
            if !map.contains_key(name) {
                fault(format!("must have required property '{name}'"));
            }
        }
        let known = schema.properties.as_ref();
        if schema.additional == Some(Value::Bool(false))
            && map
                .keys()
                .any(|key| known.is_none_or(|known| !known.contains_key(key)))
        {
            fault("must NOT have additional properties".into());
        }
        for (name, inner) in known.into_iter().flatten() {
            if let Some(value) = map.get(name) {
                check(inner, value, &format!("{path}/{name}"), faults);
            }
        }
    } else if let (Some(items), Some(inner)) = (value.as_array(), schema.items) {
        let inner = Value::Object(inner);
        for (at, item) in items.iter().enumerate() {
            check(&inner, item, &format!("{path}/{at}"), faults);
        }
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_rule_that_is_broken_is_named_with_its_path() {
        let schema = json!({"type": "object", "required": ["a"], "additionalProperties": false,
            "properties": {"a": {"type": "number"}, "l": {"type": "array", "items": {"enum": [1, 2]}}}});
        let said = |input: Value| {
            structured(&schema, &input)
                .content
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        assert_eq!(
            said(json!({"a": 1, "l": [2]})),
            "Structured output provided successfully"
        );
        assert_eq!(
            said(json!({"a": "x"})),
            "Output does not match required schema: /a: must be number"
        );
        let many = said(json!({"l": [3], "b": 0}));
        assert!(
            many.contains("root: must have required property 'a'"),
            "{many}"
        );
        assert!(
            many.contains("root: must NOT have additional properties"),
            "{many}"
        );
        assert!(
            many.contains("/l/0: must be equal to one of the allowed values"),
            "{many}"
        );
    }
}
