//! The one clock behind all waits.

use std::time::Duration;

/// Scales every wait of the stand-in; what is printed stays unscaled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    scale: f64,
}

impl Clock {
    /// A clock that runs `scale` times as long as a real one: 1 is real time, 0 waits for nothing.
    /// What is not a number of 0 or more counts as 1.
    #[must_use]
    pub fn new(scale: f64) -> Self {
        Clock {
            scale: if scale.is_finite() && scale >= 0.0 {
                scale
            } else {
                1.0
            },
        }
    }

    /// How long a wait of `ms` milliseconds really takes, at most a year.
    #[must_use]
    pub fn wait(self, ms: u64) -> Duration {
        const YEAR_MS: f64 = 31_536_000_000.0;
        #[expect(
            clippy::cast_precision_loss,
            reason = "a wait needs no more than 53 bits"
        )]
        let scaled = (ms as f64 * self.scale).min(YEAR_MS);
        Duration::from_secs_f64(scaled / 1000.0)
    }

    /// How long to watch for input that somebody else is about to write. That somebody is not on this clock,
    /// so a fast clock still leaves him a quarter of a second.
    #[must_use]
    pub fn watch(self, ms: u64) -> Duration {
        self.wait(ms).max(Duration::from_millis(ms.min(250)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_scale_and_odd_scales_are_real_time() {
        assert_eq!(Clock::new(1.0).wait(1500), Duration::from_millis(1500));
        assert_eq!(Clock::new(0.01).wait(1500), Duration::from_millis(15));
        assert_eq!(Clock::new(0.0).wait(1500), Duration::ZERO);
        assert_eq!(Clock::new(f64::NAN).wait(10), Duration::from_millis(10));
        assert!(Clock::new(1e300).wait(u64::MAX) > Duration::from_secs(1));
    }

    #[test]
    fn a_fast_clock_still_lets_others_write() {
        assert_eq!(Clock::new(0.0).watch(3000), Duration::from_millis(250));
        assert_eq!(Clock::new(1.0).watch(3000), Duration::from_millis(3000));
    }
}
