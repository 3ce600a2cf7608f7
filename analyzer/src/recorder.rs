//! Keeps every interaction and what was said about it.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};

use chrono::Utc;
use logloop_logs::TemplateMatcher;
use logloop_records::archive::{Archive, PageQuery};
use logloop_records::erase::{
    Erased, Eraser, Receipt, State, Target, Watch, is_known_beside_the_store, request,
};
use logloop_records::store::{Claim, Options, Pending, Store, segments};
use logloop_records::{
    Correction, DataDir, Error, Feedback, FeedbackFigures, FeedbackStore, Interaction, Kind,
    Merged, blob,
};
use serde::Serialize;
use uuid::Uuid;

use crate::corrections::{Corrections, Undecided};

/// The stores of one analyzer.
pub struct Recorder {
    data: DataDir,
    archive: Archive,
    interactions: Store,
    feedback: FeedbackStore,
    corrections: RwLock<Arc<Corrections>>,
    /// Feedback is answered only after it is stored and its corrections are in force.
    feedback_order: Mutex<()>,
    eraser: Mutex<Eraser>,
    erased: Watch,
    /// What was erased when `corrections` were made.
    obeyed: Mutex<Arc<Erased>>,
    keeping: Keeping,
}

/// What becomes of what people ask and say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keeping {
    /// It is stored.
    #[default]
    Everything,
    /// It is answered and forgotten.
    Nothing,
}

/// An interaction on its way to the disk.
#[derive(Debug, Default)]
#[must_use = "the interaction is stored only when this says so"]
pub struct Recording {
    /// None where nothing is kept.
    pending: Option<Pending>,
    spilled: Option<PathBuf>,
}

impl Recording {
    /// Returns when it is on disk.
    pub async fn stored(mut self) -> Result<(), Error> {
        match self.pending.take() {
            Some(pending) => pending.await.map_err(|error| self.refused(error)),
            None => Ok(()),
        }
    }

    /// Blocks until it is on disk.
    pub fn wait(mut self) -> Result<(), Error> {
        match self.pending.take() {
            Some(pending) => pending.wait().map_err(|error| self.refused(error)),
            None => Ok(()),
        }
    }

    /// A log that was spilled for an interaction that is not stored goes again. After a failed sync nobody knows
    /// whether the record is there: only what was surely refused goes.
    fn refused(&self, error: Error) -> Error {
        if let (Error::TooLarge { .. } | Error::Full { .. }, Some(blob)) = (&error, &self.spilled) {
            let _ = std::fs::remove_file(blob);
        }
        error
    }
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
    /// Segments whose sidecar is lost, not in these totals until they have been read in the background.
    pub uncounted_segments: u64,
    /// Lines that hold no record any more.
    pub damaged_lines: u64,
    /// Templates that people corrected.
    pub corrected_templates: u64,
    /// Time of the oldest interaction.
    pub oldest: Option<chrono::DateTime<Utc>>,
}

/// How much is kept.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Figures {
    /// Interactions.
    pub interactions: u64,
    /// What was said about them.
    #[serde(flatten)]
    pub said: FeedbackFigures,
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

/// A page of interactions, newest first.
#[derive(Clone, Debug, Default)]
pub struct FoundPage {
    /// With what was said about them.
    pub found: Vec<Found>,
    /// Where the next page begins; `None`: this is the last.
    pub next: Option<String>,
}

impl Recorder {
    /// Opens the stores. `writer` names this process among several.
    pub fn open(data: DataDir, writer: &str, options: Options) -> Result<Self, Error> {
        let interactions = Store::open(&data, Kind::Interactions, writer, options)?;
        let feedback = FeedbackStore::open(&data, writer, options)?;
        let corrections = feedback.corrections().into_iter().collect::<Corrections>();
        Ok(Self {
            archive: Archive::new(&data),
            interactions,
            feedback,
            corrections: RwLock::new(Arc::new(corrections)),
            feedback_order: Mutex::new(()),
            keeping: Keeping::Everything,
            eraser: Mutex::new(Eraser::new(&data)),
            erased: Watch::new(&data),
            obeyed: Mutex::default(),
            data,
        })
    }

