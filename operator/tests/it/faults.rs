//! The operator is killed before and after every single write; the run comes to the same end.

use crate::{control_plane, kubelet::Kubelet, model::all_well, watched::counts, world::World};
use http::{Request, Response};
use k8s_openapi::api::batch::v1::Job;
use kube::{
    Client,
    api::ListParams,
    client::{Body, ClientBuilder},
};
use logloop_operator_api::{ModelVersion, training_run::Phase};
use serde_json::json;
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::sync::Notify;
use tower::{Layer, Service};

/// Where the operator is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cut {
    Before(usize),
    After(usize),
}

/// Counts the writes, and stops for ever at the one it was told.
#[derive(Clone)]
struct Cutter {
    cut: Cut,
    writes: Arc<AtomicUsize>,
    reached: Arc<Notify>,
}

#[derive(Clone)]
struct Cutting<S> {
    inner: S,
    cutter: Cutter,
}

impl<S> Layer<S> for Cutter {
    type Service = Cutting<S>;

    fn layer(&self, inner: S) -> Cutting<S> {
        Cutting {
            inner,
            cutter: self.clone(),
        }
    }
}

impl<S, B> Service<Request<Body>> for Cutting<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    B: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if !counts(&request) {
            return Box::pin(self.inner.call(request));
        }
        let number = self.cutter.writes.fetch_add(1, Ordering::SeqCst) + 1;
        let Cutter { cut, reached, .. } = self.cutter.clone();
        // Nothing gets through any more once the place has been reached.
        let dead = matches!(cut, Cut::Before(at) if number >= at)
            || matches!(cut, Cut::After(at) if number > at);
        if dead {
            reached.notify_one();
            return Box::pin(std::future::pending());
        }
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            if cut == Cut::After(number) {
                reached.notify_one();
                std::future::pending::<()>().await;
            }
            answer
        })
    }
}

/// Kills the operator at one place and lets another finish; whether the place was reached at all.
async fn killed(cut: Cut) -> bool {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _kubelet = Kubelet::start(&world, all_well);
    let cutter = Cutter {
        cut,
        writes: Arc::default(),
        reached: Arc::new(Notify::new()),
    };
    let client: Client = ClientBuilder::try_from(control_plane::config().await)
        .expect("a client")
        .with_layer(&cutter)
        .build();
    let operator = world.operator_with(client, "one");
    world.run("first", json!({})).await;
    let reached = tokio::select! {
        () = cutter.reached.notified() => true,
        _ = world.until_phase("first", Phase::Succeeded) => false,
    };
    drop(operator);
    let _operator = world.operator();
    let run = world.until_phase("first", Phase::Succeeded).await;
    // A late second Job would come now.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let jobs = world
        .api::<Job>()
        .list(&ListParams::default())
        .await
        .expect("Jobs can be listed");
    let count = |step: &str| {
        jobs.iter()
            .filter(|job| {
                job.metadata
                    .labels
                    .as_ref()
                    .is_some_and(|l| l["logloop.dev/step"] == step)
            })
            .count()
    };
    assert_eq!((count("export"), count("train")), (1, 1), "{cut:?}");
    let status = run.status.expect("a status");
    assert_eq!(status.steps.len(), 2, "{cut:?}: {:?}", status.steps);
    let models = world
        .api::<ModelVersion>()
        .list(&ListParams::default())
        .await
        .expect("versions can be listed");
    assert_eq!(models.items.len(), 1, "{cut:?}");
    let served = world.document().await.expect("a document");
    assert_eq!(
        served["stable"]["version"],
        json!(status.model.map(|model| model.version)),
        "{cut:?}"
    );
    assert_eq!(served["generation"], json!(1), "{cut:?}: one rollout");
    reached
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_write_it_comes_to_the_same_end() {
    /// More writes than one run takes.
    const MOST: usize = 40;
    let mut at = 1;
    loop {
        let (before, after) = tokio::join!(killed(Cut::Before(at)), killed(Cut::After(at)));
        if !before && !after {
            break;
        }
        at += 1;
        assert!(at <= MOST, "a run takes more than {MOST} writes");
    }
    assert!(at > 8, "a run took only {at} writes: were they counted?");
    println!("killed before and after each of {} writes", at - 1);
}

#[tokio::test]
async fn of_two_operators_one_writes_and_the_other_takes_over() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _kubelet = Kubelet::start(&world, all_well);
    let one = world.operator_with(world.client.clone(), "one");
    world.run("first", json!({})).await;
    world.until_phase("first", Phase::Succeeded).await;
    let _two = world.operator_with(world.client.clone(), "two");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(holder(&world).await, "one");
    drop(one);
    world.run("second", json!({})).await;
    world.until_phase("second", Phase::Succeeded).await;
    assert_eq!(holder(&world).await, "two");
}

async fn holder(world: &World) -> String {
    let lease = world
        .api::<k8s_openapi::api::coordination::v1::Lease>()
        .get("logloop-operator")
        .await
        .expect("a lease");
    lease
        .spec
        .and_then(|spec| spec.holder_identity)
        .unwrap_or_default()
}
