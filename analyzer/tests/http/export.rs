//! The export by HTTP, and the events that tell of it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use logloop_analyzer::access::Scope;
use logloop_analyzer::exports::Exports;
use logloop_analyzer::recorder::Recorder;
use logloop_analyzer::routes::router;
use logloop_records::store::Options;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use super::service::{LOG, Service};

/// Longest wait for something that happens in a moment.
const PATIENCE: Duration = Duration::from_secs(20);

async fn ended(service: &Service) -> Value {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let (status, body) = service.get("/api/training/export").await;
        assert_eq!(status, StatusCode::OK, "{body}");
        if body["export"]["state"] != "running" {
            return body["export"].clone();
        }
        assert!(tokio::time::Instant::now() < deadline, "{body}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The next piece of a stream of events.
async fn piece(stream: &mut Body) -> Option<String> {
    let frame = tokio::time::timeout(PATIENCE, stream.frame()).await;
    let bytes = frame.expect("in time")?.unwrap().into_data().unwrap();
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn many_interactions_are_exported_in_the_background_and_it_is_told() {
    let mut service = Service::new();
    service.app.exports = Arc::new(Exports::new(service.app.events.clone(), 0));
    let (_, body) = service.get("/api/training/export").await;
    assert_eq!(body["export"]["state"], "none");
    service.post("/api/chat/analyze", "text/plain", LOG).await;
    let request = Request::get("/api/chat/events")
        .body(Body::empty())
        .unwrap();
    let response = router(service.app.clone()).oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.into_body();

    let request = Request::post("/api/training/export").body(Body::empty());
    let response = router(service.app.clone())
        .oneshot(request.unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    assert_eq!(response.headers()["location"], "/api/training/export");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["status_url"], "/api/training/export");
    assert_eq!(body["events_url"], "/api/chat/events");
    // Events until it is done, of this export alone.
    let told = loop {
        let told = piece(&mut stream).await.unwrap();
        let told = told.strip_prefix("event: export\ndata: ").expect(&told);
        let told: Value = serde_json::from_str(told).unwrap();
        if told["state"] != "running" {
            break told;
        }
    };
    let done = ended(&service).await;
    assert_eq!(told, done);
    assert_eq!(
        (&done["interactions"], &done["not_used"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(
        (&done["state"], &done["error"]),
        (&json!("done"), &Value::Null),
        "{done}"
    );
    let file = done["output_file"].as_str().unwrap();
    let document: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(document["total_examples"], done["examples"]);
    assert_eq!(done["read_bytes"], done["total_bytes"]);

    // Events of others are not for everybody.
    service.app.events.tell("secret", Scope::Internal, &1);
    service.app.events.tell("plain", Scope::Export, &2);
    assert_eq!(
        piece(&mut stream).await.unwrap(),
        "event: plain\ndata: 2\n\n"
    );
    service.app.events.close();
    assert_eq!(piece(&mut stream).await, None);
}

/// What another process stored is in it, and is counted.
#[tokio::test]
async fn the_answer_counts_what_was_exported() {
    let service = Service::new();
    let (_, asked) = service.post("/api/chat/analyze", "text/plain", LOG).await;
    let id = asked["interaction_id"].as_str().unwrap().parse().unwrap();
    let data = service.app.recorder.data().clone();
    let other = Recorder::open(data, "other", Options::default()).unwrap();
    for _ in 0..3 {
        let mut another = service.app.recorder.find(id).unwrap().unwrap().interaction;
        another.id = Uuid::now_v7();
        other.record(another).unwrap();
    }
    let (status, body) = service.post("/api/training/export", "text/plain", "").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let examples = body["exported_examples"].as_u64().unwrap();
    let message = format!("{examples} examples from 4 interactions");
    assert_eq!(body["message"], message);
}

#[tokio::test]
async fn one_export_at_a_time_and_the_next_begins_afresh() {
    let service = Service::new();
    service.post("/api/chat/analyze", "text/plain", LOG).await;
    let data = service.app.recorder.data().clone();
    // A folder in the place of the file: it fails, and says why.
    let output = data.training_export();
    std::fs::create_dir(&output).unwrap();
    std::fs::write(output.join("file"), "in the way").unwrap();
    let (status, body) = service.post("/api/training/export", "text/plain", "").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
    let failed = ended(&service).await;
    assert_eq!(failed["state"], "failed");
    assert!(
        failed["error"]
            .as_str()
            .unwrap()
            .contains("chat_training_data.json"),
        "{failed}"
    );
    std::fs::remove_dir_all(&output).unwrap();

    let asked = (0..8).map(|_| service.post("/api/training/export", "text/plain", ""));
    let answers = futures::future::join_all(asked).await;
    let statuses: Vec<u16> = answers.iter().map(|(status, _)| status.as_u16()).collect();
    assert!(statuses.contains(&200), "{statuses:?}");
    assert!(
        statuses.iter().all(|status| [200, 202].contains(status)),
        "{statuses:?}"
    );
    ended(&service).await;
    let (status, body) = service.post("/api/training/export", "text/plain", "").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let left = std::fs::read_dir(data.root()).unwrap();
    let names: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    let unfinished = names
        .iter()
        .filter(|name| name.to_string_lossy().ends_with(".tmp"));
    assert_eq!(unfinished.count(), 0, "{names:?}");
}
