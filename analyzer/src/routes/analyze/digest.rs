//! A digest of what was asked, to tell whether a key was sent again with the same request.
//!
//! It is stored, so it is one of the texts after redaction: one of the texts before would let who has the volume try out
//! what was taken out of them. What a placeholder has of the value is left out too: without a key file it is another
//! after a restart.

use logloop_logs::Format;
use memchr::memmem;
use sha2::{Digest as _, Sha256};

/// Begins a placeholder; its kind, `:`, hexadecimal digits and `]` follow.
const PLACEHOLDER: &[u8] = b"[REDACTED:";

/// Longest name of a kind, in bytes.
const MAX_KIND_BYTES: usize = 16;

/// The digest as it grows.
#[derive(Debug)]
pub(super) struct Digest(Sha256);

impl Digest {
    /// Of a request that asks for this format.
    pub(super) fn new(format: Option<Format>) -> Self {
        let mut digest = Self(Sha256::new());
        digest.add(format.map_or("", Format::as_str));
        digest
    }

    /// Adds a text. The order of texts counts, and where each ends.
    pub(super) fn add(&mut self, text: &str) {
        let text = text.as_bytes();
        let mut from = 0;
        for found in memmem::find_iter(text, PLACEHOLDER) {
            let kind = found + PLACEHOLDER.len();
            let bound = text.len().min(kind + MAX_KIND_BYTES);
            if let Some(colon) = text[kind..bound].iter().position(|byte| *byte == b':') {
                let value = kind + colon + 1;
                let digits = text[value..].iter().take_while(|b| b.is_ascii_hexdigit());
                self.0.update(&text[from..value]);
                from = value + digits.count();
            }
        }
        self.0.update(&text[from..]);
        // No text holds this byte: they are UTF-8.
        self.0.update([0xff]);
    }

    /// In hexadecimal.
    pub(super) fn text(self) -> String {
        let bytes = self.0.finalize();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> String {
        let mut digest = Digest::new(None);
        texts.iter().for_each(|text| digest.add(text));
        digest.text()
    }

    #[test]
    fn only_the_values_of_placeholders_do_not_count() {
        let base = ["x [REDACTED:email:0123456789ab] y [REDACTED:", "b"];
        let same = ["x [REDACTED:email:ffffffffffff] y [REDACTED:", "b"];
        assert_eq!(of(&base), of(&same));
        for other in [
            ["x [REDACTED:token:0123456789ab] y [REDACTED:", "b"],
            ["x [REDACTED:email:0123456789ab] z [REDACTED:", "b"],
            ["x [REDACTED:email:0123456789ab] y [REDACTED:b", ""],
            ["x [REDACTED:email:0123456789ab] y [REDACTED:ab:", "b"],
        ] {
            assert_ne!(of(&base), of(&other), "{other:?}");
        }
        let mut forced = Digest::new(Some(Format::Json));
        base.iter().for_each(|text| forced.add(text));
        assert_ne!(of(&base), forced.text());
    }
}
