//! Texts to entries.

use super::*;
use crate::Level;
use crate::entry::MAX_FIELD_BYTES;
use crate::lines::lines;

#[test]
fn a_trace_is_one_entry_with_its_lines() {
    let text = "2026-11-22 10:00:00 ERROR db: query failed\n\
        java.io.IOException: reset\n\
        \tat com.acme.A.b(A.java:1)\n\
        Caused by: java.net.SocketException: closed\n\
        \t... 3 more\n\
        2026-11-22 10:00:01 INFO db: next\n";
    let parsed = parse(text, None);
    let ranges: Vec<_> = parsed
        .entries
        .iter()
        .map(|e| (e.line_start, e.line_end))
        .collect();
    assert_eq!(ranges, [(1, 5), (6, 6)]);
    assert_eq!(parsed.total_lines, 6);
}

#[test]
fn a_python_traceback_belongs_to_its_log_line() {
    let text = "2026-11-22 10:00:00,1 ERROR app: request failed\n\
        Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\n\
        ValueError: bad\n\nDone\n";
    let parsed = parse(text, None);
    let ranges: Vec<_> = parsed
        .entries
        .iter()
        .map(|e| (e.line_start, e.line_end))
        .collect();
    assert_eq!(ranges, [(1, 5), (7, 7)]);
    assert!(parsed.entries[0].message.ends_with("ValueError: bad"));
}

#[test]
fn mixed_formats_keep_their_fields() {
    let text = "{\"level\":\"info\",\"msg\":\"a\"}\nE1122 10:00:00.000001 1 b.go:1] b\nplain c\n";
    let levels: Vec<_> = parse(text, None).entries.iter().map(|e| e.level).collect();
    assert_eq!(levels, [Some(Level::Info), Some(Level::Error), None]);
}

#[test]
fn every_line_that_is_not_blank_belongs_to_exactly_one_entry() {
    let text = "a\n\n  b\nTraceback (most recent call last):\n  x\n\n\nE: y\nlast";
    let parsed = parse(text, None);
    let mut owned = vec![0; parsed.total_lines as usize + 1];
    for entry in &parsed.entries {
        for line in entry.line_start..=entry.line_end {
            owned[line as usize] += 1;
        }
    }
    for line in lines(text).filter(|line| !line.text.trim().is_empty()) {
        assert_eq!(owned[line.number as usize], 1, "line {}", line.number);
    }
}

#[test]
fn a_forced_format_is_obeyed() {
    let parsed = parse("ERROR: x\n", Some(Format::Plain));
    assert_eq!(parsed.entries[0].level, None);
    assert_eq!(parsed.detection.reason, "as asked for");
}

#[test]
fn each_entry_is_handed_over_as_in_the_list() {
    let text = "a\n\nERROR: b\n  more\n{\"level\":\"info\",\"msg\":\"c\"}\n";
    let parsed = parse(text, None);
    let mut entries = vec![];
    let summary = parse_each(text, None, |entry| entries.push(entry));
    assert_eq!(entries, parsed.entries);
    assert_eq!(
        (summary.detection, summary.total_lines),
        (parsed.detection, parsed.total_lines)
    );
}

#[test]
fn fields_are_cut_at_a_character() {
    let long = "ä".repeat(MAX_FIELD_BYTES);
    let json = format!(
        r#"{{"level":"error","msg":"m","time":"{long}","component":"x{long}","op":"{long}","trace":"{long}"}}"#
    );
    let pipe = format!("ERROR|{long}|{long}|m");
    for (text, trace) in [(&json, true), (&pipe, false)] {
        let parsed = parse(text, None);
        let entry = &parsed.entries[0];
        assert_eq!(entry.transaction_id.is_some(), trace);
        assert!(entry.component.is_some() && entry.operation.is_some());
        for field in [
            &entry.timestamp,
            &entry.component,
            &entry.operation,
            &entry.transaction_id,
        ] {
            let field = field.as_deref().unwrap_or("ä");
            assert!(field.len() <= MAX_FIELD_BYTES && field.ends_with('ä'));
        }
        assert_eq!(entry.message, "m");
    }
}

