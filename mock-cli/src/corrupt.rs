//! A global configuration that is no JSON (PROTOCOL 5.2).

use crate::argv::{Options, Output};
use crate::ids::Ids;
use crate::process::complain;
use crate::profile::{CorruptConfig, Profile};
use crate::template::{Vars, render, text};
use crate::time;
use crate::transcript::Home;
use serde_json::{Value, json};
use std::fs;

/// What a version does with it: the exit code, and a line or a text for stdout.
#[derive(Debug)]
pub(crate) struct Corrupt {
    pub(crate) code: i32,
    /// The result, in versions that write one to a stream.
    pub(crate) result: Value,
    /// What older versions, which want a terminal then, print.
    pub(crate) stdout: String,
}

/// Looks at the configuration; None where it can be read, or is not there. What is broken is kept beside.
pub(crate) fn check(
    profile: &Profile,
    home: &Home,
    options: &Options,
    ids: &mut Ids,
) -> Option<Corrupt> {
    let (file, config) = (&home.config_file, home.config());
    let content = config.text.as_ref().ok()?;
    if content.trim().is_empty() || config.value.is_some() {
        return None;
    }
    let fatal = profile.behaviour.corrupt_config == CorruptConfig::Fatal;
    let reason = if fatal {
        format!("JSON Parse error: {}", crate::v8::jsc_reason(content))
    } else {
        crate::v8::reason(content).0
    };
    let name = format!(".claude.json.corrupted.{}", time::now_ms());
    let copy = if fatal {
        home.config_dir.join("backups").join(name)
    } else {
        file.with_file_name(name)
    };
    let vars = Vars::new()
        .with("file", file.to_string_lossy().into_owned())
        .with("copy", copy.to_string_lossy().into_owned())
        .with("reason", reason);
    let notice = text(profile.text("config_corrupt"), &vars);
    if notice.contains(copy.to_string_lossy().as_ref()) {
        // What cannot be kept is lost without a word.
        let _ = copy.parent().map(fs::create_dir_all);
        let _ = fs::copy(file, &copy);
    }
    if !fatal {
        return Some(Corrupt {
            code: 0,
            result: Value::Null,
            stdout: notice,
        });
    }
    let error = text(profile.text("config_error"), &vars);
    complain(&format!("{notice}{error}\n"));
    let template = profile.message("result_startup");
    let tells = template.names("startup_failure_reason") && options.output == Output::StreamJson;
    let vars = Vars::new()
        .with("duration_ms", 0)
        .with("duration_api_ms", 0)
        .with("session_id", ids.uuid())
        .with("zero_usage", profile.zero_usage())
        .with("uuid", ids.uuid())
        .with("errors", vec![error])
        .with("startup_failure", "config_file_invalid")
        .with(
            "invalid_config_file",
            json!({"path": file.to_string_lossy(), "is_global": true, "backup_searched": true}),
        );
    Some(Corrupt {
        code: 1,
        result: if tells {
            render(&template, &vars)
        } else {
            Value::Null
        },
        stdout: String::new(),
    })
}
