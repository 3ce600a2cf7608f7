//! The entries of logs to candidates: each distinct one is judged once.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use logloop_logs::{Entry, Level, Neighbours, Template, mask};
use logloop_records::Interaction;
use logloop_scoring::features::{Blocks, Features, Input, before_buckets};
use logloop_scoring::rules::{self, Evidence};
use logloop_scoring::suspects::Suspect;

use super::candidates::Candidates;
use super::judge::{ByModel, Known, Reason, reason};
use super::{Judges, Labelled, Suggestion};

/// Distinct entries (masked text, level, component) that are remembered as judged; more are judged each time. 8 bytes
/// each.
const MAX_JUDGED: usize = 200_000;

/// Bytes of an entry that is shown.
const MAX_EXAMPLE_BYTES: usize = 512;

/// How a source of labels is named that only a reviewer's word outranks.
const GOLD: &str = "gold";

pub(super) struct Scan<'j> {
    judges: &'j Judges,
    judged: HashSet<u64>,
    hash: RandomState,
    found: Candidates,
}

impl<'j> Scan<'j> {
    pub(super) fn new(judges: &'j Judges) -> Self {
        Self {
            judges,
            judged: HashSet::new(),
            hash: RandomState::new(),
            found: Candidates::default(),
        }
    }

    /// Judges the entries of a log; how many there are.
    pub(super) fn log(&mut self, interaction: &Interaction, log: &str) -> u64 {
        let mut entries = 0;
        let mut neighbours = Neighbours::default();
        let forced = interaction.analysis_results.stats.forced_format();
        logloop_logs::parse_each(log, forced, |entry| {
            entries += 1;
            let key = logloop_logs::key(&entry.message);
            neighbours.step(key, &entry);
            self.entry(interaction, &entry, key, &neighbours);
        });
        entries
    }

    pub(super) fn ranked(self, limit: usize) -> Vec<Suggestion> {
        self.found.ranked(limit)
    }

    fn entry(
        &mut self,
        interaction: &Interaction,
        entry: &Entry<'_>,
        key: u64,
        neighbours: &Neighbours,
    ) {
        let own = self.hash.hash_one((key, entry.level, &entry.component));
        if self.judged.contains(&own) {
            self.found.again(key);
            return;
        }
        if self.judged.len() < MAX_JUDGED {
            self.judged.insert(own);
        }
        let masked = logloop_logs::template(&entry.message);
        if let Some(suggestion) = self.judge(&masked, entry, neighbours) {
            let end = entry.raw.floor_char_boundary(MAX_EXAMPLE_BYTES);
            let own = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(str::to_owned);
            let suggestion = Suggestion {
                template: masked.text,
                template_id: masked.id,
                level: entry.level.map(|level| level.as_str().to_owned()),
                component: own(&entry.component),
                example: entry.raw[..end].to_owned(),
                interaction_id: interaction.id,
                line: entry.line_start,
                count: 1,
                ..suggestion
            };
            self.found.add(key, suggestion);
        }
    }

    /// As the first entry of its kind is answered, after what was logged before it.
    fn judge(
        &self,
        masked: &Template,
        entry: &Entry<'_>,
        neighbours: &Neighbours,
    ) -> Option<Suggestion> {
        let level = entry.level.map(Level::as_str);
        let judged = rules::judge(&masked.text, entry.level);
        let model = self.judges.model.as_ref().map(|model| {
            let features = Features::of(Input {
                template: &masked.text,
                level,
                component: entry.component.as_deref(),
                rule: &judged.score,
            });
            let before = neighbours.before();
            let before = before.filter(|_| model.network.heeds_neighbours());
            let before = before.map_or_else(Vec::new, |before| {
                let (text, level) = (mask(&before.message), before.level.map(Level::as_str));
                before_buckets(&text, level, &rules::score(&text, level))
            });
            let blocks = Blocks {
                before: &before,
                ..features.blocks()
            };
            ByModel {
                probability: model.network.score(blocks).failure,
                threshold: model.network.config().calibration.threshold,
            }
        });
        let rule = if judged.numbers_decide {
            rules::judge(&entry.message, entry.level).score
        } else {
            judged.score
        };
        let corrections = &self.judges.corrections;
        let gold = corrections
            .of(None)
            .find(&masked.text)
            .is_some_and(|c| c.gold);
        let suspect = self.suspect(masked, level, gold);
        let doubt = |one: &Suspect| (one.probability - f32::from(u8::from(one.is_failure))).abs();
        let (reason, strength) = reason(Known {
            model,
            rules_say: rule.is_failure,
            words_alone: rule.evidence == Evidence::Weak,
            is_labelled: gold || corrections.held_out().of(&masked.id).is_some(),
            doubt: suspect.map(doubt),
        })?;
        Some(Suggestion {
            text: text(reason, model, rule.is_failure, suspect),
            probability: model.map(|model| model.probability),
            rules_say: rule.is_failure,
            label: suspect.map(|suspect| Labelled {
                is_failure: suspect.is_failure,
                source: suspect.label_source.clone(),
            }),
            ..Suggestion::of("", reason, strength)
        })
    }

    /// The label that looks wrong, unless a reviewer has decided since.
    fn suspect(&self, masked: &Template, level: Option<&str>, gold: bool) -> Option<&Suspect> {
        let key = (masked.id.clone(), level.map(str::to_owned));
        let found = self.judges.suspects.get(&key);
        found.filter(|suspect| !gold || suspect.label_source == GOLD)
    }
}

/// The reason for people.
fn text(
    reason: Reason,
    model: Option<ByModel>,
    rules_say: bool,
    suspect: Option<&Suspect>,
) -> String {
    let name = |is_failure: bool| {
        if is_failure {
            "a failure"
        } else {
            "no failure"
        }
    };
    let percent = |share: f32| (share * 100.0).round();
    match (reason, model, suspect) {
        (Reason::LabelLooksWrong, _, Some(suspect)) => format!(
            "labelled {} ({}), and a model that did not learn that gives a failure {} %",
            name(suspect.is_failure),
            suspect.label_source,
            percent(suspect.probability)
        ),
        (Reason::Disagree, Some(model), _) => format!(
            "the model says {} ({} %), the rules say {}",
            name(model.is_failure()),
            percent(model.probability),
            name(rules_say)
        ),
        (_, Some(model), _) => format!(
            "the model is unsure: {} %, a failure from {} % on",
            percent(model.probability),
            percent(model.threshold)
        ),
        _ => format!("the rules say {} by words alone", name(rules_say)),
    }
}
