//! Weights to the bytes of `model.safetensors`: the same weights give the same bytes.

use std::collections::HashMap;

use logloop_scoring::features::{BUCKETS, FEATURE_VERSION};
use logloop_scoring::network::{CONFIG_KEY, Calibration, NetworkConfig};
use safetensors::tensor::{Dtype, TensorView};

use crate::error::TrainerError;
use crate::heads::{Classes, NUMBERS};
use crate::mlp::Tensors;

/// The file's bytes; its metadata holds what the weights mean, and nothing of when or where.
pub fn to_bytes(
    tensors: &Tensors,
    (dim, hidden): (usize, usize),
    classes: &Classes,
    calibration: Calibration,
) -> Result<Vec<u8>, TrainerError> {
    let config = NetworkConfig {
        model: "line".to_owned(),
        feature_version: FEATURE_VERSION,
        buckets: BUCKETS,
        dim,
        hidden,
        heads: NUMBERS.map(str::to_owned).to_vec(),
        classes: classes.clone(),
        calibration,
    };
    let failed = |problem: String| {
        TrainerError::new(
            "training_failed",
            format!("the weights cannot be stored: {problem}"),
        )
    };
    let config = serde_json::to_string(&config).map_err(|error| failed(error.to_string()))?;
    let raw: Vec<(&String, &Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, (shape, values))| {
            (
                name,
                shape,
                values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect(),
            )
        })
        .collect();
    let views = raw.iter().map(|(name, shape, bytes)| {
        TensorView::new(Dtype::F32, (*shape).clone(), bytes).map(|view| (name.as_str(), view))
    });
    let views = views
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| failed(error.to_string()))?;
    // One key: a map of several would come in any order.
    let metadata = HashMap::from([(CONFIG_KEY.to_owned(), config)]);
    safetensors::serialize(views, Some(metadata)).map_err(|error| failed(error.to_string()))
}
