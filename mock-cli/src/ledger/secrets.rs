//! What a ledger keeps of secrets: their names, and hashes by which they can be told apart.

use crate::sha256;

/// Words of a variable's name that say that its value is nobody else's business.
const NAMES: [&str; 12] = [
    "KEY",
    "APIKEY",
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "CREDENTIALS",
    "COOKIE",
    "HEADERS",
    "PAT",
];

/// How such names end that are written as one word.
const ENDINGS: [&str; 4] = ["PASSWORD", "SECRET", "TOKEN", "APIKEY"];

/// How values begin that are secrets under any name.
const BEGINNINGS: [&str; 9] = [
    "sk-",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "xoxb-",
    "AKIA",
    "eyJ",
    "-----BEGIN",
];

/// A shorter secret may stand in a text by chance.
const SHORTEST: usize = 8;

/// What a ledger keeps of a variable: its value; of a secret `sha256:` and the hash, as `sha256sum` prints it.
///
/// ```
/// use mock_claude::ledger::kept;
///
/// assert_eq!(kept("HOME", "/home/me"), "/home/me");
/// assert!(kept("ANTHROPIC_API_KEY", "dummy").starts_with("sha256:b5a2c96250612366"));
/// ```
#[must_use]
pub fn kept(name: &str, value: &str) -> String {
    if value.is_empty() || !is_secret(name, value) {
        return value.to_owned();
    }
    format!("sha256:{}", sha256::hex(value.as_bytes()))
}

fn is_secret(name: &str, value: &str) -> bool {
    // By bytes: each start looks at every variable that there is.
    let name = name.as_bytes();
    let mut words = name.split(|byte| matches!(byte, b'_' | b'-'));
    let is = |word: &[u8], known: &str| word.eq_ignore_ascii_case(known.as_bytes());
    let named = words.any(|word| NAMES.iter().any(|known| is(word, known)));
    let ends = |end: &&str| {
        let at = name.len().checked_sub(end.len());
        at.is_some_and(|at| is(&name[at..], end))
    };
    let joined = || ENDINGS.iter().any(ends);
    let begins = || BEGINNINGS.iter().any(|start| value.starts_with(start));
    named || joined() || begins() || has_password(value)
}

/// Whether it is an address with a password in it.
fn has_password(value: &str) -> bool {
    // (A start asks this of every variable, and looking for a text takes far longer.)
    if !value.contains('@') {
        return false;
    }
    let Some((_, rest)) = value.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority
        .rsplit_once('@')
        .is_some_and(|(user, _)| user.contains(':'))
}

/// The secrets of a process, which stand nowhere in its ledger.
#[derive(Debug, Default)]
pub(crate) struct Secrets(Vec<(String, String)>);

impl Secrets {
    /// Those of the environment.
    pub(super) fn of_process() -> Secrets {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let variables = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
        let secret =
            variables.filter(|(name, value)| value.len() >= SHORTEST && is_secret(name, value));
        Secrets(
            secret
                .map(|(name, value)| (value, format!("<{name}>")))
                .collect(),
        )
    }

    /// A line of JSON with the names of secrets in place of their values.
    pub(super) fn masked(&self, line: String) -> String {
        self.0.iter().fold(line, |line, (value, mark)| {
            if line.contains(value.as_str()) {
                line.replace(value.as_str(), mark)
            } else {
                line
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names_and_by_their_form() {
        for (name, value) in [
            ("ANTHROPIC_API_KEY", "x"),
            ("GITHUB_TOKEN", "x"),
            ("npm_config_authToken", "x"),
            ("ANTHROPIC_CUSTOM_HEADERS", "Authorization: x"),
            ("ANYTHING", "sk-ant-123"),
            ("DATABASE_URL", "postgres://me:pw@host/db"),
        ] {
            assert!(is_secret(name, value), "{name}");
        }
        for (name, value) in [
            ("PATH", "/usr/bin"),
            ("MAX_THINKING_TOKENS", "1000"),
            ("KEYBOARD", "us"),
            ("HTTPS_PROXY", "http://proxy:8080/"),
        ] {
            assert!(!is_secret(name, value), "{name}");
        }
    }

    #[test]
    fn a_secret_stands_in_no_line() {
        let secrets = Secrets(vec![("hunter22".into(), "<PW>".into())]);
        let masked = secrets.masked(r#"{"argv":["--key=hunter22"]}"#.into());
        assert_eq!(masked, r#"{"argv":["--key=<PW>"]}"#);
    }
}
