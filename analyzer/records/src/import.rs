//! Import of JSON Lines in the documented format, of this tool or an older one.
//!
//! A line that is no record is reported and kept in the quarantine; importing the same lines again stores nothing twice:
//! a record is known by its id, or by the digest of its line if it has none.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::archive::id_of_line;
use crate::blob;
use crate::crc::{self, Check};
use crate::erase::Watch;
use crate::error::Error;
use crate::files;
use crate::interaction::{Interaction, SCHEMA};
use crate::layout::{DataDir, Kind};
use crate::store::{Facts, Options, Record, Store, for_each_line, read_segment, segments};

/// Name of the importing process among the writers.
const WRITER: &str = "import";

/// Records that are committed together.
const BATCH_RECORDS: usize = 500;

/// Bytes of logs that are committed together.
const BATCH_BYTES: usize = 16 << 20;

/// Lines that a report names; the others are counted.
const MAX_REJECTED_NAMED: usize = 1000;

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ImportReport {
    /// Records stored.
    pub imported: u64,
    /// Records that were there already.
    pub already_there: u64,
    /// Records that were erased: they do not come back.
    pub erased: u64,
    /// Lines that are no record.
    pub rejected: u64,
    /// Which, and why; at most 1,000.
    pub rejected_lines: Vec<Rejected>,
    /// Where the rejected lines are kept.
    pub kept_in: Option<PathBuf>,
}

/// A line that is no record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rejected {
    /// From 1.
    pub line: u64,
    /// Why.
    pub problem: String,
}

/// A record with the fields that this version does not know.
#[derive(Serialize)]
#[serde(transparent)]
struct Imported {
    object: Value,
    #[serde(skip)]
    facts: Facts,
}

impl Record for Imported {
    fn facts(&self) -> Facts {
        self.facts.clone()
    }
}

/// Imports what `lines` gives; `source` is for messages. `redact` sees each record's object before anything of it is
/// stored.
pub fn import(
    data: &DataDir,
    source: &Path,
    lines: impl Read,
    mut redact: impl FnMut(&mut Value),
) -> Result<ImportReport, Error> {
    let mut report = ImportReport::default();
    let mut known = known_ids(data)?;
    let erased = Watch::new(data);
    let options = Options {
        background: false,
        ..Options::default()
    };
    let store = Store::open(data, Kind::Interactions, WRITER, options)?;
    let (mut batch, mut bytes) = (vec![], 0);
    let mut kept: Vec<u8> = vec![];
    for_each_line(lines, source, |line| {
        if line.is_blank() {
            return Ok(());
        }
        let record = if line.is_too_long() {
            Err("it is longer than any record".to_owned())
        } else {
            read(data, line.bytes, &mut redact)
        };
        match record {
            Ok((_, interaction)) if is_erased(&erased, &interaction)? => {
                if let Some(name) = &interaction.log_blob {
                    files::remove(data.fs(), &blob::path(data, name)?)?;
                }
                report.erased += 1;
            }
            Ok((record, interaction)) if known.insert(interaction.id) => {
                bytes += line.bytes.len();
                batch.push(record);
                if batch.len() >= BATCH_RECORDS || bytes >= BATCH_BYTES {
                    store.append_all(&batch)?;
                    report.imported += batch.len() as u64;
                    batch.clear();
                    bytes = 0;
                }
            }
            Ok(_) => report.already_there += 1,
            Err(problem) => {
                kept.extend_from_slice(line.bytes);
                kept.push(b'\n');
                report.rejected += 1;
                if report.rejected_lines.len() < MAX_REJECTED_NAMED {
                    let line = line.number;
                    report.rejected_lines.push(Rejected { line, problem });
                }
            }
        }
        Ok(())
    })?;
    store.append_all(&batch)?;
    report.imported += batch.len() as u64;
    store.seal();
    store.housekeep();
    if !kept.is_empty() {
        report.kept_in = Some(keep(data, &kept)?);
    }
    Ok(report)
}

fn is_erased(erased: &Watch, interaction: &Interaction) -> Result<bool, Error> {
    let subject = interaction.subject.as_deref();
    Ok(erased
        .now()?
        .is_erased(interaction.id, subject, interaction.timestamp))
}

/// The same lines are kept once.
fn keep(data: &DataDir, lines: &[u8]) -> Result<PathBuf, Error> {
    let digest = Sha256::digest(lines);
    let name: String = digest[..8].iter().map(|b| format!("{b:02x}")).collect();
    let path = data
        .quarantine(Kind::Interactions)
        .join(format!("import-{name}.rejected"));
    files::write_atomic_on(data.fs(), &path, lines)?;
    Ok(path)
}

fn known_ids(data: &DataDir) -> Result<HashSet<Uuid>, Error> {
    #[derive(Deserialize)]
    struct Head {
        timestamp: DateTime<Utc>,
        #[serde(default)]
        id: Uuid,
    }
    let mut known = HashSet::new();
    for segment in segments(data, Kind::Interactions)? {
        read_segment::<Head>(&segment, |line| {
            known.insert(match line.record.id {
                id if id.is_nil() => id_of_line(line.record.timestamp, line.raw),
                id => id,
            });
            Ok(())
        })?;
    }
    Ok(known)
}

fn read(
    data: &DataDir,
    line: &[u8],
    redact: &mut impl FnMut(&mut Value),
) -> Result<(Imported, Interaction), String> {
    if crc::check(line) == Check::Wrong {
        return Err("its checksum is wrong: it was changed or damaged".to_owned());
    }
    let mut object: Value =
        serde_json::from_slice(line).map_err(|error| format!("it is no JSON: {error}"))?;
    let fields = object.as_object_mut().ok_or("it is no JSON object")?;
    fields.remove("crc");
    let time = time(fields)?;
    let time_text = time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    fields.insert("timestamp".to_owned(), Value::String(time_text));
    fields.retain(|_, value| !value.is_null());
    redact(&mut object);
    let mut interaction: Interaction = serde_json::from_value(object.clone())
        .map_err(|error| format!("a field has another type: {error}"))?;
    if interaction.id.is_nil() {
        interaction.id = id_of_line(time, line);
    }
    interaction.schema = SCHEMA;
    if let Some(name) = &interaction.log_blob {
        let path = blob::path(data, name).map_err(|error| error.to_string())?;
        if data.fs().stat(&path).is_err() {
            let path = path.display();
            return Err(format!(
                "its log is in a blob that is not here: put it at {path}"
            ));
        }
    }
    blob::spill(data, &mut interaction).map_err(|error| error.to_string())?;
    let mut stored = serde_json::to_value(&interaction).map_err(|error| error.to_string())?;
    add_missing(&mut stored, object);
    let facts = interaction.facts();
    let record = Imported {
        object: stored,
        facts,
    };
    Ok((record, interaction))
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
