//! Where a version stands, from its run and the serving document. Pure.

use crate::clock;
use jiff::Timestamp;
use logloop_operator_api::{
    ModelVersion, ModelVersionStatus,
    conditions::{self, Saying},
    model_version::ModelPhase,
    training_run::{Phase, Strategy},
};

/// Pods of a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pods {
    /// Those that have loaded the version.
    pub loaded: usize,
    /// Those that are ready.
    pub ready: usize,
}

/// What is known around a version.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Now.
    pub now: Timestamp,
    /// Phase of its run; absent if that is gone or cannot be read.
    pub run: Option<Phase>,
    /// Whether there is no such run any more, not even one that cannot be read.
    pub run_is_gone: bool,
    /// What its run says.
    pub run_message: Option<String>,
    /// Whether the serving document names it.
    pub serves: bool,
    /// Whether a run is rolling out on its target.
    pub rolling: bool,
    /// Pods of its target, if it serves.
    pub pods: Option<Pods>,
}

/// What the status is to be.
pub fn plan(model: &ModelVersion, facts: &Facts) -> ModelVersionStatus {
    let mut status = model.status.clone().unwrap_or_default();
    let was = Was {
        phase: status.phase.unwrap_or_default(),
        manual: model.spec.rollout.strategy == Strategy::Manual,
        // Its run has ended well, and may be gone.
        waits: waits(&status),
    };
    let phase = phase(was, facts);
    let waits = phase == ModelPhase::Candidate
        && (was.waits || (was.manual && facts.run == Some(Phase::Succeeded)));
    status.observed_generation = model.metadata.generation;
    if status.phase != Some(phase) || waits != was.waits {
        status.message = Some(if waits {
            "published, and not in service: `kubectl logloop promote` brings it there".into()
        } else {
            message(phase, facts)
        });
        status.phase = Some(phase);
        if phase == ModelPhase::Serving {
            status.serving_since = Some(clock::time(facts.now));
        }
    }
    let pods = facts.pods.unwrap_or_default();
    let serving = phase == ModelPhase::Serving;
    status.loaded =
        (serving && facts.pods.is_some()).then(|| format!("{}/{}", pods.loaded, pods.ready));
    if serving || waits || conditions::find(&status.conditions, conditions::SERVING).is_some() {
        let saying = if serving {
            let message = format!(
                "{}/{} pods loaded {}",
                pods.loaded, pods.ready, model.spec.digest
            );
            let holds = pods.ready > 0 && pods.loaded == pods.ready;
            Saying {
                kind: conditions::SERVING,
                holds,
                reason: if holds {
                    "Loaded"
                } else {
                    "NotLoadedEverywhere"
                },
                message,
            }
        } else {
            Saying {
                kind: conditions::SERVING,
                holds: false,
                reason: if waits {
                    conditions::NOT_PROMOTED
                } else {
                    phase.as_str()
                },
                message: status.message.clone().unwrap_or_default(),
            }
        };
        conditions::set(
            &mut status.conditions,
            saying,
            model.metadata.generation,
            &clock::time(facts.now),
        );
    }
    status
}

/// Whether its run has no say in it any more.
pub fn is_decided(status: Option<&ModelVersionStatus>) -> bool {
    status.is_some_and(|status| {
        status.phase.unwrap_or_default() != ModelPhase::Candidate || waits(status)
    })
}

/// Whether its run has ended well, and it waits for a person.
pub fn waits(status: &ModelVersionStatus) -> bool {
    conditions::find(&status.conditions, conditions::SERVING)
        .is_some_and(|serving| serving.reason == conditions::NOT_PROMOTED)
}

/// Where a version stood.
#[derive(Clone, Copy, Debug)]
struct Was {
    phase: ModelPhase,
    /// A person brings it into service.
    manual: bool,
    /// It is only for that that it waits.
    waits: bool,
}

fn phase(was: Was, facts: &Facts) -> ModelPhase {
    use ModelPhase::{Candidate, Rejected, Retired, RolledBack, Serving};
    let Was {
        phase: was,
        manual,
        waits,
    } = was;
    match facts.run {
        // Nothing is settled while its run is under way, or while another is rolling out over it.
        Some(run) if !run.is_terminal() => was,
        _ if facts.rolling => was,
        Some(Phase::Succeeded) | None if facts.serves => Serving,
        Some(Phase::Succeeded) if manual && was == Candidate => Candidate,
        Some(Phase::Succeeded) => Retired,
        Some(Phase::RolledBack) => RolledBack,
        Some(_) if matches!(was, Candidate) => Rejected,
        None if was == Serving => Retired,
        None if was == Candidate && facts.run_is_gone && !waits => Rejected,
        _ => was,
    }
}

