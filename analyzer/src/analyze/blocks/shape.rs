//! What kind of line an entry begins with, as far as it tells what it belongs to.

/// Kinds of lines that belong to a failure beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analyze) enum Shape {
    /// Of a stack trace.
    Frame,
    /// Source with a gutter, carets, a quoted value: what a diagnostic shows.
    Snippet,
    /// Expected and actual values of an assertion.
    Comparison,
    /// `------`, `=====`: a frame around a report.
    Ruler,
    /// A place alone: `Dockerfile:32`.
    Place,
    /// Anything else that is indented.
    Indented,
    /// Anything else.
    Plain,
}

/// Fewest signs of a ruler.
const MIN_RULER_BYTES: usize = 4;

/// Beginnings of lines that show what an assertion compared, in lower case.
const COMPARISONS: [&str; 12] = [
    "expected",
    "actual",
    "but:",
    "but was",
    "got:",
    "want:",
    "received",
    "left:",
    "right:",
    "assertion",
    "+ expected",
    "- actual",
];

/// The shape of the first line of `text`, indentation included.
///
/// Most lines are plain, and their first and last bytes tell.
pub(in crate::analyze) fn shape(text: &str) -> Shape {
    let end = memchr::memchr(b'\n', text.as_bytes()).unwrap_or(text.len());
    let mut line = &text[..end];
    if !line.as_bytes().last().is_some_and(u8::is_ascii_graphic) {
        line = line.trim_end();
    }
    let body = match line.as_bytes().first() {
        Some(byte) if byte.is_ascii_graphic() => line,
        _ => line.trim_start(),
    };
    let indented = body.len() < line.len();
    let Some(&first) = body.as_bytes().first() else {
        return Shape::Plain;
    };
    if is_frame(first, body, indented) {
        Shape::Frame
    } else if is_ruler(first, body) {
        Shape::Ruler
    } else if is_snippet(first, body) {
        Shape::Snippet
    } else if is_comparison(first, body) {
        Shape::Comparison
    } else if indented {
        Shape::Indented
    } else if is_place(body) {
        Shape::Place
    } else {
        Shape::Plain
    }
}

fn is_frame(first: u8, body: &str, indented: bool) -> bool {
    let starts = |start: &str| body.starts_with(start);
    match first {
        b'C' => starts("Caused by: ") || starts("Caused: "),
        b'S' => starts("Suppressed: "),
        b'A' => starts("Also: "),
        b'T' => {
            starts("Traceback (most recent call last)")
                || starts("The above exception was the direct cause")
        }
        b'D' => starts("During handling of the above exception"),
        b's' => starts("stack backtrace:"),
        b'g' => starts("goroutine "),
        b'.' => starts("... ") && body.ends_with(" more"),
        b'a' => starts("at ") && (indented || body.ends_with(')')),
        b'F' => indented && starts("File \""),
        b'f' => indented && starts("from "),
        _ => false,
    }
}

/// `  12 | code`, `   | ^^^^`, `--> src/main.rs:3:5`, `~~~~^`, `E   assert x`, ` > [2/3] RUN x:`.
fn is_snippet(first: u8, body: &str) -> bool {
    match first {
        b'0'..=b'9' | b'>' | b'|' | 0xe2 => {
            let rest =
                body.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ' ' | '>'));
            rest.starts_with("| ")
                || rest == "|"
                || rest.starts_with("│ ")
                || (body.starts_with("> ") && body.ends_with(':'))
                || is_carets(body)
        }
        b'^' | b'~' => is_carets(body),
        b'-' => body.starts_with("--> "),
        b'=' => body.starts_with("= note:") || body.starts_with("= help:"),
        b'E' => body.starts_with("E  "),
        _ => false,
    }
}

fn is_carets(body: &str) -> bool {
    let sign = |byte| matches!(byte, b'^' | b'~' | b' ' | b'|');
    body.bytes().all(sign) && body.contains('^')
}

fn is_ruler(sign: u8, body: &str) -> bool {
    matches!(sign, b'-' | b'=' | b'_' | b'*')
        && body.len() >= MIN_RULER_BYTES
        && body.bytes().all(|byte| byte == sign)
}

/// `path:12` or `path:12:5` with nothing else.
fn is_place(body: &str) -> bool {
    let last = body.as_bytes().last();
    if !last.is_some_and(|byte| byte.is_ascii_digit() || *byte == b':') {
        return false;
    }
    let end = body.trim_end_matches(':');
    let name = end.trim_end_matches(|c: char| c.is_ascii_digit() || c == ':');
    let number = &end[name.len()..];
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '\\' | '-' | '_');
    number.starts_with(':') && number.len() > 1 && !name.is_empty() && name.chars().all(is_name)
}

fn is_comparison(first: u8, body: &str) -> bool {
    let first = first.to_ascii_lowercase();
    COMPARISONS
        .iter()
        .filter(|start| start.as_bytes()[0] == first)
        .any(|start| {
            body.get(..start.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(start))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_of_lines() {
        for (line, expect) in [
            ("    at com.acme.Main.run(Main.java:3)", Shape::Frame),
            ("at com.acme.Main.run(Main.java:3)", Shape::Frame),
            ("at the end", Shape::Plain),
            ("Caused by: x", Shape::Frame),
            ("  File \"/a.py\", line 3, in f", Shape::Frame),
            ("        ... 3 more", Shape::Frame),
            ("  12 | let x = 1;", Shape::Snippet),
            ("   |     ^^^^^", Shape::Snippet),
            ("    ^", Shape::Snippet),
            ("  --> src/main.rs:3:5", Shape::Snippet),
            ("  32 | >>> RUN make", Shape::Snippet),
            ("------", Shape::Ruler),
            ("---", Shape::Plain),
            ("Expected: 3", Shape::Comparison),
            ("     but: was 4", Shape::Comparison),
            ("app/Dockerfile:32", Shape::Place),
            ("https://host:80/x y", Shape::Plain),
            ("  more", Shape::Indented),
            ("more", Shape::Plain),
            ("", Shape::Plain),
        ] {
            assert_eq!(shape(line), expect, "{line:?}");
        }
    }
}
