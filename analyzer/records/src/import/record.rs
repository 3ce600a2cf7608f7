//! A line of an import as a record.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::ids::Ids;
use super::redact::Redact;
use crate::archive::id_of_line;
use crate::blob;
use crate::crc::{self, Check};
use crate::erase::Watch;
use crate::error::{Context, Error};
use crate::files;
use crate::interaction::{Interaction, SCHEMA};
use crate::layout::DataDir;
use crate::store::{Facts, MAX_RECORD_BYTES, Record};

/// Bytes that the store adds to a record: its checksum.
const CHECKSUM_BYTES: usize = 32;

/// A record with the fields that this version does not know.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Imported {
    object: Value,
    #[serde(skip)]
    facts: Facts,
}

impl Record for Imported {
    fn facts(&self) -> Facts {
        self.facts.clone()
    }
}

/// What becomes of a line that is a record.
pub(super) enum Read {
    /// It is to be stored.
    New(Imported),
    /// It is there already.
    There,
    /// It was erased, and does not come back.
    Erased,
}

/// Why a line is not imported.
pub(super) enum Problem {
    /// It is no record, and why; the words may hold parts of it.
    Line(String),
    /// Its log cannot be stored: nothing more can.
    Store(Error),
}

impl From<String> for Problem {
    fn from(words: String) -> Self {
        Self::Line(words)
    }
}

impl From<&str> for Problem {
    fn from(words: &str) -> Self {
        Self::Line(words.to_owned())
    }
}

/// Reads lines of one source into a store.
pub(super) struct Reader<'a, R> {
    pub(super) data: &'a DataDir,
    pub(super) source: &'a Path,
    pub(super) redact: &'a R,
    pub(super) erased: &'a Watch,
}