fn message(phase: ModelPhase, facts: &Facts) -> String {
    let by_run = |fallback: &str| {
        facts
            .run_message
            .clone()
            .unwrap_or_else(|| fallback.to_owned())
    };
    match phase {
        ModelPhase::Candidate => "published; its run decides whether it serves".into(),
        ModelPhase::Serving => "answers".into(),
        ModelPhase::Retired => "another version took its place".into(),
        ModelPhase::Rejected if facts.run_is_gone => "its run was deleted".into(),
        ModelPhase::Rejected => by_run("its run kept it out of service"),
        ModelPhase::RolledBack => by_run("was put in and taken out again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_follow_the_run_and_the_document() {
        use ModelPhase::{Candidate, Rejected, Retired, RolledBack, Serving};
        let cases = [
            // was, run, serves, rolling, expected
            (Candidate, Some(Phase::Training), false, false, Candidate),
            (Candidate, Some(Phase::RollingOut), true, true, Candidate),
            (Serving, Some(Phase::RollingOut), true, true, Serving),
            (Candidate, Some(Phase::Succeeded), true, true, Candidate),
            (Candidate, Some(Phase::Succeeded), true, false, Serving),
            (Candidate, Some(Phase::Rejected), false, false, Rejected),
            (Candidate, Some(Phase::Failed), false, false, Rejected),
            (Candidate, Some(Phase::RolledBack), false, false, RolledBack),
            (Serving, Some(Phase::Succeeded), false, true, Serving),
            (Serving, Some(Phase::Succeeded), false, false, Retired),
            (Serving, None, false, false, Retired),
            (Retired, None, true, false, Serving),
            (Retired, None, false, false, Retired),
            (Rejected, None, false, false, Rejected),
            (Candidate, None, false, true, Candidate),
            (Candidate, None, false, false, Rejected),
            (Candidate, None, true, false, Serving),
        ];
        for (was, run, serves, rolling, expected) in cases {
            let facts = Facts {
                rolling,
                ..known(run, serves)
            };
            let was = Was {
                phase: was,
                manual: false,
                waits: false,
            };
            assert_eq!(
                phase(was, &facts),
                expected,
                "{was:?} {run:?} serves {serves} rolling {rolling}"
            );
        }
    }

    fn known(run: Option<Phase>, serves: bool) -> Facts {
        Facts {
            now: clock::now(),
            run,
            run_is_gone: run.is_none(),
            run_message: None,
            serves,
            rolling: false,
            pods: None,
        }
    }

    #[test]
    fn a_version_that_a_person_promotes_waits_for_that() {
        use ModelPhase::{Candidate, Rejected, Retired, Serving};
        let mut model: ModelVersion = serde_json::from_value(serde_json::json!({
            "apiVersion": "logloop.dev/v1alpha1", "kind": "ModelVersion", "metadata": {"name": "v"},
            "spec": {"run": "r", "version": "v", "digest": "d", "datasetId": "i", "datasetDigest": "d", "target": "web",
                "rollout": {"strategy": "Manual"}}
        }))
        .expect("a version");
        let reason = |model: &ModelVersion| {
            let status = model.status.as_ref()?;
            let serving = conditions::find(&status.conditions, conditions::SERVING)?;
            Some(serving.reason.clone())
        };
        let mut step = |facts: Facts| {
            model.status = Some(plan(&model, &facts));
            let again = plan(&model, &facts);
            assert_eq!(model.status.as_ref(), Some(&again), "once");
            let phase = model.status.as_ref().and_then(|status| status.phase);
            (phase, reason(&model))
        };
        let waits = Some(conditions::NOT_PROMOTED.to_owned());
        assert_eq!(
            step(known(Some(Phase::Gating), false)),
            (Some(Candidate), None)
        );
        let ended = step(known(Some(Phase::Succeeded), false));
        assert_eq!(ended, (Some(Candidate), waits.clone()));
        // It outlives its run, as every version does.
        assert_eq!(step(known(None, false)), (Some(Candidate), waits));
        assert_eq!(step(known(None, true)).0, Some(Serving));
        let retired = step(known(None, false));
        assert_eq!(retired, (Some(Retired), Some("Retired".to_owned())));
        // One whose run did not come to a good end does not wait.
        model.status = None;
        let rejected = plan(&model, &known(Some(Phase::Rejected), false));
        assert_eq!(rejected.phase, Some(Rejected));
        model.status = Some(plan(&model, &known(Some(Phase::Gating), false)));
        assert_eq!(plan(&model, &known(None, false)).phase, Some(Rejected));
    }

    #[test]
    fn a_run_that_cannot_be_read_is_not_gone() {
        let mut facts = known(None, false);
        facts.run_is_gone = false;
        let was = Was {
            phase: ModelPhase::Candidate,
            manual: false,
            waits: false,
        };
        assert_eq!(phase(was, &facts), ModelPhase::Candidate);
        facts.run_is_gone = true;
        assert_eq!(phase(was, &facts), ModelPhase::Rejected);
        assert_eq!(message(ModelPhase::Rejected, &facts), "its run was deleted");
    }
}
