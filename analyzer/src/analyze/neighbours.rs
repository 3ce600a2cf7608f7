//! What was logged just before an entry, as the model heeds it.

use super::scorer::Judged;

/// What the entry before is, and does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Before {
    /// What it adds to the failure logit.
    pub(super) added: f32,
    /// Index of its masked text, where that is kept.
    pub(super) text: Option<u32>,
}

/// Follows a log. Of several entries alike in a row the first one's predecessor is before all of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Neighbours {
    last: Option<(u64, Before)>,
    before: Before,
}

impl Neighbours {
    /// Goes on to an entry with this key of its masked text; what is before it.
    pub(super) fn step(&mut self, key: u64, text: Option<u32>, judged: &Judged) -> Before {
        match self.last {
            Some((last, _)) if last == key => return self.before,
            Some((_, before)) => self.before = before,
            None => {}
        }
        let added = judged.as_before;
        self.last = Some((key, Before { added, text }));
        self.before
    }

    /// What is before the entry that was gone on to.
    pub(super) fn before(&self) -> Before {
        self.before
    }
}
