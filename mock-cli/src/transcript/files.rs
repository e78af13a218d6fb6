//! Writing files with the modes and contents that the CLI gives them (PROTOCOL 5.2).

use super::Home;
use crate::ids::Ids;
use crate::json;
use crate::profile::{Backup, Files, Moment, Profile};
use crate::template::{Vars, render};
use crate::time;
use serde_json::{Map, Value};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Appends to a file, which is created with `mode`, and its folders with it.
pub(crate) fn append(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(mode);
    open_in_folder(path, &options)?.write_all(text.as_bytes())
}

/// Replaces a file in one step, as another process may read it at the same time.
fn replace(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".tmp.{}.{}", std::process::id(), time::now_ms()));
    let temporary = path.with_file_name(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    let mut file = open_in_folder(&temporary, &options)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Opens a file and makes its folders, which are there nearly always.
fn open_in_folder(path: &Path, options: &OpenOptions) -> io::Result<File> {
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            options.open(path)
        }
        opened => opened,
    }
}

/// Brings `.claude.json` up to date, with its backup: everything that is due by `moment`. Says whether it had all that
/// is ever due before, so that there is nothing left to do.
///
/// # Errors
/// Where HOME cannot be written.
pub(crate) fn write_config(
    home: &Home,
    profile: &Profile,
    cwd: &Path,
    moment: Moment,
    ids: &mut Ids,
) -> io::Result<bool> {
    let files = &profile.files;
    let again = files.rewrites && moment <= files.config_at;
    let found = home.config().object();
    if !again && found.is_some_and(|config| is_whole(config, files, cwd)) {
        return Ok(true);
    }
    // Others may have written it in the meantime.
    let old = match fs::read_to_string(&home.config_file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mut config = match old.as_deref().map(serde_json::from_str) {
        Some(Ok(Value::Object(config))) => config,
        _ => Map::new(),
    };
    if !again && is_whole(&config, files, cwd) {
        return Ok(true);
    }
    let now = time::now_ms();
    let vars = Vars::new()
        .with("timestamp", time::iso(now))
        .with("now_ms", now)
        .with("version", profile.version.as_str())
        .with("user_id", ids.hex(64))
        .with("machine_id", ids.hex(64));
    let mut whole = render(&files.config, &vars);
    if let Value::Object(config) = &mut whole
        && !files.project.is_null()
    {
        add_project(config, cwd, &files.project);
    }
    let complete = whole.as_object().is_none_or(|w| has_all(&config, w));
    let mut before = old.clone();
    if complete {
        sort_like(&mut config, &whole);
    } else {
        let mut add = |mut part: Value| {
            let had = config.clone();
            if let Value::Object(part) = part.take() {
                merge(&mut config, part);
            }
            sort_like(&mut config, &whole);
            if config != had && !had.is_empty() {
                before = Some(json::pretty(&Value::Object(had)));
            }
        };
        let mut base = whole.clone();
        for growth in &files.grows {
            remove(&mut base, &growth.pointer);
        }
        add(base);
        for growth in files.grows.iter().filter(|growth| growth.at <= moment) {
            add(part_of(&whole, &growth.pointer));
        }
    }
    let text = json::pretty(&Value::Object(config));
    if !again && old.as_deref() == Some(&text) {
        return Ok(complete);
    }
    let backup = match files.backup {
        Backup::Beside => Some(home.config_file.with_file_name(".claude.json.backup")),
        // Only the first run makes one.
        Backup::Backups => old.is_none().then(|| {
            home.config_dir
                .join(format!("backups/.claude.json.backup.{now}"))
        }),
    };
    if let Some(backup) = backup {
        let before =
            before.unwrap_or_else(|| json::pretty(&first_version(&whole, &files.first_config)));
        replace(&backup, files.mode, &before)?;
    }
    replace(&home.config_file, files.mode, &text)?;
    Ok(complete)
}

/// Writes the fixed files.
///
/// # Errors
/// Where the configuration folder cannot be written.
pub(crate) fn write_fixed(home: &Home, profile: &Profile) -> io::Result<()> {
    for extra in &profile.files.extra {
        replace(
            &home.config_dir.join(&extra.path),
            profile.files.mode,
            &json::pretty(&extra.json),
        )?;
    }
    Ok(())
}

/// Writes a session's todo list, for versions that keep one.
pub(crate) fn write_todos(
    home: &Home,
    profile: &Profile,
    session: &str,
    todos: &Value,
) -> io::Result<()> {
    if !profile.files.todos {
        return Ok(());
    }
    let mode = profile.files.plain_mode.unwrap_or(profile.files.mode);
    replace(&todo_file(home, session), mode, &json::pretty(todos))
}

/// A session's todo list; empty where it has none.
pub(crate) fn read_todos(home: &Home, session: &str) -> Value {
    let text = std::fs::read_to_string(todo_file(home, session));
    let list = text.ok().and_then(|text| serde_json::from_str(&text).ok());
    list.unwrap_or_else(|| Value::Array(Vec::new()))
}

fn todo_file(home: &Home, session: &str) -> std::path::PathBuf {
    home.config_dir
        .join(format!("todos/{session}-agent-{session}.json"))
}

/// Goes on with a session's debug log, for versions that keep one, and makes it the latest. (What the real one
/// says is for people; ours is a line of our own.)
pub(crate) fn write_debug(home: &Home, profile: &Profile, session: &str) -> io::Result<()> {
    if !profile.files.debug {
        return Ok(());
    }
    let folder = home.config_dir.join("debug");
    let log = folder.join(format!("{session}.txt"));
    let line = format!(
        "{} [DEBUG] mock-claude {}\n",
        time::iso(time::now_ms()),
        profile.version
    );
    append(
        &log,
        profile.files.plain_mode.unwrap_or(profile.files.mode),
        &line,
    )?;
    let latest = folder.join("latest");
    match fs::remove_file(&latest) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => std::os::unix::fs::symlink(&log, &latest),
    }
}

