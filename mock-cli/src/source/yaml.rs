//! YAML, read with the place of each value.

use super::tree::{DEEPEST, Data, Fault, Tree, insert};
use crate::order::SortedMap;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::Number;

/// How many values aliases may repeat: a few of them, each of the one before, are more than any memory holds.
const MOST_REPEATED: usize = 10_000;

/// Reads a text that is one document.
pub(super) fn parse(text: &str) -> Result<Tree, Fault> {
    let mut reader = Reader {
        text,
        events: Parser::new_from_str(text),
        seen: (0, 0),
        anchors: SortedMap::new(),
        repeated: 0,
    };
    let mut root = None;
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
            Event::StreamEnd => break,
            _ if root.is_some() => {
                let message = "expected one YAML document, found a second one";
                return Err(Fault::new(message, reader.byte(span.start.index())));
            }
            event => root = Some(reader.value(event, span, 0)?),
        }
    }
    root.ok_or_else(|| Fault::new("expected one YAML document, found none", 0))
}

struct Reader<'t> {
    text: &'t str,
    events: Parser<'t, saphyr_parser::StrInput<'t>>,
    /// A character that was looked for, and its byte: places come in order, nearly.
    seen: (usize, usize),
    /// What has a name by which it can be repeated.
    anchors: SortedMap<usize, Tree>,
    repeated: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, Fault> {
        match self.events.next() {
            None => Ok(None),
            Some(Ok(event)) => Ok(Some(event)),
            Some(Err(error)) => Err(self.broken(&error)),
        }
    }

    fn broken(&mut self, error: &ScanError) -> Fault {
        let at = self.byte(error.marker().index());
        Fault::new(format!("this is not YAML: {}", error.info()), at)
    }

    /// Where a character stands.
    fn byte(&mut self, character: usize) -> usize {
        let (known, at) = match self.seen {
            (known, at) if known <= character => (known, at),
            _ => (0, 0),
        };
        let mut rest = self.text[at..].char_indices();
        let byte = rest
            .nth(character - known)
            .map_or(self.text.len(), |(byte, _)| at + byte);
        self.seen = (character, byte);
        if byte == self.text.len() {
            self.seen = (0, 0);
        }
        byte
    }

    fn value(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Tree, Fault> {
        let start = self.byte(span.start.index());
        if depth > DEEPEST {
            return Err(Fault::new("the values stand too deep in each other", start));
        }
        let mut end = self.byte(span.end.index());
        let (anchor, data) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, scalar(&text, style, tag.as_deref()))
            }
            Event::SequenceStart(anchor, _) => {
                let mut list = Vec::new();
                loop {
                    match self.within()? {
                        (Event::SequenceEnd, span) => {
                            end = self.byte(span.end.index());
                            break (anchor, Data::List(list));
                        }
                        (event, span) => list.push(self.value(event, span, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(anchor, _) => {
                let mut map = Vec::new();
                loop {
                    match self.within()? {
                        (Event::MappingEnd, span) => {
                            end = self.byte(span.end.index());
                            break (anchor, Data::Map(map));
                        }
                        (event, span) => {
                            let key = self.value(event, span, depth + 1)?;
                            let (event, span) = self.within()?;
                            let value = self.value(event, span, depth + 1)?;
                            insert(&mut map, key, value)?;
                        }
                    }
                }
            }
            Event::Alias(anchor) => {
                let Some(tree) = self.anchors.get(&anchor) else {
                    return Err(Fault::new("a value cannot be within itself", start));
                };
                self.repeated += tree.size();
                if self.repeated > MOST_REPEATED {
                    return Err(Fault::new("aliases repeat too much here", start));
                }
                (0, tree.data.clone())
            }
            _ => return Err(Fault::new("expected a value", start)),
        };
        let tree = Tree { data, start, end };
        if anchor > 0 {
            self.anchors.insert(anchor, tree.clone());
        }
        Ok(tree)
    }

    /// The next event, where there must be one.
    fn within(&mut self) -> Result<(Event<'t>, Span), Fault> {
        let end = self.text.len();
        self.next()?
            .ok_or_else(|| Fault::new("this is not YAML: it breaks off", end))
    }
}

/// What a scalar says, by the core schema of YAML 1.2.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Data {
    let of_text = || Data::Text(text.to_owned());
    if style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix == "str") {
        return of_text();
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "true" | "True" | "TRUE" => return Data::Boolean(true),
        "false" | "False" | "FALSE" => return Data::Boolean(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return of_text();
    }
    number(text).map_or_else(of_text, Data::Number)
}

fn number(text: &str) -> Option<Number> {
    let radix = |prefix: &str, radix| {
        let digits = text.strip_prefix(prefix)?;
        u64::from_str_radix(digits, radix).ok().map(Number::from)
    };
    let whole = || text.parse::<i64>().ok().map(Number::from);
    let positive = || text.parse::<u64>().ok().map(Number::from);
    // As JSON has it, which wants digits on both sides of the point.
    let fraction = || {
        let text = text.strip_prefix('+').unwrap_or(text);
        let text = text.replace("-.", "-0.");
        let padded = if text.starts_with('.') {
            format!("0{text}")
        } else {
            text
        };
        let padded = if padded.ends_with('.') {
            format!("{padded}0")
        } else {
            padded
        };
        serde_json::from_str::<Number>(&padded).ok()
    };
    whole()
        .or_else(positive)
        .or_else(|| radix("0x", 16))
        .or_else(|| radix("0o", 8))
        .or_else(fraction)
}
