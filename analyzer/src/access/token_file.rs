//! A token file that is followed: tokens come and go without a restart.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

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
    /// SHA-256 of the text, whether it was usable or not. Times of files are too coarse to tell two of them apart.
    seen: Option<[u8; 32]>,
    looked: Instant,
    stale: bool,
}

impl TokenFile {
    /// Reads the file; it must be there and right.
    pub fn open(path: &Path) -> Result<Self, String> {
        let text = read(path)?;
        Ok(Self {
            path: path.to_owned(),
            state: Mutex::new(State {
                tokens: Arc::new(parse(path, &text)?),
                seen: Some(digest(&text)),
                looked: Instant::now(),
                stale: false,
            }),
        })
    }

    /// The tokens now. If the file has become unusable, those before go on, and the log says why.
    pub fn tokens(&self) -> Arc<Tokens> {
        let mut state = self.state.lock().expect("no panic holds it");
        if state.looked.elapsed() >= LOOK_AGAIN {
            state.looked = Instant::now();
            self.look(&mut state);
        }
        Arc::clone(&state.tokens)
    }

    /// Whether the file has become unusable.
    pub fn is_stale(&self) -> bool {
        self.tokens();
        self.state.lock().expect("no panic holds it").stale
    }

    fn look(&self, state: &mut State) {
        let text = read(&self.path);
        let seen = text.as_ref().ok().map(digest);
        if seen == state.seen {
            return;
        }
        state.seen = seen;
        match text.and_then(|text| parse(&self.path, &text)) {
            Ok(tokens) => {
                tracing::info!(path = %self.path.display(), tokens = tokens.len(), "the token file was read again");
                state.tokens = Arc::new(tokens);
                state.stale = false;
            }
            Err(error) => {
                tracing::error!(%error, "the tokens before go on");
                state.stale = true;
            }
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path)
        .map_err(|error| format!("cannot read the token file {}: {error}", path.display()))
}

fn parse(path: &Path, text: &str) -> Result<Tokens, String> {
    Tokens::read(text).map_err(|problem| format!("the token file {}: {problem}", path.display()))
}

fn digest(text: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(text).into()
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
        assert!(file.is_stale());
        fs::remove_file(&path).unwrap();
        assert!(known(BOB));
        fs::write(&path, format!("{BOB} bob all\n")).unwrap();
        assert!(!known(ANN) && known(BOB) && !file.is_stale());
    }
}
