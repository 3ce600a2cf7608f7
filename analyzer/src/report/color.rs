//! Colours of a terminal, by what they mean.

use super::Style;

/// What a text is.
#[derive(Clone, Copy)]
pub(super) enum Role {
    /// A heading.
    Heading,
    /// A failure.
    Bad,
    /// Worth a look.
    Odd,
    /// All is well.
    Good,
    /// Less important.
    Dim,
}

impl Role {
    fn code(self) -> &'static str {
        match self {
            Self::Heading => "1",
            Self::Bad => "1;31",
            Self::Odd => "33",
            Self::Good => "1;32",
            Self::Dim => "2",
        }
    }
}

impl Style {
    /// The text in its colour, if there are colours.
    pub(super) fn paint(&self, role: Role, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", role.code())
        } else {
            text.to_owned()
        }
    }
}
