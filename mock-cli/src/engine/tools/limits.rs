//! How long a command may take, and how much it may say.

use super::{Done, Running, ToolCall};
use crate::engine::Engine;
use crate::process::Quit;
use crate::profile::BackgroundEnd;

/// How long a command may take where its call says nothing, in milliseconds.
const LIMIT_MS: u64 = 120_000;
/// How long a command may take at most, in milliseconds.
const MOST_MS: u64 = 600_000;
/// Characters of an error that are shown; those in its middle are left out.
const LONG_ERROR: usize = 10_000;

impl Engine {
    /// How long the command of a call may take, in milliseconds.
    pub(super) fn limit_ms(&self, call: &ToolCall) -> u64 {
        let variable = |name: &str| {
            let set = self.setup.settings.var(name);
            set.and_then(|set| set.parse().ok()).filter(|set| *set > 0)
        };
        let usual = self.usual_limit_ms();
        let asked = call.limit_ms().filter(|limit| *limit > 0);
        let limit = asked.unwrap_or(usual);
        match self.setup.profile.toolbox.caps_limits {
            true => limit.min(
                variable("BASH_MAX_TIMEOUT_MS")
                    .unwrap_or(MOST_MS)
                    .max(usual),
            ),
            false => limit,
        }
    }

    /// How long a command may take whose call says nothing, in milliseconds.
    pub(super) fn usual_limit_ms(&self) -> u64 {
        let set = self.setup.settings.var("BASH_DEFAULT_TIMEOUT_MS");
        let set = set.and_then(|set| set.parse().ok()).filter(|set| *set > 0);
        set.unwrap_or(LIMIT_MS)
    }

    /// A command that takes longer than its call allows.
    pub(super) fn timed_out(&mut self, job: u64, call: &ToolCall) -> Result<Done, Quit> {
        let Some(running) = self.tools.running.remove(&job) else {
            return Ok(Done::failed("the command was lost"));
        };
        let limit = self.limit_ms(call);
        let older = self.setup.profile.behaviour.background_end == BackgroundEnd::Left;
        let ends = self.setup.profile.toolbox.ends_late_naps && {
            let off = self
                .setup
                .settings
                .var("CLAUDE_CODE_DISABLE_BACKGROUND_TASKS");
            let naps = call.command().split_whitespace().next() == Some("sleep");
            naps || off.is_some_and(|off| !matches!(off.as_str(), "" | "0" | "false"))
        };
        if !older && !ends {
            return self.detach(call, job, running, limit);
        }
        self.setup.ending.kill(running.group);
        let said = late(running, limit, older);
        Ok(Done::failed(said.trim_end()))
    }
}

/// What is said of a command that was ended: newer versions leave parts of a second out, and tell its exit code.
fn late(running: Running, limit: u64, older: bool) -> String {
    let said = running.output();
    if !older {
        return format!(
            "Exit code 143\nCommand timed out after {}s\n{}{}",
            limit / 1000,
            said.err,
            said.out
        );
    }
    let seconds = format!("{}.{:03}", limit / 1000, limit % 1000);
    let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
    let err = match said.err.as_str() {
        "" => String::new(),
        err => format!(" {err}"),
    };
    format!("Command timed out after {seconds}s{err}\n{}", said.out)
}

/// Milliseconds as seconds.
pub(in crate::engine) fn rounded(ms: u64) -> u64 {
    (ms + 500) / 1000
}

/// An error without its middle, where it is too long.
pub(super) fn cut(error: &str) -> String {
    let units: Vec<u16> = error.encode_utf16().collect();
    if units.len() <= LONG_ERROR {
        return error.to_owned();
    }
    let half = LONG_ERROR / 2;
    let text = |units: &[u16]| String::from_utf16_lossy(units);
    format!(
        "{}\n\n... [{} characters truncated] ...\n\n{}",
        text(&units[..half]),
        units.len() - LONG_ERROR,
        text(&units[units.len() - half..])
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As all versions do.
    #[test]
    fn a_long_error_loses_its_middle() {
        let error = format!("{}{}{}", "a".repeat(5000), "b".repeat(7), "c".repeat(5000));
        let cut = cut(&error);
        assert!(cut.contains("aa\n\n... [7 characters truncated] ...\n\ncc"));
        assert_eq!(cut.len(), 10_036);
    }

    /// As 2.1.330 counts.
    #[test]
    fn seconds_are_rounded() {
        assert_eq!(
            [rounded(100), rounded(500), rounded(1200), rounded(1500)],
            [0, 1, 1, 2]
        );
    }
}
