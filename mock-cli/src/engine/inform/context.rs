//! `get_context_usage`: how full the context is.

use crate::engine::Engine;
use crate::template::{Vars, render};
use serde_json::{Map, Value, json};

/// Squares of the picture of a context, and how many make a row.
const SQUARES: usize = 200;
const ROW: usize = 20;

/// What the oracle's API answers to a request to count tokens.
const COUNTED: u64 = 42;

impl Engine {
    /// What `/context` prints, and the same as data; None where the version tells it otherwise.
    pub(in crate::engine) fn context_table(&self) -> Option<(String, Value)> {
        let profile = self.setup.profile;
        let mut parts = profile.control.context["full"].as_array()?.clone();
        let tokens = |part: &Value| part["tokens"].as_u64().unwrap_or(0);
        let at = parts.iter().position(|part| part["kind"] != "used");
        if self.model.context_tokens == 0 {
            // Only what was asked about already is not counted apart.
            let messages = json!({"name": "Messages", "tokens": COUNTED, "kind": "used"});
            parts.insert(at.unwrap_or(parts.len()), messages);
        }
        let window = profile.models.get(&self.model.name).context_window;
        let sum = |kind: &str| -> u64 {
            let parts = parts.iter().filter(|part| part["kind"] == kind);
            parts.map(tokens).sum()
        };
        let (used, buffer) = (sum("used"), sum("buffer"));
        let free = json!({"name": "Free space", "tokens": window.saturating_sub(used + buffer), "kind": "free"});
        let row = |part: &Value| {
            format!(
                "| {} | {} | {} |\n",
                part["name"].as_str().unwrap_or_default(),
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
        let shown = |kind: &'static str| parts.iter().filter(move |part| part["kind"] == kind);
        text.extend(shown("used").map(row));
        text += &row(&free);
        text.extend(shown("buffer").map(row));
        text += "\n### Skills\n\n| Skill | Source | Tokens |\n|-------|--------|--------|\n";
        let skills = &profile.control.context["rest"]["skills"]["skillFrontmatter"];
        for skill in skills.as_array().into_iter().flatten() {
            let name = skill["name"].as_str().unwrap_or_default();
            text += &format!(
                "| {name} | Built-in | ~{} |\n",
                (tokens(skill) + 5) / 10 * 10
            );
        }
        let bare = |part: &Value| json!({"name": part["name"], "tokens": part["tokens"], "kind": part["kind"]});
        let told = shown("used").chain(shown("buffer")).chain([&free]);
        let categories: Vec<Value> = told.map(bare).collect();
        let usage = json!({
            "model": self.model.name, "total_tokens": used, "raw_max_tokens": window,
            "percentage": percent(used, window), "categories": categories, "mcp_tools": [],
            "memory_files": [], "agents": [], "skills": skills,
        });
        Some((text + "\n", usage))
    }

    /// How full the context is, as parts and as a picture. The sizes of the parts are those of an empty session.
    pub(super) fn context_usage(&self, request: &Value) -> Value {
        let profile = self.setup.profile;
        let whole = request["detail"] == "summary";
        let name = if whole { "summary" } else { "full" };
        let window = profile.models.get(&self.model.name).context_window;
        let mut parts = profile.control.context[name]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let tokens = |part: &Value| part["tokens"].as_u64().unwrap_or(0);
        let of = |kind: &'static str| move |part: &&Value| part["kind"] == kind;
        let used: u64 = parts.iter().filter(of("used")).map(tokens).sum();
        let buffer: u64 = parts.iter().filter(of("buffer")).map(tokens).sum();
        let free = window.saturating_sub(used + buffer);
        parts.push(json!({"id": "free_space", "name": "Free space", "tokens": free, "color": "promptBorder", "kind": "free"}));
        let mut grid: Vec<Value> = Vec::new();
        let filled = |kind| {
            parts
                .iter()
                .filter(of(kind))
                .flat_map(|part| squares(part, tokens(part), window, None))
        };
        let last: Vec<Value> = filled("buffer").collect();
        grid.extend(filled("used"));
        let left = SQUARES.saturating_sub(grid.len() + last.len());
        if let Some(part) = parts.last() {
            grid.extend(squares(part, free, window, Some(left)));
        }
        grid.extend(last);
        let rows: Vec<Value> = grid.chunks(ROW).map(|row| row.to_vec().into()).collect();
        let mut shown = Map::new();
        shown.insert("categories".into(), parts.into());
        shown.insert("totalTokens".into(), used.into());
        shown.insert("maxTokens".into(), window.into());
        shown.insert("rawMaxTokens".into(), window.into());
        shown.insert("autocompactSource".into(), "model-default".into());
        shown.insert("percentage".into(), percent(used, window).into());
        shown.insert("gridRows".into(), rows.into());
        shown.insert("model".into(), self.model.name.as_str().into());
        let rest = render(
            &profile.control.context["rest"],
            &Vars::new()
                .with("threshold", window.saturating_sub(buffer))
                .with(
                    "command_tokens",
                    profile.control.context["command_tokens"][name].clone(),
                )
                .maybe(
                    "last_usage",
                    self.model.last_billed.map(|(_, usage)| usage.json()),
                ),
        );
        shown.extend(rest.as_object().cloned().unwrap_or_default());
        Value::Object(shown)
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
fn squares(part: &Value, tokens: u64, window: u64, count: Option<usize>) -> Vec<Value> {
    let each = (window as f64 / SQUARES as f64).max(1.0);
    let exact = tokens as f64 / each;
    let count = count.unwrap_or_else(|| round(exact).max(1));
    let square = |at: usize| {
        let full = count_of(exact) > at || part["kind"] == "free";
        let fullness: Value = if full {
            1.into()
        } else {
            (exact - exact.floor()).into()
        };
        json!({
            "color": part["color"], "isFilled": true, "categoryName": part["name"], "tokens": tokens,
            "percentage": percent(tokens, window), "squareFullness": fullness,
        })
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
