//! What the operator watches: label-selected, without what it never reads, with the age of the last sign of life.

use crate::{
    heard::{Heard, Pulse},
    index::{Index, owners},
    lean::{
        Lean, Thin,
        custom::{Custom, Guarded},
    },
    probe::{self, Look},
};
use futures::{FutureExt, Stream, StreamExt, TryStreamExt, stream};
use kube::{
    Api, Resource, ResourceExt,
    core::DeserializeGuard,
    runtime::{
        WatchStreamExt,
        reflector::{self, ObjectRef, Store},
        watcher,
    },
};
use serde::de::DeserializeOwned;
use std::{fmt::Debug, hash::Hash, sync::Arc, time::Duration};
use tokio::sync::{Notify, watch};

/// A store of what is watched, and the stream that fills it: each object that was added, changed or deleted.
pub struct Watched<K: Resource + Clone + 'static>
where
    K::DynamicType: Eq + Hash + Clone,
{
    /// What there is.
    pub store: Store<K>,
    /// What happens. Must be read for the store to fill.
    pub events: futures::stream::BoxStream<'static, Result<K, watcher::Error>>,
    /// When it last told of anything.
    pub heard: Heard,
    /// Whether the store has been filled once.
    pub filled: watch::Receiver<bool>,
    /// Looks now and then whether the watch is alive. Must be polled.
    pub probe: futures::future::BoxFuture<'static, ()>,
}

/// How what comes over the wire becomes what is kept.
pub struct Keep<D, K> {
    keep: fn(D) -> K,
    differs: fn(&K, &K) -> bool,
    by_owner: Option<Arc<Index>>,
}

impl<D, K: Resource> Keep<D, K> {
    /// With an index by the UIDs of owners.
    pub fn by_owner(self, index: &Arc<Index>) -> Self {
        Self {
            by_owner: Some(index.clone()),
            ..self
        }
    }

    fn index(&self, object: &K, there: bool) {
        if let Some(index) = &self.by_owner {
            index.touched(owners(object), &object.name_any(), there);
        }
    }
}

impl<K: Resource> Keep<K, K> {
    /// All of it but who wrote which field; every change is told.
    pub fn whole() -> Self {
        Self {
            keep: |mut object| {
                object.meta_mut().managed_fields = None;
                object
            },
            differs: |_, _| true,
            by_owner: None,
        }
    }
}

impl<K: Thin> Keep<Lean<K>, Lean<K>> {
    /// What is read of it; a change of anything else is kept and not told.
    pub fn read() -> Self {
        Self {
            keep: |lean| lean,
            differs: Lean::differs,
            by_owner: None,
        }
    }
}

impl<K: Custom> Keep<Guarded<K>, DeserializeGuard<K>> {
    /// All of it but who wrote which field, if it can be read; every change is told.
    pub fn guarded() -> Self {
        Self {
            keep: |guarded| guarded.0,
            differs: |_, _| true,
            by_owner: None,
        }
    }
}

/// Watches the objects that a selector matches.
pub fn watch<D, K>(
    kind: &'static str,
    (wire, api): (Api<D>, Api<K>),
    labels: Option<String>,
    how: Keep<D, K>,
    pulse: Pulse,
    probe_every: Duration,
) -> Watched<K>
where
    D: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
{
    let (store, mut writer) = reflector::store();
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
    let probe = probe::run(look, api, store.clone(), pulse.clone()).boxed();
    let heard = Heard::default();
    let (hears, known, keep) = (heard.clone(), store.clone(), how.keep);
    let events = begun_anew(anew, move || watcher(wire.clone(), config.clone()))
        .inspect_ok(move |_| pulse.beat())
        .map_ok(move |event| map(event, keep))
        .default_backoff()
        .flat_map({
            let mut first = Vec::new();
            move |event| {
                let touched = event.map(|event| {
                    let news = is_news(&event, &known, how.differs);
                    writer.apply_watcher_event(&event);
                    // Only now is it in the store. Whoever waits for that finds it in the index, too.
                    match event {
                        watcher::Event::Init => first.clear(),
                        watcher::Event::InitApply(object) => {
                            first.extend(news.then(|| ObjectRef::from_obj(&object)));
                        }
                        watcher::Event::InitDone => {
                            for object in first.iter().filter_map(|object| known.get(object)) {
                                how.index(&*object, true);
                            }
                            tell.send_replace(true);
                            hears.now();
                            return Touched::Listed(std::mem::take(&mut first));
                        }
                        watcher::Event::Apply(object) => {
                            how.index(&object, true);
                            hears.now();
                            return Touched::One(news.then_some(object));
                        }
                        watcher::Event::Delete(object) => {
                            how.index(&object, false);
                            hears.now();
                            return Touched::One(Some(object));
                        }
                    }
                    Touched::One(None)
                });
                stream::iter(objects(touched, known.clone()))
            }
        })
        .boxed();
    Watched {
        store,
        events,
        heard,
        filled,
        probe,
    }
}

fn map<D, K>(event: watcher::Event<D>, keep: fn(D) -> K) -> watcher::Event<K> {
    match event {
        watcher::Event::Apply(object) => watcher::Event::Apply(keep(object)),
        watcher::Event::Delete(object) => watcher::Event::Delete(keep(object)),
        watcher::Event::Init => watcher::Event::Init,
        watcher::Event::InitApply(object) => watcher::Event::InitApply(keep(object)),
        watcher::Event::InitDone => watcher::Event::InitDone,
    }
}

/// Whether an event tells of more than the store has.
fn is_news<K>(event: &watcher::Event<K>, store: &Store<K>, differs: fn(&K, &K) -> bool) -> bool
where
    K: Resource<DynamicType = ()> + Clone + 'static,
{
    let (watcher::Event::Apply(object) | watcher::Event::InitApply(object)) = event else {
        return true;
    };
    let known = store.get(&ObjectRef::from_obj(object));
    known.is_none_or(|known| differs(&known, object))
}

/// What an event tells of.
enum Touched<K: Resource> {
    /// An object, or none that matters.
    One(Option<K>),
    /// All that was listed and matters: it is in the store.
    Listed(Vec<ObjectRef<K>>),
}

/// The objects that an event tells of. Those that were listed are copied one by one: there can be thousands.
fn objects<K, E>(
    touched: Result<Touched<K>, E>,
    store: Store<K>,
) -> impl Iterator<Item = Result<K, E>>
where
    K: Resource<DynamicType = ()> + Clone + 'static,
{
    let (one, listed) = match touched {
        Ok(Touched::One(one)) => (one.map(Ok), Vec::new()),
        Ok(Touched::Listed(listed)) => (None, listed),
        Err(error) => (Some(Err(error)), Vec::new()),
    };
    let listed = listed.into_iter().filter_map(move |object| {
        let object = store.get(&object)?;
        Some(Ok((*object).clone()))
    });
    one.into_iter().chain(listed)
}

/// A stream that ends and begins again each time it is told to. One that is silent does not end by itself.
fn begun_anew<S: Stream>(
    anew: Arc<Notify>,
    begin: impl FnMut() -> S,
) -> impl Stream<Item = S::Item> {
    stream::repeat_with(begin).flat_map(move |stream| {
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
