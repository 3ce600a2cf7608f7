//! Whether a run would only do again what was done before. Pure.

use crate::model_version::plan::waits;
use logloop_operator_api::{
    ModelVersion, TrainingRun, TrainingRunSpec,
    model_version::ModelPhase,
    training_run::{Phase, TrainingRunStatus, Verdict},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What the same recipe came to before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// SHA-256 over the content of the data set.
    pub dataset_digest: String,
    /// The rest of the sentence "nothing has changed since …".
    pub words: String,
}

/// SHA-256 over the canonical JSON (keys sorted, no spaces) of what decides on the model and its way into service
/// besides the data set. Resources and placement do not.
pub fn recipe(spec: &TrainingRunSpec, default_image: &str) -> String {
    let trainer = &spec.trainer;
    // serde_json keeps the keys of a `Value` sorted.
    let recipe = json!({
        "models": value(&trainer.models),
        "base": trainer.base,
        "epochs": trainer.epochs,
        "batchSize": trainer.batch_size,
        "learningRate": trainer.learning_rate,
        "seed": trainer.seed,
        "device": value(&trainer.device),
        "image": trainer.image.as_deref().unwrap_or(default_image),
        "gate": value(&spec.gate),
    });
    let hex: String = Sha256::digest(recipe.to_string().as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{hex}")
}

fn value(part: &impl serde::Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

/// What the recipe of a run came to before, for the same analyzer and from the same claim: a version that serves, a run
/// that the gate ended, or, for a run that only trains, a version that waits to be promoted.
pub fn earlier(
    status: &TrainingRunStatus,
    trains_only: bool,
    models: impl Iterator<Item = ModelVersion>,
    runs: impl Iterator<Item = TrainingRun>,
) -> Vec<Earlier> {
    if status.recipe.is_none() {
        return Vec::new();
    }
    let good = models
        .filter(|model| {
            let phase = model.status.as_ref().and_then(|status| status.phase);
            let waits = trains_only && model.status.as_ref().is_some_and(waits);
            (phase == Some(ModelPhase::Serving) || waits)
                && model.spec.recipe == status.recipe
                && model.spec.claim == status.claim
                && Some(&model.spec.target) == status.target.as_ref()
        })
        .map(|model| Earlier {
            dataset_digest: model.spec.dataset_digest,
            words: format!(
                "{}, which {}, was trained on the same data set with the same settings",
                model.spec.version,
                if model.status.as_ref().is_some_and(waits) {
                    "waits to be promoted"
                } else {
                    "serves"
                }
            ),
        });
    let rejected = runs.filter_map(|run| rejected(&run, status));
    good.chain(rejected).collect()
}

fn rejected(run: &TrainingRun, this: &TrainingRunStatus) -> Option<Earlier> {
    let status = run.status.as_ref()?;
    let same = status.recipe == this.recipe
        && status.claim == this.claim
        && status.target == this.target
        && status.phase == Some(Phase::Rejected);
    let gate = status
        .gate
        .as_ref()
        .filter(|gate| same && matches!(gate.verdict, Verdict::Fail | Verdict::Insufficient))?;
    Some(Earlier {
        dataset_digest: status.dataset.as_ref()?.digest.clone(),
        words: format!(
            "TrainingRun {} trained on the same data set with the same settings and was rejected by the same gate ({})",
            run.metadata.name.as_deref().unwrap_or_default(),
            gate.reason
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(value: Value) -> TrainingRunSpec {
        serde_json::from_value(value).expect("a spec")
    }

    #[test]
    fn what_decides_on_the_model_makes_another_recipe_and_nothing_else_does() {
        let plain = recipe(&spec(json!({})), "trainer:1");
        assert_eq!(plain.len(), 71);
        for (change, same) in [
            (json!({"trainer": {"epochs": 3}}), false),
            (json!({"trainer": {"learningRate": 0.5}}), false),
            (json!({"trainer": {"base": "old"}}), false),
            (json!({"trainer": {"image": "own:1"}}), false),
            (
                json!({"gate": {"metrics": [{"name": "failure_f1", "min": 0.5}]}}),
                false,
            ),
            (json!({"trainer": {"nodeSelector": {"a": "b"}}}), true),
            (json!({"suspend": true, "backoffLimit": 9}), true),
        ] {
            assert_eq!(
                recipe(&spec(change.clone()), "trainer:1") == plain,
                same,
                "{change}"
            );
        }
        assert_ne!(
            recipe(&spec(json!({})), "trainer:2"),
            plain,
            "another release"
        );
    }

    #[test]
    fn only_what_serves_or_what_the_gate_ended_counts() {
        let this: TrainingRunStatus =
            serde_json::from_value(json!({"recipe": "r", "claim": "data", "target": "web"}))
                .expect("a status");
        let model = |version: &str, phase: &str, recipe: &str| -> ModelVersion {
            serde_json::from_value(json!({
                "apiVersion": "logloop.dev/v1alpha1", "kind": "ModelVersion", "metadata": {"name": version},
                "spec": {"run": "r", "version": version, "digest": "d", "datasetId": "i", "datasetDigest": version,
                    "target": "web", "claim": "data", "recipe": recipe},
                "status": {"phase": phase}
            }))
            .expect("a version")
        };
        let run = |name: &str, phase: &str, verdict: &str| -> TrainingRun {
            serde_json::from_value(json!({
                "apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun", "metadata": {"name": name}, "spec": {},
                "status": {"phase": phase, "recipe": "r", "claim": "data", "target": "web",
                    "dataset": {"id": name, "digest": name, "examples": 1}, "gate": {"verdict": verdict, "reason": "too bad"}}
            }))
            .expect("a run")
        };
        let mut waiting = model("waits", "Candidate", "r");
        let conditions = json!([{"type": "Serving", "status": "False", "reason": "NotPromoted", "message": "m",
            "lastTransitionTime": "2026-06-10T12:00:00Z"}]);
        waiting.status.as_mut().expect("a status").conditions =
            serde_json::from_value(conditions).expect("a condition");
        let models = [
            model("serves", "Serving", "r"),
            model("other-recipe", "Serving", "s"),
            waiting,
            model("retired", "Retired", "r"),
        ];
        let runs = [
            run("gated", "Rejected", "Fail"),
            run("promoted", "RolledBack", "Insufficient"),
        ];
        let only = earlier(&this, true, models.clone().into_iter(), std::iter::empty());
        let words: Vec<&str> = only.iter().map(|one| one.words.as_str()).collect();
        assert_eq!(words.len(), 2, "{words:?}");
        assert!(
            words[1].starts_with("waits, which waits to be promoted"),
            "{words:?}"
        );
        let found = earlier(&this, false, models.into_iter(), runs.into_iter());
        let digests: Vec<&str> = found
            .iter()
            .map(|one| one.dataset_digest.as_str())
            .collect();
        assert_eq!(digests, ["serves", "gated"]);
        assert!(found[1].words.contains("too bad"), "{}", found[1].words);
        let unknown = TrainingRunStatus::default();
        let none = earlier(
            &unknown,
            true,
            [model("x", "Serving", "r")].into_iter(),
            std::iter::empty(),
        );
        assert_eq!(none, []);
    }
}
