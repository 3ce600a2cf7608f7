//! Artifacts of the release before are read, and score as they did. The bytes are written here as that release wrote
//! them, by hand: nothing of today's program takes part.

use std::fs;
use std::path::Path;

use logloop_scoring::artifact;
use logloop_scoring::features::{Features, Input};
use logloop_scoring::rules::{Evidence, RuleScore};
use serde_json::json;
use sha2::{Digest, Sha256};

/// Rows of that release's table.
const BUCKETS: usize = 65_536;
/// Row of the level ERROR in that release.
const ERROR_BUCKET: usize = 657;
/// Features of the first block that it made of the entry below: level, what the rules found (2), component (3).
const FIELDS: f32 = 6.0;

const TEMPLATE: &str = "Failed to open <*>: NotFound";

fn model() -> Vec<u8> {
    let mut bag = vec![0.0_f32; BUCKETS];
    bag[ERROR_BUCKET] = 3.0;
    let wide = vec![0.0; BUCKETS];
    let tensors: [(&str, &[usize], &[f32]); 9] = [
        ("bag.weight", &[BUCKETS, 1], &bag),
        ("heads.failure.bias", &[1], &[-0.25]),
        ("heads.failure.weight", &[1, 1], &[2.0]),
        ("heads.severity.bias", &[1], &[0.5]),
        ("heads.severity.weight", &[1, 1], &[0.0]),
        ("hidden.bias", &[1], &[0.125]),
        ("hidden.weight", &[1, 1], &[1.0]),
        ("wide.bias", &[1], &[0.5]),
        ("wide.weight", &[BUCKETS], &wide),
    ];
    let config = json!({
        "model": "line", "feature_version": 2, "buckets": BUCKETS, "dim": 1, "hidden": 1,
        "heads": ["failure", "severity"], "classes": {},
        "calibration": {"scale": 0.5, "offset": 0.25, "threshold": 0.5},
    });
    let mut header = json!({"__metadata__": {"logloop": config.to_string()}});
    let mut data = Vec::new();
    for (name, shape, values) in tensors {
        let begin = data.len();
        data.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        header[name] = json!({"dtype": "F32", "shape": shape, "data_offsets": [begin, data.len()]});
    }
    let header = header.to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.into_bytes());
    bytes.extend(data);
    bytes
}

fn publish(models: &Path) -> String {
    let dir = models.join("before");
    fs::create_dir_all(&dir).expect("folder");
    let bytes = model();
    let hex: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let digest = format!("sha256:{hex}");
    let manifest = json!({
        "schema": 1, "version": "before", "digest": digest, "created": "2026-11-22T10:00:00Z",
        "feature_version": 2, "base": null, "dataset": {"id": "first", "digest": digest}, "seed": 42,
        "heads": ["failure", "severity"],
        "files": {"model.safetensors": {"sha256": hex, "bytes": bytes.len()}},
    });
    fs::write(dir.join("model.safetensors"), bytes).expect("model");
    fs::write(dir.join("manifest.json"), manifest.to_string()).expect("manifest");
    digest
}

#[test]
fn a_version_of_the_release_before_scores_as_it_did() {
    let models = tempfile::tempdir().expect("folder");
    let digest = publish(models.path());
    let model = artifact::load(models.path(), "before", Some(&digest)).expect("is read");
    let rule = RuleScore {
        evidence: Evidence::Clear,
        patterns: vec!["not_found"],
        ..RuleScore::default()
    };
    let entry = Features::of(Input {
        template: TEMPLATE,
        level: Some("error"),
        component: Some("kubelet.Volume"),
        rule: &rule,
    });
    let scores = model.network.score(entry.blocks());
    let logit = 2.0 * (3.0 / FIELDS.sqrt() + 0.125) - 0.25 + 0.5;
    let sigmoid = |x: f32| 1.0 / (1.0 + (-x).exp());
    assert!((scores.failure - sigmoid(0.5 * logit + 0.25)).abs() < 1e-5);
    assert!((scores.severity - sigmoid(0.5)).abs() < 1e-5);
    assert!(model.network.is_failure(scores));
    assert!(
        artifact::suspects(models.path(), &model.manifest)
            .expect("it lists none")
            .suspects
            .is_empty()
    );
}
