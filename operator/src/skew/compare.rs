//! How a definition that the cluster serves differs from the one that this operator was built with. Pure.

use super::shape::places;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use logloop_operator_api::VERSION;
use serde_json::Value;
use std::collections::BTreeSet;

/// How many places a message names.
const NAMED_MAX: usize = 5;
/// What brings the definitions to those of this release.
const MEND: &str = "upgrade the chart, or `logloop-operator crd | kubectl apply --server-side -f -` of one release";

/// How one definition differs. Two of the same places are the same skew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skew {
    /// The kind.
    pub kind: String,
    /// Whether the cluster serves the kind at all, in the version that this operator works with.
    pub served: bool,
    /// What this operator knows and the cluster does not: what is written there is lost or refused.
    pub missing: Vec<String>,
    /// What the cluster knows and this operator does not.
    pub unknown: Vec<String>,
}

impl Skew {
    /// Compares a definition with its served schema.
    pub fn of(built: &CustomResourceDefinition, served: Option<&Value>) -> Self {
        let version = built
            .spec
            .versions
            .iter()
            .find(|version| version.name == VERSION);
        let ours = version
            .and_then(|version| version.schema.as_ref()?.open_api_v3_schema.as_ref())
            .and_then(|schema| serde_json::to_value(schema).ok())
            .map(|schema| places(&schema))
            .unwrap_or_default();
        let theirs = served.map(places).unwrap_or_default();
        Self {
            kind: built.spec.names.kind.clone(),
            served: served.is_some(),
            missing: only_in(&ours, &theirs),
            unknown: only_in(&theirs, &ours),
        }
    }

    /// Whether both are the same.
    pub fn is_none(&self) -> bool {
        self.served && self.missing.is_empty() && self.unknown.is_empty()
    }

    /// For people: what differs, what that means, and what to do. Nothing if nothing differs.
    pub fn told(&self) -> Option<String> {
        let kind = &self.kind;
        let (missing, unknown) = (named(&self.missing), named(&self.unknown));
        let said = if !self.served {
            format!(
                "the cluster does not serve {kind} in {VERSION}, and nothing goes on until it does"
            )
        } else if self.missing.is_empty() && self.unknown.is_empty() {
            return None;
        } else if self.missing.is_empty() {
            format!(
                "the cluster's definition of {kind} is newer than this operator, which does not know {unknown}; it does as if that were not there"
            )
        } else {
            let beside = if self.unknown.is_empty() {
                String::new()
            } else {
                format!(" (it has, too, what the operator does not know: {unknown})")
            };
            format!(
                "the cluster's definition of {kind} is older than this operator: it lacks {missing}, and what is written there is lost or refused{beside}"
            )
        };
        Some(format!("{said}; {MEND}"))
    }
}

/// What is in one and not in the other; of a field that is lacking, not what is within it.
fn only_in(one: &BTreeSet<String>, other: &BTreeSet<String>) -> Vec<String> {
    let mut lacking: Vec<String> = Vec::new();
    for place in one.difference(other) {
        let within = |field: &String| {
            place
                .strip_prefix(field.as_str())
                .is_some_and(|rest| rest.starts_with(['.', '[', '=', ' ']))
        };
        if !lacking.iter().any(within) {
            lacking.push(place.clone());
        }
    }
    lacking
}

fn named(places: &[String]) -> String {
    let shown = places
        .iter()
        .take(NAMED_MAX)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    match places.len().saturating_sub(NAMED_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built() -> CustomResourceDefinition {
        logloop_operator_api::all()
            .into_iter()
            .find(|crd| crd.spec.names.kind == "DataRetention")
            .expect("it is one of them")
    }

    fn schema() -> Value {
        let crd = serde_json::to_value(built()).expect("JSON");
        crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
    }

    #[test]
    fn what_differs_is_told_with_its_direction() {
        let status = "/properties/status/properties";
        let without = |field: &str| {
            let mut schema = schema();
            let fields = schema.pointer_mut(status).and_then(Value::as_object_mut);
            fields.expect("it has a status").remove(field);
            schema
        };
        let with = |mut schema: Value| {
            schema
                .pointer_mut(status)
                .and_then(Value::as_object_mut)
                .expect("it has a status")
                .insert("mood".into(), serde_json::json!({"type": "string"}));
            schema
        };
        let mut described = schema();
        described["description"] = "other words".into();
        let mut narrower = schema();
        let values = narrower.pointer_mut(&format!("{status}/phase/enum"));
        values
            .and_then(Value::as_array_mut)
            .expect("an enumeration")
            .retain(|value| value != "Waiting");
        let mut stricter = schema();
        stricter["properties"]["spec"]["required"] = serde_json::json!(["schedule"]);
        let cases = [
            ("the same", Some(schema()), vec![], vec![], None),
            ("other words", Some(described), vec![], vec![], None),
            (
                "older, and what is within is not told beside it",
                Some(without("plan")),
                vec!["status.plan"],
                vec![],
                Some("is older than this operator: it lacks status.plan, and"),
            ),
            (
                "a phase is missing",
                Some(narrower),
                vec!["status.phase=Waiting"],
                vec![],
                Some("it lacks status.phase=Waiting"),
            ),
            (
                "newer",
                Some(with(schema())),
                vec![],
                vec!["status.mood"],
                Some("is newer than this operator, which does not know status.mood"),
            ),
            (
                "stricter",
                Some(stricter),
                vec![],
                vec!["spec.schedule (required)"],
                Some("spec.schedule (required)"),
            ),
            (
                "both",
                Some(with(without("history"))),
                vec!["status.history"],
                vec!["status.mood"],
                Some(
                    "it lacks status.history, and what is written there is lost or refused (it has, too, what the operator does not know: status.mood)",
                ),
            ),
            (
                "none",
                None,
                vec!["spec", "status"],
                vec![],
                Some("does not serve DataRetention in v1alpha1"),
            ),
        ];
        for (name, served, missing, unknown, words) in cases {
            let skew = Skew::of(&built(), served.as_ref());
            assert_eq!(
                (&skew.missing, &skew.unknown),
                (&strings(&missing), &strings(&unknown)),
                "{name}"
            );
            assert_eq!(skew.is_none(), words.is_none(), "{name}");
            let told = skew.told();
            match words {
                Some(words) => assert!(
                    told.as_ref()
                        .is_some_and(|told| told.contains(words) && told.ends_with(MEND)),
                    "{name}: {told:?}"
                ),
                None => assert_eq!(told, None, "{name}"),
            }
        }
    }

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|one| (*one).to_owned()).collect()
    }

    #[test]
    fn a_message_names_a_few() {
        let many: Vec<String> = (0..7).map(|n| format!("f{n}")).collect();
        assert_eq!(named(&many), "f0, f1, f2, f3, f4 and 2 more");
        assert_eq!(named(&many[..2]), "f0, f1");
    }
}
