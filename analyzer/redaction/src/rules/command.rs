//! Passwords on command lines, behind short options of programs that take them so, and of SQL that sets one.

use super::value;
use crate::bytes::{at, blank, newline, short_run_end, short_run_start};

/// A program and the option that has its password.
#[derive(Debug)]
pub(crate) struct Command {
    /// The words that call it, in any case.
    pub(crate) words: &'static str,
    option: &'static [u8],
    /// How the password follows the option.
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// `-p secret` or `-psecret`.
    Either,
    /// `-p secret`.
    Apart,
    /// `-psecret`: alone it asks for one.
    Joined,
}

const fn command(words: &'static str, option: &'static [u8], place: Place) -> Command {
    Command {
        words,
        option,
        place,
    }
}

/// The programs that are known.
pub(crate) static COMMANDS: &[Command] = &[
    command("sshpass ", b"-p", Place::Either),
    command("docker login ", b"-p", Place::Apart),
    command("podman login ", b"-p", Place::Apart),
    command("mysql -", b"-p", Place::Joined),
    command("mysqldump -", b"-p", Place::Joined),
    command("mysqladmin -", b"-p", Place::Joined),
    command("redis-cli -", b"-a", Place::Apart),
    command("ldapsearch -", b"-w", Place::Apart),
    command("ldapmodify -", b"-w", Place::Apart),
];

/// How far behind the program's name the option is looked for, in bytes.
const MAX_COMMAND_BYTES: usize = 512;
/// The longest password, in bytes.
const MAX_PASSWORD_BYTES: usize = 256;
/// The most blanks between an option and its password.
const MAX_GAP: usize = 8;

/// The password of the command whose words lie at `start`.
pub(crate) fn find(text: &[u8], start: usize, command: &Command) -> Option<(usize, usize)> {
    // The words may end with the dash of the option.
    let from = start + command.words.trim_end_matches('-').len();
    let end = short_run_end(text, from, MAX_COMMAND_BYTES, |b| !newline(b) && b != b'|');
    let mut pos = from;
    while pos < end {
        pos = short_run_end(text, pos, MAX_COMMAND_BYTES, blank);
        let word = short_run_end(text, pos, MAX_COMMAND_BYTES, |b| b > b' ').min(end);
        if let Some(joined) = text[pos..word.max(pos)].strip_prefix(command.option) {
            let behind = pos + command.option.len();
            return match (joined.is_empty(), command.place) {
                (true, Place::Joined) | (false, Place::Apart) => None,
                (true, _) => password(text, short_run_end(text, behind, MAX_GAP, blank)),
                (false, _) => password(text, behind),
            };
        }
        pos = word.max(pos + 1);
    }
    None
}

/// The password that begins at `pos`, without its quotation marks.
fn password(text: &[u8], pos: usize) -> Option<(usize, usize)> {
    let mark = at(text, pos);
    let (start, end) = match mark {
        b'\'' | b'"' => {
            let inner = |b: u8| b != mark && !newline(b);
            (
                pos + 1,
                short_run_end(text, pos + 1, MAX_PASSWORD_BYTES, inner),
            )
        }
        _ => {
            let inner = |b: u8| b > b' ' && !matches!(b, b'\'' | b'"' | b'`' | b';' | b')');
            (pos, short_run_end(text, pos, MAX_PASSWORD_BYTES, inner))
        }
    };
    let found = &text[start..end];
    // `-p 8080:80` maps ports.
    let ports = found.contains(&b':') && !found.iter().any(u8::is_ascii_alphabetic);
    (!ports && !found.starts_with(b"-") && !value::means_nothing(found)).then_some((start, end))
}

/// The password of `IDENTIFIED BY '…'`, of which the words end at `pos`.
pub(crate) fn identified(text: &[u8], pos: usize) -> Option<(usize, usize)> {
    matches!(at(text, pos), b'\'' | b'"').then(|| password(text, pos))?
}

/// The shortest value of a cookie that is taken for a session, in bytes.
const MIN_COOKIE_BYTES: usize = 16;
/// The longest list of cookies, in bytes.
const MAX_COOKIES_BYTES: usize = 8192;

/// Calls `found` with the values of cookies behind the word `cookie` that ends at `pos`: those that are long and of both
/// letters and digits.
pub(crate) fn cookies(text: &[u8], pos: usize, mut found: impl FnMut(usize, usize)) {
    let colon = short_run_end(text, pos, 2, |b| matches!(b, b'"' | b'\''));
    if at(text, colon) != b':' {
        return;
    }
    let ends = |b: u8| newline(b) || matches!(b, b'"' | b'\'' | b'\\');
    let start = short_run_end(text, colon + 1, MAX_GAP, |b| {
        blank(b) || matches!(b, b'"' | b'\'')
    });
    let end = short_run_end(text, start, MAX_COOKIES_BYTES, |b| !ends(b));
    let mut pos = start;
    while pos < end {
        let stop = short_run_end(text, pos, MAX_COOKIES_BYTES, |b| b != b';' && !ends(b)).min(end);
        if let Some(sign) = text[pos..stop].iter().position(|b| *b == b'=') {
            let from = pos + sign + 1;
            let value = &text[from..stop];
            let long = value.len() >= MIN_COOKIE_BYTES && value.iter().all(|b| !blank(*b));
            let mixed =
                value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic);
            if long && mixed && !value::is_resource_name(value) && !value::means_nothing(value) {
                found(from, stop);
            }
        }
        pos = stop + 1;
    }
}

/// Whether a word begins at `start`: `recookie:` is none.
pub(crate) fn begins_word(text: &[u8], start: usize) -> bool {
    short_run_start(text, start, 1, |b| b.is_ascii_alphanumeric()) == start
}
