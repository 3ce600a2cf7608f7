use logloop_records::LabelSource::{Correction, Gold, Rule, Thumb};
use logloop_records::TrainingExample;

use super::*;
use crate::admission::{Admission, Bounds, Verdict};
use crate::facts::Facts;
use crate::items::of_count;
use crate::testing::example;

/// What was decided about each row.
struct Admitted {
    counts: Vec<u64>,
    capped: Capped,
}

/// An example of a template and a label by a contributor, within an upload of theirs.
fn said(who: &str, template: &str, is_failure: bool, source: LabelSource) -> TrainingExample {
    TrainingExample {
        contributor: Some(who.to_owned()),
        interaction_id: Some(format!("an upload of {who}")),
        ..example(template, is_failure, source)
    }
}

fn decided(examples: &[TrainingExample]) -> Admitted {
    let Ok(admission) = Admission::of(examples, Bounds::default());
    let mut capped = admission.capped;
    let mut count = |(row, example): (usize, &TrainingExample)| {
        match admission.verdict(row as u64, &Facts::of(example)) {
            Verdict::Counts(count) => return count,
            Verdict::Settled => {}
            Verdict::Echo => capped.echoes += 1,
            Verdict::OverUpload => capped.over_upload += 1,
        }
        0
    };
    let counts = examples.iter().enumerate().map(&mut count).collect();
    Admitted { counts, capped }
}

/// Corrections of templates that nobody else speaks of.
fn many(who: &str, number: usize, source: LabelSource, held_out: bool) -> Vec<TrainingExample> {
    let one = |at| TrainingExample {
        held_out,
        interaction_id: Some(format!("upload {} of {who}", at / 1_000)),
        ..said(who, &format!("{who} says {at}"), true, source)
    };
    (0..number).map(one).collect()
}

fn used(admitted: &Admitted) -> usize {
    admitted.counts.iter().filter(|count| **count > 0).count()
}

#[test]
fn a_count_is_a_voice() {
    let mut loud = said("ann", "a", true, Thumb);
    loud.count = 10_000;
    let examples = [loud.clone(), loud, said("bob", "a", true, Rule), {
        let mut weak = said("bob", "b", true, Rule);
        weak.count = 7;
        weak
    }];
    assert_eq!(decided(&examples).counts, [1, 0, 1, 7]);
}

/// A correction of today outweighs one of last week also if it was made in an older interaction.
#[test]
fn what_was_said_last_counts_whenever_the_log_was_sent() {
    let at = |asked, said_at, is_failure| TrainingExample {
        interaction_timestamp: chrono::DateTime::from_timestamp(asked, 0),
        said_at: chrono::DateTime::from_timestamp(said_at, 0),
        ..said("ann", "a", is_failure, Correction)
    };
    let examples = [at(10, 900, false), at(20, 800, true)];
    assert_eq!(decided(&examples).counts, [1, 0]);
    // Where nobody knows when, the later interaction counts.
    let unknown = examples.map(|example| TrainingExample {
        said_at: None,
        ..example
    });
    assert_eq!(decided(&unknown).counts, [0, 1]);
}

#[test]
fn answers_that_follow_ones_own_corrections_are_no_labels() {
    let examples = [
        said("ann", "a", false, Correction),
        said("ann", "a", false, Rule),
        said("ann", "a", false, Thumb),
        said("bob", "a", true, Rule),
        said("ann", "b", true, Rule),
    ];
    let admitted = decided(&examples);
    assert_eq!(admitted.counts, [1, 0, 0, 1, 1]);
    assert_eq!((admitted.capped.echoes, admitted.capped.outvoted), (2, 0));
}

#[test]
fn one_contributor_weighs_a_share_at_most() {
    let others = |number| -> Vec<TrainingExample> {
        let one = |at| said(&format!("user {at}"), &format!("other {at}"), false, Rule);
        (0..number).map(one).collect()
    };
    let weight_of_one = f64::from(of_count(1));
    for (corrections, source, number, expect) in [
        (30, Correction, 10, 30),
        (10_000, Correction, 10, FREE_TEMPLATES),
        // A thumb weighs a fourth.
        (10_000, Thumb, 10, 4 * FREE_TEMPLATES),
        // A share of many.
        (
            10_000,
            Correction,
            20_000,
            (MAX_WEIGHT_SHARE * 20_000.0 * weight_of_one / (8.0 * weight_of_one)) as usize,
        ),
        (10_000, Gold, 10, 10_000),
        // Nobody else is there.
        (500, Correction, 0, 500),
    ] {
        let mut examples = many("mal", corrections, source, false);
        examples.extend(others(number));
        let admitted = decided(&examples);
        let kept = used(&admitted) - number;
        assert!(
            kept.abs_diff(expect) <= 1,
            "{corrections} {source:?} {number}: {kept}"
        );
        assert_eq!(admitted.capped.over_share, corrections - kept);
    }
}

