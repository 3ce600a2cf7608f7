//! Redaction: finds secrets, e-mail addresses, card numbers and, when asked to, IP addresses and what a user's own
//! patterns match, and puts placeholders in their place. No I/O: the caller gives the key and the settings.
//!
//! ```text
//! text → blocks → prefilter (literals, `@`, digits) → verifiers → spans, merged → placeholders
//! ```
//!
//! What holds for every text and every setting:
//!
//! 1. Lines stay lines: their number, their order and their ends are those of the input.
//! 2. What is not replaced is byte for byte what it was.
//! 3. Redacting twice is redacting once.
//! 4. Equal values get equal placeholders under one key, and other placeholders under another key.
//! 5. Time is linear in the text: every decision looks at a bounded piece, and user patterns run on a linear engine.
//!
//! ```
//! use logloop_redaction::{Config, Key, Redactor};
//!
//! let redactor = Redactor::new(Config::default(), Key::new(&[7; 32])?)?;
//! let redacted = redactor.redact("user=ann password=hunter2 from=office");
//! assert!(redacted.text.starts_with("user=ann password=[REDACTED:password:"));
//! assert!(redacted.text.ends_with("] from=office"));
//! assert_eq!(redactor.rule_set(), "v1:secrets,email,card");
//! # Ok::<(), logloop_redaction::Error>(())
//! ```

mod bytes;
mod config;
mod key;
mod kind;
mod placeholder;
mod prefilter;
mod redactor;
mod rules;
mod span;

pub use config::{
    Config, Error, MAX_COMPILED_PATTERN_BYTES, MAX_PATTERN_BYTES, MAX_PATTERNS, RULES_VERSION,
};
pub use key::{Key, MIN_KEY_BYTES};
pub use kind::{Counts, Kind, Kinds};
pub use placeholder::without_hashes;
pub use redactor::{MAX_ROUNDS, Redacted, Redactor};
