//! Which entries are of one statement: those whose masked texts have the same template, mined over all texts of a data set.
//! A side of a split, a fold, a draw of the bootstrap is made of whole groups, so that what is judged is no instance of what
//! was learned.

use std::collections::{BTreeSet, HashMap};

use logloop_logs::{MAX_MINED, TemplateMatcher, Texts, mine};
use logloop_scoring::features::stable_hash;
use rayon::prelude::*;

/// Bytes of masked texts that are mined together, beside [`MAX_MINED`] texts: about as many words as the miner compares.
const MAX_BATCH_BYTES: usize = 8 << 20;

/// The group of each masked text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// By hash of the text; a text that is not in it is its own template.
    of: HashMap<u64, u64>,
}

impl Groups {
    /// Mines these texts; the same set gives the same groups in any order. More than are mined together are mined in parts: those
    /// that begin alike together, what is left alone with those that end alike, and what is still alone is compared with the
    /// templates of all parts.
    pub fn mine<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::in_parts(texts, MAX_MINED, MAX_BATCH_BYTES)
    }

    fn in_parts<'a>(texts: impl IntoIterator<Item = &'a str>, most: usize, bytes: usize) -> Self {
        let texts = texts.into_iter().map(|text| (stable_hash(text), text));
        let mut texts: Vec<(u64, &str)> = texts.collect();
        texts.sort_unstable();
        texts.dedup();
        let mut groups = Self::default();
        let mut templates = BTreeSet::new();
        if part(&texts, most, bytes) >= texts.len() {
            groups.add(&texts, &mut templates);
            return groups;
        }
        texts.sort_unstable_by_key(|(_, text)| *text);
        groups.add_parts(&texts, &mut templates, most, bytes);
        let mut alone = texts.clone();
        alone.retain(|(own, _)| !groups.of.contains_key(own));
        alone.sort_unstable_by(|(_, a), (_, b)| a.rsplit(' ').cmp(b.rsplit(' ')));
        groups.add_parts(&alone, &mut templates, most, bytes);
        groups.match_alone(&alone, &templates);
        groups
    }

    /// The group of a masked text: the hash of its template.
    pub fn of(&self, text: &str) -> u64 {
        let own = stable_hash(text);
        self.of.get(&own).copied().unwrap_or(own)
    }

    /// Mines part after part.
    fn add_parts(
        &mut self,
        texts: &[(u64, &str)],
        templates: &mut BTreeSet<String>,
        most: usize,
        bytes: usize,
    ) {
        let mut rest = texts;
        while !rest.is_empty() {
            let (part, others) = rest.split_at(part(rest, most, bytes));
            self.add(part, templates);
            rest = others;
        }
    }

    /// Mines one part; takes note of the templates that are not their only text.
    fn add(&mut self, part: &[(u64, &str)], templates: &mut BTreeSet<String>) {
        let mut texts = Texts::new();
        for (_, text) in part {
            texts.add_masked(text, 0);
        }
        let mined = mine(&texts);
        for index in 0..texts.len() as u32 {
            let (text, template) = (texts.text(index), mined.text(&texts, index));
            if text != template {
                self.of.insert(stable_hash(text), stable_hash(template));
                templates.insert(template.to_owned());
            }
        }
    }

    /// Looks for the template of texts that are alone in their part.
    fn match_alone(&mut self, texts: &[(u64, &str)], templates: &BTreeSet<String>) {
        let templates: Vec<&str> = templates.iter().map(String::as_str).collect();
        let matcher = TemplateMatcher::new(templates.iter().copied());
        let alone = texts
            .par_iter()
            .filter(|(own, _)| !self.of.contains_key(own));
        let found: Vec<(u64, u64)> = alone
            .filter_map(|(own, text)| Some((*own, stable_hash(templates[matcher.find(text)?]))))
            .collect();
        self.of.extend(found);
    }
}

/// How many of these texts are mined together, at least one.
fn part(texts: &[(u64, &str)], most: usize, bytes: usize) -> usize {
    let mut sum = 0;
    let fits = |(_, text): &&(u64, &str)| {
        sum += text.len();
        sum <= bytes
    };
    texts.iter().take(most).take_while(fits).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 12] = [
        "ann", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "mike",
        "olga",
    ];

    fn texts() -> Vec<String> {
        let of_name = |name: &&str| {
            let gone = format!("user {name} is gone");
            [gone, format!("mail for {name} was sent off at once")]
        };
        let alone = ["disk is full", "disk is empty"].map(str::to_owned);
        NAMES.iter().flat_map(of_name).chain(alone).collect()
    }

    fn distinct(groups: &Groups, texts: &[String]) -> usize {
        let of: BTreeSet<u64> = texts.iter().map(|text| groups.of(text)).collect();
        of.len()
    }

    #[test]
    fn texts_that_differ_in_a_value_are_one_group_and_others_are_not() {
        let texts = texts();
        let groups = Groups::mine(texts.iter().map(String::as_str));
        assert_eq!(groups.of("user ann is gone"), groups.of("user bob is gone"));
        assert_eq!(
            groups.of("user ann is gone"),
            stable_hash("user <*> is gone")
        );
        assert_eq!(
            groups.of("disk is full"),
            stable_hash("disk is full"),
            "its own template"
        );
        assert_eq!(distinct(&groups, &texts), 4);
        let backwards = Groups::mine(texts.iter().rev().map(String::as_str));
        assert_eq!(groups, backwards);
        assert_eq!(Groups::mine([]), Groups::default());
    }

    #[test]
    fn more_than_are_mined_together_find_their_groups_too() {
        let texts = texts();
        let whole = Groups::mine(texts.iter().map(String::as_str));
        let bytes = texts.iter().map(String::len).sum::<usize>();
        for (most, bytes) in [(18, bytes), (texts.len(), 2 * bytes / 3)] {
            let parts = Groups::in_parts(texts.iter().map(String::as_str), most, bytes);
            assert_eq!(parts, whole, "{most} {bytes}");
        }
        let none_alike = Groups::in_parts(texts.iter().map(String::as_str), 1, 0);
        assert_eq!(
            none_alike,
            Groups::default(),
            "a bound on what is found, not on what is kept"
        );
    }

    /// A dozen instances of a statement are enough to tell what varies, and a few of them in each part would not be.
    #[test]
    fn instances_of_a_statement_are_mined_together_however_many_texts_there_are() {
        let word = |number: usize| -> String {
            let letter = |place: u32| char::from(b'a' + (number / 16_usize.pow(place) % 16) as u8);
            (0..4).map(letter).collect()
        };
        let of = |number: usize| {
            let (a, b, c) = (word(number * 7919), word(number * 331), word(number * 1009));
            let name = |name: &&str| match number % 3 {
                0 => format!("for {name} {a} the {b} and {c}"),
                1 => format!("{a} the {b} of {name} and {c}"),
                _ => format!("{a} the {b} and {c} {name}"),
            };
            NAMES.iter().map(name).collect::<Vec<_>>()
        };
        let texts: Vec<String> = (1..=240).flat_map(of).collect();
        let groups = |most| {
            let groups = Groups::in_parts(texts.iter().map(String::as_str), most, MAX_BATCH_BYTES);
            distinct(&groups, &texts)
        };
        assert_eq!(groups(texts.len()), 240);
        let in_parts = groups(texts.len() / 8);
        assert!((240..260).contains(&in_parts), "{in_parts}");
    }
}
