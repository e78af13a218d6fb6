//! Timestamps as `Date.prototype.toISOString` writes them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since the epoch, now.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
}

/// `2026-11-22T10:20:30.456Z`.
pub(crate) fn iso(ms: u64) -> String {
    let (days, in_day) = (ms / 86_400_000, ms % 86_400_000);
    let (year, month, day) = civil(days);
    let (seconds, millis) = (in_day / 1000, in_day % 1000);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{millis:03}Z",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Milliseconds since the epoch of a time as [`iso`] writes it.
pub(crate) fn millis(iso: &str) -> Option<u64> {
    let part = |at: usize, len: usize| iso.get(at..at + len)?.parse::<u64>().ok();
    // Years begin in March: the leap day is the last.
    let (year, month) = match (part(0, 4)?, part(5, 2)?) {
        (year, month @ 3..) => (year, month - 3),
        (year, month) => (year.checked_sub(1)?, month + 9),
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5;
    let days = (days + part(8, 2)?).checked_sub(719_469)?;
    let minutes = (days * 24 + part(11, 2)?) * 60 + part(14, 2)?;
    Some((minutes * 60 + part(17, 2)?) * 1000 + part(20, 3)?)
}

/// `2026-11-22`.
pub(crate) fn date(ms: u64) -> String {
    let (year, month, day) = civil(ms / 86_400_000);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A time in words, as short as `now` allows: `3:30pm`, `Jan 1, 12am`, `Jan 1, 2100, 12am`.
pub(crate) fn soon(ms: u64, now: u64) -> String {
    let minutes = ms / 60_000 % 1440;
    let (hour, minute) = (minutes / 60, minutes % 60);
    let half = if hour < 12 { "am" } else { "pm" };
    let minute = match minute {
        0 => String::new(),
        minute => format!(":{minute:02}"),
    };
    let clock = format!("{}{minute}{half}", (hour + 11) % 12 + 1);
    if ms < now + 86_400_000 {
        return clock;
    }
    let (year, month, day) = civil(ms / 86_400_000);
    let at = usize::try_from(month).unwrap_or(1) * 3 - 3;
    let month = &"JanFebMarAprMayJunJulAugSepOctNovDec"[at..at + 3];
    match year == civil(now / 86_400_000).0 {
        true => format!("{month} {day}, {clock}"),
        false => format!("{month} {day}, {year}, {clock}"),
    }
}

/// The Gregorian date of a day counted from 1970-01-01, in 400-year cycles that begin on 1 March.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_shortly_as_they_can_be() {
        let now = 1_795_358_113_945;
        assert_eq!(soon(4_102_444_800_000, now), "Jan 1, 2100, 12am");
        assert_eq!(soon(now + 10 * 86_400_000, now), "Dec 2, 2:35pm");
        assert_eq!(soon(now, now), "2:35pm");
    }

    #[test]
    fn dates_are_gregorian() {
        assert_eq!(iso(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(iso(1_795_358_113_945), "2026-11-22T14:35:13.945Z");
        assert_eq!(date(4_107_542_399_999), "2100-02-28");
        assert_eq!(date(4_107_542_400_000), "2100-03-01");
    }
}
