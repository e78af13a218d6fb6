//! Notebooks: `Read` shows their cells, `NotebookEdit` changes one.

use super::edit::{held, put};
use super::{By, Place};
use crate::engine::tools::Done;
use crate::ids::Ids;
use crate::profile::FileTexts;
use crate::protocol::notebook::{
    Cell, Notebook, NotebookEdit, NotebookEdited, NotebookFile, NotebookRead, Output, ShownCell,
    ShownImage, ShownOutput,
};
use crate::protocol::wire::{Nullable, Object, Wire};
use crate::v8;
use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Value, json};
use std::fs;

/// Whether a file is named like a notebook.
pub(super) fn is(path: &str) -> bool {
    path.ends_with(".ipynb")
}

/// What comes of reading a notebook.
pub(super) fn shown(place: Place<'_>, path: &str, bytes: &[u8]) -> Done {
    let text = String::from_utf8_lossy(bytes);
    let newer = place.profile.behaviour.file_texts == FileTexts::Tabs;
    let Ok(value) = serde_json::from_str(&text) else {
        return Done::failed(&match newer {
            true => format!(
                "Notebook file is not valid JSON (it may be truncated, corrupted, or still being written): JSON Parse error: {}",
                v8::jsc_reason(&text)
            ),
            false => v8::reason(&text).0,
        });
    };
    let notebook = Notebook::of(crate::protocol::wire::object(value));
    let language = language(&notebook);
    let cells: Vec<ShownCell> = notebook
        .cells
        .iter()
        .flatten()
        .enumerate()
        .map(|(at, cell)| shown_cell(at, cell, &language))
        .collect();
    let mut blocks: Vec<Value> = Vec::new();
    for cell in &cells {
        add_text(&mut blocks, &cell_text(cell));
        for output in cell.outputs.iter().flatten() {
            if let Some(text) = output.text.as_deref().filter(|text| !text.is_empty()) {
                add_text(&mut blocks, &format!("\n{text}"));
            }
            if let Some(image) = &output.image {
                blocks.push(json!({"type": "image", "source": {
                    "data": image.data, "media_type": image.media, "type": "base64",
                }}));
            }
        }
    }
    let structured = NotebookRead {
        kind: Some("notebook".into()),
        file: Some(NotebookFile {
            path: Some(path.to_owned()),
            cells: Some(cells),
            ..NotebookFile::default()
        }),
        ..NotebookRead::default()
    };
    let content: Value = match blocks.is_empty() && newer {
        true => "(Read completed with no output)".into(),
        false => blocks.into(),
    };
    Done::plain(content, structured.write())
}

/// Adds a text, to the text before if there is one.
fn add_text(blocks: &mut Vec<Value>, text: &str) {
    if let Some(Value::Object(last)) = blocks.last_mut()
        && let Some(Value::String(before)) = last.get_mut("text")
    {
        before.push('\n');
        before.push_str(text);
    } else {
        blocks.push(json!({"text": text, "type": "text"}));
    }
}

fn cell_text(cell: &ShownCell) -> String {
    let word = |word: &Option<String>| word.clone().unwrap_or_default();
    let (id, kind, source) = (word(&cell.id), word(&cell.kind), word(&cell.source));
    let mut about = String::new();
    if kind != "code" {
        about += &format!("<cell_type>{kind}</cell_type>");
    }
    if let Some(language) = cell.language.as_deref().filter(|name| *name != "python") {
        about += &format!("<language>{language}</language>");
    }
    format!("<cell id=\"{id}\">{about}{source}</cell id=\"{id}\">")
}

fn shown_cell(at: usize, cell: &Cell, language: &str) -> ShownCell {
    let code = cell.kind.as_deref() == Some("code");
    let outputs: Vec<ShownOutput> = cell.outputs.iter().flatten().map(shown_output).collect();
    ShownCell {
        kind: cell.kind.clone(),
        source: Some(joined(cell.source.as_ref())),
        count: cell.count.value().copied().filter(|_| code),
        id: Some(cell.id.clone().unwrap_or_else(|| format!("cell-{at}"))),
        language: code.then(|| language.to_owned()),
        outputs: (code && !outputs.is_empty()).then_some(outputs),
        ..ShownCell::default()
    }
}

fn shown_output(output: &Output) -> ShownOutput {
    let form = |name: &str| output.data.as_ref().and_then(|data| data.get(name));
    let image = |name: &str| {
        let data = joined(form(name)).split_whitespace().collect::<String>();
        (!data.is_empty()).then(|| ShownImage {
            data: Some(data),
            media: Some(name.to_owned()),
            ..ShownImage::default()
        })
    };
    let text = match output.kind.as_deref() {
        Some("stream") => Some(joined(output.text.as_ref())),
        Some("execute_result" | "display_data") => {
            form("text/plain").map(|text| joined(Some(text)))
        }
        Some("error") => {
            let word = |word: &Option<String>| word.clone().unwrap_or_default();
            let trace = output.traceback.clone().unwrap_or_default().join("\n");
            Some(format!(
                "{}: {}\n{trace}",
                word(&output.ename),
                word(&output.evalue)
            ))
        }
        _ => None,
    };
    ShownOutput {
        kind: output.kind.clone(),
        text,
        image: image("image/png").or_else(|| image("image/jpeg")),
        ..ShownOutput::default()
    }
}