    /// The data directory.
    pub fn data(&self) -> &DataDir {
        &self.data
    }

    /// What people corrected, as of now.
    pub fn corrections(&self) -> Arc<Corrections> {
        self.obey_in_corrections();
        Arc::clone(&self.corrections.read().expect("no panic holds it"))
    }

    /// After an erasure, by whatever process, the corrections that are left are in force.
    fn obey_in_corrections(&self) {
        let mut obeyed = self.obeyed.lock().expect("no panic holds it");
        let left = self.erased.now().and_then(|erased| {
            if Arc::ptr_eq(&obeyed, &erased) {
                return Ok(None);
            }
            self.feedback.obey_erasures()?;
            *obeyed = erased;
            Ok(Some(self.feedback.corrections().into_iter().collect()))
        });
        let left = left.unwrap_or_else(|error| {
            tracing::error!(%error, "no correction is in force: nobody knows what is erased");
            *obeyed = Arc::default();
            Some(Corrections::default())
        });
        if let Some(left) = left {
            *self.corrections.write().expect("no panic holds it") = Arc::new(left);
        }
    }

    /// Accepts an erasure: it is on disk, and nobody is shown what it covers, when this returns.
    pub fn erase(&self, target: Target<'_>) -> Result<Receipt, Error> {
        let receipt = request(&self.data, target)?;
        self.corrections();
        self.interactions.refresh();
        Ok(receipt)
    }

    /// Whether an erasure of this interaction has something to go by: it is kept, it was erased before, or it is gone and
    /// something that was said about it or made of it is left. Where it is none of them all that was made is read.
    pub fn knows(&self, id: Uuid) -> Result<bool, Error> {
        Ok(self.erased.now()?.has_id(id)
            || self.interaction(id)?.is_some()
            || self.feedback.of(id).is_some()
            || is_known_beside_the_store(&self.data, id)?)
    }

    /// Carries out what was erased, by whatever process: seals what holds something of it, and rewrites what is sealed.
    /// Costs next to nothing while nothing is being erased. `true`: something has to wait for others.
    pub fn carry_out_erasures(&self) -> Result<bool, Error> {
        let mut eraser = self.eraser.lock().expect("no panic holds it");
        for (kind, store) in [
            (Kind::Interactions, &self.interactions),
            (Kind::Feedback, self.feedback.store()),
        ] {
            if eraser.is_held_in(kind, &store.active().0)? {
                store.seal();
            }
        }
        let receipts = match eraser.pass() {
            Ok(receipts) => receipts,
            // A prune or another analyzer is at it.
            Err(Error::Busy { .. }) => return Ok(true),
            Err(error) => return Err(error),
        };
        if receipts.is_empty() {
            return Ok(false);
        }
        self.interactions.refresh();
        for receipt in receipts.iter().filter(|r| r.state == State::Complete) {
            tracing::info!(receipt = %receipt.receipt_id, "an erasure is complete");
        }
        Ok(receipts.iter().any(|r| r.state != State::Complete))
    }

    /// Keeps nothing from now on, if so; what is there is served, and its corrections hold.
    #[must_use]
    pub fn keeping(mut self, keeping: Keeping) -> Self {
        self.keeping = keeping;
        self
    }

    /// Whether what people ask is kept.
    pub fn keeps(&self) -> bool {
        self.keeping == Keeping::Everything
    }

    /// Whether a request with this key is stored, under way or new. `None`: nothing is kept.
    pub fn claim(&self, subject: Option<&str>, key: &str) -> Result<Option<Claim>, Error> {
        match self.keeping {
            Keeping::Everything => self.interactions.claim(subject, key).map(Some),
            Keeping::Nothing => Ok(None),
        }
    }

