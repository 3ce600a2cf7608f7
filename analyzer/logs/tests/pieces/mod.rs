//! The pieces that logs are made of, as strategies.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;

/// Lines of the longest generated log.
const MAX_LINES: usize = 40;

/// What stands before a message; `%` is where it goes.
const FRAMES: [&str; 16] = [
    "%",
    "2026-11-22T10:00:00Z|ERROR|billing|charge|%",
    "2026-11-22 10:00:00,123 WARN  [main] org.harbour.Crane - %",
    "{\"ts\":\"2026-11-22T10:00:00Z\",\"level\":\"error\",\"msg\":\"%\"}",
    "{\"log\":\"%\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-22T10:00:00Z\"}",
    "time=2026-11-22T10:00:00Z level=info msg=\"%\"",
    "E1122 10:00:00.000001       7 ferry.go:12] %",
    "Nov 22 10:00:00 pier7 craned[812]: %",
    "<165>1 2026-11-22T10:00:02.003Z pier7 craned 812 ID47 - %",
    "10.0.0.9 - - [22/Nov/2026:10:00:00 +0000] \"GET /% HTTP/1.1\" 503 7",
    "2026-11-22T10:00:00.000000001Z stderr F %",
    "crane-1  | %",
    "2026-11-22T10:00:01.1234567Z ##[error]%",
    "\u{1b}[31;1m%\u{1b}[0m",
    "INFO:harbour:%",
    "[2026-11-22 10:00:00] %",
];

/// Lines that belong to what was said before them, or to nothing.
const CONTINUATIONS: [&str; 12] = [
    "",
    "   ",
    "\t",
    "\tat org.harbour.Crane.lift(Crane.java:31)",
    "Caused by: java.io.IOException: no signal",
    "\t... 2 more",
    "Traceback (most recent call last):",
    "  File \"crane.py\", line 12, in lift",
    "HookError: still open",
    "goroutine 1 [running]:",
    "thread 'main' panicked at src/crane.rs:9:5:",
    "  more of the same",
];

/// A word without digits that no unit or hexadecimal number looks like.
pub(crate) fn word() -> impl Strategy<Value = String> {
    select(vec![
        "crane", "hook", "lifted", "boxes", "north", "pier", "opened", "waiting", "signal", "lost",
    ])
    .prop_map(str::to_owned)
}

/// A number, plain or in a usual dress.
pub(crate) fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,12}",
        "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}",
        "[0-9]{1,4}ms",
        "0x[0-9a-f]{1,16}",
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}",
        "2026-11-22T1[0-9]:[0-5][0-9]:00Z",
    ]
}

/// A piece of a message: words, variables, punctuation, what is not ASCII, control characters, a long token.
fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => word(),
        6 => number(),
        2 => "(/[a-z0-9.]{1,8}){1,5}",
        2 => "https?://[a-z]{1,8}\\.example(:[0-9]{2,4})?/[a-z0-9?=&%]{0,12}",
        2 => "[a-z]{1,6}([-_.:@#/][a-z0-9]{1,5}){1,4}",
        2 => "[a-z]{1,6}=[a-z0-9\"]{0,8}",
        2 => "[\"'`(\\[{<][a-z0-9 ]{0,8}[\"'`)\\]}>]?",
        1 => "<\\*>",
        1 => "\\PC{1,6}",
        1 => "[\u{0}-\u{1f}\u{7f}-\u{a0}\u{2028}\u{3000}]{1,3}",
        1 => "[a-z0-9]{500,700}",
    ]
}

/// A message of one line, or of several where a control character ends one.
pub(crate) fn message() -> impl Strategy<Value = String> {
    let joint = select(vec![" ", " ", " ", "  ", "\t", ": ", ", ", "-", "=", ""]);
    prop::collection::vec((token(), joint), 0..12).prop_map(|parts| {
        parts
            .into_iter()
            .flat_map(|(token, joint)| [token, joint.to_owned()])
            .collect()
    })
}

/// A log: lines of any formats, continued or not, with any endings.
pub(crate) fn log() -> impl Strategy<Value = String> {
    let framed = (select(FRAMES.to_vec()), message())
        .prop_map(|(frame, message)| frame.replace('%', &message));
    let line = Union::new_weighted(vec![
        (3, framed.boxed()),
        (
            2,
            select(CONTINUATIONS.to_vec())
                .prop_map(str::to_owned)
                .boxed(),
        ),
        (1, "[ -~]{0,60}".boxed()),
        (1, any::<String>().boxed()),
    ]);
    let ending = select(vec!["\n", "\n", "\n", "\n", "\r\n", "\r", "\n\n", ""]);
    prop::collection::vec((line, ending), 0..MAX_LINES).prop_map(|lines| {
        lines
            .into_iter()
            .flat_map(|(line, ending)| [line, ending.to_owned()])
            .collect()
    })
}
