//! Whether enough new data has come in. Pure.

use logloop_operator_api::training_schedule::{DataTrigger, Figures};

/// What a trigger says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// Enough, and of what.
    Enough(String),
    /// Not yet, and what there is.
    NotYet(String),
    /// The analyzer does not tell this figure.
    Untold(&'static str),
}

/// What became more since the last run. After a clean-up or an erasure there is less than before: then what is left
/// is where counting begins.
pub(super) fn lowered(baseline: Figures, kept: Figures) -> Figures {
    let lower = |before: Option<i64>, now: Option<i64>| match (before, now) {
        (Some(before), Some(now)) => Some(before.min(now)),
        (before, _) => before,
    };
    Figures {
        interactions: lower(baseline.interactions, kept.interactions),
        feedback: lower(baseline.feedback, kept.feedback),
        corrections: lower(baseline.corrections, kept.corrections),
        negative: lower(baseline.negative, kept.negative),
    }
}

/// Looks whether one of the limits is reached.
pub(super) fn judge(trigger: &DataTrigger, baseline: Figures, kept: Figures) -> Says {
    let new = |now: Option<i64>, before: Option<i64>| {
        now.map(|now| now.saturating_sub(before.unwrap_or(0)).max(0))
    };
    let interactions = new(kept.interactions, baseline.interactions);
    let feedback = new(kept.feedback, baseline.feedback);
    let corrections = new(kept.corrections, baseline.corrections);
    let negative = new(kept.negative, baseline.negative);
    let mut short = Vec::new();
    let mut untold = None;
    for (limit, found, what, name) in [
        (
            trigger.new_interactions,
            interactions,
            "new interactions",
            "interactions",
        ),
        (
            trigger.new_feedback,
            feedback,
            "interactions with new feedback",
            "feedback",
        ),
        (
            trigger.new_corrections,
            corrections,
            "new corrections",
            "corrections",
        ),
    ] {
        match (limit, found) {
            (None, _) => {}
            (Some(limit), Some(found)) if found >= limit => {
                return Says::Enough(format!("{found} {what}, of {limit} asked for"));
            }
            (Some(limit), Some(found)) => short.push(format!("{found} of {limit} {what}")),
            (Some(_), None) => untold = Some(name),
        }
    }
    if let Some(share) = &trigger.negative_share {
        match (feedback, negative) {
            (Some(feedback), Some(negative)) => {
                let enough = feedback >= share.min_feedback && feedback > 0;
                // As products, so that nothing is rounded.
                if enough && negative.saturating_mul(100) >= share.percent.saturating_mul(feedback)
                {
                    return Says::Enough(format!(
                        "{negative} of {feedback} new feedback says not useful, at least {} % asked for",
                        share.percent
                    ));
                }
                short.push(format!(
                    "{negative} of {feedback} new feedback says not useful, with {} % of at least {} asked for",
                    share.percent, share.min_feedback
                ));
            }
            (None, _) => untold = Some("feedback"),
            (_, None) => untold = Some("negative"),
        }
    }
    match untold {
        Some(name) => Says::Untold(name),
        None => Says::NotYet(short.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn figures(value: Value) -> Figures {
        serde_json::from_value(value).expect("figures")
    }

    #[test]
    fn any_limit_that_is_reached_is_enough() {
        let before = json!({"interactions": 100, "feedback": 10, "corrections": 5, "negative": 2});
        let share = |percent: i64| json!({"negativeShare": {"percent": percent, "minFeedback": 4}});
        let cases = [
            (
                "reached",
                json!({"newInteractions": 50}),
                json!({"interactions": 150}),
                "50 new",
            ),
            (
                "one of two",
                json!({"newInteractions": 500, "newCorrections": 2}),
                json!({"interactions": 120, "corrections": 7}),
                "2 new corrections",
            ),
            (
                "feedback",
                json!({"newFeedback": 3}),
                json!({"feedback": 14}),
                "4 interactions",
            ),
            (
                "share",
                share(50),
                json!({"feedback": 14, "negative": 4}),
                "2 of 4 new feedback",
            ),
        ];
        for (name, trigger, kept, words) in cases {
            let trigger = serde_json::from_value(trigger).expect("a trigger");
            let says = judge(&trigger, figures(before.clone()), figures(kept));
            let Says::Enough(found) = &says else {
                panic!("{name}: {says:?}");
            };
            assert!(found.contains(words), "{name}: {found}");
        }
        let cases = [
            (
                "one short",
                json!({"newInteractions": 51}),
                json!({"interactions": 150}),
                "50 of 51",
            ),
            (
                "share too small",
                share(51),
                json!({"feedback": 14, "negative": 4}),
                "2 of 4",
            ),
            (
                "too little feedback",
                share(1),
                json!({"feedback": 13, "negative": 5}),
                "3 of 3",
            ),
            (
                "less than before",
                json!({"newFeedback": 1}),
                json!({"feedback": 0}),
                "0 of 1",
            ),
        ];
        for (name, trigger, kept, words) in cases {
            let trigger = serde_json::from_value(trigger).expect("a trigger");
            let says = judge(&trigger, figures(before.clone()), figures(kept));
            let Says::NotYet(found) = &says else {
                panic!("{name}: {says:?}");
            };
            assert!(found.contains(words), "{name}: {found}");
        }
    }

    #[test]
    fn before_the_first_run_all_counts_and_an_untold_figure_is_named() {
        let trigger = serde_json::from_value(json!({"newInteractions": 5, "newFeedback": 9}))
            .expect("a trigger");
        let none = Figures::default();
        let kept = figures(json!({"interactions": 5, "feedback": 0}));
        assert!(matches!(judge(&trigger, none, kept), Says::Enough(_)));
        let kept = figures(json!({"interactions": 4}));
        assert_eq!(judge(&trigger, none, kept), Says::Untold("feedback"));
    }

    #[test]
    fn what_was_removed_lowers_where_counting_begins() {
        let before = figures(json!({"interactions": 100, "feedback": 10}));
        let kept = figures(json!({"interactions": 40, "feedback": 12, "corrections": 3}));
        let expected = figures(json!({"interactions": 40, "feedback": 10}));
        assert_eq!(lowered(before, kept), expected);
    }
}
