//! Commander's hint at an option that was meant.

/// How far a name may be away.
const FAR: usize = 3;

/// `\n(Did you mean --x?)`, or nothing.
pub(super) fn similar(word: &str, names: &[&str]) -> String {
    let bare = word.trim_start_matches('-');
    let mut best = FAR;
    let mut found: Vec<&str> = Vec::new();
    for name in names.iter().filter(|n| n.starts_with("--")) {
        let candidate = name.trim_start_matches('-');
        if candidate.len() <= 1 {
            continue;
        }
        let distance = distance(bare, candidate);
        let length = bare.chars().count().max(candidate.chars().count());
        // More than 40 % must agree.
        if distance > best || (length - distance) * 10 <= length * 4 {
            continue;
        }
        if distance < best {
            best = distance;
            found.clear();
        }
        found.push(name);
    }
    crate::order::sort_by(&mut found, Ord::cmp);
    found.dedup();
    match found.as_slice() {
        [] => String::new(),
        [one] => format!("\n(Did you mean {one}?)"),
        more => format!("\n(Did you mean one of {}?)", more.join(", ")),
    }
}

/// Insertions, deletions, changes, and swaps of two neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > FAR {
        return a.len().max(b.len());
    }
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_names_are_hinted_at() {
        let names = ["-v", "--verbose", "--version", "--model"];
        assert_eq!(similar("--verbos", &names), "\n(Did you mean --verbose?)");
        assert_eq!(similar("--mdoel", &names), "\n(Did you mean --model?)");
        assert_eq!(similar("--bogus-flag", &names), "");
    }
}
