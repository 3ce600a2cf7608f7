use std::collections::BTreeMap;

use super::*;

/// Templates of the small world: an order is opened, paid, and closed; sometimes its payment is tried again.
const NAMES: [&str; 6] = ["open", "pay", "retry", "close", "ship", "audit"];

/// Counted by hand: 2,000 orders `open, pay, (retry × 0..3), close`, of which 1,996 are shipped after that.
fn orders() -> Kind {
    let all = 2000 * TRUST;
    let always = |number| Histogram(vec![(number, all)]);
    let retries = Histogram(vec![(1, 100 * TRUST), (2, 20 * TRUST), (3, 10 * TRUST)]);
    let kind = Kind {
        weight: all,
        sequences: 2000,
        core: vec![0, 1, 3, 4],
        templates: vec![
            (0, always(1)),
            (1, always(1)),
            (2, retries),
            (3, always(1)),
            (4, Histogram(vec![(1, 1996 * TRUST)])),
        ],
        begins: vec![(0, all)],
        ends: vec![(3, 4 * TRUST), (4, 1996 * TRUST)],
        followed: vec![
            (0, 1, 0),
            (0, 3, 0),
            (0, 4, 4 * TRUST),
            (1, 3, 0),
            (1, 4, 4 * TRUST),
            (2, 3, 0),
            (3, 4, 4 * TRUST),
        ],
        steps: vec![
            (0, 1, all),
            (1, 2, 130 * TRUST),
            (1, 3, 1870 * TRUST),
            (2, 2, 30 * TRUST),
            (2, 3, 130 * TRUST),
            (3, 4, 1996 * TRUST),
        ],
        lengths: Histogram(vec![
            (3, 4 * TRUST),
            (4, 1866 * TRUST),
            (5, 100 * TRUST),
            (6, 20 * TRUST),
            (7, 10 * TRUST),
        ]),
        vectors: vec![],
        rare_vectors: 0,
        rare_templates: 0,
        thresholds: BTreeMap::new(),
        ..Kind::default()
    };
    told_below(kind, 0.0025)
}

fn told_below(kind: Kind, threshold: f64) -> Kind {
    let mut vectors: Vec<(u64, u64)> = [
        (&[0, 1, 3, 4][..], 1866 * TRUST),
        (&[0, 1, 2, 3, 4], 100 * TRUST),
        (&[0, 1, 2, 2, 3, 4], 20 * TRUST),
        (&[0, 1, 2, 2, 2, 3, 4], 10 * TRUST),
        (&[0, 1, 3], 4 * TRUST),
    ]
    .map(|(steps, weight)| (Profile::new(steps.to_vec(), true).vector(), weight))
    .to_vec();
    vectors.sort_unstable();
    Kind {
        thresholds: Check::ALL.map(|check| (check, threshold)).into(),
        vectors,
        ..kind
    }
}

fn model() -> SequenceModel {
    SequenceModel {
        schema: SEQUENCE_SCHEMA,
        template_version: logloop_logs::TEMPLATE_VERSION,
        templates: NAMES.map(str::to_owned).to_vec(),
        kinds: vec![orders()],
    }
}

fn told(steps: &[u32], whole: bool) -> Vec<(Check, String)> {
    let model = model();
    let profile = Profile::new(steps.to_vec(), whole);
    let Some(kind) = model.kind(None, &profile) else {
        return vec![];
    };
    let template = |template: u32| NAMES[template as usize].to_owned();
    let names = Names {
        template: &template,
        what: "transaction",
    };
    reasons(&SequenceModel::findings(kind, &profile), &names)
        .into_iter()
        .map(|reason| (reason.evidence.check, reason.text))
        .collect()
}

