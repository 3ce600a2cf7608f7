//! The interaction record, the segmented store and the data set.