    /// Hands an interaction over to be stored; a large log is spilled, durably, before. It is stored when
    /// [`Recording::stored`] says so. `busy`: others are at work, and a sync is worth waiting for what they bring.
    pub fn submit(&self, interaction: &mut Interaction, busy: bool) -> Result<Recording, Error> {
        if self.keeping == Keeping::Nothing {
            return Ok(Recording::default());
        }
        blob::spill(&self.data, interaction)?;
        let spilled = interaction.log_blob.as_deref();
        let spilled = spilled.map(|name| blob::path(&self.data, name));
        let mut recording = Recording {
            pending: None,
            spilled: spilled.transpose()?,
        };
        let submitted = if busy {
            self.interactions.submit_resting(interaction)
        } else {
            self.interactions.submit(interaction)
        };
        match submitted {
            Ok(pending) => {
                recording.pending = Some(pending);
                Ok(recording)
            }
            Err(error) => Err(recording.refused(error)),
        }
    }

    /// Stores an interaction; returns when it is on disk. Blocks the calling thread.
    pub fn record(&self, mut interaction: Interaction) -> Result<(), Error> {
        self.submit(&mut interaction, false)?.wait()
    }

    /// Stores feedback on an interaction; its corrections are in force when this returns.
    /// `speaks_for` says of an interaction whether they may speak of it, and whether as a reviewer; so does the answer.
    /// `None`: there is no such interaction, or they may not speak of it.
    pub fn say(
        &self,
        id: Uuid,
        mut said: Feedback,
        speaks_for: impl FnOnce(&Interaction) -> Option<bool>,
    ) -> Result<Option<(bool, Merged)>, Error> {
        if self.keeping == Keeping::Nothing {
            return Err(Error::NothingKept);
        }
        let _order = self.feedback_order.lock().expect("no panic holds it");
        let Some(interaction) = self.interaction(id)? else {
            return Ok(None);
        };
        let Some(reviewer) = speaks_for(&interaction) else {
            return Ok(None);
        };
        said.reviewer = reviewer;
        let log = blob::log(&self.data, &interaction)?;
        self.complete(&mut said, &interaction, &log)?;
        let erased = self.erased.now()?;
        let before = self.feedback.of(id).unwrap_or_default();
        let after = self.feedback.say(said)?;
        let touched = before.corrections.iter().chain(&after.corrections);
        let ids: HashSet<&str> = touched.map(|said| said.template_id.as_str()).collect();
        let now = ids.iter().flat_map(|id| self.feedback.corrections_of(id));
        let corrections = Corrections::clone(&self.corrections()).changed(&ids, now);
        *self.corrections.write().expect("no panic holds it") = Arc::new(corrections);
        if !Arc::ptr_eq(&erased, &self.erased.now()?) {
            // Erased meanwhile: those that were there before must not be back.
            *self.obeyed.lock().expect("no panic holds it") = Arc::default();
        }
        Ok(Some((reviewer, after)))
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
        let mut lines: Vec<u64> = said
            .corrections
            .iter()
            .map(|correction| correction.line)
            .collect();
        lines.sort_unstable();
        let mut templates: HashMap<u64, logloop_logs::Template> = HashMap::new();
        let forced = interaction.analysis_results.stats.forced_format();
        let parsed = logloop_logs::parse_each(log, forced, |entry| {
            let from = lines.partition_point(|line| *line < entry.line_start);
            for line in lines[from..]
                .iter()
                .take_while(|line| **line <= entry.line_end)
            {
                templates
                    .entry(*line)
                    .or_insert_with(|| logloop_logs::template(&entry.message));
            }
        });
        for correction in &mut said.corrections {
            let Some(template) = templates.get(&correction.line).cloned() else {
                return Err(Error::Invalid(format!(
                    "line {} holds no entry: the log has {} lines; name a line that is not blank",
                    correction.line, parsed.total_lines
                )));
            };
            correction.holds_for = interaction
                .analysis_results
                .failures
                .iter()
                .find(|group| group.lists(correction.line))
                .map(|group| group.template.clone())
                .filter(|group| has_words(group))
                .filter(|group| {
                    TemplateMatcher::new([group.as_str()])
                        .find(&template.text)
                        .is_some()
                })
                .unwrap_or_default();
            correction.template = template.text;
            correction.template_id = template.id;
        }
        // It is stored with the first correction of a template and stays.
        let undecided: Vec<Undecided<'_>> = said
            .corrections
            .iter()
            .map(|correction| Undecided {
                text: &templates[&correction.line],
                holds_for: &correction.holds_for,
            })
            .collect();
        let decided = self.corrections().held_out().decide(&undecided);
        for (correction, held_out) in said.corrections.iter_mut().zip(decided) {
            correction.held_out = held_out;
        }
        Ok(())
    }

