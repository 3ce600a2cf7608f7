//! An amount of bytes in a spec: a whole number, or a Kubernetes quantity such as `10Gi`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// An amount of bytes as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ByteSize {
    /// A whole number of bytes.
    Number(i64),
    /// A quantity, such as `10Gi` or `500M`.
    Quantity(String),
}

impl ByteSize {
    /// The number of bytes, or what is wrong with the text and how to write it.
    pub fn bytes(&self) -> Result<i64, String> {
        match self {
            Self::Number(n) if *n > 0 => Ok(*n),
            Self::Number(n) => Err(format!("{n} is not an amount of bytes above 0")),
            Self::Quantity(text) => parse(text),
        }
    }
}

fn parse(text: &str) -> Result<i64, String> {
    const UNITS: [(&str, i64); 12] = [
        ("Ki", 1 << 10),
        ("Mi", 1 << 20),
        ("Gi", 1 << 30),
        ("Ti", 1 << 40),
        ("Pi", 1 << 50),
        ("k", 1_000),
        ("K", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
        ("T", 1_000_000_000_000),
        ("P", 1_000_000_000_000_000),
        ("", 1),
    ];
    let fail = || {
        format!(
            "{text:?} is not an amount of bytes; write a whole number, or one with a unit such as 500Mi or 10Gi"
        )
    };
    let (digits, factor) = UNITS
        .iter()
        .find_map(|(unit, factor)| text.strip_suffix(unit).map(|digits| (digits, *factor)))
        .ok_or_else(fail)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(fail());
    }
    digits
        .parse::<i64>()
        .ok()
        .and_then(|n| n.checked_mul(factor))
        .filter(|n| *n > 0)
        .ok_or_else(fail)
}

impl JsonSchema for ByteSize {
    fn schema_name() -> Cow<'static, str> {
        "ByteSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "x-kubernetes-int-or-string": true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (size, bytes) in [
            ("1", 1),
            ("10Gi", 10 << 30),
            ("500M", 500_000_000),
            ("3Ki", 3072),
        ] {
            assert_eq!(ByteSize::Quantity(size.into()).bytes(), Ok(bytes));
        }
        assert_eq!(ByteSize::Number(5).bytes(), Ok(5));
        assert!(ByteSize::Number(0).bytes().is_err());
        for size in ["", "0", "Gi", "1.5Gi", "-1", "10GiB", "99999999999Pi"] {
            assert!(ByteSize::Quantity(size.into()).bytes().is_err(), "{size}");
        }
    }
}
