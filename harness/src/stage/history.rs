//! Earlier sessions of the user, as the real CLI would have written them.

use super::damage::Damage;
use super::error::StageError;
use super::ground::Ground;
use mock_claude::profile::Profile;
use mock_claude::transcript::{Home, PastSession};
use std::io;
use std::path::{Path, PathBuf};

/// How many earlier sessions there are, how large, and where. The same seed gives the same history, but for
/// the place of the stage, which transcripts hold as their working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistorySpec {
    /// How many sessions.
    pub sessions: u32,
    /// How many messages each has; prompts and answers come in pairs, an odd number is rounded up.
    pub messages: u32,
    /// The mean length of a message's text, in bytes. Lengths are spread as in real transcripts (log-normal):
    /// most are shorter, a few several times as long.
    pub bytes: u32,
    /// What ids, lengths and texts come from.
    pub seed: u64,
    /// The working directory of the sessions.
    pub project: HistoryProject,
    /// Where the CLI keeps its files, relative to the home folder, as with `CLAUDE_CONFIG_DIR`; None: the usual places.
    pub config_dir: Option<String>,
    /// How long the longest message is, in bytes: the last answer of the newest session. 0: as the spread has it.
    pub longest: u32,
    /// What happened to the newest session's file since.
    pub damage: Vec<Damage>,
}

/// The working directory of earlier sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryProject {
    /// The folder that the user works in.
    Project,
    /// Another folder that exists, relative to the home folder.
    Other(String),
    /// A folder that has been deleted since. Starting anything there fails with ENOENT, which reads like a
    /// missing command.
    Gone,
}

/// Where [`HistoryProject::Gone`] was.
const GONE: &str = "code/deleted project_0.9";

/// When the first session began: 2025-01-01, in the past wherever this runs.
const BEGIN_MS: u64 = 1_735_689_600_000;
const TURN_MS: u64 = 10_000;
const SESSION_MS: u64 = 600_000;

/// Sixteen quantiles of a log-normal distribution (sigma 1), in thousandths of their mean. A table, because the
/// last bit of a logarithm is not the same on every machine.
const SPREAD: [u64; 16] = [
    100, 172, 234, 295, 360, 429, 507, 594, 695, 814, 960, 1146, 1396, 1763, 2399, 4136,
];

/// Writes the history into a home folder and gives its working directory.
pub(crate) fn write(
    ground: &Ground,
    home: &Path,
    project: &Path,
    profile: Option<&str>,
    spec: &HistorySpec,
) -> Result<PathBuf, StageError> {
    let profile = match profile {
        None => Profile::newest(),
        Some(version) => Profile::named(version)
            .ok_or_else(|| StageError::History(format!("the stand-in has no profile {version}")))?,
    };
    let cwd = match &spec.project {
        HistoryProject::Project => project.to_owned(),
        HistoryProject::Other(path) => {
            let at = ground.locate(&format!("{{home}}/{path}"))?;
            ground.folder(&at)?
        }
        HistoryProject::Gone => home.join(GONE),
    };
    let files = match &spec.config_dir {
        None => Home::in_home(home),
        Some(path) => {
            let config_dir = ground.folder(&ground.locate(&format!("{{home}}/{path}"))?)?;
            Home::in_config_dir(config_dir)
        }
    };
    let failed = StageError::io("write a session below", home);
    write_all(profile, &cwd, spec, &files).map_err(failed)?;
    Ok(cwd)
}

fn write_all(
    profile: &'static Profile,
    cwd: &Path,
    spec: &HistorySpec,
    files: &Home,
) -> io::Result<()> {
    for number in 0..spec.sessions {
        let session = session(profile, cwd, spec, number);
        let file = session.write(files)?;
        if number + 1 == spec.sessions {
            for damage in &spec.damage {
                damage.inflict(&session, &file)?;
            }
        }
    }
    Ok(())
}

fn session(profile: &'static Profile, cwd: &Path, spec: &HistorySpec, number: u32) -> PastSession {
    // Sessions must differ in all their ids: backends take two with a common message for one.
    let mut random = Random(spec.seed ^ Random(u64::from(number)).next());
    let turns = u64::from(spec.messages.div_ceil(2));
    let begin = BEGIN_MS + u64::from(number) * SESSION_MS.max(turns * TURN_MS);
    (0..turns).fold(
        PastSession::new(profile, cwd, random.next()),
        |session, turn| {
            let prompt = random.message(spec.bytes);
            let last = number + 1 == spec.sessions && turn + 1 == turns;
            let answer = match spec.longest {
                longest if last && longest > 0 => random.text(longest as usize),
                _ => random.message(spec.bytes),
            };
            session.turn(begin + turn * TURN_MS, prompt, answer)
        },
    )
}

/// SplitMix64: small, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let count = u64::try_from(choices.len()).unwrap_or(1);
        choices[usize::try_from(self.next() % count).unwrap_or_default()]
    }

    /// A text of words, of a random length around `mean` bytes.
    fn message(&mut self, mean: u32) -> String {
        let length = u64::from(mean) * self.pick(&SPREAD) / 1000;
        self.text(usize::try_from(length).unwrap_or(0))
    }

    /// A text of words of at least that length, in bytes.
    fn text(&mut self, length: usize) -> String {
        const WORDS: &[&str] = &[
            "the",
            "server",
            "reads",
            "a",
            "line",
            "and",
            "then",
            "waits",
            "for",
            "port",
            "file",
            "café",
            "\"quoted\"",
            "naïve",
            "request",
            "answer",
            "path/to/it",
            "again",
            "because",
            "test",
            "fails",
            "here",
            "→",
            "done",
        ];
        let mut text = self.pick(WORDS).to_owned();
        while text.len() < length {
            text.push(if self.next().is_multiple_of(16) {
                '\n'
            } else {
                ' '
            });
            text.push_str(self.pick(WORDS));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_spread_around_the_mean() {
        let mut random = Random(7);
        let lengths: Vec<usize> = (0..4000).map(|_| random.message(1000).len()).collect();
        let mean = lengths.iter().sum::<usize>() / lengths.len();
        assert!((900..1100).contains(&mean), "{mean}");
        let shorter = lengths.iter().filter(|length| **length < 1000).count();
        assert!(shorter > lengths.len() / 2, "most are shorter: {shorter}");
        assert!(lengths.iter().any(|length| *length > 3500));
    }
}
