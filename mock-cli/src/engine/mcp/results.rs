//! What the model and the client are told of a tool's result.

use crate::engine::Engine;
use crate::protocol::mcp::{CallResult, Content};
use crate::time;
use serde_json::{Value, json};
use std::fs;

/// A result as it is told.
#[derive(Debug, Default)]
struct Told {
    blocks: Vec<Value>,
    /// Where there is more to read.
    links: Vec<Value>,
}

impl Engine {
    /// The content of a result for the model, and what the client gets beside it.
    pub(super) fn told_result(
        &mut self,
        server: &str,
        tool: &str,
        result: CallResult,
    ) -> (Value, Value) {
        let capability = self.setup.profile.mcp.results;
        if let Some(first) = result.first {
            return (first.clone(), first);
        }
        if let Some(data) = result.structured.filter(|_| capability > 1) {
            let text = data.to_string();
            let structured = match capability {
                2 => Value::from(text.as_str()),
                _ => json!({"content": text, "structuredContent": data}),
            };
            return (text.into(), structured);
        }
        let mut told = Told::default();
        for block in result.content.into_iter().flatten() {
            self.tell_block(server, &block, &mut told);
        }
        let blocks = Value::Array(told.blocks);
        if blocks == json!([]) && capability > 2 {
            return (format!("({tool} completed with no output)").into(), blocks);
        }
        let structured = match told.links.is_empty() || capability < 3 {
            true => blocks.clone(),
            false => json!({"content": blocks, "resourceLinks": told.links}),
        };
        (blocks, structured)
    }

    fn tell_block(&mut self, server: &str, block: &Content, told: &mut Told) {
        let files = self.setup.profile.mcp.results > 2;
        let text = |text: String| json!({"type": "text", "text": text});
        match block {
            Content::Text(own) => told.blocks.push(text(own.text.clone().unwrap_or_default())),
            Content::Image(image) => {
                let data = image.data.as_deref().unwrap_or_default();
                let mime = image.mime_type.as_deref().unwrap_or_default();
                told.blocks.push(match files {
                    true => json!({"type": "image", "source": {
                        "type": "base64", "media_type": mime, "data": data,
                    }}),
                    false => json!({"type": "image", "source": {
                        "data": data, "media_type": mime, "type": "base64",
                    }}),
                });
                if files {
                    let (_, file) = self.keep_blob(server, mime, data);
                    told.blocks.push(text(format!("[Image: source: {file}]")));
                }
            }
            Content::Audio(audio) if files => {
                let data = audio.data.as_deref().unwrap_or_default();
                let mime = audio.mime_type.as_deref().unwrap_or_default();
                let kept = self.kept_blob(server, mime, data);
                told.blocks
                    .push(text(format!("[Audio from {server}] {kept}")));
            }
            Content::Audio(_) => {}
            Content::Resource(embedded) => {
                let resource = embedded.resource.clone().unwrap_or_default();
                let part = |key: &str| resource.get(key).and_then(Value::as_str);
                let mime = part("mimeType").unwrap_or_default().to_owned();
                let said = match (part("text"), part("blob")) {
                    (Some(text), _) => text.to_owned(),
                    (None, Some(blob)) if files => self.kept_blob(server, &mime, blob),
                    (None, blob) => format!("Base64 data ({mime}) {}", blob.unwrap_or_default()),
                };
                let uri = part("uri").unwrap_or_default();
                told.blocks
                    .push(text(format!("[Resource from {server} at {uri}] {said}")));
            }
            Content::Link(link) => {
                let name = link.name.as_deref().unwrap_or_default();
                let uri = link.uri.as_deref().unwrap_or_default();
                let more = match &link.description {
                    Some(description) => format!(" ({description})"),
                    None => String::new(),
                };
                told.blocks
                    .push(text(format!("[Resource link: {name}] {uri}{more}")));
                let mut shown = json!({"uri": uri, "name": name});
                if let Some(description) = &link.description {
                    shown["description"] = description.as_str().into();
                }
                told.links.push(shown);
            }
            other => told.blocks.push(crate::protocol::wire::Wire::write(other)),
        }
    }

    /// Keeps what is no text, and says where.
    fn kept_blob(&mut self, server: &str, mime: &str, data: &str) -> String {
        let (size, file) = self.keep_blob(server, mime, data);
        format!("Binary content ({mime}, {size} bytes) saved to {file}")
    }

    /// Keeps what is no text in a file: its size, and the file.
    fn keep_blob(&mut self, server: &str, mime: &str, data: &str) -> (usize, String) {
        let setup = &mut self.setup;
        let folder = setup.home.project_dir(setup.profile, &setup.cwd);
        let folder = folder.join(&setup.session.id).join("tool-results");
        let name = format!(
            "mcp-{}-blob-{}-{}.{}",
            super::plain(server),
            time::now_ms(),
            setup.ids.word(6),
            ending(mime)
        );
        let (file, bytes) = (folder.join(name), decoded(data));
        // As with the transcript: what cannot be kept is lost without a word.
        let _ = fs::create_dir_all(&folder).and_then(|()| fs::write(&file, &bytes));
        (bytes.len(), file.to_string_lossy().into_owned())
    }
}

/// The ending of a file with such bytes.
fn ending(mime: &str) -> &'static str {
    match mime {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "audio/wav" => "wav",
        "audio/mpeg" => "mp3",
        "application/pdf" => "pdf",
        "application/json" => "json",
        "text/plain" => "txt",
        _ => "bin",
    }
}

/// Bytes from base64; characters that do not belong there are passed over.
fn decoded(data: &str) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = data
        .bytes()
        .filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte));
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0usize, 0);
    for digit in digits {
        bits = (bits << 6 | digit) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_with_and_without_padding() {
        assert_eq!(decoded("aGk="), b"hi");
        assert_eq!(decoded("aGk"), b"hi");
        assert_eq!(decoded("aGVsbG8h"), b"hello!");
        assert_eq!(decoded("/+8="), [0xff, 0xef]);
    }
}
