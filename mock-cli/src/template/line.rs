//! Templates that are filled in as text: a transcript has many lines, and nobody looks into them.

use super::{Template, Vars, find, interpolate, variable};
use crate::json::{self, Escapes};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A template that is only ever written, in JSON without spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LineTemplate(Cow<'static, str>);

impl Default for LineTemplate {
    fn default() -> Self {
        LineTemplate::of("null")
    }
}

impl<'de> Deserialize<'de> for LineTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        Ok(LineTemplate(Cow::Owned(json.get().to_owned())))
    }
}

impl LineTemplate {
    /// The template of this JSON without spaces.
    pub(crate) fn of(json: &'static str) -> Self {
        LineTemplate(Cow::Borrowed(json))
    }

    /// Whether it is none.
    pub(crate) fn is_null(&self) -> bool {
        self.0 == "null"
    }

    /// Whether it has a key of this name, wherever.
    pub(crate) fn names(&self, key: &str) -> bool {
        self.0.contains(&format!("\"{key}\":"))
    }

    /// Appends it to `out`, filled in with the first of `vars` that has a variable.
    pub(crate) fn write(&self, vars: &[&Vars], escapes: Escapes, out: &mut String) {
        let filling = Filling {
            rest: &self.0,
            vars,
            escapes,
            out,
        };
        if !{ filling }.value() {
            out.push_str("null");
        }
    }
}

/// For what is changed before it is written.
impl Template for LineTemplate {
    fn render(&self, vars: &[&Vars]) -> Value {
        // The values are put in as they are: a number that is read back may be another one in its last digit.
        let template: Value = serde_json::from_str(&self.0).unwrap_or(Value::Null);
        template.render(vars)
    }
}

/// A template of which `rest` is still to be written.
struct Filling<'a> {
    rest: &'a str,
    vars: &'a [&'a Vars],
    escapes: Escapes,
    out: &'a mut String,
}

impl<'a> Filling<'a> {
    /// Writes the next value. False where it is a variable that is not set: nothing was written then.
    fn value(&mut self) -> bool {
        match self.rest.as_bytes().first() {
            Some(b'{') => self.items('}'),
            Some(b'[') => self.items(']'),
            Some(b'"') => return self.string(),
            _ => self.plain(),
        }
        true
    }

    /// What stands in an object, with its keys, or in an array.
    fn items(&mut self, close: char) {
        let open = self.take(1);
        self.out.push_str(open);
        let mut separator = "";
        while !self.rest.is_empty() && !self.rest.starts_with(close) {
            self.rest = self.rest.strip_prefix(',').unwrap_or(self.rest);
            let before = self.out.len();
            self.out.push_str(separator);
            if close == '}' {
                let key = self.quoted();
                self.out.push_str(key);
                let colon = self.take(1);
                self.out.push_str(colon);
            }
            match self.value() {
                true => separator = ",",
                false => self.out.truncate(before),
            }
        }
        self.take(1);
        self.out.push(close);
    }

    fn string(&mut self) -> bool {
        let quoted = self.quoted();
        let text = quoted.trim_matches('"');
        if let Some(name) = variable(text) {
            let value = find(name, self.vars);
            value.inspect(|value| json::write(value, self.escapes, self.out));
            return value.is_some();
        }
        if text.contains("${") {
            let plain: String = serde_json::from_str(quoted).unwrap_or_default();
            json::quote(&interpolate(&plain, self.vars), self.escapes, self.out);
        } else {
            self.out.push_str(quoted);
        }
        true
    }

    /// A number, or a word.
    fn plain(&mut self) {
        let end = self.rest.find([',', ']', '}']).unwrap_or(self.rest.len());
        let text = self.take(end);
        match text.parse() {
            Ok(number) if text.contains(['.', 'e']) => self.out.push_str(&json::number(number)),
            _ => self.out.push_str(text),
        }
    }

    /// Takes a string with its quotes.
    fn quoted(&mut self) -> &'a str {
        let bytes = self.rest.as_bytes();
        let mut end = 1;
        while let Some(byte) = bytes.get(end).filter(|byte| **byte != b'"') {
            end += if *byte == b'\\' { 2 } else { 1 };
        }
        self.take(end + 1)
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::super::render;
    use super::*;
    use crate::profile::Profile;
    use serde_json::json;

    fn written(template: &Value, vars: &Vars) -> String {
        let template: LineTemplate = serde_json::from_str(&template.to_string()).unwrap();
        let mut out = String::new();
        template.write(&[vars], Escapes::None, &mut out);
        out
    }

    fn vars() -> Vars {
        Vars::new()
            .with("one", 1)
            .with("text", "a \"b\" \\ \n \u{1}é")
            .with("list", json!([0.5, {"a": null}]))
    }

    #[test]
    fn it_writes_what_the_value_would_look_like() {
        let templates = [
            json!({"a": "$one", "b": "$none", "c": ["$none", "$one", "$none"], "d": {"e": "$none"}}),
            json!({"a": "$none", "b": ["$none"], "c": "$text", "d": "$list", "$one": "$4", "e": "$"}),
            json!([
                "x-${one}-${none}-${text}",
                "a\\\"$one",
                "\\",
                "\"",
                "",
                "é\n",
                "{,}",
                {},
                []
            ]),
            json!({"a": [1, -2, 0.25, 1.0, 1e-7, true, false, null], "b": {"c": {"d": 3}}}),
            json!("$none"),
            json!("$text"),
        ];
        for template in templates {
            let value = render(&template, &vars());
            let expected = json::line(&value, Escapes::None);
            assert_eq!(written(&template, &vars()), expected, "{template}");
        }
    }

    #[test]
    fn templates_of_every_version_come_out_as_their_values_do() {
        for profile in Profile::all() {
            for name in ["init", "result_success", "assistant", "api_message"] {
                let template = profile.message(name);
                let value: Value = serde_json::from_str(&template.0).unwrap();
                let expected = json::line(&render(&value, &vars()), Escapes::None);
                assert_eq!(written(&value, &vars()), expected, "{name}");
            }
        }
    }

    #[test]
    fn it_can_be_changed_as_a_value() {
        let template: LineTemplate = serde_json::from_str(r#"{"a":"$one","b":"$none"}"#).unwrap();
        assert_eq!(template.render(&[&vars()]), json!({"a": 1}));
    }

    #[test]
    fn numbers_keep_their_last_digit() {
        let template: LineTemplate = serde_json::from_str(r#"{"a":"$cost"}"#).unwrap();
        let cost = 0.013_583_999_999_999_999;
        let vars = Vars::new().with("cost", cost);
        assert_eq!(template.render(&[&vars])["a"].as_f64(), Some(cost));
    }
}
