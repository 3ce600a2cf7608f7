//! Reading what is stored: one interaction, pages of them, and a part of a log.
//!
//! The first look into a segment reads it and remembers where its records begin; later ones read only what they return.

mod index;
mod log;

use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::erase::{Erased, Watch};
use crate::error::{Context, Error};
use crate::filesystem::read_exact_at;
use crate::interaction::Interaction;
use crate::layout::{DataDir, Kind};
use crate::store::{Segment, SegmentMeta, meta, segments};
pub use index::id_of_line;
use index::{Cache, Entry, Key, hash_of_subject};
pub use log::{LogRange, MAX_RANGE_BYTES, MAX_RANGE_LINES, log_range};

/// Interactions of one page.
pub const MAX_PAGE: usize = 200;

/// Looks for an interaction whose segment is rewritten meanwhile.
const MAX_LOOKS: usize = 3;

/// A record's own time is taken within this time of the one that its id carries.
const ID_SLACK: TimeDelta = TimeDelta::seconds(120);

/// Which interactions to list.
#[derive(Clone, Debug, Default)]
pub struct PageQuery {
    /// Where the page before ended; the newest without it.
    pub cursor: Option<String>,
    /// How many, 1 to [`MAX_PAGE`].
    pub limit: usize,
    /// Only those of this subject.
    pub subject: Option<String>,
}

/// What came of looking for an interaction.
enum Looked {
    At(Box<Interaction>),
    Nowhere,
    /// It was there when its segment was indexed.
    Rewritten,
}

/// A page, newest first.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// As stored; what was said about them is not merged in.
    pub interactions: Vec<Interaction>,
    /// Where the next page begins; `None`: this is the last.
    pub next: Option<String>,
}

/// Reads the interactions of a data directory. It needs no lock and sees what any process stores.
#[derive(Debug)]
pub struct Archive {
    data: DataDir,
    cache: Cache,
    /// By name: a sealed segment never changes, and its name never comes again.
    metas: Mutex<HashMap<String, Arc<SegmentMeta>>>,
    erased: Watch,
}

impl Archive {
    /// Of this data directory; nothing is read yet.
    pub fn new(data: &DataDir) -> Self {
        Self {
            data: data.clone(),
            cache: Cache::default(),
            metas: Mutex::default(),
            erased: Watch::new(data),
        }
    }

    /// The interaction with this id; `None`: there is none.
    pub fn find(&self, id: Uuid) -> Result<Option<Interaction>, Error> {
        let erased = self.erased.now()?;
        if erased.has_id(id) {
            return Ok(None);
        }
        let made = id.get_timestamp().and_then(|time| {
            let (seconds, nanos) = time.to_unix();
            DateTime::from_timestamp(seconds.cast_signed(), nanos)
        });
        for _ in 0..MAX_LOOKS {
            match self.look(id, made)? {
                Looked::At(found) => {
                    return Ok(Some(*found).filter(|found| !is_erased(&erased, found)));
                }
                Looked::Nowhere => return Ok(None),
                Looked::Rewritten => {}
            }
        }
        Ok(None)
    }

    fn look(&self, id: Uuid, made: Option<DateTime<Utc>>) -> Result<Looked, Error> {
        let mut looked = Looked::Nowhere;
        // The newest segments first: people talk about what they have just seen.
        for segment in segments(&self.data, Kind::Interactions)?.iter().rev() {
            if let (true, Some(made)) = (segment.sealed, made)
                && !covers(&*self.meta(segment)?, made)
            {
                continue;
            }
            let index = self.cache.of(segment)?;
            for entry in index.entries.iter().filter(|entry| entry.key.id == id) {
                match read(segment, entry)? {
                    Some(found) => return Ok(Looked::At(Box::new(found))),
                    None => looked = Looked::Rewritten,
                }
            }
        }
        Ok(looked)
    }

