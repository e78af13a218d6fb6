//! What was spent, by model.

use crate::profile::{Models, Profile};
use crate::protocol::transcript::CostState;
use crate::template::{Vars, render};
use crate::turn::Usage;
use serde_json::{Map, Number, Value, json};

/// Tokens and dollars by model, in the order in which the models were first used.
#[derive(Debug, Clone, Default)]
pub(crate) struct Costs {
    models: Vec<(String, Usage, f64)>,
    /// The sum in US dollars, added up as the requests came: in another order its last digit would be another one.
    total: f64,
    /// How many of them came from an earlier process: their entries have another order of keys.
    carried: usize,
}

impl Costs {
    /// Adds a request.
    pub(crate) fn add(&mut self, models: &Models, model: &str, usage: Usage) {
        self.put(model, usage, price(models, model, usage));
    }

    /// Takes a request back.
    pub(crate) fn forget(&mut self, model: &str, usage: Usage, models: &Models) {
        let cost = price(models, model, usage);
        self.total -= cost;
        if let Some((_, total, dollars)) = self.models.iter_mut().find(|(name, ..)| name == model) {
            *total = total.less(usage);
            *dollars -= cost;
        }
    }

    fn put(&mut self, model: &str, usage: Usage, cost: f64) {
        self.total += cost;
        if let Some((_, total, dollars)) = self.models.iter_mut().find(|(name, ..)| name == model) {
            *total += usage;
            *dollars += cost;
        } else {
            self.models.push((model.to_owned(), usage, cost));
        }
    }

    /// All tokens.
    pub(crate) fn sum(&self) -> Usage {
        let mut sum = Usage::ZERO;
        for (_, usage, _) in &self.models {
            sum += *usage;
        }
        sum
    }

    /// The sum in US dollars.
    pub(crate) fn total(&self) -> Value {
        dollars(self.total)
    }

    /// The `modelUsage` of a result.
    pub(crate) fn model_usage(&self, profile: &Profile) -> Value {
        let entry = |(at, (name, usage, cost)): (usize, &(String, Usage, f64))| {
            let model = profile.models.get(name);
            let known = profile.models.knows(name);
            let vars = usage
                .vars(Vars::new())
                .with("cost", dollars(*cost))
                .with("context_window", model.context_window)
                .with("max_output_tokens", model.max_output_tokens)
                .with("canonical", model.canonical.as_deref().unwrap_or(name))
                .with("cost_basis", if known { "list" } else { "unknown" });
            let template = if at < self.carried {
                "model_usage_carried"
            } else {
                "model_usage"
            };
            (name.clone(), render(&profile.message(template), &vars))
        };
        Value::Object(self.models.iter().enumerate().map(entry).collect())
    }

    /// Each model with its tokens and dollars.
    pub(crate) fn shown(&self) -> &[(String, Usage, f64)] {
        &self.models
    }

    /// As the transcript keeps it for the next process.
    pub(crate) fn kept(&self) -> Value {
        let mut kept = Map::new();
        for (name, usage, cost) in &self.models {
            let entry = json!({
                "inputTokens": usage.input,
                "outputTokens": usage.output,
                "thinkingTokens": usage.thinking,
                "cacheReadInputTokens": usage.cache_read,
                "cacheCreationInputTokens": usage.cache_creation,
                "cacheCreationEphemeral5mInputTokens": usage.cache_5m,
                "cacheCreationEphemeral1hInputTokens": usage.cache_1h,
                "webSearchRequests": usage.searches,
                "costUSD": dollars(*cost),
            });
            kept.insert(name.clone(), entry);
        }
        Value::Object(kept)
    }

    /// Goes on from what an earlier process kept.
    pub(crate) fn carried_over(kept: &CostState) -> Costs {
        let mut costs = Costs::default();
        for (name, entry) in kept.model_usage.iter().flat_map(|models| &models.0) {
            let usage = Usage {
                input: entry.input_tokens.unwrap_or(0),
                output: entry.output_tokens.unwrap_or(0),
                cache_creation: entry.cache_creation_input_tokens.unwrap_or(0),
                cache_read: entry.cache_read_input_tokens.unwrap_or(0),
                cache_5m: entry.cache_5m_input_tokens.unwrap_or(0),
                cache_1h: entry.cache_1h_input_tokens.unwrap_or(0),
                thinking: entry.thinking_tokens.unwrap_or(0),
                searches: entry.web_search_requests.unwrap_or(0),
                ..Usage::ZERO
            };
            let cost = entry.cost_usd.as_ref().and_then(Number::as_f64);
            costs.put(name, usage, cost.unwrap_or(0.0));
        }
        costs.carried = costs.models.len();
        costs
    }

    /// Whether a model was used whose price is a guess.
    pub(crate) fn has_unknown(&self, models: &Models) -> bool {
        self.models.iter().any(|(name, ..)| !models.knows(name))
    }
}

/// The price of a search, in dollars.
const PER_SEARCH: f64 = 0.01;

/// The price of a request, added up in the CLI's order, as the last digits depend on it.
#[expect(
    clippy::cast_precision_loss,
    reason = "token counts are far below 2^53"
)]
fn price(models: &Models, model: &str, usage: Usage) -> f64 {
    let [input, output, write, read] = models.get(model).prices;
    let lasting = match models.hour_writes {
        0 => 0.0,
        times => usage.cache_1h as f64 / 1e6 * (input * f64::from(times) - write),
    };
    usage.input as f64 / 1e6 * input
        + usage.output as f64 / 1e6 * output
        + usage.cache_read as f64 / 1e6 * read
        + usage.cache_creation as f64 / 1e6 * write
        + lasting
        + usage.searches as f64 * PER_SEARCH
}

/// A sum of money; nothing is `0`, not `0.0`.
fn dollars(value: f64) -> Value {
    if value == 0.0 { json!(0) } else { json!(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_those_of_the_recordings() {
        let cases = [
            ("2.1.330", "claude-opus-5-5", 0.00084),
            ("2.1.330", "claude-sonnet-5-5", 0.00042),
            ("2.1.330", "claude-haiku-5-5", 2.6000000000000002e-5),
            (
                "2.1.330",
                "claude-haiku-4-5-20251001",
                0.00026000000000000003,
            ),
            ("2.1.330", "my-custom-model", 0.00084),
            ("1.0.108", "claude-sonnet-4-20250514", 0.00078),
            ("1.0.108", "claude-opus-4-1-20250805", 0.0039),
            (
                "1.0.108",
                "claude-3-5-haiku-20241022",
                0.00020800000000000001,
            ),
        ];
        for (version, model, cost) in cases {
            let profile = Profile::named(version).unwrap();
            let mut costs = Costs::default();
            costs.add(&profile.models, model, Usage::default());
            let got = costs.total().as_f64().unwrap();
            assert!(
                (got - cost).abs() < 1e-15,
                "{model}: {got} instead of {cost}"
            );
        }
    }

    #[test]
    fn what_was_kept_is_carried_over() {
        let profile = Profile::newest();
        let mut costs = Costs::default();
        costs.add(&profile.models, "claude-opus-5-5", Usage::default());
        let kept = serde_json::from_value(json!({"modelUsage": costs.kept()})).unwrap();
        let mut again = Costs::carried_over(&kept);
        again.add(&profile.models, "claude-opus-5-5", Usage::default());
        assert!((again.total().as_f64().unwrap() - 0.00168).abs() < 1e-15);
        assert_eq!(
            again.model_usage(profile)["claude-opus-5-5"]["inputTokens"],
            20
        );
    }
}
