use super::*;
use crate::export::origin::Said;
use crate::export::record::{Record, Results};

const LOG: &str = "2026-11-22 10:00:00 ERROR db: pool 7 exhausted\n\
    2026-11-22 10:00:01 INFO job: nothing to do for 3\n\
    2026-11-22 10:00:02 ERROR db: pool 9 exhausted\n";

fn record() -> Record<'static> {
    let failure = serde_json::json!({
        "template_id": logloop_logs::template("pool 7 exhausted").id, "level": "ERROR", "severity": 0.8,
        "error_patterns": ["exhaustion"],
    });
    let line = serde_json::json!({
        "timestamp": "2026-11-22T10:00:03Z",
        "model_version": "rules",
        "analysis_results": {"failures": [failure]},
    });
    let line: &'static str = Box::leak(line.to_string().into_boxed_str());
    serde_json::from_str(line).unwrap()
}

fn given(
    record: &Record<'_>,
    log: &str,
    said: Option<&Said>,
    (filter, held_out): (&Filter, &HeldOut),
) -> (Vec<TrainingExample>, Given) {
    let (mut fold, mut rules) = (Fold::default(), Rules::default());
    let mut sequences = Sequences::default();
    let mut out = Out {
        filter,
        held_out,
        contributors: &Contributors::default(),
        correctors: &HashSet::new(),
        fold: &mut fold,
        rules: &mut rules,
        sequences: &mut sequences,
        given: Given::default(),
    };
    let mut entries = Entries::of(Origin { record, said });
    logloop_logs::parse_each(log, None, |entry| {
        entries.push(&entry, &mut out);
    });
    let given = out.given;
    (fold.take(), given)
}

/// Folded: the two failures are one.
fn labels(said: Option<&Said>, held_out: &HeldOut) -> Vec<(bool, LabelSource, bool, u64)> {
    given(&record(), LOG, said, (&Filter::default(), held_out))
        .0
        .iter()
        .map(|e| (e.is_failure, e.label_source, e.held_out, e.count))
        .collect()
}

#[test]
fn an_example_knows_what_was_logged_before_it() {
    let options = (&Filter::default(), &HeldOut::default());
    let (examples, _) = given(&record(), &LOG.repeat(2), None, options);
    let before = |of: &TrainingExample| (of.before_template.clone(), of.before_level.clone());
    let failure = examples.iter().find(|of| of.is_failure).unwrap();
    assert_eq!(before(failure), (None, None), "the first line has none");
    let other = examples.iter().find(|of| !of.is_failure).unwrap();
    let known = |text: &str| Some(text.to_owned());
    assert_eq!(before(other), (known("pool <*> exhausted"), known("ERROR")));
}

#[test]
fn a_correction_outweighs_the_answer_and_speaks_for_its_template() {
    let none = HeldOut::default();
    let rule = |failure, count| (failure, LabelSource::Rule, false, count);
    assert_eq!(labels(None, &none), [rule(true, 2), rule(false, 1)]);

    let id = logloop_logs::template("pool 7 exhausted").id;
    let correction = Correction {
        line: 1,
        is_failure: false,
        template_id: id.clone(),
        ..Correction::default()
    };
    let said = Said {
        corrections: vec![correction],
        ..Said::default()
    };
    let corrected = (false, LabelSource::Correction, false, 2);
    assert_eq!(labels(Some(&said), &none), [corrected, rule(false, 1)]);

    let judge = Correction {
        held_out: true,
        template_id: id,
        ..Correction::default()
    };
    let out = labels(Some(&said), &HeldOut::of([&judge].into_iter()));
    assert!(out[0].2 && !out[1].2, "held out by template: {out:?}");
}

#[test]
fn of_two_corrections_of_one_entry_the_later_counts() {
    let log = "2026-11-22 10:00:00 ERROR db: lost\njava.io.IOException: x\n\tat a.B.c(B.java:3)\n";
    let correction = |line, is_failure| Correction {
        line,
        is_failure,
        ..Correction::default()
    };
    let said = Said {
        corrections: vec![correction(2, true), correction(3, false)],
        ..Said::default()
    };
    let none = (&Filter::default(), &HeldOut::default());
    let (examples, _) = given(&record(), log, Some(&said), none);
    let labels: Vec<bool> = examples.iter().map(|e| e.is_failure).collect();
    assert_eq!(labels, [false]);
    assert!(examples[0].error_patterns.is_empty());
}

#[test]
fn of_two_corrections_of_one_text_the_one_that_was_said_last_counts_and_tells_when() {
    let at = |second| chrono::DateTime::from_timestamp(second, 0);
    let correction = |line, is_failure, second| Correction {
        line,
        is_failure,
        template_id: logloop_logs::template("pool 7 exhausted").id,
        said_at: at(second),
        ..Correction::default()
    };
    let log = "2026-11-22 10:00:00 ERROR db: pool 7 exhausted\n".repeat(3);
    for (first, second, expect) in [(10, 20, false), (20, 10, true)] {
        let said = Said {
            corrections: vec![correction(1, true, first), correction(2, false, second)],
            ..Said::default()
        };
        let none = (&Filter::default(), &HeldOut::default());
        let (examples, _) = given(&record(), &log, Some(&said), none);
        // Two lines were corrected by themselves; the third goes with the last word.
        let third = examples.iter().find(|example| example.count == 2).unwrap();
        assert_eq!(third.is_failure, expect);
        assert_eq!(third.said_at, at(20), "the last of those that were folded");
    }
    let useful = Said {
        is_useful: Some(true),
        useful_at: at(7),
        ..Said::default()
    };
    let useless = Said {
        is_useful: Some(false),
        ..useful.clone()
    };
    let none = (&Filter::default(), &HeldOut::default());
    for (said, expect) in [(Some(&useful), at(7)), (Some(&useless), None), (None, None)] {
        let (examples, _) = given(&record(), &log, said, none);
        assert!(examples.iter().all(|e| e.said_at == expect), "{said:?}");
    }
}

