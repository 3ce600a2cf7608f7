//! A proxy in front of the API server that can answer in its place, or lose what it says.

use crate::{control_plane, watched};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use kube::{Client, Config};
use serde_json::{Value, json};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// Longest body of a request. Units: bytes.
const BODY_MAX: usize = 4 << 20;

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The API server does not see it; this is the answer.
    Refused(u16),
    /// The API server does it; this is the answer all the same.
    DoneAnd(u16),
    /// There is no answer at all.
    Silent,
}

/// A request as a fault is chosen by: its number, whether it writes, its method and path.
pub(crate) struct Asked<'a> {
    pub(crate) number: usize,
    pub(crate) writes: bool,
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
}

type Choose = dyn Fn(&Asked<'_>) -> Fault + Send + Sync;

struct Shared {
    client: Client,
    choose: Box<Choose>,
    asked: AtomicUsize,
    faults: AtomicUsize,
    writes: Mutex<Vec<String>>,
    cuts: watch::Sender<usize>,
    muted: Mutex<Option<String>>,
}

impl Shared {
    fn mutes(&self, path: &str) -> bool {
        let muted = self.muted.lock().expect("no test panics with it");
        muted.as_ref().is_some_and(|part| path.contains(part))
    }
}

/// The proxy, gone when it is dropped.
pub(crate) struct Proxy {
    url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Proxy {
    /// Listens on a free port.
    pub(crate) async fn start(
        choose: impl Fn(&Asked<'_>) -> Fault + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            client: control_plane::client().await,
            choose: Box::new(choose),
            asked: AtomicUsize::new(0),
            faults: AtomicUsize::new(0),
            writes: Mutex::default(),
            cuts: watch::Sender::new(0),
            muted: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(pass).with_state(shared.clone());
        let server =
            tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self {
            url,
            shared,
            server,
        }
    }

    /// A client that goes through it, and tries nothing twice by itself.
    pub(crate) fn client(&self) -> Client {
        let mut config = Config::new(self.url.parse().expect("a URL"));
        config.default_retry = false;
        Client::try_from(config).expect("a client")
    }

    /// How to reach it, as a file has it.
    pub(crate) fn kubeconfig(&self) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": self.url}}],
            "users": [{"name": "it", "user": {}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        })
    }

    /// The writes that came so far, without leases and events.
    pub(crate) fn writes(&self) -> Vec<String> {
        let writes = self.shared.writes.lock().expect("no test panics with it");
        writes.clone()
    }

    /// Ends every answer that is still under way: the watches break. How many times that was done.
    pub(crate) fn cut(&self) -> usize {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
        *self.shared.cuts.borrow()
    }

    /// From now on the watches whose path has this in it are silent, and stay open.
    pub(crate) fn mute(&self, part: Option<&str>) {
        let mut muted = self.shared.muted.lock().expect("no test panics with it");
        *muted = part.map(str::to_owned);
    }

    /// How many requests went wrong.
    pub(crate) fn faults(&self) -> usize {
        self.shared.faults.load(Ordering::SeqCst)
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let written = watched::counts(&parts.method, parts.uri.path());
    if written {
        let mut writes = shared.writes.lock().expect("no test panics with it");
        writes.push(format!("{} {}", parts.method, parts.uri.path()));
    }
    let asked = Asked {
        number: shared.asked.fetch_add(1, Ordering::SeqCst),
        writes: parts.method != Method::GET,
        method: &parts.method,
        path: parts.uri.path(),
    };
    let fault = (shared.choose)(&asked);
    if fault != Fault::None {
        shared.faults.fetch_add(1, Ordering::SeqCst);
    }
    if let Fault::Refused(code) = fault {
        return failed(code);
    }
    if fault == Fault::Silent {
        std::future::pending::<()>().await;
    }
    let path = parts.uri.path().to_owned();
    let watches = parts
        .uri
        .query()
        .is_some_and(|query| query.contains("watch=true"));
    // The client puts in its own.
    parts.headers.remove("host");
    parts.headers.remove("authorization");
    let body = axum::body::to_bytes(body, BODY_MAX).await.expect("a body");
    let body = kube::client::Body::from(body.to_vec());
    let answer = shared
        .client
        .send(http::Request::from_parts(parts, body))
        .await;
    match (fault, answer) {
        (Fault::DoneAnd(code), _) => failed(code),
        (_, Ok(answer)) => {
            let mut cuts = shared.cuts.subscribe();
            let cut = async move {
                // The proxy is gone, and its answers with it.
                let _ = cuts.changed().await;
            };
            answer.map(|body| {
                let mute = shared.clone();
                let parts = Body::new(body).into_data_stream().then(move |part| {
                    let silent = watches && mute.mutes(&path);
                    async move {
                        if silent {
                            std::future::pending::<()>().await;
                        }
                        part
                    }
                });
                Body::from_stream(parts.take_until(Box::pin(cut)))
            })
        }
        (_, Err(error)) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// As the API server words it.
fn failed(code: u16) -> Response {
    let reason = match code {
        409 => "Conflict",
        429 => "TooManyRequests",
        _ => "InternalError",
    };
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
        "message": "by the test"});
    let code = StatusCode::from_u16(code).expect("a status");
    (
        code,
        [("content-type", "application/json")],
        status.to_string(),
    )
        .into_response()
}
