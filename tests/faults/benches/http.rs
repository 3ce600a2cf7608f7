//! What storing costs over HTTP: the same analyzer with storage on and with storage off, asked in turns by the same
//! clients. `tests/bench/store.sh` runs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use logloop_fault_tests::analyzer::Analyzer;
use logloop_fault_tests::load::figure;

/// Clients that ask at the same time, each on a connection that it keeps.
const CLIENTS: usize = 64;

/// Bytes of a log.
const LOG_BYTES: usize = 2048;

/// How long each of the two is asked at a time.
const TURN: Duration = Duration::from_millis(1000);

/// Pairs of turns; `LOGLOOP_BENCH_TURNS` gives another number. The median counts.
const TURNS: u64 = 15;

/// A request for an analysis, as it goes over the wire.
fn request() -> Vec<u8> {
    let mut log = String::new();
    for number in 0.. {
        let line = match number % 8 {
            7 => format!(
                "2026-11-22 10:00:{number:02} ERROR db: pool {number} exhausted after 30 s\n"
            ),
            _ => format!(
                "2026-11-22 10:00:{number:02} INFO http: GET /orders/{number} 200 in 12 ms\n"
            ),
        };
        if log.len() + line.len() > LOG_BYTES {
            break;
        }
        log.push_str(&line);
    }
    let head = format!(
        "POST /api/chat/analyze HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n",
        log.len()
    );
    [head, log].concat().into_bytes()
}

/// A kept connection that reads no more of an answer than it must.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_nodelay(true).expect("it is a TCP socket");
        Self(BufReader::with_capacity(64 << 10, stream))
    }

    fn ask(&mut self, request: &[u8], body: &mut Vec<u8>) {
        self.0.get_mut().write_all(request).expect("it is taken");
        let (mut line, mut length) = (String::new(), 0);
        self.0.read_line(&mut line).expect("it answers");
        assert!(line.starts_with("HTTP/1.1 200"), "{line}");
        while line != "\r\n" {
            line.clear();
            self.0.read_line(&mut line).expect("it answers");
            if let Some(bytes) = line.strip_prefix("content-length:") {
                length = bytes.trim().parse().expect("it is a number");
            }
        }
        body.resize(length, 0);
        self.0.read_exact(body).expect("the body is whole");
    }
}

/// Answers per second over one turn, and how long each took.
fn turn(address: SocketAddr, request: &[u8], latencies: &mut Vec<Duration>) -> f64 {
    let stop = AtomicBool::new(false);
    let began = Instant::now();
    let ask = || {
        let (mut client, mut body, mut took) = (Client::connect(address), vec![], vec![]);
        while !stop.load(Ordering::Relaxed) {
            let at = Instant::now();
            client.ask(request, &mut body);
            took.push(at.elapsed());
        }
        took
    };
    let all: Vec<Duration> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(ask)).collect();
        std::thread::sleep(TURN);
        stop.store(true, Ordering::Relaxed);
        let ended = clients
            .into_iter()
            .flat_map(|client| client.join().expect("it was answered"));
        ended.collect()
    });
    let rate = all.len() as f64 / began.elapsed().as_secs_f64();
    latencies.extend(all);
    rate
}

/// The median, between those that it lies between with 96 % where there are 15 figures.
fn spread(mut figures: Vec<f64>) -> (f64, f64, f64) {
    figures.sort_by(f64::total_cmp);
    let cut = figures.len() / 4;
    let last = figures.len() - 1;
    (
        figures[cut],
        figures[figures.len() / 2],
        figures[last - cut],
    )
}

fn print(what: &str, rates: Vec<f64>, mut latencies: Vec<Duration>) {
    latencies.sort();
    let at = |percent: usize| latencies[(latencies.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    let (_, rate, _) = spread(rates);
    println!(
        "{what:<44} {rate:>9.0}/s  p50 {:>6.3} ms  p99 {:>6.3} ms",
        at(50),
        at(99)
    );
}

/// Seconds of processor time that this process has used.
fn used() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let mut after_name = stat.rsplit(')').next().unwrap_or_default().split(' ');
    let ticks = [after_name.nth(12), after_name.next()];
    let ticks = ticks.into_iter().flatten().flat_map(str::parse::<f64>);
    // Of 10 ms on every Linux.
    ticks.sum::<f64>() / 100.0
}

fn main() {
    let place = std::env::var_os("LOGLOOP_BENCH_DIR").unwrap_or(".".into());
    let dir = tempfile::tempdir_in(place).expect("the folder can be written to");
    let start = |name: &str, args: &[&str]| {
        Analyzer::start(&dir.path().join(name), args).expect("the analyzer starts")
    };
    let (on, off) = (start("on", &[]), start("off", &["--keep-nothing"]));
    let request = request();
    for analyzer in [&on, &off] {
        turn(analyzer.address, &request, &mut vec![]);
    }
    let (mut with, mut without, mut ratios) = (vec![], vec![], vec![]);
    let (mut took_with, mut took_without) = (vec![], vec![]);
    let (began, before) = (Instant::now(), used());
    for pair in 0..figure("LOGLOOP_BENCH_TURNS", TURNS) {
        let mut on = || with.push(turn(on.address, &request, &mut took_with));
        let mut off = || without.push(turn(off.address, &request, &mut took_without));
        // Who comes first changes, so that what gets slower in time favours neither.
        if pair % 2 == 0 {
            on();
            off();
        } else {
            off();
            on();
        }
        ratios.push(with[with.len() - 1] / without[without.len() - 1]);
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let share = (used() - before) / began.elapsed().as_secs_f64() / cores;
    println!("{CLIENTS} clients over HTTP, logs of {LOG_BYTES} bytes");
    print("analyze and store", with, took_with);
    print("analyze, storage off", without, took_without);
    let (low, middle, high) = spread(ratios);
    println!("  storage on, to storage off                 {middle:.2}x ({low:.2} - {high:.2})");
    println!(
        "  the clients' own share of the processors   {:.0} %",
        share * 100.0
    );
}
