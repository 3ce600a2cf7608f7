//! The service without a socket.

use std::path::Path;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use logloop_analyzer::access::{Access, TokenFile};
use logloop_analyzer::app::App;
use logloop_analyzer::cli::RedactionArgs;
use logloop_analyzer::recorder::Recorder;
use logloop_analyzer::redaction::Redaction;
use logloop_analyzer::routes::router;
use logloop_analyzer::serving::Serving;
use logloop_records::DataDir;
use logloop_records::store::Options;
use logloop_redaction::Kinds;
use serde_json::Value;
use tower::ServiceExt;

/// A log with one failure, twice.
pub(crate) const LOG: &str = "2026-11-22T10:00:00Z|INFO|billing|start|ready\n\
    2026-11-22T10:00:01Z|ERROR|billing|charge|card 17 declined\n\
    2026-11-22T10:00:02Z|ERROR|billing|charge|card 18 declined\n";

/// The service on a data directory of its own.
pub(crate) struct Service {
    pub(crate) app: App,
    _dir: tempfile::TempDir,
}

impl Service {
    pub(crate) fn new() -> Self {
        Self::with(Kinds::DEFAULT)
    }

    pub(crate) fn with(redact: Kinds) -> Self {
        Self::set_up(redact, |_| Access::Local)
    }

    /// One that lets in who has a token of this file.
    pub(crate) fn checked(tokens: &str) -> Self {
        Self::set_up(Kinds::DEFAULT, |dir| {
            let path = dir.join("tokens");
            std::fs::write(&path, tokens).unwrap();
            Access::Checked {
                tokens: Some(TokenFile::open(&path).unwrap()),
                proxy: None,
            }
        })
    }

    fn set_up(redact: Kinds, access: impl FnOnce(&Path) -> Access) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path().join("data"));
        let token = dir.path().join("token");
        std::fs::write(&token, "secret\n").unwrap();
        let options = RedactionArgs {
            redact,
            redact_pattern: vec![],
            redact_key_file: None,
        };
        let redaction = Redaction::new(&options, data.root()).unwrap();
        let recorder = Recorder::open(data.clone(), "test", Options::default()).unwrap();
        Self {
            app: App::new(
                recorder,
                redaction,
                Serving::new(&data),
                access(dir.path()),
                Some(token),
            ),
            _dir: dir,
        }
    }

    pub(crate) fn data(&self) -> &Path {
        self.app.recorder.data().root()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = router(self.app.clone()).oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        (
            status,
            serde_json::from_slice(&body)
                .unwrap_or(Value::String(String::from_utf8_lossy(&body).into())),
        )
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        kind: &str,
        body: impl Into<Body>,
    ) -> (StatusCode, Value) {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, kind)
            .body(body.into())
            .unwrap();
        self.send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::put(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, "Bearer secret")
            .body(body.to_string().into())
            .unwrap();
        self.send(request).await
    }

    /// A request of somebody with this token.
    pub(crate) async fn ask(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: impl Into<Body>,
    ) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(body.into())
            .unwrap();
        self.send(request).await
    }

    pub(crate) async fn interactions(&self) -> Value {
        self.get("/api/chat/stats").await.1["stats"]["total_interactions"].clone()
    }
}
