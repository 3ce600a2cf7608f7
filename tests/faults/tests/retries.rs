//! A request that is sent again, to the real program: stored once, whatever happens in between.

use std::path::Path;

use logloop_fault_tests::analyzer::Analyzer;
use logloop_fault_tests::http::{Answer, Client};
use serde_json::{Value, json};

/// Requests with one key at the same time.
const RETRIES: usize = 8;

/// Bytes of a log that is spilled, and takes a while to analyze.
const LARGE_LOG_BYTES: usize = 4 << 20;

fn start(data: &Path, args: &[&str]) -> Analyzer {
    Analyzer::start(data, args).expect("it starts")
}

fn ask(analyzer: &Analyzer, key: &str, log: &str) -> Answer {
    let mut client = Client::connect(analyzer.address).unwrap();
    let body = json!({"user_query": "why?", "log_content": log}).to_string();
    let headers = [("idempotency-key", key)];
    client
        .send_with("POST", "/api/chat/analyze", &headers, &body)
        .unwrap()
}

fn get(analyzer: &Analyzer, path: &str) -> Answer {
    let mut client = Client::connect(analyzer.address).unwrap();
    client.send("GET", path, "").unwrap()
}

fn stored(analyzer: &Analyzer) -> Value {
    get(analyzer, "/api/chat/stats").body["stats"]["total_interactions"].clone()
}

#[test]
fn a_request_that_is_sent_again_is_stored_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut analyzer = start(dir.path(), &[]);
    let line = "2026-11-22 10:00:00 ERROR db: ann@example.com sees the pool exhausted\n";
    let large = line.repeat(LARGE_LOG_BYTES / line.len());
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..RETRIES)
            .map(|_| scope.spawn(|| ask(&analyzer, "at-once", &large)))
            .collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body, answers[0].body);
    }
    let first = ask(&analyzer, "one", line);
    assert_eq!(first.status, 200);
    assert_eq!(stored(&analyzer), 2);
    // Without a key file the placeholders are others in the next process: it is the same request all the same.
    analyzer.kill();
    let analyzer = start(dir.path(), &[]);
    assert_eq!(ask(&analyzer, "one", line).body, first.body);
    assert_eq!(ask(&analyzer, "at-once", &large).body, answers[0].body);
    assert_eq!(stored(&analyzer), 2);
    for (key, log, status, code) in [
        ("one", "another log\n", 422, "idempotency_key_reused"),
        ("", line, 400, "invalid_idempotency_key"),
        (&"k".repeat(300), line, 400, "invalid_idempotency_key"),
    ] {
        let answer = ask(&analyzer, key, log);
        let got = (answer.status, answer.body["error"]["code"].as_str());
        assert_eq!(got, (status, Some(code)), "{key}");
    }
    assert_eq!(stored(&analyzer), 2);
    assert_ne!(ask(&analyzer, "two", line).body, first.body);
    assert_eq!(stored(&analyzer), 3);
}

#[test]
fn where_nothing_is_kept_nothing_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut analyzer = start(dir.path(), &[]);
    let line = "2026-11-22 10:00:00 ERROR db: pool exhausted\n";
    let kept = ask(&analyzer, "k", line);
    let path = |answer: &Answer| {
        let id = answer.body["interaction_id"].as_str().unwrap();
        format!("/api/chat/interactions/{id}")
    };
    analyzer.kill();
    let analyzer = start(dir.path(), &["--keep-nothing"]);
    let answer = ask(&analyzer, "k", line);
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body["analysis_results"],
        kept.body["analysis_results"]
    );
    assert_eq!(stored(&analyzer), 1);
    assert_eq!(get(&analyzer, &path(&answer)).status, 404);
    assert_eq!(get(&analyzer, &path(&kept)).status, 200);
    let mut client = Client::connect(analyzer.address).unwrap();
    for about in [&answer, &kept] {
        let path = format!("{}/feedback", path(about));
        let said = client.send("PUT", &path, r#"{"is_useful":true}"#).unwrap();
        assert_eq!(said.status, 409);
        assert_eq!(said.body["error"]["code"], "nothing_kept");
    }
}
