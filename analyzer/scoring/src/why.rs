//! What each word of an entry did to its score, exactly.
//!
//! The network has a number for each feature that goes straight to the failure output (wide), and a sum of rows that goes
//! through one hidden layer of rectifiers (deep): at one entry it is linear. With `g` the gradient of the deep part's
//! output with respect to the pooled rows,
//!
//! ```text
//! output = wide + g · pooled + (biases of the units that are on, as the output weighs them) + (both parts' own biases)
//! ```
//!
//! and both `wide` and `g · pooled` are sums over features: each one's part is `scale × (number + row · g)`. Nothing is
//! estimated. It says what this network did with this entry, not what it would say of another one: without a word other
//! units may be on.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::features::{self, Blocks, Feature, Input, Origin};
use crate::network::{
    BAG, Calibration, HIDDEN_BIAS, HIDDEN_WEIGHT, Network, WIDE, WIDE_BIAS, head_names, pool,
    pool_scale,
};

/// Name of the output that is explained.
const HEAD: &str = "failure";

/// What made up the logarithm of the odds `ln(p / (1 - p))` of a failure, `p` being the calibrated probability. The sum
/// of all fields is that logarithm.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// What the level gave.
    pub level: f32,
    /// What it gave that the rules found something, or nothing.
    pub rules: f32,
    /// What the component's name gave.
    pub component: f32,
    /// What it gave that this entry was logged before it.
    pub before: f32,
    /// What each word of the template gave, in their order.
    pub words: Vec<WordShare>,
    /// What is there whatever the words are: the biases of the units that are on, and of the calibration.
    pub rest: f32,
}

/// What one word gave.
#[derive(Clone, Debug, PartialEq)]
pub struct WordShare {
    /// Bytes of the template, without what is neither letter nor digit around the word.
    pub span: Range<usize>,
    /// Above 0 towards a failure, below away from it.
    pub share: f32,
}

impl Explanation {
    /// The sum: `ln(p / (1 - p))`.
    pub fn log_odds(&self) -> f32 {
        let words: f32 = self.words.iter().map(|word| word.share).sum();
        self.level + self.rules + self.component + self.before + words + self.rest
    }
}

/// A network seen from its failure output.
#[derive(Clone, Debug)]
pub struct Explainer<'n> {
    calibration: Calibration,
    wide: &'n [f32],
    bag: &'n [f32],
    hidden_weight: &'n [f32],
    hidden_bias: &'n [f32],
    output_weight: &'n [f32],
    output_bias: f32,
    dim: usize,
}

