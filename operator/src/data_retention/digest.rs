//! What a plan is, in one digest: a Job of another plan is not this one's. Pure.

use jiff::Timestamp;
use logloop_operator_api::{DataRetentionSpec, duration};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// SHA-256 over the canonical JSON (keys sorted, no spaces) of what is to be kept, from where, and the cut-off.
pub(super) fn digest(spec: &DataRetentionSpec, claim: &str, cutoff: Timestamp) -> String {
    // serde_json keeps the keys of a `Value` sorted.
    let plan = json!({
        "claim": claim,
        "keep": value(&spec.keep),
        "datasets": value(&spec.datasets),
        "models": value(&spec.models),
        "dryRun": spec.dry_run,
        "cutoff": cutoff.to_string(),
    });
    let hex: String = Sha256::digest(plan.to_string().as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{hex}")
}

/// The moment before which interactions go: so far back from now as `keep.maxAge` says.
pub(super) fn cutoff(spec: &DataRetentionSpec, now: Timestamp) -> Result<Timestamp, String> {
    match &spec.keep.max_age {
        Some(age) => Ok(crate::clock::after(now, -duration::parse_seconds(age)?)),
        None => Ok(now),
    }
}

fn value(part: &impl serde::Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_plan_counts() {
        let now: Timestamp = "2026-06-10T12:00:00Z".parse().expect("a time");
        let spec = DataRetentionSpec::default();
        let plain = digest(&spec, "data", now);
        assert_eq!(
            plain,
            digest(
                &DataRetentionSpec {
                    history_limit: 9,
                    ..spec.clone()
                },
                "data",
                now
            )
        );
        assert_ne!(
            plain,
            digest(
                &DataRetentionSpec {
                    dry_run: true,
                    ..spec.clone()
                },
                "data",
                now
            )
        );
        assert_ne!(plain, digest(&spec, "other", now));
        let mut keep = spec.clone();
        keep.keep.max_age = Some("90d".into());
        assert_ne!(plain, digest(&keep, "data", now));
        assert_eq!(
            cutoff(&keep, now).map(|time| time.to_string()),
            Ok("2026-03-12T12:00:00Z".into())
        );
        assert_eq!(plain.len(), 71);
    }

    #[test]
    fn to_keep_for_ever_is_a_cutoff_in_the_past_that_reads_back_the_same() {
        let now: Timestamp = "2026-06-10T12:00:00Z".parse().expect("a time");
        let mut spec = DataRetentionSpec::default();
        spec.keep.max_age = Some("99999999d".into());
        let cutoff = cutoff(&spec, now).expect("a span");
        assert!(cutoff < now, "{cutoff}");
        let text = serde_json::to_string(&crate::clock::time(cutoff)).expect("JSON");
        let read: k8s_openapi::apimachinery::pkg::apis::meta::v1::Time =
            serde_json::from_str(&text).expect("it can be read");
        assert_eq!(digest(&spec, "data", read.0), digest(&spec, "data", cutoff));
    }
}
