//! Records of several lines, as programs write them: each is one entry with its range of lines.

use super::*;
use crate::Level;

/// Checks the line ranges of the entries; `text` loses its first line break.
fn check(name: &str, text: &str, ranges: &[(u64, u64)]) {
    let text = text.strip_prefix('\n').unwrap_or(text);
    let parsed = parse(text, None);
    let got: Vec<_> = parsed
        .entries
        .iter()
        .map(|entry| (entry.line_start, entry.line_end))
        .collect();
    assert_eq!(got, ranges, "{name}");
}

const JAVA: &str = r"
2026-11-22 10:00:00 ERROR db: query failed
com.acme.DbException: no answer
	at com.acme.Db.query(Db.java:12)
	at java.base/java.lang.Thread.run(Thread.java:833)
	Suppressed: java.io.IOException: close
		at com.acme.Db.close(Db.java:40)
Caused by: java.net.SocketException: reset
	at java.net.Socket.read(Socket.java:1)
	... 3 more
2026-11-22 10:00:01 INFO db: next
Exception in thread 'main' java.lang.NullPointerException
	at com.acme.Main.main(Main.java:3)
done
";

const PYTHON: &str = r#"
2026-11-22 10:00:00,123 - app - ERROR - request failed
Traceback (most recent call last):
  File "a.py", line 1, in f
    g()
    ^^^
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 4, in h
    raise Wrong() from None
app.Wrong: no x

Done
Traceback (most recent call last):
  File "b.py", line 1, in <module>
ModuleNotFoundError: No module named 'y'
bye
"#;

const GO: &str = r"
2026/11/22 10:00:00 listening
panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.(*Server).run(0xc000012345, 0x5)
	/srv/main.go:12 +0x1d
created by main.main in goroutine 7
	/srv/main.go:5 +0x25

goroutine 9 [select]:
net/http.(*conn).serve(0xc0001, {0x7f, 0xc0})
	/usr/local/go/src/net/http/server.go:1 +0x2
exit status 2
make: *** [run] Error 1
";

const RUST: &str = r"
   Compiling app v0.1.0
thread 'main' panicked at src/main.rs:2:5:
index out of bounds: the len is 3 but the index is 5
stack backtrace:
   0: rust_begin_unwind
             at /rustc/5980/library/std/src/panicking.rs:1:2
   1: app::main
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
test result: FAILED
thread 'w' panicked at 'boom', src/lib.rs:1:1
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
end
";

const NODE: &str = r"
TypeError: Cannot read properties of undefined (reading 'a')
    at f (/srv/a.js:1:2)
    at async Promise.all (index 0)
    at node:internal/main/run_main_module:28:49 {
  code: 'ERR_X',
  errno: -2
}
Node.js v22.0.0
";

const DOTNET: &str = r"
Unhandled exception. System.InvalidOperationException: Failed
 ---> System.IO.IOException: disk
   at App.Disk.Read(String path) in /srv/Disk.cs:line 7
   --- End of inner exception stack trace ---
   at App.Program.Main() in /srv/Program.cs:line 3
Aborted
";

const RUBY: &str = r"
app.rb:3:in 'Object#g': boom (RuntimeError)
	from app.rb:7:in 'Object#f'
	from app.rb:10:in '<main>'
done
";

const PHP: &str = r"
PHP Fatal error:  Uncaught Exception: boom in /srv/a.php:3
Stack trace:
#0 /srv/a.php(7): f()
#1 {main}
  thrown in /srv/a.php on line 3
done
";

const JSON: &str = r#"
{
  "level": "error",
  "msg": "broke",
  "more": {
    "a": [1]
  }
}
{
  "level": "info",
  "msg": "works"
}
2026-11-22 10:00:00 INFO app: settings {
  "a": 1
}
next
"#;

const PLAIN: &str = r"
int main() {
  return 0;
}
A list:
  one
  two

	three
Total: 3
";

#[test]
fn traces_of_many_languages() {
    check("java", JAVA, &[(1, 9), (10, 10), (11, 12), (13, 13)]);
    check("python", PYTHON, &[(1, 13), (15, 15), (16, 18), (19, 19)]);
    check("go", GO, &[(1, 1), (2, 13), (14, 14)]);
    check("rust", RUST, &[(1, 1), (2, 8), (9, 9), (10, 11), (12, 12)]);
    check("node", NODE, &[(1, 7), (8, 8)]);
    check(".net", DOTNET, &[(1, 5), (6, 6)]);
    check("ruby", RUBY, &[(1, 3), (4, 4)]);
    check("php", PHP, &[(1, 5), (6, 6)]);
    check("json", JSON, &[(1, 7), (8, 11), (12, 14), (15, 15)]);
    let alone: Vec<_> = [1, 2, 3, 4, 5, 6, 8, 9].map(|line| (line, line)).into();
    check("plain", PLAIN, &alone);
}

