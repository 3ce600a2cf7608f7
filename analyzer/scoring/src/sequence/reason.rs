//! Evidence in words.

use super::check::Check;
use super::evidence::Evidence;
use super::table::TRUST;

/// Reasons told of one sequence, the rarest first.
pub const MAX_REASONS: usize = 4;

/// Templates by their numbers, and what the sequence is called.
pub struct Names<'n> {
    /// The text of a template.
    pub template: &'n dyn Fn(u32) -> String,
    /// `transaction` or `window`.
    pub what: &'static str,
}

/// Why a sequence is not normal.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// What was counted.
    pub evidence: Evidence,
    /// The same for people, one line.
    pub text: String,
}

/// The evidence that is worth telling: the rarest first, of what says the same in several ways the first.
pub fn reasons(list: &[Evidence], names: &Names<'_>) -> Vec<Reason> {
    let mut told: Vec<&Evidence> = vec![];
    // That the whole differs is told only where no part of it does.
    let of_parts = list.iter().filter(|evidence| !is_of_the_whole(evidence));
    for evidence in of_parts.chain(list.iter().filter(|evidence| is_of_the_whole(evidence))) {
        if told.len() == MAX_REASONS {
            break;
        }
        if !told.iter().any(|other| says_as_much(other, evidence)) {
            told.push(evidence);
        }
    }
    told.into_iter()
        .map(|evidence| Reason {
            evidence: *evidence,
            text: text(evidence, names),
        })
        .collect()
}

fn is_of_the_whole(evidence: &Evidence) -> bool {
    matches!(evidence.check, Check::Combination | Check::Length)
}

/// Whether what is told already covers the further evidence.
fn says_as_much(told: &Evidence, further: &Evidence) -> bool {
    match further.check {
        Check::Combination | Check::Length => true,
        // One that ends early lacks all that comes afterwards: one word on it will do.
        Check::Missing | Check::TooSeldom | Check::NotFollowed | Check::EndsEarly => {
            let lacks = |check| {
                matches!(
                    check,
                    Check::Missing | Check::TooSeldom | Check::NotFollowed
                )
            };
            (lacks(told.check) && lacks(further.check))
                || (told.template == further.template && told.check == further.check)
        }
        Check::NewTemplate | Check::TooOften => told.template == further.template,
        Check::BeginsOddly => told.check == further.check,
        Check::Step => {
            told.check == further.check
                || [further.template, further.other].contains(&told.template)
        }
    }
}

fn text(evidence: &Evidence, names: &Names<'_>) -> String {
    let name = |template: Option<u32>| template.map(|t| (names.template)(t)).unwrap_or_default();
    let (this, other) = (name(evidence.template), name(evidence.other));
    let (count, usual) = (evidence.count, evidence.usual);
    let what = names.what;
    let of = number(evidence.of.div_ceil(TRUST));
    let seen = evidence.seen.div_ceil(TRUST);
    let in_normal = if seen == 0 {
        format!("never seen in {of} normal ones")
    } else {
        format!("seen in {} of {of} normal ones", number(seen))
    };
    match evidence.check {
        Check::NewTemplate if seen == 0 => {
            format!("never seen before in this kind of {what} ({of} normal ones): \"{this}\"")
        }
        Check::NewTemplate => format!("\"{this}\": {in_normal}"),
        Check::TooOften => {
            format!(
                "\"{this}\" {}, at most {usual} in {of} normal ones",
                times(count)
            )
        }
        Check::Missing => format!(
            "\"{this}\" is missing, which {} of normal ones have",
            share(evidence)
        ),
        Check::TooSeldom => format!(
            "\"{this}\" {}, at least {usual} times in {} of normal ones",
            only(count),
            share(evidence)
        ),
        Check::EndsEarly => format!("ends early, after \"{this}\": {in_normal}"),
        Check::BeginsOddly => format!("begins with \"{this}\": {in_normal}"),
        Check::NotFollowed => format!(
            "\"{this}\" without \"{other}\" afterwards, which follows in {}",
            share(evidence)
        ),
        Check::Combination => format!("these counts of templates together: {in_normal}"),
        Check::Length if usual > count => format!(
            "{} {}, at least {usual} in normal ones",
            number(u64::from(count)),
            if count == 1 { "entry" } else { "entries" }
        ),
        Check::Length => format!(
            "{} entries, at most {usual} in {of} normal ones",
            number(u64::from(count))
        ),
        Check::Step => format!("\"{other}\" right after \"{this}\": {in_normal}"),
    }
}

/// The share of normal sequences that are not so, never rounded up to all of them.
fn share(evidence: &Evidence) -> String {
    if evidence.seen == 0 {
        return format!("all {}", number(evidence.of.div_ceil(TRUST)));
    }
    let share = 100.0 * (1.0 - evidence.seen as f64 / evidence.of.max(1) as f64);
    format!("{:.1} %", (share * 10.0).floor() / 10.0)
}

fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

fn only(count: u32) -> String {
    format!("only {}", times(count))
}

/// With thousands apart.
fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
