use super::*;

fn words(words: &[u32]) -> Blocks<'_> {
    Blocks {
        words,
        ..Blocks::default()
    }
}

fn labelled(blocks: Blocks<'_>, is_failure: bool, weight: f32) -> Labelled<'_> {
    Labelled {
        blocks,
        is_failure,
        weight,
        offset: 0.25,
    }
}

/// The loss that is minimized.
fn loss(entries: &[Labelled<'_>], wide: &Wide) -> f64 {
    let of = |entry: &Labelled<'_>| {
        let sign = if entry.is_failure { 1.0 } else { -1.0 };
        let margin = sign * f64::from(wide.logit(entry.blocks) + entry.offset);
        f64::from(PULL.freedom * entry.weight) * (-margin).exp().ln_1p()
    };
    let squares = wide
        .weights
        .iter()
        .map(|w| f64::from(*w).powi(2))
        .sum::<f64>();
    entries.iter().map(of).sum::<f64>() + 0.5 * (squares + f64::from(wide.bias).powi(2))
}

#[test]
fn no_small_step_is_better() {
    let rows: [&[u32]; 5] = [&[1, 2], &[1, 3, 3], &[2, 4], &[4, 5], &[1, 5]];
    let entries: Vec<_> = rows
        .iter()
        .zip([true, true, false, false, true])
        .enumerate()
        .map(|(at, (row, label))| labelled(words(row), label, 0.5 + at as f32 * 0.3))
        .collect();
    let solved = Wide::solve(&entries, &Wide::default(), PULL, 1);
    let best = loss(&entries, &solved);
    for feature in [1, 2, 3, 4, 5] {
        for step in [-0.05, 0.05] {
            let mut other = solved.clone();
            other.weights[feature] += step;
            assert!(loss(&entries, &other) > best, "weight {feature} by {step}");
        }
    }
    for step in [-0.05, 0.05] {
        let mut other = solved.clone();
        other.bias += step;
        assert!(loss(&entries, &other) > best, "bias by {step}");
    }
}

#[test]
fn a_base_is_what_it_stays_at_without_reason() {
    let mut base = Wide::default();
    base.weights[1] = 2.0;
    base.weights[7] = -3.0;
    let entries = [labelled(words(&[1]), true, 1.0)];
    let solved = Wide::solve(&entries, &base, PULL, 1);
    let fresh = Wide::solve(&entries, &Wide::default(), PULL, 1);
    assert!(solved.weights[1] > 2.0 && solved.weights[1] - 2.0 < 0.7 * fresh.weights[1]);
    assert_eq!(solved.weights[7], -3.0);
}

#[test]
fn nothing_to_learn_from_is_fine() {
    assert_eq!(Wide::solve(&[], &Wide::default(), PULL, 1), Wide::default());
    let empty = [labelled(words(&[]), true, 1.0)];
    assert!(Wide::solve(&empty, &Wide::default(), PULL, 1).bias > 0.0);
}
