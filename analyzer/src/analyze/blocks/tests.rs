//! Invented logs of several tools: each line with whether it is to be a failure (`!`) or not (` `).

use logloop_logs::parse_each;

use crate::analyze::{Decider, Scorer, analyze_with, read_baseline};

/// Lines that fail, in the two passes that `--entries` makes.
fn failing(text: &str, good: Option<&str>) -> Vec<u64> {
    let good = good.map(|text| read_baseline(text.to_owned(), None));
    let mut scorer = Scorer::rules();
    let (_, second) = analyze_with(text, None, &mut scorer, vec![], good.as_ref());
    let mut decider = Decider::new(good.as_ref());
    let mut lines = vec![];
    parse_each(text, None, |entry| {
        let scored = scorer.entry(entry);
        let role = decider.role(&scored);
        if second.failure(&scored, role).is_some() {
            lines.extend(scored.entry.line_start..=scored.entry.line_end);
        }
    });
    lines
}

/// Checks a log whose lines begin with `!` where they fail, else with `|`.
fn check(marked: &str, good: Option<&str>) {
    let (mut text, mut expect) = (String::new(), vec![]);
    for (index, line) in marked.trim_matches('\n').lines().enumerate() {
        let (mark, line) = line.split_at_checked(1).expect("each line has its mark");
        if mark == "!" {
            expect.push(index as u64 + 1);
        }
        text.push_str(line);
        text.push('\n');
    }
    assert_eq!(failing(&text, good), expect, "{marked}");
}

#[test]
fn a_compiler() {
    check(
        r"
|   Compiling shop v0.1.0
!error[E0308]: mismatched types
!  --> src/cart.rs:12:5
!   |
!12 |     total
!   |     ^^^^^ expected `u64`, found `u32`
|
!error: could not compile `shop` (bin) due to 1 previous error
!##[error]Process completed with exit code 101.
|Post job cleanup.
",
        None,
    );
}

#[test]
fn a_build_tool_with_levels() {
    check(
        r"
|[INFO] Compiling 3 source files
|[INFO] ---------------------
|[ERROR] COMPILATION ERROR :
|[INFO] ---------------------
![ERROR] /src/Cart.java:[12,5] cannot find symbol
!  symbol:   variable totl
!  location: class Cart
|[INFO] 1 error
|[INFO] BUILD FAILURE
![ERROR] Failed to execute goal compile on project shop: Compilation failure
![ERROR]
![ERROR] For more information read the manual
!Build step 'shell' marked build as failure
|Archiving artifacts
|Finished: FAILURE
",
        None,
    );
}

#[test]
fn a_test_runner() {
    check(
        r"
|ok      shop/cart   0.2s
!--- FAIL: TestTotal (0.00s)
!    cart_test.go:12: total: got 3, want 4
|ok      shop/user   0.1s
|Process completed with exit code 1.
",
        None,
    );
}

#[test]
fn a_container_build() {
    check(
        r"
|#5 [2/3] RUN apk add git
!#5 ERROR: failed to fetch the index
|#6 [internal] load context
!------
! > [2/3] RUN apk add git:
!------
!Dockerfile:3
!--------------------
!   2 |
!   3 | >>> RUN apk add git
!--------------------
!error: failed to solve: process did not complete
|Process finished
|Job failed
",
        None,
    );
}

#[test]
fn a_script_that_is_repeated_is_not_its_output() {
    check(
        r#"
|##[group]Run make check
|if ! make check; then echo "ERROR: files are out of date"; exit 1; fi
|##[endgroup]
|+ make check
|Checking with --fail-fast
!ERROR: files are out of date
!##[error]Process completed with exit code 1.
"#,
        None,
    );
}

#[test]
fn a_trace_printed_with_blank_lines() {
    check(
        r#"
|starting
!acme.CommandException: command returned status 128
!stderr: fatal: unable to access the repository
|
!	at acme.Git.run(Git.java:3)
!	at acme.Main.main(Main.java:9)
!Caused by: java.io.IOException: no route
!	at acme.Net.open(Net.java:5)
|done
"#,
        None,
    );
}

#[test]
fn what_a_job_survived_does_not_count() {
    check(
        r"
|mvn test || true
|[ERROR] Failed to execute goal test on project a
|[INFO] BUILD FAILURE
|mvn package
|[INFO] BUILD SUCCESS
|deploying
!error: no credentials given
!Process completed with exit code 1.
",
        None,
    );
    check(
        r"
|error: could not read the cache, building without
|java.lang.IllegalStateException: thrown by a test on purpose
|	at shop.CartTest.run(CartTest.java:3)
|[INFO] BUILD SUCCESS
|Finished: SUCCESS
",
        None,
    );
}

#[test]
fn words_count_where_nothing_clearer_is_known() {
    check(
        r"
|loading
!could not open the device
|bye
",
        None,
    );
}

#[test]
fn a_service_with_its_own_levels() {
    check(
        r"
|2026-03-01 10:00:00 INFO web: listening with timeout=30s
|2026-03-01 10:00:01 INFO web: GET /errors 200
!2026-03-01 10:00:02 WARN db: connection refused by 10.0.0.7:5432, will try again
!2026-03-01 10:00:03 ERROR web: request 7 failed
|2026-03-01 10:00:04 INFO web: job exited with code 0
|2026-03-01 10:00:05 WARN web: slow answer
|2026-03-01 10:00:06 INFO web: closed, 0 errors
",
        None,
    );
}

#[test]
fn errors_that_a_good_run_has_too_cry_wolf() {
    let good = "2026-03-01 10:00:00 INFO web: up\n2026-03-01 10:00:01 ERROR metrics: push failed\n";
    check(
        r"
|2026-03-02 10:00:00 INFO web: up
|2026-03-02 10:00:01 ERROR metrics: push failed
!2026-03-02 10:00:02 ERROR db: disk full
|2026-03-02 10:00:03 ERROR metrics: push failed
",
        Some(good),
    );
}

#[test]
fn new_lines_beside_a_new_failure_belong_to_it() {
    let good = "fetching\nunpacking\ndone\n";
    check(
        r"
|fetching
!mirror one does not answer as it should
!error: checksum of archive is wrong
!want one, got two
|unpacking
|a new harmless line
|done
",
        Some(good),
    );
}

#[test]
fn healthy_logs_have_no_failures() {
    check(
        r"
|added 3 packages, 0 vulnerabilities
|Running shop.errors.CartErrorTest
|Tests run: 3, Failures: 0, Errors: 0, Skipped: 0
|test result: ok. 3 passed; 0 failed; 0 ignored
| * [new branch] fix-panic-on-error -> origin/fix-panic-on-error
|go: downloading golang.org/x/xerrors v0.1.0
|retry succeeded after 2 attempts
|exit code: 0
",
        None,
    );
}