impl<'n> Explainer<'n> {
    /// Of this network.
    pub fn new(network: &'n Network) -> Self {
        let tensors: BTreeMap<String, (Vec<usize>, &'n [f32])> = network.tensors();
        let of = |name: &str| tensors.get(name).map_or(&[][..], |(_, values)| values);
        let [weight, bias] = head_names(HEAD);
        Self {
            calibration: network.config().calibration,
            wide: of(WIDE),
            bag: of(BAG),
            hidden_weight: of(HIDDEN_WEIGHT),
            hidden_bias: of(HIDDEN_BIAS),
            output_weight: of(&weight),
            output_bias: [of(&bias), of(WIDE_BIAS)].concat().iter().sum(),
            dim: network.config().dim,
        }
    }

    /// What made up the score of an entry, after one with this [`Network::before`].
    pub fn explain(&self, input: Input<'_>, before: f32) -> Explanation {
        let traced = features::trace(input);
        let buckets = traced
            .each_ref()
            .map(|block| -> Vec<u32> { block.iter().map(|feature| feature.bucket).collect() });
        let (gradient, bias) = self.gradient(Blocks {
            fields: &buckets[0],
            words: &buckets[1],
            grams: &buckets[2],
            before: &[],
        });
        let mut found = Explanation {
            words: words_of(input.template),
            before: self.calibration.scale * before,
            rest: self.calibration.scale * bias + self.calibration.offset,
            ..Explanation::default()
        };
        for block in &traced {
            let scale = self.calibration.scale * pool_scale(block.len());
            for Feature { bucket, origin } in block {
                let row = &self.bag[*bucket as usize * self.dim..][..self.dim];
                let share = scale * (self.wide[*bucket as usize] + dot(row, &gradient));
                match origin {
                    Origin::Level => found.level += share,
                    Origin::Rules => found.rules += share,
                    Origin::Component => found.component += share,
                    Origin::Text(span) => give(&mut found.words, span, share),
                }
            }
        }
        for word in &mut found.words {
            trim(&mut word.span, input.template);
        }
        found
    }

    /// The gradient of the output with respect to the pooled rows, and the biases that count at this point.
    fn gradient(&self, blocks: Blocks<'_>) -> (Vec<f32>, f32) {
        let mut pooled = vec![0.0; self.dim];
        pool(self.bag, blocks, &mut pooled);
        let mut gradient = vec![0.0; self.dim];
        let mut bias = self.output_bias;
        let rows = self.hidden_weight.chunks_exact(self.dim);
        for ((row, own), weight) in rows.zip(self.hidden_bias).zip(self.output_weight) {
            if dot(row, &pooled) + own > 0.0 {
                bias += weight * own;
                for (sum, value) in gradient.iter_mut().zip(row) {
                    *sum += weight * value;
                }
            }
        }
        (gradient, bias)
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The words of a template, as white space parts them, with nothing given yet.
fn words_of(template: &str) -> Vec<WordShare> {
    let mut at = 0;
    let mut words = vec![];
    for piece in template.split_inclusive(char::is_whitespace) {
        let token = piece.trim_end_matches(char::is_whitespace);
        if !token.is_empty() {
            words.push(WordShare {
                span: at..at + token.len(),
                share: 0.0,
            });
        }
        at += piece.len();
    }
    words
}

/// Gives the words that a feature is made of equal parts of its share.
fn give(words: &mut [WordShare], span: &Range<usize>, share: f32) {
    let from = words.partition_point(|word| word.span.end <= span.start);
    let to = words.partition_point(|word| word.span.start < span.end);
    let made_of = &mut words[from..to];
    let each = share / made_of.len() as f32;
    for word in made_of {
        word.share += each;
    }
}

/// Leaves out what is neither letter nor digit at both ends, unless nothing is left.
fn trim(span: &mut Range<usize>, template: &str) {
    let word = &template[span.clone()];
    let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
    if !inner.is_empty() {
        let start = span.start + word.find(inner).unwrap_or_default();
        *span = start..start + inner.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{BUCKETS, Features, before_buckets, stable_hash};
    use crate::network::BEFORE;
    use crate::network::tests::{config, network_of};
    use crate::rules;

    /// Largest difference that rounding may make between the sum and the logit.
    const TOLERANCE: f32 = 1e-4;

    /// A network with weights of both signs everywhere, so that some units are on and others off.
    fn network(hidden: usize) -> Network {
        let mut config = config();
        (config.dim, config.hidden) = (8, hidden);
        config.classes.clear();
        let number = |name: &str, index: usize| {
            let hash = stable_hash(&format!("{name} {index}"));
            (hash % 2_000_001) as f32 / 1e6 - 1.0
        };
        let tensor = |name: &str, shape: &[usize]| {
            let values = (0..shape.iter().product()).map(|index| number(name, index));
            (name.to_owned(), shape.to_vec(), values.collect::<Vec<_>>())
        };
        let mut tensors = vec![
            tensor(WIDE, &[BUCKETS as usize]),
            tensor(WIDE_BIAS, &[1]),
            tensor(BEFORE, &[BUCKETS as usize]),
            tensor(BAG, &[BUCKETS as usize, 8]),
            tensor(HIDDEN_WEIGHT, &[hidden, 8]),
            tensor(HIDDEN_BIAS, &[hidden]),
        ];
        for head in &config.heads {
            let [weight, bias] = head_names(head);
            tensors.push(tensor(&weight, &[1, hidden]));
            tensors.push(tensor(&bias, &[1]));
        }
        network_of(&tensors, &config)
    }

    #[test]
    fn the_parts_add_up_to_the_logit() {
        let network = network(16);
        let explainer = Explainer::new(&network);
        let long = "connection to BlockManager refused ".repeat(200);
        let mut rests = vec![];
        for (template, level, component) in [
            (
                "Failed to open <*>: NotFound",
                Some("ERROR"),
                Some("kubelet.Volume"),
            ),
            ("<*>/ÄrgerGroß:\u{a0}x  ÿ é", None, Some("db")),
            ("--- ::: ===", Some("WARN"), None),
            ("", None, None),
            ("ok", None, None),
            (&long, Some("INFO"), Some("a.b")),
        ] {
            let rule = rules::score(template, level);
            let input = Input {
                template,
                level,
                component,
                rule: &rule,
            };
            let buckets = before_buckets("asked for it", level, &rule);
            let before = network.before(&buckets);
            assert_ne!(before, 0.0);
            let found = explainer.explain(input, before);
            let features = Features::of(input);
            let blocks = Blocks {
                before: &buckets,
                ..features.blocks()
            };
            let calibration = network.config().calibration;
            let logit = network.logits(blocks)[0] + before;
            let logit = calibration.scale * logit + calibration.offset;
            let sum = found.log_odds();
            assert!(
                (sum - logit).abs() < TOLERANCE,
                "{template:?}: {sum} {logit}"
            );
            let probability = 1.0 / (1.0 + (-sum).exp());
            assert!((probability - network.score(blocks).failure).abs() < TOLERANCE);
            assert_eq!(found.level == 0.0, level.is_none());
            assert_eq!(found.component == 0.0, component.is_none());
            rests.push(found.rest);
        }
        assert!(rests.iter().any(|rest| *rest != rests[0]), "other units on");
    }

    #[test]
    fn words_are_named_and_a_pair_is_shared() {
        let network = network(4);
        let input = Input {
            template: "(refused) by peer, <*>",
            level: None,
            component: None,
            rule: &rules::RuleScore::default(),
        };
        let found = Explainer::new(&network).explain(input, 0.0);
        let names: Vec<&str> = found
            .words
            .iter()
            .map(|word| &"(refused) by peer, <*>"[word.span.clone()])
            .collect();
        assert_eq!(names, ["refused", "by", "peer", "<*>"]);
        let mut words = words_of("a b c");
        give(&mut words, &(0..3), 1.0);
        give(&mut words, &(4..5), 0.25);
        let shares: Vec<f32> = words.iter().map(|word| word.share).collect();
        assert_eq!(shares, [0.5, 0.5, 0.25]);
    }
}
