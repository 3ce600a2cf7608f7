//! Pages of what is kept, parts of a log, and what is taken back.

use std::sync::Arc;

use axum::http::StatusCode;
use logloop_analyzer::recorder::{Keeping, Recorder};
use logloop_records::store::Options;
use serde_json::{Value, json};

use crate::service::Service;

async fn analyze(service: &Service, log: &str) -> String {
    let (status, answer) = service
        .post(
            "/api/chat/analyze?log_filename=a.log",
            "text/plain",
            log.to_owned(),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["interaction_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_answer_says_whether_it_is_kept() {
    let mut service = Service::new();
    let ask = async |service: &Service| {
        let asked = service.post("/api/chat/analyze", "text/plain", "ERROR disk 1 failed\n");
        let (status, answer) = asked.await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    };
    assert_eq!(ask(&service).await["kept"], true);
    let data = service.app.recorder.data().clone();
    let forgets = Recorder::open(data, "other", Options::default()).unwrap();
    service.app.recorder = Arc::new(forgets.keeping(Keeping::Nothing));
    let answer = ask(&service).await;
    assert_eq!(answer["kept"], false);
    let id = answer["interaction_id"].as_str().unwrap();
    let (status, _) = service.get(&format!("/api/chat/interactions/{id}")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn pages_go_through_everything_once_whatever_is_stored_meanwhile() {
    let service = Service::new();
    let mut wanted = vec![];
    for n in 0..7 {
        wanted.push(analyze(&service, &format!("ERROR disk {n} failed\n")).await);
    }
    wanted.reverse();
    let mut found = vec![];
    let mut path = "/api/chat/interactions?limit=3".to_owned();
    loop {
        let (status, page) = service.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let all = page["interactions"].as_array().unwrap();
        assert!(
            all.iter()
                .all(|one| one.get("log_content").is_none() && one["log_filename"] == "a.log")
        );
        found.extend(all.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        analyze(&service, "ERROR stored meanwhile\n").await;
        match &page["next_cursor"] {
            Value::String(cursor) => {
                path = format!("/api/chat/interactions?limit=3&cursor={cursor}")
            }
            _ => break,
        }
    }
    assert_eq!(found, wanted);
    for query in [
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=nonsense",
        "offset=3",
    ] {
        let (status, answer) = service
            .get(&format!("/api/chat/interactions?{query}"))
            .await;
        assert!(status.is_client_error(), "{query}: {answer}");
        assert!(answer["error"]["message"].as_str().is_some(), "{answer}");
    }
}

#[tokio::test]
async fn a_page_shows_what_was_said() {
    let service = Service::new();
    let id = analyze(&service, "INFO up\nERROR disk 1 failed\n").await;
    let path = format!("/api/chat/interactions/{id}/feedback");
    let said = json!({"is_useful": false, "user_feedback": "known", "corrections": [{"line": 2, "is_failure": false}]});
    assert_eq!(service.put(&path, said).await.0, StatusCode::OK);
    let (_, page) = service.get("/api/chat/interactions").await;
    let one = &page["interactions"][0];
    assert_eq!(
        (
            &one["is_useful"],
            &one["user_feedback"],
            &one["corrections"]
        ),
        (&json!(false), &json!("known"), &json!(1))
    );
    assert_eq!(
        (&one["failure_groups"], &one["total_lines"]),
        (&json!(1), &json!(2))
    );

    let back = json!({"taken_back": {"is_useful": true, "user_feedback": true, "lines": [2]}});
    let (status, now) = service.put(&path, back).await;
    assert_eq!(status, StatusCode::OK, "{now}");
    assert_eq!(
        (
            &now["is_useful"],
            &now["user_feedback"],
            &now["corrections"]
        ),
        (&Value::Null, &Value::Null, &json!([]))
    );
    let (_, page) = service.get("/api/chat/interactions").await;
    assert_eq!(page["interactions"][0]["corrections"], 0);
}

#[tokio::test]
async fn a_part_of_a_log() {
    let service = Service::new();
    let small = "ERROR one\nERROR two\nERROR three\n".to_owned();
    // Large enough to be spilled to a blob.
    let large: String = (1..=200_000)
        .map(|n| format!("ERROR line {n} failed\n"))
        .collect();
    for (log, range, lines, more) in [
        (&small, "lines=2-2", json!(["ERROR two"]), true),
        (
            &small,
            "lines=2-9",
            json!(["ERROR two", "ERROR three"]),
            false,
        ),
        (
            &large,
            "lines=150000-150001",
            json!(["ERROR line 150000 failed", "ERROR line 150001 failed"]),
            true,
        ),
    ] {
        let id = analyze(&service, log).await;
        let (status, part) = service
            .get(&format!("/api/chat/interactions/{id}/log?{range}"))
            .await;
        assert_eq!(status, StatusCode::OK, "{part}");
        assert_eq!((&part["lines"], &part["more"]), (&lines, &json!(more)));
    }
    let id = analyze(&service, &small).await;
    for range in [
        "lines=0-1",
        "lines=3-2",
        "lines=1-10001",
        "lines=x",
        "from=1",
    ] {
        let (status, answer) = service
            .get(&format!("/api/chat/interactions/{id}/log?{range}"))
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{range}: {answer}");
    }
}

#[tokio::test]
async fn who_decides_when_to_train_is_told_how_much_is_new() {
    let service = Service::new();
    let kept = async || {
        let request = axum::http::Request::get("/internal/serving")
            .header("authorization", "Bearer secret")
            .body(axum::body::Body::empty())
            .unwrap();
        service.send(request).await.1["kept"].clone()
    };
    let none = json!({"interactions": 0, "feedback": 0, "corrections": 0, "negative": 0});
    assert_eq!(kept().await, none);
    let id = analyze(&service, "ERROR one\nERROR two\n").await;
    analyze(&service, "ERROR three\n").await;
    let path = format!("/api/chat/interactions/{id}/feedback");
    let said = json!({"is_useful": false, "corrections": [{"line": 1, "is_failure": false}, {"line": 2, "is_failure": true}]});
    service.put(&path, said).await;
    let told = json!({"interactions": 2, "feedback": 1, "corrections": 2, "negative": 1});
    assert_eq!(kept().await, told);
    let back = json!({"taken_back": {"is_useful": true, "lines": [1, 2]}});
    service.put(&path, back).await;
    let rest = json!({"interactions": 2, "feedback": 0, "corrections": 0, "negative": 0});
    assert_eq!(kept().await, rest);
}

#[tokio::test]
async fn how_far_a_training_has_come_is_told_to_the_operator() {
    let service = Service::new();
    let training = async || {
        let request = axum::http::Request::get("/internal/serving")
            .header("authorization", "Bearer secret")
            .body(axum::body::Body::empty())
            .unwrap();
        service.send(request).await.1["training"].clone()
    };
    assert_eq!(training().await, json!({}));
    let models = service.app.recorder.data().models();
    let file = models.join(".progress/run-1.json");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let written = json!({"version": "run-1", "updated": chrono::Utc::now(), "step": 3, "steps": 12, "epoch": 1, "epochs": 4,
        "loss": 0.25, "validation_loss": null, "eta_seconds": 9, "entries_per_second": 100});
    std::fs::write(&file, written.to_string()).unwrap();
    let told = json!({"run-1": {"step": 3, "steps": 12, "loss": 0.25, "eta_seconds": 9}});
    assert_eq!(training().await, told);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(training().await, json!({}), "it has ended");
}
