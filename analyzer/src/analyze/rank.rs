//! Which group is the likely first cause: severe, early, new, and saying what happened.

use logloop_records::Failure;

/// Added for a group that says what happened, not only that something did.
const NAMED_BONUS: f32 = 0.2;

/// Added for the first failure, falling to nothing at the last one: causes come before consequences.
const EARLY_BONUS: f32 = 0.25;

/// Added for a group that the good run lacks.
const NEW_BONUS: f32 = 0.5;

/// Taken from a group that only tells how a command ended: the cause stands before it.
const ENDING_PENALTY: f32 = 0.3;

/// Taken for each power of ten that a group occurs: what happens all the time rarely starts a failure.
const REPEATED_PENALTY: f32 = 0.05;

/// The pattern that says only that something is wrong.
const GENERIC: &str = "error";

/// The patterns of how a command or a container ended.
const ENDINGS: [&str; 2] = ["exit_code", "crash_loop"];

/// Sorts the groups and numbers them from 1.
pub(super) fn rank(failures: &mut [Failure]) {
    let lines = || failures.iter().map(|failure| failure.line);
    let (first, last) = (lines().min().unwrap_or(0), lines().max().unwrap_or(0));
    failures.sort_by(|a, b| {
        let weight = |failure| weight(failure, first, last);
        weight(b).total_cmp(&weight(a)).then(a.line.cmp(&b.line))
    });
    for (index, failure) in failures.iter_mut().enumerate() {
        failure.rank = index as u32 + 1;
    }
}

fn weight(failure: &Failure, first: u64, last: u64) -> f32 {
    let patterns = &failure.error_patterns;
    let named = patterns
        .iter()
        .any(|name| name != GENERIC && !ENDINGS.contains(&name.as_str()));
    let ending = !named && patterns.iter().any(|name| name != GENERIC);
    let position = (failure.line - first) as f32 / (last - first).max(1) as f32;
    let when = |holds: bool, amount: f32| if holds { amount } else { 0.0 };
    failure.severity
        + when(named, NAMED_BONUS)
        + when(failure.is_new == Some(true), NEW_BONUS)
        + EARLY_BONUS * (1.0 - position)
        - when(ending, ENDING_PENALTY)
        - REPEATED_PENALTY * (failure.count.max(1) as f32).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(line: u64, severity: f32, pattern: &str) -> Failure {
        Failure {
            line,
            severity,
            count: 1,
            error_patterns: vec![pattern.to_owned()],
            ..Failure::default()
        }
    }

    #[test]
    fn the_first_of_two() {
        let plain = || group(50, 0.7, "error");
        for (why, first, second) in [
            ("named", group(50, 0.7, "dns"), plain()),
            ("severe", group(50, 0.9, "error"), plain()),
            ("early", group(10, 0.7, "error"), plain()),
            ("cause before the end", plain(), group(50, 0.7, "exit_code")),
            (
                "cause before the restarts",
                group(50, 0.95, "out_of_memory"),
                group(40, 0.9, "crash_loop"),
            ),
            (
                "rare",
                plain(),
                Failure {
                    count: 1000,
                    ..plain()
                },
            ),
            (
                "new",
                Failure {
                    is_new: Some(true),
                    ..plain()
                },
                Failure {
                    is_new: Some(false),
                    ..group(10, 0.7, "dns")
                },
            ),
        ] {
            let expect = first.clone();
            let mut failures = [second, first];
            rank(&mut failures);
            assert_eq!((failures[0].rank, failures[1].rank), (1, 2));
            assert_eq!(
                Failure {
                    rank: 0,
                    ..failures[0].clone()
                },
                expect,
                "{why}"
            );
        }
    }
}
