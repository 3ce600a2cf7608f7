//! What is merged and what is not, by small logs.

use super::*;

/// The distinct templates of these messages, sorted.
fn mined(messages: &[&str]) -> Vec<String> {
    let mut texts = Texts::new();
    for (line, message) in messages.iter().enumerate() {
        texts.add(message, line as u64 + 1).unwrap();
    }
    let templates = mine(&texts);
    let mut all: Vec<String> = (0..texts.len() as u32)
        .map(|index| templates.text(&texts, index).to_owned())
        .collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn merged() {
    for (messages, template) in [
        (
            &[
                "session opened for user alice by sudo",
                "session opened for user bob by sudo",
            ][..],
            "session opened for user <*> by sudo",
        ),
        (
            &["link eth0 is up again", "link eth1 is up again"],
            "link <*> is up again",
        ),
        (
            &["cache hit color=red end", "cache hit color=blue end"],
            "cache hit color=<*> end",
        ),
        (
            &[
                "read 5 KB in 3 ms",
                "read 7 MB in 4 ms",
                "read 7 bytes in 4 ms",
            ],
            "read <*> in <*> ms",
        ),
        (
            &["size 5 KB, free 3 MB", "size 7 MB, free 4 MB"],
            "size <*>, free <*>",
        ),
        (
            &["sent 5 bytes (1 KB) to a", "sent 7 bytes to a"],
            "sent <*> to a",
        ),
        (
            &["peers 1 2 3 are late", "peers 1 2 are late"],
            "peers <*> are late",
        ),
        (
            &[
                "peer 10.0.0.1 (a.example.com) left",
                "peer 10.0.0.1 () left",
            ],
            "peer <*> (<*>) left",
        ),
        (
            &[
                "clock synced to 10.0.0.1, stratum 3",
                "clock synced to GPS(0), stratum 1",
            ],
            "clock synced to <*>, stratum <*>",
        ),
        (
            &["shown: com.example.one.Main", "shown: com.example.two.Main"],
            "shown: <*>",
        ),
        (
            &["ready=true for pool", "ready=false for pool"],
            "ready=<*> for pool",
        ),
        (
            &[
                "volume home_zone on node-B1 is full",
                "volume work_zone on node-B1 is full",
                "volume work_zone on node-B2 is full",
                "volume work_zone on node-12 is full",
            ],
            "volume <*> on node-<*> is full",
        ),
    ] {
        assert_eq!(mined(messages), [template]);
        let mut reversed = messages.to_vec();
        reversed.reverse();
        assert_eq!(mined(&reversed), [template]);
    }
}

#[test]
fn two_variables_at_once() {
    let names = [
        "kiwi", "lemon", "melon", "mango", "grape", "peach", "plum", "pear", "fig",
    ];
    let places = [
        "oslo", "rome", "bonn", "graz", "lyon", "cork", "nice", "linz", "jena",
    ];
    let messages: Vec<String> = names
        .iter()
        .zip(places)
        .map(|(name, place)| format!("shipment of {name} is routed via {place} today"))
        .collect();
    let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
    assert_eq!(
        mined(&messages),
        ["shipment of <*> is routed via <*> today"]
    );
}

#[test]
fn an_instance_of_a_statement() {
    assert_eq!(
        mined(&[
            "login of user alice on host red",
            "login of user alice on host blue",
            "login of user bob on host red",
            "login of user eve on host green",
        ]),
        ["login of user <*> on host <*>"]
    );
}

#[test]
fn kept_apart() {
    for messages in [
        &[
            "session closed for <*> by sudo",
            "session opened for <*> by sudo",
        ][..],
        &["Connected to <*> now", "Disconnected from <*> now"],
        &["link is down again", "link is up again"],
        &[
            "job accepted by queue",
            "job rejected by queue",
            "job started by queue",
        ],
        &["status=failed for <*>", "status=ok for <*>"],
        &["begin", "end"],
        &[
            "mode is LEADING now",
            "mode is LOOKING now",
            "mode is VOTING now",
        ],
        &["read took <*> ms", "write took <*> ms"],
    ] {
        assert_eq!(mined(messages), messages);
    }
}

#[test]
fn nothing() {
    assert!(mined(&[]).is_empty());
    assert_eq!(mined(&[""]), [""]);
}

#[test]
fn more_than_are_mined() {
    let mut texts = Texts::new();
    let name = |mut n: usize| {
        let mut name = "zz".to_owned();
        while n > 0 {
            name.push(char::from(b'k' + (n % 16) as u8));
            n /= 16;
        }
        name
    };
    for n in 1..=MAX_MINED + 10 {
        texts.add(&format!("account of {} is settled", name(n)), n as u64);
    }
    let templates = mine(&texts);
    for index in 0..texts.len() as u32 {
        assert_eq!(templates.text(&texts, index), "account of <*> is settled");
    }
}
