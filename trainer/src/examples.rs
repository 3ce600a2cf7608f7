//! Where examples come from: a data set that is read again for every pass, so that none of it has to be kept.

use std::convert::Infallible;

use logloop_records::TrainingExample;

/// What a pass needs of the examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Who says what of which entry: nothing of what was logged but its template, level and component.
    Labels,
    /// All that is trained on.
    All,
}

/// Examples that can be read again and again.
pub trait Examples {
    /// Why they cannot be read.
    type Error;

    /// Hands over each example, the same ones in the same order each time. They are lent: who wants to keep something
    /// copies it.
    fn each(&self, needs: Needs, take: impl FnMut(&TrainingExample)) -> Result<(), Self::Error>;
}

impl Examples for [TrainingExample] {
    type Error = Infallible;

    fn each(&self, _needs: Needs, take: impl FnMut(&TrainingExample)) -> Result<(), Infallible> {
        self.iter().for_each(take);
        Ok(())
    }
}
