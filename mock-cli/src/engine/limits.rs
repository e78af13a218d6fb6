//! What is left of a subscription, as the API says it in its headers.

use super::Engine;
use super::failure::Failure;
use crate::process::Quit;
use crate::protocol::stream::{LimitWindow, Limits};
use crate::protocol::wire::{Object, Wire};
use crate::template::Vars;
use crate::time;
use serde_json::{Map, Number, Value};

/// A window of time that has a limit.
struct Window {
    /// In headers.
    short: &'static str,
    /// In messages.
    name: &'static str,
    seconds: f64,
    /// From which share on it is warned, where no more than this part of the time is over.
    warned: &'static [(f64, f64)],
}

const WINDOWS: [Window; 2] = [
    Window {
        short: "5h",
        name: "five_hour",
        seconds: 5.0 * 3600.0,
        warned: &[(0.9, 0.72)],
    },
    Window {
        short: "7d",
        name: "seven_day",
        seconds: 7.0 * 86400.0,
        warned: &[(0.75, 0.6), (0.5, 0.35), (0.25, 0.15)],
    },
];

/// The limit that a subscription has reached.
#[derive(Debug, Clone)]
pub(super) struct Reached {
    info: Limits,
    /// What the version calls it.
    limit: String,
    /// When it begins again.
    resets: String,
}

/// The limits that versions have names for.
const CLAIMS: [&str; 3] = ["five_hour", "seven_day", "seven_day_opus"];

impl Reached {
    /// What texts say of it.
    pub(super) fn vars(&self, vars: Vars) -> Vars {
        let told = Limits {
            using_overage: Some(false),
            ..self.info.clone()
        };
        vars.with("limit", self.limit.as_str())
            .with("resets", self.resets.as_str())
            .with("limits", told.write())
    }
}

impl Engine {
    /// A request that is turned down as there were too many: for a subscription, a limit that is reached.
    pub(super) fn limited(&self, failure: Failure, headers: &Map<String, Value>) -> Failure {
        if failure.status != Some(429) || !self.model.login.is_subscription() {
            return failure;
        }
        let profile = self.setup.profile;
        let info = Limits {
            status: Some("rejected".into()),
            ..limits(headers, profile.behaviour.unified_windows, true)
        };
        let known = info.kind.is_some() || info.resets_at.is_some();
        let spent = info.overage_status.as_deref() == Some("rejected");
        let name = match known {
            true if spent && profile.failures.contains_key("usage_cap") => "usage_cap",
            true => "usage_limit",
            false => "usage_unknown",
        };
        let claim = CLAIMS
            .iter()
            .position(|claim| info.kind.as_deref() == Some(claim));
        let mut names = profile.text("limit_names").split('|');
        let limit = claim.and_then(|at| names.nth(at)).unwrap_or("usage");
        let resets = time::soon(info.resets_at.unwrap_or(0) * 1000, time::now_ms());
        failure.limited_by(
            name,
            !known && profile.behaviour.retries_limits,
            Reached {
                limit: limit.to_owned(),
                resets,
                info,
            },
        )
    }

    /// Tells of a limit that was reached.
    pub(super) fn tell_reached(&mut self, failure: &Failure) -> Result<(), Quit> {
        match &failure.reached {
            Some(reached) => self.tell_info(reached.info.clone()),
            None => Ok(()),
        }
    }

    /// Tells what is left of a subscription, where the version does so and it is not what was told before.
    pub(super) fn tell_limits(&mut self, headers: &Map<String, Value>) -> Result<(), Quit> {
        if !self.model.login.is_subscription() {
            return Ok(());
        }
        let windows = self.setup.profile.behaviour.unified_windows;
        self.tell_info(limits(headers, windows, false))
    }

    fn tell_info(&mut self, info: Limits) -> Result<(), Quit> {
        if self.progress.limits.as_ref() == Some(&info) {
            return Ok(());
        }
        let vars = self.vars().with("info", info.write());
        self.progress.limits = Some(info);
        self.emit("rate_limit_event", &vars)
    }
}

