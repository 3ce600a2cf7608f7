//! Entries to sequences, in memory that does not follow the log: the same code reads logs to learn from and logs to judge.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// Transactions followed at a time; a further one takes the place of one that was not seen for long.
pub const MAX_FOLLOWED: usize = 4_096;

/// Entries of one sequence whose templates are kept, 8 bytes each; the rest of a longer one is counted.
pub const MAX_STEPS: usize = 256;

/// Entries of a window: of one component, of entries that name no transaction.
pub const WINDOW_ENTRIES: usize = 32;

/// Components of one log whose windows are followed, the first seen.
pub const MAX_WINDOWS: usize = 64;

/// Transactions that are over and are known again, 8 bytes each; what they say later belongs to none.
const MAX_OVER: usize = 1 << 20;

/// Share of the gaps within transactions that the usual gap covers.
const USUAL_GAPS: f64 = 0.99;

/// What one entry gives.
#[derive(Clone, Copy, Debug)]
pub struct Taken<'a> {
    /// First line, from 1.
    pub line: u64,
    /// Last line.
    pub line_end: u64,
    /// Transaction, trace or request id.
    pub transaction_id: Option<&'a str>,
    /// Part of the system that logged it.
    pub component: Option<&'a str>,
    /// The caller's number for its template.
    pub template: u32,
    /// The caller's marks; those of a sequence are all of its entries' together.
    pub marks: u8,
}

/// One entry of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The caller's number for its template.
    pub template: u32,
    /// Its first line, from 1.
    pub line: u32,
}

/// What entries of a sequence have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The transaction with this id.
    Transaction(Arc<str>),
    /// The entries of this component that name no transaction, [`WINDOW_ENTRIES`] at a time.
    Window(Option<Arc<str>>),
}

/// The entries of a transaction or window, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// What they have in common.
    pub shape: Shape,
    /// The first [`MAX_STEPS`] of them.
    pub steps: Vec<Step>,
    /// All of them.
    pub entries: u64,
    /// First line of the first, from 1.
    pub first_line: u64,
    /// Last line of the last.
    pub last_line: u64,
    /// The caller's marks of all entries.
    pub marks: u8,
    /// It neither began before the log nor goes on after it, as far as can be told, and all its entries are known.
    pub whole: bool,
}

/// Assembles sequences, an entry at a time.
#[derive(Default)]
pub struct Assembler {
    hasher: RandomState,
    index: HashMap<Arc<str>, usize>,
    followed: Vec<Followed>,
    /// The transaction before: its entries often follow each other.
    last: usize,
    /// Where to look next for one that was not seen for long.
    hand: usize,
    over: HashSet<u64>,
    gaps: Gaps,
    /// By component; those of entries without one have no name.
    windows: HashMap<Arc<str>, Sequence>,
    last_line: u64,
}

struct Followed {
    id: Arc<str>,
    sequence: Sequence,
    /// Seen since the hand passed.
    recent: bool,
}

impl Assembler {
    /// Takes the next entry; what is over by now goes to `done`.
    pub fn push(&mut self, entry: &Taken<'_>, done: &mut impl FnMut(Sequence)) {
        self.last_line = entry.line_end;
        match entry.transaction_id {
            Some(id) => self.transaction(id, entry, done),
            None => self.window(entry, done),
        }
    }

    /// The log has ended: the transactions that are left, in the order of their first lines. Unfinished windows are none.
    pub fn finish(mut self, done: &mut impl FnMut(Sequence)) {
        let mut left = std::mem::take(&mut self.followed);
        left.sort_by_key(|followed| followed.sequence.first_line);
        for followed in left {
            done(self.ended(followed.sequence));
        }
    }

    fn transaction(&mut self, id: &str, entry: &Taken<'_>, done: &mut impl FnMut(Sequence)) {
        let is_last = self.followed.get(self.last);
        if is_last.is_none_or(|known| *known.id != *id) {
            match self.index.get(id) {
                Some(at) => self.last = *at,
                None if self.over.contains(&self.hasher.hash_one(id)) => return,
                None => self.last = self.begin(id, entry, done),
            }
        }
        let followed = &mut self.followed[self.last];
        followed.recent = true;
        let sequence = &mut followed.sequence;
        if sequence.entries > 0 {
            self.gaps.add(entry.line.saturating_sub(sequence.last_line));
        }
        take(sequence, entry);
    }

