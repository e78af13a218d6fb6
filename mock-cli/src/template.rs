//! Messages as data: a profile holds each message as JSON with the version's own fields in their own order,
//! and places to fill in.
//!
//! A string that is `$name` and nothing else becomes that variable's value; where the variable is not set the
//! whole key (or array item) is left out. `${name}` inside a longer string is filled in as text.

mod line;

pub(crate) use line::LineTemplate;

use serde_json::Value;

/// The values for a template: so few that it is cheapest to look at one after the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vars(Vec<(&'static str, Value)>);

impl Vars {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<Value>) -> &mut Self {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name, value)),
        }
        self
    }

    /// Sets a variable, for building in one expression.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// The value of a variable.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value)
    }

    /// Takes a variable away.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Sets all variables of `others`, replacing those of the same name.
    pub(crate) fn extend(&mut self, others: &Vars) {
        for (name, value) in &others.0 {
            self.set(name, value.clone());
        }
    }

    /// Sets a variable if there is a value; without one the template leaves the key out.
    pub(crate) fn maybe(mut self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.set(name, value);
        }
        self
    }
}

/// What can be filled in.
pub(crate) trait Template {
    /// Filled in with the first of these that has a variable.
    fn render(&self, vars: &[&Vars]) -> Value;
}

impl Template for Value {
    fn render(&self, vars: &[&Vars]) -> Value {
        let mut filled = self.clone();
        match fill(&mut filled, vars) {
            true => filled,
            false => Value::Null,
        }
    }
}

/// Fills in a template.
pub(crate) fn render(template: &impl Template, vars: &Vars) -> Value {
    template.render(&[vars])
}

fn find<'a>(name: &str, vars: &[&'a Vars]) -> Option<&'a Value> {
    vars.iter().find_map(|vars| vars.get(name))
}

/// Fills in a copy of a template, in place. False where it is a variable that is not set, which is to be left out.
fn fill(copy: &mut Value, vars: &[&Vars]) -> bool {
    match copy {
        Value::String(text) => match variable(text).map(|name| find(name, vars)) {
            Some(Some(value)) => *copy = value.clone(),
            Some(None) => return false,
            None if text.contains('$') => *text = interpolate(text, vars),
            None => {}
        },
        Value::Array(items) => items.retain_mut(|item| fill(item, vars)),
        Value::Object(map) => map.retain(|_, value| fill(value, vars)),
        _ => {}
    }
    true
}

/// Fills in a text.
pub(crate) fn text(template: &str, vars: &Vars) -> String {
    interpolate(template, &[vars])
}

fn variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    plain.then_some(name)
}

fn interpolate(text: &str, vars: &[&Vars]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, after)) = tail.split_once('}') else {
            out.push_str("${");
            rest = tail;
            continue;
        };
        match find(name, vars) {
            Some(Value::String(value)) => out.push_str(value),
            Some(value) => out.push_str(&value.to_string()),
            None => {}
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_variable_that_is_not_set_leaves_its_key_out() {
        let template =
            json!({"a": "$a", "b": "$b", "c": ["$a", "$b"], "d": "x-${a}-${b}", "e": "$4"});
        let vars = Vars::new().with("a", 1);
        assert_eq!(
            render(&template, &vars),
            json!({"a": 1, "c": [1], "d": "x-1-", "e": "$4"})
        );
    }

    #[test]
    fn a_value_is_never_read_as_a_template() {
        let vars = Vars::new().with("a", "$b").with("b", "secret");
        assert_eq!(render(&json!({"a": "$a"}), &vars), json!({"a": "$b"}));
    }
}
