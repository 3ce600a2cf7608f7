//! How often each template occurs.

use super::{ITSELF, Templates, Texts};

/// A template of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Index of the first of its masked texts.
    pub text: u32,
    /// Entries that have it.
    pub count: u64,
    /// Line of the first of them, from 1.
    pub first_line: u64,
}

impl Templates {
    /// A number that two masked texts share exactly if they have the same template.
    pub fn number(&self, text: u32) -> u64 {
        match self.of.get(text as usize) {
            Some(&mined) if mined != ITSELF => u64::from(mined),
            _ => self.mined.len() as u64 + u64::from(text),
        }
    }

    /// Each template of the first `among` masked texts once, in the order of first sight.
    pub fn counted(&self, texts: &Texts, among: usize) -> Vec<Counted> {
        const UNSEEN: usize = usize::MAX;
        let mut places = vec![UNSEEN; self.mined.len()];
        let mut all: Vec<Counted> = vec![];
        for text in 0..among.min(texts.len()) as u32 {
            let mined = self.of.get(text as usize).copied().unwrap_or(ITSELF);
            let (count, first_line) = (texts.count(text), texts.first_line(text));
            match places.get_mut(mined as usize) {
                Some(place) if *place != UNSEEN => {
                    let known = &mut all[*place];
                    known.count += count;
                    known.first_line = known.first_line.min(first_line);
                }
                place => {
                    if let Some(place) = place {
                        *place = all.len();
                    }
                    all.push(Counted {
                        text,
                        count,
                        first_line,
                    });
                }
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mine;

    #[test]
    fn texts_of_one_template_count_together() {
        let mut texts = Texts::new();
        let names = [
            "alice", "bob", "carol", "dan", "erin", "frank", "grace", "heidi",
        ];
        for (at, name) in names.iter().enumerate() {
            texts.add(
                &format!("session opened for user {name} at the door"),
                at as u64 + 2,
            );
        }
        texts.add("the end", 20);
        texts.add("the end", 21);
        let templates = mine(&texts);
        let counted: Vec<_> = templates
            .counted(&texts, texts.len())
            .iter()
            .map(|one| (templates.text(&texts, one.text), one.count, one.first_line))
            .collect();
        assert_eq!(
            counted,
            [
                ("session opened for user <*> at the door", 8, 2),
                ("the end", 2, 20)
            ]
        );
    }
}
