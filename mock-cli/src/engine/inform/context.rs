//! `get_context_usage`: how full the context is.

use crate::engine::Engine;
use crate::protocol::control::{ContextPart, Square};
use crate::protocol::wire::Wire;
use crate::template::{Vars, render};
use serde_json::{Map, Number, Value, json};

/// The kinds of parts.
const USED: &str = "used";
const BUFFER: &str = "buffer";
const FREE: &str = "free";

/// Squares of the picture of a context, and how many make a row.
const SQUARES: usize = 200;
const ROW: usize = 20;

/// What the oracle's API answers to a request to count tokens.
const COUNTED: u64 = 42;

impl Engine {
    /// What `/context` prints, and the same as data; None where the version tells it otherwise.
    pub(in crate::engine) fn context_table(&self) -> Option<(String, Value)> {
        let profile = self.setup.profile;
        let mut parts = self.context_parts("full")?;
        let at = parts.iter().position(|part| !is(part, USED));
        if self.model.context_tokens == 0 {
            // Only what was asked about already is not counted apart.
            let messages = shown_part("Messages", COUNTED, USED);
            parts.insert(at.unwrap_or(parts.len()), messages);
        }
        let window = profile.models.get(&self.model.name).context_window;
        let (used, buffer) = (sum(&parts, USED), sum(&parts, BUFFER));
        let free = shown_part("Free space", window.saturating_sub(used + buffer), FREE);
        let row = |part: &ContextPart| {
            format!(
                "| {} | {} | {} |\n",
                part.name.as_deref().unwrap_or_default(),
                short(tokens(part)),
                share(tokens(part), window)
            )
        };
        let mut text = format!(
            "## Context Usage\n\n**Model:** {}  \n**Tokens:** {} / {} ({}%)\n\n### Estimated usage by category\n\n| Category | Tokens | Percentage |\n|----------|--------|------------|\n",
            self.model.name,
            short(used),
            short(window),
            percent(used, window),
        );
        let shown = |kind: &'static str| parts.iter().filter(move |part| is(part, kind));
        text.extend(shown(USED).map(row));
        text += &row(&free);
        text.extend(shown(BUFFER).map(row));
        text += "\n### Skills\n\n| Skill | Source | Tokens |\n|-------|--------|--------|\n";
        let skills = profile
            .control
            .context
            .pointer("/rest/skills/skillFrontmatter");
        let skills = Vec::<ContextPart>::read(skills.cloned().unwrap_or_default());
        let skills = skills.unwrap_or_default();
        for skill in &skills {
            let name = skill.name.as_deref().unwrap_or_default();
            text += &format!(
                "| {name} | Built-in | ~{} |\n",
                (tokens(skill) + 5) / 10 * 10
            );
        }
        let bare = |part: &ContextPart| {
            let name = part.name.as_deref().unwrap_or_default();
            let kind = part.kind.as_deref().unwrap_or_default();
            shown_part(name, tokens(part), kind)
        };
        let told = shown(USED).chain(shown(BUFFER)).chain([&free]);
        let categories: Vec<ContextPart> = told.map(bare).collect();
        let usage = json!({
            "model": self.model.name, "total_tokens": used, "raw_max_tokens": window,
            "percentage": percent(used, window), "categories": categories, "mcp_tools": [],
            "memory_files": [], "agents": [], "skills": skills,
        });
        Some((text + "\n", usage))
    }

    /// The parts of an empty session, in `full` or in `summary`.
    fn context_parts(&self, name: &str) -> Option<Vec<ContextPart>> {
        let parts = self.setup.profile.control.context.get(name)?;
        Vec::read(parts.clone()).ok()
    }

