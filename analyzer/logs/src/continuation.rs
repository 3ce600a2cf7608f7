//! Which lines continue the entry before them: stack traces and wrapped messages.

/// Where in a stack trace, or in another text that goes on, an entry is after its last line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trace {
    /// In none.
    None,
    /// After an exception or its frames: Java, .NET, Node, Ruby, PHP.
    Frames,
    /// Within the braces that a line opened at its end.
    Braces,
    /// Python, between `Traceback` and the exception.
    PythonFrames,
    /// Python, after the exception: another may have come of it.
    PythonDone,
    /// Go, after `panic:` or a goroutine's head.
    Go,
    /// Rust, between `panicked at` and the message on the next line.
    RustMessage,
    /// Rust, after the message.
    Rust,
    /// After a line that is `{` alone: perhaps a JSON object over several lines.
    Brace,
    /// Within such an object.
    Json,
}

/// What is known of the entry that may go on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// It began with a time stamp or a level: its writer starts every message so.
    pub(crate) structured: bool,
    /// Its level is a warning or worse: an exception after it is its own.
    pub(crate) failing: bool,
}

impl Trace {
    /// After the first line of an entry. Cheap: most lines are told by their first letter.
    #[inline]
    pub(crate) fn begin(text: &str, structured: bool) -> Self {
        let bytes = text.as_bytes();
        if structured && bytes.last() == Some(&b'{') && bytes.len() > 1 {
            return Self::Braces;
        }
        match bytes.first() {
            Some(b'{') if text.trim_ascii_end() == "{" => Self::Brace,
            Some(b' ' | b'\t' | b'A'..=b'Z' | b'p' | b'f' | b't' | b'g' | b's') => opened(text),
            _ if is_exception(text) => Self::Frames,
            _ => Self::None,
        }
    }

    /// After this further line, which no format claims; `None` if it does not belong to the entry.
    pub(crate) fn step(self, known: Known, line: &str) -> Option<Self> {
        let indented = line.starts_with([' ', '\t']);
        let text = line.trim_ascii();
        let goes_on = match self {
            Self::Brace => {
                return (indented && text.starts_with('"')).then_some(Self::Json);
            }
            Self::Json | Self::Braces if text.starts_with(['}', ']']) && !indented => {
                return Some(if self == Self::Json {
                    Self::Json
                } else {
                    Self::None
                });
            }
            Self::PythonFrames if !indented && is_python_exception(line) => {
                return Some(Self::PythonDone);
            }
            Self::PythonDone => is_python_link(text).then_some(self),
            Self::Go => is_go_frame(text).then_some(self),
            Self::RustMessage => return Some(Self::Rust),
            _ => None,
        };
        if goes_on.is_some() {
            return goes_on;
        }
        if let Some(next) = frame(text, indented) {
            let ends_open = text.ends_with(" {");
            return Some(match (self, next) {
                (_, Self::Frames) if ends_open => Self::Braces,
                (Self::Rust | Self::PythonFrames, Self::Frames) => self,
                _ => next,
            });
        }
        if indented && (known.structured || self != Self::None) {
            return Some(self);
        }
        if self == Self::PythonDone {
            return (opened(line) == Self::PythonFrames).then_some(Self::PythonFrames);
        }
        // An exception without an entry of its own: that of the error just told.
        if known.structured && known.failing && !indented {
            return Some(opened(line)).filter(|opened| *opened != Self::None);
        }
        None
    }
}

