//! Notebooks as they stand in files, and as tools tell of them.

use super::wire::{Nullable, Object, wire};
use serde_json::Value;

wire! {
    /// A notebook.
    pub struct Notebook {
        /// Its cells.
        cells: Option<Vec<Cell>>,
        /// What is said of all of it.
        metadata: Option<Metadata>,
        /// The version of its format.
        major as "nbformat": Option<u64>,
        /// The smaller number of that version.
        minor as "nbformat_minor": Option<u64>,
    }

    /// What is said of a notebook.
    pub struct Metadata {
        /// The language of its code.
        language as "language_info": Option<Language>,
    }

    /// A language.
    pub struct Language {
        /// Its name.
        name: Option<String>,
    }

    /// A cell.
    pub struct Cell {
        /// `code`, `markdown` or `raw`.
        kind as "cell_type": Option<String>,
        /// Its id, in newer formats.
        id: Option<String>,
        /// Its text: whole, or line by line.
        source: Option<Value>,
        /// What is said of it.
        metadata: Option<Object>,
        /// How often it ran.
        count as "execution_count": Nullable<u64>,
        /// What came of it.
        outputs: Option<Vec<Output>>,
    }

    /// What came of a cell.
    pub struct Output {
        /// `stream`, `execute_result`, `display_data` or `error`.
        kind as "output_type": Option<String>,
        /// What a stream said.
        text: Option<Value>,
        /// A result, by its forms.
        data: Option<Object>,
        /// The name of an error.
        ename: Option<String>,
        /// Its text.
        evalue: Option<String>,
        /// Where it came from.
        traceback: Option<Vec<String>>,
    }

    /// What came of reading a notebook.
    pub struct NotebookRead {
        /// `notebook`.
        kind as "type": Option<String>,
        /// The file.
        file: Option<NotebookFile>,
    }

    /// A notebook that was read.
    pub struct NotebookFile {
        /// The file.
        path as "filePath": Option<String>,
        /// Its cells.
        cells: Option<Vec<ShownCell>>,
    }

    /// A cell that was read.
    pub struct ShownCell {
        /// What it is.
        kind as "cellType": Option<String>,
        /// Its text.
        source: Option<String>,
        /// How often it ran.
        count as "execution_count": Option<u64>,
        /// Its id, or its place.
        id as "cell_id": Option<String>,
        /// The language of code.
        language: Option<String>,
        /// What came of it.
        outputs: Option<Vec<ShownOutput>>,
    }

    /// What came of a cell that was read.
    pub struct ShownOutput {
        /// What it is.
        kind as "output_type": Option<String>,
        /// Its text.
        text: Option<String>,
        /// Its picture.
        image: Option<ShownImage>,
    }

    /// A picture that came of a cell.
    pub struct ShownImage {
        /// Its bytes in base64.
        data as "image_data": Option<String>,
        /// What it is.
        media as "media_type": Option<String>,
    }

    /// The input of `NotebookEdit`.
    pub struct NotebookEdit {
        /// The file.
        path as "notebook_path": Option<String>,
        /// The cell, by its id or its place.
        cell as "cell_id": Option<String>,
        /// Its new text.
        source as "new_source": Option<String>,
        /// What it becomes.
        kind as "cell_type": Option<String>,
        /// `replace`, `insert` or `delete`.
        mode as "edit_mode": Option<String>,
    }

    /// What came of `NotebookEdit`.
    pub struct NotebookEdited {
        /// The new text.
        new_source: Option<String>,
        /// The text before.
        old_source: Option<String>,
        /// What the cell was to be.
        kind as "cell_type": Option<String>,
        /// The language of the notebook.
        language: Option<String>,
        /// What was done.
        mode as "edit_mode": Option<String>,
        /// The cell.
        cell as "cell_id": Option<String>,
        /// What went wrong.
        error: Option<String>,
        /// The file.
        path as "notebook_path": Option<String>,
        /// What stood in it.
        original as "original_file": Option<String>,
        /// What stands in it now.
        updated as "updated_file": Option<String>,
    }
}
