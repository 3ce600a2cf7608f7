//! Lines of every format.

mod leveled;
mod wrapped;

use super::*;
use crate::level::Level::{Debug, Error, Fatal, Info, Trace, Warn};

/// (line, format, level, component, operation, transaction, message)
type Row<'a> = (
    &'a str,
    Format,
    Option<Level>,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    &'a str,
);

fn check(rows: &[Row<'_>]) {
    for (line, format, level, component, operation, transaction, message) in rows {
        let reading = read(line, Assumed::NOTHING);
        assert_eq!(reading.format, *format, "{line}");
        assert_eq!(reading.fields.level, *level, "{line}");
        let fields = &reading.fields;
        assert_eq!(fields.component.as_deref(), *component, "{line}");
        assert_eq!(fields.operation.as_deref(), *operation, "{line}");
        let found = fields.transaction_id.as_deref();
        let found = found.or_else(|| crate::message::transaction(reading.text()));
        assert_eq!(found, *transaction, "{line}");
        assert_eq!(reading.text().trim(), *message, "{line}");
    }
}

#[test]
fn pipe_json_and_pairs() {
    check(&[
        (
            "2026-11-22T10:00:00Z|ERROR|billing|charge|card declined",
            Format::Pipe,
            Some(Error),
            Some("billing"),
            Some("charge"),
            None,
            "card declined",
        ),
        (
            "2026-11-22 10:00:00|warn|slow answer",
            Format::Pipe,
            Some(Warn),
            None,
            None,
            None,
            "slow answer",
        ),
        (
            "ERROR|db|pool|empty",
            Format::Pipe,
            Some(Error),
            Some("db"),
            Some("pool"),
            None,
            "empty",
        ),
        (
            "20261122-9:5:7:12|Steps|30002|counted 12",
            Format::Pipe,
            None,
            Some("Steps"),
            None,
            None,
            "counted 12",
        ),
        (
            "2026-11-22 10:00:00.123 | INFO     | app.main:run:12 - started",
            Format::Pipe,
            Some(Info),
            Some("app.main:run"),
            None,
            None,
            "started",
        ),
        (
            r#"{"ts":"2026-11-22T10:00:00Z","level":"error","logger":"raft","msg":"lost","trace_id":"abc","err":"timeout"}"#,
            Format::Json,
            Some(Error),
            Some("raft"),
            None,
            Some("abc"),
            "lost err=timeout",
        ),
        (
            r#"time="2026-11-22T10:00:00Z" level=warning msg="no space \"left\"" module=snapshot request_id=r1"#,
            Format::Logfmt,
            Some(Warn),
            Some("snapshot"),
            None,
            Some("r1"),
            "no space \"left\"",
        ),
        (
            "time=2026-11-22T10:00:00.1Z level=ERROR msg=failed err=EOF",
            Format::Logfmt,
            Some(Error),
            None,
            None,
            None,
            "failed err=EOF",
        ),
    ]);
}

#[test]
fn klog_and_systems() {
    check(&[
        (
            r#"E1122 10:00:00.123456   12 kubelet.go:99] "Failed to sync pod" err="timeout" pod="a/b""#,
            Format::Klog,
            Some(Error),
            Some("kubelet.go"),
            None,
            None,
            r#"Failed to sync pod err="timeout" pod="a/b""#,
        ),
        (
            "I20261122 10:00:00.123456  12 a.cc:7] ready",
            Format::Plain,
            None,
            None,
            None,
            None,
            "I20261122 10:00:00.123456  12 a.cc:7] ready",
        ),
        (
            "Nov 22 10:00:00 web1 sshd[71]: Failed password for root",
            Format::Syslog,
            None,
            Some("sshd"),
            None,
            None,
            "Failed password for root",
        ),
        (
            "Nov 22 10:00:00 web1 sshd[71]: error: closed by 10.0.0.1",
            Format::Syslog,
            Some(Error),
            Some("sshd"),
            None,
            None,
            "error: closed by 10.0.0.1",
        ),
        (
            "<11>Nov 22 10:00:00 web1 app: x",
            Format::Syslog,
            Some(Error),
            Some("app"),
            None,
            None,
            "x",
        ),
        (
            "Nov  2 10:00:00 web1 last message repeated 2 times",
            Format::Syslog,
            None,
            None,
            None,
            None,
            "last message repeated 2 times",
        ),
        (
            "2026-11-22T10:00:00.1+00:00 web1 kubelet[71]: E1122 10:00:00.123456   71 a.go:9] boom",
            Format::Syslog,
            Some(Error),
            Some("a.go"),
            None,
            None,
            "boom",
        ),
        (
            r#"<165>1 2026-11-22T10:00:00.003Z host evntslog 7 ID47 [x@1 iut="3" request_id="r]\"7"][y@2 a="b"] started"#,
            Format::Syslog,
            Some(Info),
            Some("evntslog"),
            Some("ID47"),
            Some("r"),
            "started",
        ),
        (
            "<34>1 - - su - - - 'su root' failed",
            Format::Syslog,
            Some(Fatal),
            Some("su"),
            None,
            None,
            "'su root' failed",
        ),
        (
            "- 1117838570 2026.11.22 R02-M1-N0 2026-11-22-15.42.50.675872 R02-M1-N0 RAS KERNEL INFO parity error corrected",
            Format::Ras,
            Some(Info),
            Some("KERNEL"),
            None,
            None,
            "parity error corrected",
        ),
        (
            "APPREAD 1117838570 2026.11.22 R02 2026-11-22-15.42.50.675872 R02 RAS APP INFO read failed",
            Format::Ras,
            Some(Error),
            Some("APP"),
            None,
            None,
            "read failed",
        ),
        (
            "- 1131566461 2026.11.22 dn228 Nov 22 12:01:01 dn228/dn228 crond[2915]: session closed",
            Format::Ras,
            None,
            Some("crond"),
            None,
            None,
            "session closed",
        ),
        (
            "11-22 16:13:38.811  1702  2395 D WindowManager: frozen",
            Format::Logcat,
            Some(Debug),
            Some("WindowManager"),
            None,
            None,
            "frozen",
        ),
        (
            "V/Tag( 17): m",
            Format::Logcat,
            Some(Trace),
            Some("Tag"),
            None,
            None,
            "m",
        ),
        (
            "[   12.345678] usb 1-1: new device",
            Format::Timed,
            None,
            None,
            None,
            None,
            "usb 1-1: new device",
        ),
    ]);
}

#[test]
fn without_a_time_stamp_the_text_stays_whole() {
    for (line, level) in [
        ("ERROR: could not connect", Some(Error)),
        ("error: closed", Some(Error)),
        ("error[E0308]: mismatched types", Some(Error)),
        ("[INFO] Scanning for projects...", Some(Info)),
        ("[\u{1b}[1;31mERROR\u{1b}[m] no", Some(Error)),
        ("::warning file=a.rs,line=1::unused", Some(Warn)),
        ("##[error]no", Some(Error)),
        ("WARN something", Some(Warn)),
        ("FAILURE: Build failed", Some(Error)),
        ("info: App[0]", Some(Info)),
        ("Error handling is hard", None),
        ("error", None),
        ("fine: thanks", None),
        ("[error", None),
        ("errors: 0", None),
        ("::", None),
        ("##[", None),
    ] {
        let reading = read(line, Assumed::NOTHING);
        assert_eq!(reading.fields.level, level, "{line}");
        assert!(!reading.begins, "{line}");
        assert_eq!(reading.text(), crate::ansi::strip(line), "{line}");
    }
}

#[test]
fn plain_text_has_no_format() {
    for line in [
        "hello world",
        "a|b",
        "x = y",
        "{not json",
        "2026 was a year",
        "",
        "Error",
        "[1] 71",
        "<div>",
        "- item",
        "id | name",
        "May the source be with you",
        "I am here",
        "10 items",
        "/usr/bin/x: not found",
    ] {
        let reading = read(line, Assumed::NOTHING);
        assert_eq!(
            (reading.format, reading.begins),
            (Format::Plain, false),
            "{line}"
        );
    }
    assert_eq!(detect("hello\nworld\n").format, Format::Plain);
}

#[test]
fn the_time_with_a_date_counts() {
    for (line, time) in [
        (
            "2026-11-22T10:00:00.1+00:00 web1 kubelet[71]: E1122 10:00:00.123456 71 a.go:9] boom",
            "2026-11-22T10:00:00.1+00:00",
        ),
        (
            "2026-11-22T10:00:00.1Z stdout F 2026-11-22 09:59:59 INFO x",
            "2026-11-22 09:59:59",
        ),
        (
            "2026-11-22T10:00:00.1Z stdout F 09:59:59 INFO x",
            "2026-11-22T10:00:00.1Z",
        ),
        ("web-1  | 09:59:59 INFO x", "09:59:59"),
    ] {
        let fields = read(line, Assumed::NOTHING).fields;
        assert_eq!(fields.timestamp.as_deref(), Some(time), "{line}");
    }
}

#[test]
fn the_majority_wins_not_the_first_line() {
    let text =
        "Starting up\nI1122 10:00:00.000001 1 a.go:1] one\nI1122 10:00:00.000002 1 a.go:1] two\n";
    let found = detect(text);
    assert_eq!(found.format, Format::Klog);
    assert_eq!(found.reason, "2 of 3 sampled lines are klog");
    let found = detect("web | ready\ndb | ready\nstarting\n");
    assert_eq!(found.reason, "2 of 3 sampled lines are compose");
    assert_eq!(detect("id | name\nplain\nplain\n").format, Format::Plain);
}

#[test]
fn names_are_read_back() {
    assert_eq!("klog".parse(), Ok(Format::Klog));
    assert!("csv".parse::<Format>().unwrap_err().contains("known are"));
    for format in Format::SPECIFIC {
        assert_eq!(format.as_str().parse(), Ok(format));
    }
}
