//! Makes the spec of a definition immutable but for some fields.
//!
//! A rule on each field, not on the spec: a spec can be a part of another kind, where it may change; and the API
//! server's estimate of what a rule costs has no bound for one that compares several structures.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, ValidationRule,
};

/// Adds the rules: every field of the spec but these stays as it was, there or not.
pub(crate) fn but(mut crd: CustomResourceDefinition, free: &[&str]) -> CustomResourceDefinition {
    let kind = crd.spec.names.kind.clone();
    let message = format!(
        "the spec of a {kind} is immutable but for {}; create another {kind}",
        free.join(" and ")
    );
    for version in &mut crd.spec.versions {
        let spec = version
            .schema
            .as_mut()
            .and_then(|schema| schema.open_api_v3_schema.as_mut())
            .and_then(|schema| schema.properties.as_mut()?.get_mut("spec"));
        if let Some(spec) = spec {
            freeze(spec, free, &message);
        }
    }
    crd
}

fn freeze(spec: &mut JSONSchemaProps, free: &[&str], message: &str) {
    let mut there = Vec::new();
    for (name, field) in spec.properties.iter_mut().flatten() {
        if free.contains(&name.as_str()) {
            continue;
        }
        if field.default.is_none() {
            there.push(format!("has(self.{name}) == has(oldSelf.{name})"));
        }
        add(field, "self == oldSelf".into(), message);
    }
    if !there.is_empty() {
        add(spec, there.join(" && "), message);
    }
}

fn add(schema: &mut JSONSchemaProps, rule: String, message: &str) {
    let rules = schema.x_kubernetes_validations.get_or_insert_default();
    rules.push(ValidationRule {
        rule,
        message: Some(message.to_owned()),
        ..ValidationRule::default()
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrainingRun;
    use kube::CustomResourceExt;

    #[test]
    fn every_field_but_the_free_ones_is_compared() {
        let crd = but(TrainingRun::crd(), &["suspend"]);
        let crd = serde_json::to_value(crd).expect("a definition is JSON");
        let spec = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        let whole = spec["x-kubernetes-validations"].to_string();
        let fields = spec["properties"].as_object().expect("the spec has fields");
        for (name, field) in fields {
            let compared = field["x-kubernetes-validations"]
                .to_string()
                .contains("\"rule\":\"self == oldSelf\"");
            assert_eq!(compared, name != "suspend", "{name}");
            let there = whole.contains(&format!("has(self.{name}) == has(oldSelf.{name})"));
            let optional = matches!(
                name.as_str(),
                "gate" | "activeDeadlineSeconds" | "ttlSecondsAfterFinished"
            );
            assert_eq!(there, optional, "{name}");
        }
    }
}