    fn begin(&mut self, id: &str, entry: &Taken<'_>, done: &mut impl FnMut(Sequence)) -> usize {
        let id: Arc<str> = id.into();
        let new = Followed {
            id: id.clone(),
            sequence: empty(Shape::Transaction(id.clone()), entry),
            recent: true,
        };
        let at = if self.followed.len() < MAX_FOLLOWED {
            self.followed.push(new);
            self.followed.len() - 1
        } else {
            let at = self.free();
            let old = std::mem::replace(&mut self.followed[at], new);
            self.index.remove(&old.id);
            if self.over.len() < MAX_OVER {
                self.over.insert(self.hasher.hash_one(&*old.id));
            }
            done(self.ended(old.sequence));
            at
        };
        self.index.insert(id, at);
        at
    }

    /// The place of a transaction that was not seen for long (the clock algorithm: a second chance for each that was seen
    /// since the hand passed).
    fn free(&mut self) -> usize {
        loop {
            self.hand = (self.hand + 1) % self.followed.len();
            if !std::mem::take(&mut self.followed[self.hand].recent) {
                return self.hand;
            }
        }
    }

    /// Whether the log surely holds all of a transaction: it is further from both ends than transactions usually pause.
    fn ended(&self, mut sequence: Sequence) -> Sequence {
        let usual = self.gaps.usual();
        sequence.whole = sequence.entries == sequence.steps.len() as u64
            && sequence.first_line > usual
            && self.last_line - sequence.last_line >= usual;
        sequence
    }

    fn window(&mut self, entry: &Taken<'_>, done: &mut impl FnMut(Sequence)) {
        let component = entry.component.unwrap_or_default();
        if !self.windows.contains_key(component) {
            if self.windows.len() == MAX_WINDOWS {
                return;
            }
            let name: Arc<str> = component.into();
            let shape = Shape::Window(entry.component.map(|_| name.clone()));
            self.windows.insert(name, empty(shape, entry));
        }
        let Some(window) = self.windows.get_mut(component) else {
            return;
        };
        take(window, entry);
        if window.steps.len() == WINDOW_ENTRIES {
            // Any entry may begin or end it: its order says nothing of its ends.
            let next = empty(window.shape.clone(), entry);
            let mut full = std::mem::replace(window, next);
            full.whole = true;
            done(full);
        }
    }
}

fn empty(shape: Shape, entry: &Taken<'_>) -> Sequence {
    Sequence {
        shape,
        steps: vec![],
        entries: 0,
        first_line: entry.line,
        last_line: entry.line_end,
        marks: 0,
        whole: false,
    }
}

fn take(sequence: &mut Sequence, entry: &Taken<'_>) {
    if sequence.entries == 0 {
        sequence.first_line = entry.line;
    }
    sequence.entries += 1;
    sequence.last_line = entry.line_end;
    sequence.marks |= entry.marks;
    if sequence.steps.len() < MAX_STEPS {
        sequence.steps.push(Step {
            template: entry.template,
            line: entry.line.min(u64::from(u32::MAX)) as u32,
        });
    }
}

/// Lines between two entries of a transaction, by powers of two.
struct Gaps {
    counts: [u64; 64],
    total: u64,
}

impl Default for Gaps {
    fn default() -> Self {
        Self {
            counts: [0; 64],
            total: 0,
        }
    }
}

impl Gaps {
    fn add(&mut self, lines: u64) {
        self.counts[lines.max(1).ilog2() as usize] += 1;
        self.total += 1;
    }

    /// Lines that nearly all gaps stay below, at least 1; 1 where no transaction has two entries.
    fn usual(&self) -> u64 {
        let wanted = (self.total as f64 * USUAL_GAPS).ceil() as u64;
        let mut sum = 0;
        for (power, count) in self.counts.iter().enumerate() {
            sum += count;
            if sum >= wanted && *count > 0 {
                return (2_u64 << power) - 1;
            }
        }
        1
    }
}
