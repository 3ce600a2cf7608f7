//! What can be odd about a sequence.

use serde::{Deserialize, Serialize};

/// What can be odd about a sequence, from what needs the least explanation to what needs the most: of findings that are
/// as rare as each other the first is told, and in the calibration the first has the first share of the alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// A template that this kind of sequence never, or hardly ever, has.
    NewTemplate,
    /// A template more often than in normal ones.
    TooOften,
    /// A template that is nearly always there is not.
    Missing,
    /// A template less often than in normal ones.
    TooSeldom,
    /// It ends after what is hardly ever the last.
    EndsEarly,
    /// What nearly always follows a template does not.
    NotFollowed,
    /// It begins with what is hardly ever the first.
    BeginsOddly,
    /// Each count is normal, and all together are hardly ever seen.
    Combination,
    /// More or fewer entries than normal ones have.
    Length,
    /// A template right after another that it hardly ever follows.
    Step,
}

impl Check {
    /// All of them, in their order.
    pub const ALL: [Self; 10] = [
        Self::NewTemplate,
        Self::TooOften,
        Self::Missing,
        Self::TooSeldom,
        Self::EndsEarly,
        Self::NotFollowed,
        Self::BeginsOddly,
        Self::Combination,
        Self::Length,
        Self::Step,
    ];

    /// Name as in the API and the model.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewTemplate => "new_template",
            Self::TooOften => "too_often",
            Self::Missing => "missing",
            Self::TooSeldom => "too_seldom",
            Self::EndsEarly => "ends_early",
            Self::NotFollowed => "not_followed",
            Self::BeginsOddly => "begins_oddly",
            Self::Combination => "combination",
            Self::Length => "length",
            Self::Step => "step",
        }
    }

    /// Whether it can be told of a sequence that the log may hold only a part of.
    pub fn holds_for_parts(self) -> bool {
        matches!(self, Self::NewTemplate | Self::TooOften | Self::Step)
    }

    /// Whether it can be told of a window, which may begin and end anywhere.
    pub fn holds_for_windows(self) -> bool {
        matches!(
            self,
            Self::NewTemplate | Self::TooOften | Self::Step | Self::Combination
        )
    }
}