/// The trace that this line opens on its own.
fn opened(line: &str) -> Trace {
    let text = line.trim_ascii_start();
    match text.as_bytes().first() {
        Some(b'T' | b'E' | b'+')
            if text.contains("Traceback (most recent call last)") && text.len() < 80 =>
        {
            Trace::PythonFrames
        }
        Some(b'p') if text.starts_with("panic: ") => Trace::Go,
        Some(b'f') if text.starts_with("fatal error: ") => Trace::Go,
        Some(b'g') if is_goroutine(text) => Trace::Go,
        Some(b't') if text.starts_with("thread '") && text.contains("panicked at") => {
            // Since Rust 1.73 the message is on the next line.
            if text.ends_with(':') {
                Trace::RustMessage
            } else {
                Trace::Rust
            }
        }
        Some(b's') if text.starts_with("stack backtrace:") => Trace::Rust,
        Some(b'E') if text.starts_with("Exception in thread ") => Trace::Frames,
        Some(b'C') if text.starts_with("Caused by:") => Trace::Frames,
        Some(b'U') if text.starts_with("Unhandled exception") => Trace::Frames,
        Some(b'P') if text.starts_with("PHP ") && text.contains("Uncaught ") => Trace::Frames,
        Some(_) if is_exception(text) => Trace::Frames,
        _ => Trace::None,
    }
}

/// What a line is that only ever stands in a stack trace.
fn frame(text: &str, indented: bool) -> Option<Trace> {
    let found = match text.as_bytes().first()? {
        b'a' => indented && is_at_frame(text),
        b'C' => text.starts_with("Caused by:") || text.starts_with("Caused: "),
        b'S' => text.starts_with("Suppressed:") || text == "Stack trace:",
        b'.' => text.starts_with("... ") && (text.ends_with(" more") || text.ends_with(" omitted")),
        b'-' => text.starts_with("--- End of ") && text.ends_with(" ---"),
        b'f' => indented && text.starts_with("from ") && has_position(text),
        b'#' => is_numbered_frame(text),
        b'F' if indented && text.starts_with("File \"") => return Some(Trace::PythonFrames),
        b'g' if is_goroutine(text) => return Some(Trace::Go),
        b's' if text.starts_with("stack backtrace:") => return Some(Trace::Rust),
        b'n' if text.starts_with("note: run with `RUST_BACKTRACE")
            || text.starts_with("note: Some details are omitted") =>
        {
            return Some(Trace::Rust);
        }
        _ => false,
    };
    found.then_some(Trace::Frames)
}

/// `at com.acme.A.b(A.java:1)`, `at f (a.js:1:2)`, `at X.Y() in a.cs:line 3`, `at ./src/a.rs:1:2`.
fn is_at_frame(text: &str) -> bool {
    text.strip_prefix("at ")
        .is_some_and(|rest| rest.contains('(') || has_position(rest))
}

/// `#0 /srv/a.php(12): f()`, `#1 {main}`, and the same with two spaces.
fn is_numbered_frame(text: &str) -> bool {
    let rest = text[1..].trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() + 1 < text.len()
        && rest.starts_with(' ')
        && (rest.contains('(') || rest.trim_ascii() == "{main}")
}

/// Whether it names a line: `:12`.
fn has_position(text: &str) -> bool {
    text.as_bytes()
        .windows(2)
        .any(|pair| pair[0] == b':' && pair[1].is_ascii_digit())
}

fn is_goroutine(text: &str) -> bool {
    text.starts_with("goroutine ") && text.ends_with("]:")
}

/// A line of a Go trace that is not indented.
fn is_go_frame(text: &str) -> bool {
    let call = text
        .find('(')
        .is_some_and(|open| !text[..open].contains(' ') && text.ends_with(')'));
    call || text.starts_with("created by ")
        || text.starts_with("[signal ")
        || text.starts_with("exit status ")
        || is_goroutine(text)
}

/// The line that ends a traceback: a name, and what it says.
fn is_python_exception(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default().trim_ascii_end();
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'))
}

fn is_python_link(text: &str) -> bool {
    text.starts_with("During handling of the above exception")
        || text.starts_with("The above exception was the direct cause")
}

