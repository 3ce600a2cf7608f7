//! Places in a text that are to be replaced.

use crate::kind::Kind;

/// The bytes `start..end` of a text hold a value of a kind. A span never holds a line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: Kind,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize, kind: Kind) -> Span {
        Span { start, end, kind }
    }
}

/// Sorts spans and joins those that overlap: the one that begins first names the kind, of two that begin together the
/// longer one. What two rules claim in part is replaced as a whole, so that nothing of it stays behind.
pub(crate) fn merge(spans: &mut Vec<Span>) {
    spans.sort_by(|a, b| (a.start, b.end, a.kind).cmp(&(b.start, a.end, b.kind)));
    spans.dedup_by(|next, kept| {
        let overlaps = next.start < kept.end;
        if overlaps {
            kept.end = kept.end.max(next.end);
        }
        overlaps
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_spans_become_one() {
        let mut spans = vec![
            Span::new(10, 14, Kind::Card),
            Span::new(0, 4, Kind::Email),
            Span::new(2, 6, Kind::Password),
            Span::new(10, 20, Kind::Token),
            Span::new(6, 8, Kind::Ip),
        ];
        merge(&mut spans);
        assert_eq!(
            spans,
            [
                Span::new(0, 6, Kind::Email),
                Span::new(6, 8, Kind::Ip),
                Span::new(10, 20, Kind::Token),
            ]
        );
    }
}
