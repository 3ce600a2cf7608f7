//! The kinds of what is redacted, sets of them as settings name them, and counts by kind.

use std::str::FromStr;

use crate::config::Error;

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A key or token that its own form gives away: cloud keys, access tokens, JWTs.
    Token,
    /// The body of a PEM private key.
    PrivateKey,
    /// A value that its place gives away: passwords, secrets, credentials of URLs and headers.
    Password,
    /// An e-mail address.
    Email,
    /// A payment card number.
    Card,
    /// An IPv4 or IPv6 address.
    Ip,
    /// What a user's own pattern matched.
    Pattern,
}

impl Kind {
    /// Every kind, in the order of rule set names.
    pub const ALL: [Kind; 7] = [
        Kind::Token,
        Kind::PrivateKey,
        Kind::Password,
        Kind::Email,
        Kind::Card,
        Kind::Ip,
        Kind::Pattern,
    ];

    /// The name in placeholders, rule sets and settings.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Token => "token",
            Kind::PrivateKey => "private-key",
            Kind::Password => "password",
            Kind::Email => "email",
            Kind::Card => "card",
            Kind::Ip => "ip",
            Kind::Pattern => "pattern",
        }
    }
}

/// A set of the built-in kinds. [`Kind::Pattern`] is never in it: patterns are on when there are some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    /// Nothing.
    pub const NONE: Kinds = Kinds(0);
    /// Tokens, private keys and passwords: `secrets` in settings.
    pub const SECRETS: Kinds = Kinds::NONE
        .with(Kind::Token)
        .with(Kind::PrivateKey)
        .with(Kind::Password);
    /// Secrets, e-mail addresses and card numbers: what is on unless told otherwise.
    pub const DEFAULT: Kinds = Kinds::SECRETS.with(Kind::Email).with(Kind::Card);
    /// The default and IP addresses.
    pub const ALL: Kinds = Kinds::DEFAULT.with(Kind::Ip);

    /// This set and `kind`.
    #[must_use]
    pub const fn with(self, kind: Kind) -> Kinds {
        Kinds(self.0 | kind.bit())
    }

    /// This set without `kind`.
    #[must_use]
    pub const fn without(self, kind: Kind) -> Kinds {
        Kinds(self.0 & !kind.bit())
    }

    /// Whether `kind` is in the set.
    pub const fn contains(self, kind: Kind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// Whether every kind of `other` is in the set.
    pub const fn contains_all(self, other: Kinds) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Kind {
    const fn bit(self) -> u8 {
        match self {
            Kind::Pattern => 0,
            kind => 1 << kind as u8,
        }
    }
}

impl FromStr for Kinds {
    type Err = Error;

    /// Reads a list with commas, from left to right: a name adds, `-name` takes away. Names are those of the kinds,
    /// `secrets`, `default`, `all` and `none`; a list that begins with a `-name` begins with the default.
    ///
    /// # Errors
    /// An unknown name.
    fn from_str(list: &str) -> Result<Kinds, Error> {
        let mut names = list
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .peekable();
        let mut kinds = match names.peek() {
            Some(first) if first.starts_with('-') => Kinds::DEFAULT,
            _ => Kinds::NONE,
        };
        for name in names {
            let (removes, name) = match name.strip_prefix('-') {
                Some(name) => (true, name),
                None => (false, name),
            };
            let named = named(name).ok_or_else(|| Error::UnknownKind(name.to_owned()))?;
            kinds = match removes {
                true => Kinds(kinds.0 & !named.0),
                false => Kinds(kinds.0 | named.0),
            };
        }
        Ok(kinds)
    }
}

fn named(name: &str) -> Option<Kinds> {
    match name {
        "all" => Some(Kinds::ALL),
        "default" => Some(Kinds::DEFAULT),
        "none" => Some(Kinds::NONE),
        "secrets" => Some(Kinds::SECRETS),
        _ => Kind::ALL
            .into_iter()
            .find(|kind| kind.name() == name && *kind != Kind::Pattern)
            .map(|kind| Kinds::NONE.with(kind)),
    }
}

/// How many values of each kind were replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; Kind::ALL.len()]);

impl Counts {
    /// The count of one kind.
    pub fn get(&self, kind: Kind) -> u64 {
        self.0[kind as usize]
    }

    /// The sum over all kinds.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The kinds with a count above zero, in the order of [`Kind::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Kind, u64)> + '_ {
        Kind::ALL
            .into_iter()
            .map(|kind| (kind, self.get(kind)))
            .filter(|(_, count)| *count > 0)
    }

    /// Adds the counts of another text.
    pub fn add(&mut self, other: &Counts) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }

    pub(crate) fn count(&mut self, kind: Kind) {
        self.0[kind as usize] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_kinds() {
        for (list, expected) in [
            ("", Kinds::NONE),
            ("none", Kinds::NONE),
            ("default", Kinds::DEFAULT),
            ("secrets,email,card", Kinds::DEFAULT),
            ("token, private-key ,password", Kinds::SECRETS),
            ("all,-card", Kinds::ALL.without(Kind::Card)),
            ("-email", Kinds::DEFAULT.without(Kind::Email)),
            ("default,ip", Kinds::ALL),
        ] {
            assert_eq!(list.parse::<Kinds>().ok(), Some(expected), "{list}");
        }
        for list in ["emails", "pattern", "-x"] {
            assert!(list.parse::<Kinds>().is_err(), "{list}");
        }
    }
}
