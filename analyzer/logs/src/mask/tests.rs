//! What is masked, as tables.

use super::*;

fn check(table: &[(&str, &str)]) {
    for (text, masked) in table {
        assert_eq!(mask(text), *masked, "{text}");
        assert_eq!(key(text), hash(masked.as_bytes()), "{text}");
    }
}

#[test]
fn numbers() {
    check(&[
        ("took 12ms for 3.5GiB", "took <*> for <*>"),
        ("load 0.5, -3 and +4 of 50%", "load <*>, <*> and <*> of <*>"),
        ("took 1,234,567 us", "took <*> us"),
        ("after 1h2m3s, <1 sec or >90%", "after <*>, <*> sec or <*>"),
        ("<13>boot id=<7.a@b.test>", "<*>boot id=<*>"),
        ("0xdeadbeef at 0x0", "<*> at <*>"),
        ("deadbeefdeadbeefdead", "<*>"),
        (
            "mask=ffffffff crc 003a90fc or f39182",
            "mask=<*> crc <*> or <*>",
        ),
        ("face the facade", "face the facade"),
        ("[1] [2]", "[<*>] [<*>]"),
        ("v1.2.3-rc1 of CPU#0", "<*> of CPU#<*>"),
        ("count......0", "count......<*>"),
        ("memory: 125312k/129720k", "memory: <*>"),
    ]);
}

#[test]
fn addresses() {
    check(&[
        ("connect to 10.0.0.1:8080 failed", "connect to <*> failed"),
        ("from fe80::1 and ::1", "from <*> and <*>"),
        ("mac 00:1b:44:11:3a:b7, ff:ff:ff:ff:ff:ff", "mac <*>, <*>"),
        ("GET https://example.test/a?b=1,2 500", "GET <*> <*>"),
        ("see (http://a.test/x).", "see (<*>)."),
        ("slot 2:func 0 of v2.0:USB", "slot <*>:func <*> of <*>:USB"),
        ("log.example.io:443 main.c:12", "<*> main.c:<*>"),
        ("mail to ops@example.com.", "mail to <*>."),
        ("lookup db.example.com: no host", "lookup <*>: no host"),
        ("dial proxy.example.edu.hk:443", "dial <*>"),
        ("localhost:9090 is down", "<*> is down"),
        ("k8s.io/client-go failed", "k8s.io/client-go failed"),
    ]);
}

#[test]
fn what_redaction_replaced_is_one_variable() {
    for hash in [
        "0123456789ab",
        "123456789012",
        "abcdefabcdef",
        "5e1234567890",
    ] {
        for (before, kind, after, masked) in [
            ("mail to ", "email", ".", "mail to <*>."),
            ("password=", "password", ", retry", "password=<*>, retry"),
            ("", "private-key", "", "<*>"),
            (
                "GET https://ann:",
                "password",
                "@db.test/a?b=1 500",
                "GET <*> <*>",
            ),
        ] {
            check(&[(&format!("{before}[REDACTED:{kind}:{hash}]{after}"), masked)]);
        }
    }
    check(&[
        ("[REDACTED:email:]", "[REDACTED:email:]"),
        ("[REDACTED] of", "[REDACTED] of"),
    ]);
}

#[test]
fn dates_and_paths() {
    check(&[
        ("at Fri Jun 17 07:07:00 2005 again", "at <*> again"),
        ("since 2026-11-22T10:00:00.1Z", "since <*>"),
        ("since 2026-11-22 10:00:00,123 on", "since <*> on"),
        (
            "open /var/lib/x.db: permission denied",
            "open <*>: permission denied",
        ),
        (r"open C:\Users\x failed", "open <*> failed"),
        ("src/app/main.rs:12:5", "<*>"),
        ("read/write error on and/or", "read/write error on and/or"),
        (
            "15-Mar-2024 or [10/Oct/2000:13:55:36 -0700]",
            "<*> or [<*> <*>]",
        ),
        ("GET /items?id=4&x=a,b HTTP/1.1", "GET <*> HTTP/<*>"),
        ("./run.sh ~/x ../y / .", "<*> <*> <*> / ."),
    ]);
}

#[test]
fn names() {
    check(&[
        ("id 550e8400-e29b-41d4-a716-446655440000.", "id <*>."),
        ("pod worker-7d8b4-x2 restarted", "pod worker-<*> restarted"),
        ("ssh2 on eth0 with sha256", "ssh2 on eth0 with sha256"),
        ("chunk part_-77 of cell_2_0", "chunk <*> of <*>"),
        (
            "init.c(12) jk_init() core.77",
            "init.c(<*>) jk_init() core.<*>",
        ),
        ("class a.b.Foo@1f2e3d4c", "class a.b.Foo@<*>"),
        ("user=alice attempts=3", "user=alice attempts=<*>"),
        (r"#38#@#12# and \042 x", "<*> and <*> x"),
        ("Pack_of_K29~31bf38~x64~~6.1.1", "<*>"),
        ("a y:-529 z", "a y:<*> z"),
        ("Path:/a/b:c at src:/10.0.0.1", "Path:<*> at src:<*>"),
        ("stack @0x7f @0x80", "stack <*> <*>"),
        ("1514##6993##54", "<*>"),
        ("vif:e3871ffd-5cd5-4287-bddd-3529f7b59515", "vif:<*>"),
        ("success=false", "success=false"),
    ]);
}

#[test]
fn text() {
    check(&[
        ("a  \t b ", "a b"),
        ("", ""),
        (" \u{1} ", ""),
        ("ünïcode 7", "ünïcode <*>"),
        ("first 1\r\nsecond 2", "first <*>"),
        (
            "Traceback (most recent call last):\n  File \"a.py\", line 3, in f\nKeyError: 7",
            "Traceback (most recent call last): ⏎ KeyError: <*>",
        ),
    ]);
}

#[test]
fn bounds() {
    for text in ["ä".repeat(5000), "x ".repeat(5000), "7 ".repeat(5000)] {
        let masked = mask(&text);
        assert!(masked.len() <= MAX_TEMPLATE_BYTES && !masked.is_empty());
        assert_eq!(key(&text), hash(masked.as_bytes()));
    }
    assert!(mask(&"7 ".repeat(5000)).ends_with("<*>"));
    assert!(mask(&"chunk_-7123456 ".repeat(500)).ends_with("<*>"));
    let long = format!("{}\nKeyError: 'x'", "a ".repeat(5000));
    assert!(mask(&long).len() <= MAX_TEMPLATE_BYTES);
}

#[test]
fn any_bytes() {
    // A small generator of text that is made of what the masker looks at.
    let pieces = [
        "a", "F", "7", "0x", "-", ".", ":", "/", "\\", "@", "=", "<", ">", "[", "]", "\"", " ",
        "\n", "\t", "ä", "#", "_", "http://", "Jan", "Mon", ",", "*", "%", "?", "c:\\", "::", "\r",
        "é.com",
    ];
    let mut state = 1_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..12 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
        }
        let masked = mask(&text);
        assert_eq!(key(&text), hash(masked.as_bytes()), "{text:?}");
        assert_eq!(masked, masked.trim(), "{text:?}");
        assert!(
            !masked.contains("<*><*>") && !masked.contains('\u{fffd}'),
            "{text:?} {masked:?}"
        );
    }
}
