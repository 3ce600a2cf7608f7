//! The masker: replaces what varies between two runs of the same statement by `<*>`.
//!
//! Written by hand, one pass over the bytes, no regular expressions. Masked are numbers (with
//! sign, decimals and an adjacent unit), hexadecimal, UUIDs, addresses, time stamps, paths,
//! URLs, e-mail, host names, what redaction replaced, and the segments of a name that hold a digit which can hardly be
//! part of the name itself (`worker-7d8b4-x2` → `worker-<*>`, but `ssh2` stays).
//!
//! Words stay: what a word means is for the score, whether it varies is for the
//! miner, who sees the whole log.
//!
//! The masked text goes into a buffer of the thread, of [`MAX_TEMPLATE_BYTES`]; the key is a
//! hash of that buffer, so it is a function of the masked text alone and costs no allocation.

mod bytes;
mod counts;
mod date;
mod host;
mod out;
mod placeholder;
mod segments;
mod word;

use std::cell::RefCell;

use crate::continuation;
use crate::template::{MAX_TEMPLATE_BYTES, Template};
use bytes::{BOUNDARY, CLASS, COLON, DIGIT, HEX, JOINT, SPACE, SUSPECT};
use out::Out;
pub(crate) use out::{MAX_CUT_BYTES, hash};

/// What a variable becomes.
pub const VARIABLE: &str = "<*>";

/// Longest part of a line that is looked at, in bytes.
const MAX_LINE_BYTES: usize = 4 * MAX_TEMPLATE_BYTES;

/// What stands between the first line of a message and the line that names its cause.
pub(crate) const CAUSE: &str = " ⏎ ";

/// Hexadecimal words without a digit are masked from this length on.
const MIN_HEX_LETTERS: usize = 8;

thread_local! {
    /// To clear the buffer for each message would cost more than to mask a short one.
    static OUT: RefCell<Out> = RefCell::new(Out::new());
}

/// Masks `message` into a buffer and calls `then` with it.
pub(crate) fn masked<R>(message: &str, then: impl FnOnce(&[u8]) -> R) -> R {
    OUT.with_borrow_mut(|out| {
        out.restart();
        let read = line(head(message).as_bytes(), out);
        if read < message.len()
            && let Some((_, more)) = message[read..].split_once('\n')
            && let Some(cause) = continuation::cause(more.lines())
        {
            out.trim();
            out.literal(CAUSE.as_bytes(), 0, CAUSE.len());
            line(head(cause).as_bytes(), out);
        }
        then(out.finish())
    })
}

/// What is looked at of a text; the last word is dropped if it would be cut.
fn head(text: &str) -> &str {
    if text.len() <= MAX_LINE_BYTES {
        return text;
    }
    let head = &text[..text.floor_char_boundary(MAX_LINE_BYTES)];
    match head.rfind([' ', '\n']) {
        Some(space) if space > MAX_TEMPLATE_BYTES => &head[..space],
        _ => head,
    }
}

/// `text` with its variables replaced by `<*>`; runs of white space become one space.
///
/// Of a message that spans lines the first line and the line that names the exception count:
/// the frames between them change with every release. At most [`MAX_TEMPLATE_BYTES`].
pub fn mask(text: &str) -> String {
    masked(text, |bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// Hash of the masked text of `message`, without building it: equal exactly if the masked
/// texts are (but for collisions in 64 bits). The number in the id of [`template`].
pub fn key(message: &str) -> u64 {
    masked(message, hash)
}

/// The masked text of a message as a template: what it is without the rest of its log.
pub fn template(message: &str) -> Template {
    Template::of(mask(message))
}

/// Masks up to the end of the line; the index where it stopped: there, at the end of the text,
/// or where the buffer was full.
fn line(bytes: &[u8], out: &mut Out) -> usize {
    let mut at = 0;
    while at < bytes.len() && !out.is_full() {
        let class = CLASS[usize::from(bytes[at])];
        if class & BOUNDARY == 0 {
            at = word_at(bytes, at, out);
        } else if class & SPACE == 0 {
            at = punctuation(bytes, at, out);
        } else if bytes[at] == b'\n' {
            break;
        } else {
            out.space();
            at += 1;
        }
    }
    at
}

/// Reads the word at `start`; the index after what it took.
#[inline]
fn word_at(bytes: &[u8], start: usize, out: &mut Out) -> usize {
    let (mut kinds, mut last) = (0, 0);
    let mut end = start;
    for &byte in &bytes[start..] {
        let class = CLASS[usize::from(byte)];
        if class & BOUNDARY != 0 {
            break;
        }
        kinds |= last;
        last = class;
        end += 1;
    }
    // The end of a sentence makes no word suspicious.
    if (kinds | last) & SUSPECT != 0 && (kinds & SUSPECT != 0 || bytes[end - 1] != b'.') {
        return word::mask(bytes, start, end, out);
    }
    kinds |= last;
    let length = end - start;
    if length == 3
        && bytes[start].is_ascii_uppercase()
        && let Some(stop) = date::calendar(bytes, start)
    {
        out.variable();
        return stop;
    }
    if length >= MIN_HEX_LETTERS && kinds & !(HEX | COLON | JOINT) == 0 {
        return word::mask(bytes, start, end, out);
    }
    out.literal(bytes, start, end);
    end
}

/// Copies a separator; what redaction put in place of a value is a variable; `<5 sec` and `>90%` are bounds, which belong to the number.
#[inline]
fn punctuation(bytes: &[u8], at: usize, out: &mut Out) -> usize {
    let byte = bytes[at];
    if byte == b'['
        && let Some(end) = placeholder::end(bytes, at)
    {
        out.variable();
        return end;
    }
    match byte {
        b'<' | b'>' if is_bound(bytes, at) => {}
        b'>' if out.ends_with("<<*>") => out.unbracket(),
        _ => out.byte(byte),
    }
    at + 1
}

/// Whether `<` or `>` belongs to the number behind it, and is not one of a pair of brackets.
fn is_bound(bytes: &[u8], at: usize) -> bool {
    let before = at == 0 || bytes[at - 1] == b' ' || bytes[at - 1] == b'=';
    let number = bytes
        .get(at + 1)
        .is_some_and(|byte| bytes::is(*byte, DIGIT));
    before
        && number
        && bytes[at + 1..]
            .iter()
            .find(|byte| bytes::is(**byte, BOUNDARY))
            .is_none_or(|byte| *byte != b'>')
}

#[cfg(test)]
mod tests;
