//! Log bytes to lines, format, fields and templates; no I/O.
//!
//! ```text
//! bytes → text → lines → format (detected over many lines) → entries with fields → templates
//! ```
//!
//! Every line of the input belongs to exactly one [`Entry`]; line numbers start at 1.

mod ansi;
mod continuation;
mod entry;
mod format;
mod level;
mod lines;
mod mask;
mod message;
mod miner;
mod neighbours;
mod parser;
mod template;
mod text;
mod timestamp;

pub use entry::{Entry, MAX_ENTRY_BYTES, MAX_ENTRY_LINES, MAX_FIELD_BYTES, Parsed, Summary};
pub use format::{Detection, Format, detect};
pub use level::Level;
pub use lines::{Line, MAX_LINE_BYTES, lines};
pub use mask::{VARIABLE, key, mask, template};
pub use miner::{
    Counted, MAX_MINED, MAX_TEXTS, MAX_TEXTS_BYTES, TemplateMatcher, Templates, Texts, mine,
    variables,
};
pub use neighbours::{Neighbour, Neighbours, Preceding};
pub use parser::{DETECT_BYTES, LogStream, MAX_LEFT_BYTES, Parser, parse, parse_each};
pub use template::{MAX_TEMPLATE_BYTES, TEMPLATE_VERSION, Template, template_id};
pub use text::{Decoder, NotText, decode};
pub use timestamp::dated;
