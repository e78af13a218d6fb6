//! How a text differs from another, as `structuredPatch` tells it.

use crate::order::SortedMap;
use serde_json::{Value, json};
use std::rc::Rc;

/// Follows a line without its end.
const NO_NEWLINE: &str = "\\ No newline at end of file";
/// Lines that are shown around a change.
const AROUND: usize = 3;

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Same,
    Removed,
    Added,
}

/// The hunks that lead from a text to another, with three lines around each.
pub(super) fn patch(before: &str, after: &str) -> Value {
    let (old, new): (Vec<&str>, Vec<&str>) = (
        before.split_inclusive('\n').collect(),
        after.split_inclusive('\n').collect(),
    );
    let steps = steps(&old, &new);
    let changes: Vec<usize> = (0..steps.len())
        .filter(|at| steps[*at] != Step::Same)
        .collect();
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for at in changes {
        match groups.last_mut() {
            Some((_, end)) if at - *end <= 2 * AROUND => *end = at + 1,
            _ => groups.push((at, at + 1)),
        }
    }
    let hunks = groups.into_iter().map(|(from, to)| {
        let (from, to) = (from.saturating_sub(AROUND), (to + AROUND).min(steps.len()));
        hunk(&old, &new, &steps, from, to)
    });
    hunks.collect()
}

fn hunk(old: &[&str], new: &[&str], steps: &[Step], from: usize, to: usize) -> Value {
    let count = |steps: &[Step], not: Step| steps.iter().filter(|step| **step != not).count();
    let (mut i, mut j) = (
        count(&steps[..from], Step::Added),
        count(&steps[..from], Step::Removed),
    );
    let (old_start, new_start) = (i + 1, j + 1);
    let mut lines = Vec::new();
    for step in &steps[from..to] {
        let (mark, line) = match step {
            Step::Same => (' ', new[j]),
            Step::Removed => ('-', old[i]),
            Step::Added => ('+', new[j]),
        };
        i += usize::from(*step != Step::Added);
        j += usize::from(*step != Step::Removed);
        let bare = line.strip_suffix('\n');
        lines.push(format!("{mark}{}", bare.unwrap_or(line)));
        if bare.is_none() {
            lines.push(NO_NEWLINE.to_owned());
        }
    }
    json!({
        "oldStart": old_start, "oldLines": i + 1 - old_start,
        "newStart": new_start, "newLines": j + 1 - new_start, "lines": lines,
    })
}

/// A way through both texts, kept backwards.
#[derive(Debug, Clone)]
struct Way {
    at: usize,
    last: Option<Rc<Link>>,
}

#[derive(Debug)]
struct Link {
    step: Step,
    times: usize,
    before: Option<Rc<Link>>,
}

impl Way {
    fn then(&self, step: Step, times: usize, at: usize) -> Way {
        let link = Link {
            step,
            times,
            before: self.last.clone(),
        };
        Way {
            at,
            last: if times == 0 {
                self.last.clone()
            } else {
                Some(Rc::new(link))
            },
        }
    }
}

/// The shortest way from lines to others (Myers), which removes before it adds.
fn steps(old: &[&str], new: &[&str]) -> Vec<Step> {
    /// Goes on along lines that are the same, on the diagonal `k` (lines of `new` less those of `old`).
    fn along(way: &Way, k: isize, old: &[&str], new: &[&str]) -> Way {
        let (i, j) = (way.at, way.at.wrapping_add_signed(k));
        let same = old[i..].iter().zip(&new[j..]).take_while(|(a, b)| a == b);
        let same = same.count();
        way.then(Step::Same, same, i + same)
    }
    let ends =
        |way: &Way, k: isize| way.at == old.len() && way.at.wrapping_add_signed(k) == new.len();
    let start = along(&Way { at: 0, last: None }, 0, old, new);
    if ends(&start, 0) {
        return unwound(&start);
    }
    let mut best: SortedMap<isize, Way> = SortedMap::from_iter([(0, start)]);
    let most = isize::try_from(old.len() + new.len()).unwrap_or(isize::MAX);
    for d in 1..=most {
        for k in (-d..=d).step_by(2) {
            let removed = best.get(&(k + 1)).filter(|way| way.at < old.len());
            let added = best
                .get(&(k - 1))
                .filter(|way| way.at.wrapping_add_signed(k - 1) < new.len());
            let way = match (removed, added) {
                (Some(removed), Some(added)) if removed.at < added.at => {
                    added.then(Step::Added, 1, added.at)
                }
                (Some(removed), _) => removed.then(Step::Removed, 1, removed.at + 1),
                (None, Some(added)) => added.then(Step::Added, 1, added.at),
                (None, None) => {
                    best.remove(&k);
                    continue;
                }
            };
            let way = along(&way, k, old, new);
            if ends(&way, k) {
                return unwound(&way);
            }
            best.insert(k, way);
        }
    }
    Vec::new()
}

fn unwound(way: &Way) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut link = way.last.as_ref();
    while let Some(at) = link {
        steps.extend(std::iter::repeat_n(at.step, at.times));
        link = at.before.as_ref();
    }
    steps.reverse();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As 2.1.330 told it.
    #[test]
    fn changes_that_are_far_apart_are_hunks_of_their_own() {
        let before: String = (10..30).map(|n| format!("{n}\n")).collect();
        let after = before.replace("12\n", "twelve\n").replace("29\n", "29");
        let hunks = patch(&before, &after);
        assert_eq!(hunks.as_array().map(Vec::len), Some(2), "{hunks}");
        assert_eq!(
            hunks[1],
            json!({"oldStart": 17, "oldLines": 4, "newStart": 17, "newLines": 4, "lines":
                [" 26", " 27", " 28", "-29", "+29", "\\ No newline at end of file"]})
        );
        let near = before
            .replace("12\n", "twelve\n")
            .replace("19\n", "nineteen\n");
        assert_eq!(patch(&before, &near).as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn lines_are_removed_before_others_are_added() {
        let hunks = patch("a\nb\nz\n", "c\nd\nz\n");
        assert_eq!(hunks[0]["lines"], json!(["-a", "-b", "+c", "+d", " z"]));
        assert_eq!(patch("same\n", "same\n"), json!([]));
        assert_eq!(
            patch("", "made"),
            json!([{"oldStart": 1, "oldLines": 0, "newStart": 1, "newLines": 1,
                "lines": ["+made", "\\ No newline at end of file"]}])
        );
    }
}