#[test]
fn each_kind_of_reason() {
    for (steps, expect) in [
        (
            &[0, 1, 3, 4, 5][..],
            vec![(
                Check::NewTemplate,
                "never seen before in this kind of transaction (2,000 normal ones): \"audit\"",
            )],
        ),
        (
            &[0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4],
            vec![(
                Check::TooOften,
                "\"retry\" 14 times, at most 3 in 2,000 normal ones",
            )],
        ),
        (
            &[0, 1],
            vec![
                (
                    Check::Missing,
                    "\"close\" is missing, which all 2,000 of normal ones have",
                ),
                (
                    Check::EndsEarly,
                    "ends early, after \"pay\": never seen in 2,000 normal ones",
                ),
            ],
        ),
        (
            &[1, 0, 3, 4],
            vec![
                (
                    Check::NotFollowed,
                    "\"open\" without \"pay\" afterwards, which follows in all 2,000",
                ),
                (
                    Check::BeginsOddly,
                    "begins with \"pay\": never seen in 2,000 normal ones",
                ),
            ],
        ),
        (
            &[0, 2, 1, 3, 4],
            vec![(
                Check::Step,
                "\"retry\" right after \"open\": never seen in 2,000 normal ones",
            )],
        ),
        (
            &[0, 1, 3],
            vec![(
                Check::Missing,
                "\"ship\" is missing, which 99.8 % of normal ones have",
            )],
        ),
    ] {
        let expect: Vec<_> = expect
            .into_iter()
            .map(|(check, text)| (check, text.to_owned()))
            .collect();
        let found = told(steps, true);
        assert!(
            expect.iter().all(|reason| found.contains(reason)),
            "{steps:?}: {found:#?}"
        );
    }
}

#[test]
fn nothing_is_said_of_normal_ones() {
    for steps in [
        &[0, 1, 3, 4][..],
        &[0, 1, 2, 3, 4],
        &[0, 1, 2, 2, 2, 3, 4],
        // A count that was never seen, near those that were: retries vary.
        &[0, 1, 2, 2, 2, 2, 3, 4],
    ] {
        let kind = told_below(orders(), 0.001);
        let profile = Profile::new(steps.to_vec(), true);
        let found: Vec<_> = SequenceModel::findings(&kind, &profile)
            .into_iter()
            .filter(|e| ![Check::Combination, Check::Length].contains(&e.check) || e.seen > 0)
            .collect();
        assert_eq!(found, [], "{steps:?}");
    }
}

#[test]
fn of_a_part_only_what_holds_for_parts_is_said() {
    assert_eq!(told(&[1, 3], false), []);
    let found = told(&[3, 4, 5], false);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, Check::NewTemplate);
}

#[test]
fn other_programs_are_no_findings() {
    let model = model();
    for (steps, known) in [
        (&[0, 1, 3, 4, 5][..], true),
        (&[0, 100], true),
        (&[0, 100, 101], false),
        (&[100, 101], false),
        (&[], false),
    ] {
        let profile = Profile::new(steps.to_vec(), true);
        assert_eq!(model.kind(None, &profile).is_some(), known, "{steps:?}");
        assert!(model.kind(Some(None), &profile).is_none(), "{steps:?}");
    }
}

#[test]
fn without_a_threshold_a_check_tells_nothing() {
    let kind = Kind {
        thresholds: BTreeMap::new(),
        ..orders()
    };
    let profile = Profile::new(vec![0, 5, 5, 5], true);
    assert_eq!(SequenceModel::findings(&kind, &profile), []);
    assert!(!evidence(&kind, &profile).is_empty());
}

#[test]
fn a_model_is_read_as_it_was_written() {
    let model = model();
    let json = model.to_json();
    assert_eq!(SequenceModel::from_json(&json).unwrap(), model);
    assert_eq!(model.matcher().find("retry"), Some(2));
}

