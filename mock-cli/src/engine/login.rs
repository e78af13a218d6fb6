//! Who is logged in, and how (PROTOCOL 1.5): an API key, a token, a helper that gives a key, or a subscription.
//!
//! Seen on 1.0.108, 2.0.77, 2.1.197 and 2.1.330. Whether a login still holds is for the API to say: one that has expired is
//! tried all the same.

use super::Engine;
use super::failure::Failure;
use crate::keychain;
use crate::process::complain;
use crate::script::ApiError;
use crate::template::{Vars, text};
use crate::time::now_ms;
use crate::transcript::Home;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// How the API is asked, and the command of the settings that gives a key: it runs whatever else there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub(super) way: Way,
    helper: Option<String>,
}

/// How the API is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// `ANTHROPIC_API_KEY`.
    Key,
    /// `ANTHROPIC_AUTH_TOKEN`.
    Token,
    /// `apiKeyHelper` of the settings.
    Helper,
    /// A key that an earlier login has left in the global configuration.
    ManagedKey,
    /// `CLAUDE_CODE_OAUTH_TOKEN`.
    OAuthToken,
    /// `.credentials.json`, or the keychain.
    Subscription {
        /// The kind of subscription, such as `pro`.
        kind: Option<String>,
        /// Whether its access token was good until some time ago.
        expired: bool,
    },
    /// Nobody is.
    None,
}

/// What `/login` leaves in `.credentials.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Credentials {
    claude_ai_oauth: Option<OAuth>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OAuth {
    access_token: Option<String>,
    scopes: Vec<String>,
    /// In milliseconds since 1970.
    expires_at: Option<u64>,
    subscription_type: Option<String>,
}

/// The scope without which a login is none for this purpose.
const SCOPE: &str = "user:inference";

impl Login {
    /// The login of a process with this environment, these settings and this HOME.
    pub(crate) fn of(
        variable: impl Fn(&str) -> Option<String>,
        settings: &[Value],
        home: &Home,
    ) -> Login {
        let helper = |one: &Value| one.get("apiKeyHelper")?.as_str().map(str::to_owned);
        let helper = settings.iter().rev().find_map(helper);
        Login {
            way: Way::of(variable, helper.is_some(), home),
            helper,
        }
    }

    /// As `apiKeySource` names it.
    pub(crate) fn source(&self) -> &'static str {
        match self.way {
            Way::Key => "ANTHROPIC_API_KEY",
            _ if self.helper.is_some() => "apiKeyHelper",
            Way::ManagedKey => "/login managed key",
            _ => "none",
        }
    }

    /// The kind of subscription, where there is one.
    pub(crate) fn plan(&self) -> Option<&str> {
        match &self.way {
            Way::Subscription { kind, .. } => Some(kind.as_deref().unwrap_or("api")),
            _ => None,
        }
    }

    /// What the answer to `initialize` says of the account, each where there is something to say.
    pub(super) fn account(&self, vars: Vars) -> Vars {
        let oauth = self.way == Way::OAuthToken;
        let token = match self.way {
            Way::Token => Some("ANTHROPIC_AUTH_TOKEN"),
            _ if self.helper.is_some() => Some("apiKeyHelper"),
            Way::OAuthToken => Some("CLAUDE_CODE_OAUTH_TOKEN"),
            Way::Subscription { .. } => None,
            Way::Key | Way::Helper | Way::ManagedKey | Way::None => Some("none"),
        };
        let plan = |kind: Option<&str>| match kind {
            Some("max") => "Claude Max",
            Some("pro") => "Claude Pro",
            Some("team") => "Claude Team",
            Some("enterprise") => "Claude Enterprise",
            _ => "Claude API",
        };
        let plan = match &self.way {
            Way::Subscription { kind, .. } => Some(plan(kind.as_deref())),
            _ => None,
        };
        let source = Some(self.source()).filter(|source| *source != "none");
        vars.maybe("token_source", token)
            .maybe("key_or_token_source", token.filter(|_| !oauth))
            .maybe("plan", plan)
            .maybe("plan_or_token", plan.or(oauth.then_some("Claude API")))
            .maybe("key_source", source)
    }

    /// The key of the profile's default models by login, for one that has a model of its own.
    pub(super) fn model_key(&self) -> Option<&str> {
        match &self.way {
            Way::OAuthToken => Some("token"),
            Way::Subscription { kind, .. } => Some(kind.as_deref().unwrap_or("api")),
            _ => None,
        }
    }

    /// Whether a subscription is used up, rather than money spent.
    pub(super) fn is_subscription(&self) -> bool {
        matches!(self.way, Way::OAuthToken | Way::Subscription { .. })
    }

    /// Whether it belongs to an organisation and not to one person.
    pub(super) fn is_shared(&self) -> bool {
        let shared = |kind: &String| kind == "team" || kind == "enterprise";
        matches!(&self.way, Way::Subscription { kind: Some(kind), .. } if shared(kind))
    }

    /// Whether it is a key that was given to the CLI, which a login of its own would not replace.
    pub(super) fn is_external_key(&self) -> bool {
        matches!(self.way, Way::Key | Way::Helper)
    }

    /// Whether the API refuses it.
    pub(super) fn has_expired(&self) -> bool {
        matches!(self.way, Way::Subscription { expired: true, .. })
    }

    /// What the API says where it refuses this login.
    pub(super) fn refusal(&self) -> ApiError {
        let message = match self.is_subscription() {
            true => {
                "OAuth token has expired. Please obtain a new token or refresh your existing token."
            }
            false => "invalid x-api-key",
        };
        ApiError {
            status: 401,
            body: json!({"type": "error", "error": {"type": "authentication_error", "message": message}}),
            headers: Map::new(),
        }
    }
}

