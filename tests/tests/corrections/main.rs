//! The loop that the product promises, with the real programs over HTTP: the rules and a first model miss a class of
//! failures and cry wolf over another class of lines; a handful of corrections, an export, a training and a gate later
//! lines that nobody ever saw are right too, and nothing else is worse.

mod shop;
mod world;

use logloop_operator_api::training_run::{Gate, Verdict};
use logloop_operator::training_run::gate;
use serde_json::json;
use shop::{Answer, Shop};
use world::{Kind, Line};

/// Corrected lines of a sentence, of the six that each sentence has.
const CORRECTED: usize = 3;

/// The gate of `examples/trainingrun-gated.yaml`.
fn gate() -> Gate {
    let metric = json!({"name": "failure_f1", "min": 0.5, "maxRegression": 0.05, "minSamples": 5});
    serde_json::from_value(json!({"metrics": [metric]})).unwrap()
}

fn of<'a>(lines: &'a [Line], kinds: &[Kind]) -> Vec<&'a Line> {
    lines
        .iter()
        .filter(|line| kinds.contains(&line.kind))
        .collect()
}

/// Asks about lines, and gives the answer.
fn ask(shop: &Shop, who: &str, lines: &[&Line], seed: u64) -> Answer {
    shop.ask(who, &world::log(lines.iter().copied(), seed))
}

const ODD: [Kind; 2] = [Kind::Silent, Kind::Loud];
const PLAIN: [Kind; 2] = [Kind::Ordinary, Kind::Failure];

/// `team`: who corrects, each a part; `gold`: as reviewers.
fn learns(team: &[&str], gold: bool) {
    let shop = Shop::open();
    let (known, unseen) = world::lines();
    let all: Vec<&Line> = known.iter().collect();
    let (odd, plain) = (of(&known, &ODD), of(&known, &PLAIN));
    let (unseen_odd, unseen_plain) = (of(&unseen, &ODD), of(&unseen, &PLAIN));

    // The rules, and a model that learned from what they said.
    for (seed, who) in shop::PEOPLE.iter().enumerate() {
        let answer = ask(&shop, who, &all, seed as u64);
        assert_eq!(answer.mistakes(&all), odd, "the rules");
    }
    shop.train("first");
    shop.promote("first");
    let before = ask(&shop, "rae", &unseen_plain, 10).mistakes(&unseen_plain);
    assert!(before.len() * 10 <= unseen_plain.len(), "{before:#?}");
    let answer = ask(&shop, "rae", &plain, 11);
    let known_before = answer.mistakes(&plain);
    assert!(known_before.len() * 10 <= plain.len(), "{known_before:#?}");
    let wrong = ask(&shop, "rae", &unseen_odd, 12).mistakes(&unseen_odd);
    assert_eq!(wrong, unseen_odd, "the first model");

    // A handful of corrections, each person's own, of three lines of each sentence.
    let corrected: Vec<&Line> = odd
        .chunks(6)
        .flat_map(|of| &of[..CORRECTED])
        .copied()
        .collect();
    assert!(corrected.len() == 30);
    for (n, who) in team.iter().enumerate() {
        let own: Vec<&Line> = corrected
            .iter()
            .skip(n)
            .step_by(team.len())
            .copied()
            .collect();
        let answer = ask(&shop, who, &own, 20);
        assert_eq!(answer.mistakes(&own), own, "before");
        let said = own.iter().map(|line| line.kind.is_failure()).enumerate();
        shop.correct(who, &answer, &said.collect::<Vec<_>>(), gold);
        let again = ask(&shop, who, &own, 21);
        assert_eq!(again.mistakes(&own), Vec::<&Line>::new(), "at once");
        let by = (0..own.len()).filter_map(|at| again.by(at));
        assert!(by.into_iter().all(|by| by == "correction"));
    }
    let wrong = ask(&shop, "rae", &unseen_odd, 22).mistakes(&unseen_odd);
    assert_eq!(wrong, unseen_odd, "nobody corrected these");

    // Trained and judged; as long as it does not serve, nothing is learned.
    shop.train("second");
    eprintln!("{}", shop.metrics("second"));
    let judged = gate::judge(&gate(), &shop.evaluate("second", &shop.serving()));
    eprintln!("{judged:?}");
    assert_eq!(judged.verdict, Verdict::Pass, "{judged:?}");
    assert_eq!(judged.against.as_deref(), Some("first"));
    let wrong = ask(&shop, "rae", &unseen_odd, 23).mistakes(&unseen_odd);
    assert_eq!(wrong, unseen_odd, "not promoted");

    shop.promote("second");
    let answer = ask(&shop, "rae", &unseen_odd, 24);
    eprintln!("unseen {:#?}", answer.mistakes(&unseen_odd));
    let rest: Vec<&Line> = odd
        .iter()
        .filter(|line| !corrected.contains(line))
        .copied()
        .collect();
    eprintln!("rest {:#?}", ask(&shop, "rae", &rest, 25).mistakes(&rest));
    let after = ask(&shop, "rae", &unseen_plain, 26).mistakes(&unseen_plain);
    let known_after = ask(&shop, "rae", &plain, 27).mistakes(&plain);
    eprintln!("before {before:#?} {known_before:#?} after {after:#?} {known_after:#?}");
    assert_eq!(answer.mistakes(&unseen_odd), Vec::<&Line>::new());
    assert!(
        (0..unseen_odd.len())
            .filter_map(|at| answer.by(at))
            .all(|by| by == "model")
    );
    for (before, after) in [(before, after), (known_before, known_after)] {
        let worse: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
        assert!(worse.is_empty(), "{worse:#?}");
    }
}

#[test]
fn what_a_small_team_corrects_is_learned() {
    learns(&["ann", "bob", "cy"], false);
}

#[test]
fn what_one_reviewer_corrects_is_learned() {
    learns(&["rae"], true);
}

#[test]
fn what_one_person_corrects_is_learned() {
    learns(&["ann"], false);
}
