//! What the CLI checks once the command line is parsed (PROTOCOL 1.3), in its order.

use super::{Input, Options, Output, Resume, Stop};
use crate::ids::is_uuid;
use crate::process::{not_json, uncaught};
use crate::profile::{Lenience, Models, Profile, Refusal, SessionIdRule, SettingsPath};
use std::path::Path;

/// Checks what a version looks at while it reads the command line: nothing is written before.
pub(crate) fn check_early(options: &Options, profile: &Profile, cwd: &Path) -> Result<(), Stop> {
    let behaviour = &profile.behaviour;
    if behaviour.checks_values && !behaviour.ignores_numbers {
        numbers(options)?;
    } else if options.max_budget_given.is_some() && options.max_budget.is_none() {
        return Err(Stop::Error(uncaught(
            behaviour.runtime,
            "--max-budget-usd must be a positive number greater than 0",
        )));
    }
    if behaviour.late_checks {
        return Ok(());
    }
    settings_file(options.settings.as_deref(), behaviour.settings_path, cwd)
}

/// Checks options against each other and against the surroundings.
pub(crate) fn check(options: &Options, profile: &Profile, cwd: &Path) -> Result<(), Stop> {
    let behaviour = &profile.behaviour;
    if !behaviour.late_checks {
        refuse_root(options)?;
    }
    let known = |name: &&String| !matches!(name.as_str(), "user" | "project" | "local");
    if let Some(name) = options.setting_sources.iter().flatten().find(known) {
        return Err(Stop::error(format!(
            "Error processing --setting-sources: Invalid setting source: {name}. Valid options are: user, project, local"
        )));
    }
    session_id(options, behaviour.session_id_with_resume)?;
    same_fallback(options, &profile.models, behaviour.fallback_same_model)?;
    if behaviour.checks_values {
        values(options, cwd)?;
    }
    if let Some(schema) = options
        .json_schema
        .as_deref()
        .filter(|_| !behaviour.checks_values)
        && serde_json::from_str::<serde_json::Value>(schema).is_err()
    {
        return Err(Stop::Error(not_json(schema)));
    }
    formats(options)
}

/// What some versions check before they have read the command line at all: the file after a word `--settings`.
pub(crate) fn check_words(args: &[String], profile: &Profile, cwd: &Path) -> Result<(), Stop> {
    if !profile.behaviour.late_checks {
        return Ok(());
    }
    let at = args.iter().position(|arg| arg == "--settings");
    let settings = at.and_then(|at| args.get(at + 1)).map(String::as_str);
    settings_file(
        settings.filter(|s| !s.is_empty()),
        profile.behaviour.settings_path,
        cwd,
    )
}

/// Values that are numbers, in the versions that say what is wrong with them.
fn numbers(options: &Options) -> Result<(), Stop> {
    let bad = |flag: &str, value: &str, rule: &str| {
        let text = format!("error: option '{flag}' argument '{value}' is invalid. {rule}");
        Err(Stop::error(&text))
    };
    if let Some(given) = &options.max_budget_given
        && options.max_budget.is_none()
    {
        return bad(
            "--max-budget-usd <amount>",
            given,
            "--max-budget-usd must be a number greater than 0",
        );
    }
    if let Some(given) = &options.max_turns_given
        && given.parse::<f64>().is_err()
    {
        return bad("--max-turns <turns>", given, "must be a number");
    }
    Ok(())
}

/// The same of what stands in files or is JSON.
fn values(options: &Options, cwd: &Path) -> Result<(), Stop> {
    for config in &options.mcp_configs {
        let json = serde_json::from_str::<serde_json::Value>(config).is_ok();
        if !json && !cwd.join(config).exists() {
            let path = cwd.join(config);
            return Err(Stop::error(format!(
                "Error: Invalid MCP configuration:\nMCP config file not found: {}",
                path.display()
            )));
        }
    }
    if let Some(schema) = &options.json_schema
        && serde_json::from_str::<serde_json::Value>(schema).is_err()
    {
        return Err(Stop::error(
            "Error: --json-schema is not valid JSON: JSON Parse error: Expected '}'",
        ));
    }
    Ok(())
}

