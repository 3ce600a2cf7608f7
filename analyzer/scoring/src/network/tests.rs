use std::collections::HashMap;

use safetensors::serialize;

use super::*;
use crate::features::BUCKETS;

/// A tensor by name, shape and values.
pub(crate) type Tensor = (String, Vec<usize>, Vec<f32>);

pub(crate) fn config() -> NetworkConfig {
    NetworkConfig {
        model: "line".to_owned(),
        feature_version: FEATURE_VERSION,
        buckets: BUCKETS,
        dim: 2,
        hidden: 3,
        heads: vec!["failure".to_owned(), "severity".to_owned()],
        classes: BTreeMap::from([(
            "level".to_owned(),
            ["INFO", "WARN", "ERROR"].map(str::to_owned).to_vec(),
        )]),
        calibration: Calibration {
            scale: 0.5,
            offset: 0.25,
            threshold: 0.6,
        },
    }
}

fn tensors() -> Vec<Tensor> {
    let mut bag = vec![0.0; BUCKETS as usize * 2];
    bag[2..8].copy_from_slice(&[1.0, -1.0, 0.5, 2.0, 3.0, 0.0]);
    let tensor = |name: &str, shape: &[usize], values: &[f32]| {
        (name.to_owned(), shape.to_vec(), values.to_vec())
    };
    let mut wide = vec![0.0; BUCKETS as usize];
    wide[7] = 1.5;
    vec![
        tensor(WIDE, &[BUCKETS as usize], &wide),
        tensor(WIDE_BIAS, &[1], &[0.25]),
        tensor(BAG, &[BUCKETS as usize, 2], &bag),
        tensor(HIDDEN_WEIGHT, &[3, 2], &[1.0, 0.0, 0.0, 1.0, -1.0, -1.0]),
        tensor(HIDDEN_BIAS, &[3], &[0.0, 0.5, 0.0]),
        tensor("heads.failure.weight", &[1, 3], &[1.0, 2.0, 4.0]),
        tensor("heads.failure.bias", &[1], &[-1.25]),
        tensor("heads.severity.weight", &[1, 3], &[0.0, 1.0, 0.0]),
        tensor("heads.severity.bias", &[1], &[0.0]),
        tensor(
            "heads.level.weight",
            &[3, 3],
            &[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        ),
        tensor("heads.level.bias", &[3], &[0.0, 0.0, 0.5]),
    ]
}

fn bytes(tensors: &[Tensor], metadata: &str) -> Vec<u8> {
    let raw: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, _, values)| {
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect()
        })
        .collect();
    let views = tensors.iter().zip(&raw).map(|((name, shape, _), raw)| {
        (
            name.as_str(),
            TensorView::new(Dtype::F32, shape.clone(), raw).expect("shape fits"),
        )
    });
    serialize(
        views,
        Some(HashMap::from([(
            CONFIG_KEY.to_owned(),
            metadata.to_owned(),
        )])),
    )
    .expect("serializes")
}

/// The network of these tensors.
pub(crate) fn network_of(tensors: &[Tensor], config: &NetworkConfig) -> Network {
    let config = serde_json::to_string(config).expect("plain data");
    Network::from_safetensors(&bytes(tensors, &config)).expect("loads")
}

/// The bytes of a small working network.
pub(crate) fn small() -> Vec<u8> {
    bytes(
        &tensors(),
        &serde_json::to_string(&config()).expect("plain data"),
    )
}

fn words(words: &[u32]) -> Blocks<'_> {
    Blocks {
        words,
        ..Blocks::default()
    }
}

#[test]
fn scores_by_hand() {
    let network = Network::from_safetensors(&small()).expect("loads");
    // rows 1 and 2: (1.5, 1.0)/√2; hidden: (1.0607, 1.2071, 0); failure: 1.0607 + 2.4142 − 1 = 2.4749
    let scores = network.score(words(&[1, 2]));
    assert!((network.logits(words(&[1, 2]))[0] - 2.4749).abs() < 1e-4);
    assert!((scores.failure - sigmoid(0.5 * 2.4749 + 0.25)).abs() < 1e-5);
    assert!((scores.severity - sigmoid(1.2071)).abs() < 1e-5);
    assert!(network.is_failure(scores));
    let empty = network.score(words(&[]));
    assert!(
        (empty.failure - sigmoid(0.25)).abs() < 1e-6 && !network.is_failure(empty),
        "bias only, no NaN"
    );
}

/// The release before has no such weights and says so by its version; what was logged before then has no say.
#[test]
fn what_was_logged_before_has_a_say_where_there_are_weights_for_it() {
    let of = |tensors: &[Tensor], version: u32| {
        let mut config = config();
        config.feature_version = version;
        let json = serde_json::to_string(&config).expect("plain data");
        Network::from_safetensors(&bytes(tensors, &json))
    };
    let after = Blocks {
        before: &[3, 4, 4, 5],
        ..words(&[1, 2])
    };
    let old = of(&tensors(), OLDEST_FEATURE_VERSION).expect("loads");
    assert!(!old.heeds_neighbours());
    assert_eq!(old.score(after), old.score(words(&[1, 2])));
    let mut weights = vec![0.0; BUCKETS as usize];
    weights[4] = -3.0;
    let mut with = tensors();
    with.push((BEFORE.to_owned(), vec![BUCKETS as usize], weights));
    let network = of(&with, FEATURE_VERSION).expect("loads");
    assert!(network.heeds_neighbours());
    let own = network.logits(after);
    assert_eq!(own, old.logits(after), "the entry's own");
    assert_eq!(network.before(after.before), -3.0, "2 × -3 / √4");
    let scores = network.score(after);
    assert_eq!(scores, network.scores(own, -3.0));
    assert_eq!(scores.failure, network.probability(own[0] - 3.0));
    assert!(!network.is_failure(scores) && scores.severity == 0.0);
    assert!(
        network.tensors().contains_key(BEFORE),
        "a further training starts from it"
    );
    with[11].1 = vec![1];
    with[11].2.truncate(1);
    let error = of(&with, FEATURE_VERSION)
        .expect_err("one number")
        .to_string();
    assert!(error.contains(BEFORE), "{error}");
}

