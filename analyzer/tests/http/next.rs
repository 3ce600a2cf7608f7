//! What is worth a label.

use axum::http::StatusCode;
use logloop_scoring::suspects::{Suspect, Suspects};
use serde_json::{Value, json};

use crate::model::publish;
use crate::service::Service;

const LOG: &str = "2026-11-22T10:00:00Z|INFO|net|dial|peer 7 refused us\n\
    2026-11-22T10:00:01Z|INFO|net|dial|peer 8 is ready\n\
    2026-11-22T10:00:02Z|INFO|net|dial|maybe 9\n\
    2026-11-22T10:00:03Z|ERROR|net|dial|nothing special\n\
    2026-11-22T10:00:04Z|INFO|net|dial|maybe 10\n\
    2026-11-22T10:00:05Z|INFO|net|dial|doubted\n";

/// `refused` fails for the model alone, `maybe` is at the threshold, ERROR alone does not make it fail.
const WEIGHS: [(&str, f32); 4] = [
    ("refused", 2.0),
    ("ready", -2.0),
    ("maybe", 0.1),
    ("special", -2.0),
];

async fn asked(service: &Service, query: &str) -> Value {
    let (status, answer) = service.get(&format!("/api/training/next{query}")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

/// Reasons by line.
fn reasons(answer: &Value) -> Vec<(u64, &str)> {
    let all = answer["next"].as_array().unwrap();
    let mut told: Vec<_> = all
        .iter()
        .map(|one| {
            (
                one["line"].as_u64().unwrap(),
                one["reason"].as_str().unwrap(),
            )
        })
        .collect();
    told.sort_unstable();
    told
}

#[tokio::test]
async fn what_is_unsure_disputed_or_doubted_is_suggested_until_it_is_labelled() {
    let service = Service::new();
    let models = service.app.recorder.data().models();
    let suspects = Suspects {
        suspects: vec![Suspect {
            template_id: logloop_logs::template_id("doubted"),
            level: Some("INFO".to_owned()),
            is_failure: true,
            label_source: "correction".to_owned(),
            probability: 0.02,
        }],
    };
    let version = publish(&models, "v1", &WEIGHS, &suspects);
    let document = json!({"generation": 1, "stable": version});
    service.put("/internal/serving", document).await;
    let empty = asked(&service, "").await;
    assert_eq!(
        (&empty["next"], &empty["looked_at"]["interactions"]),
        (&json!([]), &json!(0))
    );

    let (_, answer) = service.post("/api/chat/analyze", "text/plain", LOG).await;
    let id = answer["interaction_id"].as_str().unwrap();
    let answer = asked(&service, "").await;
    assert_eq!(answer["model_version"], "v1");
    assert_eq!(
        answer["looked_at"],
        json!({"interactions": 1, "unreadable": 0, "log_bytes": LOG.len() - 1, "entries": 6, "more": false})
    );
    let expect = [
        (1, "disagree"),
        (3, "unsure"),
        (4, "disagree"),
        (6, "label_looks_wrong"),
    ];
    assert_eq!(reasons(&answer), expect);
    let all = answer["next"].as_array().unwrap();
    assert_eq!(
        all[0]["label"],
        json!({"is_failure": true, "source": "correction"})
    );
    assert!(
        all[0]["text"]
            .as_str()
            .unwrap()
            .starts_with("labelled a failure (correction)")
    );
    let unsure = all.iter().find(|one| one["line"] == 3).unwrap();
    assert_eq!(
        (&unsure["count"], &unsure["template"]),
        (&json!(2), &json!("maybe <*>"))
    );
    assert_eq!(
        (&unsure["interaction_id"], &unsure["level"]),
        (&json!(id), &json!("INFO"))
    );
    assert!(unsure["example"].as_str().unwrap().ends_with("maybe 9"));
    assert_eq!(
        asked(&service, "?limit=1").await["next"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    // Labelled as it is said there, it is no longer suggested; a doubted label only a reviewer settles.
    let said = json!({"corrections": [
        {"line": 1, "is_failure": true}, {"line": 3, "is_failure": false},
        {"line": 6, "is_failure": true},
    ]});
    let path = format!("/api/chat/interactions/{id}/feedback");
    assert_eq!(service.put(&path, said).await.0, StatusCode::OK);
    let left = asked(&service, "").await;
    assert_eq!(reasons(&left), [(4, "disagree"), (6, "label_looks_wrong")]);

    for query in ["?limit=0", "?limit=201", "?limit=x", "?other=1"] {
        let (status, answer) = service.get(&format!("/api/training/next{query}")).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_query")),
            "{query}"
        );
    }
}

#[tokio::test]
async fn without_a_model_the_rules_tell_what_rests_on_words_alone() {
    let service = Service::new();
    let log = "2026-11-22T10:00:00Z|INFO|net|dial|container was OOMKilled\n\
        2026-11-22T10:00:01Z|ERROR|net|dial|card declined\n";
    for _ in 0..3 {
        service.post("/api/chat/analyze", "text/plain", log).await;
    }
    let answer = asked(&service, "").await;
    assert_eq!(answer["model_version"], "rules");
    assert_eq!(reasons(&answer), [(1, "unsure")]);
    assert_eq!(answer["next"][0]["count"], 3);
    assert_eq!(answer["next"][0]["probability"], Value::Null);
}