/// A small generator (splitmix64): the same numbers on every run.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

/// What logs are made of: lines and endings of many formats, and what breaks them.
const PIECES: [&str; 40] = [
    "2026-11-22 10:00:00 ERROR db: query failed",
    "java.io.IOException: reset",
    "\tat com.acme.A.b(A.java:1)",
    "Caused by: java.net.SocketException: closed",
    "\t... 3 more",
    "Traceback (most recent call last):",
    "  File \"a.py\", line 1, in f",
    "ValueError: bad",
    "During handling of the above exception, another exception occurred:",
    "panic: runtime error",
    "goroutine 1 [running]:",
    "main.main()",
    "thread 'main' panicked at src/main.rs:2:5:",
    "{\"level\":\"info\",\"msg\":\"a\"}",
    "{",
    "  \"msg\": \"b\",",
    "  \"level\": \"error\"",
    "}",
    "2026-11-22T10:00:00.123456789Z stderr F \tat com.acme.A.b(A.java:1)",
    "2026-11-22T10:00:00.123456789Z stderr P {\"level\":",
    "2026-11-22T10:00:00.123456789Z stderr F \"error\",\"msg\":\"c\"}",
    "2026-11-22T10:00:00.1234567Z ##[error]Process completed with exit code 1.",
    "web-1  | INFO: started",
    "Dec 31 23:59:59 host sshd[1]: error: closed",
    "Jan  1 00:00:00 host app[1]: Traceback (most recent call last):",
    "\u{1b}[31mERROR\u{1b}[0m red",
    "time=\"2026-11-22T10:00:00Z\" level=warning msg=\"x\"",
    "plain ünïcode text",
    "\u{0}\u{fffd}\u{1b}",
    "",
    " ",
    "\n",
    "\r",
    "\r\n",
    "\n",
    "\n",
    "\r\n",
    "\n",
    "|",
    "=[\"",
];

fn random_text(random: &mut Random, pieces: usize) -> String {
    let mut text = String::new();
    for _ in 0..pieces {
        text.push_str(PIECES[random.below(PIECES.len())]);
        if random.below(3) > 0 {
            text.push('\n');
        }
        if random.below(20) == 0 {
            let keep = text.floor_char_boundary(random.below(text.len() + 1));
            text.truncate(keep);
        }
    }
    text
}

/// Each entry as text, so that those of different blocks can be compared.
fn in_blocks(text: &str, random: &mut Random, block: usize) -> (Vec<String>, Summary) {
    let mut parser = Parser::new(None);
    let mut entries = vec![];
    let (mut held, mut rest) = (String::new(), text);
    loop {
        let size = rest.floor_char_boundary(random.below(block) + 4);
        let (next, after) = rest.split_at(size);
        held.push_str(next);
        rest = after;
        let last = rest.is_empty();
        let consumed = parser.feed(&held, last, &mut |entry: Entry<'_>| {
            entries.push(format!("{entry:?}"));
        });
        held.drain(..consumed);
        if last {
            assert_eq!(held, "");
            return (entries, parser.finish());
        }
        assert!(held.len() <= (MAX_LEFT_BYTES + block).max(DETECT_BYTES + block));
    }
}

fn check_splits(text: &str, random: &mut Random, block: usize) {
    let whole: Vec<_> = parse(text, None)
        .entries
        .iter()
        .map(|entry| format!("{entry:?}"))
        .collect();
    let (entries, summary) = in_blocks(text, random, block);
    for (one, other) in whole.iter().zip(&entries) {
        assert_eq!(one, other);
    }
    assert_eq!(whole.len(), entries.len());
    assert_eq!(summary, parse_each(text, None, |_| ()));
}

#[test]
fn a_text_has_the_same_entries_however_it_is_split() {
    let mut random = Random(4);
    // The format is detected from more than these have.
    for round in 0..60 {
        let text = random_text(&mut random, 1 + round * 4);
        check_splits(&text, &mut random, 64);
    }
    let mut text = "one line to detect from\n".repeat(DETECT_BYTES / 24 + 1);
    text.push_str(&random_text(&mut random, 2500));
    for block in [200, 5000, 300_000] {
        check_splits(&text, &mut random, block);
    }
}

