//! Follows the file of the serving document while the service runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::app::App;
use crate::serving::{Loaded, Serving, read_document};

/// How often the serving document is looked at: where no operator pushes it, this is the delay.
const SERVING_POLL: Duration = Duration::from_secs(1);

/// A mounted ConfigMap may lag this long behind what the operator has pushed; after that an older document is told.
const OLD_TOLD_AFTER: Duration = Duration::from_secs(180);

/// What the file comes to.
enum Found {
    /// What is in force, or no document.
    Nothing,
    /// It is in force now.
    New(Arc<Loaded>),
    /// Older than what is in force; says so.
    Old(String),
}

/// Applies the serving document whenever its file changes.
pub(super) async fn follow(app: App, path: PathBuf) {
    let began = Instant::now();
    let mut told = Told::default();
    loop {
        tokio::time::sleep(SERVING_POLL).await;
        let (serving, file) = (app.serving.clone(), path.clone());
        let step = tokio::task::spawn_blocking(move || look(&serving, &file));
        let Ok(found) = step.await else {
            continue;
        };
        if let Ok(Found::New(loaded)) = &found {
            let generation = loaded.document.generation as f64;
            app.metrics.serving_generation.set(generation);
        }
        if let Some(error) = told.problem(found, began.elapsed()) {
            tracing::error!(%error, "the serving document was not followed");
        }
    }
}

/// What was told already.
#[derive(Default)]
struct Told {
    problem: Option<String>,
    /// Since when the document is older than what is in force.
    old_since: Option<Duration>,
}

impl Told {
    /// What is to be told now.
    fn problem(&mut self, found: Result<Found, String>, now: Duration) -> Option<String> {
        let problem = match found {
            Ok(Found::Old(said)) => {
                let since = *self.old_since.get_or_insert(now);
                Some(said).filter(|_| now.saturating_sub(since) >= OLD_TOLD_AFTER)?
            }
            Ok(Found::Nothing | Found::New(_)) => {
                *self = Self::default();
                return None;
            }
            Err(error) => error,
        };
        if self.problem.as_ref() == Some(&problem) {
            return None;
        }
        self.problem = Some(problem.clone());
        Some(problem)
    }
}

/// Applies the document in the file if it is newer, or if the same could not be followed before.
fn look(serving: &Serving, file: &Path) -> Result<Found, String> {
    let Some(document) = read_document(file)? else {
        return Ok(Found::Nothing);
    };
    let loaded = serving.loaded();
    let (got, have) = (document.generation, loaded.document.generation);
    let is_same = document == loaded.document;
    if got < have {
        return Ok(Found::Old(format!(
            "{} has generation {got}, and what is in force has {have}: raise it above that, or restart this analyzer if the \
             older one is meant",
            file.display()
        )));
    }
    if is_same && loaded.problem.is_none() {
        return Ok(Found::Nothing);
    }
    if got == have && !is_same {
        return Err(format!(
            "{} has generation {got}, as what is in force has, and says something else: promote once more",
            file.display()
        ));
    }
    serving
        .apply(&document)
        .map(Found::New)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use logloop_records::DataDir;

    use super::*;

    #[test]
    fn a_document_that_could_not_be_followed_is_tried_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("serving.json");
        let digest = "0".repeat(64);
        let text = format!(
            r#"{{"generation":3,"stable":{{"version":"v","digest":"sha256:{digest}"}},"candidate":null}}"#
        );
        std::fs::write(&file, text).unwrap();
        let serving = Serving::new(&DataDir::new(dir.path()));
        serving.apply_at_start(&read_document(&file).unwrap().unwrap());
        assert!(serving.loaded().problem.is_some());
        assert!(look(&serving, &file).is_err(), "tried again");
        std::fs::write(&file, r#"{"generation":4,"stable":null,"candidate":null}"#).unwrap();
        assert!(matches!(look(&serving, &file), Ok(Found::New(_))));
        assert!(matches!(look(&serving, &file), Ok(Found::Nothing)));
        let other =
            format!(r#"{{"generation":4,"stable":{{"version":"v","digest":"sha256:{digest}"}}}}"#);
        std::fs::write(&file, other).unwrap();
        let error = look(&serving, &file).err().unwrap();
        assert!(
            error.contains("generation 4") && error.contains("promote"),
            "{error}"
        );
    }

    #[test]
    fn an_older_document_is_told_once_it_does_not_pass() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("serving.json");
        let serving = Serving::new(&DataDir::new(dir.path()));
        std::fs::write(&file, r#"{"generation":4}"#).unwrap();
        assert!(matches!(look(&serving, &file), Ok(Found::New(_))));
        std::fs::write(&file, r#"{"generation":3}"#).unwrap();
        let Ok(Found::Old(said)) = look(&serving, &file) else {
            panic!("it is older");
        };
        assert!(
            said.contains("generation 3") && said.contains("has 4"),
            "{said}"
        );
        let mut told = Told::default();
        let old = || Ok(Found::Old(said.clone()));
        assert_eq!(
            told.problem(old(), Duration::ZERO),
            None,
            "a ConfigMap lags"
        );
        assert_eq!(told.problem(old(), OLD_TOLD_AFTER), Some(said.clone()));
        assert_eq!(told.problem(old(), 2 * OLD_TOLD_AFTER), None, "once");
        assert_eq!(told.problem(Ok(Found::Nothing), 3 * OLD_TOLD_AFTER), None);
        assert_eq!(
            told.problem(old(), 3 * OLD_TOLD_AFTER),
            None,
            "it began anew"
        );
        assert_eq!(
            told.problem(Err("no".to_owned()), Duration::ZERO)
                .as_deref(),
            Some("no")
        );
        assert_eq!(told.problem(Err("no".to_owned()), Duration::ZERO), None);
    }
}
