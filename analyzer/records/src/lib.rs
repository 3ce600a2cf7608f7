//! The interaction record, the segmented store and the data set.

pub mod archive;
pub mod blob;
pub mod crc;
pub mod dataset;
pub mod erase;
mod error;
mod example;
pub mod export;
mod feedback;
mod files;
pub mod filesystem;
pub mod fsck;
pub mod import;
mod interaction;
mod layout;
mod maintenance;
pub mod prune;
mod results;
mod sequence;
pub mod store;
pub mod unpack;
mod why;

pub use error::{Context, Error};
pub use example::{LabelSource, TrainingExample};
pub use feedback::{
    Correction, Feedback, FeedbackFigures, FeedbackStore, HELD_OUT_ONE_IN,
    MIN_CORRECTED_TEMPLATES_FOR_HOLD_OUT, Merged, TakenBack, held_out, read_feedback,
};
pub use files::{sync_dir, write_atomic};
pub use interaction::{Interaction, SCHEMA};
pub use layout::{DataDir, Kind};
pub use results::{
    AnalysisResults, AnalysisStats, Anomaly, AnomalyReason, Comparison, ContextLine, Failure,
    Recommendation, SequenceCounts, TemplateChange, TemplateCount, TimeBucket, Timeline,
    Transaction, Transactions,
};
pub use sequence::TrainingSequence;
pub use why::{Why, WhyRule, WhyWord};
