//! What is left of a subscription.

use crate::protocol::wire::{Object, wire};
use serde_json::Number;

wire! {
    /// What is left, as `rate_limit_event` tells it.
    pub struct Limits {
        /// `allowed`, `allowed_warning` or `rejected`.
        status: Option<String>,
        /// When it begins again, in seconds.
        resets_at as "resetsAt": Option<u64>,
        /// What it is a limit of: `five_hour`.
        kind as "rateLimitType": Option<String>,
        /// How much of it is used, from 0 to 1.
        utilization: Option<Number>,
        /// Whether more can be bought.
        overage_status as "overageStatus": Option<String>,
        /// When that begins again.
        overage_resets_at as "overageResetsAt": Option<u64>,
        /// Why nothing can be bought.
        overage_disabled_reason as "overageDisabledReason": Option<String>,
        /// Whether more is being bought.
        using_overage as "isUsingOverage": Option<bool>,
        /// Which share was passed.
        surpassed as "surpassedThreshold": Option<Number>,
        /// What is used of each window of time, by its name.
        windows as "unifiedWindows": Option<Object>,
    }

    /// What is used of a window of time.
    pub struct LimitWindow {
        /// The share, from 0 to 1.
        utilization: Option<Number>,
        /// When it begins again, in seconds.
        resets_at as "resetsAt": Option<u64>,
        /// Which share was passed.
        surpassed as "surpassedThreshold": Option<Number>,
    }
}
