//! Plays the analyzer's pods: keeps what it is handed, by address, and can refuse.

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    routing::{get, put},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// Addresses the pods can have: 127.0.0.2 and on.
const PODS: std::ops::RangeInclusive<u8> = 2..=4;

#[derive(Default)]
struct Told {
    /// What each pod was handed last and took.
    loaded: BTreeMap<u8, Value>,
    /// Every document that was handed to a pod, taken or not.
    pushes: Vec<(u8, Value)>,
    /// Digests that cannot be loaded, and why.
    unusable: BTreeMap<String, String>,
    /// What they say they have kept.
    kept: Value,
    /// What they say of trainings.
    training: Value,
    /// What each was told last of the loop.
    loops: BTreeMap<u8, Value>,
}

/// The analyzer's pods.
pub(crate) struct Analyzer {
    pub(crate) port: u16,
    told: Arc<Mutex<Told>>,
    servers: Vec<JoinHandle<()>>,
}

impl Drop for Analyzer {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

impl Analyzer {
    /// Listens on one port of several loopback addresses.
    pub(crate) async fn start() -> Self {
        let told = Arc::new(Mutex::new(Told::default()));
        'port: loop {
            let mut listeners = Vec::new();
            let mut port = 0;
            for pod in PODS {
                match TcpListener::bind((std::net::Ipv4Addr::new(127, 0, 0, pod), port)).await {
                    Ok(listener) => {
                        port = listener.local_addr().expect("an address").port();
                        listeners.push((pod, listener));
                    }
                    // Taken on another of the addresses: try the next one.
                    Err(_) if port != 0 => continue 'port,
                    Err(error) => panic!("cannot listen on 127.0.0.{pod}: {error}"),
                }
            }
            let serve = |(pod, listener)| {
                let app = Router::new()
                    .route("/internal/serving", get(read).put(take))
                    .route("/internal/loop", put(hear))
                    .with_state((pod, told.clone()));
                tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") })
            };
            let servers = listeners.into_iter().map(serve).collect();
            return Self {
                port,
                told,
                servers,
            };
        }
    }

    /// From now on this digest cannot be loaded.
    pub(crate) fn refuse(&self, digest: &str, why: &str) {
        self.told
            .lock()
            .expect("no test panics with it")
            .unusable
            .insert(digest.into(), why.into());
    }

    /// From now on the pods say they have kept this.
    pub(crate) fn keep(&self, kept: Value) {
        self.told.lock().expect("no test panics with it").kept = kept;
    }

    /// From now on the pods say this of trainings.
    pub(crate) fn train(&self, training: Value) {
        self.told.lock().expect("no test panics with it").training = training;
    }

    /// What a pod was told last of the loop.
    pub(crate) fn heard(&self, pod: u8) -> Option<Value> {
        let told = self.told.lock().expect("no test panics with it");
        told.loops.get(&pod).cloned()
    }

    /// What a pod has loaded.
    pub(crate) fn loaded(&self, pod: u8) -> Option<Value> {
        self.told
            .lock()
            .expect("no test panics with it")
            .loaded
            .get(&pod)
            .cloned()
    }

    /// A pod has started again, from an older document.
    pub(crate) fn restart(&self, pod: u8) {
        self.told
            .lock()
            .expect("no test panics with it")
            .loaded
            .remove(&pod);
    }

    /// A pod has loaded this, wherever it had it from.
    pub(crate) fn load(&self, pod: u8, document: Value) {
        self.told
            .lock()
            .expect("no test panics with it")
            .loaded
            .insert(pod, document);
    }

    /// How often pods were handed a document.
    pub(crate) fn pushes(&self) -> usize {
        self.told
            .lock()
            .expect("no test panics with it")
            .pushes
            .len()
    }
}

type Shared = State<(u8, Arc<Mutex<Told>>)>;

async fn read(State((pod, told)): Shared) -> Json<Value> {
    let told = told.lock().expect("no test panics with it");
    let mut answer = answer(told.loaded.get(&pod));
    if !told.kept.is_null() {
        answer["kept"] = told.kept.clone();
    }
    if !told.training.is_null() {
        answer["training"] = told.training.clone();
    }
    Json(answer)
}

async fn take(State((pod, told)): Shared, request: Request) -> (StatusCode, Json<Value>) {
    let body = axum::body::to_bytes(request.into_body(), 1 << 20)
        .await
        .expect("a body");
    let document: Value = serde_json::from_slice(&body).expect("a document");
    let mut told = told.lock().expect("no test panics with it");
    told.pushes.push((pod, document.clone()));
    let fail = |status, code: &str, message: &str| {
        (
            status,
            Json(json!({"success": false, "error": {"code": code, "message": message}})),
        )
    };
    let generation = |value: Option<&Value>| {
        value
            .and_then(|value| value["generation"].as_i64())
            .unwrap_or(0)
    };
    if generation(Some(&document)) < generation(told.loaded.get(&pod)) {
        return fail(
            StatusCode::CONFLICT,
            "stale_generation",
            "older than what is loaded",
        );
    }
    if told.loaded.get(&pod).is_some_and(|loaded| {
        generation(Some(loaded)) == generation(Some(&document)) && *loaded != document
    }) {
        return fail(
            StatusCode::CONFLICT,
            "generation_conflict",
            "in force with another content",
        );
    }
    let why = document["stable"]["digest"]
        .as_str()
        .and_then(|digest| told.unusable.get(digest));
    if let Some(why) = why {
        return fail(StatusCode::UNPROCESSABLE_ENTITY, "model_unusable", why);
    }
    told.loaded.insert(pod, document);
    (StatusCode::OK, Json(answer(told.loaded.get(&pod))))
}

async fn hear(State((pod, told)): Shared, Json(document): Json<Value>) -> Json<Value> {
    let mut told = told.lock().expect("no test panics with it");
    told.loops.insert(pod, document);
    Json(json!({"success": true}))
}

fn answer(document: Option<&Value>) -> Value {
    let generation = document.map_or(json!(0), |document| document["generation"].clone());
    let stable = document.map_or(Value::Null, |document| document["stable"].clone());
    json!({"success": true, "generation": generation, "loaded": {"stable": stable, "candidate": null}})
}