/// Refuses to skip permissions for root outside of a sandbox.
pub(crate) fn refuse_root(options: &Options) -> Result<(), Stop> {
    let root = rustix::process::getuid().is_root();
    let sandbox = std::env::var_os("IS_SANDBOX").is_some_and(|v| v == "1");
    if options.named_mode() == Some("bypassPermissions") && root && !sandbox {
        return Err(Stop::error(
            "--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons",
        ));
    }
    Ok(())
}

fn session_id(options: &Options, rule: SessionIdRule) -> Result<(), Stop> {
    let Some(id) = &options.session_id else {
        return Ok(());
    };
    if options.resume != Resume::No {
        match rule {
            SessionIdRule::Never => {
                return Err(Stop::error(
                    "Error: --session-id cannot be used with --continue or --resume.",
                ));
            }
            SessionIdRule::ForkOnly if !options.fork => {
                return Err(Stop::error(
                    "Error: --session-id can only be used with --continue or --resume if --fork-session is also specified.",
                ));
            }
            SessionIdRule::Fork if !options.fork => {
                return Err(Stop::error(
                    "Error: --session-id with --continue or --resume also needs --fork-session.",
                ));
            }
            SessionIdRule::Fork | SessionIdRule::ForkOnly => {}
        }
    }
    if is_uuid(id) {
        Ok(())
    } else {
        Err(Stop::error(
            "Error: Invalid session ID. Must be a valid UUID.",
        ))
    }
}

fn same_fallback(options: &Options, models: &Models, rule: Refusal) -> Result<(), Stop> {
    let (Some(fallback), Some(model)) = (&options.fallback_model, &options.model) else {
        return Ok(());
    };
    if rule == Refusal::Refused && models.resolve(fallback) == models.resolve(model) {
        return Err(Stop::error(
            "Error: Fallback model cannot be the same as the main model. Please specify a different model for --fallback-model.",
        ));
    }
    Ok(())
}

fn settings_file(settings: Option<&str>, naming: SettingsPath, cwd: &Path) -> Result<(), Stop> {
    let Some(settings) = settings else {
        return Ok(());
    };
    let trimmed = settings.trim();
    let inline =
        trimmed.starts_with('{') && serde_json::from_str::<serde_json::Value>(trimmed).is_ok();
    if inline || cwd.join(settings).exists() {
        return Ok(());
    }
    if trimmed.starts_with('{') && trimmed.ends_with('}') {
        return Err(Stop::error("Error: Invalid JSON provided to --settings"));
    }
    let shown = match naming {
        SettingsPath::AsGiven => settings.to_owned(),
        SettingsPath::Resolved => cwd.join(settings).display().to_string(),
    };
    Err(Stop::error(format!(
        "Error: Settings file not found: {shown}"
    )))
}

fn formats(options: &Options) -> Result<(), Stop> {
    let stream = options.output == Output::StreamJson;
    let text = if options.input == Input::StreamJson && !stream {
        "Error: --input-format=stream-json requires output-format=stream-json."
    } else if options.replay && !(stream && options.input == Input::StreamJson) {
        "Error: --replay-user-messages requires both --input-format=stream-json and --output-format=stream-json."
    } else if options.partial && !stream {
        "Error: --include-partial-messages requires --print and --output-format=stream-json."
    } else {
        return Ok(());
    };
    Err(Stop::error(text))
}

/// Refuses stream-json without `--verbose`.
pub(crate) fn needs_verbose(options: &Options) -> Result<(), Stop> {
    if options.output != Output::StreamJson || options.verbose {
        return Ok(());
    }
    Err(Stop::error(
        "Error: When using --print, --output-format=stream-json requires --verbose",
    ))
}

/// The lines for stderr about `--add-dir` folders that are not there; the run goes on.
pub(crate) fn missing_directories(options: &Options, profile: &Profile, cwd: &Path) -> String {
    let mut text = String::new();
    if profile.behaviour.missing_add_dir == Lenience::Notice {
        for dir in options.add_dirs.iter().filter(|d| !cwd.join(d).exists()) {
            text.push_str(&format!("Path {dir} was not found.\n"));
        }
    }
    text
}
