//! Fields that an entry does not name, as the model reads them from its text. What was parsed is never touched.

use std::collections::BTreeMap;

use logloop_records::{Failure, Inferred};
use logloop_scoring::Network;
use logloop_scoring::features::{Blocks, Features, Input};
use logloop_scoring::rules;

/// Probability below which nothing is said.
const MIN_PROBABILITY: f32 = 0.7;

/// What the model takes for the fields that a failure lacks, by its masked text.
pub(super) fn infer(
    failure: &Failure,
    network: &Network,
    masked: &str,
) -> BTreeMap<String, Inferred> {
    let named = [
        ("component", failure.component.is_some()),
        ("level", failure.level.is_some()),
        ("operation", failure.operation.is_some()),
    ];
    if named.iter().all(|(_, named)| *named) || network.config().classes.is_empty() {
        return BTreeMap::new();
    }
    // As in training: without the fields that the heads are asked for.
    let features = Features::of(Input {
        template: masked,
        level: None,
        component: None,
        rule: &rules::score(masked, None),
    });
    let lacks = named.into_iter().filter(|(_, named)| !named);
    lacks
        .filter_map(|(head, _)| choice(network, head, features.blocks()))
        .collect()
}

fn choice(network: &Network, head: &str, blocks: Blocks<'_>) -> Option<(String, Inferred)> {
    let (value, probability) = network.classify(head, blocks)?;
    let inferred = Inferred {
        value: value.to_owned(),
        probability,
    };
    (probability >= MIN_PROBABILITY).then(|| (head.to_owned(), inferred))
}
