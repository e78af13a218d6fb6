//! `Write`: a file gets a content.

use super::content::{Content, is_binary};
use super::edit::put;
use super::patch::patch;
use super::{By, Place};
use crate::engine::tools::Done;
use crate::profile::FileTexts;
use crate::protocol::tools::{File, WriteResult};
use crate::protocol::wire::{Nullable, Wire};
use crate::template::{Vars, text};
use serde_json::{Value, json};
use std::fs;
use std::io::ErrorKind;

/// What keeps a file from being written, before anybody is asked.
pub(super) fn objection(place: Place<'_>, input: &File) -> Option<String> {
    let path = input.file_path.as_deref().unwrap_or_default();
    let file = place.file(path);
    let about = match fs::metadata(&file) {
        Ok(about) => about,
        Err(error) => {
            let beyond = error.kind() == ErrorKind::NotADirectory;
            let said = place.says("write_beyond", path);
            return (beyond && !said.is_empty()).then_some(said);
        }
    };
    if about.is_dir() && !place.profile.text("write_folder").is_empty() {
        return Some(place.says("write_folder", path));
    }
    place.unseen(&file, true)
}

/// Writes a file.
pub(in crate::engine::tools) fn write(place: Place<'_>, input: &Value) -> (Done, Option<By>) {
    let input = File::at(input);
    let path = input.file_path.unwrap_or_default();
    let content = input.content.unwrap_or_default();
    let file = place.file(&path);
    let bytes = fs::read(&file).ok();
    let nul = place.profile.text("edit_nul");
    if bytes.as_deref().is_some_and(is_binary) && !nul.is_empty() {
        return (Done::failed(nul), None);
    }
    let before = bytes
        .as_deref()
        .map(|bytes| Content::of(place.profile, bytes));
    // A file in which nothing stands is none.
    let bytes = bytes.filter(|bytes| !bytes.is_empty());
    let before = before.filter(|_| bytes.is_some());
    let keeps = before
        .as_ref()
        .filter(|_| place.profile.toolbox.keeps_returns);
    let written = match keeps {
        Some(before) => before.bytes(&content),
        None => content.clone().into_bytes(),
    };
    if let Err(said) = put(&file, &written) {
        return (Done::failed(&said), None);
    }
    let lines: Vec<&str> = content.split('\n').collect();
    let vars = Vars::new()
        .with("path", path.as_str())
        .with("snippet", place.numbered(&lines, 1));
    let (name, kind) = match before {
        None => ("write_created", "create"),
        Some(_) => ("write_updated", "update"),
    };
    // Versions that keep the line ends tell of them.
    let original = match keeps {
        Some(_) => bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        None => before.as_ref().map(|before| before.text.clone()),
    };
    let patch = match &original {
        Some(old) => patch(old, &content),
        None => json!([]),
    };
    let tabs = place.profile.behaviour.file_texts == FileTexts::Tabs;
    let structured = WriteResult {
        kind: Some(kind.to_owned()),
        path: Some(path),
        content: Some(content),
        patch: Some(patch),
        original: Nullable::there(original),
        user_modified: tabs.then_some(false),
        ..WriteResult::default()
    };
    let said = text(place.profile.text(name), &vars);
    (Done::plain(said, structured.write()), Some(By::Written))
}