    /// How full the context is, as parts and as a picture. The sizes of the parts are those of an empty session.
    pub(super) fn context_usage(&self, detail: Option<&str>) -> Value {
        let profile = self.setup.profile;
        let name = match detail {
            Some("summary") => "summary",
            _ => "full",
        };
        let window = profile.models.get(&self.model.name).context_window;
        let mut parts = self.context_parts(name).unwrap_or_default();
        let (used, buffer) = (sum(&parts, USED), sum(&parts, BUFFER));
        let free = ContextPart {
            id: Some("free_space".into()),
            color: Some("promptBorder".into()),
            ..shown_part("Free space", window.saturating_sub(used + buffer), FREE)
        };
        let filled = |kind: &'static str| {
            let parts = parts.iter().filter(move |part| is(part, kind));
            parts.flat_map(|part| squares(part, window, None))
        };
        let last: Vec<Square> = filled(BUFFER).collect();
        let mut grid: Vec<Square> = filled(USED).collect();
        let left = SQUARES.saturating_sub(grid.len() + last.len());
        grid.extend(squares(&free, window, Some(left)));
        grid.extend(last);
        parts.push(free);
        let rows: Vec<Value> = grid.chunks(ROW).map(|row| row.to_vec().write()).collect();
        let mut shown = Map::new();
        shown.insert("categories".into(), parts.write());
        shown.insert("totalTokens".into(), used.into());
        shown.insert("maxTokens".into(), window.into());
        shown.insert("rawMaxTokens".into(), window.into());
        shown.insert("autocompactSource".into(), "model-default".into());
        shown.insert("percentage".into(), percent(used, window).into());
        shown.insert("gridRows".into(), rows.into());
        shown.insert("model".into(), self.model.name.as_str().into());
        let context = |key: &str| {
            profile
                .control
                .context
                .get(key)
                .cloned()
                .unwrap_or_default()
        };
        let command_tokens = context("command_tokens").get(name).cloned();
        let rest = render(
            &context("rest"),
            &Vars::new()
                .with("threshold", window.saturating_sub(buffer))
                .with("command_tokens", command_tokens)
                .maybe(
                    "last_usage",
                    self.model.last_billed.map(|(_, usage)| usage.json()),
                ),
        );
        shown.extend(rest.as_object().cloned().unwrap_or_default());
        Value::Object(shown)
    }
}

fn tokens(part: &ContextPart) -> u64 {
    part.tokens.unwrap_or(0)
}

fn is(part: &ContextPart, kind: &str) -> bool {
    part.kind.as_deref() == Some(kind)
}

fn sum(parts: &[ContextPart], kind: &str) -> u64 {
    parts.iter().filter(|part| is(part, kind)).map(tokens).sum()
}

fn shown_part(name: &str, tokens: u64, kind: &str) -> ContextPart {
    ContextPart {
        name: Some(name.to_owned()),
        tokens: Some(tokens),
        kind: Some(kind.to_owned()),
        ..ContextPart::default()
    }
}

/// A number as people read it: `420`, `2.1k`, `33k`, `1m`.
fn short(n: u64) -> String {
    let cut = |n: u64, unit: u64, name: &str| {
        let tenths = (n * 10 + unit / 2) / unit;
        match tenths % 10 {
            0 => format!("{}{name}", tenths / 10),
            part => format!("{}.{part}{name}", tenths / 10),
        }
    };
    match n {
        0..1000 => n.to_string(),
        1000..1_000_000 => cut(n, 1000, "k"),
        _ => cut(n, 1_000_000, "m"),
    }
}

/// A part of a whole in percent, with one digit.
fn share(part: u64, whole: u64) -> String {
    let tenths = (part * 1000 + whole / 2) / whole.max(1);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// The squares of a part: as many as it has of the whole, one at least; the last one may be filled in part.
#[expect(clippy::cast_precision_loss, reason = "a picture")]
fn squares(part: &ContextPart, window: u64, count: Option<usize>) -> Vec<Square> {
    let each = (window as f64 / SQUARES as f64).max(1.0);
    let exact = tokens(part) as f64 / each;
    let count = count.unwrap_or_else(|| round(exact).max(1));
    let square = |at: usize| {
        let full = count_of(exact) > at || is(part, FREE);
        let fullness = if full {
            Some(1.into())
        } else {
            Number::from_f64(exact - exact.floor())
        };
        Square {
            color: part.color.clone(),
            filled: Some(true),
            category: part.name.clone(),
            tokens: Some(tokens(part)),
            percentage: Some(percent(tokens(part), window)),
            fullness,
            ..Square::default()
        }
    };
    (0..count).map(square).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most some hundred squares"
)]
fn round(exact: f64) -> usize {
    exact.round() as usize
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most some hundred squares"
)]
fn count_of(exact: f64) -> usize {
    exact.floor() as usize
}

/// A share in percent, rounded.
fn percent(part: u64, whole: u64) -> u64 {
    (part * 200 + whole) / (whole * 2).max(1)
}
