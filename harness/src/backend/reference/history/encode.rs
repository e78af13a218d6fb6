//! The name of a project's folder of transcripts.

use mock_claude::profile::DirectoryNames;
use mock_claude::transcript::directory_name;
use std::path::Path;

/// Whose rule encodes a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Encoding {
    /// The CLI's own (PROTOCOL 5.1): every UTF-16 unit outside `[A-Za-z0-9]` becomes a dash.
    Cli,
    /// claude-code-webui's: `/ \ : . _` become dashes, anything else stays.
    Upstream,
}

impl Encoding {
    /// The names under which the CLI may have filed this path, the likeliest first.
    pub(super) fn names(self, path: &str) -> Vec<String> {
        let path = path.strip_suffix('/').unwrap_or(path);
        match self {
            Self::Upstream => vec![path.replace(['/', '\\', ':', '.', '_'], "-")],
            Self::Cli => {
                // A long path has one name from CLI 2.1 and another from those before.
                let mut names: Vec<String> = [DirectoryNames::Hashed, DirectoryNames::Unlimited]
                    .map(|rule| directory_name(Path::new(path), rule))
                    .into();
                names.dedup();
                names
            }
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
    fn a_long_path_has_two_names() {
        let path = format!("/{}", "a".repeat(200));
        let names = Encoding::Cli.names(&path);
        assert_eq!(names.len(), 2);
        assert!(names[0].starts_with(&names[1][..200]) && names[0][200..].starts_with('-'));
        assert_eq!(Encoding::Cli.names(&path[..200]).len(), 1);
    }
}
