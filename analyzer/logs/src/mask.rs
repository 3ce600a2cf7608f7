//! The masker: replaces what varies between two runs of the same statement by `<*>`.
//!
//! Written by hand, one pass over the bytes, no regular expressions. Masked are numbers with
//! and without a unit, hexadecimal, UUIDs, addresses, time stamps, paths, URLs and the
//! segments of a name that hold a digit (`worker-7d8b4-x2` → `worker-<*>`).

/// What a variable becomes.
const VARIABLE: &str = "<*>";

/// Hexadecimal words without a digit are masked from this length on.
const MIN_HEX_LETTERS: usize = 16;

/// `text` with its variables replaced by `<*>`; runs of white space become one space.
pub fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.trim();
    while !rest.is_empty() {
        let stop = rest.find(is_boundary).unwrap_or(rest.len());
        word(&rest[..stop], &mut out);
        let Some(separator) = rest[stop..].chars().next() else {
            break;
        };
        if separator.is_whitespace() || separator.is_control() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.push(separator);
        }
        rest = &rest[stop + separator.len_utf8()..];
    }
    out.truncate(out.trim_end().len());
    out
}

fn is_boundary(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '=' | ','
                | ';'
                | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | '<'
                | '>'
                | '"'
                | '\''
                | '|'
                | '`'
        )
}

fn word(word: &str, out: &mut String) {
    let core = word.trim_end_matches(['.', ':', '!', '?']);
    if core.is_empty() || !is_variable_candidate(core) {
        out.push_str(word);
        return;
    }
    if is_whole_variable(core) {
        variable(out);
    } else {
        segments(core, out);
    }
    out.push_str(&word[core.len()..]);
}

/// Cheap test first: most words hold neither a digit nor a slash.
fn is_variable_candidate(core: &str) -> bool {
    core.bytes()
        .any(|byte| byte.is_ascii_digit() || byte == b'/' || byte == b'\\')
        || is_long_hex(core)
}

fn is_long_hex(core: &str) -> bool {
    core.len() >= MIN_HEX_LETTERS && core.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_whole_variable(core: &str) -> bool {
    core.contains("://")
        || is_path(core)
        || is_numeric(core)
        || is_quantity(core)
        || is_long_hex(core)
}

fn is_path(core: &str) -> bool {
    let bytes = core.as_bytes();
    let windows = bytes.len() > 2 && bytes[1] == b':' && bytes[2] == b'\\';
    let unix = core.starts_with('/') || core.starts_with("./") || core.starts_with("~/");
    (unix && core.len() > 1) || windows
}

/// Digits and what stands between them in dates, addresses, versions, hex and UUIDs.
fn is_numeric(core: &str) -> bool {
    let mut digit = false;
    let hex = core.bytes().all(|byte| {
        digit |= byte.is_ascii_digit();
        byte.is_ascii_hexdigit()
            || matches!(
                byte,
                b'.' | b':' | b'-' | b'+' | b'/' | b'%' | b'x' | b'X' | b'T' | b'Z' | b'_' | b'#'
            )
    });
    hex && digit
}

/// A number followed by a short unit: `12ms`, `3.5GiB`, `1h2m3s`.
fn is_quantity(core: &str) -> bool {
    /// Letters of the longest unit (`minutes`).
    const MAX_UNIT: usize = 7;
    let body = core.trim_start_matches(['-', '+', '$', '#', '~']);
    body.starts_with(|c: char| c.is_ascii_digit())
        && body
            .split(|c: char| c.is_ascii_digit() || c == '.')
            .all(|unit| {
                unit.len() <= MAX_UNIT
                    && unit
                        .chars()
                        .all(|c| c.is_alphabetic() || c == '/' || c == '%')
            })
}

/// Masks the segments that hold a digit; neighbouring masked segments become one.
fn segments(core: &str, out: &mut String) {
    let is_joint = |c: char| {
        matches!(
            c,
            '-' | '/' | '.' | '_' | ':' | '@' | '\\' | '#' | '+' | '%' | '&'
        )
    };
    let mut rest = core;
    let mut joint = None;
    let mut masked = false;
    loop {
        let stop = rest.find(is_joint).unwrap_or(rest.len());
        let segment = &rest[..stop];
        let varies = segment.bytes().any(|byte| byte.is_ascii_digit());
        if !(varies && masked) {
            out.extend(joint);
            if varies {
                variable(out)
            } else {
                out.push_str(segment)
            }
        }
        masked = varies;
        joint = rest[stop..].chars().next();
        match joint {
            Some(c) => rest = &rest[stop + c.len_utf8()..],
            None => return,
        }
    }
}

fn variable(out: &mut String) {
    if !out.ends_with(VARIABLE) {
        out.push_str(VARIABLE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables() {
        for (text, masked) in [
            ("took 12ms for 3.5GiB", "took <*> for <*>"),
            ("connect to 10.0.0.1:8080 failed", "connect to <*> failed"),
            ("id 550e8400-e29b-41d4-a716-446655440000.", "id <*>."),
            (
                "open /var/lib/x.db: permission denied",
                "open <*>: permission denied",
            ),
            ("GET https://example.test/a?b=1 500", "GET <*>=<*> <*>"),
            ("pod worker-7d8b4-x2 restarted", "pod worker-<*> restarted"),
            ("0xdeadbeef at 2026-11-22T10:00:00.1Z", "<*> at <*>"),
            ("user=alice attempts=3", "user=alice attempts=<*>"),
            ("a  \t b", "a b"),
            ("deadbeefdeadbeefdead", "<*>"),
            ("face the facade", "face the facade"),
            ("[1] [2]", "[<*>] [<*>]"),
            ("", ""),
            ("ünïcode 7", "ünïcode <*>"),
            ("k8s.io/client-go failed", "<*>.io/client-go failed"),
        ] {
            assert_eq!(mask(text), masked, "{text}");
        }
    }
}
