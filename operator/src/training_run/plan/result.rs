//! The result of a step, put into the status.

use super::{Draft, next};
use crate::{jobs::results, training_run::gate};
use logloop_operator_api::{
    conditions::{DATASET_READY, GATED},
    training_run::{Dataset, Model, StepName, Verdict},
};

/// Puts the result of a step into the status, or says why it is none.
pub(super) fn record(
    draft: &mut Draft<'_>,
    step: StepName,
    message: &str,
) -> Result<(String, String), String> {
    let artifact = draft.artifact();
    match step {
        StepName::Export => {
            let result: results::Export = results::parse("export", message)?;
            same("data set", &result.dataset, &artifact)?;
            let words = format!(
                "{} examples in data set {}",
                result.examples, result.dataset
            );
            draft.condition(
                DATASET_READY,
                true,
                "Exported",
                format!("{words}, {}", result.digest),
            );
            draft.status.dataset = Some(Dataset {
                id: result.dataset,
                digest: result.digest.clone(),
                examples: result.examples,
                failures: result.failures,
                corrections: result.corrections,
                held_out: result.held_out,
            });
            draft.wait(words);
            Ok((result.digest, result.message))
        }
        StepName::Train => {
            let result: results::Train = results::parse("train", message)?;
            same("version", &result.version, &artifact)?;
            digest(&result.digest)?;
            draft.wait(format!(
                "version {} is trained, {}; publishing it",
                result.version, result.digest
            ));
            draft.status.model = Some(Model {
                version: result.version,
                digest: result.digest.clone(),
                metrics: result.metrics,
            });
            Ok((result.digest, result.message))
        }
        StepName::Evaluate => {
            let result: results::Evaluate = results::parse("evaluate", message)?;
            same("version", &result.candidate.version, &artifact)?;
            let verdict = draft
                .facts
                .run
                .spec
                .gate
                .as_ref()
                .map(|asked| gate::judge(asked, &result));
            let verdict = verdict.unwrap_or_else(next::not_requested);
            let words = format!("{}: {}", verdict.verdict.as_str(), verdict.reason);
            draft.condition(
                GATED,
                verdict.verdict == Verdict::Pass,
                verdict.verdict.as_str(),
                verdict.reason.clone(),
            );
            draft.status.gate = Some(verdict);
            draft.wait(words);
            let scored = result.candidate.digest.or_else(|| {
                draft
                    .status
                    .model
                    .as_ref()
                    .map(|model| model.digest.clone())
            });
            Ok((scored.unwrap_or_default(), result.message))
        }
    }
}

fn same(what: &str, found: &str, asked: &str) -> Result<(), String> {
    if found == asked {
        Ok(())
    } else {
        Err(format!("its result is for {what} {found:?}, not {asked:?}"))
    }
}

fn digest(text: &str) -> Result<(), String> {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    let good = hex.len() == 64
        && hex
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if good {
        Ok(())
    } else {
        Err(format!(
            "its result has {text:?} for a digest, not sha256: and 64 hexadecimal digits"
        ))
    }
}
