//! What a schema lets through, as a set of places: fields, values of enumerations, what is required. Pure.

use serde_json::Value;
use std::collections::BTreeSet;

/// How deep fields are followed. What lies deeper is Kubernetes' own.
const DEPTH_MAX: usize = 32;

/// Places of `spec` and `status`. All else of an object is the API server's own.
pub(super) fn places(schema: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for part in ["spec", "status"] {
        if let Some(schema) = schema.get("properties").and_then(|fields| fields.get(part)) {
            walk(schema, part, DEPTH_MAX, &mut all);
        }
    }
    all
}

fn walk(schema: &Value, path: &str, depth: usize, all: &mut BTreeSet<String>) {
    if depth == 0 {
        return;
    }
    all.insert(path.to_owned());
    for value in list(schema, "enum") {
        all.insert(format!("{path}={}", text(value)));
    }
    for name in list(schema, "required") {
        all.insert(format!("{path}.{} (required)", text(name)));
    }
    if let Some(Value::Object(fields)) = schema.get("properties") {
        for (name, field) in fields {
            walk(field, &format!("{path}.{name}"), depth - 1, all);
        }
    }
    if let Some(items) = schema.get("items") {
        walk(items, &format!("{path}[]"), depth - 1, all);
    }
    if let Some(values @ Value::Object(_)) = schema.get("additionalProperties") {
        walk(values, &format!("{path}.*"), depth - 1, all);
    }
}

fn list<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    schema
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_values_and_requirements_are_places() {
        let schema = json!({"properties": {
            "metadata": {"properties": {"name": {}}},
            "spec": {"required": ["a"], "properties": {"a": {"enum": ["X", 1]}, "b": {"items": {"properties": {"c": {}}}}}},
            "status": {"properties": {"d": {"additionalProperties": {"properties": {"e": {}}}}, "f": {"additionalProperties": true}}},
        }});
        let expected = [
            "spec",
            "spec.a",
            "spec.a (required)",
            "spec.a=1",
            "spec.a=X",
            "spec.b",
            "spec.b[]",
            "spec.b[].c",
            "status",
            "status.d",
            "status.d.*",
            "status.d.*.e",
            "status.f",
        ];
        assert_eq!(Vec::from_iter(places(&schema)), expected);
        assert_eq!(places(&json!({})).len(), 0);
    }
}
