//! What was logged just before an entry, where that says something else.

use logloop_logs::Level;

/// Bytes of a message that are kept: as many as its template is read for.
const MAX_MESSAGE_BYTES: usize = 2048;

/// An entry, as the one after it sees it.
#[derive(Debug, Default)]
pub(super) struct Neighbour {
    /// Key of its masked text; none: there is no entry.
    key: Option<u64>,
    pub(super) message: String,
    pub(super) level: Option<Level>,
}

/// Follows a log; keeps its memory from entry to entry.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    last: Neighbour,
    before: Neighbour,
}

impl Neighbours {
    /// Goes on to an entry: what is before one of several alike in a row is what was before the first of them.
    pub(super) fn step(&mut self, key: u64, message: &str, level: Option<Level>) {
        if self.last.key == Some(key) {
            return;
        }
        std::mem::swap(&mut self.last, &mut self.before);
        let Neighbour {
            key: of,
            message: kept,
            level: at,
        } = &mut self.last;
        (*of, *at) = (Some(key), level);
        kept.clear();
        kept.push_str(&message[..message.floor_char_boundary(MAX_MESSAGE_BYTES)]);
    }

    /// What is before the entry that was gone on to.
    pub(super) fn before(&self) -> Option<&Neighbour> {
        Some(&self.before).filter(|before| before.key.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_before_is_another() {
        let mut neighbours = Neighbours::default();
        let mut told = vec![];
        for (key, message) in [(1, "a"), (1, "a"), (2, "b"), (1, "a"), (1, "a"), (3, "c")] {
            neighbours.step(key, message, Some(Level::Info));
            told.push(neighbours.before().map(|before| before.message.clone()));
        }
        let told: Vec<_> = told.iter().map(Option::as_deref).collect();
        let [none, a, b] = [None, Some("a"), Some("b")];
        assert_eq!(told, [none, none, a, b, b, a]);
    }
}
