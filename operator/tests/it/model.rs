//! What the containers would say.

use crate::kubelet::{End, value};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// A digest that can be told from others.
pub(crate) fn digest(of: &str) -> String {
    let sum = of.bytes().fold(7_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    format!("sha256:{sum:064x}")
}

/// Every step goes well.
pub(crate) fn all_well(step: &str, args: &[String]) -> End {
    match step {
        "export" => exported(args, 120),
        "train" => trained(args),
        "evaluate" => evaluated(args, 0.9, 12),
        "prune" => pruned(args),
        _ => End::Failure(2, format!("unknown step {step}")),
    }
}

pub(crate) fn exported(args: &[String], examples: i64) -> End {
    let id = value(args, "--dataset");
    End::Success(
        json!({"step": "export", "dataset": id, "digest": digest(&format!("{id}-data")), "examples": examples, "failures": 40,
            "interactions": 9, "corrections": 3, "held_out": 2, "message": "exported"})
        .to_string(),
    )
}

pub(crate) fn trained(args: &[String]) -> End {
    let version = value(args, "--version");
    End::Success(
        json!({"step": "train", "version": version, "digest": digest(version), "dataset": value(args, "--dataset"),
            "dataset_digest": "sha256:0", "trained": ["failure", "severity"], "metrics": {"failure_f1": 0.93}, "message": "trained"})
        .to_string(),
    )
}

pub(crate) fn evaluated(args: &[String], f1: f64, samples: i64) -> End {
    let version = value(args, "--version");
    let metrics = if samples == 0 {
        json!({})
    } else {
        json!({"failure_f1": f1})
    };
    End::Success(
        json!({"step": "evaluate", "dataset": value(args, "--dataset"),
            "candidate": {"version": version, "digest": digest(version), "metrics": metrics},
            "serving": {"version": value(args, "--against"), "digest": null, "metrics": metrics},
            "samples": {"failure_f1": samples}, "message": "evaluated"})
        .to_string(),
    )
}

pub(crate) fn pruned(args: &[String]) -> End {
    let dry_run = args.iter().any(|arg| arg == "--dry-run");
    End::Success(
        json!({"step": "prune", "dry_run": dry_run, "cutoff": value(args, "--cutoff"), "plan_digest": value(args, "--plan-digest"),
            "interactions": 12, "freed_bytes": 4096, "segments": 2, "rewritten": 1, "datasets": ["d"], "models": [],
            "kept_interactions": 30, "oldest_kept": "2026-01-01T00:00:00Z", "message": "12 interactions"})
        .to_string(),
    )
}

/// Whether what is held back may go on.
#[derive(Clone, Default)]
pub(crate) struct Latch(Arc<AtomicBool>);

impl Latch {
    pub(crate) fn open(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// All goes well, but that a training ends only once the latch is open.
pub(crate) fn well_behind(latch: &Latch) -> impl Fn(&str, &[String]) -> End + Send + 'static {
    let latch = latch.clone();
    move |step, args| {
        if step == "train" && !latch.0.load(Ordering::SeqCst) {
            End::Running
        } else {
            all_well(step, args)
        }
    }
}