/// A text that stands there as a whole or in parts.
fn joined(text: Option<&Value>) -> String {
    match text {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

fn language(notebook: &Notebook) -> String {
    let metadata = notebook.metadata.as_ref();
    let language = metadata.and_then(|metadata| metadata.language.as_ref());
    let name = language.and_then(|language| language.name.clone());
    name.unwrap_or_else(|| "python".to_owned())
}

/// What keeps a cell from being changed, before anybody is asked.
pub(super) fn objection(place: Place<'_>, input: &Value) -> Option<String> {
    let input = NotebookEdit::at(input);
    let path = input.path.as_deref().unwrap_or_default();
    let file = place.file(path);
    let inserts = input.mode.as_deref() == Some("insert");
    if !is(path) {
        return Some("File must be a Jupyter notebook (.ipynb file). For editing other file types, use the FileEdit tool.".to_owned());
    }
    if inserts && input.kind.is_none() {
        return Some("Cell type is required when using edit_mode=insert.".to_owned());
    }
    if !place.profile.toolbox.changes_unread_notebooks {
        match place.known.get(&file) {
            None => return Some(super::UNREAD.to_owned()),
            Some(seen) if seen.differs(&file) => return Some(super::STALE.to_owned()),
            Some(_) => {}
        }
    }
    let Ok(text) = fs::read_to_string(&file) else {
        return Some("Notebook file does not exist.".to_owned());
    };
    let Ok(value) = serde_json::from_str::<Value>(&text) else {
        return Some("Notebook is not valid JSON.".to_owned());
    };
    let notebook = Notebook::at(&value);
    let Some(id) = &input.cell else {
        return (!inserts)
            .then(|| "Cell ID must be specified when not inserting a new cell.".to_owned());
    };
    if find(&notebook, id).is_some() {
        return None;
    }
    Some(match place_of(id) {
        Some(at) => format!("Cell with index {at} does not exist in notebook."),
        None => format!("Cell with ID \"{id}\" not found in notebook."),
    })
}

/// Where a cell stands.
fn find(notebook: &Notebook, id: &str) -> Option<usize> {
    let mut cells = notebook.cells.iter().flatten();
    let count = cells.clone().count();
    let by_id = cells.position(|cell| cell.id.as_deref() == Some(id));
    by_id.or_else(|| place_of(id).filter(|at| *at < count))
}

/// The place that a name such as `cell-2` speaks of.
fn place_of(id: &str) -> Option<usize> {
    id.strip_prefix("cell-")?.parse().ok()
}

/// Changes a cell.
pub(in crate::engine::tools) fn edit(
    place: Place<'_>,
    input: &Value,
    ids: &mut Ids,
) -> (Done, Option<By>) {
    let input = NotebookEdit::at(input);
    let file = place.file(input.path.as_deref().unwrap_or_default());
    let text = match held(&file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(said) => return (Done::failed(&said), None),
    };
    let value = serde_json::from_str::<Value>(&text).unwrap_or_default();
    let mut notebook = Notebook::at(&value);
    let at = input.cell.as_deref().and_then(|id| find(&notebook, id));
    let source = input.source.clone().unwrap_or_default();
    let mode = input.mode.clone().unwrap_or_else(|| "replace".to_owned());
    let newer = place.profile.behaviour.file_texts == FileTexts::Tabs;
    let has_ids = (notebook.major, notebook.minor) >= (Some(4), Some(5));
    let cells = notebook.cells.get_or_insert_default();
    let mut id = input.cell.clone();
    let mut old = None;
    match (mode.as_str(), at) {
        ("insert", at) => {
            let new = if newer { ids.hex(8) } else { ids.word(11) };
            id = has_ids.then_some(new);
            let cell = new_cell(input.kind.as_deref(), id.clone(), &source);
            cells.insert(at.map_or(0, |at| at + 1).min(cells.len()), cell);
        }
        ("delete", Some(at)) => old = Some(joined(cells.remove(at).source.as_ref())),
        (_, Some(at)) => {
            let cell = &mut cells[at];
            old = Some(joined(cell.source.as_ref()));
            cell.source = Some(source.as_str().into());
            if cell.kind.as_deref() == Some("code") {
                cell.count = Nullable::Null;
                cell.outputs = Some(Vec::new());
            }
            if let Some(kind) = &input.kind {
                cell.kind = Some(kind.clone());
            }
        }
        _ => {}
    }
    let updated = one_space(&notebook.write());
    if let Err(said) = put(&file, updated.as_bytes()) {
        return (Done::failed(&said), None);
    }
    let shown = id.clone().unwrap_or_else(|| "undefined".to_owned());
    let said = match mode.as_str() {
        "insert" => format!("Inserted cell {shown} with {source}"),
        "delete" => format!("Deleted cell {shown}"),
        _ => format!("Updated cell {shown} with {source}"),
    };
    let structured = NotebookEdited {
        new_source: Some(source),
        old_source: old.filter(|_| newer),
        kind: Some(input.kind.unwrap_or_else(|| "code".to_owned())),
        language: Some(language(&notebook)),
        mode: Some(mode),
        cell: id,
        error: Some(String::new()),
        path: Some(file.to_string_lossy().into_owned()),
        original: Some(text),
        updated: Some(updated),
        ..NotebookEdited::default()
    };
    (Done::plain(said, structured.write()), Some(By::Written))
}

fn new_cell(kind: Option<&str>, id: Option<String>, source: &str) -> Cell {
    let code = kind == Some("code");
    Cell {
        kind: kind.map(str::to_owned),
        id,
        source: Some(source.into()),
        metadata: Some(Object::new()),
        count: if code {
            Nullable::Null
        } else {
            Nullable::Absent
        },
        outputs: code.then(Vec::new),
        ..Cell::default()
    }
}

/// JSON as notebooks have it.
fn one_space(value: &Value) -> String {
    let mut out = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut out, PrettyFormatter::with_indent(b" "));
    match value.serialize(&mut serializer) {
        Ok(()) => String::from_utf8_lossy(&out).into_owned(),
        Err(_) => value.to_string(),
    }
}
