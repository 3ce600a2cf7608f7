use logloop_logs::{Summary, mine, parse_each};
use logloop_scoring::sequence::{Check, Histogram, SEQUENCE_SCHEMA, TRUST};

use super::*;

/// Sessions of four entries; the second names whoever it is, of whom the model knows one.
fn model() -> SequenceModel {
    let all = 400 * TRUST;
    let count = || Histogram(vec![(1, all)]);
    SequenceModel {
        schema: SEQUENCE_SCHEMA,
        template_version: logloop_logs::TEMPLATE_VERSION,
        templates: ["opened", "user alice logged in", "shipped", "closed"]
            .map(|said| logloop_logs::template(&format!("[req-1] {said}")).text)
            .to_vec(),
        kinds: vec![Kind {
            weight: all,
            sequences: 400,
            core: vec![0, 1, 2, 3],
            templates: (0..4).map(|template| (template, count())).collect(),
            begins: vec![(0, all)],
            ends: vec![(3, all)],
            lengths: Histogram(vec![(4, all)]),
            thresholds: [Check::NewTemplate, Check::TooOften, Check::Missing]
                .map(|check| (check, 0.004))
                .into(),
            ..Kind::default()
        }],
    }
}

fn judged(log: &str) -> (Vec<Anomaly>, SequenceCounts) {
    let model = model();
    let matcher = model.matcher();
    let mut sequences = Sequences::new((&model, &matcher));
    let mut texts = Texts::new();
    let _: Summary = parse_each(log, None, |entry| {
        let text = texts.add(&entry.message, entry.line_start);
        sequences.push(&entry, text, entry.message.contains("boom"), &texts);
    });
    sequences.finish(&texts, &mine(&texts))
}

fn log(orders: &[&[&str]]) -> String {
    orders
        .iter()
        .enumerate()
        .flat_map(|(n, said)| {
            said.iter()
                .map(move |said| format!("2026-11-22 10:00:00 INFO shop: [req-{n}] {said}\n"))
        })
        .collect()
}

const NORMAL: [&str; 4] = ["opened", "user alice logged in", "shipped", "closed"];

#[test]
fn odd_ones_are_told_and_those_with_the_same_reasons_are_one() {
    let odd = ["opened", "user alice logged in", "closed"];
    let (found, counts) = judged(&log(&[&NORMAL, &odd, &NORMAL, &odd, &NORMAL, &NORMAL]));
    assert_eq!(
        (counts.checked, counts.anomalous, counts.unknown),
        (6, 2, 0),
        "{found:#?}"
    );
    assert_eq!(found.len(), 1, "{found:#?}");
    let one = &found[0];
    assert_eq!((one.count, one.line, one.line_end), (2, 5, 7));
    assert_eq!((one.lines.as_slice(), one.entries), (&[5, 12][..], 3));
    assert_eq!(one.transaction_id.as_deref(), Some("req-1"));
    assert!(
        one.reasons[0].text.contains("is missing, which all 400"),
        "{one:?}"
    );
    let template = one.reasons[0].template.as_deref();
    assert_eq!(template, Some(model().templates[2].as_str()));
}

#[test]
fn a_word_that_varies_here_is_no_new_template() {
    let by = |name: &str| {
        [
            "opened".to_owned(),
            format!("user {name} logged in"),
            "shipped".into(),
            "closed".into(),
        ]
    };
    let names = ["bob", "carol", "dave", "erin", "frank", "grace"];
    let orders: Vec<[String; 4]> = names.into_iter().map(by).collect();
    let orders: Vec<Vec<&str>> = orders
        .iter()
        .map(|order| order.iter().map(String::as_str).collect())
        .collect();
    let orders: Vec<&[&str]> = orders.iter().map(Vec::as_slice).collect();
    let (found, counts) = judged(&log(&orders));
    assert_eq!((found, counts.anomalous), (vec![], 0));
    let (found, _) = judged(&log(&[
        &NORMAL,
        &["opened", "teapot", "shipped", "closed"],
        &NORMAL,
        &NORMAL,
    ]));
    assert!(
        found[0]
            .reasons
            .iter()
            .any(|reason| reason.check == "new_template"
                && reason.text.contains("teapot\"")
                && reason.line == Some(6)),
        "{found:#?}"
    );
}

#[test]
fn those_that_failed_come_after_those_of_which_nothing_else_tells() {
    let failed = [
        "opened",
        "user alice logged in",
        "boom",
        "shipped",
        "closed",
    ];
    let odd = ["opened", "user alice logged in", "closed"];
    let (found, _) = judged(&log(&[&NORMAL, &failed, &odd, &NORMAL, &NORMAL]));
    let told: Vec<_> = found
        .iter()
        .map(|one| (one.line, one.has_failure))
        .collect();
    assert_eq!(told, [(10, false), (5, true)]);
}

#[test]
fn of_other_programs_nothing_is_said() {
    let other = ["a", "b", "c", "closed"];
    let (found, counts) = judged(&log(&[&other, &other, &other]));
    assert_eq!((found, counts.checked, counts.unknown), (vec![], 0, 3));
}

#[test]
fn what_is_listed_is_bounded_and_all_are_counted() {
    let words: Vec<String> = (0..MAX_ODD as u32 + 500)
        .map(|n| {
            let word = (0..4).map(|place| char::from(b'a' + (n >> (4 * place) & 15) as u8));
            format!("{} happened", word.collect::<String>())
        })
        .collect();
    let orders: Vec<Vec<&str>> = words
        .iter()
        .map(|word| {
            vec![
                "opened",
                "user alice logged in",
                word,
                "shipped",
                "closed",
                "closed",
            ]
        })
        .collect();
    let orders: Vec<&[&str]> = orders.iter().map(Vec::as_slice).collect();
    let (found, counts) = judged(&log(&orders));
    assert_eq!(counts.anomalous, MAX_ODD as u64 + 500);
    assert!(found.len() <= anomaly::MAX_ANOMALIES, "{}", found.len());
}
