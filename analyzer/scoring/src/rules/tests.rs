use super::*;

#[test]
fn decisions() {
    use Evidence::{Clear, None as No, Outcome, Weak};
    for (message, level, evidence, pattern) in [
        (
            "connection refused by 10.0.0.1",
            Some("ERROR"),
            Clear,
            Some("connection_refused"),
        ),
        ("anything at all", Some("ERROR"), Clear, None),
        (
            "request failed: context deadline exceeded",
            Some("warning"),
            Weak,
            Some("timeout"),
        ),
        ("cache miss", Some("WARN"), No, None),
        (
            "container was OOMKilled",
            Some("INFO"),
            Weak,
            Some("out_of_memory"),
        ),
        (
            "BUILD FAILURE",
            Some("INFO"),
            Outcome,
            Some("compile_error"),
        ),
        (
            "COMPILATION ERROR :",
            Some("ERROR"),
            Outcome,
            Some("compile_error"),
        ),
        ("Tests run: 5, Failures: 0, Errors: 0", None, No, None),
        (
            "Tests run: 5, Failures: 1, Errors: 0",
            None,
            Outcome,
            Some("test_failed"),
        ),
        ("finished with 0 errors", None, No, None),
        ("finished with 3 errors", None, Outcome, Some("error")),
        ("Number of failures in tests: 0", None, No, None),
        ("BUILD SUCCESS", Some("INFO"), No, None),
        ("synced err=<nil>", None, No, None),
        ("retry succeeded after 3 attempts", None, No, None),
        ("upload failed, recovered after 2 tries", None, No, None),
        ("starting with timeout=30s", None, No, None),
        ("job exited with code 0", None, No, None),
        ("job exited with code 3", None, Outcome, Some("exit_code")),
        ("GET /a HTTP/1.1\" 503 12", None, Weak, Some("http_5xx")),
        ("upstream status=200", None, No, None),
        (
            "java.lang.NullPointerException",
            None,
            Clear,
            Some("null_reference"),
        ),
        ("ValueError: bad value", None, Clear, Some("error")),
        (
            "main.c:3:5: error: expected ';'",
            None,
            Clear,
            Some("compile_error"),
        ),
        (
            "error[E0425]: cannot find value `x`",
            None,
            Clear,
            Some("compile_error"),
        ),
        (
            "make: *** [Makefile:24: all] Error 1",
            None,
            Clear,
            Some("exit_code"),
        ),
        ("npm ERR! code ELIFECYCLE", None, Clear, Some("exit_code")),
        (
            "--- FAIL: TestParse (0.00s)",
            None,
            Clear,
            Some("test_failed"),
        ),
        ("could not open the file", None, Weak, Some("error")),
        (
            "Effective configuration config=<\n  crashLoopBackOff 5m\n",
            Some("INFO"),
            No,
            None,
        ),
        ("event=\"NodeHasNoDiskPressure\"", Some("INFO"), No, None),
        (
            "mounted /proc/sys/kernel/panic:{ro}",
            Some("INFO"),
            No,
            None,
        ),
        ("+ rm -rf error.log", None, No, None),
        ("[command]/usr/bin/git fetch failed", None, No, None),
        ("Running org.acme.ErrorTest with error", None, No, None),
        ("downloading golang.org/x/xerrors v0.1", None, No, None),
        ("go test --fail-fast ./...", None, No, None),
        ("} catch (Exception e) {", None, No, None),
        ("clean up if failed", None, No, None),
        ("mount of scsif failed", None, Weak, Some("error")),
        ("disk 0 failed", None, Weak, Some("error")),
        ("hello world", None, No, None),
        ("", None, No, None),
    ] {
        let got = score(message, level);
        assert_eq!(got.evidence, evidence, "{message}: {got:?}");
        assert_eq!(got.is_failure, evidence > No);
        if evidence > No {
            assert_eq!(got.patterns.first().copied(), pattern, "{message}");
        }
        assert!((0.0..=1.0).contains(&got.severity));
    }
}

#[test]
fn levels_order_the_severity() {
    let at = |level| score("request timed out", level).severity;
    assert!(at(Some("FATAL")) > at(Some("ERROR")));
    assert!(at(Some("ERROR")) >= at(Some("WARN")));
    assert!(at(None) < at(Some("ERROR")));
}

#[test]
fn masked_texts_tell_whether_their_numbers_decide() {
    for (masked, decide) in [
        ("job exited with code <*>", true),
        ("<*> errors in <*> files", true),
        ("upstream status=<*>", true),
        ("connection refused by <*>", false),
        ("read <*> bytes", false),
    ] {
        assert_eq!(judge(masked, None).numbers_decide, decide, "{masked}");
    }
    assert!(judge("job exited with code <*>", None).score.is_failure);
}

#[test]
fn announcements_of_success() {
    for (message, expect) in [
        ("BUILD SUCCESS", true),
        ("Finished: SUCCESS", true),
        ("BUILD FAILURE", false),
        ("request failed", false),
        ("started", false),
    ] {
        assert_eq!(score(message, None).is_success, expect, "{message}");
    }
}

#[test]
fn each_pattern_says_what_named_it() {
    for (message, level, expect) in [
        (
            "connection refused, timed out",
            Some("ERROR"),
            &[
                ("connection_refused", Some("connection refused")),
                ("timeout", Some("timed out")),
            ][..],
        ),
        (
            "error: card declined",
            None,
            &[("error", Some("error")), ("error", None)],
        ),
        ("cache miss", Some("ERROR"), &[]),
        (
            "connection refused",
            Some("INFO"),
            &[("connection_refused", Some("connection refused"))],
        ),
        ("ready", Some("INFO"), &[]),
    ] {
        let found = score(message, level);
        let told: Vec<(&str, Option<&str>)> = found
            .reasons
            .iter()
            .map(|reason| {
                let keyword = reason.keyword.map(|at| found.keywords[at].as_str());
                (reason.pattern, keyword)
            })
            .collect();
        assert_eq!(told, expect, "{message}");
    }
}
