//! What to do: the advice of the knowledge file for what was found, with its evidence.

use logloop_records::{Failure, Recommendation};
use logloop_scoring::rules::Knowledge;

/// Recommendations in an answer: a tired person reads no more.
const MAX_RECOMMENDATIONS: usize = 5;

/// Lines named as evidence of one recommendation.
const MAX_EVIDENCE_LINES: usize = 5;

/// Recommendations in the order of the groups that they answer, the first cause's first. What says only that something
/// is wrong is advised on only where nothing better is known.
pub(super) fn recommend(failures: &[Failure]) -> Vec<Recommendation> {
    let specific = advice(failures, |generic| !generic);
    if specific.is_empty() {
        advice(failures, |generic| generic)
    } else {
        specific
    }
}

fn advice(failures: &[Failure], wanted: impl Fn(bool) -> bool) -> Vec<Recommendation> {
    let knowledge = Knowledge::built_in();
    let mut found: Vec<Recommendation> = vec![];
    for failure in failures {
        let names = failure.error_patterns.iter();
        let mut patterns: Vec<_> = names
            .filter_map(|name| knowledge.pattern(name))
            .filter(|pattern| wanted(pattern.generic))
            .collect();
        patterns.sort_by(|a, b| b.severity.total_cmp(&a.severity));
        for pattern in patterns {
            let known = found.iter_mut().find(|one| one.text == pattern.advice);
            if let Some(known) = known {
                let bound = known.lines.len() < MAX_EVIDENCE_LINES;
                if bound && !known.lines.contains(&failure.line) {
                    known.lines.push(failure.line);
                }
            } else if found.len() < MAX_RECOMMENDATIONS {
                found.push(Recommendation {
                    pattern: pattern.name.clone(),
                    text: pattern.advice.clone(),
                    lines: vec![failure.line],
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advised(groups: &[(u64, &[&str])]) -> Vec<(String, Vec<u64>)> {
        let failures: Vec<_> = groups
            .iter()
            .map(|(line, patterns)| Failure {
                line: *line,
                error_patterns: patterns.iter().map(|name| (*name).to_owned()).collect(),
                ..Failure::default()
            })
            .collect();
        let all = recommend(&failures);
        all.into_iter()
            .map(|one| (one.pattern, one.lines))
            .collect()
    }

    fn expected(list: &[(&str, &[u64])]) -> Vec<(String, Vec<u64>)> {
        let own = |(name, lines): &(&str, &[u64])| ((*name).to_owned(), lines.to_vec());
        list.iter().map(own).collect()
    }

    #[test]
    fn the_first_cause_first_each_once_with_its_lines() {
        for (groups, advice) in [
            (vec![], expected(&[])),
            (vec![(7, &["unheard_of"][..])], expected(&[])),
            (
                vec![(7, &["error"][..]), (9, &["error"])],
                expected(&[("error", &[7, 9])]),
            ),
            (
                vec![
                    (40, &["error", "timeout", "disk_full"][..]),
                    (3, &["error"]),
                    (5, &["timeout"]),
                    (5, &["timeout"]),
                ],
                expected(&[("disk_full", &[40]), ("timeout", &[40, 5])]),
            ),
        ] {
            assert_eq!(advised(&groups), advice);
        }
    }

    #[test]
    fn there_are_few() {
        let names = [
            "out_of_memory",
            "disk_full",
            "crash",
            "dns",
            "tls",
            "timeout",
            "permission",
        ];
        let groups: Vec<_> = (1..=99)
            .flat_map(|line| {
                names
                    .iter()
                    .map(move |name| (line, std::slice::from_ref(name)))
            })
            .collect();
        let advice = advised(&groups);
        assert_eq!(advice.len(), MAX_RECOMMENDATIONS);
        assert!(advice.iter().all(|(_, lines)| lines == &[1, 2, 3, 4, 5]));
    }
}
