//! The loop that the product promises, with the real programs over HTTP: the rules and a first model miss a class of
//! failures and cry wolf over another class of lines; a handful of corrections, an export, a training and a gate later
//! lines that nobody ever saw are right too, and nothing else is worse.

mod shop;
mod world;

use logloop_operator::training_run::gate;
use logloop_operator_api::training_run::{Gate, Verdict};
use serde_json::json;
use shop::{Answer, Shop};
use world::{Kind, Line};

/// Corrected lines of a sentence, of the eight that each sentence has.
const CORRECTED: usize = 4;

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
const NONE: [&Line; 0] = [];

/// `team`: who corrects, each a part; `gold`: as reviewers.
fn learns(team: &[&str], gold: bool) {
    let shop = Shop::open();
    let (known, unseen) = world::lines();
    let all: Vec<&Line> = known.iter().collect();
    let (odd, plain) = (of(&known, &ODD), of(&known, &PLAIN));

    // The rules, and a model that learned from what they said.
    for (seed, who) in shop::PEOPLE.iter().enumerate() {
        let answer = ask(&shop, who, &all, seed as u64);
        assert_eq!(answer.mistakes(&all), odd, "the rules");
    }
    shop.train("first");
    shop.promote("first");

    // A handful of corrections, each person's own, of some lines of each sentence; nobody looks at the others.
    let is_corrected = |(at, _): &(usize, &&Line)| (at + at / 8 * 3) % 8 < CORRECTED;
    let corrected = odd.iter().enumerate().filter(is_corrected);
    let corrected: Vec<&Line> = corrected.map(|(_, line)| *line).collect();
    assert_eq!(corrected.len(), 40);
    for (n, who) in team.iter().enumerate() {
        let own = corrected.iter().skip(n).step_by(team.len());
        let own: Vec<&Line> = own.copied().collect();
        let answer = ask(&shop, who, &own, 20);
        assert_eq!(answer.mistakes(&own), own, "the first model");
        let said = own.iter().map(|line| line.kind.is_failure()).enumerate();
        shop.correct(who, &answer, &said.collect::<Vec<_>>(), gold);
        let again = ask(&shop, who, &own, 21);
        assert_eq!(again.mistakes(&own), NONE, "at once");
        let mut by = (0..own.len()).filter_map(|at| again.by(at));
        assert!(by.all(|by| by == "correction"));
    }

    // Trained and judged; as long as it does not serve, nothing is learned. Only now is anybody asked about unseen lines:
    // none is in the data set.
    shop.train("second");
    let judged = gate::judge(&gate(), &shop.evaluate("second", &shop.serving()));
    assert_eq!(judged.verdict, Verdict::Pass, "{judged:?}");
    assert_eq!(judged.against.as_deref(), Some("first"));
    let (unseen_odd, unseen_plain) = (of(&unseen, &ODD), of(&unseen, &PLAIN));
    let wrong = ask(&shop, "rae", &unseen_odd, 22).mistakes(&unseen_odd);
    assert_eq!(wrong, unseen_odd, "not promoted");
    let before = [&plain, &unseen_plain].map(|lines| ask(&shop, "rae", lines, 23).mistakes(lines));
    assert!(
        before.iter().flatten().count() * 10 <= plain.len(),
        "{before:#?}"
    );

    shop.promote("second");
    let answer = ask(&shop, "rae", &unseen_odd, 24);
    assert_eq!(answer.mistakes(&unseen_odd), NONE, "never seen");
    let mut by = (0..unseen_odd.len()).filter_map(|at| answer.by(at));
    assert!(by.all(|by| by == "model"));
    let others = odd.iter().filter(|line| !corrected.contains(line));
    let others: Vec<&Line> = others.copied().collect();
    let wrong = ask(&shop, "rae", &others, 25).mistakes(&others);
    assert_eq!(wrong, NONE, "seen, and not corrected");
    for (lines, before) in [plain, unseen_plain].iter().zip(before) {
        let after = ask(&shop, "rae", lines, 26).mistakes(lines);
        let worse = after.into_iter().filter(|line| !before.contains(line));
        assert_eq!(worse.collect::<Vec<_>>(), NONE, "worse than before");
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
