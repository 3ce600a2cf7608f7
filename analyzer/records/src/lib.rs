//! The interaction record, the segmented store and the data set.

mod example;
mod interaction;

pub use example::{LabelSource, TrainingExample};
pub use interaction::{
    AnalysisResults, AnalysisStats, ContextLine, Failure, Interaction, Recommendation, SCHEMA,
};
