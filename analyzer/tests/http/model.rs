//! Versions for tests: a line's score is the sum of what its words weigh.

use std::fs;
use std::path::Path;

use logloop_scoring::artifact::{
    DatasetRef, FileEntry, MANIFEST_FILE, MANIFEST_SCHEMA, MODEL_FILE, digest,
};
use logloop_scoring::features::{BUCKETS, FEATURE_VERSION, Features, Input};
use logloop_scoring::rules::RuleScore;
use logloop_scoring::suspects::{SUSPECTS_FILE, Suspects};
use logloop_scoring::{Manifest, VersionRef};
use serde_json::json;

/// The bytes of a network for which the words `weighs` speak for a failure (above 0) or against one.
pub(crate) fn network(weighs: &[(&str, f32)]) -> Vec<u8> {
    let mut bag = vec![0.0; BUCKETS as usize];
    for (word, weight) in weighs {
        let features = Features::of(Input {
            template: word,
            level: None,
            component: None,
            rule: &RuleScore::default(),
        });
        let blocks = features.blocks();
        for bucket in blocks.words.iter().chain(blocks.grams) {
            bag[*bucket as usize] = *weight;
        }
    }
    // One unit for each sign: together they pass the sum on.
    let wide = vec![0.0; BUCKETS as usize];
    let tensors: [(&str, &[usize], &[f32]); 9] = [
        ("bag.weight", &[BUCKETS as usize, 1], &bag),
        ("hidden.weight", &[2, 1], &[1.0, -1.0]),
        ("hidden.bias", &[2], &[0.0, 0.0]),
        ("heads.failure.weight", &[1, 2], &[1.0, -1.0]),
        ("heads.failure.bias", &[1], &[0.0]),
        ("heads.severity.weight", &[1, 2], &[0.0, 0.0]),
        ("heads.severity.bias", &[1], &[0.0]),
        ("wide.weight", &[BUCKETS as usize], &wide),
        ("wide.bias", &[1], &[0.0]),
    ];
    let config = json!({
        "model": "line", "feature_version": FEATURE_VERSION, "buckets": BUCKETS, "dim": 1, "hidden": 2,
        "heads": ["failure", "severity"],
        "calibration": {"scale": 1.0, "offset": -0.5, "threshold": 0.5},
    });
    let mut header = serde_json::Map::new();
    header.insert(
        "__metadata__".into(),
        json!({"logloop": config.to_string()}),
    );
    let mut data = Vec::new();
    for (name, shape, values) in tensors {
        let begin = data.len();
        data.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        let offsets = [begin, data.len()];
        let tensor = json!({"dtype": "F32", "shape": shape, "data_offsets": offsets});
        header.insert(name.into(), tensor);
    }
    let header = serde_json::Value::Object(header).to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.into_bytes());
    bytes.extend(data);
    bytes
}

/// Publishes a version with such a network, and with labels that it doubts.
pub(crate) fn publish(
    models: &Path,
    version: &str,
    weighs: &[(&str, f32)],
    suspects: &Suspects,
) -> VersionRef {
    let files = [
        (MODEL_FILE, network(weighs)),
        (SUSPECTS_FILE, serde_json::to_vec(suspects).unwrap()),
    ];
    let manifest = Manifest {
        schema: MANIFEST_SCHEMA,
        version: version.to_owned(),
        digest: digest(&files[0].1),
        created: Default::default(),
        feature_version: FEATURE_VERSION,
        base: None,
        dataset: DatasetRef {
            id: "first".to_owned(),
            digest: digest(b""),
        },
        seed: 1,
        heads: vec!["failure".to_owned(), "severity".to_owned()],
        files: files
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), FileEntry::of(bytes)))
            .collect(),
    };
    let dir = models.join(version);
    fs::create_dir_all(&dir).unwrap();
    for (name, bytes) in files {
        fs::write(dir.join(name), bytes).unwrap();
    }
    write_manifest(models, &manifest);
    VersionRef {
        version: version.to_owned(),
        digest: manifest.digest,
    }
}

pub(crate) fn write_manifest(models: &Path, manifest: &Manifest) {
    let path = models.join(&manifest.version).join(MANIFEST_FILE);
    fs::write(path, serde_json::to_vec(manifest).unwrap()).unwrap();
}
