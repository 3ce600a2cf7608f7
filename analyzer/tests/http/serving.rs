//! Models as they answer: why, what is refused, and swaps under load.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use logloop_scoring::artifact::{self, MODEL_FILE};
use logloop_scoring::suspects::Suspects;
use logloop_scoring::{Manifest, VersionRef};
use serde_json::{Value, json};

use crate::model::{publish, write_manifest};
use crate::service::Service;

/// Two lines: `refused` and `ready` speak for and against.
const LOG: &str = "2026-11-22T10:00:00Z|INFO|net|dial|peer 7 refused us\n\
    2026-11-22T10:00:01Z|INFO|net|dial|peer 8 is ready\n";

/// Says that `refused` is a failure.
const SHARP: [(&str, f32); 2] = [("refused", 2.0), ("ready", -2.0)];
/// Says that `ready` is one.
const ODD: [(&str, f32); 2] = [("refused", -2.0), ("ready", 2.0)];

/// Puts a version into service.
async fn serve(service: &Service, generation: u64, stable: &VersionRef) -> (StatusCode, Value) {
    let document = json!({"generation": generation, "stable": stable});
    service.put("/internal/serving", document).await
}

fn models(service: &Service) -> std::path::PathBuf {
    service.app.recorder.data().models()
}

#[tokio::test]
async fn a_failure_says_which_words_made_it_one() {
    let service = Service::new();
    let version = publish(&models(&service), "v1", &SHARP, &Suspects::default());
    assert_eq!(serve(&service, 1, &version).await.0, StatusCode::OK);
    let (status, answer) = service.post("/api/chat/analyze", "text/plain", LOG).await;
    assert_eq!(
        (status, &answer["model_version"]),
        (StatusCode::OK, &json!("v1"))
    );
    let failures = answer["analysis_results"]["failures"].as_array().unwrap();
    assert_eq!((failures.len(), &failures[0]["line"]), (1, &json!(1)));
    let why = &failures[0]["why"];
    assert_eq!(
        (&why["source"], &why["version"]),
        (&json!("model"), &json!("v1"))
    );
    assert_eq!(why["words"][0]["text"], "refused");
    assert!(
        why["words"][0]["contribution"].as_f64().unwrap() > 1.0,
        "{why}"
    );
    let of = |name: &str| why[name].as_f64().unwrap();
    let words: f64 = why["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word["contribution"].as_f64().unwrap())
        .sum();
    let odds = (of("probability") / (1.0 - of("probability"))).ln();
    assert!(
        (words + of("others") + of("rest") - odds).abs() < 1e-3,
        "{why}"
    );
    let text = answer["response_text"].as_str().unwrap();
    assert!(
        text.contains("Why: model v1, ") && text.contains("`refused` +"),
        "{text}"
    );

    // Kept as answered; a correction says that it is one, the rules what they found.
    let one = format!(
        "/api/chat/interactions/{}",
        answer["interaction_id"].as_str().unwrap()
    );
    let (_, kept) = service.get(&one).await;
    let kept = &kept["interaction"]["analysis_results"]["failures"][0]["why"];
    assert_eq!(kept["words"][0]["text"], "refused");
    let wrong = json!({"corrections": [{"line": 2, "is_failure": true}]});
    service.put(&format!("{one}/feedback"), wrong).await;
    let (_, answer) = service.post("/api/chat/analyze", "text/plain", LOG).await;
    let failures = answer["analysis_results"]["failures"].as_array().unwrap();
    let corrected = failures
        .iter()
        .find(|failure| failure["line"] == 2)
        .unwrap();
    assert_eq!(corrected["why"]["source"], "correction");
    assert_eq!(corrected["why"]["corrected_by"], "own");
    let rules = json!({"generation": 2});
    assert_eq!(
        service.put("/internal/serving", rules).await.0,
        StatusCode::OK
    );
    let log = "2026-11-22T10:00:00Z|ERROR|net|dial|connection refused\n";
    let (_, answer) = service.post("/api/chat/analyze", "text/plain", log).await;
    let why = &answer["analysis_results"]["failures"][0]["why"];
    assert_eq!(
        (&why["source"], &why["version"]),
        (&json!("rules"), &json!("rules"))
    );
    assert_eq!(why["rules"][0], json!({"level": "ERROR"}));
    assert_eq!(why["rules"][1]["phrase"], "connection refused");
}

/// What cannot be served is refused with words that name it, and the version before goes on.
#[tokio::test]
async fn what_is_odd_is_refused_and_the_old_one_stays() {
    let service = Service::new();
    let good = publish(&models(&service), "good", &SHARP, &Suspects::default());
    assert_eq!(serve(&service, 1, &good).await.0, StatusCode::OK);
    type Change = fn(&std::path::Path, &mut Manifest, &mut VersionRef);
    let cases: [(Change, &str); 6] = [
        (
            |_, _, asked| asked.digest = artifact::digest(b"other"),
            "has the digest",
        ),
        (
            |_, _, asked| asked.version = "never".to_owned(),
            "no model version",
        ),
        (
            |_, manifest, _| manifest.feature_version += 1,
            "feature version",
        ),
        (|_, manifest, _| manifest.schema += 1, "schema"),
        (
            |dir, _, _| fs::write(dir.join(MODEL_FILE), b"cut").unwrap(),
            "was changed or replaced",
        ),
        (
            |dir, manifest, asked| {
                // Whole and listed, and no network all the same.
                let bytes = b"not a network".to_vec();
                fs::write(dir.join(MODEL_FILE), &bytes).unwrap();
                asked.digest = artifact::digest(&bytes);
                manifest.digest.clone_from(&asked.digest);
                let entry = artifact::FileEntry::of(&bytes);
                manifest.files.insert(MODEL_FILE.to_owned(), entry);
            },
            "train a new version",
        ),
    ];
    for (number, (change, words)) in cases.into_iter().enumerate() {
        let name = format!("odd-{number}");
        let mut asked = publish(&models(&service), &name, &ODD, &Suspects::default());
        let mut manifest = artifact::manifest(&models(&service), &name).unwrap();
        change(&models(&service).join(&name), &mut manifest, &mut asked);
        write_manifest(&models(&service), &manifest);
        let (status, answer) = serve(&service, 2, &asked).await;
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert_eq!(
            status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{words}: {answer}"
        );
        assert!(message.contains(words), "{words}: {message}");
        assert!(message.contains("the version before goes on"), "{message}");
        let (_, told) = service.get("/api/models").await;
        assert_eq!(told["loaded"]["stable"], json!(good));
        let (_, answer) = service.post("/api/chat/analyze", "text/plain", LOG).await;
        assert_eq!(answer["model_version"], "good");
    }
}

/// Requests in flight while versions swap: each is answered, and as a whole by one version.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn versions_swap_under_load_without_a_dropped_request() {
    const SWAPS: u64 = 40;
    let service = Arc::new(Service::new());
    let versions = [("sharp", &SHARP), ("odd", &ODD)]
        .map(|(name, weighs)| publish(&models(&service), name, weighs, &Suspects::default()));
    assert_eq!(serve(&service, 1, &versions[0]).await.0, StatusCode::OK);
    let log = LOG.repeat(200);
    let done = Arc::new(AtomicBool::new(false));
    let asking: Vec<_> = (0..4)
        .map(|_| {
            let (service, done, log) = (service.clone(), done.clone(), log.clone());
            tokio::spawn(async move {
                let mut seen = [0, 0];
                while !done.load(Ordering::Relaxed) {
                    let (status, answer) = service
                        .post("/api/chat/analyze", "text/plain", log.clone())
                        .await;
                    assert_eq!(status, StatusCode::OK, "{answer}");
                    // Which line fails tells which version answered.
                    let which = usize::from(answer["model_version"] == "odd");
                    let failures = answer["analysis_results"]["failures"].as_array().unwrap();
                    assert_eq!(failures.len(), 1, "{failures:?}");
                    assert_eq!(failures[0]["line"], which + 1);
                    assert_eq!(failures[0]["count"], 200);
                    seen[which] += 1;
                }
                seen
            })
        })
        .collect();
    for swap in 0..SWAPS {
        let version = &versions[(swap as usize + 1) % 2];
        let (status, answer) = serve(&service, swap + 2, version).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["loaded"]["stable"], json!(version));
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    done.store(true, Ordering::Relaxed);
    let mut seen = [0, 0];
    for one in asking {
        let own = one.await.unwrap();
        seen = [seen[0] + own[0], seen[1] + own[1]];
    }
    assert!(seen[0] > 0 && seen[1] > 0, "both answered: {seen:?}");
}
