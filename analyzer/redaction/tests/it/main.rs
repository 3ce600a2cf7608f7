//! What redaction finds, what it leaves, and what holds for every text.

mod corpus;
mod false_alarms;
mod properties;
mod recall;
mod settings;

use logloop_redaction::{Config, Key, Redactor};

/// A redactor with these settings and a fixed key.
fn redactor(config: Config) -> Redactor {
    Redactor::new(config, Key::new(&[7; 32]).unwrap()).unwrap()
}
