//! Who gets in, and whose interactions they read.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use logloop_analyzer::routes::router;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::service::{LOG, Service};

const ANN: &str = "ann-0123456789abcdef";
const BOB: &str = "bob-0123456789abcdef";
const RAE: &str = "rae-0123456789abcdef";
const OPS: &str = "ops-0123456789abcdef";

fn service() -> Service {
    Service::checked(&format!(
        "{ANN} ann analyze,feedback\n{BOB} bob analyze,feedback\n{RAE} rae review,feedback\n{OPS} ops export,erase,internal\n"
    ))
}

fn log(message: &str) -> String {
    json!({"log_content": format!("2026-11-22T10:00:01Z|ERROR|billing|charge|{message}\n")})
        .to_string()
}

async fn id_of(service: &Service, token: &str, body: String) -> String {
    let (status, answer) = service.ask(token, "POST", "/api/chat/analyze", body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["interaction_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_route_asks_for_its_scope() {
    let service = service();
    let id = id_of(&service, ANN, log("card 17 declined")).await;
    let one = format!("/api/chat/interactions/{id}");
    let (log, said) = (format!("{one}/log"), format!("{one}/feedback"));
    let useful = json!({"is_useful": true}).to_string();
    let request = json!({"log_content": LOG}).to_string();
    // The method, the path, the body, and the statuses of nobody, ann, rae and ops.
    for (method, path, body, wanted) in [
        ("POST", "/api/chat/analyze", &request, [401, 200, 403, 403]),
        (
            "GET",
            "/api/chat/stats",
            &String::new(),
            [401, 200, 200, 200],
        ),
        ("GET", "/api/models", &String::new(), [401, 200, 200, 200]),
        ("GET", "/api/loop", &String::new(), [401, 200, 200, 200]),
        (
            "PUT",
            "/internal/loop",
            &json!({"target": "web"}).to_string(),
            [401, 403, 403, 200],
        ),
        (
            "GET",
            "/api/chat/interactions",
            &String::new(),
            [401, 200, 200, 403],
        ),
        ("GET", &one, &String::new(), [401, 200, 200, 403]),
        ("GET", &log, &String::new(), [401, 200, 200, 403]),
        ("PUT", &said, &useful, [401, 200, 200, 403]),
        (
            "POST",
            "/api/training/export",
            &String::new(),
            [401, 403, 403, 200],
        ),
        (
            "GET",
            "/api/training/export",
            &String::new(),
            [401, 403, 403, 200],
        ),
        (
            "GET",
            "/api/training/next",
            &String::new(),
            [401, 403, 200, 403],
        ),
        (
            "GET",
            "/internal/serving",
            &String::new(),
            [401, 403, 403, 200],
        ),
        ("GET", "/api/session", &String::new(), [401, 200, 200, 200]),
        ("POST", "/api/session", &String::new(), [401, 200, 200, 200]),
        (
            "POST",
            "/api/erase",
            &json!({"subject": "nobody"}).to_string(),
            [401, 403, 403, 202],
        ),
        (
            "GET",
            "/api/erasures/00000000-0000-7000-8000-000000000000",
            &String::new(),
            [401, 403, 403, 404],
        ),
        ("DELETE", &one, &String::new(), [401, 403, 403, 202]),
        ("GET", "/healthz", &String::new(), [200; 4]),
        ("GET", "/readyz", &String::new(), [200; 4]),
        ("GET", "/metrics", &String::new(), [200; 4]),
        ("GET", "/", &String::new(), [200; 4]),
    ] {
        for (token, wanted) in ["nobody-0123456789abc", ANN, RAE, OPS].iter().zip(wanted) {
            let (status, answer) = service.ask(token, method, path, body.clone()).await;
            assert_eq!(status, wanted, "{method} {path} {token}: {answer}");
            assert_eq!(
                answer["success"] == false,
                status.as_u16() >= 400,
                "{answer}"
            );
        }
    }
    let nobody = Request::get("/api/chat/stats").body(Body::empty()).unwrap();
    let answer = router(service.app.clone()).oneshot(nobody).await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers()[header::WWW_AUTHENTICATE], "Bearer");
}

#[tokio::test]
async fn one_reads_what_is_ones_own_and_a_reviewer_everything() {
    let service = service();
    let ids = [
        id_of(&service, ANN, log("disk 1 failed")).await,
        id_of(&service, BOB, log("disk 2 failed")).await,
        id_of(&service, ANN, log("disk 3 failed")).await,
    ];
    let listed = async |token: &str, query: &str| {
        let path = format!("/api/chat/interactions{query}");
        let (status, page) = service.ask(token, "GET", &path, "").await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let all = page["interactions"].as_array().unwrap();
        all.iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(ANN, "").await, [ids[2].clone(), ids[0].clone()]);
    assert_eq!(listed(BOB, "?subject=bob").await, [ids[1].clone()]);
    assert_eq!(listed(RAE, "").await.len(), 3);
    assert_eq!(listed(RAE, "?subject=bob").await, [ids[1].clone()]);
    let (status, _) = service
        .ask(BOB, "GET", "/api/chat/interactions?subject=ann", "")
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    for (token, wanted) in [(ANN, 200), (BOB, 404), (RAE, 200)] {
        let one = format!("/api/chat/interactions/{}", ids[0]);
        let useful = json!({"is_useful": true}).to_string();
        for (method, path, body) in [
            ("GET", one.clone(), String::new()),
            ("GET", format!("{one}/log"), String::new()),
            ("PUT", format!("{one}/feedback"), useful),
        ] {
            let (status, answer) = service.ask(token, method, &path, body).await;
            assert_eq!(status, wanted, "{method} {path} {token}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_correction_holds_for_its_subject_and_a_reviewers_for_all() {
    let service = service();
    let id = id_of(&service, ANN, log("cache 1 not warm")).await;
    let path = format!("/api/chat/interactions/{id}/feedback");
    let failures = async |token: &str| {
        let (_, answer) = service
            .ask(token, "POST", "/api/chat/analyze", log("cache 2 not warm"))
            .await;
        answer["analysis_results"]["failures"]
            .as_array()
            .unwrap()
            .len()
    };
    let say = async |token: &str, said: Value| {
        let (status, answer) = service.ask(token, "PUT", &path, said.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    };
    let harmless = json!([{"line": 1, "is_failure": false}]);
    assert_eq!((failures(ANN).await, failures(BOB).await), (1, 1));
    let said = say(ANN, json!({"corrections": harmless})).await;
    assert_eq!(said["corrections"][0]["subject"], "ann");
    assert_eq!((failures(ANN).await, failures(BOB).await), (0, 1));

    let gold = json!({"corrections": harmless, "gold": true});
    let (status, answer) = service.ask(ANN, "PUT", &path, gold.to_string()).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (StatusCode::FORBIDDEN, &json!("scope_missing"))
    );
    assert_eq!(say(RAE, gold).await["corrections"][0]["gold"], true);
    assert_eq!((failures(ANN).await, failures(BOB).await), (0, 0));

    // Only a reviewer takes back what a reviewer said, as one even without saying so.
    let back = json!({"taken_back": {"lines": [1]}});
    assert_eq!(say(ANN, back.clone()).await["outranked"], json!([1]));
    assert_eq!(failures(BOB).await, 0);
    assert_eq!(say(RAE, back).await["outranked"], json!([]));
    assert_eq!((failures(ANN).await, failures(BOB).await), (1, 1));
}

#[tokio::test]
async fn a_browser_has_a_session() {
    let service = service();
    let begin = Request::post("/api/session")
        .header(header::AUTHORIZATION, format!("Bearer {ANN}"))
        .body(Body::empty())
        .unwrap();
    let answer = router(service.app.clone()).oneshot(begin).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let cookie = answer.headers()[header::SET_COOKIE]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let request = |method: &str, path: &str, csrf: Option<&str>| {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, &cookie)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(csrf) = csrf {
            request = request.header("x-csrf-token", csrf);
        }
        request.body(Body::from(log("disk 9 failed"))).unwrap()
    };
    let (status, who) = service.send(request("GET", "/api/session", None)).await;
    assert_eq!((status, &who["subject"]), (StatusCode::OK, &json!("ann")));
    assert_eq!(who["scopes"], json!(["analyze", "feedback"]));
    let csrf = who["csrf_token"].as_str().unwrap();
    let (status, refused) = service
        .send(request("POST", "/api/chat/analyze", None))
        .await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (StatusCode::FORBIDDEN, &json!("csrf"))
    );
    let (status, _) = service
        .send(request("POST", "/api/chat/analyze", Some(csrf)))
        .await;
    assert_eq!(status, StatusCode::OK);
    let (_, page) = service
        .send(request("GET", "/api/chat/interactions", None))
        .await;
    assert_eq!(page["interactions"][0]["subject"], "ann");
    let end = Request::delete("/api/session").body(Body::empty()).unwrap();
    let ended = router(service.app.clone()).oneshot(end).await.unwrap();
    assert!(
        ended.headers()[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
}

#[tokio::test]
async fn a_service_for_this_machine_answers_no_other_sites_pages() {
    let service = Service::new();
    let send = |host: &str, origin: Option<&str>| {
        let mut request = Request::post("/api/chat/analyze").header(header::HOST, host);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        service.send(request.body(Body::from(LOG)).unwrap())
    };
    assert_eq!(send("localhost:5000", None).await.0, StatusCode::OK);
    let (status, answer) = send("localhost:5000", Some("https://evil.example")).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (StatusCode::FORBIDDEN, &json!("other_site"))
    );
    let (status, answer) = send("evil.example", None).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (StatusCode::FORBIDDEN, &json!("other_host"))
    );
    assert_eq!(service.interactions().await, 1);
    let begin = service.post("/api/session", "text/plain", "").await;
    assert_eq!(begin.0, StatusCode::CONFLICT);
    let (_, who) = service.get("/api/session").await;
    assert_eq!(
        (&who["access"], &who["subject"]),
        (&json!("open"), &Value::Null)
    );
}

#[tokio::test]
async fn a_correction_of_a_message_without_words_holds_for_no_other() {
    let service = service();
    let log = |messages: [&str; 3]| {
        let lines = messages
            .map(|message| format!("2026-11-22T10:00:01Z|ERROR|billing|charge|{message}\n"));
        json!({"log_content": lines.concat()}).to_string()
    };
    let id = id_of(&service, ANN, log(["d77", "d78", "d79"])).await;
    let path = format!("/api/chat/interactions/{id}/feedback");
    let said = json!({"corrections": [{"line": 1, "is_failure": false}], "gold": true});
    let (status, said) = service.ask(RAE, "PUT", &path, said.to_string()).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    assert!(said["corrections"][0].get("holds_for").is_none(), "{said}");
    let (_, answer) = service
        .ask(
            BOB,
            "POST",
            "/api/chat/analyze",
            log(["exploded", "panicked", "gave up"]),
        )
        .await;
    assert_eq!(
        answer["analysis_results"]["stats"]["total_failures"], 3,
        "{answer}"
    );
}

#[tokio::test]
async fn statistics_tell_no_one_what_others_corrected() {
    let service = service();
    let id = id_of(&service, ANN, log("project zebra failed to start")).await;
    let path = format!("/api/chat/interactions/{id}/feedback");
    let said = json!({"corrections": [{"line": 1, "is_failure": false}]}).to_string();
    service.ask(ANN, "PUT", &path, said).await;
    for (token, wanted) in [(ANN, 1), (BOB, 0), (RAE, 1)] {
        let (_, answer) = service.ask(token, "GET", "/api/chat/stats", "").await;
        assert_eq!(answer["stats"]["corrected_templates"], wanted, "{token}");
    }
}
