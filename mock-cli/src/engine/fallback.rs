//! Another model in place of one that does not answer (PROTOCOL 4.1).

use super::Engine;
use super::failure::Failure;
use crate::process::Quit;
use crate::template::{Vars, text};

/// Why another model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fallback {
    /// Too many overloads in a row.
    Overloaded,
    /// The server fails.
    ServerError,
    /// There is no such model.
    Missing,
    /// Nothing else would help.
    LastResort,
}

impl Failure {
    /// Whether another model may help at once.
    pub(super) fn needs_another_model(&self, key: bool) -> Option<Fallback> {
        match self.status {
            Some(529) => None,
            Some(500..) => Some(Fallback::ServerError),
            Some(404) => Some(Fallback::Missing),
            Some(_) if !self.can_be_retried() && self.text_name(key) == "generic" => {
                Some(Fallback::LastResort)
            }
            _ => None,
        }
    }
}

impl Engine {
    /// Goes on with the fallback model, where there is one and the version uses it.
    pub(super) fn falls_back(&mut self, why: Fallback, failure: &Failure) -> Result<bool, Quit> {
        let profile = self.setup.profile;
        let Some(name) = self.setup.options.fallback_model.clone() else {
            return Ok(false);
        };
        let fallback = profile.models.resolve(&name).to_owned();
        if profile.message("model_fallback").is_null() || fallback == self.model.name {
            return Ok(false);
        }
        let (from, to) = (
            profile.models.get(&self.model.name),
            profile.models.get(&fallback),
        );
        let (old, new) = (
            from.name.as_deref().unwrap_or(&self.model.name),
            to.name.as_deref().unwrap_or(&fallback),
        );
        let missing = profile.behaviour.knows_missing_models;
        let large = match self.model.name.ends_with("[1m]") {
            true => " (1M context)",
            false => "",
        };
        let error = format!("{} {}", failure.status.unwrap_or(0), failure.raw);
        let reason = match why {
            Fallback::Overloaded | Fallback::ServerError => {
                format!("due to high demand for {old}{large}")
            }
            Fallback::Missing if missing => {
                format!("because {old}{large} is not available ({error})")
            }
            Fallback::Missing | Fallback::LastResort => format!(
                "because {old}{large} returned an error that could not be retried ({error})"
            ),
        };
        let trigger = match why {
            Fallback::Overloaded => "overloaded",
            Fallback::ServerError => "server_error",
            Fallback::Missing if missing => "model_not_found",
            Fallback::Missing | Fallback::LastResort => "last_resort",
        };
        let mut content = format!("Switched to {new} {reason}");
        if from.context_window != to.context_window {
            let windows = Vars::new()
                .with("from", tokens(from.context_window))
                .with("to", tokens(to.context_window));
            content += &text(profile.text("fallback_windows"), &windows);
        }
        let vars = self
            .vars()
            .with("original_model", self.model.name.as_str())
            .with("fallback_model", fallback.as_str())
            .with("trigger", trigger)
            .with("content", content);
        self.emit("model_fallback", &vars)?;
        self.keep_shown("model_fallback", "model_fallback", &vars);
        let usual = std::mem::replace(&mut self.model.name, fallback);
        self.model.fell_back.get_or_insert(usual);
        Ok(true)
    }
}

/// Tokens as people say them: `200K`, `1M`.
fn tokens(n: u64) -> String {
    if n >= 1_000_000 {
        format!("{}M", n / 1_000_000)
    } else {
        format!("{}K", n / 1000)
    }
}

/// Host and port of the API.
pub(super) fn gateway() -> String {
    let url = std::env::var("ANTHROPIC_BASE_URL").unwrap_or_default();
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    if host.is_empty() {
        "api.anthropic.com"
    } else {
        host
    }
    .to_owned()
}
