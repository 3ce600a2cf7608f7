//! The data set: an immutable folder of Parquet parts and a manifest with the digest of each.

mod make;
mod manifest;
mod read;
mod sequences;
mod write;

pub use make::make;
pub(crate) use manifest::hex;
pub use manifest::{
    DATASET_SCHEMA, DatasetManifest, OLDEST_READ_SCHEMA, Part, Problem, SourceFile,
    digest_of_parts, is_dataset_id,
};
pub use read::{for_each_example, newest, read, read_manifest, read_usable_manifest};
pub(crate) use read::{has_rows_of, sha256_of, sha256_of_file};
pub use sequences::{SEQUENCE_SCHEMA, for_each_sequence};
pub(crate) use write::PartWriter;

/// Columns of a part. The types are fixed, also when every value of a column is null. Patterns are a list: not every reader
/// knows maps.
pub const PARQUET_SCHEMA: &str = "
message training_example {
  required binary log_entry (STRING);
  optional binary component (STRING);
  optional binary operation (STRING);
  optional binary level (STRING);
  required boolean is_failure;
  required float severity;
  required group error_patterns (LIST) {
    repeated group list {
      required group element {
        required binary pattern (STRING);
        required int32 count;
      }
    }
  }
  required group keywords (LIST) {
    repeated group list {
      required binary element (STRING);
    }
  }
  optional binary timestamp (STRING);
  optional binary transaction_id (STRING);
  required binary source (STRING);
  optional int64 interaction_timestamp (TIMESTAMP(MILLIS,true));
  required binary label_source (STRING);
  required float weight;
  required binary template (STRING);
  optional binary interaction_id (STRING);
  required int64 count;
  required boolean held_out;
  optional boolean is_useful;
  optional binary user_feedback (STRING);
  optional binary contributor (STRING);
  optional binary before_template (STRING);
  optional binary before_level (STRING);
  optional int64 said_at (TIMESTAMP(MILLIS,true));
}
";

/// Name of the data card in a data set's folder.
pub const CARD_FILE: &str = "README.md";