#[test]
fn a_line_that_is_too_long_is_one_entry_in_bounded_memory() {
    use crate::MAX_LINE_BYTES;
    let long = "ä ".repeat(2 * MAX_LINE_BYTES);
    for end in ["\r\n", "\r", "\n"] {
        let text = format!("first\n{long}{end}  second{end}{long}");
        let parsed = parse(&text, None);
        let ranges: Vec<_> = parsed
            .entries
            .iter()
            .map(|e| (e.line_start, e.line_end, e.raw.len() <= MAX_LINE_BYTES))
            .collect();
        assert_eq!(
            ranges,
            [(1, 1, true), (2, 2, true), (3, 3, true), (4, 4, true)]
        );
        assert_eq!((parsed.total_lines, parsed.cut_lines), (4, 2));
        check_splits(&text, &mut Random(7), 700_000);
    }
}

#[test]
fn bytes_in_chunks_are_read_as_the_text_is() {
    let mut random = Random(9);
    let text = random_text(&mut random, 3000).repeat(8);
    let bytes: Vec<u8> = text.bytes().chain(*b"caf\xe9\nend").collect();
    let (decoded, replaced) = crate::decode(&bytes).unwrap();
    let parsed = parse(&decoded, None);
    let mut stream = LogStream::new(None);
    let mut entries = vec![];
    for chunk in bytes.chunks(10_007) {
        stream
            .push(chunk, &mut |entry: Entry<'_>| {
                entries.push(format!("{entry:?}"))
            })
            .unwrap();
    }
    let (summary, invalid) = stream
        .finish(&mut |entry: Entry<'_>| entries.push(format!("{entry:?}")))
        .unwrap();
    let whole: Vec<_> = parsed.entries.iter().map(|e| format!("{e:?}")).collect();
    assert_eq!(entries, whole);
    assert_eq!(
        (summary.total_lines, invalid),
        (parsed.total_lines, replaced)
    );
}

/// Cuts, repeats and overwrites parts of what logs are made of.
fn mutated(random: &mut Random) -> String {
    let mut bytes = random_text(random, 12).into_bytes();
    for _ in 0..random.below(8) {
        let at = random.below(bytes.len().max(1));
        match random.below(4) {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            2 if at < bytes.len() => {
                let copy = bytes[at..].to_vec();
                bytes.extend_from_slice(&copy[..copy.len().min(200)]);
            }
            _ => bytes.insert(at.min(bytes.len()), b"[]{}<>\"\\|:= \t-"[random.below(14)]),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn nothing_that_is_logged_breaks_the_parser() {
    let mut random = Random(2026);
    for _ in 0..4000 {
        let text = mutated(&mut random);
        for forced in [
            None,
            Some(Format::Leveled),
            Some(Format::Plain),
            Some(Format::Compose),
        ] {
            let (mut after, total) = (0, lines(&text).count() as u64);
            let summary = parse_each(&text, forced, |entry| {
                assert!(entry.line_start > after && entry.line_end >= entry.line_start);
                after = entry.line_end;
                assert!(text.contains(entry.raw));
                let _ = entry.time();
            });
            assert!(after <= total);
            assert_eq!(summary.total_lines, total);
        }
    }
}

#[test]
fn bytes_at_random_break_nothing() {
    let mut random = Random(1);
    for _ in 0..300 {
        let bytes: Vec<u8> = (0..random.below(600))
            .map(|_| random.below(256) as u8)
            .collect();
        let mut stream = LogStream::new(None);
        let read = bytes
            .chunks(1 + random.below(90))
            .try_for_each(|chunk| stream.push(chunk, &mut |_| ()));
        if read.is_ok() {
            let _ = stream.finish(&mut |_| ());
        }
        parse_each(&String::from_utf8_lossy(&bytes), None, |_| ());
    }
}
