//! Features of an entry: a pure function of its template, level and component, the same for ever.
//!
//! The hash and the way words are cut are part of the artifact format: a model is only readable with the feature
//! version it was trained with. Change anything here that changes a bucket, and [`FEATURE_VERSION`] goes up.

use std::ops::Range;

/// Version of everything in this module that decides a bucket.
pub const FEATURE_VERSION: u32 = 1;
/// Rows of the embedding table; a power of two.
pub const BUCKETS: u32 = 1 << 16;
/// Features of one entry, at most; the level, the component and the words come first.
pub const MAX_FEATURES: usize = 640;
/// Bytes of a template that are read.
pub const MAX_TEMPLATE_BYTES: usize = 2048;
/// Words and their parts of one template, at most.
const MAX_WORD_FEATURES: usize = 320;
/// Bytes of a component name that are read.
const MAX_COMPONENT_BYTES: usize = 128;
/// Character n-grams, in characters, the edges of a word counted.
const GRAM_CHARS: std::ops::RangeInclusive<usize> = 3..=5;
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
}

/// Where a feature comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The level.
    Level,
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

/// Buckets of an entry, in a fixed order, the level's first where there is one. Repeated words repeat.
pub fn hash(template: &str, level: Option<&str>, component: Option<&str>) -> Vec<u32> {
    let mut buckets = Vec::with_capacity(256);
    features(template, level, component, &mut buckets);
    buckets
}

/// The same, each with what made it: bucket for bucket what [`hash`] gives, since both are made by the same code.
pub fn trace(template: &str, level: Option<&str>, component: Option<&str>) -> Vec<Feature> {
    let mut traced = Vec::with_capacity(256);
    features(template, level, component, &mut traced);
    traced
}

/// Whether `hash` put a level's bucket first for this level.
pub fn has_level(level: Option<&str>) -> bool {
    level.is_some_and(|level| !level.trim().is_empty())
}

/// Takes features in their order.
trait Sink {
    fn push(&mut self, bucket: u32, origin: Origin);
    fn len(&self) -> usize;
    fn truncate(&mut self, len: usize);
}

