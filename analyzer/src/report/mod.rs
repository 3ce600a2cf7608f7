//! What a person sees on a terminal: the report, and how far a long analysis is.

mod anomalies;
mod color;
mod numbers;
pub(crate) mod printable;
mod progress;
mod render;
mod sparkline;
mod style;
pub(crate) mod words;

pub use progress::Progress;
pub use render::render;
pub use style::Style;
