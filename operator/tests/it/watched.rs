//! Takes down what a client writes.

use http::{Method, Request};
use kube::client::Body;
use std::{
    sync::{Arc, Mutex},
    task::{Context, Poll},
};
use tower::{Layer, Service};

/// Every write so far, as `METHOD path`, without leases and events.
#[derive(Clone, Default)]
pub(crate) struct Writes(Arc<Mutex<Vec<String>>>);

/// The client's transport with the list beside it.
#[derive(Clone)]
pub(crate) struct Watching<S> {
    inner: S,
    writes: Writes,
}

impl Writes {
    /// What was written so far.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.0.lock().expect("no test panics with it").clone()
    }
}

/// Whether a request changes something that matters: leases and events come and go by themselves.
pub(crate) fn counts(method: &Method, path: &str) -> bool {
    *method != Method::GET && !path.contains("/leases") && !path.contains("/events")
}

impl<S> Layer<S> for Writes {
    type Service = Watching<S>;

    fn layer(&self, inner: S) -> Watching<S> {
        Watching {
            inner,
            writes: self.clone(),
        }
    }
}

impl<S: Service<Request<Body>>> Service<Request<Body>> for Watching<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> S::Future {
        if counts(request.method(), request.uri().path()) {
            let written = format!("{} {}", request.method(), request.uri().path());
            let mut writes = self.writes.0.lock().expect("no test panics with it");
            writes.push(written);
        }
        self.inner.call(request)
    }
}
