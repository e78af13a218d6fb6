//! What is not compared, and why: the one data file of rules.

use super::Error;
use super::data::data;
use regex_lite::Regex;
use serde::Deserialize;
use serde_json::Value;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a rule asks of two values that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Nothing.
    Any,
    /// Both are numbers, or the recorded one is a placeholder of a number.
    Number,
    /// Both have the same type.
    Type,
    /// Both are texts that are not empty.
    Prose,
    /// An id: equal ones stay equal.
    Id,
    /// It may be there or not.
    Optional,
    /// Its fields may come in another order.
    Order,
}

/// One rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Versions that it is for, as globs.
    pub versions: Vec<String>,
    /// Cases that it is for, as globs; none: all.
    #[serde(default)]
    pub cases: Vec<String>,
    /// The path in what is compared, as a glob: `*` stops at `/`, `**` does not.
    pub path: String,
    /// What it still asks.
    pub rule: Kind,
    /// Why it is there.
    pub reason: String,
    /// Whether only runs of the real CLI need it.
    #[serde(default)]
    pub live: bool,
    #[serde(skip)]
    excused: AtomicUsize,
}

impl Rule {
    /// How many differences it excused.
    pub fn excused(&self) -> usize {
        self.excused.load(Ordering::Relaxed)
    }

    /// Whether it is for this version.
    pub fn is_for(&self, version: &str) -> bool {
        any(&self.versions, version)
    }
}

/// Whether a name fits one of these globs.
#[must_use]
pub fn any(globs: &[String], name: &str) -> bool {
    globs.iter().any(|pattern| glob(pattern, name))
}

/// A part of recorded texts that differs from run to run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextRule {
    /// Versions that it is for, as globs.
    pub versions: Vec<String>,
    /// What it looks like in the recording: a regular expression.
    pub pattern: String,
    /// What the recording is then taken to have there, with the pattern's groups as `$1`.
    pub reads: String,
    /// Why it is there.
    pub reason: String,
    /// Whether it is needed only where the real CLI runs.
    #[serde(default)]
    pub live: bool,
    #[serde(skip)]
    excused: AtomicUsize,
    #[serde(skip)]
    regex: OnceLock<Option<Regex>>,
}

/// Prose that the CLI writes for the model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// What stands for it in a recording that is shipped: `<PROMPT:name>`.
    pub name: String,
    /// Versions that it is for, as globs.
    pub versions: Vec<String>,
    /// What it looks like: a regular expression.
    pub pattern: String,
    /// What of it is kept, with the pattern's groups as `$1`.
    #[serde(default)]
    pub keeps: String,
    /// Why it is there.
    pub reason: String,
    /// Whether it is needed only where the real CLI runs.
    #[serde(default)]
    pub live: bool,
    #[serde(skip)]
    excused: AtomicUsize,
    #[serde(skip)]
    regex: OnceLock<Option<Regex>>,
}

impl Prompt {
    fn placeholder(&self) -> String {
        format!("<PROMPT:{}>", self.name)
    }

    /// The text with the placeholder for what the CLI said.
    fn taken_out(&self, version: &str, text: String) -> String {
        let with = format!("{}{}", self.keeps, self.placeholder());
        read(
            &self.regex,
            &self.pattern,
            &self.versions,
            version,
            &text,
            &with,
        )
        .unwrap_or(text)
    }
}

/// The text with what matches the pattern read otherwise; None where nothing does.
fn read(
    regex: &OnceLock<Option<Regex>>,
    pattern: &str,
    versions: &[String],
    version: &str,
    text: &str,
    reads: &str,
) -> Option<String> {
    let regex = regex.get_or_init(|| Regex::new(pattern).ok()).as_ref()?;
    (any(versions, version) && regex.is_match(text))
        .then(|| regex.replace_all(text, reads).into_owned())
}

/// All rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Rules by the place in what is compared.
    pub places: Vec<Rule>,
    /// Rules by a text's form.
    #[serde(default)]
    pub texts: Vec<TextRule>,
    /// Prose that the CLI writes for the model: it is never shipped.
    #[serde(default)]
    pub prompts: Vec<Prompt>,
}

/// A rule as the report shows it.
#[derive(Debug)]
pub struct Line<'r> {
    /// The place or the form.
    pub what: &'r str,
    /// Why it is there.
    pub reason: &'r str,
    /// How many differences it excused.
    pub excused: usize,
    /// Versions that it is for.
    pub versions: &'r [String],
    /// Whether only runs of the real CLI need it.
    pub live: bool,
}

impl Rules {
    /// The rules that the harness carries.
    ///
    /// # Errors
    /// The file is wrong.
    pub fn embedded() -> Result<Self, Error> {
        Self::parse("rules.yaml", include_str!("rules.yaml"))
    }

