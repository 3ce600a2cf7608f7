//! Where a version stands, from its run and the serving document. Pure.

use crate::clock;
use jiff::Timestamp;
use logloop_operator_api::{
    ModelVersion, ModelVersionStatus,
    conditions::{self, Saying},
    model_version::ModelPhase,
    training_run::Phase,
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
    let was = status.phase.unwrap_or_default();
    let phase = phase(was, facts);
    status.observed_generation = model.metadata.generation;
    if status.phase != Some(phase) {
        status.message = Some(message(phase, facts));
        status.phase = Some(phase);
        if phase == ModelPhase::Serving {
            status.serving_since = Some(clock::time(facts.now));
        }
    }
    let pods = facts.pods.unwrap_or_default();
    let serving = phase == ModelPhase::Serving;
    status.loaded =
        (serving && facts.pods.is_some()).then(|| format!("{}/{}", pods.loaded, pods.ready));
    if serving || conditions::find(&status.conditions, conditions::SERVING).is_some() {
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
                reason: phase.as_str(),
                message: message(phase, facts),
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

fn phase(was: ModelPhase, facts: &Facts) -> ModelPhase {
    use ModelPhase::{Candidate, Rejected, Retired, RolledBack, Serving};
    match facts.run {
        // Nothing is settled while its run is under way, or while another is rolling out over it.
        Some(run) if !run.is_terminal() => was,
        _ if facts.rolling => was,
        Some(Phase::Succeeded) | None if facts.serves => Serving,
        Some(Phase::Succeeded) => Retired,
        Some(Phase::RolledBack) => RolledBack,
        Some(_) if matches!(was, Candidate) => Rejected,
        None if was == Serving => Retired,
        None if was == Candidate && facts.run_is_gone => Rejected,
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
                now: clock::now(),
                run,
                run_is_gone: run.is_none(),
                run_message: None,
                serves,
                rolling,
                pods: None,
            };
            assert_eq!(
                phase(was, &facts),
                expected,
                "{was:?} {run:?} serves {serves} rolling {rolling}"
            );
        }
    }

    #[test]
    fn a_run_that_cannot_be_read_is_not_gone() {
        let mut facts = Facts {
            now: clock::now(),
            run: None,
            run_is_gone: false,
            run_message: None,
            serves: false,
            rolling: false,
            pods: None,
        };
        assert_eq!(phase(ModelPhase::Candidate, &facts), ModelPhase::Candidate);
        facts.run_is_gone = true;
        assert_eq!(phase(ModelPhase::Candidate, &facts), ModelPhase::Rejected);
        assert_eq!(message(ModelPhase::Rejected, &facts), "its run was deleted");
    }
}