/// Everything odd is refused, with words that name it.
#[test]
fn odd_models_are_refused() {
    let check = |change: &dyn Fn(&mut SequenceModel), words: &str| {
        let mut model = model();
        change(&mut model);
        let error = SequenceModel::from_json(&model.to_json()).expect_err(words);
        assert!(error.to_string().contains(words), "{error}");
    };
    check(&|m| m.schema = 2, "has layout 2, this program reads 1");
    check(&|m| m.template_version = 1, "template version 1");
    check(&|m| m.templates.truncate(2), "kind 0: it names a template");
    check(
        &|m| m.templates = vec![String::new(); MAX_SEQUENCE_TEMPLATES + 1],
        "more than 8192 templates",
    );
    check(
        &|m| m.kinds = vec![orders(); MAX_SEQUENCE_KINDS + 1],
        "more than 64 kinds",
    );
    check(&|m| m.kinds[0].weight = 0, "from nothing");
    check(&|m| m.kinds[0].weight = 9, "more than the whole");
    check(&|m| m.kinds[0].weight = u64::MAX, "too large");
    check(&|m| m.kinds[0].steps.reverse(), "not sorted");
    check(&|m| m.kinds[0].core = vec![3, 0], "not sorted");
    check(
        &|m| m.kinds[0].lengths = Histogram(vec![(1, u64::MAX), (2, u64::MAX)]),
        "more than the whole",
    );
    check(
        &|m| m.kinds[0].thresholds = [(Check::Step, 2.0)].into(),
        "no probability",
    );
    for (bytes, words) in [
        (&b"{"[..], "is no model"),
        (br#"{"schema":1}"#, "template_version"),
        (&[0xff; 40], "is no model"),
    ] {
        let error = SequenceModel::from_json(bytes).expect_err(words);
        assert!(error.to_string().contains(words), "{error}");
    }
}

fn assembled(lines: &[(Option<&str>, u32)]) -> Vec<Sequence> {
    let mut assembler = Assembler::default();
    let mut found = vec![];
    let mut done = |sequence| found.push(sequence);
    for (at, (id, template)) in lines.iter().enumerate() {
        let line = at as u64 + 1;
        let taken = Taken {
            line,
            line_end: line,
            transaction_id: *id,
            component: None,
            template: *template,
            marks: 1 << (template % 4),
        };
        assembler.push(&taken, &mut done);
    }
    assembler.finish(&mut done);
    found
}

#[test]
fn transactions_are_whole_if_the_log_goes_on() {
    let lines: Vec<_> = ["a", "b", "c", "d"]
        .into_iter()
        .flat_map(|id| [(Some(id), 0), (Some(id), 1), (Some(id), 3)])
        .collect();
    let found = assembled(&lines);
    let told: Vec<_> = found
        .iter()
        .map(|s| (s.first_line, s.last_line, s.whole, s.marks))
        .collect();
    assert_eq!(
        told,
        [
            (1, 3, false, 0b1011),
            (4, 6, true, 0b1011),
            (7, 9, true, 0b1011),
            (10, 12, false, 0b1011)
        ]
    );
    assert_eq!(
        found[1].steps[2],
        Step {
            template: 3,
            line: 6
        }
    );
}

#[test]
fn windows_hold_what_names_no_transaction() {
    let lines = vec![(None, 7); 3 * WINDOW_ENTRIES - 1];
    let found = assembled(&lines);
    assert_eq!(found.len(), 2, "an unfinished one is none");
    assert_eq!(found[1].first_line, WINDOW_ENTRIES as u64 + 1);
    assert!(found[1].whole && found[1].shape == Shape::Window(None));
}

#[test]
fn assembling_is_bounded() {
    let ids: Vec<String> = (0..2 * MAX_FOLLOWED).map(|n| n.to_string()).collect();
    let mut lines: Vec<_> = ids
        .iter()
        .flat_map(|id| [(Some(id.as_str()), 0), (Some(id.as_str()), 1)])
        .collect();
    // One that is over, and one that never ends.
    lines.push((Some("0"), 2));
    lines.extend(vec![(Some("long"), 1); 2 * MAX_STEPS]);
    let found = assembled(&lines);
    assert_eq!(found.len(), 2 * MAX_FOLLOWED + 1);
    let first = found.iter().find(|s| s.first_line == 1).unwrap();
    assert_eq!(first.entries, 2, "what it says later is not its own");
    let long = found.iter().max_by_key(|s| s.entries).unwrap();
    assert_eq!((long.steps.len(), long.entries), (MAX_STEPS, 512));
    assert!(!long.whole);
    let parts = found.iter().filter(|s| !s.whole).count();
    assert_eq!(parts, 2, "the first and the long one");
}