impl<R: Redact> Reader<'_, R> {
    /// The record of a line, redacted, its log spilled if it is large.
    pub(super) fn read(&self, line: &[u8], ids: &mut Ids) -> Result<Read, Problem> {
        if crc::check(line) == Check::Wrong {
            return Err("its checksum is wrong: it was changed or damaged".into());
        }
        let mut object: Value =
            serde_json::from_slice(line).map_err(|error| format!("it is no JSON: {error}"))?;
        let fields = object.as_object_mut().ok_or("it is no JSON object")?;
        fields.remove("crc");
        let time = time(fields)?;
        let time_text = time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        fields.insert("timestamp".to_owned(), Value::String(time_text));
        fields.retain(|_, value| !value.is_null());
        let own = fields.get("id").and_then(Value::as_str);
        let own = own.and_then(|id| Uuid::parse_str(id).ok());
        let by_line = id_of_line(time, line);
        let id = own.filter(|id| !id.is_nil()).unwrap_or(by_line);
        if ids.has(id) {
            return Ok(Read::There);
        }
        // Before its log is looked for: what is erased must not end in the quarantine either.
        if self.is_erased(id, fields, time).map_err(Problem::Store)? {
            return Ok(Read::Erased);
        }
        if let Some(name) = fields.remove("log_blob") {
            let log = self.blob(&name)?;
            fields.insert("log_content".to_owned(), Value::String(log));
        }
        let replaced = self.redact.record(&mut object);
        let mut interaction: Interaction = serde_json::from_value(object.clone())
            .map_err(|error| format!("a field has another type: {error}"))?;
        if interaction.id.is_nil() {
            interaction.id = match replaced {
                false => by_line,
                true => {
                    let anonymous = self.redact.anonymous(&object.to_string());
                    ids.redacted(time, by_line, &anonymous)
                }
            };
        }
        if ids.has(interaction.id) {
            return Ok(Read::There);
        }
        // Its id may be known only now.
        let erased = self.erased.now().map_err(Problem::Store)?;
        if erased.has_id(interaction.id) {
            return Ok(Read::Erased);
        }
        let imported = self.stored(interaction, object)?;
        ids.add(imported.facts.id);
        Ok(Read::New(imported))
    }

    /// Whether a record was erased; a log of it that is left here goes.
    fn is_erased(
        &self,
        id: Uuid,
        fields: &Map<String, Value>,
        time: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let subject = fields.get("subject").and_then(Value::as_str);
        if !self.erased.now()?.is_erased(id, subject, time) {
            return Ok(false);
        }
        if let Some(name) = fields.get("log_blob").and_then(Value::as_str) {
            files::remove(self.data.fs(), &blob::path(self.data, name)?)?;
        }
        Ok(true)
    }

    fn stored(&self, mut interaction: Interaction, object: Value) -> Result<Imported, Problem> {
        interaction.schema = SCHEMA;
        let log = interaction.log_content.len();
        if log > blob::MAX_LOG_BYTES {
            let bound = blob::MAX_LOG_BYTES;
            return Err(format!("its log has {log} bytes, the bound is {bound}").into());
        }
        let spilled = log > blob::MAX_INLINE_LOG_BYTES;
        blob::spill(self.data, &mut interaction).map_err(Problem::Store)?;
        let mut stored = serde_json::to_value(&interaction).map_err(|error| error.to_string())?;
        add_missing(&mut stored, object);
        let bytes = stored.to_string().len() + CHECKSUM_BYTES;
        if bytes > MAX_RECORD_BYTES {
            if let (true, Some(name)) = (spilled, &interaction.log_blob) {
                let path = blob::path(self.data, name).map_err(Problem::Store)?;
                // Else retention removes it.
                let _ = self.data.fs().remove_file(&path);
            }
            return Err(format!("it has {bytes} bytes, the bound is {MAX_RECORD_BYTES}").into());
        }
        Ok(Imported {
            object: stored,
            facts: interaction.facts(),
        })
    }

    /// The log in a blob: of the data directory that the source is of, or of this one.
    fn blob(&self, name: &Value) -> Result<String, String> {
        let name = name.as_str().ok_or("the name of its blob is no text")?;
        let here = blob::path(self.data, name).map_err(|error| error.to_string())?;
        let path = self.beside(name).unwrap_or_else(|| here.clone());
        if self.data.fs().stat(&path).is_err() {
            let here = here.display();
            return Err(format!(
                "its log is in a blob that is not here: put it at {here}, or in a folder `blobs` beside the file"
            ));
        }
        let mut log = String::new();
        let read = blob::open(self.data, &path)
            .and_then(|mut blob| blob.read_to_string(&mut log).context("read", &path));
        read.map_err(|error| format!("its log cannot be read: {error}"))?;
        if log.len() >= blob::MAX_LOG_BYTES {
            return Err(format!("its log has {} bytes or more", blob::MAX_LOG_BYTES));
        }
        Ok(log)
    }

    /// The blob beside an active or a sealed segment.
    fn beside(&self, name: &str) -> Option<PathBuf> {
        let folder = self.source.parent()?;
        let places = [folder.join("blobs"), folder.join("../blobs")];
        let mut paths = places.iter().map(|place| place.join(name));
        paths.find(|path| self.data.fs().stat(path).is_ok())
    }
}

/// The record's time; one without a zone is taken as UTC.
fn time(fields: &Map<String, Value>) -> Result<DateTime<Utc>, String> {
    let text = fields.get("timestamp").and_then(Value::as_str);
    let text = text.ok_or("it has no timestamp")?;
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    let naive = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    naive
        .map(|time| time.and_utc())
        .ok_or(format!("its timestamp {text:?} is no time"))
}

/// Adds the fields that this version does not know.
fn add_missing(to: &mut Value, from: Value) {
    match (to, from) {
        (Value::Object(to), Value::Object(from)) => {
            for (name, value) in from {
                match to.get_mut(&name) {
                    Some(known) => add_missing(known, value),
                    None => {
                        to.insert(name, value);
                    }
                }
            }
        }
        (Value::Array(to), Value::Array(from)) if to.len() == from.len() => {
            for (to, from) in to.iter_mut().zip(from) {
                add_missing(to, from);
            }
        }
        _ => {}
    }
}
