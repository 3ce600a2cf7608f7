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
pub(super) fn shape(text: &str) -> Shape {
    let line = text.lines().next().unwrap_or_default().trim_end();
    let body = line.trim_start();
    let indented = body.len() < line.len();
    if is_frame(body, indented) {
        Shape::Frame
    } else if is_ruler(body) {
        Shape::Ruler
    } else if is_snippet(body) {
        Shape::Snippet
    } else if begins_with_any(body, &COMPARISONS) {
        Shape::Comparison
    } else if indented {
        Shape::Indented
    } else if is_place(body) {
        Shape::Place
    } else {
        Shape::Plain
    }
}

fn is_frame(body: &str, indented: bool) -> bool {
    let starts = |start: &str| body.starts_with(start);
    starts("Caused by: ")
        || starts("Caused: ")
        || starts("Suppressed: ")
        || starts("Also: ")
        || starts("Traceback (most recent call last)")
        || starts("During handling of the above exception")
        || starts("The above exception was the direct cause")
        || starts("stack backtrace:")
        || starts("goroutine ")
        || (starts("... ") && body.ends_with(" more"))
        || (starts("at ") && body.ends_with(')'))
        || (indented && (starts("at ") || starts("File \"") || starts("from ")))
}

/// `  12 | code`, `   | ^^^^`, `--> src/main.rs:3:5`, `~~~~^`, `E   assert x`, ` > [2/3] RUN x:`.
fn is_snippet(body: &str) -> bool {
    let rest = body.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ' ' | '>'));
    let gutter = rest.starts_with("| ") || rest == "|" || rest.starts_with("│ ");
    let carets = body.contains('^')
        && body
            .bytes()
            .all(|byte| matches!(byte, b'^' | b'~' | b' ' | b'|'));
    gutter
        || carets
        || body.starts_with("--> ")
        || body.starts_with("= note:")
        || body.starts_with("= help:")
        || body.starts_with("E  ")
        || (body.starts_with("> ") && body.ends_with(':'))
}

fn is_ruler(body: &str) -> bool {
    let Some(sign) = body.bytes().next() else {
        return false;
    };
    body.len() >= MIN_RULER_BYTES
        && matches!(sign, b'-' | b'=' | b'_' | b'*')
        && body.bytes().all(|byte| byte == sign)
}

/// `path:12` or `path:12:5` with nothing else.
fn is_place(body: &str) -> bool {
    let end = body.trim_end_matches(':');
    let name = end.trim_end_matches(|c: char| c.is_ascii_digit() || c == ':');
    let number = &end[name.len()..];
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '\\' | '-' | '_');
    number.starts_with(':') && number.len() > 1 && !name.is_empty() && name.chars().all(is_name)
}

fn begins_with_any(body: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| {
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
