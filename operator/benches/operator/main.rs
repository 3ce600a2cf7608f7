//! The operator on a real control plane, in turns with a client that creates the same two Jobs by itself.
//! `tests/bench/operator.sh` builds what it needs and says what can be set.

mod floor;
mod leaders;
mod many;
mod observe;
mod plane;
mod process;
mod requests;
mod table;
mod turn;

use floor::Rollout;
use std::str::FromStr;

/// A setting from the environment.
fn setting<T: FromStr>(name: &str, default: T) -> T {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() -> anyhow::Result<()> {
    // `cargo bench` adds an argument of its own; `cargo test --benches` has no port.
    let port = std::env::args().find_map(|arg| arg.parse::<u16>().ok());
    let Some(port) = port else {
        println!("skipped: started by tests/bench/operator.sh");
        return Ok(());
    };
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(bench(port))
}

async fn bench(port: u16) -> anyhow::Result<()> {
    let plane = plane::Plane::start(port).await?;
    let sizes: Vec<usize> = setting("BENCH_RUNS", "200 1000".to_owned())
        .split_whitespace()
        .filter_map(|size| size.parse().ok())
        .collect();
    let mut table = table::Table::default();
    for (at, size) in sizes.iter().enumerate() {
        let rounds = if at == 0 {
            setting("BENCH_ROUNDS", 3)
        } else {
            1
        };
        let rolls_out = at == 0 && setting("BENCH_ROLLOUT", 1) > 0;
        let (mut pairs, mut beside) = (Vec::new(), Vec::new());
        for round in 1..=rounds {
            let floor = turn::floor(&plane, *size).await?;
            println!("{size} runs, round {round}, client:   {floor}");
            let operator = turn::operator(&plane, *size, Rollout::Without).await?;
            println!("{size} runs, round {round}, operator: {operator}");
            if rolls_out {
                let with = turn::operator(&plane, *size, Rollout::With).await?;
                println!("{size} runs, round {round}, operator, with rollout: {with}");
                beside.push((floor.clone(), with));
            }
            pairs.push((floor, operator));
        }
        requests::print(&pairs, *size, "without rollout");
        table.turns(*size, "without rollout", &pairs);
        if rolls_out {
            requests::print(&beside, *size, "with rollout");
            table.turns(*size, "with rollout", &beside);
        }
    }
    let handovers = setting("BENCH_LEADERS", 3);
    if handovers > 0 {
        table.leaders(&leaders::measure(&plane, handovers).await?);
    }
    let finished = setting("BENCH_FINISHED", 10_000);
    if finished > 0 {
        table.many(finished, &many::measure(&plane, finished).await?);
    }
    println!("\n{table}");
    Ok(())
}
