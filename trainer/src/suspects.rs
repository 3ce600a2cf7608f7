//! Labels that look wrong: those that a network contradicts which was not trained on their templates, so that it cannot
//! have learned the mistake by heart.

use std::cmp::Reverse;

use logloop_scoring::Network;
use logloop_scoring::suspects::{MAX_SUSPECTS, Suspect, Suspects};

use crate::error::TrainerError;
use crate::items::Item;

/// Difference between label and probability from which on a label is suspect.
const MIN_DOUBT: f32 = 0.7;

/// The suspects of a training, at most [`MAX_SUSPECTS`]: `unseen` are logits by networks that did not see the item, and
/// the network did not see the test part.
pub fn find(
    items: &[Item],
    unseen: &[(usize, f32)],
    test: &[usize],
    network: &Network,
) -> Suspects {
    let validated = unseen
        .iter()
        .map(|(index, logit)| (&items[*index], network.probability(*logit)));
    let tested = test
        .iter()
        .map(|&index| (&items[index], network.score(items[index].blocks()).failure));
    let mut doubted: Vec<(&Item, f32, f32)> = validated
        .chain(tested)
        .map(|(item, probability)| {
            let label = f32::from(u8::from(item.is_failure));
            (item, probability, (probability - label).abs())
        })
        .filter(|(.., doubt)| *doubt >= MIN_DOUBT)
        .collect();
    doubted.sort_by(|(a, _, a_doubt), (b, _, b_doubt)| {
        let rank = |item: &Item| Reverse(item.source.is_by_people());
        rank(a)
            .cmp(&rank(b))
            .then(b_doubt.total_cmp(a_doubt))
            .then_with(|| a.template.cmp(&b.template))
    });
    doubted.truncate(MAX_SUSPECTS);
    let suspect = |(item, probability, _): (&Item, f32, f32)| Suspect {
        template_id: logloop_logs::template_id(&item.template),
        level: item.level.clone(),
        is_failure: item.is_failure,
        label_source: item.source.as_str().to_owned(),
        probability,
    };
    Suspects {
        suspects: doubted.into_iter().map(suspect).collect(),
    }
}

/// The file's bytes.
pub fn to_bytes(suspects: &Suspects) -> Result<Vec<u8>, TrainerError> {
    serde_json::to_vec(suspects).map_err(|error| {
        TrainerError::new(
            "training_failed",
            format!("the suspects cannot be stored: {error}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use logloop_records::LabelSource::{Correction, Rule};

    use super::*;
    use crate::fit::Hyperparameters;
    use crate::items::Items;
    use crate::testing::world;
    use crate::{line, split};

    #[test]
    fn a_wrong_label_that_was_not_learned_is_found_and_people_come_first() {
        let mut examples = world(900);
        let right = Items::from_examples(&examples).training;
        let parts = split::by_group(&right);
        let wrong: Vec<String> = [parts.test[0], parts.test[1], parts.validation[2]]
            .map(|index| right[index].template.clone())
            .to_vec();
        let train = right[parts.train[0]].template.clone();
        for example in &mut examples {
            if wrong.contains(&example.template) || example.template == train {
                example.is_failure = !example.is_failure;
            }
            if example.template == wrong[2] {
                example.label_source = Correction;
            }
        }
        let items = Items::from_examples(&examples).training;
        let split = split::by_group(&items);
        let hyper = Hyperparameters {
            epochs: 8,
            batch_size: 64,
            learning_rate: 0.01,
            seed: 1,
        };
        let trained = line::train(&items, &split, None, hyper, &mut |_| {}).expect("trained");
        let unseen = &trained.fitted.unseen;
        let found = find(&items, unseen, &split.test, &trained.network).suspects;
        let ids: Vec<&str> = found.iter().map(|s| s.template_id.as_str()).collect();
        let expect: Vec<String> = wrong
            .iter()
            .map(|text| logloop_logs::template_id(text))
            .collect();
        assert_eq!(found[0].template_id, expect[2]);
        assert_eq!(found[0].label_source, Correction.as_str());
        assert!(
            expect.iter().all(|id| ids.contains(&id.as_str())),
            "{found:?}"
        );
        assert!(found[1..].iter().all(|s| s.label_source == Rule.as_str()));
        assert!(
            ids.contains(&logloop_logs::template_id(&train).as_str()),
            "each fold judges what the others learned"
        );
        assert!(
            found.len() <= 8,
            "few right ones are doubted: {}",
            found.len()
        );
    }
}
