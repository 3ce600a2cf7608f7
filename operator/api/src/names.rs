//! Names of what a run makes. All are functions of the run's name and UID, so any operator finds them again.

use sha2::{Digest, Sha256};

/// How much of a run's name goes into the names of what it makes. Units: bytes (names are ASCII).
pub const NAME_PREFIX_MAX: usize = 40;
/// How much of a retention's name goes into the names of its Jobs. Units: bytes.
pub const RETENTION_PREFIX_MAX: usize = 38;
/// How much of a schedule's name goes into the names of its runs: with the rest they are no longer than a label value.
/// Units: bytes.
pub const SCHEDULE_PREFIX_MAX: usize = 30;
/// How much of a UID goes into a name. Units: hexadecimal digits.
pub const UID_DIGITS: usize = 8;
/// Kubernetes' bound on a label value. Units: bytes.
const LABEL_MAX: usize = 63;

/// Name of the version and ID of the data set of a run: `<run name, cut>-<first digits of its UID>`.
pub fn artifact(run: &str, uid: &str) -> String {
    format!("{}-{}", cut(run, NAME_PREFIX_MAX), uid_digits(uid))
}

/// Name of the Job of one attempt at one step of a run.
pub fn job(run: &str, uid: &str, step: &str, attempt: i32) -> String {
    format!("{}-{step}-{attempt}", artifact(run, uid))
}

/// Name of the Job of one prune. `what` tells one prune of a retention from another.
pub fn prune_job(retention: &str, uid: &str, what: &str) -> String {
    let digest = Sha256::digest(what.as_bytes());
    let short: String = digest
        .iter()
        .take(UID_DIGITS / 2)
        .map(|b| format!("{b:02x}"))
        .collect();
    format!(
        "{}-{}-prune-{short}",
        cut(retention, RETENTION_PREFIX_MAX),
        uid_digits(uid)
    )
}

/// Name of the run that a schedule creates for a time of its own.
pub fn run_at(schedule: &str, uid: &str, second: i64) -> String {
    // Cron has no finer grain than a minute.
    let minute = second.div_euclid(60);
    format!(
        "{}-{}-{minute}",
        cut(schedule, SCHEDULE_PREFIX_MAX),
        uid_digits(uid)
    )
}

/// Name of the run that a schedule creates because of new data, for the `count`th time.
pub fn run_because_of_data(schedule: &str, uid: &str, count: i64) -> String {
    format!(
        "{}-{}-data-{count}",
        cut(schedule, SCHEDULE_PREFIX_MAX),
        uid_digits(uid)
    )
}

/// Name of the ConfigMap that holds the serving document of an analyzer.
pub fn serving(target: &str) -> String {
    format!("{target}-serving")
}

/// A name as a label value: cut to the length a label value may have.
pub fn label_value(name: &str) -> String {
    cut(name, LABEL_MAX).to_owned()
}

fn uid_digits(uid: &str) -> String {
    uid.chars()
        .filter(char::is_ascii_hexdigit)
        .take(UID_DIGITS)
        .collect()
}

/// Cuts to `max` bytes and drops what a name or label value may not end with.
fn cut(name: &str, max: usize) -> &str {
    let end = name
        .char_indices()
        .map(|(i, c)| i + c.len_utf8())
        .take_while(|end| *end <= max)
        .last();
    name[..end.unwrap_or(0)].trim_end_matches(['-', '.', '_'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const UID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

    #[test]
    fn names_carry_the_run_and_its_uid() {
        assert_eq!(artifact("first", UID), "first-0f8fad5b");
        assert_eq!(job("first", UID, "export", 2), "first-0f8fad5b-export-2");
        assert_eq!(serving("web"), "web-serving");
        assert_eq!(
            run_at("nightly", UID, 1_765_335_420),
            "nightly-0f8fad5b-29422257"
        );
        assert_eq!(
            run_because_of_data("nightly", UID, 3),
            "nightly-0f8fad5b-data-3"
        );
    }

    #[test]
    fn a_long_name_is_cut_where_a_name_may_end() {
        let long = format!("{}-{}", "a".repeat(39), "b".repeat(200));
        assert_eq!(artifact(&long, UID), format!("{}-0f8fad5b", "a".repeat(39)));
        assert!(job(&long, UID, "evaluate", 11).len() <= 63);
        assert!(prune_job(&"r".repeat(253), UID, "2026-01-01").len() <= 63);
        assert!(run_because_of_data(&long, UID, 1_000_000_000).len() <= 63);
        assert_eq!(label_value(&"x".repeat(100)).len(), 63);
    }

    #[test]
    fn prunes_of_different_plans_have_different_names() {
        assert_ne!(prune_job("r", UID, "a"), prune_job("r", UID, "b"));
        assert_eq!(prune_job("r", UID, "a"), prune_job("r", UID, "a"));
    }
}
