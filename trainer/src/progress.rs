//! Where a training stands: lines for people, and a file beside the work for the analyzer.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use logloop_scoring::artifact::PROGRESS_DIR;
use serde::Serialize;

use crate::trainer::Done;

/// Pause between two writes of the progress file, at least.
const WRITE_EVERY: Duration = Duration::from_secs(1);

/// One state of a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Progress {
    /// Steps done.
    pub step: usize,
    /// Steps if it does not stop early.
    pub steps: usize,
    /// Epoch, from 1.
    pub epoch: usize,
    /// Epochs if it does not stop early.
    pub epochs: usize,
    /// Mean training loss of this epoch so far.
    pub loss: f32,
    /// Loss on the validation part after this epoch.
    pub validation_loss: Option<f32>,
    /// Seconds until the last step, at this pace.
    pub eta_seconds: u64,
    /// Entries trained on per second so far, each time counted.
    pub entries_per_second: u64,
}

/// Counts steps and takes the time.
#[derive(Debug)]
pub struct Pace {
    /// The state after the last step.
    pub progress: Progress,
    started: Instant,
    resumed: usize,
    entries: usize,
    epoch_entries: usize,
    epoch_loss: f64,
}

impl Pace {
    /// Before the first step.
    pub fn new(epochs: usize, steps: usize) -> Self {
        let progress = Progress {
            epochs,
            steps,
            ..Progress::default()
        };
        Self {
            progress,
            started: Instant::now(),
            resumed: 0,
            entries: 0,
            epoch_entries: 0,
            epoch_loss: 0.0,
        }
    }

    /// Entries trained on so far, each time counted.
    pub fn entries(&self) -> usize {
        self.entries
    }

    /// Goes on after so many steps and epochs that an attempt before did.
    pub fn resume(&mut self, step: usize, epoch: usize) {
        (self.progress.step, self.progress.epoch, self.resumed) = (step, epoch, step);
    }

    /// After steps of an epoch.
    pub fn step(&mut self, epoch: usize, done: Done) -> &Progress {
        if epoch != self.progress.epoch {
            (self.epoch_entries, self.epoch_loss) = (0, 0.0);
        }
        self.entries += done.entries;
        self.epoch_entries += done.entries;
        self.epoch_loss += f64::from(done.loss) * done.entries as f64;
        let seconds = self.started.elapsed().as_secs_f64().max(1e-6);
        let progress = &mut self.progress;
        progress.step += done.steps;
        progress.epoch = epoch;
        progress.loss = (self.epoch_loss / self.epoch_entries.max(1) as f64) as f32;
        progress.validation_loss = None;
        let own = progress.step - self.resumed;
        let left = progress.steps.saturating_sub(progress.step);
        progress.eta_seconds = (seconds / own.max(1) as f64 * left as f64) as u64;
        progress.entries_per_second = (self.entries as f64 / seconds) as u64;
        progress
    }

    /// After the validation that ends an epoch.
    pub fn validated(&mut self, loss: Option<f32>) -> &Progress {
        self.progress.validation_loss = loss;
        &self.progress
    }
}

/// `models/.progress/<version>.json`, replaced as a whole, gone when the training is.
#[derive(Debug)]
pub struct ProgressFile {
    path: PathBuf,
    version: String,
    written: Option<Instant>,
}

/// What the file holds.
#[derive(Serialize)]
struct Document<'a> {
    version: &'a str,
    /// When it was written: one that stays as it is belongs to a dead attempt.
    updated: DateTime<Utc>,
    #[serde(flatten)]
    progress: &'a Progress,
}

impl ProgressFile {
    /// Makes the file, and so shows early whether the models can be written.
    pub fn create(models: &Path, version: &str) -> Result<Self, logloop_records::Error> {
        let path = models.join(PROGRESS_DIR).join(format!("{version}.json"));
        let mut file = Self {
            path,
            version: version.to_owned(),
            written: None,
        };
        file.write(&Progress::default())?;
        Ok(file)
    }

    /// Writes now and then. A progress that cannot be written ends no training.
    pub fn report(&mut self, progress: &Progress) {
        if self.written.is_none_or(|at| at.elapsed() >= WRITE_EVERY)
            && self.write(progress).is_err()
        {
            self.written = Some(Instant::now());
        }
    }

    fn write(&mut self, progress: &Progress) -> Result<(), logloop_records::Error> {
        let document = Document {
            version: &self.version,
            updated: Utc::now(),
            progress,
        };
        let json = serde_json::to_vec(&document).unwrap_or_default();
        logloop_records::write_atomic(&self.path, &json)?;
        self.written = Some(Instant::now());
        Ok(())
    }
}

impl Drop for ProgressFile {
    fn drop(&mut self) {
        // One that stays is overwritten by the next attempt.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(entries: usize, loss: f32) -> Done {
        Done {
            steps: 1,
            entries,
            loss,
        }
    }

    #[test]
    fn the_file_follows_and_goes() {
        let models = tempfile::tempdir().expect("folder");
        let mut file = ProgressFile::create(models.path(), "v1").expect("made");
        let mut pace = Pace::new(2, 10);
        for _ in 0..3 {
            pace.step(1, done(4, 0.5));
        }
        file.written = None;
        file.report(pace.validated(Some(0.25)));
        let path = models.path().join(PROGRESS_DIR).join("v1.json");
        let json: serde_json::Value =
            serde_json::from_slice(&fs::read(&path).expect("is there")).expect("JSON");
        assert_eq!(
            (&json["version"], &json["step"], &json["steps"]),
            (&"v1".into(), &3.into(), &10.into())
        );
        assert_eq!(
            (&json["loss"], &json["validation_loss"]),
            (&0.5.into(), &0.25.into())
        );
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn the_loss_is_the_mean_of_its_epoch() {
        let mut pace = Pace::new(2, 2);
        pace.step(1, done(4, 9.0));
        pace.step(2, done(1, 1.0));
        assert_eq!(pace.step(2, done(3, 2.0)).loss, 1.75);
    }
}
