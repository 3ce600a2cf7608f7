//! What a model card says of sequences.

use super::learn::SequenceFigures;
use super::threshold::ALARM_RATE;

/// The section of a model card; `left_out`: why there is no such model.
pub fn section(figures: &SequenceFigures, left_out: Option<&str>) -> String {
    let mut text = "## Transactions and windows (`sequence.json`)\n\n".to_owned();
    if let Some(reason) = left_out {
        text.push_str(&format!("Left out: {reason}.\n\n"));
        return text;
    }
    text.push_str(&format!(
        "What is normal, counted in {} transactions and windows of {} kinds with {} templates: which templates, how often, in \
         what order, how many entries. Nothing was learned from those in which people found failures; those in which only \
         rules or a model saw one count a quarter. A check tells what fewer than {} of normal ones show, less where that would \
         tell more of the normal ones that the counts did not know.\n\n",
        figures.learned_from,
        figures.kinds,
        figures.templates,
        one_in(ALARM_RATE),
    ));
    if figures.over_own > 0 {
        text.push_str(&format!(
            "- {} normal ones were not learned from: they show what a single contributor alone shows, more often than such things \
             are seen of others\n",
            figures.over_own
        ));
    }
    if let Some((rate, upper)) = figures.alarm_rate() {
        text.push_str(&format!(
            "- held-out normal ones that were told (of other logs, or the last of the time): {} of {} ({:.2} %, at most {:.2} %)\n",
            figures.held_out_alarms,
            figures.held_out_normal,
            100.0 * rate,
            100.0 * upper,
        ));
    }
    if figures.abnormal > 0 {
        text.push_str(&format!(
            "- those in which people found failures: {} of {} told\n",
            figures.abnormal_found, figures.abnormal,
        ));
    }
    text.push_str(
        "\nThe figures are those of the same training without the held-out part. Of transactions that the log may hold only a \
         part of, nothing is said of their beginnings and ends; of kinds that were not seen often enough, nothing at all.\n\n",
    );
    text
}

fn one_in(rate: f64) -> String {
    format!("1 in {:.0}", 1.0 / rate)
}