impl Sink for Vec<u32> {
    fn push(&mut self, bucket: u32, _: Origin) {
        self.push(bucket);
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn truncate(&mut self, len: usize) {
        self.truncate(len);
    }
}

impl Sink for Vec<Feature> {
    fn push(&mut self, bucket: u32, origin: Origin) {
        self.push(Feature { bucket, origin });
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn truncate(&mut self, len: usize) {
        self.truncate(len);
    }
}

/// A part of a word, lower case, and where it stands.
struct Part {
    text: String,
    span: Range<usize>,
}

fn features(template: &str, level: Option<&str>, component: Option<&str>, out: &mut impl Sink) {
    if let Some(level) = level.map(str::trim).filter(|level| !level.is_empty()) {
        let hash = Hash::new(Kind::Level).text(&level.to_ascii_uppercase());
        out.push(hash.bucket(), Origin::Level);
    }
    let mut parts = Vec::new();
    if let Some(component) = component
        .map(str::trim)
        .filter(|component| !component.is_empty())
    {
        let component = head(component, MAX_COMPONENT_BYTES);
        let hash = Hash::new(Kind::Component).text(&component.to_lowercase());
        out.push(hash.bucket(), Origin::Component);
        split_name(component, 0, &mut parts);
        for part in parts.drain(..) {
            let hash = Hash::new(Kind::ComponentPart).text(&part.text);
            out.push(hash.bucket(), Origin::Component);
        }
    }
    words(head(template, MAX_TEMPLATE_BYTES), &mut parts, out);
    for part in parts.iter().filter(|part| part.text != MASK) {
        if out.len() >= MAX_FEATURES {
            break;
        }
        grams(part, out);
    }
    out.truncate(MAX_FEATURES);
}

/// Words, their parts and pairs of neighbouring parts; leaves the parts in `parts`.
fn words(template: &str, parts: &mut Vec<Part>, out: &mut impl Sink) {
    let end = out.len() + MAX_WORD_FEATURES;
    let mut at = 0;
    for piece in template.split_inclusive(char::is_whitespace) {
        if out.len() >= end {
            break;
        }
        let (start, before) = (at, parts.len());
        at += piece.len();
        let token = piece.trim_end_matches(char::is_whitespace);
        let mut inside = start;
        for (index, piece) in token.split(MASK).enumerate() {
            if index > 0 {
                parts.push(Part {
                    text: MASK.to_owned(),
                    span: inside..inside + MASK.len(),
                });
                inside += MASK.len();
            }
            split_name(piece, inside, parts);
            inside += piece.len();
        }
        if parts.len() > before + 1 {
            let name = token.trim_matches(|c: char| !c.is_alphanumeric());
            if name.chars().any(char::is_alphanumeric) {
                let hash = Hash::new(Kind::Name).text(&name.to_lowercase());
                out.push(hash.bucket(), Origin::Text(start..start + token.len()));
            }
        }
        for index in before..parts.len() {
            let part = &parts[index];
            let hash = Hash::new(Kind::Word).text(&part.text);
            out.push(hash.bucket(), Origin::Text(part.span.clone()));
            if index > 0 {
                let first = &parts[index - 1];
                let hash = Hash::new(Kind::Pair)
                    .text(&first.text)
                    .text(" ")
                    .text(&part.text);
                out.push(hash.bucket(), Origin::Text(first.span.start..part.span.end));
            }
        }
    }
    out.truncate(end);
}

/// Cuts a name at everything that is neither letter nor digit and at camel-case humps; lower case. `at`: where the
/// name begins.
fn split_name(name: &str, at: usize, parts: &mut Vec<Part>) {
    let mut part = String::new();
    let mut start = at;
    let mut previous = ' ';
    let mut characters = name.char_indices().peekable();
    while let Some((offset, character)) = characters.next() {
        let next_is_lower = characters
            .peek()
            .is_some_and(|(_, next)| next.is_lowercase());
        let hump = character.is_uppercase()
            && (previous.is_lowercase()
                || previous.is_ascii_digit()
                || (previous.is_uppercase() && next_is_lower));
        if (hump || !character.is_alphanumeric()) && !part.is_empty() {
            parts.push(Part {
                text: std::mem::take(&mut part),
                span: start..at + offset,
            });
        }
        if character.is_alphanumeric() {
            if part.is_empty() {
                start = at + offset;
            }
            part.extend(character.to_lowercase());
        }
        previous = character;
    }
    if !part.is_empty() {
        parts.push(Part {
            text: part,
            span: start..at + name.len(),
        });
    }
}

/// Character n-grams of one part, its edges marked; each is the whole part's.
fn grams(part: &Part, out: &mut impl Sink) {
    let marked = format!("<{}>", part.text);
    for (start, _) in marked.char_indices() {
        let mut hash = Hash::new(Kind::Gram);
        let mut buffer = [0; 4];
        for (index, character) in marked[start..].chars().take(*GRAM_CHARS.end()).enumerate() {
            hash = hash.text(character.encode_utf8(&mut buffer));
            if index + 1 >= *GRAM_CHARS.start() {
                out.push(hash.bucket(), Origin::Text(part.span.clone()));
            }
        }
    }
}

/// The first bytes of a text, cut at a character.
fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// FNV-1a over 64 bits with the finalizer of MurmurHash3: written out, since no library's hash is promised to last.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    fn new(kind: Kind) -> Self {
        Self(0xcbf2_9ce4_8422_2325).byte(kind as u8)
    }

    fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }

    fn text(self, text: &str) -> Self {
        text.bytes().fold(self, Self::byte)
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
    stir(text.bytes().fold(Hash(0x9e37_79b9_7f4a_7c15), Hash::byte).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(name: &str) -> Vec<String> {
        let mut parts = Vec::new();
        split_name(name, 0, &mut parts);
        parts.into_iter().map(|part| part.text).collect()
    }

    #[test]
    fn names_are_cut_at_dots_and_humps() {
        assert_eq!(
            parts("org.apache.BlockManager"),
            ["org", "apache", "block", "manager"]
        );
        assert_eq!(parts("HTTPServer2Go"), ["http", "server2", "go"]);
        assert_eq!(
            parts("disk_full: ÄrgerGroß"),
            ["disk", "full", "ärger", "groß"]
        );
        assert!(parts("--- ::").is_empty());
    }

    const SHARED_VECTOR: [u32; 6] = [657, 32928, 26887, 13035, 58282, 8452];
    const SHARED_SUM: u64 = 0x70ad_7cc0_cf2d_3dd3;
    const SHARED_HASH: u64 = 0x7202_d35f_e020_6199;

    /// The shared vector: these numbers may only change together with [`FEATURE_VERSION`].
    #[test]
    fn buckets_never_change() {
        let buckets = hash(
            "Failed to open <*>: NotFound",
            Some("error"),
            Some("kubelet.Volume"),
        );
        assert_eq!(
            &buckets[..6],
            SHARED_VECTOR,
            "level, component, its parts, then words"
        );
        assert_eq!(
            buckets
                .iter()
                .fold(0u64, |sum, bucket| stir(sum ^ u64::from(*bucket))),
            SHARED_SUM
        );
        assert_eq!(stable_hash("Failed to open <*>"), SHARED_HASH);
    }

    #[test]
    fn every_feature_says_what_made_it() {
        let template = "Failed to  open <*>/ÄrgerGroß:\u{a0}NotFound";
        let traced = trace(template, Some("error"), Some("kubelet.Volume"));
        let buckets: Vec<u32> = traced.iter().map(|feature| feature.bucket).collect();
        assert_eq!(
            buckets,
            hash(template, Some("error"), Some("kubelet.Volume"))
        );
        let of = |origin: Origin| {
            traced
                .iter()
                .filter(move |feature| feature.origin == origin)
        };
        assert_eq!(of(Origin::Level).count(), 1);
        assert_eq!(of(Origin::Component).count(), 3);
        let mut spans: Vec<&str> = traced
            .iter()
            .filter_map(|feature| match &feature.origin {
                Origin::Text(span) => Some(&template[span.clone()]),
                _ => None,
            })
            .collect();
        spans.sort_unstable();
        spans.dedup();
        let words = [
            "<*>",
            "<*>/Ärger",
            "<*>/ÄrgerGroß:",
            "Failed",
            "Failed to",
            "Found",
            "Groß",
            "Groß:\u{a0}Not",
            "Not",
            "NotFound",
            "open",
            "open <*>",
            "to",
            "to  open",
            "Ärger",
            "ÄrgerGroß",
        ];
        assert_eq!(spans, words);
    }

    #[test]
    fn level_is_first_and_can_be_dropped() {
        let with = hash("disk full", Some(" Error "), None);
        assert_eq!(with[1..], hash("disk full", None, None));
        assert_eq!(with, hash("disk full", Some("ERROR"), Some("")));
        assert!(has_level(Some("x")) && !has_level(Some(" ")) && !has_level(None));
    }

    #[test]
    fn words_meet_their_camel_case_form() {
        let plain = hash("block not found", None, None);
        let camel = hash("BlockNotFound", None, None);
        let shared = plain.iter().filter(|bucket| camel.contains(bucket)).count();
        assert_eq!(
            shared,
            plain.len(),
            "every word, pair and gram of the plain form"
        );
    }

    #[test]
    fn anything_is_bounded() {
        for text in [
            "",
            " ",
            "<*>",
            "<*><*> <*>",
            "\u{0}\u{fffd}",
            "é",
            "=== :::",
        ] {
            assert!(hash(text, None, None).len() < 16, "{text:?}");
        }
        for text in [
            "a ".repeat(100_000),
            "aB".repeat(100_000),
            "é".repeat(100_000),
            MASK.repeat(100_000),
        ] {
            let buckets = hash(&text, Some(&text), Some(&text));
            assert!(
                buckets.len() <= MAX_FEATURES && buckets.iter().all(|bucket| *bucket < BUCKETS)
            );
        }
    }
}
