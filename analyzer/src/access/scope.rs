//! What a caller may do.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// One permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Send logs, and read what one sent oneself.
    Analyze,
    /// Say what was wrong in an answer.
    Feedback,
    /// Read what everybody sent, correct it, and mark corrections as gold.
    Review,
    /// Make training data.
    Export,
    /// Erase interactions, and all of a subject.
    Erase,
    /// Push the serving document.
    Internal,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Analyze,
        Self::Feedback,
        Self::Review,
        Self::Export,
        Self::Erase,
        Self::Internal,
    ];

    /// Name as in a token file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Analyze => "analyze",
            Self::Feedback => "feedback",
            Self::Review => "review",
            Self::Export => "export",
            Self::Erase => "erase",
            Self::Internal => "internal",
        }
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Every one that people need: all but `internal`.
    pub const PEOPLE: Self = Self(0b01_1111);
    /// What somebody who asks about logs needs: `analyze` and `feedback`.
    pub const ASKING: Self = Self(0b00_0011);
    /// Every one.
    pub const EVERY: Self = Self(0b11_1111);

    /// Whether it is among them.
    pub fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |all, one| all | 1 << one as u8))
    }
}

/// Names with commas between them; `all` is every one but `internal`.
impl FromStr for Scopes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = Self::default();
        for name in text.split(',').map(str::trim) {
            all.0 |= match Scope::ALL.iter().find(|scope| scope.as_str() == name) {
                Some(scope) => 1 << *scope as u8,
                None if name == "all" => Self::PEOPLE.0,
                None => {
                    return Err(format!(
                        "{name:?} is no scope: use {} or all, with commas between them",
                        Scope::ALL.map(Scope::as_str).join(", ")
                    ));
                }
            };
        }
        Ok(all)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Scope::ALL.iter().filter(|scope| self.has(**scope));
        let names: Vec<&str> = names.map(|scope| scope.as_str()).collect();
        f.write_str(&names.join(","))
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            Scope::ALL
                .iter()
                .filter(|s| self.has(**s))
                .map(|s| s.as_str()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_and_read() {
        for (text, shown) in [
            ("analyze", "analyze"),
            ("feedback, analyze", "analyze,feedback"),
            ("all", "analyze,feedback,review,export,erase"),
            (
                "all,internal",
                "analyze,feedback,review,export,erase,internal",
            ),
        ] {
            assert_eq!(text.parse::<Scopes>().unwrap().to_string(), shown);
        }
        for text in ["", "admin", "analyze,,feedback", "ALL"] {
            assert!(text.parse::<Scopes>().is_err(), "{text}");
        }
        let asking: Scopes = [Scope::Analyze, Scope::Feedback].into_iter().collect();
        assert_eq!(asking, Scopes::ASKING);
        assert_eq!(Scopes::EVERY, Scope::ALL.into_iter().collect());
    }
}
