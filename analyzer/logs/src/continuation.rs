//! Which lines continue the entry before them: stack traces and wrapped messages.

/// Whether `line`, which no format claims, continues an entry.
///
/// `structured`: the entry began with a time stamp or level. `trace`: its last line was part of
/// a stack trace already.
pub(crate) fn continues(line: &str, structured: bool, trace: bool) -> bool {
    let indented = line.starts_with([' ', '\t']);
    if line.trim().is_empty() {
        return trace;
    }
    let known = structured || trace;
    is_frame(line) || (known && (indented || is_exception(line)))
}

/// Whether a trace begins or goes on with this line.
pub(crate) fn is_frame(line: &str) -> bool {
    let text = line.trim_start();
    let indented = text.len() < line.len();
    text.starts_with("Caused by:")
        || text.starts_with("Suppressed:")
        || (indented && text.starts_with("at "))
        || (text.starts_with("... ") && text.ends_with(" more"))
        || (indented && text.starts_with("File \""))
        || (text.starts_with("goroutine ") && text.ends_with("]:"))
        || text.starts_with("stack backtrace:")
        || text.starts_with("note: run with `RUST_BACKTRACE")
}

/// Whether this line opens a stack trace on its own.
pub(crate) fn opens_trace(line: &str) -> bool {
    let text = line.trim_start();
    text.starts_with("Traceback (most recent call last)")
        || text.starts_with("panic: ")
        || text.starts_with("Exception in thread ")
        || (text.starts_with("thread '") && text.contains("panicked at"))
}

/// `ValueError: bad`, `java.io.IOException`, `requests.exceptions.Timeout: …`.
pub(crate) fn is_exception(line: &str) -> bool {
    let name = line.split([':', ' ']).next().unwrap_or_default();
    let last = name.rsplit('.').next().unwrap_or_default();
    last.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$'))
        && [
            "Error",
            "Exception",
            "Timeout",
            "Interrupt",
            "Exit",
            "Warning",
            "Failure",
        ]
        .iter()
        .any(|end| last.ends_with(end))
}

/// The line that names the cause among the lines after the first: the last `Caused by:`, else the
/// last line that names an exception.
pub(crate) fn cause<'a>(lines: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut found = None;
    for line in lines {
        if line.trim_start().starts_with("Caused by:") || is_exception(line) {
            found = Some(line.trim());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_traces() {
        for (line, structured, trace, expect) in [
            ("\tat com.acme.Main.run(Main.java:3)", true, false, true),
            ("Caused by: java.io.IOException: x", true, false, true),
            ("  more of the message", true, false, true),
            ("  an indented plain line", false, false, false),
            ("ValueError: x", true, true, true),
            ("java.io.IOException: x", true, false, true),
            ("ValueError: x", false, false, false),
            ("Done.", true, true, false),
            ("", true, true, true),
            ("", true, false, false),
        ] {
            assert_eq!(continues(line, structured, trace), expect, "{line:?}");
        }
    }
}
