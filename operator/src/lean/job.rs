//! Jobs: whether they are held back, and how they ended.

use super::Thin;
use k8s_openapi::{
    api::batch::v1::{Job, JobCondition, JobSpec, JobStatus},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde::{Deserialize, Deserializer};

/// What is read of what was asked for.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Spec {
    suspend: Option<bool>,
}

/// What is read of what is known.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Status {
    #[serde(default, deserialize_with = "ends")]
    conditions: Vec<JobCondition>,
}

/// Conditions that say how it ended.
fn ends<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<JobCondition>, D::Error> {
    let mut all = Option::<Vec<JobCondition>>::deserialize(from)?.unwrap_or_default();
    all.retain(|condition| matches!(&*condition.type_, "Complete" | "Failed"));
    all.shrink_to_fit();
    Ok(all)
}

impl Thin for Job {
    type Spec = Spec;
    type Status = Status;

    fn whole(metadata: ObjectMeta, spec: Option<&Spec>, status: Option<&Status>) -> Self {
        Self {
            metadata,
            spec: spec.map(|spec| JobSpec {
                suspend: spec.suspend,
                ..JobSpec::default()
            }),
            status: status.map(|status| JobStatus {
                conditions: Some(status.conditions.clone()),
                ..JobStatus::default()
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Lean, *};
    use serde_json::{Value, json};

    type Change = dyn Fn(&mut Value);

    fn job(change: &Change) -> Lean<Job> {
        let mut job = json!({"apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": "j", "uid": "u", "resourceVersion": "7", "labels": {"a": "b"},
                "managedFields": [{"manager": "m", "fieldsV1": {"f:spec": {}}}]},
            "spec": {"suspend": false, "template": {"spec": {"containers": [{"name": "c"}]}}},
            "status": {"active": 1, "conditions": [{"type": "Failed", "status": "False"}, {"type": "Suspended", "status": "False"}]}});
        change(&mut job);
        serde_json::from_value(job).expect("a Job")
    }

    #[test]
    fn what_is_read_of_a_job_is_there_and_the_rest_is_not() {
        let read = job(&|_| ()).whole();
        assert_eq!(read.metadata.resource_version.as_deref(), Some("7"));
        assert!(read.metadata.managed_fields.is_none());
        let spec = read.spec.expect("a spec");
        assert_eq!(spec.suspend, Some(false));
        assert!(spec.template.spec.is_none());
        let conditions = read.status.and_then(|status| status.conditions);
        assert_eq!(conditions.map(|all| all.len()), Some(1));
    }

    #[test]
    fn only_what_is_read_makes_a_difference() {
        let before = job(&|_| ());
        let cases: [(&str, &Change, bool); 5] = [
            (
                "its version",
                &|job| job["metadata"]["resourceVersion"] = json!("8"),
                false,
            ),
            ("a figure", &|job| job["status"]["active"] = json!(0), false),
            (
                "held back",
                &|job| job["spec"]["suspend"] = json!(true),
                true,
            ),
            (
                "ended",
                &|job| job["status"]["conditions"][0]["type"] = json!("Complete"),
                true,
            ),
            (
                "going",
                &|job| job["metadata"]["deletionTimestamp"] = json!("2026-06-10T12:00:00Z"),
                true,
            ),
        ];
        for (what, change, expected) in cases {
            assert_eq!(before.differs(&job(change)), expected, "{what}");
        }
    }
}
