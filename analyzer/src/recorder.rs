//! Keeps every interaction and what was said about it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};

use chrono::Utc;
use logloop_records::store::{Options, SegmentMeta, Store, meta, read_segment, segments};
use logloop_records::{
    Correction, DataDir, Error, Feedback, Interaction, Kind, Merged, blob, held_out, read_feedback,
};
use serde::Serialize;
use uuid::Uuid;

use crate::corrections::Corrections;

/// The stores of one analyzer.
pub struct Recorder {
    data: DataDir,
    interactions: Store,
    feedback: Store,
    corrections: RwLock<Arc<Corrections>>,
    /// Feedback is answered only after it is stored and its corrections are in force.
    feedback_order: Mutex<()>,
    /// Counts of sealed segments, which never change.
    sealed: Mutex<HashMap<PathBuf, SegmentMeta>>,
}

/// Totals over the whole store.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Interactions kept.
    pub total_interactions: u64,
    /// Of these, with a log.
    pub total_logs_analyzed: u64,
    /// Failures found in these logs.
    pub total_failures_detected: u64,
    /// The active segment.
    pub data_file: String,
    /// Size of all segments, in MB.
    pub data_file_size_mb: f64,
    /// Segments, the active ones included.
    pub segments: u64,
    /// Lines that hold no record any more.
    pub damaged_lines: u64,
    /// Templates that people corrected.
    pub corrected_templates: u64,
    /// Time of the oldest interaction.
    pub oldest: Option<chrono::DateTime<Utc>>,
}

/// An interaction with what was said about it.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// As stored, feedback merged.
    #[serde(flatten)]
    pub interaction: Interaction,
    /// Corrections, by line.
    pub corrections: Vec<Correction>,
}

impl Recorder {
    /// Opens the stores. `writer` names this process among several.
    pub fn open(data: DataDir, writer: &str, options: Options) -> Result<Self, Error> {
        let interactions = Store::open(&data, Kind::Interactions, writer, options)?;
        let feedback = Store::open(&data, Kind::Feedback, writer, options)?;
        let corrections = Corrections::read(&data)?;
        Ok(Self {
            interactions,
            feedback,
            corrections: RwLock::new(Arc::new(corrections)),
            feedback_order: Mutex::new(()),
            sealed: Mutex::default(),
            data,
        })
    }

    /// The data directory.
    pub fn data(&self) -> &DataDir {
        &self.data
    }

    /// What people corrected, as of now.
    pub fn corrections(&self) -> Arc<Corrections> {
        Arc::clone(&self.corrections.read().expect("no panic holds it"))
    }

    /// Stores an interaction; returns when it is on disk.
    pub fn record(&self, mut interaction: Interaction) -> Result<(), Error> {
        blob::spill(&self.data, &mut interaction)?;
        self.interactions.append(&interaction)
    }

    /// Stores feedback on an interaction; its corrections are in force when this returns.
    /// `None`: there is no such interaction.
    pub fn say(&self, id: Uuid, mut said: Feedback) -> Result<Option<Merged>, Error> {
        let _order = self.feedback_order.lock().expect("no panic holds it");
        let Some(interaction) = self.interaction(id)? else {
            return Ok(None);
        };
        let log = blob::log(&self.data, &interaction)?;
        self.complete(&mut said, &interaction, &log)?;
        let before = read_feedback(&self.data)?.remove(&id).unwrap_or_default();
        let mut after = before.clone();
        after.add(said.clone());
        // Said again word for word: nothing new to store.
        let unchanged = Merged {
            last: before.last,
            ..after.clone()
        } == before;
        if !unchanged {
            self.feedback.append(&said)?;
            let mut corrections = Corrections::clone(&self.corrections());
            said.corrections
                .into_iter()
                .for_each(|correction| corrections.add(correction));
            *self.corrections.write().expect("no panic holds it") = Arc::new(corrections);
        }
        Ok(Some(after))
    }

    /// Fills in what the analyzer knows of each corrected line.
    fn complete(
        &self,
        said: &mut Feedback,
        interaction: &Interaction,
        log: &str,
    ) -> Result<(), Error> {
        if said.corrections.is_empty() {
            return Ok(());
        }
        let forced = interaction.analysis_results.stats.format.parse().ok();
        let parsed = logloop_logs::parse(log, forced.filter(|f| *f != logloop_logs::Format::Plain));
        let known = self.corrections();
        let mut fresh = 0;
        for correction in &mut said.corrections {
            let entry = parsed
                .entries
                .iter()
                .find(|entry| (entry.line_start..=entry.line_end).contains(&correction.line));
            let Some(entry) = entry else {
                return Err(Error::Invalid(format!(
                    "line {} holds no entry: the log has {} lines; name a line that is not blank",
                    correction.line, parsed.total_lines
                )));
            };
            let template = logloop_logs::template(&entry.message);
            fresh += usize::from(known.of(&template.id).is_none());
            // Membership is stored with the first correction of a template and stays.
            correction.held_out = match known.of(&template.id) {
                Some(earlier) => earlier.held_out,
                None => held_out(&template.id, known.len() + fresh),
            };
            correction.template = template.text;
            correction.template_id = template.id;
        }
        Ok(())
    }

    /// An interaction with its feedback. `None`: there is no such interaction.
    pub fn find(&self, id: Uuid) -> Result<Option<Found>, Error> {
        let Some(mut interaction) = self.interaction(id)? else {
            return Ok(None);
        };
        let said = read_feedback(&self.data)?.remove(&id).unwrap_or_default();
        interaction.is_useful = said.is_useful.or(interaction.is_useful);
        interaction.user_feedback = said.user_feedback.or(interaction.user_feedback);
        Ok(Some(Found {
            interaction,
            corrections: said.corrections,
        }))
    }

    fn interaction(&self, id: Uuid) -> Result<Option<Interaction>, Error> {
        let mut found = None;
        // The newest segments first: people talk about what they have just seen.
        for segment in segments(&self.data, Kind::Interactions)?.iter().rev() {
            read_segment::<Interaction>(segment, |line| {
                if line.record.id == id {
                    found = Some(line.record);
                }
                Ok(())
            })?;
            if found.is_some() {
                break;
            }
        }
        Ok(found)
    }

    /// Totals; sealed segments are counted once.
    pub fn totals(&self) -> Result<Totals, Error> {
        let (path, active) = self.interactions.active();
        let mut sum = SegmentMeta::default();
        let all = segments(&self.data, Kind::Interactions)?;
        let mut known = self.sealed.lock().expect("no panic holds it");
        known.retain(|path, _| all.iter().any(|segment| segment.path == *path));
        for segment in &all {
            if segment.path == path {
                sum.merge(&active);
            } else if !segment.sealed {
                sum.merge(&meta(segment)?);
            } else if let Some(counted) = known.get(&segment.path) {
                sum.merge(counted);
            } else {
                let counted = meta(segment)?;
                sum.merge(&counted);
                known.insert(segment.path.clone(), counted);
            }
        }
        Ok(Totals {
            total_interactions: sum.records,
            total_logs_analyzed: sum.logs,
            total_failures_detected: sum.failures,
            data_file: path.display().to_string(),
            data_file_size_mb: (sum.bytes as f64 / 1e6 * 1000.0).round() / 1000.0,
            segments: all.len() as u64,
            damaged_lines: sum.damaged,
            corrected_templates: self.corrections().len() as u64,
            oldest: sum.first,
        })
    }

    /// Ends the writers after what waits is written.
    pub fn close(&self) {
        self.interactions.close();
        self.feedback.close();
    }
}