    /// Reads rules.
    ///
    /// # Errors
    /// The text is wrong.
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        data(name, text)
    }

    /// All rules, as the report shows them.
    #[must_use]
    pub fn lines(&self) -> Vec<Line<'_>> {
        let places = self.places.iter().map(|rule| Line {
            what: &rule.path,
            reason: &rule.reason,
            excused: rule.excused(),
            versions: &rule.versions,
            live: rule.live,
        });
        let texts = self.texts.iter().map(|rule| Line {
            what: &rule.pattern,
            reason: &rule.reason,
            excused: rule.excused.load(Ordering::Relaxed),
            versions: &rule.versions,
            live: rule.live,
        });
        let prompts = self.prompts.iter().map(|rule| Line {
            what: &rule.pattern,
            reason: &rule.reason,
            excused: rule.excused.load(Ordering::Relaxed),
            versions: &rule.versions,
            live: rule.live,
        });
        places.chain(texts).chain(prompts).collect()
    }

    /// A text of the CLI as it is shipped: with `<PROMPT:name>` where it wrote for the model.
    #[must_use]
    pub fn without_prompts(&self, version: &str, text: &str) -> String {
        self.prompts
            .iter()
            .fold(text.to_owned(), |text, rule| rule.taken_out(version, text))
    }

    /// Whether a place holds prose for people, which is not shipped.
    #[must_use]
    pub fn is_prose(&self, version: &str, path: &str) -> bool {
        let mut rules = self.places.iter();
        rules.any(|r| r.rule == Kind::Prose && r.is_for(version) && glob(&r.path, path))
    }

    /// A recorded text with what differs from run to run read as placeholders, if there is any; `fits` then decides
    /// whether the rules are counted.
    pub fn reread(&self, version: &str, text: &str, fits: impl FnOnce(&str) -> bool) -> bool {
        let mut text = self.without_prompts(version, text);
        let mut used = Vec::new();
        for rule in &self.prompts {
            if text.contains(&rule.placeholder()) {
                text = text.replace(&rule.placeholder(), "<prose>");
                used.push(&rule.excused);
            }
        }
        for rule in &self.texts {
            let read = read(
                &rule.regex,
                &rule.pattern,
                &rule.versions,
                version,
                &text,
                &rule.reads,
            );
            if let Some(read) = read {
                text = read;
                used.push(&rule.excused);
            }
        }
        let fits = !used.is_empty() && fits(&text);
        for excused in used.iter().filter(|_| fits) {
            excused.fetch_add(1, Ordering::Relaxed);
        }
        fits
    }

    /// The first rule that is for this place of a case and excuses it by `test`; it is counted.
    pub fn excuse(
        &self,
        version: &str,
        case: &str,
        path: &str,
        test: impl FnMut(Kind) -> bool,
    ) -> bool {
        let mut test = test;
        let is_for = |rule: &&Rule| {
            rule.is_for(version) && (rule.cases.is_empty() || any(&rule.cases, case))
        };
        let mut rules = self.places.iter().filter(is_for);
        let rule = rules.find(|rule| glob(&rule.path, path) && test(rule.rule));
        if let Some(rule) = rule {
            rule.excused.fetch_add(1, Ordering::Relaxed);
        }
        rule.is_some()
    }
}

/// Whether two values that differ are excused by this kind; ids and optional values are decided elsewhere.
#[must_use]
pub fn fits(kind: Kind, recorded: &Value, seen: &Value) -> bool {
    let placeholder = |name: &str| recorded == name;
    match kind {
        Kind::Any => true,
        Kind::Number => {
            (recorded.is_number() || placeholder("<int>") || placeholder("<float>"))
                && seen.is_number()
        }
        Kind::Type => std::mem::discriminant(recorded) == std::mem::discriminant(seen),
        Kind::Prose => [recorded, seen]
            .iter()
            .all(|v| v.as_str().is_some_and(|t| !t.is_empty())),
        Kind::Id | Kind::Optional | Kind::Order => false,
    }
}

/// Whether a text fits a glob: `?`, `*` (not over a `/`), `**` (over anything).
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    fn go(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty(),
            [b'*', b'*', rest @ ..] => (0..=text.len()).any(|n| go(rest, &text[n..])),
            [b'*', rest @ ..] => {
                let end = text.iter().position(|&c| c == b'/').unwrap_or(text.len());
                (0..=end).any(|n| go(rest, &text[n..]))
            }
            [b'?', rest @ ..] => !text.is_empty() && go(rest, &text[1..]),
            [c, rest @ ..] => text.first() == Some(c) && go(rest, &text[1..]),
        }
    }
    go(pattern.as_bytes(), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_star_stops_at_a_slash_and_two_do_not() {
        assert!(glob("stdout/*/uuid", "stdout/assistant/uuid"));
        assert!(!glob("stdout/*/uuid", "stdout/a/b/uuid"));
        assert!(glob("**/uuid", "stdout/a/b/uuid"));
        assert!(!glob("**/uuid", "stdout/a/b/uuids"));
    }

    #[test]
    fn the_rules_that_are_shipped_can_be_read_and_each_has_a_reason() {
        let rules = Rules::embedded().unwrap();
        let texts = rules.texts.iter().map(|r| &r.pattern);
        let prompts = rules.prompts.iter().map(|r| &r.pattern);
        assert!(texts.chain(prompts).all(|p| Regex::new(p).is_ok()));
        assert!(rules.lines().iter().all(|r| r.reason.len() > 10));
    }

    #[test]
    fn a_rule_counts_what_it_excuses_and_still_asks_for_its_kind() {
        let text = "places:\n- {versions: ['2.*'], path: '**/ms', rule: number, reason: it takes another time}";
        let rules = Rules::parse("test", text).unwrap();
        let excuse = |version: &str, seen: &Value| {
            rules.excuse(version, "x", "stdout/x/ms", |kind| {
                fits(kind, &json!(5), seen)
            })
        };
        assert!(excuse("2.1.330", &json!(6)));
        assert!(!excuse("2.1.330", &json!("six")));
        assert!(!excuse("1.0.108", &json!(6)));
        assert_eq!(rules.places[0].excused(), 1);
    }
}
