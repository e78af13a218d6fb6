//! What was spent, in words: `/cost` and `get_session_cost`.

use super::Engine;
use crate::template::{Vars, text};

impl Engine {
    /// What the session has cost so far.
    pub(super) fn spent(&self) -> String {
        let profile = self.setup.profile;
        let costs = &self.model.costs;
        let total = costs.total().as_f64().unwrap_or(0.0);
        let guess = match costs.has_unknown(&profile.models) {
            true => " (costs may be inaccurate due to usage of unknown models)",
            false => "",
        };
        let title = profile.text("cost_title");
        let mut said = format!(
            "{title:<23}${total:.4}{guess}\nTotal duration (API):  {}s\nTotal duration (wall): {}s\nTotal code changes:    0 lines added, 0 lines removed\n",
            self.model.api_time.as_secs(),
            self.progress.started.elapsed().as_secs(),
        );
        if costs.shown().is_empty() {
            return said + "Usage:                 0 input, 0 output, 0 cache read, 0 cache write";
        }
        said += "Usage by model:";
        for (model, usage, cost) in costs.shown() {
            let name = format!("{}:", self.label(model));
            let price = Vars::new().with("cost", format!("{cost:.4}"));
            said += &format!(
                "\n{name:>21}  {} input, {} output, {} cache read, {} cache write{}",
                short(usage.input),
                short(usage.output),
                short(usage.cache_read),
                short(usage.cache_creation),
                text(profile.text("usage_price"), &price),
            );
        }
        let sum = costs.sum();
        let input = (sum.input + sum.cache_read + sum.cache_creation).max(1);
        let requests = self.model.requests;
        let idle = self.model.last_billed;
        let cache = Vars::new()
            .with("requests", requests)
            .with("plural", if requests == 1 { "" } else { "s" })
            .with("cached", sum.cache_read * 100 / input)
            .with("idle", idle.map_or(0, |(at, _)| at.elapsed().as_secs()));
        said + &text(profile.text("usage_cache"), &cache)
    }

    /// A model as it is listed there: without its date, and without its version where the table has it so.
    fn label<'a>(&'a self, model: &'a str) -> &'a str {
        let known = self.setup.profile.models.get(model);
        known.canonical.as_deref().unwrap_or_else(|| undated(model))
    }
}

/// A model's name without its date and the suffix of a large context.
fn undated(model: &str) -> &str {
    let model = model.trim_end_matches("[1m]");
    match model.rsplit_once('-') {
        Some((name, date)) if date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => model,
    }
}

/// A number as people say it: `1.0k`.
#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
fn short(n: u64) -> String {
    match n {
        0..1000 => n.to_string(),
        1000..1_000_000 => format!("{:.1}k", n as f64 / 1e3),
        _ => format!("{:.1}m", n as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::undated;

    #[test]
    fn names_have_no_date() {
        assert_eq!(undated("claude-3-5-haiku-20241022"), "claude-3-5-haiku");
        assert_eq!(undated("claude-opus-4-8[1m]"), "claude-opus-4-8");
        assert_eq!(undated("my-model"), "my-model");
    }
}
