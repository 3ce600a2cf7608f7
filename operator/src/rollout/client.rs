//! Talks to the analyzer's pods: hands them the serving document, reads back what they have loaded, and tells them what
//! the loop is doing.

use super::{document::Document, pods::Endpoint};
use crate::error::{Error, Result};
use logloop_operator_api::{conditions::clip, training_run::Stable, training_schedule::Figures};
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// How long a pod may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a pod may take to load a model and answer.
const PUSH_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a pod may take to say what it has loaded.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Where a pod takes the serving document, and says what it has loaded.
const SERVING: &str = "/internal/serving";
/// Where a pod takes what the loop is doing.
const LOOP: &str = "/internal/loop";
/// How much of an answer is read. Units: bytes.
const ANSWER_MAX: usize = 64 * 1024;
/// How much of what a pod says is repeated to people. Units: bytes.
const WORDS_MAX: usize = 1_000;

/// What a pod has loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Generation of its serving document.
    pub generation: i64,
    /// What answers there; the rules if absent.
    pub stable: Option<Stable>,
    /// What it has kept.
    pub kept: Figures,
    /// How far the versions have come that are being trained on its claim.
    pub training: BTreeMap<String, Trained>,
}

/// How far the training of a version has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Trained {
    /// Steps done.
    pub step: i64,
    /// Steps if it does not stop early.
    pub steps: i64,
    /// Mean training loss so far, in millionths: what is compared must not be a fraction.
    #[serde(default, rename = "loss", deserialize_with = "millionths")]
    pub loss_millionths: Option<i64>,
    /// Seconds until the last step.
    #[serde(default)]
    pub eta_seconds: Option<i64>,
}

fn millionths<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> std::result::Result<Option<i64>, D::Error> {
    let loss = Option::<f64>::deserialize(from)?;
    Ok(loss
        .filter(|loss| loss.is_finite())
        .map(|loss| (loss * 1e6).round() as i64))
}

/// What became of handing a pod the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Push {
    /// It has loaded this.
    Loaded(Loaded),
    /// It cannot load the model, and says why.
    Refused(String),
    /// It has another document of the same generation.
    Conflict(String),
    /// It could not be reached, or did not take the document for another reason.
    NotYet(String),
}

/// A client for the internal route of the analyzer's pods.
#[derive(Clone, Debug)]
pub struct Analyzers {
    http: reqwest::Client,
    port: u16,
    token_file: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    generation: i64,
    #[serde(default)]
    loaded: LoadedAnswer,
    // Of another release they may be something else: that must not keep a version from being rolled out.
    #[serde(default)]
    kept: Value,
    #[serde(default)]
    training: Value,
    error: Option<ErrorAnswer>,
}

#[derive(Default, Deserialize)]
struct LoadedAnswer {
    #[serde(default)]
    stable: Option<Stable>,
}

#[derive(Deserialize)]
struct ErrorAnswer {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl Analyzers {
    /// A client that talks to this port with the token in this file.
    pub fn new(port: u16, token_file: Option<PathBuf>) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .build()?;
        Ok(Self {
            http,
            port,
            token_file,
        })
    }

    /// Hands a pod the document.
    pub async fn push(&self, pod: &Endpoint, document: &Document) -> Result<Push> {
        let request = self
            .http
            .put(self.url(pod.ip, SERVING))
            .timeout(PUSH_TIMEOUT)
            .json(document);
        Ok(match self.send(request).await? {
            Ok((200, answer)) => Push::Loaded(loaded(answer)),
            Ok((
                422,
                Answer {
                    error: Some(error), ..
                },
            )) if error.code == "model_unusable" => {
                Push::Refused(clip(&error.message, WORDS_MAX).to_owned())
            }
            Ok((409, answer)) if code(&answer) == "generation_conflict" => {
                Push::Conflict(words(409, &answer))
            }
            Ok((status, answer)) => Push::NotYet(words(status, &answer)),
            Err(words) => Push::NotYet(words),
        })
    }

    /// Asks a pod what it has loaded; in words why, if it does not say.
    pub async fn read(&self, pod: &Endpoint) -> Result<std::result::Result<Loaded, String>> {
        let request = self
            .http
            .get(self.url(pod.ip, SERVING))
            .timeout(READ_TIMEOUT);
        Ok(match self.send(request).await? {
            Ok((200, answer)) => Ok(loaded(answer)),
            Ok((status, answer)) => Err(words(status, &answer)),
            Err(words) => Err(words),
        })
    }

