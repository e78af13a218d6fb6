//! `Read`: text, images, documents and notebooks.

use super::content::{Content, is_binary};
use super::{By, Place, image, notebook};
use crate::engine::tools::Done;
use crate::protocol::tools::{
    DocumentFile, DocumentRead, File, TextFile, TextRead, Unchanged, UnchangedRead,
};
use crate::protocol::wire::Wire;
use crate::template::{Vars, text};
use serde_json::{Value, json};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Larger files are not read without a limit, in bytes.
const LARGE: u64 = 256 * 1024;

/// Endings of files that no version takes for text.
const BINARIES: [&str; 74] = [
    "exe", "dll", "so", "dylib", "bin", "obj", "class", "jar", "war", "zip", "tar", "gz", "bz2",
    "7z", "rar", "xz", "z", "tgz", "iso", "mp3", "mp4", "m4v", "mpg", "mpeg", "avi", "mov", "mkv",
    "webm", "wmv", "flv", "wav", "flac", "ogg", "m4a", "wma", "aac", "aiff", "opus", "doc", "docx",
    "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "ttf", "otf", "woff", "woff2", "eot", "db",
    "sqlite", "sqlite3", "mdb", "idx", "pyc", "pyo", "rlib", "swf", "fla", "psd", "ai", "eps",
    "dat", "deb", "rpm", "msi", "blend", "sketch", "fig", "xd", "app",
];

/// What keeps a file from being read, before anybody is asked.
pub(super) fn objection(place: Place<'_>, input: &File) -> Option<Done> {
    let path = input.file_path.as_deref()?;
    let file = place.file(path);
    let ending = ending(path);
    let toolbox = &place.profile.toolbox;
    if toolbox.looks_first && !file.exists() {
        return Some(Done::failed(&place.says("read_missing", path)));
    }
    let is = |known: &[String]| known.contains(&ending);
    let said = if (BINARIES.contains(&ending.as_str()) || is(&toolbox.binaries)) && file.is_file() {
        let vars = Vars::new().with("ending", format!(".{ending}"));
        text(place.profile.text("read_binary"), &vars)
    } else if is(&toolbox.images) && !toolbox.checks_images && size(&file) == Some(0) {
        "Empty image files cannot be processed.".to_owned()
    } else if !file.exists() {
        // Where the text is marked it comes from the check of the call, which nobody is asked about.
        let said = place.says("read_missing", path);
        return said
            .starts_with("<tool_use_error>")
            .then(|| Done::failed(&said));
    } else {
        return None;
    };
    Some(Done::uncalled(&said, format!("Error: {said}")))
}

/// Reads a file.
pub(in crate::engine::tools) fn read(place: Place<'_>, input: &Value) -> (Done, Option<By>) {
    let input = File::at(input);
    let path = input.file_path.clone().unwrap_or_default();
    let file = place.file(&path);
    let bytes = match fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) => {
            let name = match error.kind() {
                ErrorKind::IsADirectory => "read_folder",
                _ => "read_missing",
            };
            return (Done::failed(&place.says(name, &path)), None);
        }
    };
    let ending = ending(&path);
    let whole = Some(By::Read {
        offset: 1,
        limit: None,
        whole: true,
    });
    if place.profile.toolbox.images.contains(&ending) {
        return (image::shown(place, &path, &ending, &bytes), whole);
    }
    match ending.as_str() {
        "pdf" => (document(place, &path, &bytes), whole),
        "ipynb" => (notebook::shown(place, &path, &bytes), whole),
        _ => lines(place, &input, &path, &file, &bytes),
    }
}

