//! Requests to the API server, as they go over the wire: watches, leases and events among them.

use axum::http::{Method, Request, Response, StatusCode, Uri};
use kube::{Client, client::Body};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        histogram::{Histogram, exponential_buckets},
    },
};
use std::time::Instant;

/// What was asked, and what came back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    verb: &'static str,
    status: String,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    verb: &'static str,
}

/// Counts requests.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    count: Family<Answered, Counter>,
    seconds: Family<Asked, Histogram>,
}

impl Requests {
    pub(super) fn register(registry: &mut prometheus_client::registry::Registry) -> Self {
        let this = Self {
            count: Family::default(),
            // 1 ms to 16 s: no call may take longer.
            seconds: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.001, 2.0, 15))
            }),
        };
        registry.register(
            "api_requests",
            "Requests to the API server, by verb and by the status of the answer; error if none came, dropped if nobody waited any more",
            this.count.clone(),
        );
        registry.register(
            "api_request_seconds",
            "Seconds until the head of an answer of the API server, by verb",
            this.seconds.clone(),
        );
        this
    }

    /// A client whose requests are counted.
    pub(super) fn counted(&self, client: Client) -> Client {
        let requests = self.clone();
        let namespace = client.default_namespace().to_owned();
        let service = tower::service_fn(move |request: Request<Body>| {
            let client = client.clone();
            let one = requests.begin(verb(request.method(), request.uri()));
            async move {
                let answer = client.send(request).await;
                let status = answer.as_ref().ok().map(Response::status);
                one.ended(status.as_ref().map_or("error", StatusCode::as_str));
                answer
            }
        });
        Client::new(service, namespace)
    }

    fn begin(&self, verb: &'static str) -> One {
        One {
            requests: self.clone(),
            verb,
            status: "dropped".to_owned(),
            began: Instant::now(),
        }
    }
}

/// A request that is under way; counted when it goes, however it ends.
struct One {
    requests: Requests,
    verb: &'static str,
    status: String,
    began: Instant,
}

impl One {
    fn ended(mut self, status: &str) {
        status.clone_into(&mut self.status);
    }
}

impl Drop for One {
    fn drop(&mut self) {
        let (verb, status) = (self.verb, std::mem::take(&mut self.status));
        self.requests
            .count
            .get_or_create(&Answered { verb, status })
            .inc();
        self.requests
            .seconds
            .get_or_create(&Asked { verb })
            .observe(self.began.elapsed().as_secs_f64());
    }
}

/// The verb of a request, as the API server's own figures call it.
fn verb(method: &Method, uri: &Uri) -> &'static str {
    let watches = || {
        let query = uri.query().unwrap_or_default();
        query
            .split('&')
            .any(|part| matches!(part, "watch=true" | "watch=1"))
    };
    match method.as_str() {
        "GET" if watches() => "watch",
        "GET" if is_collection(uri.path()) => "list",
        "GET" => "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        _ => "other",
    }
}

/// Whether a path names a kind, and no object of it: `…/namespaces/NAMESPACE/KIND`.
fn is_collection(path: &str) -> bool {
    let mut parts = path.split('/').skip_while(|part| *part != "namespaces");
    parts.next().is_some() && parts.count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_go_by_the_api_servers_verbs() {
        let jobs = "/apis/batch/v1/namespaces/team/jobs";
        let cases = [
            (
                "GET",
                format!("{jobs}?&watch=true&resourceVersion=1"),
                "watch",
            ),
            ("GET", format!("{jobs}?&labelSelector=watch"), "list"),
            ("GET", format!("{jobs}/first"), "get"),
            ("GET", "/api/v1/namespaces/team/pods".into(), "list"),
            ("GET", "/openapi/v3".into(), "get"),
            ("POST", jobs.into(), "create"),
            ("PUT", format!("{jobs}/first/status"), "update"),
            ("PATCH", format!("{jobs}/first"), "patch"),
            ("DELETE", format!("{jobs}/first"), "delete"),
            ("OPTIONS", "/".into(), "other"),
        ];
        for (method, uri, expected) in cases {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let uri: Uri = uri.parse().expect("an address");
            assert_eq!(verb(&method, &uri), expected, "{method} {uri}");
        }
    }

    #[test]
    fn a_request_that_nobody_waits_for_is_counted_too() {
        let mut registry = prometheus_client::registry::Registry::default();
        let requests = Requests::register(&mut registry);
        drop(requests.begin("get"));
        requests.begin("get").ended("200");
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).expect("text");
        for line in [
            "api_requests_total{verb=\"get\",status=\"dropped\"} 1",
            "api_requests_total{verb=\"get\",status=\"200\"} 1",
            "api_request_seconds_count{verb=\"get\"} 2",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }
}