/// Who says too much contests no more of what others say than may count.
#[test]
fn a_flood_drowns_nobody() {
    let honest: Vec<TrainingExample> = (0..1_000)
        .map(|at| {
            said(
                &format!("user {}", at % 40),
                &format!("t{at}"),
                true,
                Correction,
            )
        })
        .collect();
    let flood = honest.iter().map(|example| TrainingExample {
        is_failure: false,
        ..said("mal", &example.template, false, Correction)
    });
    let examples: Vec<TrainingExample> = honest.iter().cloned().chain(flood).collect();
    let admitted = decided(&examples);
    assert_eq!(used(&admitted), 1_000 - FREE_TEMPLATES);
    assert_eq!(admitted.capped.contested, 2 * FREE_TEMPLATES);
}

#[test]
fn one_contributor_judges_a_share_at_most() {
    for (own, others, expect) in [(15, 5, 15), (10_000, 5, FREE_JUDGING), (10_000, 1_000, 50)] {
        let mut examples = many("mal", own, Correction, true);
        examples.extend(many("rae", others, Gold, true));
        examples.push(said("ann", "weak", true, Rule));
        let admitted = decided(&examples);
        assert_eq!(used(&admitted) - others - 1, expect, "{own} {others}");
        assert_eq!(admitted.capped.over_judging_share, own - expect);
        assert_eq!(admitted.capped.over_share, 0);
    }
}

#[test]
fn an_upload_brings_so_many_entries_and_files_any_number() {
    let mut upload = many("ann", MAX_ITEMS_PER_UPLOAD + 100, Rule, false);
    for row in &mut upload {
        row.interaction_id = Some("one".to_owned());
    }
    // The same entry again is no further one.
    upload.push(upload[0].clone());
    let admitted = decided(&upload);
    assert_eq!(
        admitted.capped.over_upload,
        100 + usize::from(admitted.counts[0] == 0)
    );
    for row in &mut upload {
        (row.contributor, row.interaction_id) = (None, None);
    }
    assert_eq!(decided(&upload).capped, Capped::default());
}

#[test]
fn where_nobody_is_told_apart_an_upload_is_a_contributor() {
    let mut examples = many("x", 200, Correction, false);
    for row in &mut examples {
        row.contributor = None;
    }
    examples.push(TrainingExample {
        interaction_id: Some("another".to_owned()),
        ..example("b", true, Rule)
    });
    assert_eq!(used(&decided(&examples)), FREE_TEMPLATES + 1);
}

/// Over the bound nothing breaks: all are heard alike, and what is left out is told.
#[test]
fn more_statements_than_are_kept_are_left_out_and_told() {
    let mut examples = many("ann", 30, Thumb, false);
    examples.extend(many("bob", 20, Correction, false));
    examples.push(said("cat", "weak", true, Rule));
    let bounds = Bounds {
        statements: 25,
        ..Bounds::default()
    };
    let Ok(admission) = Admission::of(&examples[..], bounds);
    assert_eq!(admission.capped.over_statements, 26);
    let counts = |(row, example): &(usize, &TrainingExample)| {
        let verdict = admission.verdict(*row as u64, &Facts::of(example));
        verdict == Verdict::Counts(1)
    };
    let used = examples.iter().enumerate().filter(counts);
    let sources: Vec<LabelSource> = used.map(|(_, example)| example.label_source).collect();
    let of = |source| sources.iter().filter(|s| **s == source).count();
    assert_eq!((of(Correction), of(Thumb), of(Rule)), (12, 12, 1));
}

/// Nobody else needs to be there: a reviewer is somebody to be protected, too.
#[test]
fn a_sole_contributor_does_not_drown_a_reviewer() {
    let gold = (0..60).map(|at| said("rita", &format!("gold {at}"), at % 2 == 0, Gold));
    let lies = (0..2000).map(|at| said("mallory", &format!("lie {at}"), at % 2 == 1, Correction));
    let alone: Vec<TrainingExample> = lies.collect();
    assert_eq!(decided(&alone).capped.over_share, 0, "nobody is there");
    let together: Vec<TrainingExample> = gold.chain(alone).collect();
    let Admitted { counts, capped } = decided(&together);
    assert!(capped.over_share > 1900, "{capped:?}");
    assert!(counts[..60].iter().all(|count| *count > 0));
}
