//! Where a text can hold a secret at all: one pass for all literals that the rules need.
//!
//! Each literal is known by four bytes in a row of it. The pass tells for each place of the text in which of sixteen
//! buckets the four bytes there may be those of a literal: by two look-ups a byte, in tables of sixteen entries, for 32
//! places at once where the processor has AVX2 (Teddy, by G. Langdale, as in Hyperscan), else by one look-up a byte. What
//! passes is compared with the literals of the bucket.

mod groups;
mod table;
#[cfg(target_arch = "x86_64")]
mod wide;
mod window;

use std::ops::Range;

use crate::bytes::Bytes;
use table::Table;

/// A literal and what it stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Literal<R> {
    /// At least two bytes.
    pub(crate) text: &'static str,
    /// Whether it is one in capital letters too.
    pub(crate) any_case: bool,
    /// Bytes of which one must follow `text`; empty: anything may.
    pub(crate) then: &'static [u8],
    pub(crate) rule: R,
}

/// A literal that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    /// Where it begins in the text.
    pub(crate) start: usize,
    /// Its place among the literals.
    pub(crate) literal: usize,
}

/// The table over a set of literals.
pub(crate) struct Prefilter<R> {
    literals: Vec<Literal<R>>,
    followers: Vec<Bytes>,
    table: Table,
    #[cfg(target_arch = "x86_64")]
    wide: Option<wide::Wide>,
}

impl<R: Copy> Prefilter<R> {
    pub(crate) fn new(literals: Vec<Literal<R>>) -> Self {
        let windows: Vec<_> = literals.iter().map(window::all).collect();
        let table = Table::new(&windows);
        Prefilter {
            followers: literals.iter().map(|l| Bytes::of(l.then)).collect(),
            literals,
            #[cfg(target_arch = "x86_64")]
            wide: wide::Wide::new(&table),
            table,
        }
    }

    /// The literal of a hit.
    pub(crate) fn literal(&self, hit: Hit) -> &Literal<R> {
        &self.literals[hit.literal]
    }

    /// Puts every literal that lies in `range` into `hits`, from left to right.
    pub(crate) fn scan(&self, text: &[u8], range: Range<usize>, hits: &mut Vec<Hit>) {
        hits.clear();
        if self.literals.is_empty() {
            return;
        }
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut))]
        let mut from = range.start;
        #[cfg(target_arch = "x86_64")]
        if let Some(wide) = &self.wide {
            from = wide.scan(&text[..range.end], from, |pos, buckets| {
                self.candidate(text, &range, pos, buckets, hits);
            });
        }
        self.table.scan(text, from..range.end, |pos, buckets| {
            self.candidate(text, &range, pos, buckets, hits);
        });
        hits.sort_unstable();
    }

    /// Compares what lies around `pos` with the literals of some buckets.
    fn candidate(
        &self,
        text: &[u8],
        range: &Range<usize>,
        pos: usize,
        mut buckets: u16,
        hits: &mut Vec<Hit>,
    ) {
        while buckets != 0 {
            let bucket = buckets.trailing_zeros() as usize;
            buckets &= buckets - 1;
            for entry in self.table.entries(bucket, text, pos) {
                if let Some(start) = pos.checked_sub(entry.offset)
                    && start >= range.start
                    && self.lies_at(&text[..range.end], text, start, entry.literal)
                {
                    let literal = entry.literal;
                    hits.push(Hit { start, literal });
                }
            }
        }
    }

    fn lies_at(&self, within: &[u8], text: &[u8], start: usize, number: usize) -> bool {
        let (literal, followers) = (&self.literals[number], &self.followers[number]);
        let end = start + literal.text.len();
        let same = within
            .get(start..end)
            .is_some_and(|found| match literal.any_case {
                true => found.eq_ignore_ascii_case(literal.text.as_bytes()),
                false => found == literal.text.as_bytes(),
            });
        same && (followers.is_empty() || text.get(end).is_some_and(|b| followers.has(*b)))
    }
}

/// What the pass is tested against.
#[cfg(test)]
impl<R: Copy> Prefilter<R> {
    /// Every literal at every place.
    pub(crate) fn one_by_one(&self, text: &[u8]) -> Vec<Hit> {
        let places = (0..text.len())
            .flat_map(|start| (0..self.literals.len()).map(move |literal| Hit { start, literal }));
        places
            .filter(|hit| self.lies_at(text, text, hit.start, hit.literal))
            .collect()
    }

    /// What the pass finds, by the vector instructions of this machine, if it has them, and without.
    pub(crate) fn both_ways(&self, text: &[u8], range: Range<usize>) -> [Vec<Hit>; 2] {
        let (mut hits, mut plain) = (vec![], vec![]);
        self.scan(text, range.clone(), &mut hits);
        self.table.scan(text, range.clone(), |pos, buckets| {
            self.candidate(text, &range, pos, buckets, &mut plain);
        });
        plain.sort_unstable();
        [hits, plain]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_found_wherever_they_lie() {
        let literal = |text, any_case, then| Literal {
            text,
            any_case,
            then,
            rule: (),
        };
        let prefilter = Prefilter::new(vec![
            literal("AKIA", false, b"".as_slice()),
            literal("password", true, b""),
            literal("pass", true, b"=:"),
            literal("-----BEGIN", true, b""),
            literal("sk-", false, b"ab"),
            literal("sk-live", false, b""),
            literal("Q~", false, b""),
        ]);
        for (needle, found) in [
            ("AKIA", Some(0)),
            ("akia", None),
            ("PassWord", Some(1)),
            ("PASS=", Some(2)),
            ("-----begin", Some(3)),
            ("sk-a", Some(4)),
            ("sk-c", None),
            ("sk-live", Some(5)),
            ("SK-LIVE", None),
            ("paswd", None),
            ("Q~", Some(6)),
        ] {
            for before in 0..70 {
                for after in [0, 1, 2, 3, 70 - before] {
                    let text = format!("{}{needle}{}", ".".repeat(before), " ".repeat(after));
                    let expected: Vec<Hit> = found
                        .map(|literal| Hit {
                            start: before,
                            literal,
                        })
                        .into_iter()
                        .collect();
                    assert_eq!(prefilter.one_by_one(text.as_bytes()), expected, "{text:?}");
                    for hits in prefilter.both_ways(text.as_bytes(), 0..text.len()) {
                        assert_eq!(hits, expected, "{text:?}");
                    }
                    for hits in prefilter.both_ways(text.as_bytes(), 0..before + 1) {
                        assert!(hits.is_empty(), "{text:?}");
                    }
                }
            }
        }
        let none = Prefilter::<()>::new(vec![]);
        assert!(none.both_ways(b"password", 0..8).iter().all(Vec::is_empty));
    }
}
