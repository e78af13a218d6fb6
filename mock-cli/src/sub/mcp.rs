//! `claude mcp`: servers are added, removed and shown. Seen on 1.0.108, 2.0.77, 2.1.197 and 2.1.330.

use super::Outcome;
use super::args::{Args, Switch};
use super::servers::{Files, Scope};
use crate::engine::reach_server;
use crate::json::pretty;
use crate::process::complain;
use crate::profile::Profile;
use crate::protocol::mcp::ServerConfig;
use crate::template::{Vars, text};
use crate::transcript::Home;
use serde_json::{Map, Value, json};
use std::path::Path;

const SCOPE: Switch = switch("-s", "--scope", "scope", false);
const TRANSPORT: Switch = switch("-t", "--transport", "transport", false);
const ENV: Switch = switch("-e", "--env", "env...", true);
const HEADER: Switch = switch("-H", "--header", "header...", true);

const fn switch(
    short: &'static str,
    long: &'static str,
    value: &'static str,
    many: bool,
) -> Switch {
    Switch {
        short,
        long,
        value,
        many,
    }
}

/// Runs one of the commands; None: the stand-in does not carry it out.
pub(super) fn run(
    name: &str,
    args: &[String],
    profile: &'static Profile,
    home: &Home,
    cwd: &Path,
) -> Option<Outcome> {
    let mcp = Mcp {
        profile,
        files: Files { home, cwd },
    };
    let outcome = match name {
        "add" => mcp.add(args),
        "add-json" => mcp.add_json(args),
        "remove" => mcp.remove(args),
        "get" => mcp.get(args),
        "list" => mcp.list(args)?,
        "reset-project-choices" => Ok(mcp.text("mcp_reset", &Vars::new())),
        other if other.starts_with('-') => return None,
        other => Err(format!("error: unknown command '{other}'")),
    };
    Some(match outcome {
        Ok(said) => Outcome::said(said),
        Err(text) => Outcome::refused(&text),
    })
}

struct Mcp<'a> {
    profile: &'static Profile,
    files: Files<'a>,
}