/// `ValueError: bad`, `java.io.IOException`, `requests.exceptions.Timeout: …`.
pub(crate) fn is_exception(line: &str) -> bool {
    let bytes = line.as_bytes();
    let end = bytes
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$')))
        .unwrap_or(bytes.len());
    if end < 4 || !matches!(bytes.get(end), None | Some(b':' | b' ' | b'\r' | b'\n')) {
        return false;
    }
    let name = &bytes[..end];
    // By their last letters most words are told.
    let Some(suffix) = (match name[end - 1] {
        b'r' => Some("Error"),
        b'n' => Some("Exception"),
        b't' if name.ends_with(b"out") => Some("Timeout"),
        b't' if name.ends_with(b"xit") => Some("Exit"),
        b't' => Some("Interrupt"),
        b'g' => Some("Warning"),
        b'e' => Some("Failure"),
        _ => None,
    }) else {
        return false;
    };
    if !name.ends_with(suffix.as_bytes()) {
        return false;
    }
    let last = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    // `Warning:` and `Exit:` alone are words; `Error:` alone is JavaScript's.
    last[0].is_ascii_uppercase() && !matches!(last, b"Warning" | b"Exit")
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
    fn lines_that_go_on() {
        let plain = Known {
            structured: false,
            failing: false,
        };
        let info = Known {
            structured: true,
            failing: false,
        };
        let error = Known {
            structured: true,
            failing: true,
        };
        for (state, known, line, expect) in [
            (
                Trace::None,
                info,
                "\tat com.acme.A.run(A.java:3)",
                Some(Trace::Frames),
            ),
            (
                Trace::None,
                plain,
                "    at f (/srv/a.js:1:2)",
                Some(Trace::Frames),
            ),
            (Trace::None, plain, "  at noon we met", None),
            (
                Trace::Frames,
                info,
                "Caused by: java.io.IOException: x",
                Some(Trace::Frames),
            ),
            (Trace::Frames, info, "\t... 3 more", Some(Trace::Frames)),
            (
                Trace::None,
                info,
                "  more of the message",
                Some(Trace::None),
            ),
            (Trace::None, plain, "  an indented plain line", None),
            (
                Trace::PythonFrames,
                plain,
                "ValueError: x",
                Some(Trace::PythonDone),
            ),
            (
                Trace::PythonFrames,
                plain,
                "botocore.Wrong: x",
                Some(Trace::PythonDone),
            ),
            (Trace::PythonDone, plain, "Done.", None),
            (
                Trace::None,
                error,
                "java.io.IOException: x",
                Some(Trace::Frames),
            ),
            (Trace::None, info, "java.io.IOException: x", None),
            (Trace::None, plain, "ValueError: x", None),
            (
                Trace::Go,
                plain,
                "main.(*T).run(0xc000, 0x1)",
                Some(Trace::Go),
            ),
            (
                Trace::Go,
                plain,
                "created by main.main in goroutine 1",
                Some(Trace::Go),
            ),
            (Trace::Go, plain, "FAIL (1.2s)", None),
            (
                Trace::RustMessage,
                plain,
                "index out of bounds",
                Some(Trace::Rust),
            ),
            (Trace::Rust, plain, "Done", None),
            (Trace::Brace, plain, "  \"a\": 1,", Some(Trace::Json)),
            (Trace::Brace, plain, "  int a;", None),
            (Trace::Json, plain, "}", Some(Trace::Json)),
            (Trace::Frames, plain, "#1 {main}", Some(Trace::Frames)),
            (Trace::None, plain, "# a heading (with a note)", None),
        ] {
            assert_eq!(state.step(known, line), expect, "{state:?} {line:?}");
        }
    }

    #[test]
    fn lines_that_open_a_trace() {
        for (line, expect) in [
            ("Traceback (most recent call last):", Trace::PythonFrames),
            ("panic: runtime error: x", Trace::Go),
            (
                "thread 'main' panicked at src/main.rs:2:5:",
                Trace::RustMessage,
            ),
            (
                "thread 'main' panicked at 'x', src/main.rs:2:5",
                Trace::Rust,
            ),
            ("java.lang.IllegalStateException: x", Trace::Frames),
            ("{", Trace::Brace),
            ("pan: hot", Trace::None),
            ("all is well", Trace::None),
            ("", Trace::None),
        ] {
            assert_eq!(Trace::begin(line, false), expect, "{line}");
        }
        assert_eq!(Trace::begin("settings: {", true), Trace::Braces);
        assert_eq!(Trace::begin("if (x) {", false), Trace::None);
    }
}
