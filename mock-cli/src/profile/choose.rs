//! Which profile stands in for the version that a script names.

use super::Profile;
use std::path::Path;

/// The profile in force.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(crate) profile: &'static Profile,
    /// The version that was asked for, where this is only the nearest.
    pub(crate) asked: Option<String>,
}

impl Chosen {
    /// The profile of a version; of a file, whose path is relative to `folder`; the newest where nothing is named. For a
    /// version that nobody has recorded the nearest stands in.
    ///
    /// # Errors
    /// Where the name is no version, or the file no profile.
    pub(crate) fn of(named: Option<&str>, folder: &Path) -> Result<Chosen, String> {
        let known = |profile| Chosen {
            profile,
            asked: None,
        };
        let Some(named) = named else {
            return Ok(known(Profile::newest()));
        };
        if let Some(profile) = Profile::named(named) {
            return Ok(known(profile));
        }
        if named.contains('/') || named.ends_with(".json") {
            let file = folder.join(named);
            let wrong =
                |error: String| format!("failed to read the profile {}: {error}", file.display());
            let text = std::fs::read_to_string(&file).map_err(|error| wrong(error.to_string()))?;
            return Profile::from_json(&text).map(known).map_err(wrong);
        }
        let Some(version) = numbers(named) else {
            let versions: Vec<&str> = Profile::versions().collect();
            return Err(format!(
                "there is no profile {named}: write a version, such as {}, or the path of a file, such as ./mine.json",
                versions.join(", ")
            ));
        };
        let nearest = nearest(version).and_then(Profile::named);
        Ok(Chosen {
            profile: nearest.unwrap_or_else(Profile::newest),
            asked: Some(named.to_owned()),
        })
    }
}

/// The known version that is nearest: the one before or the one after it, by the first number that differs.
fn nearest(version: [u32; 3]) -> Option<&'static str> {
    let known = || Profile::versions().filter_map(|known| Some((numbers(known)?, known)));
    let before = known().filter(|(known, _)| *known < version).max();
    let after = known().filter(|(known, _)| *known > version).min();
    let distance = |known: &([u32; 3], &str)| {
        let pairs = version.into_iter().zip(known.0);
        let mut differing = pairs.enumerate().filter(|(_, (a, b))| a != b);
        // The further in front, the further away.
        differing.next().map(|(at, (a, b))| (3 - at, a.abs_diff(b)))
    };
    before
        .into_iter()
        .chain(after)
        .min_by_key(distance)
        .map(|(_, known)| known)
}

fn numbers(version: &str) -> Option<[u32; 3]> {
    let mut parts = version.split('.').map(|part| part.parse().ok());
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands_in(named: &str) -> (String, Option<String>) {
        let chosen = Chosen::of(Some(named), Path::new("/")).unwrap();
        (chosen.profile.version.clone(), chosen.asked)
    }

    #[test]
    fn the_nearest_version_stands_in_for_one_that_nobody_has_recorded() {
        for (asked, nearest) in [
            ("2.1.50", "2.1.197"),
            ("2.1.332", "2.1.330"),
            ("2.0.1", "2.0.77"),
            ("1.0.0", "1.0.108"),
            ("9.9.9", "2.1.330"),
        ] {
            let expected = (nearest.to_owned(), Some(asked.to_owned()));
            assert_eq!(stands_in(asked), expected, "{asked}");
        }
        assert_eq!(stands_in("2.0.77"), ("2.0.77".to_owned(), None));
    }

    #[test]
    fn a_profile_can_be_a_file_beside_the_script() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("mine.json"),
            r#"{"like": "2.0.77", "version": "2.0.78"}"#,
        )
        .unwrap();
        let chosen = Chosen::of(Some("./mine.json"), dir.path()).unwrap();
        assert_eq!(chosen.profile.version, "2.0.78");
        let missing = Chosen::of(Some("./other.json"), dir.path()).unwrap_err();
        assert!(missing.contains("other.json"), "{missing}");
        let odd = Chosen::of(Some("newest"), dir.path()).unwrap_err();
        assert!(odd.contains("./mine.json"), "{odd}");
    }
}
