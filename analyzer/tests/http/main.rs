//! The HTTP service on a real data directory, without a socket.

mod access;
mod export;
mod kept;
mod loops;
mod model;
mod next;
mod service;
mod serving;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use logloop_analyzer::routes::router;
use logloop_analyzer::upload::MAX_UPLOAD_BYTES;
use logloop_records::store::Claim;
use logloop_redaction::Kinds;
use serde_json::{Value, json};
use service::{LOG, Service};
use tower::ServiceExt;

fn form(parts: &[(&str, Option<&str>, &[u8])]) -> (String, Vec<u8>) {
    let mut body = vec![];
    for (name, file, bytes) in parts {
        let file = file
            .map(|file| format!("; filename=\"{file}\""))
            .unwrap_or_default();
        body.extend(
            format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n")
                .bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--XX--\r\n");
    ("multipart/form-data; boundary=XX".to_owned(), body)
}

#[tokio::test]
async fn the_three_shapes_of_a_request_get_the_same_answer() {
    let service = Service::new();
    let json = json!({"user_query": "why?", "log_content": LOG, "log_filename": "a.log"});
    let (kind, body) = form(&[
        ("user_query", None, b"why?"),
        ("file", Some("dir/a.log"), LOG.as_bytes()),
    ]);
    let answers = [
        service
            .post("/api/chat/analyze", "application/json", json.to_string())
            .await,
        service.post("/api/chat/analyze", &kind, body).await,
        service
            .post(
                "/api/chat/analyze?user_query=why%3F&log_filename=a.log",
                "text/plain",
                LOG,
            )
            .await,
    ];
    for (status, answer) in &answers {
        assert_eq!(*status, StatusCode::OK, "{answer}");
        assert_eq!(answer["success"], true);
        assert_eq!(answer["model_version"], "rules");
        assert_eq!(answer["analysis_results"], answers[0].1["analysis_results"]);
        let failure = &answer["analysis_results"]["failures"][0];
        assert_eq!(failure["line"], 2);
        assert_eq!(failure["lines"], json!([2, 3]));
        assert_eq!(failure["component"], "billing");
        assert_eq!(failure["operation"], "charge");
        assert!(
            answer["response_text"]
                .as_str()
                .unwrap()
                .starts_with("## Analysis Summary")
        );
        let id = answer["interaction_id"].as_str().unwrap();
        let (_, stored) = service.get(&format!("/api/chat/interactions/{id}")).await;
        let stored = &stored["interaction"];
        assert_eq!(stored["user_query"], "why?");
        assert_eq!(stored["log_filename"], "a.log");
        assert_eq!(stored["log_content"], LOG);
    }
    let (_, stats) = service.get("/api/chat/stats").await;
    let stats = &stats["stats"];
    assert_eq!(stats["total_interactions"], 3);
    assert_eq!(stats["total_logs_analyzed"], 3);
    assert_eq!(stats["total_failures_detected"], 6);
    assert!(
        stats["data_file"]
            .as_str()
            .unwrap()
            .ends_with("chat_interactions.jsonl")
    );
    assert!(stats["data_file_size_mb"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn a_stored_line_has_the_documented_fields_and_a_checksum() {
    let service = Service::new();
    service.post("/api/chat/analyze", "text/plain", LOG).await;
    let text = std::fs::read_to_string(
        service
            .data()
            .join("chat_interactions/chat_interactions.jsonl"),
    )
    .unwrap();
    let line = text.strip_suffix('\n').unwrap();
    let record: Value = serde_json::from_str(line).unwrap();
    for field in [
        "timestamp",
        "user_query",
        "log_content",
        "log_filename",
        "analysis_results",
        "response_text",
        "user_feedback",
        "is_useful",
        "id",
        "model_version",
        "schema",
        "crc",
    ] {
        assert!(record.get(field).is_some(), "{field}");
    }
    for field in ["stats", "failures", "recommendations"] {
        assert!(record["analysis_results"].get(field).is_some(), "{field}");
    }
    let failure = &record["analysis_results"]["failures"][0];
    for field in [
        "line",
        "lines",
        "count",
        "log_entry",
        "component",
        "operation",
        "level",
        "severity",
        "error_patterns",
        "keywords",
        "timestamp",
        "last_seen",
        "transaction_id",
        "template",
        "rank",
    ] {
        assert!(failure.get(field).is_some(), "{field}");
    }
    assert_eq!(
        logloop_records::crc::check(line.as_bytes()),
        logloop_records::crc::Check::Right
    );
}

#[tokio::test]
async fn bad_input_gets_a_clear_answer_and_is_never_a_500() {
    let service = Service::new();
    let large = vec![b'a'; MAX_UPLOAD_BYTES + (2 << 20)];
    let (kind, two) = form(&[("file", Some("a"), b"x"), ("log", Some("b"), b"y")]);
    let cases: Vec<(&str, &str, Vec<u8>, u16, &str)> = vec![
        ("", "text/plain", vec![], 400, "empty_log"),
        ("", "text/plain", b" \r\n ".to_vec(), 400, "empty_log"),
        (
            "",
            "application/octet-stream",
            vec![0, 1, 2, 3, 4, 5, 6, 7],
            415,
            "not_text",
        ),
        ("", "text/plain", large, 413, "upload_too_large"),
        (
            "",
            "text/plain",
            vec![0x1f, 0x8b, 8, 0, 9, 9, 9],
            400,
            "damaged_archive",
        ),
        ("", "application/json", b"{".to_vec(), 400, "invalid_json"),
        (
            "",
            "application/json",
            b"{\"log_content\":7}".to_vec(),
            400,
            "invalid_json",
        ),
        (
            "",
            "multipart/form-data",
            b"x".to_vec(),
            400,
            "invalid_form",
        ),
        (
            "",
            "multipart/form-data; boundary=XX",
            b"--XX\r\ntorn".to_vec(),
            400,
            "invalid_form",
        ),
        ("", &kind, two, 400, "two_logs"),
        (
            "?format=csv",
            "text/plain",
            b"x".to_vec(),
            400,
            "unknown_format",
        ),
        (
            "?format=json&format=plain",
            "text/plain",
            b"x".to_vec(),
            400,
            "invalid_query",
        ),
        ("", "text/plain", b"\xff\xfe".to_vec(), 400, "empty_log"),
        (
            "",
            "text/plain",
            b"\xef\xbb\xbf\n".to_vec(),
            400,
            "empty_log",
        ),
    ];
    for (query, kind, body, status, code) in cases {
        let (got, answer) = service
            .post(&format!("/api/chat/analyze{query}"), kind, body)
            .await;
        assert_eq!(
            (got.as_u16(), answer["error"]["code"].as_str()),
            (status, Some(code)),
            "{answer}"
        );
        assert_eq!(answer["success"], false);
        assert!(answer["error"]["message"].as_str().unwrap().len() > 10);
    }
    assert_eq!(service.interactions().await, 0);
    // Dirty text is read, and what was dirty is told.
    let (status, answer) = service
        .post(
            "/api/chat/analyze",
            "text/plain",
            b"caf\xe9 failed\n".to_vec(),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        answer["analysis_results"]["stats"]["warnings"][0]
            .as_str()
            .unwrap()
            .contains("UTF-8")
    );
    assert_eq!(service.interactions().await, 1);
    let (status, answer) = service.get("/nowhere").await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (StatusCode::NOT_FOUND, &json!("no_such_route"))
    );
    let (status, _) = service.get("/api/chat/analyze").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_good_run_tells_what_is_new() {
    let service = Service::new();
    let good = "2026-11-22 10:00:00|INFO|app|start|ready\n2026-11-22 10:00:01|ERROR|mail|send|mailbox full\n";
    let log = format!("{good}2026-11-22 10:00:02|ERROR|db|query|table locked\n");
    let (kind, body) = form(&[
        ("file", Some("bad.log"), log.as_bytes()),
        ("baseline", Some("good.log"), good.as_bytes()),
    ]);
    let json = json!({"log_content": log, "baseline": good});
    let answers = [
        service.post("/api/chat/analyze", &kind, body).await,
        service
            .post("/api/chat/analyze", "application/json", json.to_string())
            .await,
    ];
    for (status, answer) in answers {
        assert_eq!(status, StatusCode::OK, "{answer}");
        let results = &answer["analysis_results"];
        let new = &results["comparison"]["new"];
        assert_eq!(new.as_array().unwrap().len(), 1, "{new}");
        assert_eq!(new[0]["line"], 3);
        assert_eq!(new[0]["is_failure"], true);
        // What the good run has, too, did not make this run fail.
        assert_eq!(results["failures"][0]["line"], 3);
        assert_eq!(results["failures"][0]["is_new"], true);
        assert_eq!(results["failures"].as_array().unwrap().len(), 1);
    }
    for (baseline, code) in [
        (&b"\x7fELF\x01\0\0\0\0\0\0\0"[..], "not_text"),
        (b" \n", "empty_log"),
    ] {
        let (kind, body) = form(&[
            ("file", Some("bad.log"), log.as_bytes()),
            ("baseline", Some("good.log"), baseline),
        ]);
        let (status, answer) = service.post("/api/chat/analyze", &kind, body).await;
        assert!(status.is_client_error());
        assert_eq!(answer["error"]["code"], code);
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("the baseline: "), "{message}");
    }
}

#[tokio::test]
async fn a_body_waits_outside_until_there_is_a_place() {
    let service = Service::new();
    let all = service.app.bodies.available_permits() as u32;
    let taken = service.app.bodies.clone().acquire_many_owned(all).await;
    // What is wrong with this body shows as soon as it is read.
    let answer = service.post("/api/chat/analyze", "application/json", "{");
    tokio::pin!(answer);
    let early = tokio::time::timeout(Duration::from_millis(50), &mut answer).await;
    assert!(early.is_err(), "{early:?}");
    drop(taken);
    assert_eq!(answer.await.0, StatusCode::BAD_REQUEST);
    assert_eq!(service.app.bodies.available_permits() as u32, all);
}

#[tokio::test]
async fn bodies_that_come_slowly_keep_nobody_waiting() {
    let service = Service::new();
    let places = service.app.analyses.available_permits();
    let slow = |_| {
        // One byte, and then nothing.
        let (sender, body) = tokio::sync::mpsc::channel::<Result<&str, std::io::Error>>(1);
        sender.try_send(Ok("E")).unwrap();
        let stream = futures::stream::unfold(body, |mut body| async {
            body.recv().await.map(|part| (part, body))
        });
        let request = Request::post("/api/chat/analyze")
            .header(header::CONTENT_LENGTH, 30)
            .body(Body::from_stream(stream))
            .unwrap();
        let app = service.app.clone();
        (sender, tokio::spawn(router(app).oneshot(request)))
    };
    let held: Vec<_> = (0..2 * places).map(slow).collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let answer = service.post("/api/chat/analyze", "text/plain", LOG);
    let answer = tokio::time::timeout(Duration::from_secs(10), answer).await;
    assert_eq!(answer.expect("it is answered").0, StatusCode::OK);
    drop(held);
}

#[tokio::test]
async fn a_retry_waits_for_the_first_and_takes_its_turn_if_that_failed() {
    let service = Service::new();
    let places = service.app.analyses.available_permits();
    let first = service.app.recorder.claim(None, "k").unwrap();
    assert!(matches!(first, Some(Claim::New(_))));
    let request = Request::post("/api/chat/analyze").header("idempotency-key", "k");
    let answer = service.send(request.body(LOG.into()).unwrap());
    tokio::pin!(answer);
    let early = tokio::time::timeout(Duration::from_millis(50), &mut answer).await;
    assert!(early.is_err(), "{early:?}");
    assert_eq!(service.app.analyses.available_permits(), places);
    drop(first);
    assert_eq!(answer.await.0, StatusCode::OK);
    assert_eq!(service.interactions().await, 1);
}

#[tokio::test]
async fn endless_fields_do_not_lose_the_interaction() {
    let service = Service::new();
    let long = "x".repeat(700 << 10);
    let log = format!("{{\"level\":\"error\",\"msg\":\"boom\",\"component\":\"{long}\"}}\n");
    let (status, answer) = service.post("/api/chat/analyze", "text/plain", log).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let component = &answer["analysis_results"]["failures"][0]["component"];
    assert_eq!(component.as_str().unwrap().len(), 256);
    assert_eq!(service.interactions().await, 1);
}

#[tokio::test]
async fn json_lines_are_a_log_whatever_the_client_calls_them() {
    let service = Service::new();
    let log = "{\"level\":\"error\",\"msg\":\"boom\"}\n{\"level\":\"info\",\"msg\":\"ok\"}\n";
    let (status, answer) = service
        .post("/api/chat/analyze", "application/json", log)
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["analysis_results"]["stats"]["format"], "json");
    assert_eq!(answer["analysis_results"]["failures"][0]["line"], 1);
}

#[tokio::test]
async fn a_correction_holds_at_once_and_reaches_the_export() {
    let service = Service::new();
    let (_, answer) = service.post("/api/chat/analyze", "text/plain", LOG).await;
    let path = format!(
        "/api/chat/interactions/{}/feedback",
        answer["interaction_id"].as_str().unwrap()
    );
    let said = json!({"is_useful": false, "user_feedback": "it is a test card", "corrections": [{"line": 3, "is_failure": false}]});
    for _ in 0..2 {
        let (status, merged) = service.put(&path, said.clone()).await;
        assert_eq!(status, StatusCode::OK, "{merged}");
        assert_eq!(merged["corrections"][0]["template"], "card <*> declined");
    }
    let events =
        std::fs::read_to_string(service.data().join("chat_feedback/chat_feedback.jsonl")).unwrap();
    assert_eq!(events.lines().count(), 1, "idempotent");
    let (_, again) = service.post("/api/chat/analyze", "text/plain", LOG).await;
    assert_eq!(again["analysis_results"]["failures"], json!([]));
    let (_, found) = service.get(path.strip_suffix("/feedback").unwrap()).await;
    assert_eq!(found["interaction"]["is_useful"], false);
    assert_eq!(found["interaction"]["user_feedback"], "it is a test card");

    let (status, export) = service.post("/api/training/export", "text/plain", "").await;
    assert_eq!(status, StatusCode::OK, "{export}");
    let file = export["output_file"].as_str().unwrap();
    let document: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(export["exported_examples"], document["total_examples"]);
    let corrected = document["training_data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|example| example["label_source"] == "correction")
        .unwrap();
    assert_eq!(
        (&corrected["is_failure"], &corrected["count"]),
        (&json!(false), &json!(2))
    );
}

/// What judges is no instance of what was taught: all texts of a template are on one side, in whatever request they come.
#[tokio::test]
async fn corrections_are_held_out_by_template() {
    const NAMES: [&str; 8] = [
        "ann", "bob", "carol", "dave", "erin", "frank", "grace", "heidi",
    ];
    // Words that make templates of their own; five of them are enough to hold others out.
    let things = [
        "disk", "link", "lease", "queue", "index", "mount", "token", "shard", "pod", "lock",
    ];
    let of_name = |name: &&str| {
        let of_thing = |thing: &&str| {
            format!(
                "2026-11-22T10:00:00Z|ERROR|shop|run|{thing} {thing}s{thing} failed for user {name}\n"
            )
        };
        things.iter().map(of_thing).collect::<String>()
    };
    let log: String = NAMES.iter().map(of_name).collect();
    let service = Service::new();
    let (_, answer) = service.post("/api/chat/analyze", "text/plain", log).await;
    let path = format!(
        "/api/chat/interactions/{}/feedback",
        answer["interaction_id"].as_str().unwrap()
    );
    let mut merged = Value::Null;
    for name in 0..NAMES.len() {
        let lines = (1..=things.len()).map(|thing| name * things.len() + thing);
        let said: Vec<Value> = lines
            .map(|line| json!({"line": line, "is_failure": true}))
            .collect();
        let (status, answer) = service.put(&path, json!({"corrections": said})).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        merged = answer;
    }
    let mut sides: BTreeMap<&str, BTreeSet<bool>> = BTreeMap::new();
    for correction in merged["corrections"].as_array().unwrap() {
        let template = correction["holds_for"].as_str().unwrap();
        let side = correction["held_out"].as_bool().unwrap();
        sides.entry(template).or_default().insert(side);
    }
    assert_eq!(sides.len(), things.len(), "{sides:?}");
    assert!(sides.values().all(|sides| sides.len() == 1), "{sides:?}");
    let held_out = sides.values().filter(|sides| sides.contains(&true));
    assert!((1..6).contains(&held_out.count()), "{sides:?}");
}

#[tokio::test]
async fn odd_feedback_is_refused() {
    let service = Service::new();
    let (_, answer) = service.post("/api/chat/analyze", "text/plain", LOG).await;
    let id = answer["interaction_id"].as_str().unwrap();
    let path = format!("/api/chat/interactions/{id}/feedback");
    let unknown = "/api/chat/interactions/01890000-0000-7000-8000-000000000000/feedback";
    for (path, body, status) in [
        (path.as_str(), json!({}), 422),
        (
            &path,
            json!({"corrections": [{"line": 99, "is_failure": true}]}),
            422,
        ),
        (
            &path,
            json!({"corrections": [{"line": 1, "is_failure": true, "severity": 7}]}),
            422,
        ),
        (&path, json!({"usefull": true}), 422),
        (unknown, json!({"is_useful": true}), 404),
        (
            "/api/chat/interactions/7/feedback",
            json!({"is_useful": true}),
            400,
        ),
    ] {
        let (got, answer) = service.put(path, body.clone()).await;
        assert_eq!(got.as_u16(), status, "{body}: {answer}");
        assert_eq!(answer["success"], false);
    }
}

#[tokio::test]
async fn the_serving_document_needs_the_token_and_a_model_that_is_there() {
    let service = Service::new();
    let rules = json!({"generation": 2, "stable": null, "candidate": null});
    let (status, answer) = service.put("/internal/serving", rules.clone()).await;
    assert_eq!(
        (status, &answer["generation"]),
        (StatusCode::OK, &json!(2)),
        "{answer}"
    );
    let (status, _) = service.put("/internal/serving", rules).await;
    assert_eq!(status, StatusCode::OK, "the same again");
    let digest = format!("sha256:{}", "0".repeat(64));
    for (document, status, code) in [
        (
            json!({"generation": 1, "stable": null}),
            409,
            "stale_generation",
        ),
        (
            json!({"generation": 2, "stable": {"version": "v", "digest": digest}}),
            409,
            "generation_conflict",
        ),
        (
            json!({"generation": 3, "stable": {"version": "v", "digest": digest}}),
            422,
            "model_unusable",
        ),
    ] {
        let (got, answer) = service.put("/internal/serving", document.clone()).await;
        assert_eq!(
            (got.as_u16(), answer["error"]["code"].as_str()),
            (status, Some(code)),
            "{document}: {answer}"
        );
    }
    let (status, answer) = service.get("/internal/serving").await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (StatusCode::UNAUTHORIZED, &json!("wrong_token"))
    );
    let (status, models) = service.get("/api/models").await;
    assert_eq!(
        (status, &models["loaded"]["stable"], &models["models"]),
        (StatusCode::OK, &Value::Null, &json!([]))
    );
}

#[tokio::test]
async fn the_page_runs_nothing_foreign_and_the_figures_count() {
    let service = Service::new();
    let response = router(service.app.clone())
        .oneshot(Request::get("/").body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    for path in [
        "/ui/app.js",
        "/ui/loop.js",
        "/ui/render.js",
        "/ui/style.css",
        "/healthz",
        "/readyz",
    ] {
        assert_eq!(service.get(path).await.0, StatusCode::OK, "{path}");
    }
    service.post("/api/chat/analyze", "text/plain", LOG).await;
    let (_, metrics) = service.get("/metrics").await;
    let metrics = metrics.as_str().unwrap();
    assert!(
        metrics.contains("logloop_analyzer_analyses_total{model_version=\"rules\"} 1"),
        "{metrics}"
    );
    assert!(
        metrics.contains(
            "logloop_analyzer_requests_total{route=\"/api/chat/analyze\",status=\"200\"} 1"
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_too_much_still_gets_the_answer() {
    use std::io::{Read, Write};
    let service = Service::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, router(service.app.clone())).into_future());
    // Sends all of it before it reads a byte, as simple clients and proxies do.
    let client = tokio::task::spawn_blocking(move || {
        let mut client = std::net::TcpStream::connect(address).unwrap();
        let length = MAX_UPLOAD_BYTES + (4 << 20);
        let head = format!(
            "POST /api/chat/analyze HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
        );
        client.write_all(head.as_bytes()).unwrap();
        let chunk = vec![b'a'; 1 << 20];
        for _ in 0..length >> 20 {
            client
                .write_all(&chunk)
                .expect("the service goes on reading");
        }
        let mut answer = vec![0; 4096];
        let read = client.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..read]).into_owned()
    });
    let answer = client.await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 413") && answer.contains("upload_too_large"),
        "{answer}"
    );
}

/// Everything below `dir` that holds one of `parts`.
fn files_with(dir: &Path, parts: &[&str]) -> Vec<std::path::PathBuf> {
    let mut found = vec![];
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, parts));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            if parts.iter().any(|part| text.contains(part)) {
                found.push(path);
            }
        }
    }
    found
}

