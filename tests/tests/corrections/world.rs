//! A shop's logs: ordinary lines, ordinary failures, failures that its programs log at INFO in words that no rule knows,
//! and harmless lines that they log at ERROR.
//!
//! Of each kind some lines are known (the first logs have them, the first model learns from them) and others are not: other
//! words in other sentences.

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Fine, and said so.
    Ordinary,
    /// A failure, and said so.
    Failure,
    /// A failure at INFO: something is stranded, or astray.
    Silent,
    /// Harmless at ERROR: a crawler, or what was done by design.
    Loud,
}

impl Kind {
    /// What people say of it.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failure | Self::Silent)
    }
}

/// A line: its kind, and level, component, operation and message as logged; `#` is a number that varies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub kind: Kind,
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
            "{x} left stranded at {y}",
            "no courier for {x}: stranded since # hours",
            "{x} went astray between {y} and bank",
            "# of {x} stranded in {y}",
            "{x} is astray, last seen in {y}",
        ],
        unseen: &[
            "found another {x} stranded behind {y}",
            "{y} says that {x} went astray for # days",
            "we hold one stranded {x} for user #",
        ],
    },
    Sentences {
        kind: Kind::Loud,
        level: "ERROR",
        known: &[
            "crawler asked {y} for {x}",
            "{x} is not shown to a crawler of {y}",
            "{y} left out {x} by design",
            "crawler # went away before {x}",
            "{x} ends here by design, see {y}",
        ],
        unseen: &[
            "another crawler looked at {x} in {y}",
            "by design {y} keeps no {x}",
            "{y} met a crawler that read # of {x}",
        ],
    },
];

/// Things and places of the known lines.
const KNOWN: ([&str; 6], [&str; 6]) = (
    [
        "payment", "parcel", "refund", "invoice", "voucher", "transfer",
    ],
    [
        "depot", "ledger", "gateway", "archive", "counter", "harbour",
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
pub fn lines() -> (Vec<Line>, Vec<Line>) {
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
pub fn log<'a>(lines: impl IntoIterator<Item = &'a Line>, seed: u64) -> String {
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
