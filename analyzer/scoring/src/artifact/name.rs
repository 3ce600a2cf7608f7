//! Names of versions.

use super::ArtifactError;

/// What versions are called that are no model: the built-in rules.
pub const RULES_VERSION: &str = "rules";
/// Characters of a version's name, at most.
pub const MAX_VERSION_CHARS: usize = 63;

/// Refuses names that could not be a version's (a path, hidden, reserved).
pub fn check_version(version: &str) -> Result<(), ArtifactError> {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let fine = version.len() <= MAX_VERSION_CHARS
        && version
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.')
        && edge(version.chars().next())
        && edge(version.chars().next_back())
        && !version.contains("..")
        && !version.ends_with(".json")
        && version != RULES_VERSION;
    if fine {
        Ok(())
    } else {
        Err(ArtifactError::Version(version.to_owned()))
    }
}