/// Where the deep part has no say, it is asked for failures alone: the score is the same.
#[test]
fn a_deep_part_without_a_say_changes_nothing() {
    let mut mute = tensors();
    mute[5].2 = vec![0.0; 3];
    let json = serde_json::to_string(&config()).expect("plain data");
    let network = Network::from_safetensors(&bytes(&mute, &json)).expect("loads");
    for features in [&[7, 7, 7, 7, 7, 7][..], &[1], &[]] {
        let [failure, severity] = network.logits(words(features));
        let scores = network.score(words(features));
        assert_eq!(scores.failure, network.probability(failure));
        let severity = if network.is_failure(scores) {
            sigmoid(severity)
        } else {
            0.0
        };
        assert_eq!(scores.severity, severity);
    }
    assert!(network.is_failure(network.score(words(&[7; 6]))));
}

#[test]
fn each_block_counts_by_itself() {
    let network = Network::from_safetensors(&small()).expect("loads");
    // row 1 alone: (1, -1); rows 2, 2: (0.5, 2)·√2: together (1.7071, 1.8284)
    let blocks = Blocks {
        fields: &[1],
        grams: &[2, 2],
        ..Blocks::default()
    };
    assert!((network.logits(blocks)[0] - (1.7071 + 2.0 * 2.3284 - 1.0)).abs() < 1e-3);
}

#[test]
fn the_wide_part_is_added() {
    let network = Network::from_safetensors(&small()).expect("loads");
    let [without, severity] = network.logits(words(&[9]));
    let [with, same] = network.logits(words(&[7, 7]));
    assert!((with - without - 3.0 / 2f32.sqrt()).abs() < 1e-5 && severity == same);
}

#[test]
fn chooses_the_likeliest_class() {
    let network = Network::from_safetensors(&small()).expect("loads");
    let (class, probability) = network.classify("level", words(&[1, 2])).expect("a head");
    let logits = [0.0f32, 1.0607, 1.7071].map(f32::exp);
    assert_eq!(class, "ERROR");
    assert!((probability - logits[2] / logits.iter().sum::<f32>()).abs() < 1e-4);
    assert_eq!(network.classify("component", words(&[1])), None);
}

#[test]
fn gives_back_the_tensors_it_read() {
    let network = Network::from_safetensors(&small()).expect("loads");
    let read = network.tensors();
    for (name, shape, values) in tensors() {
        assert_eq!(read[&name], (shape, &values[..]), "{name}");
    }
    assert_eq!(read.len(), tensors().len());
}

#[test]
fn refuses_odd_tensors() {
    let check = |change: &dyn Fn(&mut Vec<Tensor>), expect: &str| {
        let mut tensors = tensors();
        change(&mut tensors);
        let error = Network::from_safetensors(&bytes(
            &tensors,
            &serde_json::to_string(&config()).expect("plain"),
        ));
        let text = error.expect_err(expect).to_string();
        assert!(text.contains(expect), "{text}");
    };
    check(
        &|tensors| tensors[3].2[3] = f32::NAN,
        "\"hidden.weight\" holds NaN at position 3",
    );
    check(
        &|tensors| tensors[2].2[9] = f32::INFINITY,
        "\"bag.weight\" holds inf",
    );
    check(
        &|tensors| tensors[4].1 = vec![1, 3],
        "\"hidden.bias\" is F32 [1, 3], expected F32 [3]",
    );
    check(
        &|tensors| drop(tensors.remove(8)),
        "\"heads.severity.bias\" is missing",
    );
    check(
        &|tensors| drop(tensors.pop()),
        "\"heads.level.bias\" is missing",
    );
}

#[test]
fn refuses_odd_configurations() {
    let check = |change: &dyn Fn(&mut NetworkConfig), expect: &str| {
        let mut config = config();
        change(&mut config);
        let text = Network::from_safetensors(&bytes(
            &tensors(),
            &serde_json::to_string(&config).expect("plain"),
        ))
        .expect_err(expect)
        .to_string();
        assert!(text.contains(expect), "{text}");
    };
    check(&|config| config.feature_version = 99, "feature version 99");
    check(
        &|config| config.model = "sequence".to_owned(),
        "expected \"line\"",
    );
    check(&|config| config.buckets = 7, "7 buckets");
    check(&|config| config.dim = MAX_DIM + 1, "outside");
    check(&|config| config.hidden = 0, "outside");
    check(
        &|config| config.classes = [("level".to_owned(), vec!["INFO".to_owned()])].into(),
        "a head of 1 classes",
    );
    check(&|config| config.calibration.scale = 0.0, "calibration");
    check(&|config| config.calibration.threshold = 1.5, "calibration");
    assert!(matches!(
        Network::from_safetensors(&bytes(&tensors(), "{}")),
        Err(NetworkError::Config(_))
    ));
    assert!(matches!(
        Network::from_safetensors(b"not a model"),
        Err(NetworkError::Format(_))
    ));
    assert!(matches!(
        Network::from_safetensors(&small()[..2000]),
        Err(NetworkError::Format(_))
    ));
}