impl Mcp<'_> {
    fn text(&self, name: &str, vars: &Vars) -> String {
        text(self.profile.text(name), vars)
    }

    fn add(&self, args: &[String]) -> Result<String, String> {
        let mut args = Args::read(args, &[SCOPE, TRANSPORT, ENV, HEADER])?;
        let name = args.word("name")?;
        let target = args.word("commandOrUrl")?;
        let scope = self.scope(&args)?.unwrap_or(Scope::Local);
        let transport = args.value("--transport").map(str::to_owned);
        let (kind, shown) = match transport.as_deref() {
            None | Some("stdio") => ("stdio", "stdio"),
            Some("sse") => ("sse", "SSE"),
            Some("http") => ("http", "HTTP"),
            Some(other) => {
                let vars = Vars::new().with("transport", other);
                return Err(self.text("mcp_transports", &vars));
            }
        };
        let headers = pairs(&args, "--header", ':', |header| {
            format!("Invalid header format: \"{header}\". Expected format: \"Header-Name: value\"")
        })?;
        let env = pairs(&args, "--env", '=', |variable| {
            format!(
                "Invalid environment variable format: {variable}, environment variables should be added as: -e KEY1=value1 -e KEY2=value2"
            )
        })?;
        let rest = args.rest();
        let (config, what) = if kind == "stdio" {
            let what = format!("command: {target} {}", rest.join(" "));
            (
                json!({"type": kind, "command": target, "args": rest, "env": env}),
                what,
            )
        } else {
            let mut config = json!({"type": kind, "url": target});
            if let (Some(config), false) = (config.as_object_mut(), headers.is_empty()) {
                config.insert("headers".into(), headers.clone().into());
            }
            (config, format!("URL: {target}"))
        };
        self.put(&name, config, scope)?;
        if transport.is_none()
            && ["http://", "https://"]
                .iter()
                .any(|is| target.starts_with(is))
        {
            let vars = Vars::new()
                .with("name", name.as_str())
                .with("url", target.as_str());
            complain(&self.text("mcp_looks_like_url", &vars));
        }
        let headers = match headers.is_empty() || kind == "stdio" {
            true => String::new(),
            false => format!("Headers: {}\n", pretty(&headers.into())),
        };
        Ok(format!(
            "Added {shown} MCP server {name} with {what} to {} config\n{headers}File modified: {}",
            scope.name(),
            self.files.told(scope)
        ))
    }

    fn add_json(&self, args: &[String]) -> Result<String, String> {
        let secret = switch("", "--client-secret", "", false);
        let mut args = Args::read(args, &[SCOPE, secret])?;
        let name = args.word("name")?;
        let given = args.word("json")?;
        let scope = self.scope(&args)?.unwrap_or(Scope::Local);
        let bad = |what: &str| {
            Err(format!(
                "Invalid configuration: {}",
                self.profile.text(what)
            ))
        };
        let Some(mut config) = serde_json::from_str::<Value>(&given)
            .ok()
            .and_then(|config| config.as_object().cloned())
        else {
            return bad("mcp_no_object");
        };
        let kind = config.get("type").map(Value::as_str);
        let word = |key: &str| config.get(key).and_then(Value::as_str);
        let kind = match kind {
            None => match (word("command"), word("url")) {
                (Some(""), _) => return bad("mcp_no_command"),
                (Some(_), _) => "stdio".to_owned(),
                (None, Some(_)) => return bad("mcp_no_type"),
                (None, None) => return bad("mcp_nothing"),
            },
            Some(Some("stdio")) if word("command").is_none() => return bad("mcp_nothing"),
            Some(Some("sse" | "http" | "ws")) if word("url").is_none() => {
                return bad("mcp_nothing");
            }
            Some(Some(kind @ ("stdio" | "sse" | "http" | "ws"))) => kind.to_owned(),
            Some(_) => return bad("mcp_bad_type"),
        };
        if kind == "stdio" {
            config.entry("args").or_insert_with(|| json!([]));
        }
        self.put(&name, config.into(), scope)?;
        Ok(format!(
            "Added {kind} MCP server {name} to {} config",
            scope.name()
        ))
    }

    /// Names a server in a file.
    fn put(&self, name: &str, config: Value, scope: Scope) -> Result<(), String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !name.chars().all(fits) {
            return Err(format!(
                "Invalid name {name}. Names can only contain letters, numbers, hyphens, and underscores."
            ));
        }
        let mut servers = self.servers(scope)?;
        if servers.contains_key(name) {
            let place = match scope {
                Scope::Project => ".mcp.json".to_owned(),
                Scope::Local | Scope::User => format!("{} config", scope.name()),
            };
            return Err(format!("MCP server {name} already exists in {place}"));
        }
        servers.insert(name.to_owned(), config);
        self.write(scope, servers)
    }

    fn remove(&self, args: &[String]) -> Result<String, String> {
        let mut args = Args::read(args, &[SCOPE])?;
        let name = args.word("name")?;
        let vars = Vars::new().with("name", name.as_str());
        let named = self.scope(&args)?;
        let (scope, shown) = match (named, &self.scopes_of(&name)?[..]) {
            (Some(scope), _) => (scope, name.clone()),
            (None, []) => return Err(self.text("mcp_none", &vars)),
            (None, [scope]) => (*scope, format!("\"{name}\"")),
            (None, several) => return Err(self.several(&name, several)),
        };
        let mut servers = self.servers(scope)?;
        if servers.shift_remove(&name).is_none() {
            let text = match scope {
                Scope::Local => "mcp_none_local",
                Scope::Project => "mcp_none_project",
                Scope::User => "mcp_none_user",
            };
            return Err(self.text(text, &vars));
        }
        self.write(scope, servers)?;
        Ok(format!(
            "Removed MCP server {shown} from {} config\nFile modified: {}",
            scope.name(),
            self.files.told(scope)
        ))
    }

    /// What is said of a name that is given in several scopes.
    fn several(&self, name: &str, scopes: &[Scope]) -> String {
        let mut said = format!("MCP server \"{name}\" exists in multiple scopes:\n");
        for scope in scopes {
            said += &format!("  - {} ({})\n", scope.about(), self.files.told(*scope));
        }
        said += "\nTo remove from a specific scope, use:";
        for scope in scopes {
            said += &format!("\n  {}", self.removal(name, *scope));
        }
        said
    }

    /// The command that removes a server.
    fn removal(&self, name: &str, scope: Scope) -> String {
        let vars = Vars::new().with("name", name).with("scope", scope.name());
        self.text("mcp_removal", &vars)
    }

    fn get(&self, args: &[String]) -> Result<String, String> {
        let name = Args::read(args, &[])?.word("name")?;
        let Some(scope) = self.scopes_of(&name)?.first().copied() else {
            let vars = Vars::new().with("name", name.as_str());
            return Err(self.text("mcp_unknown", &vars));
        };
        let servers = self.servers(scope)?;
        let config = ServerConfig::at(servers.get(&name).unwrap_or(&Value::Null));
        let mut said = format!("{name}:\n  Scope: {}\n", scope.about());
        let (status, why) = self.status(scope, &config);
        said += &format!("  Status: {status}\n");
        if let Some(why) = why {
            said += &self.text("mcp_issue", &Vars::new().with("why", why));
        }
        let kind = config.kind.as_deref().unwrap_or("stdio");
        said += &format!("  Type: {kind}\n");
        if let Some(url) = &config.url {
            said += &format!("  URL: {url}\n");
            let headers = config.headers.iter().flat_map(|headers| &headers.0);
            let headers: String = headers.map(|(k, v)| format!("    {k}: {v}\n")).collect();
            if !headers.is_empty() {
                said += &format!("  Headers:\n{headers}");
            }
        } else {
            let args = config.args.unwrap_or_default().join(" ");
            let vars = Vars::new().with("args", args.as_str());
            let args = self.text(
                if args.is_empty() {
                    "mcp_no_args"
                } else {
                    "mcp_args"
                },
                &vars,
            );
            let command = config.command.unwrap_or_default();
            said += &format!("  Command: {command}\n  {args}\n");
            if let Some(env) = &config.env {
                said += "  Environment:\n";
                said.extend(env.0.iter().map(|(k, v)| format!("    {k}={v}\n")));
            }
        }
        let removal = self.removal(&name, scope);
        Ok(format!("{said}\nTo remove this server, run: {removal}"))
    }

    /// None where there is nothing to list.
    fn list(&self, args: &[String]) -> Option<Result<String, String>> {
        let listed = || -> Result<Vec<String>, String> {
            Args::read(args, &[])?;
            let mut lines: Vec<(String, String)> = Vec::new();
            for scope in [Scope::User, Scope::Project, Scope::Local] {
                for (name, config) in self.servers(scope)? {
                    let line = self.listed(&name, &ServerConfig::at(&config), scope);
                    match lines.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, known)) => *known = line,
                        None => lines.push((name, line)),
                    }
                }
            }
            Ok(lines.into_iter().map(|(_, line)| line).collect())
        };
        match listed() {
            Ok(lines) if lines.is_empty() => None,
            Ok(lines) => {
                let checking = self.profile.text("mcp_checking");
                Some(Ok(format!("{checking}\n\n{}", lines.join("\n"))))
            }
            Err(text) => Some(Err(text)),
        }
    }

    fn listed(&self, name: &str, config: &ServerConfig, scope: Scope) -> String {
        let what = match (&config.url, config.kind.as_deref()) {
            (Some(url), Some("sse")) => format!("{url} (SSE)"),
            (Some(url), _) => format!("{url} (HTTP)"),
            (None, _) => {
                let args = config.args.clone().unwrap_or_default().join(" ");
                format!("{} {args}", config.command.as_deref().unwrap_or_default())
            }
        };
        let (status, why) = self.status(scope, config);
        let why = why.map(|why| self.text("mcp_because", &Vars::new().with("why", why)));
        format!("{name}: {what} - {status}{}", why.unwrap_or_default())
    }

    /// How a server is, and why it does not answer.
    fn status(&self, scope: Scope, config: &ServerConfig) -> (&'static str, Option<String>) {
        let pending = self.profile.text("mcp_pending");
        if scope == Scope::Project && !pending.is_empty() {
            return (pending, None);
        }
        match reach_server(config, self.files.cwd, &self.profile.mcp) {
            Ok(()) => (self.profile.text("mcp_connected"), None),
            Err(why) => {
                let why = match config.kind.as_deref() {
                    None | Some("stdio") if why == "Connection closed" => {
                        format!("CONNECTION_CLOSED: {why}")
                    }
                    None | Some("stdio") => why.replace(
                        "posix_spawn 'stdio'",
                        &format!(
                            "posix_spawn '{}'",
                            config.command.as_deref().unwrap_or_default()
                        ),
                    ),
                    Some("sse") => format!("SSE error: ECONNREFUSED: {why}"),
                    Some(_) => format!("ECONNREFUSED: {why}"),
                };
                (self.profile.text("mcp_failed"), Some(why))
            }
        }
    }

    fn scope(&self, args: &Args) -> Result<Option<Scope>, String> {
        let Some(name) = args.value("--scope") else {
            return Ok(None);
        };
        let vars = Vars::new().with("scope", name);
        match Scope::named(name) {
            Some(scope) => Ok(Some(scope)),
            None => Err(self.text("mcp_scopes", &vars)),
        }
    }

    fn scopes_of(&self, name: &str) -> Result<Vec<Scope>, String> {
        let mut scopes = Vec::new();
        for scope in Scope::ALL {
            if self.servers(scope)?.contains_key(name) {
                scopes.push(scope);
            }
        }
        Ok(scopes)
    }

    fn servers(&self, scope: Scope) -> Result<Map<String, Value>, String> {
        self.files.servers(scope).map_err(|error| error.to_string())
    }

    fn write(&self, scope: Scope, servers: Map<String, Value>) -> Result<(), String> {
        let written = self.files.write(scope, servers);
        written.map_err(|error| error.to_string())
    }
}

/// The values of an option that are names with values.
fn pairs(
    args: &Args,
    option: &str,
    between: char,
    wrong: impl Fn(&str) -> String,
) -> Result<Map<String, Value>, String> {
    let pair = |given: &str| {
        let (name, value) = given.split_once(between).ok_or_else(|| wrong(given))?;
        Ok((name.trim().to_owned(), Value::from(value.trim())))
    };
    args.values(option).map(pair).collect()
}