/// A part of a text.
fn lines(
    place: Place<'_>,
    input: &File,
    path: &str,
    file: &Path,
    bytes: &[u8],
) -> (Done, Option<By>) {
    let odd = place.profile.toolbox.ignores_odd_ranges;
    let number = |given: &Option<serde_json::Number>| given.as_ref().and_then(|n| n.as_i64());
    let offset = number(&input.offset)
        .filter(|n| !odd || *n >= 0)
        .unwrap_or(1);
    let limit = number(&input.limit).filter(|n| !odd || *n > 0);
    if limit.is_none() && bytes.len() as u64 > LARGE {
        let vars = Vars::new().with("size", kilobytes(bytes.len()));
        return (
            Done::failed(&text(place.profile.text("read_large"), &vars)),
            None,
        );
    }
    let seen = |by: &By| place.known.get(file).is_some_and(|seen| seen.by == *by);
    let content = Content::of(place.profile, bytes);
    let lines: Vec<&str> = content.text.split('\n').collect();
    let from = position(if offset == 0 { 0 } else { offset - 1 }, lines.len());
    let to = limit.map_or(lines.len(), |limit| {
        position(from_end(offset, lines.len()) + limit, lines.len())
    });
    let shown = lines.get(from..to.max(from)).unwrap_or_default();
    let by = By::Read {
        offset,
        limit,
        whole: shown.len() == lines.len(),
    };
    let unchanged = place.profile.text("read_unchanged");
    let fresh = !place
        .known
        .get(file)
        .is_some_and(|seen| seen.is_stale(file));
    if !unchanged.is_empty() && seen(&by) && fresh {
        let structured = UnchangedRead {
            kind: Some("file_unchanged".into()),
            file: Some(Unchanged {
                path: Some(path.to_owned()),
                ..Unchanged::default()
            }),
            ..UnchangedRead::default()
        };
        return (Done::plain(unchanged, structured.write()), Some(by));
    }
    let text = shown.join("\n");
    let said = if text.is_empty() {
        let name = match content.text.is_empty() {
            true => "read_empty",
            false => "read_beyond",
        };
        place.profile.text(name).to_owned()
    } else {
        let note = match is_binary(bytes) {
            true => place.profile.text("read_nul"),
            false => "",
        };
        let reminder = place.profile.text("read_reminder");
        format!("{}{note}{reminder}", place.numbered(shown, offset))
    };
    let structured = TextRead {
        kind: Some("text".into()),
        file: Some(TextFile {
            path: Some(path.to_owned()),
            content: Some(text),
            lines: Some(shown.len() as u64),
            start: Some(offset.into()),
            total: Some(lines.len() as u64),
            ..TextFile::default()
        }),
        ..TextRead::default()
    };
    (Done::plain(said, structured.write()), Some(by))
}

/// Where the lines begin, which may be counted from the end.
fn from_end(offset: i64, lines: usize) -> i64 {
    let at = if offset == 0 { 0 } else { offset - 1 };
    i64::try_from(position(at, lines)).unwrap_or(i64::MAX)
}

/// A place among lines; one below zero counts from their end.
fn position(at: i64, lines: usize) -> usize {
    let all = i64::try_from(lines).unwrap_or(i64::MAX);
    let at = if at < 0 { all + at } else { at };
    usize::try_from(at.clamp(0, all)).unwrap_or(lines)
}

/// Bytes as kilobytes with one digit, if it is not zero.
fn kilobytes(bytes: usize) -> String {
    let tenths = (bytes * 10 + 512) / 1024;
    match tenths % 10 {
        0 => format!("{}KB", tenths / 10),
        digit => format!("{}.{digit}KB", tenths / 10),
    }
}

/// A document, as the model gets it.
fn document(place: Place<'_>, path: &str, bytes: &[u8]) -> Done {
    if place.profile.toolbox.checks_images && !bytes.starts_with(b"%PDF-") {
        return Done::failed(&format!(
            "File is not a valid PDF (missing %PDF- header): {path}"
        ));
    }
    let data = image::base64(bytes);
    let said = format!("PDF file read: {path} ({} bytes)", bytes.len());
    let block = json!({"type": "document", "source": {
        "type": "base64", "media_type": "application/pdf", "data": data,
    }});
    let structured = DocumentRead {
        kind: Some("pdf".into()),
        file: Some(DocumentFile {
            path: Some(path.to_owned()),
            base64: Some(data),
            size: Some(bytes.len() as u64),
            ..DocumentFile::default()
        }),
        ..DocumentRead::default()
    }
    .write();
    if place.profile.toolbox.documents_inside {
        return Done::plain(json!([{"type": "text", "text": said}, block]), structured);
    }
    Done {
        behind: Some(block),
        ..Done::plain(said, structured)
    }
}

/// What stands behind the last dot of a name, in small letters.
fn ending(path: &str) -> String {
    let ending = Path::new(path).extension();
    ending.map_or_else(String::new, |e| e.to_string_lossy().to_lowercase())
}

fn size(file: &Path) -> Option<u64> {
    fs::metadata(file).ok().map(|about| about.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As 1.0.108 counts.
    #[test]
    fn a_place_below_zero_counts_from_the_end() {
        assert_eq!(position(-2, 4), 2);
        assert_eq!(position(9, 4), 4);
        assert_eq!(position(-9, 4), 0);
    }

    #[test]
    fn sizes_have_a_digit_only_if_it_is_not_zero() {
        assert_eq!(kilobytes(300_000), "293KB");
        assert_eq!(kilobytes(628_890), "614.2KB");
    }
}
