//! From what was asked to an answer: read, redact, analyze, hand over to be stored. All of it blocks.

use std::time::Instant;

use chrono::Utc;
use logloop_logs::Format;
use logloop_records::blob::MAX_LOG_BYTES;
use logloop_records::{AnalysisResults, Interaction, SCHEMA};
use logloop_redaction::Counts;
use serde::Serialize;
use uuid::Uuid;

use super::asked::Asked;
use super::digest::Digest;
use super::once;
use crate::analyze::{Analysis, Baseline, Options, Scorer, analyze};
use crate::app::App;
use crate::recorder::Recording;
use crate::redaction::told;
use crate::routes::error::Refusal;
use crate::upload::{self, UploadError, Uploaded};

/// An answer that may be given when its record is stored.
pub(super) struct Answered {
    /// The response's body.
    pub(super) body: Vec<u8>,
    pub(super) model_version: String,
    pub(super) recording: Recording,
}

/// Body of the response.
#[derive(Serialize)]
struct Body<'a> {
    success: bool,
    interaction_id: Uuid,
    /// Whether the id leads back to it.
    kept: bool,
    analysis_results: &'a AnalysisResults,
    response_text: &'a str,
    model_version: &'a str,
}

impl Body<'_> {
    fn of(interaction: &Interaction, kept: bool) -> Vec<u8> {
        let body = Body {
            success: true,
            interaction_id: interaction.id,
            kept,
            analysis_results: &interaction.analysis_results,
            response_text: &interaction.response_text,
            model_version: &interaction.model_version,
        };
        serde_json::to_vec(&body).expect("results are JSON")
    }
}

/// What was asked, unpacked and redacted.
struct Question {
    query: String,
    filename: Option<String>,
    /// None: a question without a log.
    log: Option<Uploaded>,
    replaced: Counts,
}

/// Analyzes and hands over to be stored.
pub(super) fn answer(
    app: &App,
    mut asked: Asked,
    format: Option<Format>,
    subject: Option<String>,
    key: Option<String>,
) -> Result<Answered, Refusal> {
    let loaded = app.serving.loaded();
    let scorer = Scorer::new(
        loaded.model.clone(),
        app.recorder.corrections(),
        subject.clone(),
    );
    let begun = Instant::now();
    let mut digest = key.is_some().then(|| Digest::new(format));
    let baseline = read_baseline(app, &mut asked, digest.as_mut())?
        .map(|baseline| Baseline::of(&baseline, format));
    let question = read(app, asked, digest.as_mut())?;
    let told = told(&question.replaced);
    let (log_content, analysis) = match question.log {
        Some(Uploaded { text, mut warnings }) => {
            warnings.extend(told);
            let options = Options {
                format,
                baseline: baseline.as_ref(),
                warnings,
            };
            let analysis = analyze(&text, options, &scorer);
            (text, analysis)
        }
        None => (String::new(), without_log(told)),
    };
    app.metrics
        .analyze_seconds
        .observe(begun.elapsed().as_secs_f64());
    app.metrics.log_bytes.inc_by(log_content.len() as u64);
    let mut interaction = Interaction {
        timestamp: Utc::now(),
        user_query: question.query,
        log_content,
        log_filename: question.filename,
        analysis_results: analysis.results,
        response_text: analysis.response_text,
        id: Uuid::now_v7(),
        subject,
        model_version: scorer.version().to_owned(),
        redaction: app.redaction.rule_set(),
        schema: SCHEMA,
        idempotency_key: key,
        request_digest: digest.map(Digest::text),
        ..Interaction::default()
    };
    // Who holds all the places keeps the processor busy: then a sync less is worth more than a moment.
    let busy = app.analyses.available_permits() == 0;
    let submitted = app.recorder.submit(&mut interaction, busy);
    let recording = submitted.inspect_err(|error| {
        tracing::error!(%error, "an interaction was not stored");
        app.metrics.store_errors.inc();
    })?;
    Ok(Answered {
        body: Body::of(&interaction, app.recorder.keeps()),
        model_version: interaction.model_version,
        recording,
    })
}

/// The answer that is stored, if the same was asked again; see [`once`].
pub(super) fn repeat(
    app: &App,
    mut asked: Asked,
    format: Option<Format>,
    id: Uuid,
) -> Result<Vec<u8>, Refusal> {
    let mut digest = Digest::new(format);
    read_baseline(app, &mut asked, Some(&mut digest))?;
    read(app, asked, Some(&mut digest))?;
    let stored = app.recorder.find(id)?.ok_or_else(once::gone)?.interaction;
    once::require_same(&stored, digest, app.redaction.rule_set().as_deref())?;
    Ok(Body::of(&stored, true))
}

fn read(app: &App, mut asked: Asked, digest: Option<&mut Digest>) -> Result<Question, Refusal> {
    let mut replaced = Counts::default();
    app.redaction.redact(&mut asked.query, &mut replaced);
    if let Some(name) = &mut asked.filename {
        app.redaction.redact_name(name, &mut replaced);
    }
    let log = match upload::read(&asked.log) {
        Ok(mut uploaded) => {
            app.redaction.redact(&mut uploaded.text, &mut replaced);
            // Placeholders can be longer than what they stand for; more than this could not be read again.
            if uploaded.text.len() > MAX_LOG_BYTES {
                return Err(UploadError::TooLarge.into());
            }
            Some(uploaded)
        }
        // A question without a log is kept too.
        Err(UploadError::Empty) if !asked.query.trim().is_empty() => None,
        Err(error) => return Err(error.into()),
    };
    if let Some(digest) = digest {
        digest.add(&asked.query);
        digest.add(asked.filename.as_deref().unwrap_or_default());
        digest.add(log.as_ref().map_or("", |log| &log.text));
    }
    Ok(Question {
        query: asked.query,
        filename: asked.filename,
        log,
        replaced,
    })
}

/// The baseline is not stored, but what it has and the log has not is part of the answer.
fn read_baseline(
    app: &App,
    asked: &mut Asked,
    digest: Option<&mut Digest>,
) -> Result<Option<String>, Refusal> {
    let bytes = std::mem::take(&mut asked.baseline);
    let text = if bytes.is_empty() {
        None
    } else {
        let read = upload::read(&bytes);
        let mut text = read
            .map_err(|error| Refusal::from(error).about("the baseline: "))?
            .text;
        app.redaction.redact(&mut text, &mut Counts::default());
        Some(text)
    };
    if let Some(digest) = digest {
        digest.add(text.as_deref().unwrap_or_default());
    }
    Ok(text)
}

fn without_log(warning: Option<String>) -> Analysis {
    let mut results = AnalysisResults::default();
    results.stats.warnings.extend(warning);
    Analysis {
        results,
        response_text:
            "## Analysis Summary\n\nNo log came with the question: paste it, or upload a file.\n"
                .to_owned(),
    }
}
