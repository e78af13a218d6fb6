//! `claude auth status`: who is logged in. Seen on 2.1.197 and 2.1.330.

use super::Outcome;
use super::args::{Args, Switch};
use crate::argv::{Options, parse};
use crate::engine::Login;
use crate::json::pretty;
use crate::profile::Profile;
use crate::settings::{Places, Settings};
use crate::template::{Vars, render};
use crate::transcript::Home;
use serde_json::Value;
use std::path::Path;

const fn switch(long: &'static str) -> Switch {
    Switch {
        short: "",
        long,
        value: "",
        many: false,
    }
}

/// Tells of the login, as JSON or as text.
pub(super) fn status(
    args: &[String],
    profile: &'static Profile,
    home: &Home,
    cwd: &Path,
) -> Outcome {
    let args = match Args::read(args, &[switch("--json"), switch("--text")]) {
        Ok(args) => args,
        Err(text) => return Outcome::refused(&text),
    };
    let Ok(parsed) = parse(&profile.flags, &[]) else {
        return Outcome::refused("mock-claude: failed to read no arguments");
    };
    let options = Options::new(&parsed);
    let settings = Settings::read(&options, &profile.capabilities(), &Places::new(home, cwd));
    let variable = |name: &str| settings.var(name).filter(|value| !value.is_empty());
    let written: Vec<Value> = settings.written().map(|(_, one)| one.clone()).collect();
    let login = Login::of(variable, &written, home);
    let about = About::new(&login, variable);
    let stdout = match args.has("--text") {
        true => about.text(variable),
        false => {
            let quiet = [
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
                "DISABLE_TELEMETRY",
            ];
            let shown = |path: &Path| path.to_string_lossy().into_owned();
            let vars = about
                .vars()
                .with("quiet", quiet.iter().any(|name| variable(name).is_some()))
                .with("projects", shown(&home.config_dir.join("projects")))
                .with("config", shown(&home.config_dir));
            pretty(&render(&profile.message("auth_status"), &vars))
        }
    };
    Outcome {
        stdout,
        code: i32::from(!about.is_in()),
        ..Outcome::default()
    }
}

/// What there is to tell of a login.
struct About {
    /// Another provider, which has logins of its own: its key and its name.
    provider: Option<(&'static str, &'static str)>,
    /// Where a token comes from.
    token: Option<&'static str>,
    /// Where a key comes from.
    key: Option<&'static str>,
    /// The kind of subscription.
    plan: Option<String>,
    helped: bool,
}

impl About {
    fn new(login: &Login, variable: impl Fn(&str) -> Option<String>) -> About {
        let provider = [
            ("CLAUDE_CODE_USE_BEDROCK", ("bedrock", "Amazon Bedrock")),
            ("CLAUDE_CODE_USE_VERTEX", ("vertex", "Google Vertex AI")),
        ];
        let provider = provider
            .into_iter()
            .find(|(name, _)| variable(name).is_some());
        let source = login.source();
        let helped = source == "apiKeyHelper";
        let token = ["ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"];
        let token = token.into_iter().find(|name| variable(name).is_some());
        About {
            provider: provider.map(|(_, provider)| provider),
            token: token.or(helped.then_some("apiKeyHelper")),
            key: Some(source).filter(|source| *source != "none"),
            plan: login.plan().map(str::to_owned),
            helped,
        }
    }

    fn is_in(&self) -> bool {
        self.method() != "none"
    }

    fn method(&self) -> &'static str {
        match self {
            About {
                provider: Some(_), ..
            } => "third_party",
            About { helped: true, .. } => "api_key_helper",
            About { token: Some(_), .. } => "oauth_token",
            About { key: Some(_), .. } => "api_key",
            About { plan: Some(_), .. } => "claude.ai",
            _ => "none",
        }
    }

    fn vars(&self) -> Vars {
        let own = self.provider.is_none();
        let plan = self
            .plan
            .as_deref()
            .filter(|_| self.method() == "claude.ai");
        let tier = |plan: &str| if plan == "max" { "max_other" } else { plan }.to_owned();
        Vars::new()
            .with("logged_in", self.is_in())
            .with("method", self.method())
            .with(
                "provider",
                self.provider.map_or("firstParty", |(name, _)| name),
            )
            .maybe("offered", own.then_some(true))
            .maybe("key_source", self.key.filter(|_| own))
            .maybe("unknown", plan.map(|_| Value::Null))
            .maybe("plan", plan)
            .maybe("stored", plan.map(|_| true))
            .maybe("tier", plan.map(tier))
    }

    fn text(&self, variable: impl Fn(&str) -> Option<String>) -> String {
        if let Some((_, name)) = self.provider {
            return format!("API provider: {name}");
        }
        let mut lines = Vec::new();
        lines.extend(self.token.map(|token| format!("Auth token: {token}")));
        let key = self.key.filter(|_| !self.helped);
        lines.extend(key.map(|key| format!("API key: {key}")));
        let plan = self
            .plan
            .as_deref()
            .filter(|_| self.method() == "claude.ai");
        lines.extend(plan.map(|plan| {
            let (first, rest) = plan.split_at(plan.len().min(1));
            format!(
                "Login method: Claude {}{rest} account",
                first.to_uppercase()
            )
        }));
        let url = variable("ANTHROPIC_BASE_URL");
        lines.extend(url.map(|url| format!("Anthropic base URL: {url}")));
        if !self.is_in() {
            lines.push("Not logged in. Run claude auth login to authenticate.".to_owned());
        }
        lines.join("\n")
    }
}