    /// An interaction with its feedback. `None`: there is no such interaction.
    pub fn find(&self, id: Uuid) -> Result<Option<Found>, Error> {
        Ok(self.interaction(id)?.map(|found| self.with_feedback(found)))
    }

    /// A page of interactions with their feedback, newest first.
    pub fn page(&self, query: &PageQuery) -> Result<FoundPage, Error> {
        let page = self.archive.page(query)?;
        let found = page.interactions.into_iter();
        Ok(FoundPage {
            found: found.map(|one| self.with_feedback(one)).collect(),
            next: page.next,
        })
    }

    fn with_feedback(&self, mut interaction: Interaction) -> Found {
        let said = self.feedback.of(interaction.id).unwrap_or_default();
        interaction.is_useful = said.is_useful.or(interaction.is_useful);
        interaction.user_feedback = said.user_feedback.or(interaction.user_feedback);
        Found {
            interaction,
            corrections: said.corrections,
        }
    }

    fn interaction(&self, id: Uuid) -> Result<Option<Interaction>, Error> {
        self.archive.find(id)
    }

    /// Takes in what other processes were told since.
    pub fn refresh(&self) -> Result<(), Error> {
        let _order = self.feedback_order.lock().expect("no panic holds it");
        if self.feedback.refresh()? {
            let corrections = self.feedback.corrections().into_iter().collect();
            *self.corrections.write().expect("no panic holds it") = Arc::new(corrections);
        }
        Ok(())
    }

    /// Whether the data directory can be read.
    pub fn check(&self) -> Result<(), Error> {
        segments(&self.data, Kind::Interactions).map(|_| ())
    }

    /// Totals, in constant time. Corrections are counted as they hold for a caller; `None`: everybody's.
    pub fn totals(&self, reads_only: Option<&str>) -> Totals {
        let corrections = self.corrections();
        let corrected = match reads_only {
            None => corrections.len(),
            some => corrections.of(some).len(),
        };
        let totals = self.interactions.totals();
        let sum = totals.sum;
        Totals {
            total_interactions: sum.records,
            total_logs_analyzed: sum.logs,
            total_failures_detected: sum.failures,
            data_file: totals.active.display().to_string(),
            data_file_size_mb: (sum.bytes as f64 / 1e6 * 1000.0).round() / 1000.0,
            segments: totals.segments,
            uncounted_segments: totals.uncounted,
            damaged_lines: sum.damaged,
            corrected_templates: corrected as u64,
            oldest: sum.first,
        }
    }

    /// How much is kept, for who decides when to train.
    pub fn figures(&self) -> Figures {
        Figures {
            interactions: self.interactions.totals().sum.records,
            said: self.feedback.figures(),
        }
    }

    /// Ends the writers after what waits is written.
    pub fn close(&self) {
        self.interactions.close();
        self.feedback.close();
    }
}

/// Whether a template says anything: what has no word of its own fits every message.
fn has_words(template: &str) -> bool {
    template
        .split("<*>")
        .any(|part| part.contains(char::is_alphabetic))
}
