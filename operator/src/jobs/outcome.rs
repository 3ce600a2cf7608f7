//! What became of one attempt, read from its Job and its pods. Pure.

use super::{blocked::Blocked, results};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{ContainerStatus, Pod},
};
use kube::ResourceExt;
use logloop_operator_api::labels;

/// Exit code of a command that was called wrongly: trying again cannot help.
pub const EXIT_USAGE: i32 = 2;

/// A Job and its pods, as far as they matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// The Job; absent if it is gone.
    pub job: Option<Job>,
    /// Its pods.
    pub pods: Vec<Pod>,
    /// What keeps it from running, as far as that is known.
    pub blocked: Option<Blocked>,
}

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Attempt {
    /// It has not ended.
    Running {
        /// What keeps it from running, if anything does.
        blocked: Option<Blocked>,
    },
    /// A container exited with 0 and said this.
    Succeeded(String),
    /// It failed.
    Failed {
        /// Exit code, where it is known.
        exit_code: Option<i32>,
        /// Its own last words, or why there are none.
        words: String,
    },
    /// It ended, and nobody can say how.
    Lost(String),
}

/// Judges an attempt by what is seen of it.
pub fn judge(seen: &Seen) -> Attempt {
    // A result that was given counts, whatever became of the Job afterwards.
    if let Some(message) = seen.pods.iter().find_map(success) {
        return Attempt::Succeeded(message);
    }
    let Some(job) = &seen.job else {
        return Attempt::Lost("its Job was deleted before its result was read".into());
    };
    if let Some((reason, message)) = condition(job, "Failed") {
        return failed(seen, &reason, &message);
    }
    if condition(job, "Complete").is_some() {
        return Attempt::Lost("its result was lost: its pod was deleted before it was read".into());
    }
    if job.metadata.deletion_timestamp.is_some() {
        return Attempt::Lost(
            "its Job is being deleted, and its result was not read before".into(),
        );
    }
    Attempt::Running {
        blocked: seen.blocked.clone(),
    }
}

/// Whether a Job has ended, well or not.
pub fn has_ended(job: &Job) -> bool {
    condition(job, "Failed").is_some() || condition(job, "Complete").is_some()
}

fn condition(job: &Job, kind: &str) -> Option<(String, String)> {
    let conditions = job.status.as_ref()?.conditions.as_ref()?;
    let found = conditions
        .iter()
        .find(|c| c.type_ == kind && c.status == "True")?;
    Some((
        found.reason.clone().unwrap_or_default(),
        found.message.clone().unwrap_or_default(),
    ))
}

fn success(pod: &Pod) -> Option<String> {
    let (exit_code, _, message) = terminated(pod)?;
    (exit_code == 0).then_some(message)
}

fn terminated(pod: &Pod) -> Option<(i32, String, String)> {
    let state = own(pod)?.state.as_ref()?.terminated.as_ref()?;
    Some((
        state.exit_code,
        state.reason.clone().unwrap_or_default(),
        state.message.clone().unwrap_or_default(),
    ))
}

/// The status of the container that does the step, which has its name; others may have been put beside it.
pub fn own(pod: &Pod) -> Option<&ContainerStatus> {
    let step = pod.labels().get(labels::STEP)?;
    let statuses = pod.status.as_ref()?.container_statuses.as_ref()?;
    statuses.iter().find(|status| status.name == *step)
}

