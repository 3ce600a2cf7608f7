//! What the decision about an example rests on, in a fixed number of bytes.

use logloop_records::{LabelSource, TrainingExample};
use logloop_scoring::features::stable_hash;

use crate::items::of_count;
use crate::voices::Claim;

/// One example, as far as contributors are concerned. Names are hashes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// Template, level and component, and whether it judges.
    pub(crate) key: u64,
    /// Hash of the template.
    pub(crate) template: u64,
    /// Whose it is; none: trusted.
    pub(crate) who: Option<u64>,
    /// The upload that brought it; none: trusted.
    pub(crate) upload: Option<u64>,
    /// What it says.
    pub(crate) claim: Claim,
    /// Never trained on.
    pub(crate) held_out: bool,
    /// As the data set has it.
    pub(crate) weight: f32,
    /// Entries behind it, at least 1.
    pub(crate) count: u64,
}

/// Who gave an example's label, or sent its log, as a hash: where nobody is told apart its upload. None: it is of a file on
/// the volume, and trusted.
pub(crate) fn who(example: &TrainingExample) -> Option<u64> {
    who_of(&example.contributor, &example.interaction_id)
}

/// The same of whatever has a contributor, and comes from an interaction.
pub(crate) fn who_of(contributor: &Option<String>, interaction: &Option<String>) -> Option<u64> {
    let named = contributor.as_deref();
    named.or(interaction.as_deref()).map(stable_hash)
}

impl Facts {
    /// Those of an example.
    pub(crate) fn of(example: &TrainingExample) -> Self {
        let upload = example.interaction_id.as_deref().map(stable_hash);
        let who = who(example);
        let template = stable_hash(&example.template);
        let rest = format!(
            "{:?} {:?} {}",
            example.level, example.component, example.held_out
        );
        let gold = example.label_source == LabelSource::Gold;
        Self {
            key: template ^ stable_hash(&rest).rotate_left(1),
            template,
            who: who.filter(|_| !gold),
            upload: upload.filter(|_| !gold),
            claim: Claim {
                who,
                source: example.label_source,
                is_failure: example.is_failure,
                at: example
                    .said_at
                    .or(example.interaction_timestamp)
                    .map(|time| time.timestamp_millis()),
                times: 1,
            },
            held_out: example.held_out,
            weight: example.weight,
            count: example.count.max(1),
        }
    }
}

/// Whether an example's numbers can be used.
pub(crate) fn is_valid(example: &TrainingExample) -> bool {
    (0.0..=1.0).contains(&example.severity) && example.weight.is_finite() && example.weight > 0.0
}

/// What so many entries of this weight come to in the loss.
pub(crate) fn loss_weight(weight: f32, count: u64) -> f64 {
    f64::from(weight) * f64::from(of_count(count))
}