#[tokio::test]
async fn secrets_reach_neither_the_answer_nor_the_disk() {
    // Put together here: nobody shall take it for a real one.
    let token = format!("{}{}", "ghp_", "a1B2c3D4e5".repeat(4).split_at(36).0);
    let mail = "ann.smith@example.com";
    let log = format!(
        "2026-11-22T10:00:00Z|ERROR|auth|login|token {token} refused\n\
         2026-11-22T10:00:01Z|ERROR|mail|send|no mailbox {mail}\n\
         2026-11-22T10:00:02Z|ERROR|auth|login|token {token} refused\n"
    );
    let asked = json!({
        "user_query": format!("why does {token} fail for {mail}?"),
        "log_content": log,
        "baseline": format!("2026-11-22T10:00:00Z|ERROR|auth|renew|lost {token} of {mail}\n"),
        "log_filename": format!("{mail}.log"),
    });
    let parts = [token.as_str(), mail];
    let service = Service::new();
    let (status, answer) = service
        .post("/api/chat/analyze", "application/json", asked.to_string())
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let text = answer.to_string();
    assert!(parts.iter().all(|part| !text.contains(part)), "{text}");
    let told = &answer["analysis_results"]["stats"]["warnings"][0];
    assert!(
        told.as_str()
            .unwrap()
            .starts_with("3 secrets, 3 e-mail addresses were replaced"),
        "{told}"
    );
    let path = format!(
        "/api/chat/interactions/{}",
        answer["interaction_id"].as_str().unwrap()
    );
    let said = json!({"user_feedback": format!("ask {mail}"), "corrections": [
        {"line": 2, "is_failure": false, "component": format!("box of {mail}"), "operation": token},
    ]});
    let (status, feedback) = service.put(&format!("{path}/feedback"), said).await;
    assert_eq!(status, StatusCode::OK, "{feedback}");
    let (_, stored) = service.get(&path).await;
    let stored = &stored["interaction"];
    assert_eq!(stored["redaction"], "v1:secrets,email,card");
    let lines: Vec<&str> = stored["log_content"].as_str().unwrap().lines().collect();
    assert_eq!(lines.len(), 3);
    let refused = |line: &str| line.split_once("|token ").unwrap().1.to_owned();
    assert!(lines[0].contains("[REDACTED:token:"), "{}", lines[0]);
    assert_eq!(refused(lines[0]), refused(lines[2]));
    service.app.recorder.close();
    assert_eq!(
        files_with(service.data(), &parts),
        Vec::<std::path::PathBuf>::new()
    );
}

#[tokio::test]
async fn nothing_is_redacted_where_it_is_off() {
    let service = Service::with(Kinds::NONE);
    let log = "2026-11-22T10:00:00Z|ERROR|mail|send|no mailbox ann@example.com\n";
    let (_, answer) = service.post("/api/chat/analyze", "text/plain", log).await;
    let warnings = &answer["analysis_results"]["stats"]["warnings"];
    assert!(!warnings.to_string().contains("replaced"), "{warnings}");
    let id = answer["interaction_id"].as_str().unwrap();
    let (_, stored) = service.get(&format!("/api/chat/interactions/{id}")).await;
    assert_eq!(stored["interaction"]["log_content"], log);
    assert!(stored["interaction"].get("redaction").is_none());
    assert!(!files_with(service.data(), &["ann@example.com"]).is_empty());
}
