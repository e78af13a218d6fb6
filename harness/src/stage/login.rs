//! The user's login, as the CLI finds it on a stage.

use super::build::Builder;
use super::environment::{Login, System};
use super::error::StageError;
use mock_claude::keychain::{Item, Keychain};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The variable of an API key.
const KEY: &str = "ANTHROPIC_API_KEY";
/// Variables that are a login of their own; an environment that has one of them states its login itself.
const VARIABLES: [&str; 3] = [KEY, "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"];
/// The year 2100 and the year 2017, in milliseconds since 1970.
const GOOD: u64 = 4_102_444_800_000;
const PAST: u64 = 1_500_000_000_000;

impl Builder<'_> {
    /// Leaves what the CLI's `/login` leaves, where that is the user's login: credentials in its configuration folder, or
    /// in the keychain.
    ///
    /// What a layout or a history places there is written later, and wins.
    pub(super) fn credentials(
        &self,
        home: &Path,
        env: &BTreeMap<String, String>,
    ) -> Result<(), StageError> {
        let environment = &self.plan.environment;
        let expires_at = match environment.login {
            Login::Subscription | Login::Keychain | Login::KeychainLocked => GOOD,
            Login::Expired => PAST,
            Login::Key | Login::None => return Ok(()),
        };
        let credentials = serde_json::json!({"claudeAiOauth": {
            "accessToken": "sk-ant-oat01-stage", "refreshToken": "sk-ant-ort01-stage", "expiresAt": expires_at,
            "scopes": ["user:inference", "user:profile"], "subscriptionType": "pro",
        }});
        let config_dir = env.get("CLAUDE_CONFIG_DIR");
        let locked = environment.login == Login::KeychainLocked;
        let (at, text) = if locked || environment.login == Login::Keychain {
            if environment.system != System::Macos {
                return Err(StageError::NoKeychain {
                    environment: environment.name.clone(),
                });
            }
            let keychain = Keychain {
                locked,
                items: vec![Item {
                    service: Keychain::service(config_dir.map(OsStr::new)),
                    account: environment.user.clone(),
                    secret: credentials.to_string(),
                }],
            };
            (Keychain::place(home), serde_json::json!(keychain))
        } else {
            let folder = config_dir.map_or_else(|| home.join(".claude"), PathBuf::from);
            (folder.join(".credentials.json"), credentials)
        };
        self.ground.file(&at, text.to_string().as_bytes(), 0o600)
    }
}

/// Adds the variable of an API key, where that is the user's login.
pub(super) fn add_key(login: Login, variables: &mut BTreeMap<String, String>) {
    let stated = VARIABLES.iter().any(|name| variables.contains_key(*name));
    if login == Login::Key && !stated {
        variables.insert(KEY.to_owned(), "sk-ant-api03-stage".to_owned());
    }
}
