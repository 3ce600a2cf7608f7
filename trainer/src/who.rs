//! Who says something, as far as it matters how many they are: nobody, one, or several.

use logloop_records::{LabelSource, TrainingExample};

use crate::facts;
use crate::voices::Claim;

/// Stands for everybody who is trusted.
const TRUSTED: u64 = 0;

/// Those who say something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Contributors {
    #[default]
    /// Nobody who is named.
    None,
    /// One, by the hash of their name.
    One(u64),
    /// More.
    Several,
}

impl Contributors {
    /// Adds who is not named and trusted: one more, whoever the others are.
    pub(crate) fn add_trusted(&mut self) {
        self.add(Some(TRUSTED));
    }

    /// Adds who says it; who is not named is trusted.
    pub(crate) fn add_or_trusted(&mut self, who: Option<u64>) {
        self.add(who.or(Some(TRUSTED)));
    }

    /// Adds who says it, if they are named.
    pub(crate) fn add(&mut self, who: Option<u64>) {
        *self = match (*self, who) {
            (known, None) => known,
            (Self::None, Some(who)) => Self::One(who),
            (Self::One(known), Some(who)) if known == who => *self,
            _ => Self::Several,
        };
    }
}

impl Contributors {
    /// Those of an example with a person's label; nobody otherwise. Reviewers are trusted.
    pub(crate) fn of(example: &TrainingExample) -> Self {
        let mut of = Self::None;
        match example.label_source {
            LabelSource::Correction => of.add_or_trusted(facts::who(example)),
            LabelSource::Gold => of.add_trusted(),
            _ => {}
        }
        of
    }

    /// These and others.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, one) | (one, Self::None) => one,
            (Self::One(a), Self::One(b)) if a == b => self,
            _ => Self::Several,
        }
    }

    /// The one who is named, if nobody else says it.
    pub(crate) fn sole(self) -> Option<u64> {
        match self {
            Self::One(who) if who != TRUSTED => Some(who),
            _ => None,
        }
    }
}

/// Who answers what of one entry, by label.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Denials([Contributors; 2]);

impl Denials {
    /// Adds an answer.
    pub(crate) fn add(&mut self, claim: &Claim) {
        let of_label = &mut self.0[usize::from(claim.is_failure)];
        match claim.who {
            Some(_) => of_label.add(claim.who),
            None => *of_label = Contributors::Several,
        }
    }

    /// As claims; what several say, or nobody whose name is known, is nobody's.
    pub(crate) fn claims(self) -> impl Iterator<Item = Claim> {
        let claim = |(is_failure, of_label)| {
            let who = match of_label {
                Contributors::None => return None,
                Contributors::One(who) => Some(who),
                Contributors::Several => None,
            };
            Some(Claim {
                who,
                source: LabelSource::Rule,
                is_failure,
                at: None,
                times: 1,
            })
        };
        [false, true].into_iter().zip(self.0).filter_map(claim)
    }
}