impl Way {
    fn of(variable: impl Fn(&str) -> Option<String>, helped: bool, home: &Home) -> Way {
        let given = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        if given("ANTHROPIC_API_KEY") {
            return Way::Key;
        }
        if given("ANTHROPIC_AUTH_TOKEN") {
            return Way::Token;
        }
        if helped {
            return Way::Helper;
        }
        if given("CLAUDE_CODE_OAUTH_TOKEN") {
            return Way::OAuthToken;
        }
        // What cannot be read is no login, as the CLI takes it.
        let file = || fs::read_to_string(home.config_dir.join(".credentials.json")).ok();
        let kept = variable("HOME").and_then(|home| keychain::secret(&variable, Path::new(&home)));
        let read = kept.or_else(file);
        let read = read.and_then(|text| serde_json::from_str::<Credentials>(&text).ok());
        let oauth = read.and_then(|credentials| credentials.claude_ai_oauth);
        let usable = |oauth: &OAuth| {
            oauth.access_token.is_some() && oauth.scopes.iter().any(|scope| scope == SCOPE)
        };
        if let Some(oauth) = oauth.filter(usable) {
            return Way::Subscription {
                kind: oauth.subscription_type,
                expired: oauth.expires_at.is_some_and(|at| at <= now_ms()),
            };
        }
        let managed = home
            .config()
            .object()
            .and_then(|config| config.get("primaryApiKey"));
        match managed.is_some_and(Value::is_string) {
            true => Way::ManagedKey,
            false => Way::None,
        }
    }
}

impl Engine {
    /// Runs the helper that gives a key, once. What it fails with is told; newer versions ask the API all the same,
    /// others have a failure for that.
    pub(super) fn get_key(&mut self) -> Option<Failure> {
        let command = self.model.login.helper.clone()?;
        if std::mem::replace(&mut self.progress.key_asked, true) {
            return None;
        }
        let output = helped(&command, &self.setup.cwd);
        let why = match &output {
            Ok(output) if output.status.success() => {
                if !output.stdout.trim_ascii().is_empty() {
                    return None;
                }
                "did not return a value".to_owned()
            }
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                let code = output.status.code().unwrap_or(1);
                match said.as_str() {
                    "" => format!("exited {code}"),
                    said => format!("exited {code}: {said}"),
                }
            }
            Err(error) => error.to_string(),
        };
        let vars = Vars::new().with("why", why);
        let profile = self.setup.profile;
        complain(&text(profile.text("helper_failed"), &vars));
        let needed =
            self.model.login.way == Way::Helper && profile.failures.contains_key("helper_failed");
        needed.then(|| Failure::named("helper_failed"))
    }
}

