//! A token file that is followed: tokens come and go without a restart.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use super::Tokens;

/// A change of the file counts after this time.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The file's tokens as of now.
#[derive(Debug)]
pub struct TokenFile {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    tokens: Arc<Tokens>,
    version: Option<Version>,
    looked: Instant,
}

/// A mounted Secret is another file after each change; an edited one has another time or size.
type Version = (SystemTime, u64);

impl TokenFile {
    /// Reads the file; it must be there and right.
    pub fn open(path: &Path) -> Result<Self, String> {
        let (tokens, version) = read(path)?;
        Ok(Self {
            path: path.to_owned(),
            state: Mutex::new(State {
                tokens: Arc::new(tokens),
                version,
                looked: Instant::now(),
            }),
        })
    }

    /// The tokens now. If the file has become unusable, those before go on, and the log says why.
    pub fn tokens(&self) -> Arc<Tokens> {
        let mut state = self.state.lock().expect("no panic holds it");
        if state.looked.elapsed() >= LOOK_AGAIN {
            state.looked = Instant::now();
            let version = version(&self.path);
            if version != state.version {
                match read(&self.path) {
                    Ok((tokens, version)) => {
                        tracing::info!(path = %self.path.display(), tokens = tokens.len(), "the token file was read again");
                        state.tokens = Arc::new(tokens);
                        state.version = version;
                    }
                    Err(error) => {
                        tracing::error!(%error, "the tokens before go on");
                        state.version = version;
                    }
                }
            }
        }
        Arc::clone(&state.tokens)
    }
}

fn read(path: &Path) -> Result<(Tokens, Option<Version>), String> {
    // Before the text: a change while it is read is seen the next time.
    let version = version(path);
    let text = fs::read_to_string(path)
        .map_err(|error| format!("cannot read the token file {}: {error}", path.display()))?;
    let tokens = Tokens::read(&text)
        .map_err(|problem| format!("the token file {}: {problem}", path.display()))?;
    Ok((tokens, version))
}

fn version(path: &Path) -> Option<Version> {
    let meta = fs::metadata(path).ok()?;
    Some((meta.modified().ok()?, meta.len()))
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;

    const ANN: &str = "ann-0123456789abcdef";
    const BOB: &str = "bob-0123456789abcdef";

    #[test]
    fn tokens_come_and_go_and_a_broken_file_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens");
        assert!(TokenFile::open(&path).unwrap_err().contains("cannot read"));
        fs::write(&path, format!("{ANN} ann all\n")).unwrap();
        let file = TokenFile::open(&path).unwrap();
        let known = |token: &str| {
            file.state.lock().unwrap().looked = Instant::now().checked_sub(LOOK_AGAIN).unwrap();
            file.tokens().find(token, Utc::now()).is_some()
        };
        assert!(known(ANN) && !known(BOB));
        fs::write(&path, format!("{ANN} ann all\n{BOB} bob all\n")).unwrap();
        assert!(known(ANN) && known(BOB));
        fs::write(&path, "broken\n").unwrap();
        assert!(known(ANN) && known(BOB));
        fs::remove_file(&path).unwrap();
        assert!(known(BOB));
        fs::write(&path, format!("{BOB} bob all\n")).unwrap();
        assert!(!known(ANN) && known(BOB));
    }
}
