//! The name of a project's folder of transcripts.

/// Whose rule encodes a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Encoding {
    /// The CLI's own (PROTOCOL 5.1): every UTF-16 unit outside `[A-Za-z0-9]` becomes a dash.
    Cli,
    /// claude-code-webui's: `/ \ : . _` become dashes, anything else stays.
    Upstream,
}

/// The longest name that CLI 2.1 uses as it is; older ones know no limit.
const LONGEST: usize = 200;

impl Encoding {
    /// The names under which the CLI may have filed this path, the likeliest first.
    pub(super) fn names(self, path: &str) -> Vec<String> {
        let path = path.strip_suffix('/').unwrap_or(path);
        match self {
            Self::Upstream => vec![path.replace(['/', '\\', ':', '.', '_'], "-")],
            Self::Cli => {
                let plain: String = path.encode_utf16().map(dash).collect();
                if plain.len() > LONGEST {
                    let short = format!(
                        "{}-{}",
                        &plain[..LONGEST],
                        base36(hash(path).unsigned_abs())
                    );
                    vec![short, plain]
                } else {
                    vec![plain]
                }
            }
        }
    }
}

fn dash(unit: u16) -> char {
    match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii_alphanumeric() => char::from(byte),
        _ => '-',
    }
}

fn hash(path: &str) -> i32 {
    path.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
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
    fn the_cli_dashes_every_utf16_unit() {
        assert_eq!(
            Encoding::Cli.names("/Users/me/My App_1.é😀/"),
            ["-Users-me-My-App-1----"]
        );
    }

    #[test]
    fn upstream_keeps_what_it_does_not_know() {
        assert_eq!(
            Encoding::Upstream.names("/Users/me/My App_1.é/"),
            ["-Users-me-My App-1-é"]
        );
    }

    #[test]
    fn a_long_path_is_cut_and_told_apart_by_its_hash() {
        let path = format!("/{}", "a".repeat(200));
        let names = Encoding::Cli.names(&path);
        assert_eq!(names.len(), 2);
        assert!(names[0].starts_with(&names[1][..200]) && names[0][200..].starts_with('-'));
        assert_eq!(Encoding::Cli.names(&path[..200]).len(), 1);
    }

    #[test]
    fn the_hash_is_the_one_of_java_in_base_36() {
        assert_eq!(hash("hello"), 99_162_322);
        assert_eq!(base36(99_162_322), "1n1e4y");
        assert_eq!(base36(0), "0");
    }
}
