//! Who calls.

use super::{Denied, Scope, Scopes, Token};

/// Who calls, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who it is; opaque. `None` where nobody is checked.
    pub subject: Option<String>,
    /// What they may do.
    pub scopes: Scopes,
}

impl Caller {
    /// Somebody, where nobody is checked. The serving document has a token of its own.
    pub fn anybody() -> Self {
        Self {
            subject: None,
            scopes: Scopes::PEOPLE,
        }
    }

    /// Refuses who may not do it.
    pub fn need(&self, scope: Scope) -> Result<(), Denied> {
        if self.scopes.has(scope) {
            Ok(())
        } else {
            Err(Denied::Scope(scope))
        }
    }

    /// Whether they may read what this subject sent, and say something of it.
    pub fn may_read(&self, subject: Option<&str>) -> bool {
        self.scopes.has(Scope::Review)
            || (self.subject.is_some() && self.subject.as_deref() == subject)
    }

    /// Whose interactions they may list; `None`: everybody's.
    pub fn reads_only(&self) -> Option<&str> {
        if self.scopes.has(Scope::Review) {
            return None;
        }
        // A caller has a subject wherever callers are checked; nobody's interactions are nobody's.
        Some(self.subject.as_deref().unwrap_or_default())
    }
}

impl From<&Token> for Caller {
    fn from(token: &Token) -> Self {
        Self {
            subject: Some(token.subject.clone()),
            scopes: token.scopes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_read_whose() {
        let caller = |subject: Option<&str>, scopes: &str| Caller {
            subject: subject.map(str::to_owned),
            scopes: scopes.parse().unwrap(),
        };
        for (caller, whose, may) in [
            (caller(Some("ann"), "analyze"), Some("ann"), true),
            (caller(Some("ann"), "analyze"), Some("bob"), false),
            (caller(Some("ann"), "analyze"), None, false),
            (caller(Some("ann"), "review"), Some("bob"), true),
            (caller(Some("ann"), "review"), None, true),
            (caller(None, "analyze"), None, false),
            (Caller::anybody(), Some("bob"), true),
            (Caller::anybody(), None, true),
        ] {
            assert_eq!(caller.may_read(whose), may, "{caller:?} {whose:?}");
        }
        assert_eq!(caller(Some("ann"), "analyze").reads_only(), Some("ann"));
        assert_eq!(caller(Some("ann"), "all").reads_only(), None);
    }
}