/// The same with a prefix before each line, as runtimes and CI services write it.
#[test]
fn traces_with_a_prefix_before_each_line() {
    for prefix in [
        "2026-11-22T10:00:00.123456789Z stderr F ",
        "2026-11-22T10:00:00.1234567Z ",
        "web-1  | ",
        "[pod/web-7d8/main] ",
        "[2026-11-22T10:00:00.123Z] ",
        "2026-11-22T10:00:00.123456Z 01E ",
        "Nov 22 10:00:00 host web[7]: ",
    ] {
        let wrapped = |text: &str| -> String {
            let lines = text.trim_start_matches('\n').lines();
            lines.map(|line| format!("{prefix}{line}\r\n")).collect()
        };
        for (name, text, ranges) in [
            ("java", JAVA, &[(1, 9), (10, 10), (11, 12), (13, 13)][..]),
            ("python", PYTHON, &[(1, 13), (15, 15), (16, 18), (19, 19)]),
            ("node", NODE, &[(1, 7), (8, 8)]),
            ("go", GO, &[(1, 1), (2, 13), (14, 14)]),
            ("rust", RUST, &[(1, 1), (2, 8), (9, 9), (10, 11), (12, 12)]),
            ("json", JSON, &[(1, 7), (8, 11), (12, 14), (15, 15)]),
        ] {
            let text = wrapped(text);
            check(&format!("{name} after {prefix:?}"), &text, ranges);
            for entry in parse(&text, None).entries {
                let begins = prefix.trim_end();
                assert!(!entry.message.contains(begins), "{name}: {}", entry.message);
            }
        }
    }
}

#[test]
fn the_message_has_all_lines_without_what_wraps_them() {
    let text = "2026-11-22T10:00:00.1234567Z \u{1b}[31mValueError\u{1b}[0m: bad\r\n\
        2026-11-22T10:00:00.1234567Z     at f (a.js:1:2)\r\n";
    let parsed = parse(text, None);
    assert_eq!(parsed.entries.len(), 1);
    assert_eq!(
        parsed.entries[0].message,
        "ValueError: bad\n    at f (a.js:1:2)"
    );
    assert_eq!(parsed.entries[0].raw, text.trim_end());
    let pretty = parse(JSON.trim_start(), None);
    assert_eq!(pretty.entries[0].level, Some(Level::Error));
    assert_eq!(pretty.entries[0].message, "broke");
}

#[test]
fn frames_may_have_time_stamps_of_their_own() {
    let text = "[2026-11-22T10:00:00.1Z] ERROR db: failed\n\
        [2026-11-22T10:00:00.1Z] java.io.IOException: reset\n\
        [2026-11-22T10:00:00.1Z] \tat com.acme.A.b(A.java:1)\n\
        [2026-11-22T10:00:00.2Z] error: closed\n\
        [2026-11-22T10:00:00.2Z] + make\n";
    check("time stamps", text, &[(1, 3), (4, 4), (5, 5)]);
    let messages: Vec<_> = parse(text, None)
        .entries
        .into_iter()
        .map(|e| e.message)
        .collect();
    assert_eq!(
        messages[0],
        "failed\njava.io.IOException: reset\n\tat com.acme.A.b(A.java:1)"
    );
    assert_eq!(messages[1], "error: closed");
}

#[test]
fn lines_of_another_source_are_not_glued() {
    let text = "web-1  | ValueError: bad\ndb-1  |     at f (a.js:1:2)\n";
    check("other service", text, &[(1, 1), (2, 2)]);
    let text = "2026-11-22 10:00:00 ERROR a: failed\nWarning: x\nERROR: y\n";
    check("levels of their own", text, &[(1, 1), (2, 2), (3, 3)]);
    let text = "2026-11-22 10:00:00 INFO a: started\nTraceback (most recent call last):\n  File \"a\", line 1\nE: x\n";
    check("a crash after what went well", text, &[(1, 1), (2, 4)]);
}

#[test]
fn lines_split_by_the_runtime_are_one() {
    let cri = |flag, text| format!("2026-11-22T10:00:00.1Z stdout {flag} {text}\n");
    let text = [
        cri("P", "{\"level\":\"er"),
        cri("P", "ror\",\"msg\":"),
        cri("F", "\"whole\"}"),
        cri("F", "next"),
        cri("P", "never"),
    ]
    .concat();
    let parsed = parse(&text, None);
    let got: Vec<_> = parsed
        .entries
        .iter()
        .map(|e| (e.line_start, e.line_end, e.level, &*e.message))
        .collect();
    let expect = [
        (1, 3, Some(Level::Error), "whole"),
        (4, 4, None, "next"),
        (5, 5, None, "never"),
    ];
    assert_eq!(got, expect);
    // The Docker engine ends only the last piece with a line break.
    let long = "x".repeat(16 << 10);
    let text = format!(
        "{{\"log\":\"{long}\",\"stream\":\"stdout\",\"time\":\"2026-11-22T10:00:00Z\"}}\n\
         {{\"log\":\"end\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T10:00:00Z\"}}\n"
    );
    let parsed = parse(&text, None);
    assert_eq!(parsed.entries.len(), 1);
    assert_eq!(parsed.entries[0].message.len(), long.len() + 3);
}

#[test]
fn a_trace_without_an_end_is_cut_into_entries() {
    let frames = "\tat com.acme.A.b(A.java:1)\n".repeat(2500);
    let text = format!("2026-11-22 10:00:00 ERROR x\n{frames}");
    check(
        "many lines",
        &text,
        &[(1, 1000), (1001, 2000), (2001, 2501)],
    );
    let long = format!("  {}\n", "x".repeat(300_000)).repeat(8);
    let text = format!("2026-11-22 10:00:00 ERROR x\n{long}");
    let parsed = parse(&text, None);
    assert!(parsed.entries.len() > 2);
    assert!(
        parsed
            .entries
            .iter()
            .all(|e| e.raw.len() <= MAX_ENTRY_BYTES)
    );
}
