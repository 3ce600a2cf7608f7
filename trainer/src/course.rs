//! What a training is given beside data and options: where it runs, who hears of it, and where its state is kept.

use candle_core::Device;

use crate::checkpoint::Keeper;
use crate::error::TrainerError;
use crate::progress::Progress;
use crate::state::{Odd, State};

/// The surroundings of one training.
pub struct Course<'a> {
    device: Device,
    report: &'a mut dyn FnMut(&Progress),
    keeper: Option<Keeper>,
}

impl<'a> Course<'a> {
    /// On the processor, from the start, nothing kept; `report` hears of each step.
    pub fn new(report: &'a mut dyn FnMut(&Progress)) -> Self {
        Self {
            device: Device::Cpu,
            report,
            keeper: None,
        }
    }

    /// Computes the dense part on this device.
    pub fn on(self, device: Device) -> Self {
        Self { device, ..self }
    }

    /// Goes on from a checkpoint and writes them.
    pub fn kept_by(self, keeper: Option<Keeper>) -> Self {
        Self { keeper, ..self }
    }

    /// Where the dense part is computed.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Tells how far it is.
    pub fn report(&mut self, progress: &Progress) {
        (self.report)(progress);
    }

    /// `fresh` at the start, or gone on from what an attempt before left; `restore` puts that into it.
    pub fn begin<T>(
        &self,
        fresh: impl Fn() -> Result<T, TrainerError>,
        restore: impl FnOnce(&mut T, &State) -> Result<String, Odd>,
    ) -> Result<T, TrainerError> {
        let mut work = fresh()?;
        if let Some(keeper) = &self.keeper
            && let Some(state) = keeper.read()
        {
            match restore(&mut work, &state) {
                Ok(place) => {
                    keeper.tell(&format!("resumed at {place} ({})", keeper.path().display()))
                }
                // Some of it may be in already.
                Err(odd) => {
                    keeper.anew(&odd.to_string());
                    return fresh();
                }
            }
        }
        Ok(work)
    }

    /// Keeps the state if it is time to.
    pub fn keep(
        &mut self,
        state: impl FnOnce() -> Result<State, TrainerError>,
    ) -> Result<(), TrainerError> {
        if let Some(keeper) = self.keeper.as_mut().filter(|keeper| keeper.is_due()) {
            keeper.write(&state()?);
        }
        Ok(())
    }
}

/// Where a training goes on, of which so many epochs are done.
pub(crate) fn place(done: usize, epochs: usize) -> String {
    if done >= epochs {
        return format!("the end of epoch {epochs}");
    }
    format!("epoch {} of {epochs}", done + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_is_not_begun_again() {
        assert_eq!(place(0, 2), "epoch 1 of 2");
        assert_eq!(place(1, 2), "epoch 2 of 2");
        assert_eq!(place(2, 2), "the end of epoch 2");
    }
}
