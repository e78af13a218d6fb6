//! Which projects have a history.

use super::encode::Encoding;
use super::{Failure, Places};
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use std::fs;
use std::io;

/// The answer of `GET /api/projects`.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(in super::super) struct Projects {
    projects: Vec<Project>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Project {
    path: String,
    encoded_name: String,
}

/// The keys of `projects` in `.claude.json` that have a folder of transcripts, in the file's order.
pub(in super::super) fn projects(
    encoding: Encoding,
    cold_is_an_error: bool,
) -> Result<Projects, Failure> {
    let places = Places::find();
    let failed = || Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "Failed to read projects");
    let text = match fs::read(&places.config) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !cold_is_an_error => {
            return Ok(Projects::default());
        }
        Err(_) => return Err(failed()),
    };
    let config: Value = serde_json::from_slice(&text).map_err(|_| failed())?;
    let Some(known) = config.get("projects").and_then(Value::as_object) else {
        return Ok(Projects::default());
    };
    let found = known.keys().filter_map(|path| {
        let names = encoding.names(path).into_iter();
        let encoded_name = names
            .into_iter()
            .find(|name| places.projects.join(name).is_dir())?;
        Some(Project {
            path: path.clone(),
            encoded_name,
        })
    });
    Ok(Projects {
        projects: found.collect(),
    })
}
