//! Hooks that are told of another model, and of how warm a prompt's cache is.

use super::Engine;
use crate::process::Quit;
use crate::template::Vars;
use std::time::Duration;

/// How long the API keeps a prompt.
const CACHE: Duration = Duration::from_secs(5 * 60);

/// Another model is wanted.
#[derive(Debug, Clone)]
pub(super) struct Switch {
    /// The model so far.
    from: String,
    pub(super) to: String,
    /// As it was named.
    requested: String,
    /// `sdk` or `command`.
    source: &'static str,
}

impl Engine {
    /// Asks hooks whether the model may be another one. The error is why not.
    pub(super) fn ask_to_switch(
        &mut self,
        to: &str,
        requested: &str,
        source: &'static str,
    ) -> Result<Result<Switch, String>, Quit> {
        let switch = Switch {
            from: self.model.name.clone(),
            to: to.to_owned(),
            requested: requested.to_owned(),
            source,
        };
        if !self.hooks.want("PreModelSwitch") || switch.from == switch.to {
            return Ok(Ok(switch));
        }
        // A model that has another one for plans is asked about together with that.
        let plans = |model: &str| match model.contains("haiku") {
            true => vec![
                model.to_owned(),
                self.setup.profile.text("haiku_plans_with").to_owned(),
            ],
            false => vec![model.to_owned()],
        };
        for from in plans(&switch.from) {
            for to in plans(&switch.to) {
                let vars = self.switch_vars(&from, &to, &switch);
                let said = self.fire("PreModelSwitch", &to, None, vars)?;
                if let Some(why) = said.block("") {
                    return Ok(Err(why));
                }
            }
        }
        Ok(Ok(switch))
    }

    /// Tells hooks that the model is another one.
    pub(super) fn has_switched(&mut self, switch: &Switch) -> Result<(), Quit> {
        if switch.from != switch.to {
            let vars = self.switch_vars(&switch.from, &switch.to, switch);
            self.fire("PostModelSwitch", &switch.to, None, vars)?;
        }
        Ok(())
    }

    fn switch_vars(&self, from: &str, to: &str, switch: &Switch) -> Vars {
        let tokens = self.model.context_tokens;
        let last = self.model.last_billed.as_ref();
        let warm = last.is_some_and(|(when, _)| when.elapsed() < CACHE);
        let pricing = match self.setup.profile.models.knows(to) {
            true => "catalog",
            false => "default",
        };
        Vars::new()
            .with("from_model", from)
            .with("to_model", to)
            .with("requested_model", switch.requested.as_str())
            .with("source", switch.source)
            .with("context_tokens", tokens)
            .with("prompt_cache_warm", warm && tokens > 0)
            .with("cache_ttl", "5m")
            .with(
                "estimated_cache_write_usd",
                self.cost_of_writing(to, tokens),
            )
            .with("pricing", pricing)
    }

    /// What is known of the prompt's cache when a session goes on.
    pub(super) fn cache_vars(&self, vars: Vars) -> Vars {
        let Some((tokens, when)) = self.setup.session.last_answer else {
            return vars;
        };
        let passed = Duration::from_millis(crate::time::now_ms().saturating_sub(when));
        vars.with("seconds_since_last_response", passed.as_secs())
            .with("context_tokens", tokens)
            .with("prompt_cache_likely_expired", passed > CACHE)
            .with(
                "estimated_cache_write_usd",
                self.cost_of_writing(&self.model.name, tokens),
            )
    }

    /// What it costs to put these tokens into the cache, in US dollars to four places.
    #[expect(
        clippy::cast_precision_loss,
        reason = "token counts are far below 2^53"
    )]
    fn cost_of_writing(&self, model: &str, tokens: u64) -> serde_json::Value {
        let [_, _, write, _] = self.setup.profile.models.get(model).prices;
        let cost = (tokens as f64 * write / 1e6 * 1e4).round() / 1e4;
        if cost == 0.0 { 0.into() } else { cost.into() }
    }
}
