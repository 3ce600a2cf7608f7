//! A record as the store writes it, field by field and without a copy of its log.
//!
//! Only for lines whose checksum is right: they are what a serializer of ours wrote, so that skipping need not validate.
//! Whatever looks otherwise (white space, other types) is left to the general reader: `None`.

use serde::Deserialize;

use super::record::{Group, Log, Record, Results, Stats};

/// Reads the line of a record.
pub(super) fn record(line: &str) -> Option<Record<'_>> {
    let mut found = Record::default();
    let mut timestamp = None;
    let end = fields(line, 0, |key, at| {
        let end = match key {
            "log_content" => {
                let end = string_end(line.as_bytes(), at)?;
                found.log_content = Log::Escaped(&line[at..end]);
                end
            }
            "analysis_results" => results(line, at, &mut found.analysis_results)?,
            "timestamp" => value(line, at, &mut timestamp)?,
            "user_feedback" => value(line, at, &mut found.user_feedback)?,
            "is_useful" => value(line, at, &mut found.is_useful)?,
            "id" => value(line, at, &mut found.id)?,
            "subject" => value(line, at, &mut found.subject)?,
            "model_version" => value(line, at, &mut found.model_version)?,
            "log_blob" => value(line, at, &mut found.log_blob)?,
            _ => skip(line.as_bytes(), at)?,
        };
        Some(end)
    })?;
    found.timestamp = timestamp?;
    (end == line.len()).then_some(found)
}

fn results<'a>(line: &'a str, at: usize, found: &mut Results<'a>) -> Option<usize> {
    fields(line, at, |key, at| match key {
        "stats" => stats(line, at, &mut found.stats),
        "failures" => {
            let parsed = serde_json::Deserializer::from_str(&line[at..]);
            let mut parsed = parsed.into_iter::<Vec<Group<'a>>>();
            found.failures = parsed.next()?.ok()?;
            Some(at + parsed.byte_offset())
        }
        _ => skip(line.as_bytes(), at),
    })
}

fn stats<'a>(line: &'a str, at: usize, found: &mut Stats<'a>) -> Option<usize> {
    fields(line, at, |key, at| match key {
        "total_lines" => value(line, at, &mut found.total_lines),
        "total_entries" => value(line, at, &mut found.total_entries),
        "format" => value(line, at, &mut found.format),
        "format_forced" => value(line, at, &mut found.format_forced),
        "failure_groups_left_out" => value(line, at, &mut found.failure_groups_left_out),
        "transactions" => value(line, at, &mut found.transactions),
        _ => skip(line.as_bytes(), at),
    })
}

/// Calls `each` with the name of each field of the object at `at` and where its value begins; it says where that ends.
/// Where the object ends.
fn fields<'a>(
    line: &'a str,
    at: usize,
    mut each: impl FnMut(&'a str, usize) -> Option<usize>,
) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut at = at + 1;
    if bytes.get(at - 1) != Some(&b'{') {
        return None;
    }
    if bytes.get(at) == Some(&b'}') {
        return Some(at + 1);
    }
    loop {
        let end = string_end(bytes, at)?;
        if bytes.get(end) != Some(&b':') {
            return None;
        }
        let after = each(&line[at + 1..end - 1], end + 1)?;
        match bytes.get(after)? {
            b',' => at = after + 1,
            b'}' => return Some(after + 1),
            _ => return None,
        }
    }
}

/// Reads a short value.
fn value<'a, T: Deserialize<'a>>(line: &'a str, at: usize, to: &mut T) -> Option<usize> {
    let end = skip(line.as_bytes(), at)?;
    *to = serde_json::from_str(&line[at..end]).ok()?;
    Some(end)
}

/// Where the value at `at` ends.
fn skip(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => string_end(bytes, at),
        b'{' | b'[' => {
            let (mut depth, mut at) = (1_usize, at + 1);
            while depth > 0 {
                match bytes.get(at)? {
                    b'"' => {
                        at = string_end(bytes, at)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
            }
            Some(at)
        }
        _ => {
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']');
            bytes[at..].iter().position(ends).map(|length| at + length)
        }
    }
}

/// Where the string at `at` ends, its quotes included.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AnalysisResults, AnalysisStats, Failure, Interaction, Transaction, Transactions};

    fn interaction() -> Interaction {
        Interaction {
            log_content: "one \"quoted\" \\\r\ntwo\n".to_owned(),
            user_query: "{[\"\\".to_owned(),
            model_version: "v1".to_owned(),
            subject: Some("ann".to_owned()),
            user_feedback: Some("a \"b\"".to_owned()),
            is_useful: Some(false),
            analysis_results: AnalysisResults {
                stats: AnalysisStats {
                    total_lines: 2,
                    format: "pipe".to_owned(),
                    levels: [("]}".to_owned(), 3)].into(),
                    warnings: vec!["\"]".to_owned()],
                    transactions: Some(Transactions {
                        total: 7,
                        failing: vec![Transaction {
                            id: "}\"]".to_owned(),
                            ..Transaction::default()
                        }],
                        ..Transactions::default()
                    }),
                    ..AnalysisStats::default()
                },
                failures: vec![Failure::default(), Failure::default()],
                ..AnalysisResults::default()
            },
            ..Interaction::default()
        }
    }

    #[test]
    fn it_reads_what_the_general_reader_does() {
        for interaction in [interaction(), Interaction::default()] {
            let line = serde_json::to_string(&interaction).unwrap();
            let fast = record(&line).expect("it is as the store writes it");
            let general: Record<'_> = serde_json::from_str(&line).unwrap();
            let has = interaction.analysis_results.stats.transactions.is_some();
            assert_eq!(fast.analysis_results.stats.has_transactions(), has);
            let log = fast.log_content.text().unwrap();
            assert_eq!(log, interaction.log_content);
            let told = |record: &Record<'_>| {
                let stats = &record.analysis_results.stats;
                let counted = (
                    stats.total_lines,
                    stats.format.to_string(),
                    stats.has_transactions(),
                );
                let failures = record.analysis_results.failures.len();
                let texts = [&record.user_feedback, &record.subject];
                let texts = texts.map(|text| text.as_deref().map(str::to_owned));
                (
                    counted,
                    failures,
                    texts,
                    record.is_useful,
                    record.id,
                    record.timestamp,
                )
            };
            assert_eq!(told(&fast), told(&general));
            // Cut anywhere, it is none.
            for end in 0..line.len() {
                assert!(record(&line[..end]).is_none(), "{end}");
            }
        }
    }

    #[test]
    fn what_looks_otherwise_is_left_to_the_general_reader() {
        let line = serde_json::to_string(&interaction()).unwrap();
        for odd in [
            line.replacen(",\"", ", \"", 1),
            line.replacen("\"log_content\":\"", "\"log_content\":7,\"x\":\"", 1),
            line.replacen("\"total_lines\":2", "\"total_lines\":-2", 1),
            line.replacen("\"timestamp\"", "\"time\"", 1),
            format!("{line} "),
            "[]".to_owned(),
            "{}".to_owned(),
        ] {
            assert!(record(&odd).is_none(), "{odd}");
        }
    }
}
