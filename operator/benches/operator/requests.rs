//! What the API server was asked, by its own count.

use crate::turn::Turn;
use kube::Client;
use std::collections::{BTreeMap, BTreeSet};

/// Requests by verb and resource.
pub(crate) type Counts = BTreeMap<String, f64>;

/// What comes and goes by itself: who leads, and who lives.
const BESIDES: [&str; 2] = ["leases", "nodes"];
/// What is told to people: counted, and not as requests of a run.
pub(crate) const EVENTS: &str = "events";

/// All requests so far, of everybody, without watches.
pub(crate) async fn so_far(client: &Client) -> anyhow::Result<Counts> {
    let request = http::Request::get("/metrics").body(Vec::new())?;
    let text = client.request_text(request).await?;
    let mut counts = Counts::new();
    for line in text.lines() {
        let Some((labels, count)) = line
            .strip_prefix("apiserver_request_total{")
            .and_then(|rest| rest.split_once("} "))
        else {
            continue;
        };
        let label = |name: &str| {
            labels
                .split("\",")
                .find_map(|label| label.strip_prefix(name)?.strip_prefix("=\""))
                .map(|value| value.trim_end_matches('"'))
                .unwrap_or_default()
        };
        let (verb, resource) = (label("verb"), label("resource"));
        if verb == "WATCH" || resource.is_empty() || BESIDES.contains(&resource) {
            continue;
        }
        let part = match label("subresource") {
            "" => String::new(),
            part => format!("/{part}"),
        };
        *counts
            .entry(format!("{verb} {resource}{part}"))
            .or_default() += count.parse::<f64>()?;
    }
    Ok(counts)
}

/// What came between two counts.
pub(crate) fn between(before: &Counts, after: &Counts) -> Counts {
    after
        .iter()
        .map(|(what, count)| (what.clone(), count - before.get(what).unwrap_or(&0.0)))
        .filter(|(_, count)| *count > 0.0)
        .collect()
}

/// Requests of a run of each kind, where the two differ.
pub(crate) fn print(pairs: &[(Turn, Turn)], size: usize, how: &str) {
    const DIFFER: f64 = 0.05;
    let all: BTreeSet<&String> = pairs
        .iter()
        .flat_map(|(floor, operator)| floor.requests.keys().chain(operator.requests.keys()))
        .collect();
    println!(
        "requests of a run, where the operator's differ from the client's ({size} runs {how}):"
    );
    let per_run = |turns: Vec<&Turn>, what: &str| {
        let sum: f64 = turns
            .iter()
            .filter_map(|turn| turn.requests.get(what))
            .sum();
        sum / (size * pairs.len()) as f64
    };
    for what in all {
        let floor = per_run(pairs.iter().map(|pair| &pair.0).collect(), what);
        let operator = per_run(pairs.iter().map(|pair| &pair.1).collect(), what);
        if (operator - floor).abs() >= DIFFER {
            println!("  {what:<36} {floor:>6.2} {operator:>6.2}");
        }
    }
}
