//! Features of an entry: a pure function of its template, level, component and what the rules say, the same for ever.
//!
//! The hash and the way words are cut are part of the artifact format: a model is only readable with the feature
//! version it was trained with. Change anything here that changes a bucket, and [`FEATURE_VERSION`] goes up. The rules
//! may get better between two versions: what they say is an input, as the level is.

mod before;

use std::ops::Range;

use crate::rules::{Evidence, RuleScore};
pub use before::before_buckets;

/// Version of everything in this module that decides a bucket.
pub const FEATURE_VERSION: u32 = 3;
/// The oldest version that is read: the same, but for what was logged before an entry, which 2 does not know.
pub const OLDEST_FEATURE_VERSION: u32 = 2;
/// Rows of the embedding table; a power of two.
pub const BUCKETS: u32 = 1 << 16;
/// Features of one entry, at most.
pub const MAX_FEATURES: usize = MAX_FIELD_FEATURES + MAX_WORD_FEATURES + MAX_GRAM_FEATURES;
/// Bytes of a template that are read.
pub const MAX_TEMPLATE_BYTES: usize = 2048;
/// Level, component and rules of one entry, at most.
const MAX_FIELD_FEATURES: usize = 64;
/// Words, names and pairs of one template, at most.
const MAX_WORD_FEATURES: usize = 320;
/// Character n-grams of one template, at most.
const MAX_GRAM_FEATURES: usize = 512;
/// Bytes of a component name that are read.
const MAX_COMPONENT_BYTES: usize = 128;
/// Patterns of the rules that count, at most.
const MAX_PATTERNS: usize = 8;
/// Shortest character n-gram, in characters, the edges of a word counted.
const MIN_GRAM_CHARS: usize = 3;
/// Longest character n-gram.
const MAX_GRAM_CHARS: usize = 5;
/// How the parser writes a masked variable.
const MASK: &str = "<*>";

/// Kinds of features: the same text of two kinds falls into two buckets.
#[derive(Clone, Copy)]
enum Kind {
    Level = 1,
    Component = 2,
    ComponentPart = 3,
    Name = 4,
    Word = 5,
    Pair = 6,
    Gram = 7,
    Evidence = 8,
    Pattern = 9,
    Before = 10,
    BeforeWord = 11,
    BeforeLevel = 12,
    BeforeEvidence = 13,
    BeforePattern = 14,
}

/// Where a feature comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The level.
    Level,
    /// What the rules found.
    Rules,
    /// The component, or a part of its name.
    Component,
    /// These bytes of the template.
    Text(Range<usize>),
}

/// A feature with what made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Row of the embedding table.
    pub bucket: u32,
    /// What made it.
    pub origin: Origin,
}

/// What is known of an entry.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The masked message.
    pub template: &'a str,
    /// Its level, in any spelling.
    pub level: Option<&'a str>,
    /// Part of the system that logged it.
    pub component: Option<&'a str>,
    /// What the rules say of the template at that level.
    pub rule: &'a RuleScore,
}

/// Buckets of an entry in three blocks; each block counts as much as the others, however many features it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    buckets: Vec<u32>,
    words_at: usize,
    grams_at: usize,
}

/// Features on loan; see [`Features`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blocks<'a> {
    /// Level, component, rules.
    pub fields: &'a [u32],
    /// Words, names and pairs of neighbours.
    pub words: &'a [u32],
    /// Character n-grams.
    pub grams: &'a [u32],
    /// What was logged just before ([`before_buckets`]); empty where that is not known. It goes straight to the failure
    /// logit, where a network has weights for it.
    pub before: &'a [u32],
}

impl<'a> Blocks<'a> {
    /// Those of the entry itself, in the order in which they are pooled.
    pub fn each(self) -> [&'a [u32]; 3] {
        [self.fields, self.words, self.grams]
    }
}

impl Features {
    /// Features of an entry.
    pub fn of(input: Input<'_>) -> Self {
        let mut features = Self::default();
        features.set(input, &mut Scratch::default());
        features
    }

    /// Becomes those of another entry: keeps its memory.
    pub fn set(&mut self, input: Input<'_>, scratch: &mut Scratch) {
        let Scratch { words, grams } = scratch;
        self.buckets.clear();
        grams.clear();
        fields(input, words, &mut self.buckets);
        self.words_at = self.buckets.len();
        text(input.template, words, &mut self.buckets, grams);
        self.grams_at = self.buckets.len();
        self.buckets.extend_from_slice(grams);
    }

