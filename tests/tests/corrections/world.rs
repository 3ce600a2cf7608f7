//! A shop's logs: ordinary lines, ordinary failures, failures that its programs log at INFO in words that no rule knows,
//! and harmless lines that they log at ERROR.
//!
//! Of each kind some lines are known (the first logs have them, the first model learns from them) and others are not: other
//! words in other sentences.

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Fine, and said so.
    Ordinary,
    /// A failure, and said so.
    Failure,
    /// A failure at INFO: somebody gave up on something.
    Silent,
    /// Harmless at ERROR: what is by design.
    Loud,
}

impl Kind {
    /// What people say of it.
    pub(crate) fn is_failure(self) -> bool {
        matches!(self, Self::Failure | Self::Silent)
    }
}

/// A line: its kind, and level, component, operation and message as logged; `#` is a number that varies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// What it is.
    pub(crate) kind: Kind,
    text: String,
}

/// Sentences of a kind: `{x}` and `{y}` are filled in. Components are of the shop as a whole: they tell nothing.
struct Sentences {
    kind: Kind,
    level: &'static str,
    known: &'static [&'static str],
    unseen: &'static [&'static str],
}

const SENTENCES: [Sentences; 5] = [
    Sentences {
        kind: Kind::Ordinary,
        level: "INFO",
        known: &[
            "{x} opened for user #",
            "{x} handed over to {y}",
            "counted # of {x} in {y}",
            "{y} has room for another {x}",
            "{x} closed after # ms",
            "courier took {x} from {y}",
            "{y} is open",
            "asked {y} for # of {x}",
            "stored {x} in {y}",
            "new {x} from user #",
            "{x} was stamped by {y}",
        ],
        unseen: &[
            "{y} took # of {x}",
            "another {x} is on its way to {y}",
            "{x} seen in {y} by a courier",
        ],
    },
    Sentences {
        kind: Kind::Failure,
        level: "ERROR",
        known: &[
            "cannot reach {y}: connection refused",
            "{x} of user # timed out after # ms",
            "failed to store {x} in {y}",
            "{y} does not balance: # lacking in {x}",
            "panic while {y} wrote {x}: index out of range",
            "lost the lock on {x} in {y}",
            "{y} answered # to {x}: service unavailable",
            "bad checksum of {x} in {y}",
            "unhandled exception in {y}",
            "the total of {x} is wrong by #",
            "no space left on {y}",
            "cannot read {x} from {y}",
            "{x} was refused by {y}",
        ],
        unseen: &[
            "{x} was not stored: permission denied by {y}",
            "unhandled exception while {y} closed {x}",
            "the sum of {x} in {y} is off by #",
        ],
    },
    Sentences {
        kind: Kind::Ordinary,
        level: "WARN",
        known: &["{y} is slow today, # ms for {x}"],
        unseen: &["{x} takes long in {y}"],
    },
    Sentences {
        kind: Kind::Silent,
        level: "INFO",
        known: &[
            "gave up on {x} at {y}",
            "courier # gave up on {x} this evening",
            "{y} gave up on {x} of user #",
            "nobody at {y}, gave up on {x}",
            "after # days {y} gave up on {x}",
        ],
        unseen: &[
            "we gave up on {x} behind {y}",
            "{y} gave up on another {x}",
            "gave up on # of {x}, thank you",
        ],
    },
    Sentences {
        kind: Kind::Loud,
        level: "ERROR",
        known: &[
            "{x} ends at {y}, this is by design",
            "{y} left out # of {x}, this is by design",
            "this is by design: {x} stays in {y}",
            "{x} for user # is hidden, this is by design",
            "{y} keeps quiet on {x}; this is by design",
        ],
        unseen: &[
            "another {x} went past {y}, this is by design",
            "{y} shows no {x}: this is by design",
            "this is by design, {x} sleeps for # days",
        ],
    },
];

/// Things and places of the known lines.
const KNOWN: ([&str; 8], [&str; 8]) = (
    [
        "payment", "parcel", "refund", "invoice", "voucher", "transfer", "order", "crate",
    ],
    [
        "depot", "ledger", "gateway", "archive", "counter", "harbour", "dock", "stall",
    ],
);
/// Those of the others.
const UNSEEN: ([&str; 4], [&str; 4]) = (
    ["deposit", "letter", "receipt", "ticket"],
    ["vault", "kiosk", "mailroom", "warehouse"],
);
/// Parts of the shop.
const COMPONENTS: [&str; 4] = ["billing", "shipping", "front", "back"];

/// The known lines, then the others.
pub(crate) fn lines() -> (Vec<Line>, Vec<Line>) {
    let of = |known: bool| {
        let words = if known {
            (&KNOWN.0[..], &KNOWN.1[..])
        } else {
            (&UNSEEN.0[..], &UNSEEN.1[..])
        };
        SENTENCES
            .iter()
            .flat_map(|sentences| {
                let texts = if known {
                    sentences.known
                } else {
                    sentences.unseen
                };
                texts
                    .iter()
                    .flat_map(move |text| sentences.lines(text, words))
            })
            .collect()
    };
    (of(true), of(false))
}

impl Sentences {
    /// One line for each thing; the places in turn.
    fn lines(&self, text: &str, (things, places): (&[&str], &[&str])) -> Vec<Line> {
        let line = |(n, thing): (usize, &&str)| {
            let place = places[(n * 5 + text.len()) % places.len()];
            let message = text.replace("{x}", thing).replace("{y}", place);
            let component = COMPONENTS[(n + text.len()) % COMPONENTS.len()];
            Line {
                kind: self.kind,
                text: format!("{}|{component}|run|{message}", self.level),
            }
        };
        things.iter().enumerate().map(line).collect()
    }
}

/// A log of these lines in this order, its numbers and times of its own.
pub(crate) fn log<'a>(lines: impl IntoIterator<Item = &'a Line>, seed: u64) -> String {
    let line = |(at, line): (usize, &Line)| {
        let number = 10 + (seed * 31 + at as u64 * 7) % 89;
        let text = line.text.replace('#', &number.to_string());
        format!(
            "2026-11-{:02}T10:{:02}:{:02}Z|{text}\n",
            1 + seed % 28,
            at / 60 % 60,
            at % 60
        )
    };
    lines.into_iter().enumerate().map(line).collect()
}