/// Adds what is not there yet, also in objects that are.
fn merge(config: &mut Map<String, Value>, fresh: Map<String, Value>) {
    for (key, value) in fresh {
        match (config.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (Some(_), _) => {}
            (None, value) => {
                config.insert(key, value);
            }
        }
    }
}

/// Whether there is nothing that [`merge`] would add.
fn has_all(config: &Map<String, Value>, fresh: &Map<String, Value>) -> bool {
    fresh
        .iter()
        .all(|(key, value)| match (config.get(key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => has_all(old, new),
            (found, _) => found.is_some(),
        })
}

/// Whether a configuration has all that it ever gets, whatever its values are.
fn is_whole(config: &Map<String, Value>, files: &Files, cwd: &Path) -> bool {
    let known = || config.get("projects")?.get(cwd.to_string_lossy().as_ref());
    let all = files.config.as_object();
    all.is_some_and(|all| has_all(config, all)) && (files.project.is_null() || known().is_some())
}

/// Gives keys the order that they have in a whole file; others follow.
fn sort_like(config: &mut Map<String, Value>, whole: &Value) {
    let mut sorted = Map::new();
    for key in whole.as_object().into_iter().flat_map(Map::keys) {
        sorted.extend(config.remove(key).map(|value| (key.clone(), value)));
    }
    sorted.append(config);
    *config = sorted;
}

/// What a JSON pointer names, alone in its objects.
fn part_of(whole: &Value, pointer: &str) -> Value {
    let mut part = whole.pointer(pointer).cloned().unwrap_or_default();
    for key in pointer
        .split('/')
        .skip(1)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
    {
        part = serde_json::json!({ key: part });
    }
    part
}

/// Removes what a JSON pointer names, and what is empty then.
fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        return;
    };
    let Some(Value::Object(map)) = value.pointer_mut(parent) else {
        return;
    };
    map.remove(key);
    if map.is_empty() {
        remove(value, parent);
    }
}

fn first_version(config: &Value, keys: &[String]) -> Value {
    let pick = |key: &String| Some((key.clone(), config.get(key)?.clone()));
    Value::Object(keys.iter().filter_map(pick).collect())
}

/// Notes a working folder under `projects`, keeping all else that the file holds.
///
/// # Errors
/// Where the file cannot be read or written.
pub(super) fn record_project(home: &Home, profile: &Profile, cwd: &Path) -> io::Result<()> {
    let mut config = match fs::read_to_string(&home.config_file) {
        Ok(text) => match serde_json::from_str(&text) {
            Ok(Value::Object(config)) => config,
            _ => Map::new(),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Map::new(),
        Err(error) => return Err(error),
    };
    add_project(&mut config, cwd, &Profile::all()[0].files.project);
    replace(
        &home.config_file,
        profile.files.mode,
        &json::pretty(&Value::Object(config)),
    )
}

fn add_project(config: &mut Map<String, Value>, cwd: &Path, entry: &Value) {
    let projects = config
        .entry("projects")
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(projects) = projects {
        projects
            .entry(cwd.to_string_lossy())
            .or_insert_with(|| entry.clone());
    }
}