fn failed(seen: &Seen, reason: &str, message: &str) -> Attempt {
    let Some((exit_code, why, said)) = seen.pods.iter().find_map(terminated) else {
        let evicted = seen
            .pods
            .iter()
            .find_map(|pod| pod.status.as_ref()?.message.clone());
        let words = evicted.unwrap_or_else(|| format!("{reason}: {message}"));
        return Attempt::Failed {
            exit_code: None,
            words,
        };
    };
    let words = results::last_words(&said);
    let words = match (why.as_str(), words.is_empty()) {
        ("OOMKilled", _) => {
            format!("out of memory: raise the memory limit in its resources. {words}")
                .trim_end()
                .to_owned()
        }
        (_, true) if reason == "DeadlineExceeded" => format!("{reason}: {message}"),
        (_, true) => format!("exit code {exit_code}, and it said nothing"),
        (_, false) => words,
    };
    Attempt::Failed {
        exit_code: Some(exit_code),
        words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn job(condition: Value) -> Option<Job> {
        Some(
            serde_json::from_value(
                json!({"metadata": {"name": "j"}, "status": {"conditions": [condition]}}),
            )
            .expect("a Job"),
        )
    }

    fn pod(exit_code: i32, reason: &str, message: &str) -> Pod {
        let state =
            json!({"terminated": {"exitCode": exit_code, "reason": reason, "message": message}});
        let status = |name: &str, state: &Value| json!({"name": name, "ready": false, "restartCount": 0, "image": "", "imageID": "", "state": state});
        // Somebody put a container beside ours.
        let other = json!({"terminated": {"exitCode": 0, "message": "not the step"}});
        let statuses = [status("aside", &other), status("train", &state)];
        let labels = json!({"logloop.dev/step": "train"});
        serde_json::from_value(
            json!({"metadata": {"labels": labels}, "status": {"containerStatuses": statuses}}),
        )
        .expect("a pod")
    }

    fn running() -> Option<Job> {
        job(json!({"type": "Suspended", "status": "False"}))
    }

    fn ended(kind: &str) -> Option<Job> {
        job(
            json!({"type": kind, "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}),
        )
    }

    #[test]
    fn attempts_are_judged() {
        let fail = |exit_code, words: &str| Attempt::Failed {
            exit_code,
            words: words.into(),
        };
        let cases: Vec<(&str, Option<Job>, Vec<Pod>, Attempt)> = vec![
            (
                "nothing yet",
                running(),
                vec![],
                Attempt::Running { blocked: None },
            ),
            (
                "succeeded before the Job is complete",
                running(),
                vec![pod(0, "Completed", "{}")],
                Attempt::Succeeded("{}".into()),
            ),
            (
                "succeeded, then the Job was deleted",
                None,
                vec![pod(0, "Completed", "{}")],
                Attempt::Succeeded("{}".into()),
            ),
            (
                "two pods, one of them failed",
                running(),
                vec![pod(1, "Error", "x"), pod(0, "Completed", "{}")],
                Attempt::Succeeded("{}".into()),
            ),
            (
                "failed container, Job not yet failed",
                running(),
                vec![pod(1, "Error", "x")],
                Attempt::Running { blocked: None },
            ),
            (
                "crash",
                ended("Failed"),
                vec![pod(101, "Error", "thread 'main' panicked\n")],
                fail(Some(101), "thread 'main' panicked"),
            ),
            (
                "told error",
                ended("Failed"),
                vec![pod(
                    1,
                    "Error",
                    r#"{"step":"train","error":{"code":"disk_full","message":"no space"}}"#,
                )],
                fail(Some(1), "no space (disk_full)"),
            ),
            (
                "silent",
                ended("Failed"),
                vec![pod(1, "Error", "")],
                fail(Some(1), "exit code 1, and it said nothing"),
            ),
            (
                "out of memory",
                ended("Failed"),
                vec![pod(137, "OOMKilled", "")],
                fail(
                    Some(137),
                    "out of memory: raise the memory limit in its resources.",
                ),
            ),
            (
                "no pod left",
                ended("Failed"),
                vec![],
                fail(
                    None,
                    "BackoffLimitExceeded: Job has reached the specified backoff limit",
                ),
            ),
        ];
        for (name, job, pods, expected) in cases {
            assert_eq!(
                judge(&Seen {
                    job,
                    pods,
                    blocked: None
                }),
                expected,
                "{name}"
            );
        }
        assert!(matches!(judge(&Seen::default()), Attempt::Lost(_)));
        assert!(matches!(
            judge(&Seen {
                job: ended("Complete"),
                ..Seen::default()
            }),
            Attempt::Lost(_)
        ));
    }
}
