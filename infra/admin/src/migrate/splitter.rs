//! Cuts records out of JSON before they are parsed, so that a file that ends in the middle is told from one that is wrong.

use std::io::Read;

use serde_json::Value;

use super::{
    d4,
    input::{Found, LONGEST},
};
use crate::output::counted;

/// So much is read at once.
const BLOCK: usize = 64 * 1024;

/// How the records follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// One after the other, with nothing but white space between.
    Lines,
    /// `[…, …]`
    List,
    /// `{"name": …, "name": …}`
    Map,
}

/// Cuts records out of JSON.
pub(super) struct Splitter<R> {
    from: R,
    block: Vec<u8>,
    at: usize,
    offset: u64,
    line: u64,
    may_be_map: bool,
    shape: Option<Shape>,
    /// The first key of what may be a map, read to find out.
    first_key: Option<String>,
    read: u64,
}

impl<R: Read> Splitter<R> {
    pub(super) fn new(from: R, may_be_map: bool) -> Self {
        let block = Vec::new();
        Self { from, block, at: 0, offset: 0, line: 1, may_be_map, shape: None, first_key: None, read: 0 }
    }

    /// Its records up to the first that cannot be read.
    pub(super) fn fuse_at_error(mut self) -> impl Iterator<Item = Result<Found, String>> {
        let mut ended = false;
        std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let next = self.next_record().transpose();
            ended = !matches!(next, Some(Ok(_)));
            next
        })
    }

    fn next_record(&mut self) -> Result<Option<Found>, String> {
        let shape = match self.shape {
            Some(shape) => shape,
            None => match self.find_shape()? {
                Some(shape) => *self.shape.insert(shape),
                None => return Ok(None),
            },
        };
        let closing = match shape {
            Shape::Lines => None,
            Shape::List => Some(b']'),
            Shape::Map => Some(b'}'),
        };
        // A record of lines whose first key was read ahead is still open.
        if self.first_key.is_none() || shape == Shape::Map {
            match (self.between(closing)?, closing) {
                (Some(byte), Some(closing)) if byte == closing => return self.nothing_after(),
                (Some(_), _) => {}
                (None, None) => return Ok(None),
                (None, Some(_)) => return Err(self.cut("the file ends before its list does")),
            }
        }
        let key = if shape == Shape::Map { Some(self.key()?) } else { None };
        let line = self.line;
        let value = match self.first_key.take().filter(|_| shape == Shape::Lines) {
            Some(key) => self.rest_of_object(&key)?,
            None => self.value()?,
        };
        self.read += 1;
        Ok(Some(Found { key, value, line, end: self.offset }))
    }

    /// Looks at the beginning of the file; none where it is empty.
    fn find_shape(&mut self) -> Result<Option<Shape>, String> {
        if self.peek()? == Some(0xEF) {
            for _ in 0..3 {
                self.take()?;
            }
        }
        self.skip_space()?;
        Ok(match self.peek()? {
            None => None,
            Some(b'[') => {
                self.take()?;
                Some(Shape::List)
            }
            Some(b'{') if self.may_be_map => {
                self.take()?;
                self.skip_space()?;
                if self.peek()? == Some(b'}') {
                    return Ok(Some(Shape::Map));
                }
                let key = self.key()?;
                let shape = if d4::MEMBERS.contains(&key.as_str()) { Shape::Lines } else { Shape::Map };
                self.first_key = Some(key);
                Some(shape)
            }
            Some(_) => Some(Shape::Lines),
        })
    }

    /// Goes on to the next record, or to what closes them all.
    fn between(&mut self, closing: Option<u8>) -> Result<Option<u8>, String> {
        self.skip_space()?;
        if self.peek()? == Some(b',') && closing.is_some() && self.read > 0 {
            self.take()?;
            self.skip_space()?;
        }
        self.peek()
    }

    fn nothing_after(&mut self) -> Result<Option<Found>, String> {
        self.take()?;
        self.skip_space()?;
        match self.peek()? {
            None => Ok(None),
            Some(_) => Err(self.wrong("something stands behind the end")),
        }
    }

    /// A member's name and its colon.
    fn key(&mut self) -> Result<String, String> {
        if let Some(key) = self.first_key.take() {
            return Ok(key);
        }
        let Value::String(key) = self.value()? else { return Err(self.wrong("a name was expected")) };
        self.skip_space()?;
        match self.take()? {
            Some(b':') => Ok(key),
            None => Err(self.cut("the file ends inside a record")),
            Some(_) => Err(self.wrong("a colon was expected")),
        }
    }

    /// The object that was begun with this name.
    fn rest_of_object(&mut self, key: &str) -> Result<Value, String> {
        let mut text = format!("{{{}:", Value::from(key)).into_bytes();
        self.cut_out(&mut text, 1)?;
        self.parsed(&text)
    }

    fn value(&mut self) -> Result<Value, String> {
        self.skip_space()?;
        let mut text = Vec::new();
        self.cut_out(&mut text, 0)?;
        self.parsed(&text)
    }

    fn parsed(&self, text: &[u8]) -> Result<Value, String> {
        // The parser's own sentence gives a place within the record, and no content.
        serde_json::from_slice(text).map_err(|error| self.wrong(&format!("this is no JSON: {error}")))
    }

    /// Adds bytes until what was begun is whole.
    fn cut_out(&mut self, text: &mut Vec<u8>, mut depth: u32) -> Result<(), String> {
        let (mut in_string, mut escaped) = (false, false);
        let begun = self.line;
        loop {
            // A bare number or word ends where something else begins.
            if depth == 0 && !in_string && !text.is_empty() {
                match self.peek()? {
                    Some(byte) if !matches!(byte, b',' | b']' | b'}' | b':') && !byte.is_ascii_whitespace() => {}
                    _ => return Ok(()),
                }
            }
            let Some(byte) = self.take()? else {
                let whole = depth == 0 && !in_string && !text.is_empty();
                return if whole {
                    Ok(())
                } else {
                    Err(self.cut(&format!("the file ends inside the record that begins on line {begun}")))
                };
            };
            text.push(byte);
            if text.len() > LONGEST {
                return Err(self.wrong("this record is longer than 16 MB"));
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => {
                    in_string = !in_string;
                    if !in_string && depth == 0 {
                        return Ok(());
                    }
                }
                _ if in_string => {}
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth = depth.checked_sub(1).ok_or_else(|| self.wrong("a bracket closes nothing"))?;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
    }

    fn skip_space(&mut self) -> Result<(), String> {
        while self.peek()?.is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.take()?;
        }
        Ok(())
    }

    fn peek(&mut self) -> Result<Option<u8>, String> {
        if self.at == self.block.len() {
            self.block.resize(BLOCK, 0);
            let read = self.from.read(&mut self.block).map_err(|error| self.wrong(&error.to_string()))?;
            self.block.truncate(read);
            self.at = 0;
        }
        Ok(self.block.get(self.at).copied())
    }

    fn take(&mut self) -> Result<Option<u8>, String> {
        let byte = self.peek()?;
        self.at += usize::from(byte.is_some());
        self.offset += u64::from(byte.is_some());
        self.line += u64::from(byte == Some(b'\n'));
        Ok(byte)
    }

    fn cut(&self, what: &str) -> String {
        format!("{}; run it again with the whole file", self.wrong(what))
    }

    fn wrong(&self, what: &str) -> String {
        let before = counted(self.read, "whole record before it was", "whole records before it were");
        format!("line {}, byte {}: {what}. {before} dealt with", self.line, self.offset)
    }
}

#[cfg(test)]
mod tests;
