//! Times of entries, read once where many follow with the same time stamp.

use logloop_logs::Entry;

/// The time stamp before, and what it means.
#[derive(Default)]
pub(super) struct Clock {
    text: String,
    year: i32,
    time: Option<i64>,
}

impl Clock {
    /// Time of an entry, see [`Entry::time`].
    #[inline]
    pub(super) fn time(&mut self, entry: &Entry<'_>) -> Option<i64> {
        let text = entry.timestamp.as_deref()?;
        if self.text != text || self.year != entry.assumed_year {
            self.text.clear();
            self.text.push_str(text);
            self.year = entry.assumed_year;
            self.time = entry.time();
        }
        self.time
    }
}