#[test]
fn what_a_reader_thought_is_told() {
    let none = (&Filter::default(), &HeldOut::default());
    let said = |is_useful| Said {
        is_useful: Some(is_useful),
        user_feedback: Some("well".to_owned()),
        ..Said::default()
    };
    let (up, _) = given(&record(), LOG, Some(&said(true)), none);
    assert!(up.iter().all(|e| e.label_source == LabelSource::Thumb
        && e.is_useful == Some(true)
        && e.user_feedback.as_deref() == Some("well")));
    let (down, _) = given(&record(), LOG, Some(&said(false)), none);
    assert!(down.iter().all(|e| e.weight < LabelSource::Rule.weight()));
    assert_eq!(down[0].error_patterns["exhaustion"], 2, "of both entries");
}

#[test]
fn people_are_told_apart_by_who_says_it_and_weak_labels_are_not() {
    let ask = |subject: Option<&str>| Record {
        subject: subject.map(|name| Text(name.to_owned().into())),
        ..record()
    };
    let names = Contributors::default();
    let correction = Correction {
        line: 1,
        template_id: logloop_logs::template("pool 7 exhausted").id,
        subject: Some("rae".to_owned()),
        ..Correction::default()
    };
    let corrected = Said {
        corrections: vec![correction],
        ..Said::default()
    };
    let useful = Said {
        is_useful: Some(true),
        ..Said::default()
    };
    let bob = HashSet::from(["bob".to_owned()]);
    for (said, correctors, voices) in [
        (None, &HashSet::new(), vec![Some("ann")]),
        // What bob is answered may follow what he corrected.
        (None, &bob, vec![Some("ann"), Some("bob")]),
        (Some(&useful), &bob, vec![Some("ann"), Some("bob"), None]),
        (Some(&corrected), &bob, vec![Some("rae")]),
    ] {
        let (mut fold, mut rules) = (Fold::default(), Rules::default());
        for subject in [Some("ann"), Some("bob"), None] {
            let record = ask(subject);
            let mut out = Out {
                filter: &Filter::default(),
                held_out: &HeldOut::default(),
                contributors: &names,
                correctors,
                fold: &mut fold,
                rules: &mut rules,
                sequences: &mut Sequences::default(),
                given: Given::default(),
            };
            let record = &record;
            let mut entries = Entries::of(Origin { record, said });
            logloop_logs::parse_each(LOG, None, |entry| {
                entries.push(&entry, &mut out);
            });
        }
        let rows = fold.take();
        let declined = rows
            .iter()
            .filter(|row| row.template == "pool <*> exhausted");
        let told: Vec<Option<String>> = declined.map(|row| row.contributor.clone()).collect();
        let expect: Vec<_> = voices
            .iter()
            .map(|who| who.map(|who| names.of(who)))
            .collect();
        assert_eq!(told, expect, "{said:?}");
    }
}

#[test]
fn what_the_answer_did_not_list_has_no_label() {
    let none = (&Filter::default(), &HeldOut::default());
    let mut cut = record();
    cut.analysis_results.stats.failure_groups_left_out = 3;
    let (kept, given) = given(&cut, LOG, None, none);
    assert!(kept.len() == 1 && kept[0].is_failure && given.unlisted == 1);
}

#[test]
fn the_same_words_at_another_level_are_no_failure() {
    let none = (&Filter::default(), &HeldOut::default());
    let mut other = record();
    other.analysis_results.failures[0].level = serde_json::from_str("\"WARN\"").unwrap();
    let (examples, _) = given(&other, LOG, None, none);
    assert!(examples.iter().all(|example| !example.is_failure));
}

#[test]
fn what_nobody_analyzed_is_labelled_by_the_rules() {
    let none = (&Filter::default(), &HeldOut::default());
    let mut bare = record();
    bare.analysis_results = Results::default();
    let (examples, given) = given(&bare, LOG, None, none);
    let labels: Vec<bool> = examples.iter().map(|e| e.is_failure).collect();
    assert_eq!((labels, given.unclear), (vec![true, false], 0));
}

#[test]
fn other_sources_are_left_out() {
    let filter = Filter {
        label_sources: vec![LabelSource::Gold],
        ..Filter::default()
    };
    let (examples, given) = given(&record(), LOG, None, (&filter, &HeldOut::default()));
    assert!(examples.is_empty() && given.other_source == 3 && given.entries == 0);
}

#[test]
fn a_log_that_is_read_whole_does_not_teach_without_bound() {
    let mut bare = record();
    bare.analysis_results = Results::default();
    let word = |mut n: usize| {
        let mut word = String::new();
        for _ in 0..4 {
            word.push(char::from(b'a' + (n % 26) as u8));
            n /= 26;
        }
        word
    };
    let log: String = (0..MAX_EXAMPLES_PER_INTERACTION + 10)
        .map(|n| format!("2026-11-22 10:00:00 INFO job: {} is done\n", word(n)))
        .collect();
    let none = (&Filter::default(), &HeldOut::default());
    let (examples, given) = given(&bare, &log, None, none);
    assert_eq!(
        (examples.len(), given.over_bound),
        (MAX_EXAMPLES_PER_INTERACTION, 10)
    );
}
