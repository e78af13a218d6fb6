//! Images, as the model sees them.

use super::Place;
use crate::engine::tools::Done;
use crate::protocol::tools::{Dimensions, ImageFile, ImageRead};
use crate::protocol::wire::Wire;
use crate::template::{Vars, text};
use serde_json::json;

/// What comes of reading an image.
pub(super) fn shown(place: Place<'_>, path: &str, ending: &str, bytes: &[u8]) -> Done {
    let found = kind(bytes);
    if place.profile.toolbox.checks_images {
        if bytes.is_empty() {
            return Done::failed(&format!("Image file is empty: {path}"));
        }
        if found.is_none() {
            let hex: Vec<String> = bytes.iter().take(8).map(|b| format!("{b:02x}")).collect();
            let vars = Vars::new().with("path", path).with("hex", hex.join(" "));
            return Done::failed(&text(place.profile.text("read_no_image"), &vars));
        }
    }
    let by_name = match ending {
        "jpg" => "jpeg",
        ending => ending,
    };
    let media = format!("image/{}", found.unwrap_or(by_name));
    let data = base64(bytes);
    let dimensions = size(bytes).map(|(width, height)| Dimensions {
        original_width: Some(width),
        original_height: Some(height),
        display_width: Some(width),
        display_height: Some(height),
        ..Dimensions::default()
    });
    let structured = ImageRead {
        kind: Some("image".into()),
        file: Some(ImageFile {
            base64: Some(data.clone()),
            media: Some(media.clone()),
            size: Some(bytes.len() as u64),
            dimensions,
            ..ImageFile::default()
        }),
        ..ImageRead::default()
    };
    let block = json!({"type": "image", "source": {
        "type": "base64", "data": data, "media_type": media,
    }});
    Done::plain(json!([block]), structured.write())
}

/// What kind of image begins like this.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("png"),
        [0xff, 0xd8, 0xff, ..] => Some("jpeg"),
        [b'G', b'I', b'F', ..] => Some("gif"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("webp"),
        _ => None,
    }
}

/// Width and height.
fn size(bytes: &[u8]) -> Option<(u64, u64)> {
    let number = |part: &[u8]| part.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let at = |from: usize, n: usize| bytes.get(from..from + n).map(number);
    let turned = |from: usize| Some(at(from, 1)? | at(from + 1, 1)? << 8);
    match kind(bytes)? {
        "png" => Some((at(16, 4)?, at(20, 4)?)),
        "gif" => Some((turned(6)?, turned(8)?)),
        "jpeg" => {
            let mut from = 2;
            loop {
                let (mark, length) = (at(from + 1, 1)?, at(from + 2, 2)?);
                if (0xc0..=0xcf).contains(&mark) && ![0xc4, 0xc8, 0xcc].contains(&mark) {
                    return Some((at(from + 7, 2)?, at(from + 5, 2)?));
                }
                from += 2 + usize::try_from(length).ok()?;
            }
        }
        _ => None,
    }
}

/// Bytes in base64.
pub(in crate::engine) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for part in bytes.chunks(3) {
        let byte = |at: usize| u32::from(part.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = usize::try_from(bits >> (18 - 6 * at) & 63).unwrap_or(0);
            text.push(if at <= part.len() {
                char::from(DIGITS[digit])
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_three_at_a_time() {
        assert_eq!(base64(b"Man"), "TWFu");
        assert_eq!(base64(b"Ma"), "TWE=");
        assert_eq!(base64(b"M"), "TQ==");
        assert_eq!(base64(b""), "");
    }

    #[test]
    fn images_tell_their_size() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0\0\0\0\x02";
        assert_eq!(size(png), Some((256, 2)));
        assert_eq!(size(b"GIF89a\x05\0\x06\x01"), Some((5, 262)));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x0b\x08\0\x07\0\x09\x01";
        assert_eq!(size(jpeg), Some((9, 7)));
        assert_eq!(size(b"no image"), None);
    }
}
