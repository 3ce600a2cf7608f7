//! A timeline in one line of text.

use logloop_records::TimeBucket;

use super::Style;
use super::color::Role;

/// Heights, from the least to the most.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// As many neighbours in one as it takes to fit into so many columns (at least one), and how many that are.
pub(super) fn fit(buckets: &[TimeBucket], columns: usize) -> (Vec<TimeBucket>, u64) {
    let merged = buckets.len().div_ceil(columns).max(1);
    let sum = |some: &[TimeBucket]| TimeBucket {
        start: some[0].start.clone(),
        entries: some.iter().map(|bucket| bucket.entries).sum(),
        failures: some.iter().map(|bucket| bucket.failures).sum(),
    };
    (buckets.chunks(merged).map(sum).collect(), merged as u64)
}

/// One character for each bucket, as high as its entries; those with failures in the colour of failures.
pub(super) fn entries(buckets: &[TimeBucket], style: &Style) -> String {
    let most = buckets.iter().map(|bucket| bucket.entries).max();
    let mut out = String::new();
    for run in buckets.chunk_by(|a, b| (a.failures > 0) == (b.failures > 0)) {
        let bars: String = run
            .iter()
            .map(|bucket| bar(bucket.entries, most.unwrap_or(0)))
            .collect();
        let role = if run[0].failures > 0 {
            Role::Bad
        } else {
            Role::Dim
        };
        out.push_str(&style.paint(role, &bars));
    }
    out
}

/// The same for the failures alone.
pub(super) fn failures(buckets: &[TimeBucket], style: &Style) -> String {
    let most = buckets.iter().map(|bucket| bucket.failures).max();
    let bars: String = buckets
        .iter()
        .map(|bucket| bar(bucket.failures, most.unwrap_or(0)))
        .collect();
    style.paint(Role::Bad, bars.trim_end())
}

fn bar(count: u64, most: u64) -> char {
    if count == 0 {
        return ' ';
    }
    let highest = HEIGHTS.len() as u128 - 1;
    let height = u128::from(count) * highest / u128::from(most.max(1));
    HEIGHTS[height.min(highest) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_their_counts() {
        let buckets: Vec<_> = [(0, 0), (1, 0), (50, 2), (100, 0), (u64::MAX, 1)]
            .map(|(entries, failures)| TimeBucket {
                entries,
                failures,
                ..TimeBucket::default()
            })
            .into();
        assert_eq!(entries(&buckets[..4], &Style::PLAIN), " ▁▄█");
        assert_eq!(entries(&buckets, &Style::PLAIN), " ▁▁▁█");
        assert_eq!(failures(&buckets[..4], &Style::PLAIN), "  █");
        let (fewer, merged) = fit(&buckets[..4], 2);
        assert_eq!((merged, fewer.len()), (2, 2));
        assert_eq!((fewer[1].entries, fewer[1].failures), (150, 2));
        assert_eq!(entries(&[], &Style::PLAIN), "");
        let style = Style {
            color: true,
            width: 80,
        };
        assert!(entries(&buckets, &style).contains("\u{1b}[1;31m▁\u{1b}[0m"));
    }
}
