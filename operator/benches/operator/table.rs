//! What was asked for beside what was measured.

use crate::{
    leaders::Handovers,
    many::Start,
    turn::{Turn, median},
};
use std::fmt;

/// A table in Markdown.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<[String; 5]>,
}

impl Table {
    fn row(&mut self, what: &str, client: &str, measured: &str, least: &str, aim: &str) {
        self.rows
            .push([what, client, measured, least, aim].map(str::to_owned));
    }

    /// Turns of one size: medians of the rounds.
    pub(crate) fn turns(&mut self, size: usize, how: &str, pairs: &[(Turn, Turn)]) {
        let of = |figure: fn(&(Turn, Turn)) -> f64| {
            median(&pairs.iter().map(figure).collect::<Vec<_>>())
        };
        let ratio = of(|(floor, operator)| operator.rate() / floor.rate());
        self.row(
            &format!("{size} two-Job runs at once {how}, runs/s"),
            &format!("{:.1}", of(|(floor, _)| floor.rate())),
            &format!("{:.1} ({ratio:.2}×)", of(|(_, operator)| operator.rate())),
            "0.8×",
            "0.95×",
        );
        let beyond = of(|(floor, operator)| operator.requests_per_run() - floor.requests_per_run());
        let rollout = of(|(_, operator)| operator.rollout_per_run());
        self.row(
            "API requests of a run beyond the client's",
            &format!("{:.1} in all", of(|(floor, _)| floor.requests_per_run())),
            &if rollout >= 0.5 {
                format!("{beyond:.1}; without the rollout's {:.1}", beyond - rollout)
            } else {
                format!("{beyond:.1}")
            },
            "≤ 8",
            "≤ 5",
        );
        let cpu = of(|(_, operator)| operator.cpu_ms);
        self.row(
            "CPU of the operator, ms a run",
            "",
            &format!("{cpu:.1}"),
            "≤ 6",
            "≤ 2",
        );
        self.row(
            &format!("memory, idle → after {size} runs, MiB"),
            "",
            &format!(
                "{:.1} → {:.1}",
                of(|(_, operator)| operator.memory.0),
                of(|(_, operator)| operator.memory.1)
            ),
            "20 → 40",
            "10 → 18",
        );
        self.row(
            "Job 1 complete → Job 2 created, p50, ms (below zero: sooner)",
            &format!("{:.0}", of(|(floor, _)| median(&floor.after_complete))),
            &format!(
                "{:.0}",
                of(|(_, operator)| median(&operator.after_complete))
            ),
            "≤ 50",
            "≤ 20",
        );
        self.row(
            "pod 1 ended → Job 2 created, p50, ms",
            &format!("{:.0}", of(|(floor, _)| median(&floor.after_pod))),
            &format!("{:.0}", of(|(_, operator)| median(&operator.after_pod))),
            "",
            "",
        );
    }

    /// Hand-overs: the longest counts.
    pub(crate) fn leaders(&mut self, handovers: &Handovers) {
        let words = |times: &[f64]| {
            let longest = times.iter().copied().fold(0.0, f64::max);
            format!("{:.2}, at most {longest:.2}", median(times))
        };
        self.row(
            "planned hand-over until the next one acts, s",
            "",
            &words(&handovers.planned),
            "≤ 2",
            "≤ 0.5",
        );
        self.row(
            "the same after a kill, s",
            "",
            &words(&handovers.killed),
            "≤ 15",
            "≤ 10",
        );
    }

    /// Starts beside finished objects: the slowest counts.
    pub(crate) fn many(&mut self, objects: usize, starts: &[Start]) {
        let most = |figure: fn(&Start) -> f64| starts.iter().map(figure).fold(0.0, f64::max);
        let measured = format!(
            "{:.2}; acts after {:.2}",
            most(|start| start.ready),
            most(|start| start.acts)
        );
        self.row(
            &format!("ready again beside {objects} finished objects, s"),
            "",
            &measured,
            "≤ 3",
            "≤ 1",
        );
        let measured = format!(
            "{:.0} ms, {:.0} MiB",
            most(|start| start.cpu_ms),
            most(|start| start.mib)
        );
        self.row(
            "CPU until ten seconds later, memory then",
            "",
            &measured,
            "",
            "",
        );
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| what | client | operator | at least | aim |\n|---|---|---|---|---|"
        )?;
        for row in &self.rows {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        Ok(())
    }
}