/// Name of the manifest in a data set's folder.
pub const MANIFEST_FILE: &str = "dataset.json";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{LabelSource, TrainingExample};

    fn example(number: usize) -> TrainingExample {
        let odd = number % 2 == 1;
        TrainingExample {
            log_entry: format!("entry {number} ⏎ ünï"),
            component: odd.then(|| "db".to_owned()),
            operation: None,
            level: odd.then(|| "ERROR".to_owned()),
            is_failure: odd,
            severity: number as f32 / 10.0,
            error_patterns: (0..number as u32 % 3)
                .map(|n| (format!("p{n}"), n))
                .collect::<BTreeMap<_, _>>(),
            keywords: (0..number % 3).map(|n| format!("k{n}")).collect(),
            timestamp: None,
            transaction_id: odd.then(|| "t".to_owned()),
            source: "chat_interaction".to_owned(),
            interaction_timestamp: odd
                .then(|| chrono::DateTime::from_timestamp_millis(1_800_000_000_123).unwrap()),
            label_source: if odd {
                LabelSource::Correction
            } else {
                LabelSource::Rule
            },
            weight: 1.5,
            template: "entry <*>".to_owned(),
            interaction_id: None,
            count: number as u64,
            held_out: odd,
            is_useful: odd.then_some(number > 3),
            user_feedback: odd.then(|| "so so".to_owned()),
            contributor: odd.then(|| "0123456789abcdef".to_owned()),
            before_template: odd.then(|| "asked for <*>".to_owned()),
            before_level: odd.then(|| "INFO".to_owned()),
            said_at: odd
                .then(|| chrono::DateTime::from_timestamp_millis(1_800_000_000_456).unwrap()),
        }
    }

    fn write_part(path: &std::path::Path, examples: &[TrainingExample]) {
        let mut writer = PartWriter::new(path).unwrap();
        for rows in examples.chunks(4) {
            writer.rows(rows).unwrap();
        }
        let written = writer.finish().unwrap();
        assert_eq!(written.sha256, sha256_of_file(path).unwrap());
        assert_eq!(written.bytes, std::fs::metadata(path).unwrap().len());
    }

    #[test]
    fn what_is_written_is_read() {
        for rows in [0, 1, 7] {
            let examples: Vec<_> = (0..rows).map(example).collect();
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("part-00000.parquet");
            write_part(&path, &examples);
            let mut read = vec![];
            read::each(&path, &[], |example| read.push(example)).unwrap();
            assert_eq!(read, examples);
        }
    }

    #[test]
    fn columns_that_are_left_out_are_empty() {
        let examples: Vec<_> = (0..5).map(example).collect();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("part-00000.parquet");
        write_part(&path, &examples);
        let without = [
            "log_entry",
            "error_patterns",
            "keywords",
            "source",
            "user_feedback",
        ];
        let mut read = vec![];
        read::each(&path, &without, |example| read.push(example)).unwrap();
        let expect = |example: TrainingExample| TrainingExample {
            log_entry: String::new(),
            error_patterns: BTreeMap::new(),
            keywords: vec![],
            source: String::new(),
            user_feedback: None,
            ..example
        };
        assert_eq!(read, examples.into_iter().map(expect).collect::<Vec<_>>());
        let error = read::each(&path, &["template"], |_| {}).unwrap_err();
        assert!(
            error.to_string().contains("row 0 is no training example"),
            "{error}"
        );
    }

    /// The layouts before contributors, before neighbours and before times of what is said: the same columns without the last ones.
    #[test]
    fn parts_of_the_layouts_before_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("part-00000.parquet");
        let examples: Vec<_> = (0..3).map(example).collect();
        write_part(&path, &examples);
        for (columns, has_contributor, has_neighbours) in
            [(4, false, false), (3, true, false), (1, true, true)]
        {
            let kept = PARQUET_SCHEMA.trim_end().lines().count() - 1 - columns;
            let lines = PARQUET_SCHEMA.trim_end().lines().take(kept);
            let without = lines.chain(["}"]).collect::<Vec<_>>().join("\n");
            let schema = parquet::schema::parser::parse_message_type(&without).unwrap();
            let file = std::fs::File::open(&path).unwrap();
            let reader = parquet::file::reader::SerializedFileReader::new(file).unwrap();
            let rows =
                parquet::file::reader::FileReader::get_row_iter(&reader, Some(schema)).unwrap();
            let read: Vec<_> = rows
                .map(|row| read::example(&row.unwrap(), &[]).unwrap())
                .collect();
            let expect = |example: &TrainingExample| TrainingExample {
                contributor: example.contributor.clone().filter(|_| has_contributor),
                before_template: example.before_template.clone().filter(|_| has_neighbours),
                before_level: example.before_level.clone().filter(|_| has_neighbours),
                said_at: None,
                ..example.clone()
            };
            assert_eq!(read, examples.iter().map(expect).collect::<Vec<_>>());
        }
        for (schema, readable) in [(1, false), (2, true), (4, true), (5, true), (6, false)] {
            let manifest = serde_json::json!({
                "schema": schema, "id": "a", "digest": "", "created": "2026-11-22T10:00:00Z",
                "template_version": 1, "examples": 0, "failures": 0, "interactions": 0,
                "corrections": 0, "held_out": 0, "by_label_source": {}, "by_component": {},
                "left_out": {}, "parts": [], "segments": [],
            });
            let manifest: DatasetManifest = serde_json::from_value(manifest).unwrap();
            assert_eq!(manifest.is_readable(), readable, "{schema}");
        }
    }

    #[test]
    fn the_same_examples_give_the_same_bytes() {
        let examples: Vec<_> = (0..9).map(example).collect();
        let dir = tempfile::tempdir().unwrap();
        let bytes = |name: &str| {
            let path = dir.path().join(name);
            write_part(&path, &examples);
            std::fs::read(path).unwrap()
        };
        assert_eq!(bytes("a"), bytes("b"));
    }
}
