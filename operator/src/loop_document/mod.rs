//! Tells each analyzer what the loop is doing, for its page.
//!
//! It is pushed to the ready pods, as the serving document is, but kept nowhere: all of it follows from the objects, so
//! an operator or an analyzer that starts has it again within [`REFRESH`], and the API server has not one write more.

mod say;

use crate::{
    context::Context,
    error::Result,
    heard::Heard,
    rollout::{self, document::Held, pods, pods::Endpoint},
};
use futures::{StreamExt, stream};
use kube::core::DeserializeGuard;
use logloop_operator_api::names;
use say::Facts;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

/// A pod that has heard nothing new for so long is told again: it may have started anew.
const REFRESH: Duration = Duration::from_secs(60);
/// How many pods are talked to at once.
const PODS_AT_ONCE: usize = 8;

/// What a pod was told last.
struct Told {
    text: String,
    at: Instant,
    taken: bool,
}

/// Whether a pod is to be told this. One that did not take what it was told is left in peace for a while, since it may be
/// of a release that knows nothing of it.
fn is_due(told: Option<&Told>, text: &str, now: Instant) -> bool {
    told.is_none_or(|told| {
        now.duration_since(told.at) >= REFRESH || (told.taken && told.text != text)
    })
}

/// Tells them, again and again, for as long as it is polled.
pub async fn publish(context: Arc<Context>) {
    if context.stores.ready().await.is_err() {
        return;
    }
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    let mut texts = Texts::default();
    loop {
        let due = due(&context, &mut told, &mut texts);
        if context.leadership.check().is_ok() {
            tell(&context, due, &mut told).await;
        }
        tokio::time::sleep(context.settings.pace.look).await;
    }
}

/// What is said to the pods of each analyzer, for as long as no watch tells of anything new: there can be thousands of runs.
#[derive(Default)]
struct Texts {
    heard: u64,
    of: BTreeMap<String, String>,
}

impl Texts {
    fn of(&mut self, target: &str, heard: u64, say: impl FnOnce() -> String) -> String {
        if self.heard != heard {
            self.of.clear();
            self.heard = heard;
        }
        let text = self.of.entry(target.to_owned()).or_insert_with(say);
        text.clone()
    }
}

/// Each pod that is to be told something, and what. Pods that are gone are forgotten.
fn due(
    context: &Context,
    told: &mut BTreeMap<String, Told>,
    texts: &mut Texts,
) -> Vec<(Endpoint, String)> {
    // Before the stores are read: what comes in between is read again.
    let heard = context.stores.heard_of_loop.iter().map(Heard::count).sum();
    let pods = context.analyzer_pods();
    let targets: BTreeSet<&str> = pods.iter().filter_map(pods::target_of).collect();
    let mut ready: BTreeMap<&str, Vec<Endpoint>> = targets
        .into_iter()
        .map(|target| (target, rollout::ready(context, target)))
        .collect();
    ready.retain(|_, endpoints| !endpoints.is_empty());
    let there: BTreeSet<&String> = ready
        .values()
        .flatten()
        .map(|endpoint| &endpoint.pod)
        .collect();
    told.retain(|pod, _| there.contains(pod));
    let now = Instant::now();
    let mut due = Vec::new();
    for (target, endpoints) in ready {
        let text = texts.of(target, heard, || text(context, target));
        let mine = endpoints
            .into_iter()
            .filter(|endpoint| is_due(told.get(&endpoint.pod), &text, now));
        due.extend(mine.map(|endpoint| (endpoint, text.clone())));
    }
    due
}

/// What is said to the pods of an analyzer.
fn text(context: &Context, target: &str) -> String {
    let stores = &context.stores;
    let (runs, models) = (stores.runs.state(), stores.models.state());
    let (schedules, retentions) = (stores.schedules.state(), stores.retentions.state());
    let pods = context.analyzer_pods();
    let name = names::serving(target);
    let held = stores
        .documents
        .find(|map| map.metadata.name.as_deref() == Some(&name))
        .and_then(|map| Held::read(Some((*map).clone())).ok())
        .unwrap_or_default();
    let facts = Facts {
        target,
        stable: held.document.stable.as_ref(),
        claims: pods
            .iter()
            .filter(|pod| pods::target_of(pod) == Some(target))
            .flat_map(pods::claims)
            .collect(),
        runs: readable(&runs),
        models: readable(&models),
        schedules: readable(&schedules),
        retentions: readable(&retentions),
        default_target: context.settings.default_target.as_deref(),
        default_claim: context.settings.default_claim.as_deref(),
    };
    serde_json::to_string(&say::say(&facts)).unwrap_or_default()
}

fn readable<K>(all: &[Arc<DeserializeGuard<K>>]) -> Vec<&K> {
    all.iter().filter_map(|one| one.0.as_ref().ok()).collect()
}

async fn tell(context: &Context, due: Vec<(Endpoint, String)>, told: &mut BTreeMap<String, Told>) {
    let pushes = stream::iter(due).map(|(endpoint, text)| async {
        let answer = context.analyzers.tell_loop(&endpoint, text.clone()).await;
        (endpoint.pod, text, flat(answer))
    });
    let answers: Vec<_> = pushes.buffered(PODS_AT_ONCE).collect().await;
    for (pod, text, answer) in answers {
        if let Err(why) = &answer {
            tracing::debug!(pod, why, "a pod was not told what the loop is doing");
        }
        let (at, taken) = (Instant::now(), answer.is_ok());
        told.insert(pod, Told { text, at, taken });
    }
}

fn flat(answer: Result<std::result::Result<(), String>>) -> std::result::Result<(), String> {
    answer.unwrap_or_else(|error| Err(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_made_anew_when_something_was_heard() {
        let mut texts = Texts::default();
        let mut made = 0;
        for (target, heard, expected) in [
            ("a", 1, 1),
            ("a", 1, 1),
            ("b", 1, 2),
            ("a", 2, 3),
            ("b", 2, 4),
            ("a", 2, 4),
        ] {
            let text = texts.of(target, heard, || {
                made += 1;
                format!("{target} {heard}")
            });
            assert_eq!((text, made), (format!("{target} {heard}"), expected));
        }
    }

    #[test]
    fn a_pod_is_told_what_is_new_and_now_and_then_all_again() {
        let now = Instant::now();
        let told = |text: &str, ago: Duration, taken| Told {
            text: text.into(),
            at: now.checked_sub(ago).expect("the machine has been up"),
            taken,
        };
        let moment = Duration::from_secs(1);
        let cases = [
            ("never told", None, true),
            ("told the same", Some(told("a", moment, true)), false),
            ("told something else", Some(told("b", moment, true)), true),
            ("told long ago", Some(told("a", REFRESH, true)), true),
            ("did not take it", Some(told("b", moment, false)), false),
            (
                "did not take it long ago",
                Some(told("b", REFRESH, false)),
                true,
            ),
        ];
        for (name, told, expected) in cases {
            assert_eq!(is_due(told.as_ref(), "a", now), expected, "{name}");
        }
    }
}
