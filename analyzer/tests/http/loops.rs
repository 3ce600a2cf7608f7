//! What the operator says of the loop, and what whoever asks is told.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::service::Service;

#[tokio::test]
async fn what_the_operator_says_of_the_loop_is_told() {
    let service = Service::new();
    let (status, nothing) = service.get("/api/loop").await;
    assert_eq!(status, StatusCode::OK);
    assert!(nothing["loop"].is_null() && nothing["told"].is_null());
    let problem = nothing["problem"].as_str().unwrap();
    assert!(problem.contains("no operator has told"), "{problem}");

    let said = json!({"target": "web", "serving": null, "current": [{"name": "first", "phase": "Training"}], "later": [1]});
    let (status, answer) = service.put("/internal/loop", said.clone()).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({"success": true})));
    let (status, told) = service.get("/api/loop").await;
    assert_eq!((status, &told["loop"]), (StatusCode::OK, &said));
    assert!(
        told["told"].is_string() && told["problem"].is_null(),
        "{told}"
    );

    // What is none of it changes nothing.
    let large = json!({"target": "x".repeat(64 << 10)});
    for (wrong, status) in [
        (json!([1]), StatusCode::UNPROCESSABLE_ENTITY),
        (Value::Null, StatusCode::UNPROCESSABLE_ENTITY),
        (large, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let (answered, refusal) = service.put("/internal/loop", wrong).await;
        assert_eq!(answered, status, "{refusal}");
        assert_eq!(refusal["success"], false);
    }
    assert_eq!(service.get("/api/loop").await.1["loop"], said);
}
