//! Erasing through the HTTP service.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use logloop_analyzer::access::Access;
use logloop_analyzer::app::App;
use logloop_analyzer::cli::RedactionArgs;
use logloop_analyzer::recorder::Recorder;
use logloop_analyzer::redaction::Redaction;
use logloop_analyzer::routes::router;
use logloop_analyzer::serving::Serving;
use logloop_records::store::{Options, segments};
use logloop_records::{DataDir, Kind};
use logloop_redaction::Kinds;
use serde_json::{Value, json};
use tower::ServiceExt;

const LOG: &str = "2026-11-22T10:00:00Z|INFO|billing|start|ready\n\
    2026-11-22T10:00:01Z|INFO|billing|charge|the ledger is odd\n";

/// Longest that an erasure may take here.
const PATIENCE: Duration = Duration::from_secs(20);

struct Service {
    app: App,
    dir: tempfile::TempDir,
}

impl Service {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self {
            app: app(dir.path()),
            dir,
        }
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json");
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        let request = request.body(body).unwrap();
        let response = router(self.app.clone()).oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
        (status, serde_json::from_slice(&body.unwrap()).unwrap())
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send("GET", path, Value::Null).await
    }

    async fn ask(&self) -> Value {
        let body = json!({"user_query": "why?", "log_content": LOG});
        let (status, answer) = self.send("POST", "/api/chat/analyze", body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    async fn total(&self) -> u64 {
        let (_, stats) = self.get("/api/chat/stats").await;
        stats["stats"]["total_interactions"].as_u64().unwrap()
    }
}

fn app(dir: &std::path::Path) -> App {
    let data = DataDir::new(dir.join("data"));
    let options = RedactionArgs {
        redact: Kinds::DEFAULT,
        redact_pattern: vec![],
        redact_key_file: None,
    };
    let redaction = Redaction::new(&options, data.root()).unwrap();
    let recorder = Recorder::open(data.clone(), "test", Options::default()).unwrap();
    App::new(recorder, redaction, Serving::new(&data), Access::Open, None)
}

fn failures(answer: &Value) -> u64 {
    let stats = &answer["analysis_results"]["stats"];
    stats["total_failures"].as_u64().unwrap()
}

#[tokio::test]
async fn an_interaction_goes_at_once_and_with_it_what_it_taught() {
    let service = Service::new();
    let id = service.ask().await["interaction_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let kept = service.ask().await;
    assert_eq!(failures(&kept), 0);
    let path = format!("/api/chat/interactions/{id}");
    let correction = json!({"corrections": [{"line": 2, "is_failure": true}]});
    let (status, said) = service
        .send("PUT", &format!("{path}/feedback"), correction)
        .await;
    assert_eq!(status, StatusCode::OK, "{said}");
    assert_eq!(
        failures(&service.ask().await),
        1,
        "the correction is in force"
    );
    assert_eq!(service.total().await, 3);

    let (status, accepted) = service.send("DELETE", &path, Value::Null).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{accepted}");
    assert_eq!(accepted["interactions_found"], 1);
    // Nothing of it is left for any reader, before anything is rewritten.
    assert_eq!(service.get(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(service.total().await, 2);
    assert_eq!(failures(&service.ask().await), 0, "its correction is gone");
    let said = json!({"is_useful": true});
    let (status, _) = service.send("PUT", &format!("{path}/feedback"), said).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, again) = service.send("DELETE", &path, Value::Null).await;
    assert_eq!((status, &again), (StatusCode::ACCEPTED, &accepted));

    let receipt = accepted["status_url"].as_str().unwrap();
    assert_eq!(service.get(receipt).await.1["receipt"]["state"], "accepted");
    service.app.recorder.carry_out_erasures().unwrap();
    let (_, done) = service.get(receipt).await;
    assert_eq!(done["receipt"]["state"], "complete", "{done}");
    assert_eq!(done["receipt"]["segments"][0]["records"], 1);
    assert_eq!(done["receipt"]["feedback"][0]["records"], 1);
    assert_eq!(service.total().await, 3);
    let kept = kept["interaction_id"].as_str().unwrap();
    let (status, _) = service.get(&format!("/api/chat/interactions/{kept}")).await;
    assert_eq!(status, StatusCode::OK);
}

/// Another process on the same volume: it is shown nothing either, and its own segment is rewritten, too.
#[tokio::test]
async fn another_analyzer_obeys_without_being_told() {
    let service = Service::new();
    let other = Service {
        app: app(service.dir.path()),
        dir: tempfile::tempdir().unwrap(),
    };
    let id = other.ask().await["interaction_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/api/chat/interactions/{id}");
    let correction = json!({"corrections": [{"line": 2, "is_failure": true}]});
    let (status, _) = other
        .send("PUT", &format!("{path}/feedback"), correction)
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(failures(&other.ask().await), 1);
    let (status, accepted) = service.send("DELETE", &path, Value::Null).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(other.get(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(failures(&other.ask().await), 0);
    let receipt = accepted["status_url"].as_str().unwrap();
    let began = std::time::Instant::now();
    loop {
        // As their threads do.
        for service in [&service, &other] {
            service.app.recorder.carry_out_erasures().unwrap();
        }
        let (_, seen) = other.get(receipt).await;
        if seen["receipt"]["state"] == "complete" {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{seen}");
    }
}

/// What retention removed can still be erased from what was made of it.
#[tokio::test]
async fn an_interaction_that_is_only_in_exports_is_erased() {
    let service = Service::new();
    let id = service.ask().await["interaction_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let data = service.app.recorder.data().clone();
    let (status, exported) = service
        .send("POST", "/api/training/export", Value::Null)
        .await;
    assert_eq!(status, StatusCode::OK, "{exported}");
    service.app.recorder.close();
    for segment in segments(&data, Kind::Interactions).unwrap() {
        std::fs::remove_file(segment.path).unwrap();
    }
    let service = Service {
        app: app(service.dir.path()),
        ..service
    };
    let path = format!("/api/chat/interactions/{id}");
    assert_eq!(service.get(&path).await.0, StatusCode::NOT_FOUND);
    assert!(data.training_export().exists());
    let (status, accepted) = service.send("DELETE", &path, Value::Null).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{accepted}");
    service.app.recorder.carry_out_erasures().unwrap();
    let receipt = accepted["status_url"].as_str().unwrap();
    let (_, done) = service.get(receipt).await;
    assert_eq!(done["receipt"]["state"], "complete", "{done}");
    assert_eq!(
        done["receipt"]["exported_files"][0]["file"],
        "chat_training_data.json"
    );
    assert!(!data.training_export().exists());
}

#[tokio::test]
async fn what_cannot_be_erased_is_refused() {
    let service = Service::new();
    let nobody = uuid::Uuid::now_v7();
    for (method, path, body, status, code) in [
        (
            "DELETE",
            "/api/chat/interactions/x".to_owned(),
            Value::Null,
            400,
            "invalid_id",
        ),
        (
            "DELETE",
            format!("/api/chat/interactions/{nobody}"),
            Value::Null,
            404,
            "no_such_interaction",
        ),
        (
            "POST",
            "/api/erase".to_owned(),
            json!({"subject": ""}),
            422,
            "invalid",
        ),
        (
            "POST",
            "/api/erase".to_owned(),
            json!({"who": "ann"}),
            422,
            "invalid_json",
        ),
        (
            "GET",
            format!("/api/erasures/{nobody}"),
            Value::Null,
            404,
            "no_such_receipt",
        ),
        (
            "GET",
            "/api/erasures/x".to_owned(),
            Value::Null,
            400,
            "invalid_id",
        ),
    ] {
        let (got, answer) = service.send(method, &path, body).await;
        assert_eq!(
            (got.as_u16(), &answer["error"]["code"]),
            (status, &json!(code)),
            "{path}"
        );
    }
    // A subject of whom nothing is kept is accepted: nobody is told who is known here.
    let (status, accepted) = service
        .send("POST", "/api/erase", json!({"subject": "ann"}))
        .await;
    assert_eq!(
        (status, &accepted["interactions_found"]),
        (StatusCode::ACCEPTED, &json!(0))
    );
}
