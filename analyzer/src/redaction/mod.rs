//! What is taken out of texts before they are analyzed and stored: the settings, and a word on what was replaced.

mod record;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use logloop_redaction::{Config, Counts, Key, Kind, Kinds, Redactor};

use crate::cli::RedactionArgs;

/// Bytes of a key made for this process alone.
const KEY_BYTES: usize = 32;

/// Bytes read of a key file; more adds nothing to a key.
const MAX_KEY_FILE_BYTES: u64 = 4096;

/// Extensions of a file's name that are looked behind: `.log.1.gz` has three.
const MAX_EXTENSIONS: usize = 3;

/// Redacts texts, or leaves them where it is off.
pub struct Redaction(Option<Redactor>);

impl Redaction {
    /// Nothing is replaced.
    pub fn off() -> Self {
        Self(None)
    }

    /// What the options say. Without a key file the key is a random one of this process.
    ///
    /// # Errors
    /// A key file that is missing, too short, or inside of the data directory; patterns that are wrong or too many.
    pub fn new(options: &RedactionArgs, data: &Path) -> anyhow::Result<Self> {
        let patterns: Vec<String> = options
            .redact_pattern
            .iter()
            .filter(|pattern| !pattern.is_empty())
            .cloned()
            .collect();
        if options.redact == Kinds::NONE && patterns.is_empty() {
            return Ok(Self::off());
        }
        let key = match &options.redact_key_file {
            Some(path) => read_key(path, data)
                .with_context(|| format!("the redaction key file {}", path.display()))?,
            None => {
                tracing::info!(
                    "no redaction key file: the key lasts as long as this process, equal values have other placeholders \
                     after a restart"
                );
                random_key()?
            }
        };
        let config = Config {
            kinds: options.redact,
            patterns,
        };
        Ok(Self(Some(Redactor::new(config, key)?)))
    }

    /// The name of the rules that texts pass. `None`: it is off.
    pub fn rule_set(&self) -> Option<String> {
        self.0.as_ref().map(|redactor| redactor.rule_set().into())
    }

    /// Redacts a text where it lies, and adds to the counts.
    pub fn redact(&self, text: &mut String, counts: &mut Counts) {
        if let Some(redactor) = &self.0 {
            redactor.redact_in_place(text, counts);
        }
    }

    /// Redacts a file's name, also without its last extensions: `ann@example.com.log` is no address, but holds one.
    pub fn redact_name(&self, name: &mut String, counts: &mut Counts) {
        self.redact(name, counts);
        for extension in 0..MAX_EXTENSIONS {
            // Placeholders have no dots.
            let Some((dot, _)) = name.rmatch_indices('.').nth(extension) else {
                break;
            };
            let rest = name.split_off(dot);
            self.redact(name, counts);
            name.push_str(&rest);
        }
    }
}

/// A word on what was replaced: `1 secret, 2 e-mail addresses were replaced …`. `None`: nothing was.
pub fn told(counts: &Counts) -> Option<String> {
    let secrets = counts.get(Kind::Token) + counts.get(Kind::Password);
    let parts: Vec<String> = [
        (secrets, "secret", "secrets"),
        (
            counts.get(Kind::PrivateKey),
            "line of a private key",
            "lines of private keys",
        ),
        (
            counts.get(Kind::Email),
            "e-mail address",
            "e-mail addresses",
        ),
        (counts.get(Kind::Card), "card number", "card numbers"),
        (counts.get(Kind::Ip), "IP address", "IP addresses"),
        (
            counts.get(Kind::Pattern),
            "match of a pattern of yours",
            "matches of patterns of yours",
        ),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
    .collect();
    let verb = if counts.total() == 1 { "was" } else { "were" };
    Some(parts.join(", "))
        .filter(|list| !list.is_empty())
        .map(|list| format!("{list} {verb} replaced before anything was analyzed or stored"))
}

/// Who has the volume must not have the key: a file inside of the data directory is refused, by whatever way it is named.
fn read_key(path: &Path, data: &Path) -> anyhow::Result<Key> {
    let real = path.canonicalize().context("cannot be found")?;
    // A directory that is not there yet holds no key.
    if data.canonicalize().is_ok_and(|data| real.starts_with(data)) {
        bail!(
            "lies inside of the data directory {}: whoever can read the data could try out what a placeholder stands for; \
             keep it elsewhere",
            data.display()
        );
    }
    let mut bytes = vec![];
    File::open(&real)
        .and_then(|file| file.take(MAX_KEY_FILE_BYTES).read_to_end(&mut bytes))
        .context("cannot be read")?;
    Ok(Key::new(&bytes)?)
}

fn random_key() -> anyhow::Result<Key> {
    let mut bytes = [0; KEY_BYTES];
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .context("cannot read /dev/urandom for a redaction key")?;
    // In hexadecimal: white space at the end of a key does not count.
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Key::new(text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(kinds: Kinds, key: Option<&Path>) -> RedactionArgs {
        RedactionArgs {
            redact: kinds,
            redact_pattern: vec![],
            redact_key_file: key.map(Into::into),
        }
    }

    #[test]
    fn key_files_that_do_not_do_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let write = |path: &Path, text: &str| std::fs::write(path, text).unwrap();
        let (good, short, inside) = (
            dir.path().join("good"),
            dir.path().join("short"),
            data.join("key"),
        );
        write(&good, "0123456789abcdef0123\n");
        write(&short, "0123\n");
        write(&inside, "0123456789abcdef0123\n");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&inside, &link).unwrap();
        let problem = |path: &Path| {
            let made = Redaction::new(&options(Kinds::DEFAULT, Some(path)), &data);
            made.err().map(|error| format!("{error:#}"))
        };
        assert_eq!(problem(&good), None);
        for (path, part) in [
            (&short, "4 bytes"),
            (&inside, "inside of the data directory"),
            (&link, "inside of the data directory"),
            (&dir.path().join("none"), "cannot be found"),
        ] {
            let problem = problem(path).unwrap();
            assert!(problem.contains(part), "{problem}");
        }
        let mut off = options(Kinds::NONE, None);
        off.redact_pattern.push(String::new());
        assert_eq!(Redaction::new(&off, &data).unwrap().rule_set(), None);
        off.redact_pattern.push("(".to_owned());
        assert!(Redaction::new(&off, &data).is_err());
    }

    #[test]
    fn what_was_replaced_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let redaction = Redaction::new(&options(Kinds::DEFAULT, None), dir.path()).unwrap();
        for (text, words) in [
            ("nothing", None),
            ("a@example.com", Some("1 e-mail address was replaced")),
            (
                "password=hunter2 a@example.com b@example.com",
                Some("1 secret, 2 e-mail addresses were replaced"),
            ),
        ] {
            let mut counts = Counts::default();
            redaction.redact(&mut text.to_owned(), &mut counts);
            let got = told(&counts);
            match words {
                None => assert_eq!(got, None),
                Some(words) => assert!(got.as_ref().unwrap().starts_with(words), "{got:?}"),
            }
        }
    }
}