    /// The blocks.
    pub fn blocks(&self) -> Blocks<'_> {
        Blocks {
            fields: &self.buckets[..self.words_at],
            words: &self.buckets[self.words_at..self.grams_at],
            grams: &self.buckets[self.grams_at..],
            before: &[],
        }
    }
}

/// The three blocks, each feature with what made it: bucket for bucket those of [`Features::of`], since both are made by
/// the same code.
pub fn trace(input: Input<'_>) -> [Vec<Feature>; 3] {
    let mut scratch = Words::default();
    let [mut of_fields, mut of_words, mut of_grams] = [const { Vec::new() }; 3];
    fields(input, &mut scratch, &mut of_fields);
    text(input.template, &mut scratch, &mut of_words, &mut of_grams);
    [of_fields, of_words, of_grams]
}

/// Takes features in their order.
trait Sink {
    fn take(&mut self, bucket: u32, origin: Origin);
    fn size(&self) -> usize;
    fn cut(&mut self, size: usize);
}

impl Sink for Vec<u32> {
    fn take(&mut self, bucket: u32, _: Origin) {
        self.push(bucket);
    }

    fn size(&self) -> usize {
        self.len()
    }

    fn cut(&mut self, size: usize) {
        self.truncate(size);
    }
}

impl Sink for Vec<Feature> {
    fn take(&mut self, bucket: u32, origin: Origin) {
        self.push(Feature { bucket, origin });
    }

    fn size(&self) -> usize {
        self.len()
    }

    fn cut(&mut self, size: usize) {
        self.truncate(size);
    }
}

/// The first block alone, as it is for a level (or none) and a component (or none).
pub fn field_buckets(level: Option<&str>, component: Option<&str>, rule: &RuleScore) -> Vec<u32> {
    let mut buckets = Vec::new();
    let input = Input {
        template: "",
        level,
        component,
        rule,
    };
    fields(input, &mut Words::default(), &mut buckets);
    buckets
}

/// Memory that is used again from entry to entry.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    words: Words,
    grams: Vec<u32>,
}

/// The part of a word that is read, and the one before it.
#[derive(Clone, Debug, Default)]
struct Words {
    part: Vec<char>,
    previous: Vec<char>,
}

fn fields(input: Input<'_>, words: &mut Words, out: &mut impl Sink) {
    if let Some(level) = given(input.level) {
        let upper = level.chars().flat_map(char::to_uppercase);
        out.take(Hash::new(Kind::Level).chars(upper).bucket(), Origin::Level);
    }
    let evidence = Hash::new(Kind::Evidence).char(letter(input.rule.evidence));
    out.take(evidence.bucket(), Origin::Rules);
    for name in input.rule.patterns.iter().take(MAX_PATTERNS) {
        let hash = Hash::new(Kind::Pattern).chars(name.chars());
        out.take(hash.bucket(), Origin::Rules);
    }
    if let Some(component) = given(input.component) {
        let component = head(component, MAX_COMPONENT_BYTES);
        let lower = component.chars().flat_map(char::to_lowercase);
        let hash = Hash::new(Kind::Component).chars(lower);
        out.take(hash.bucket(), Origin::Component);
        parts(component, 0, &mut words.part, |part, _| {
            let hash = Hash::new(Kind::ComponentPart).chars(part.iter().copied());
            out.take(hash.bucket(), Origin::Component);
        });
    }
    out.cut(MAX_FIELD_FEATURES);
}

/// What stands for the rules' evidence in a hash.
fn letter(evidence: Evidence) -> char {
    match evidence {
        Evidence::None => 'n',
        Evidence::Weak => 'w',
        Evidence::Outcome => 'o',
        Evidence::Clear => 'c',
    }
}

fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// Words, their parts and pairs of neighbouring parts; the n-grams apart.
fn text<S: Sink>(template: &str, words: &mut Words, out: &mut S, of_grams: &mut S) {
    let Words { part, previous } = words;
    previous.clear();
    let end = out.size() + MAX_WORD_FEATURES;
    let template = head(template, MAX_TEMPLATE_BYTES);
    let (mut at, mut previous_at) = (0, 0);
    for piece in template.split_inclusive(char::is_whitespace) {
        if out.size() >= end {
            break;
        }
        let token = piece.trim_end_matches(char::is_whitespace);
        let token_at = at..at + token.len();
        let mut count = 0;
        let mut take = |part: &[char], span: Range<usize>, is_mask: bool| {
            let word = Hash::new(Kind::Word).chars(part.iter().copied());
            out.take(word.bucket(), Origin::Text(span.clone()));
            if !previous.is_empty() {
                let both = previous.iter().chain(&[' ']).chain(part);
                let pair = Hash::new(Kind::Pair).chars(both.copied());
                out.take(pair.bucket(), Origin::Text(previous_at..span.end));
            }
            if !is_mask {
                grams(part, &span, of_grams);
            }
            previous.clear();
            previous.extend_from_slice(part);
            previous_at = span.start;
            count += 1;
        };
        let mut inside = at;
        for (index, piece) in token.split(MASK).enumerate() {
            if index > 0 {
                take(&['<', '*', '>'], inside..inside + MASK.len(), true);
                inside += MASK.len();
            }
            parts(piece, inside, part, |part, span| take(part, span, false));
            inside += piece.len();
        }
        if count > 1 {
            let name = token.trim_matches(|c: char| !c.is_alphanumeric());
            if name.chars().any(char::is_alphanumeric) {
                let lower = name.chars().flat_map(char::to_lowercase);
                let hash = Hash::new(Kind::Name).chars(lower);
                out.take(hash.bucket(), Origin::Text(token_at));
            }
        }
        at += piece.len();
    }
    out.cut(end);
    of_grams.cut(MAX_GRAM_FEATURES);
}

/// Cuts a name at everything that is neither letter nor digit and at camel-case humps; lower case. `at`: where the
/// name begins.
fn parts(name: &str, at: usize, part: &mut Vec<char>, mut take: impl FnMut(&[char], Range<usize>)) {
    part.clear();
    let mut start = at;
    let mut previous = ' ';
    let mut characters = name.char_indices().peekable();
    while let Some((offset, character)) = characters.next() {
        let is_part = character.is_alphanumeric();
        if !part.is_empty() {
            let hump = character.is_uppercase()
                && (previous.is_lowercase()
                    || previous.is_ascii_digit()
                    || (previous.is_uppercase()
                        && characters
                            .peek()
                            .is_some_and(|(_, next)| next.is_lowercase())));
            if hump || !is_part {
                take(part, start..at + offset);
                part.clear();
            }
        }
        if is_part {
            if part.is_empty() {
                start = at + offset;
            }
            if character.is_ascii() {
                part.push(character.to_ascii_lowercase());
            } else {
                part.extend(character.to_lowercase());
            }
        }
        previous = character;
    }
    if !part.is_empty() {
        take(part, start..at + name.len());
    }
}

/// Character n-grams of one part, its edges marked; each is the whole part's.
fn grams(part: &[char], span: &Range<usize>, out: &mut impl Sink) {
    let at = |index: usize| match index {
        0 => '<',
        index if index <= part.len() => part[index - 1],
        _ => '>',
    };
    let length = part.len() + 2;
    for start in 0..=length.saturating_sub(MIN_GRAM_CHARS) {
        if out.size() >= MAX_GRAM_FEATURES {
            return;
        }
        let mut hash = Hash::new(Kind::Gram);
        for index in start..length.min(start + MAX_GRAM_CHARS) {
            hash = hash.char(at(index));
            if index + 1 - start >= MIN_GRAM_CHARS {
                out.take(hash.bucket(), Origin::Text(span.clone()));
            }
        }
    }
}

/// The first bytes of a text, cut at a character.
fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// FNV-1a over 64 bits, a character a step, with the finalizer of MurmurHash3: written out, since no library's hash is
/// promised to last.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    fn new(kind: Kind) -> Self {
        Self(0xcbf2_9ce4_8422_2325).step(kind as u64)
    }

    fn step(self, value: u64) -> Self {
        Self((self.0 ^ value).wrapping_mul(0x0100_0000_01b3))
    }

    fn char(self, character: char) -> Self {
        self.step(u64::from(u32::from(character)))
    }

    fn chars(self, characters: impl Iterator<Item = char>) -> Self {
        characters.fold(self, Self::char)
    }

    fn bucket(self) -> u32 {
        (stir(self.0) >> 32) as u32 & (BUCKETS - 1)
    }
}

/// Mixes all bits of a number into all others (the 64-bit finalizer of MurmurHash3).
fn stir(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// A stable 64-bit hash of a text, for splits: independent of the buckets.
pub fn stable_hash(text: &str) -> u64 {
    let step = |hash: Hash, byte| hash.step(u64::from(byte));
    stir(text.bytes().fold(Hash(0x9e37_79b9_7f4a_7c15), step).0)
}

#[cfg(test)]
mod tests;
