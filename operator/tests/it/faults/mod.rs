//! What goes wrong around an operator, and how it comes to the same end all the same.
//!
//! Here: it is killed before and after every single write.

mod api;
mod deleted;
mod leaders;
mod paths;
mod plane;
mod silent;
mod soak;

use crate::{control_plane, kubelet::Kubelet, watched::counts, world::World};
use futures::{StreamExt, stream};
use http::{Request, Response};
use kube::{
    Client,
    client::{Body, ClientBuilder},
};
use paths::Path;
use std::{
    future::Future,
    pin::{Pin, pin},
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
        if !counts(request.method(), request.uri().path()) {
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

/// How many places are tried at once. Each is a namespace with an operator of its own, and waits most of the time.
const AT_ONCE: usize = 8;
/// More writes than any path takes.
const MOST: usize = 64;

/// Kills the operator at one place and lets another finish; whether the place was reached at all.
async fn killed(path: Path, cut: Cut) -> bool {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let stage = paths::Stage::default();
    let _kubelet = Kubelet::start(&world, path.script(&stage));
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
    let mut play = pin!(path.play(&world, &stage));
    let reached = tokio::select! {
        () = cutter.reached.notified() => true,
        () = &mut play => false,
    };
    drop(operator);
    let _operator = world.operator();
    if reached {
        play.await;
    }
    // A late second Job would come now.
    tokio::time::sleep(Duration::from_millis(300)).await;
    path.check(&world, &format!("{path:?}, {cut:?}")).await;
    reached
}

async fn killed_at_any_write(path: Path) {
    let mut least = 1;
    loop {
        let cuts = (least..least + AT_ONCE / 2).flat_map(|at| [Cut::Before(at), Cut::After(at)]);
        let reached = stream::iter(cuts).map(|cut| killed(path, cut));
        let reached: Vec<bool> = reached.buffer_unordered(AT_ONCE).collect().await;
        if reached.iter().any(|reached| !reached) {
            break;
        }
        least += AT_ONCE / 2;
        assert!(least <= MOST, "{path:?} takes more than {MOST} writes");
    }
    let floor = path.writes_at_least();
    assert!(
        least + AT_ONCE / 2 > floor,
        "{path:?} took fewer than {floor} writes: were they counted?"
    );
}

macro_rules! killed_on {
    ($($test:ident: $path:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            killed_at_any_write($path).await;
        }
    )*};
}

killed_on! {
    killed_on_the_way_to_success: Path::Success;
    killed_while_it_only_trains: Path::Manual;
    killed_with_too_little_data: Path::TooLittle;
    killed_while_the_export_fails: Path::ExportFails;
    killed_while_the_trainer_fails: Path::TrainerFails;
    killed_on_the_way_to_a_rejection: Path::Rejected;
    killed_while_suspended_and_resumed: Path::Suspended;
    killed_while_a_prune_is_made: Path::Prune;
    killed_while_a_schedule_creates_a_run: Path::Scheduled;
}
