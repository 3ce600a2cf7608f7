//! What the operator watches: label-selected, pruned of what it never reads, with the age of the last sign of life.

use crate::{
    clock,
    probe::{self, Look},
};
use futures::{FutureExt, Stream, StreamExt, TryStreamExt};
use kube::{
    Api, Resource, ResourceExt,
    runtime::{
        WatchStreamExt,
        reflector::{self, Store},
        watcher,
    },
};
use serde::de::DeserializeOwned;
use std::{
    fmt::Debug,
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, watch};

/// When each watch last gave a sign of life.
#[derive(Clone, Debug)]
pub struct Pulse(Arc<AtomicI64>);

impl Default for Pulse {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(clock::now().as_second())))
    }
}

impl Pulse {
    /// The watch lives.
    pub fn beat(&self) {
        self.0.store(clock::now().as_second(), Ordering::Relaxed);
    }

    /// Time since its last sign of life.
    pub fn age(&self) -> Duration {
        Duration::from_secs(
            u64::try_from(clock::now().as_second() - self.0.load(Ordering::Relaxed)).unwrap_or(0),
        )
    }
}

/// A store of what is watched, and the stream that fills it: each object that was added, changed or deleted.
pub struct Watched<K: Resource + Clone + 'static>
where
    K::DynamicType: Eq + Hash + Clone,
{
    /// What there is.
    pub store: Store<K>,
    /// What happens. Must be read for the store to fill.
    pub events: futures::stream::BoxStream<'static, Result<K, watcher::Error>>,
    /// Whether the store has been filled once.
    pub filled: watch::Receiver<bool>,
    /// Looks now and then whether the watch is alive. Must be polled.
    pub probe: futures::future::BoxFuture<'static, ()>,
}

/// Watches the objects that a selector matches.
pub fn watch<K>(
    kind: &'static str,
    api: Api<K>,
    labels: Option<String>,
    prune: fn(&mut K),
    pulse: Pulse,
    probe_every: Duration,
) -> Watched<K>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
{
    let (store, writer) = reflector::store();
    // The store's own signal wakes only the last one that waits for it, and its controller does.
    let (tell, filled) = watch::channel(false);
    let mut config = watcher::Config::default();
    config.label_selector.clone_from(&labels);
    let anew = Arc::new(Notify::new());
    let look = Look {
        kind,
        every: probe_every,
        labels,
        anew: anew.clone(),
    };
    let probe = probe::run(look, api.clone(), store.clone(), pulse.clone()).boxed();
    let events = begun_anew(anew, move || watcher(api.clone(), config.clone()))
        .inspect_ok(move |_| pulse.beat())
        .modify(move |object| {
            object.managed_fields_mut().clear();
            prune(object);
        })
        .default_backoff()
        .reflect(writer)
        .inspect_ok(move |event| {
            if matches!(event, watcher::Event::InitDone) {
                tell.send_replace(true);
            }
        })
        .touched_objects()
        .boxed();
    Watched {
        store,
        events,
        filled,
        probe,
    }
}

/// A stream that ends and begins again each time it is told to. One that is silent does not end by itself.
fn begun_anew<S: Stream>(
    anew: Arc<Notify>,
    begin: impl FnMut() -> S,
) -> impl Stream<Item = S::Item> {
    futures::stream::repeat_with(begin).flat_map(move |stream| {
        let anew = anew.clone();
        stream.take_until(Box::pin(async move { anew.notified().await }))
    })
}

/// Reads a watch to its end and hands every object to `touched`.
pub async fn drain<K: Debug>(
    kind: &'static str,
    events: impl Stream<Item = Result<K, watcher::Error>>,
    mut touched: impl FnMut(K),
) {
    let mut events = std::pin::pin!(events);
    while let Some(event) = events.next().await {
        match event {
            Ok(object) => touched(object),
            Err(error) => tracing::warn!(kind, %error, "the watch broke; trying again"),
        }
    }
}