/// What the headers of an answer say.
fn limits(headers: &Map<String, Value>, tells_windows: bool, refused: bool) -> Limits {
    let header = |name: &str| {
        let full = format!("anthropic-ratelimit-unified-{name}");
        let found = headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(&full));
        found.map(|(_, value)| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    };
    let time = |name: &str| header(name)?.parse::<u64>().ok();
    let share = |name: &str| Number::from_f64(header(name)?.parse().ok()?);
    let overage = header("overage-status");
    let status = header("status").unwrap_or_else(|| "allowed".into());
    let rejected = refused || status == "rejected";
    let mut windows = Object::new();
    for window in &WINDOWS {
        let of = |what: &str| format!("{}-{what}", window.short);
        let (used, reset) = (share(&of("utilization")), time(&of("reset")));
        if used.is_some() && reset.is_some_and(|reset| window.is_near(reset)) {
            let told = LimitWindow {
                utilization: used,
                resets_at: reset,
                surpassed: share(&of("surpassed-threshold")),
                ..LimitWindow::default()
            };
            windows.insert(window.name.into(), told.write());
        }
    }
    let said = Limits {
        windows: Some(windows).filter(|windows| tells_windows && !windows.is_empty()),
        resets_at: time("reset"),
        kind: header("representative-claim"),
        using_overage: Some(rejected && overage.as_deref().is_some_and(|said| said != "rejected")),
        overage_status: overage,
        overage_resets_at: time("overage-reset"),
        overage_disabled_reason: header("overage-disabled-reason"),
        // A warning is the CLI's own affair.
        status: Some(if rejected { status } else { "allowed".into() }),
        ..Limits::default()
    };
    if rejected {
        return said;
    }
    let warned = WINDOWS.iter().find_map(|window| {
        let of = |what: &str| format!("{}-{what}", window.short);
        let surpassed = share(&of("surpassed-threshold"));
        let (used, reset) = (share(&of("utilization")), time(&of("reset")));
        let early = used
            .as_ref()
            .zip(reset)
            .is_some_and(|(used, reset)| window.warns(used.as_f64().unwrap_or(0.0), reset));
        (surpassed.is_some() || early).then(|| Limits {
            status: Some("allowed_warning".into()),
            resets_at: reset,
            kind: Some(window.name.into()),
            utilization: used,
            surpassed,
            ..said.clone()
        })
    });
    warned.unwrap_or(said)
}

impl Window {
    /// Whether its end is told: it is to come, and not too far away. (How far is not known.)
    fn is_near(&self, reset: u64) -> bool {
        (0.0..self.seconds * 2.0).contains(&left(reset))
    }

    /// Whether more is used than its time allows for.
    fn warns(&self, used: f64, reset: u64) -> bool {
        let over = (1.0 - left(reset) / self.seconds).clamp(0.0, 1.0);
        let passed = |(share, part): &(f64, f64)| used >= *share && over <= *part;
        self.warned.iter().any(passed)
    }
}

/// How many seconds are left until then.
#[expect(clippy::cast_precision_loss, reason = "times are far below 2^53")]
fn left(reset: u64) -> f64 {
    reset as f64 - time::now_ms() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(headers: &[(&str, &str)]) -> Value {
        let header = |(name, value): &(&str, &str)| {
            let name = format!("anthropic-ratelimit-unified-{name}");
            (name, Value::from(*value))
        };
        limits(&headers.iter().map(header).collect(), true, false).write()
    }

    /// Seen on 2.1.330.
    #[test]
    fn windows_that_end_soon_are_told() {
        let soon = (time::now_ms() / 1000 + 86_400).to_string();
        let headers = [("7d-reset", soon.as_str()), ("7d-utilization", "0.3")];
        let windows = &said(&headers)["unifiedWindows"];
        assert_eq!(windows["seven_day"]["utilization"], 0.3);
        assert!(
            said(&[("7d-reset", "4102444800"), ("7d-utilization", "0.1")])["unifiedWindows"]
                .is_null()
        );
    }

    /// Seen on 2.1.197 and 2.1.330.
    #[test]
    fn a_warning_needs_a_window_that_is_nearly_used_up() {
        let far = ("5h-reset", "4102444800");
        let claim = ("representative-claim", "five_hour");
        let warning = ("status", "allowed_warning");
        assert_eq!(
            said(&[warning, claim, far, ("5h-utilization", "0.93")]),
            json!({"status": "allowed_warning", "resetsAt": 4102444800_u64, "rateLimitType": "five_hour",
                   "utilization": 0.93, "isUsingOverage": false})
        );
        for headers in [
            &[warning, claim][..],
            &[claim, far, ("5h-utilization", "0.5")],
        ] {
            let plain =
                json!({"status": "allowed", "rateLimitType": "five_hour", "isUsingOverage": false});
            assert_eq!(said(headers), plain);
        }
        let passed = [
            ("5h-surpassed-threshold", "0.9"),
            ("5h-utilization", "0.95"),
        ];
        assert_eq!(said(&passed)["surpassedThreshold"], 0.9);
    }

    /// Seen on 2.1.197 and 2.1.330.
    #[test]
    fn what_can_be_bought_is_told() {
        let rejected = ("status", "rejected");
        let bought = said(&[
            rejected,
            ("overage-status", "allowed"),
            ("overage-reset", "7"),
        ]);
        let told = json!({"status": "rejected", "overageStatus": "allowed", "overageResetsAt": 7, "isUsingOverage": true});
        assert_eq!(bought, told);
        let reason = said(&[
            ("overage-status", "rejected"),
            ("overage-disabled-reason", "no"),
        ]);
        assert_eq!(reason["overageDisabledReason"], "no");
        assert_eq!(said(&[rejected])["isUsingOverage"], false);
    }
}
