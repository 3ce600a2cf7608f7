//! Which group is the likely first cause: severe, early, and saying what happened.

use logloop_records::Failure;

use super::group::Group;

/// Added for a group that says what happened, not only that something did.
const NAMED_BONUS: f32 = 0.2;

/// Added for the first line, falling to nothing at the last one: causes come before consequences.
const EARLY_BONUS: f32 = 0.25;

/// Sorts the groups and numbers them from 1.
pub(super) fn rank(groups: &mut [Group], total_lines: u64) {
    let weight = |failure: &Failure| {
        let named = failure.error_patterns.iter().any(|name| name != "error");
        let position = failure.line as f32 / total_lines.max(1) as f32;
        failure.severity + if named { NAMED_BONUS } else { 0.0 } + EARLY_BONUS * (1.0 - position)
    };
    groups.sort_by(|a, b| {
        let (a, b) = (&a.failure, &b.failure);
        weight(b).total_cmp(&weight(a)).then(a.line.cmp(&b.line))
    });
    for (index, group) in groups.iter_mut().enumerate() {
        group.failure.rank = index as u32 + 1;
    }
}
