//! Servers that files name: the user's, the project's, and the user's own for one project.

use super::config::Given;
use crate::argv::Options;
use crate::permissions::Source;
use crate::profile::{Lazy, Mcp};
use crate::settings::{Places, Settings};
use serde_json::{Map, Value};
use std::fs;

/// Adds the servers of files to those of the command line, which win. A name that comes again keeps its place.
pub(crate) fn with_files(
    given: Vec<Given>,
    options: &Options,
    settings: &Settings,
    places: &Places,
    profile: &Lazy<Mcp>,
) -> Vec<Given> {
    if options.strict_mcp {
        return given;
    }
    let own = places.home.config();
    // What cannot be read has none, as the CLI takes it.
    let project = fs::read_to_string(places.cwd.join(".mcp.json")).ok();
    let project = project.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let sources = [
        (Source::UserSettings, "user", servers(own.value.as_ref())),
        (
            Source::ProjectSettings,
            "project",
            servers(project.as_ref()),
        ),
        (
            Source::LocalSettings,
            "local",
            servers(own.project(places.cwd)),
        ),
    ];
    let mut all: Vec<Given> = Vec::new();
    let mut add = |server: Given| match all.iter_mut().find(|other| other.name == server.name) {
        Some(other) => *other = server,
        None => all.push(server),
    };
    for (source, name, servers) in sources {
        let wanted = servers.into_iter().flatten().filter(|(server, _)| {
            options.reads(source) && (name != "project" || is_approved(server, settings, profile))
        });
        // What is no server is passed over.
        wanted
            .filter_map(|(server, config)| Given::new(server, config, name).ok())
            .for_each(&mut add);
    }
    given.into_iter().for_each(&mut add);
    all
}

/// The servers that a file or a part of one names.
fn servers(named: Option<&Value>) -> Option<&Map<String, Value>> {
    named?.get("mcpServers")?.as_object()
}

/// Whether a server of the project may start: older versions want somebody to have said so.
fn is_approved(server: &str, settings: &Settings, profile: &Lazy<Mcp>) -> bool {
    let listed = |key: &str| {
        let mut lists = settings
            .written()
            .filter_map(|(_, one)| one.get(key)?.as_array());
        lists.any(|list| list.iter().any(|name| name == server))
    };
    let all = || {
        let mut all = settings.written();
        all.any(|(_, one)| one.get("enableAllProjectMcpServers") == Some(&Value::Bool(true)))
    };
    let approved = !profile.asks_for_approval || all() || listed("enabledMcpjsonServers");
    approved && !listed("disabledMcpjsonServers")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::Capabilities;
    use crate::profile::Profile;
    use crate::transcript::Home;
    use serde_json::json;
    use std::path::Path;

    /// The servers with their sources, as `init` lists them, of a project with one of each kind.
    fn started(version: &str, settings: Value, flags: &[&str]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let (home, cwd) = (dir.path().join("home"), dir.path().join("work"));
        fs::create_dir_all(home.join(".claude")).unwrap();
        fs::create_dir_all(&cwd).unwrap();
        let server = |names: &[&str]| -> Value {
            let named = names
                .iter()
                .map(|name| ((*name).to_owned(), json!({"command": "true"})));
            Value::Object(named.collect())
        };
        let here = cwd.to_string_lossy().into_owned();
        let config = json!({
            "mcpServers": server(&["u", "x"]), "projects": {here: {"mcpServers": server(&["l", "x"])}},
        });
        fs::write(home.join(".claude.json"), config.to_string()).unwrap();
        let project = json!({"mcpServers": server(&["p"])});
        fs::write(cwd.join(".mcp.json"), project.to_string()).unwrap();
        fs::write(home.join(".claude/settings.json"), settings.to_string()).unwrap();
        let profile = Profile::named(version).expect("a profile");
        let parsed = crate::argv::parse(
            &profile.flags,
            &flags
                .iter()
                .map(|flag| (*flag).to_owned())
                .collect::<Vec<_>>(),
        );
        let options = Options::new(&parsed.expect("known flags"));
        let home = Home::in_home(&home);
        let places = Places {
            home: &home,
            cwd: &cwd,
            managed: Path::new("/nonexistent"),
        };
        let capabilities = Capabilities {
            permissions: 4,
            shell: 4,
        };
        let settings = Settings::read(&options, &capabilities, &places);
        let dynamic = Given::new("d", &json!({"command": "true"}), "dynamic").unwrap();
        with_files(vec![dynamic], &options, &settings, &places, &profile.mcp)
            .iter()
            .map(|given| format!("{}:{}", given.name, given.source))
            .collect()
    }

    /// Seen on 1.0.108 (which wants an approval), 2.0.77 and 2.1.330.
    #[test]
    fn servers_of_files_start_with_those_of_the_command_line() {
        let all = ["u:user", "x:local", "p:project", "l:local", "d:dynamic"];
        assert_eq!(started("2.1.330", json!({}), &[]), all);
        let without = ["u:user", "x:local", "l:local", "d:dynamic"];
        assert_eq!(started("1.0.108", json!({}), &[]), without);
        let approved = json!({"enableAllProjectMcpServers": true});
        assert_eq!(started("1.0.108", approved, &[]), all);
        let disabled = json!({"disabledMcpjsonServers": ["p"]});
        assert_eq!(started("2.0.77", disabled, &[]), without);
    }

    /// Seen on 2.0.77 and 2.1.330.
    #[test]
    fn files_whose_source_is_not_wanted_start_nothing() {
        for version in ["2.0.77", "2.1.330"] {
            assert_eq!(
                started(version, json!({}), &["--strict-mcp-config"]),
                ["d:dynamic"]
            );
            assert_eq!(
                started(version, json!({}), &["--setting-sources", ""]),
                ["d:dynamic"]
            );
        }
    }
}
