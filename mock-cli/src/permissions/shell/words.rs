//! Reading words: quotes, variables, substitutions.

use super::parse::{Parser, Unparsed};
use super::syntax::{Piece, Script, Word};

/// Characters that end a word where they are not quoted.
pub(super) fn ends_word(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')'
    )
}

impl Parser<'_> {
    /// Reads a word. None where there is none.
    pub(super) fn word(&mut self) -> Result<Option<Word>, Unparsed> {
        self.skip_blanks();
        let start = self.at;
        let mut pieces = Vec::new();
        let mut bare = String::new();
        while let Some(c) = self.peek() {
            let piece = match c {
                '<' | '>' if self.rest().as_bytes().get(1) == Some(&b'(') => {
                    self.at += 2;
                    Piece::Process(self.nested(')')?)
                }
                c if ends_word(c) => break,
                '\\' => match self.escaped()? {
                    Some(piece) => piece,
                    None => continue,
                },
                '\'' => {
                    self.at += 1;
                    Piece::Single(self.until('\'')?)
                }
                '"' => {
                    self.at += 1;
                    Piece::Double(self.quoted()?)
                }
                '`' => self.backquoted()?,
                '$' => match self.dollar(true)? {
                    Some(piece) => piece,
                    None => {
                        bare.push('$');
                        continue;
                    }
                },
                c => {
                    bare.push(c);
                    self.at += c.len_utf8();
                    continue;
                }
            };
            flush(&mut bare, &mut pieces);
            pieces.push(piece);
        }
        flush(&mut bare, &mut pieces);
        let span = start..self.at;
        Ok((!pieces.is_empty()).then_some(Word { pieces, span }))
    }

    /// What stands in double quotes, up to the closing one.
    fn quoted(&mut self) -> Result<Vec<Piece>, Unparsed> {
        self.deeper()?;
        let mut pieces = Vec::new();
        let mut bare = String::new();
        loop {
            let piece = match self.peek().ok_or(Unparsed)? {
                '"' => {
                    self.at += 1;
                    break;
                }
                '\\' => {
                    self.at += 1;
                    let c = self.take().ok_or(Unparsed)?;
                    match c {
                        '$' | '`' | '"' | '\\' => Piece::Escaped(c),
                        '\n' => continue,
                        c => {
                            bare.push('\\');
                            bare.push(c);
                            continue;
                        }
                    }
                }
                '`' => self.backquoted()?,
                '$' => match self.dollar(false)? {
                    Some(piece) => piece,
                    None => {
                        bare.push('$');
                        continue;
                    }
                },
                c => {
                    bare.push(c);
                    self.at += c.len_utf8();
                    continue;
                }
            };
            flush(&mut bare, &mut pieces);
            pieces.push(piece);
        }
        flush(&mut bare, &mut pieces);
        self.depth -= 1;
        Ok(pieces)
    }

    /// What follows a backslash; None for a line that goes on.
    fn escaped(&mut self) -> Result<Option<Piece>, Unparsed> {
        self.at += 1;
        match self.take().ok_or(Unparsed)? {
            '\n' => Ok(None),
            c => Ok(Some(Piece::Escaped(c))),
        }
    }

    /// What follows a dollar sign; None where it stands for itself (it is taken then).
    fn dollar(&mut self, outside: bool) -> Result<Option<Piece>, Unparsed> {
        self.at += 1;
        let rest = self.rest();
        if rest.starts_with("((")
            && let Some(inside) = self.arithmetic(2)
        {
            return Ok(Some(Piece::Arithmetic(inside)));
        }
        let piece = match self.peek() {
            Some('(') => {
                self.at += 1;
                Piece::Command(self.nested(')')?)
            }
            Some('{') => {
                self.at += 1;
                Piece::Braced(self.braced()?)
            }
            Some('[') => {
                let inside = self.balanced('[', ']')?;
                Piece::Arithmetic(format!("[{inside}"))
            }
            Some('\'') if outside => {
                self.at += 1;
                Piece::Codes(self.codes()?)
            }
            Some('"') if outside => {
                self.at += 1;
                Piece::Translated(self.quoted()?)
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let end = rest.find(|c| !name(c)).unwrap_or(rest.len());
                self.at += end;
                Piece::Variable(rest[..end].to_owned())
            }
            Some(c) if c.is_ascii_digit() || "@*#?$!-".contains(c) => {
                self.at += 1;
                Piece::Variable(c.to_string())
            }
            _ => return Ok(None),
        };
        Ok(Some(piece))
    }

    /// `((…))` from here on, with this many parentheses; None (and nothing taken) where it is none.
    pub(super) fn arithmetic(&mut self, parentheses: usize) -> Option<String> {
        let start = self.at + parentheses;
        let mut depth = 0_usize;
        let source = self.source;
        for (offset, c) in source[start..].char_indices() {
            match c {
                '(' => depth += 1,
                ')' if depth > 0 => depth -= 1,
                ')' => {
                    let end = start + offset;
                    if !source[end..].starts_with("))") {
                        return None;
                    }
                    self.at = end + 2;
                    return Some(source[start..end].to_owned());
                }
                _ => {}
            }
        }
        None
    }

    /// What stands between two brackets of a kind, the opening one being next.
    fn balanced(&mut self, open: char, close: char) -> Result<String, Unparsed> {
        self.at += open.len_utf8();
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.take().ok_or(Unparsed)? {
                c if c == open => depth += 1,
                c if c == close && depth == 0 => break,
                c if c == close => depth -= 1,
                '\\' => {
                    self.take();
                }
                _ => {}
            }
        }
        Ok(self.source[start..self.at - close.len_utf8()].to_owned())
    }

    /// What stands in `${…}`, up to the closing brace, which quotes and substitutions may hide.
    fn braced(&mut self) -> Result<String, Unparsed> {
        self.deeper()?;
        let start = self.at;
        loop {
            match self.peek().ok_or(Unparsed)? {
                '}' => break,
                '\\' => {
                    self.escaped()?;
                }
                '\'' => {
                    self.at += 1;
                    self.until('\'')?;
                }
                '"' => {
                    self.at += 1;
                    self.quoted()?;
                }
                '`' => {
                    self.backquoted()?;
                }
                '$' => {
                    self.dollar(true)?;
                }
                c => self.at += c.len_utf8(),
            }
        }
        let inside = self.source[start..self.at].to_owned();
        self.at += 1;
        self.depth -= 1;
        Ok(inside)
    }

    /// What stands in `$'…'`, as it is written.
    fn codes(&mut self) -> Result<String, Unparsed> {
        let start = self.at;
        loop {
            match self.take().ok_or(Unparsed)? {
                '\'' => break,
                '\\' => {
                    self.take();
                }
                _ => {}
            }
        }
        Ok(self.source[start..self.at - 1].to_owned())
    }

    /// A substitution in backquotes, the opening one being next.
    fn backquoted(&mut self) -> Result<Piece, Unparsed> {
        self.at += 1;
        let mut inside = String::new();
        loop {
            match self.take().ok_or(Unparsed)? {
                '`' => break,
                '\\' => match self.take().ok_or(Unparsed)? {
                    c @ ('`' | '\\' | '$') => inside.push(c),
                    c => inside.extend(['\\', c]),
                },
                c => inside.push(c),
            }
        }
        self.deeper()?;
        let script = super::parse::nested(&inside, self.depth).ok();
        self.depth -= 1;
        Ok(Piece::Backquoted(script))
    }

    /// A script up to this closing character.
    fn nested(&mut self, close: char) -> Result<Script, Unparsed> {
        let script = self.script(&[])?;
        match self.peek() {
            Some(c) if c == close => {
                self.at += c.len_utf8();
                Ok(script)
            }
            _ => Err(Unparsed),
        }
    }

    fn until(&mut self, close: char) -> Result<String, Unparsed> {
        let length = self.rest().find(close).ok_or(Unparsed)?;
        let inside = self.rest()[..length].to_owned();
        self.at += length + close.len_utf8();
        Ok(inside)
    }
}

fn flush(bare: &mut String, pieces: &mut Vec<Piece>) {
    if !bare.is_empty() {
        pieces.push(Piece::Bare(std::mem::take(bare)));
    }
}