    /// Tells a pod what the loop is doing, as JSON; in words why, if it does not take it.
    pub async fn tell_loop(
        &self,
        pod: &Endpoint,
        document: String,
    ) -> Result<std::result::Result<(), String>> {
        let request = self
            .http
            .put(self.url(pod.ip, LOOP))
            .timeout(READ_TIMEOUT)
            .header("content-type", "application/json")
            .body(document);
        Ok(match self.send(request).await? {
            Ok((200, _)) => Ok(()),
            Ok((status, answer)) => Err(words(status, &answer)),
            Err(words) => Err(words),
        })
    }

    fn url(&self, ip: IpAddr, path: &str) -> String {
        // SocketAddr puts an IPv6 address into brackets.
        format!("http://{}{path}", SocketAddr::new(ip, self.port))
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<std::result::Result<(u16, Answer), String>> {
        let request = match self.token().await? {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        Ok(exchange(request).await)
    }

    /// Read for each use, so that a rotated token needs no restart.
    async fn token(&self) -> Result<Option<String>> {
        let Some(path) = &self.token_file else {
            return Ok(None);
        };
        let text = tokio::fs::read_to_string(path)
            .await
            .map_err(|error| Error::Token(format!("{}: {error}", path.display())))?;
        Ok(Some(text.trim().to_owned()))
    }
}

async fn exchange(request: reqwest::RequestBuilder) -> std::result::Result<(u16, Answer), String> {
    let mut response = request.send().await.map_err(|error| told(&error))?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| told(&error))? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err(format!(
                "answered {status} with more than {ANSWER_MAX} bytes"
            ));
        }
        body.extend_from_slice(&chunk);
    }
    let answer = serde_json::from_slice(&body).map_err(|_| {
        format!(
            "answered {status}: {}",
            clip(&String::from_utf8_lossy(&body), WORDS_MAX)
        )
    })?;
    Ok((status, answer))
}

/// An error and what is behind it: the outermost alone says only that sending failed.
fn told(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    clip(&text, WORDS_MAX).to_owned()
}

fn code(answer: &Answer) -> &str {
    answer.error.as_ref().map_or("", |error| &error.code)
}

fn loaded(answer: Answer) -> Loaded {
    Loaded {
        generation: answer.generation,
        stable: answer.loaded.stable,
        kept: serde_json::from_value(answer.kept).unwrap_or_default(),
        training: serde_json::from_value(answer.training).unwrap_or_default(),
    }
}

fn words(status: u16, answer: &Answer) -> String {
    match &answer.error {
        Some(error) => format!(
            "answered {status} {}: {}",
            error.code,
            clip(&error.message, WORDS_MAX)
        ),
        None => format!("answered {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_says_besides_is_read_if_it_can_be() {
        let read = |more: &str| {
            let text =
                format!(r#"{{"success":true,"generation":3,"loaded":{{"stable":null}}{more}}}"#);
            loaded(serde_json::from_str(&text).expect("an answer"))
        };
        let all = read(
            r#","kept":{"interactions":9,"negative":1,"new":true},"training":{"v":{"step":1,"steps":4,"loss":0.5,"eta_seconds":7}}"#,
        );
        assert_eq!(
            (all.generation, all.kept.interactions, all.kept.feedback),
            (3, Some(9), None)
        );
        let expected = Trained {
            step: 1,
            steps: 4,
            loss_millionths: Some(500_000),
            eta_seconds: Some(7),
        };
        assert_eq!(all.training.get("v"), Some(&expected));
        for other in [
            "",
            r#","kept":[],"training":"no""#,
            r#","kept":null,"training":{"v":1}"#,
        ] {
            let read = read(other);
            let none = Loaded {
                generation: 3,
                ..Loaded::default()
            };
            assert_eq!(read, none, "{other}");
        }
    }

    #[test]
    fn an_ipv6_address_stands_in_brackets() {
        let analyzers = Analyzers::new(5000, None).expect("a client");
        assert_eq!(
            analyzers.url("fd00::1".parse().expect("an address"), SERVING),
            "http://[fd00::1]:5000/internal/serving"
        );
        assert_eq!(
            analyzers.url("10.0.0.7".parse().expect("an address"), LOOP),
            "http://10.0.0.7:5000/internal/loop"
        );
    }
}
