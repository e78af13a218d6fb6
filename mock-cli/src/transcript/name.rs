//! Names of project folders (PROTOCOL 5.1).

use crate::profile::DirectoryNames;
use std::path::Path;

/// Where a long name is cut.
const KEPT: usize = 200;

/// The name of a working folder's project folder: every UTF-16 unit that is no ASCII letter or digit becomes a
/// dash (so an emoji makes two); versions since 2.1 cut long names and add a hash of the whole path.
///
/// ```
/// use mock_claude::profile::DirectoryNames;
/// use mock_claude::transcript::directory_name;
/// assert_eq!(directory_name("/tmp/My App_é🙂".as_ref(), DirectoryNames::Unlimited), "-tmp-My-App----");
/// ```
#[must_use]
pub fn directory_name(cwd: &Path, names: DirectoryNames) -> String {
    let path = cwd.to_string_lossy();
    let dashed = |unit: u16| match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii_alphanumeric() => char::from(byte),
        _ => '-',
    };
    let mut name: String = path.encode_utf16().map(dashed).collect();
    if names == DirectoryNames::Hashed && name.len() > KEPT {
        name.truncate(KEPT);
        name.push('-');
        name.push_str(&base36(hash(&path).unsigned_abs()));
    }
    name
}

/// Java's string hash: 31·h + unit over the UTF-16 units, in 32 bits.
fn hash(text: &str) -> i32 {
    text.encode_utf16().fold(0i32, |h, unit| {
        h.wrapping_mul(31).wrapping_add(i32::from(unit))
    })
}

fn base36(mut number: u32) -> String {
    let mut digits = Vec::new();
    loop {
        digits.extend(char::from_digit(number % 36, 36));
        number /= 36;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_digits_stay_and_runs_are_not_collapsed() {
        let name = |path: &str| directory_name(path.as_ref(), DirectoryNames::Hashed);
        assert_eq!(name("/Users/Ann/My App (2).v1"), "-Users-Ann-My-App--2--v1");
        assert_eq!(name("/"), "-");
        assert_eq!(name("/日本"), "---");
    }

    #[test]
    fn two_hundred_characters_stay_and_one_more_is_hashed() {
        let path = |n: usize| format!("/{}", "a".repeat(n - 1));
        let name = |p: &str, names| directory_name(p.as_ref(), names);
        assert_eq!(name(&path(200), DirectoryNames::Hashed).len(), 200);
        let long = name(&path(201), DirectoryNames::Hashed);
        assert!(
            long.starts_with(&format!("-{}-", "a".repeat(199))),
            "{long}"
        );
        assert_eq!(name(&path(300), DirectoryNames::Unlimited).len(), 300);
    }

    #[test]
    fn hashes_are_those_of_the_recordings() {
        // recordings/2.1.330/path_len201, path_long1, path_long2
        let base = "/tmp/oracle/run/G/21330/";
        let segments: String = (0..15).map(|i| format!("seg{i:02}-abcdefghij/")).collect();
        let cases = [
            ("L".repeat(177), "xk9lvc"),
            (format!("{}/{}", "d".repeat(120), "e".repeat(120)), "9dar8b"),
            (segments.trim_end_matches('/').to_owned(), "sutkcr"),
        ];
        for (tail, hash) in cases {
            let name = directory_name(format!("{base}{tail}").as_ref(), DirectoryNames::Hashed);
            assert_eq!((name.len(), &name[201..]), (207, hash), "{name}");
        }
    }
}