fn helped(command: &str, cwd: &Path) -> io::Result<Output> {
    let mut helper = Command::new("/bin/sh");
    helper
        .args(["-c", command])
        .current_dir(cwd)
        .stdin(Stdio::null());
    helper.output()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keychain::{Item, Keychain};

    fn login(variables: &[(&str, &str)], settings: &[Value], files: &[(&str, Value)]) -> Login {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(".claude")).unwrap();
        for (name, content) in files {
            fs::write(dir.path().join(name), content.to_string()).unwrap();
        }
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Login::of(variable, settings, &Home::in_home(dir.path()))
    }

    fn credentials(scope: &str) -> (&'static str, Value) {
        let oauth = json!({"accessToken": "t", "expiresAt": 1, "scopes": [scope], "subscriptionType": "max"});
        (".claude/.credentials.json", json!({"claudeAiOauth": oauth}))
    }

    /// Seen on 1.0.108, 2.0.77 and 2.1.330.
    #[test]
    fn the_first_of_several_logins_counts() {
        let key = ("ANTHROPIC_API_KEY", "k");
        let max = Way::Subscription {
            kind: Some("max".into()),
            expired: true,
        };
        assert_eq!(login(&[key], &[], &[credentials(SCOPE)]).way, Way::Key);
        let empty = ("ANTHROPIC_API_KEY", "");
        assert_eq!(login(&[empty], &[], &[credentials(SCOPE)]).way, max);
        assert_eq!(
            login(&[("ANTHROPIC_AUTH_TOKEN", "t")], &[], &[]).way,
            Way::Token
        );
        let helper = json!({"apiKeyHelper": "echo k"});
        assert_eq!(
            login(&[key], std::slice::from_ref(&helper), &[]).way,
            Way::Key
        );
        assert_eq!(login(&[], &[helper], &[]).source(), "apiKeyHelper");
        let managed = (".claude.json", json!({"primaryApiKey": "k"}));
        assert_eq!(login(&[], &[], &[managed]).source(), "/login managed key");
    }

    /// Reported, not observed: see [`crate::keychain`].
    #[test]
    fn the_keychain_is_asked_for_the_user_whom_the_environment_names() {
        let home = tempfile::tempdir().unwrap();
        let place = Keychain::place(home.path());
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        let way = |locked: bool, more: &[(&str, &str)]| {
            let item = Item {
                service: "Claude Code-credentials".into(),
                account: "ada".into(),
                secret: credentials(SCOPE).1.to_string(),
            };
            let items = vec![item];
            fs::write(&place, json!(Keychain { locked, items }).to_string()).unwrap();
            let own = [("HOME", home.path().to_str().unwrap())];
            let variable = |name: &str| {
                let mut all = own.iter().chain(more);
                let found = all.find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            Login::of(variable, &[], &Home::in_home(home.path())).way
        };
        let ada = ("USER", "ada");
        assert!(matches!(way(false, &[ada]), Way::Subscription { .. }));
        assert_eq!(way(true, &[ada]), Way::None);
        assert_eq!(way(false, &[]), Way::None);
        assert_eq!(way(false, &[("USER", "bob")]), Way::None);
        assert_eq!(way(false, &[ada, ("CLAUDE_CONFIG_DIR", "/c")]), Way::None);
    }

    #[test]
    fn a_login_without_the_scope_for_it_is_none() {
        assert_eq!(
            login(&[], &[], &[credentials("user:profile")]).way,
            Way::None
        );
        let broken = (".claude/.credentials.json", json!("nope"));
        assert_eq!(login(&[], &[], &[broken]).way, Way::None);
    }
}