    /// A page of interactions by time and id, newest first. What is stored meanwhile moves no page.
    pub fn page(&self, query: &PageQuery) -> Result<Page, Error> {
        if !(1..=MAX_PAGE).contains(&query.limit) {
            return Err(Error::Invalid(format!(
                "a page has 1 to {MAX_PAGE} interactions"
            )));
        }
        let before = query.cursor.as_deref().map(Key::read).transpose()?;
        let erased = self.erased.now()?;
        let subject = query.subject.as_deref();
        let mut all = vec![];
        let listed = segments(&self.data, Kind::Interactions)?;
        self.forget_all_but(&listed);
        for segment in listed {
            let counts = if segment.sealed {
                self.meta(&segment)?
            } else {
                Arc::new(meta_of_active())
            };
            let wanted = subject.is_none_or(|subject| counts.may_have_subject(subject));
            let newest = counts.last.map_or(i64::MIN, |last| last.timestamp_micros());
            let oldest = counts
                .first
                .map_or(i64::MIN, |first| first.timestamp_micros());
            if wanted && before.is_none_or(|before| oldest <= before.time) {
                all.push((newest, segment));
            }
        }
        all.sort_by_key(|(newest, _)| std::cmp::Reverse(*newest));
        let hash = subject.map(hash_of_subject);
        // One more than asked for says whether there is a next page.
        let enough = query.limit + 1;
        let mut found: Vec<(Entry, usize)> = vec![];
        for (at, (newest, segment)) in all.iter().enumerate() {
            if found.len() >= enough && found[enough - 1].0.key.time > *newest {
                break;
            }
            let index = self.cache.of(segment)?;
            let fits = |entry: &&Entry| {
                before.is_none_or(|before| entry.key < before)
                    && hash.is_none_or(|hash| entry.subject == hash)
                    && !erased.has_id(entry.key.id)
            };
            found.extend(index.entries.iter().filter(fits).map(|entry| (*entry, at)));
            found.sort_by_key(|(entry, _)| std::cmp::Reverse(entry.key));
            found.truncate(enough);
        }
        let mut page = Page::default();
        if found.len() == enough {
            found.truncate(query.limit);
            page.next = found.last().map(|(entry, _)| entry.key.to_string());
        }
        for (entry, at) in &found {
            let interaction = read(&all[*at].1, entry)?;
            let is_theirs = |i: &Interaction| {
                (subject.is_none() || i.subject.as_deref() == subject) && !is_erased(&erased, i)
            };
            page.interactions.extend(interaction.filter(is_theirs));
        }
        Ok(page)
    }

    fn forget_all_but(&self, listed: &[Segment]) {
        let mut known = self.metas.lock().expect("no panic holds it");
        if known.len() > listed.len() {
            let there: HashSet<String> = listed.iter().map(Segment::name).collect();
            known.retain(|name, _| there.contains(name));
        }
    }

    fn meta(&self, segment: &Segment) -> Result<Arc<SegmentMeta>, Error> {
        let known = self.metas.lock().expect("no panic holds it");
        if let Some(meta) = known.get(&segment.name()) {
            return Ok(Arc::clone(meta));
        }
        drop(known);
        let counted = Arc::new(meta(segment)?);
        let mut known = self.metas.lock().expect("no panic holds it");
        known.insert(segment.name(), Arc::clone(&counted));
        Ok(counted)
    }
}

fn is_erased(erased: &Erased, interaction: &Interaction) -> bool {
    let subject = interaction.subject.as_deref();
    erased.is_erased(interaction.id, subject, interaction.timestamp)
}

/// An active segment may hold anything, and what is newest.
fn meta_of_active() -> SegmentMeta {
    SegmentMeta {
        last: Some(DateTime::<Utc>::MAX_UTC),
        more_subjects: true,
        ..SegmentMeta::default()
    }
}

fn covers(counts: &SegmentMeta, made: DateTime<Utc>) -> bool {
    match (counts.first, counts.last) {
        (Some(first), Some(last)) => (first - ID_SLACK..=last + ID_SLACK).contains(&made),
        _ => false,
    }
}

/// The record that an entry points to. `None`: retention removed it meanwhile, or it was damaged.
fn read(segment: &Segment, entry: &Entry) -> Result<Option<Interaction>, Error> {
    let Some((file, _)) = segment.handle()? else {
        return Ok(None);
    };
    // Rewritten since: the offsets are those of another file.
    if file.stat().context("read", &segment.path)?.id != segment.id {
        return Ok(None);
    }
    let mut line = vec![0; entry.length as usize];
    match read_exact_at(&*file, &mut line, entry.offset) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        done => done.context("read", &segment.path)?,
    }
    let Ok(mut interaction) = serde_json::from_slice::<Interaction>(&line) else {
        return Ok(None);
    };
    if !interaction.id.is_nil() && interaction.id != entry.key.id {
        return Ok(None);
    }
    interaction.id = entry.key.id;
    Ok(Some(interaction))
}
