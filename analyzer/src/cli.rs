//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use axum::http::HeaderName;
use chrono::{DateTime, TimeDelta, Utc};
use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use logloop_logs::Format;
use logloop_records::LabelSource;
use logloop_records::export::MAX_THREADS;
use logloop_redaction::Kinds;
use uuid::Uuid;

use crate::access::Scopes;
use crate::next::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::{duration, outcome};

/// Analyzes logs, keeps what people ask and say, and answers with the models trained on it.
#[derive(Debug, Parser)]
#[command(name = "logloop-analyzer", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Bad usage; trying again does not help.
const EXIT_USAGE: u8 = 2;

/// Reads the arguments, the first being the program's name. If there is nothing to run, what is to
/// say is said, and the exit code is given: 0 for help and version, else 2.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, u8> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    Cli::try_parse_from(&arguments).map_err(|error| {
        // Nobody is left to tell when the terminal is gone.
        let _ = error.print();
        if !error.use_stderr() {
            return 0;
        }
        outcome::report_usage(&arguments, error.render().to_string().trim());
        EXIT_USAGE
    })
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the web page and the HTTP API
    Serve(Serve),
    /// Analyze one log; exits with 10 if there are failures
    Analyze(Analyze),
    /// Show what a data directory holds
    Stats(DataArgs),
    /// Make training data of the interactions
    Export(Export),
    /// Store interactions from JSON Lines; exits with 10 if some lines are none
    Import(Import),
    /// Check the stores; exits with 10 if problems are left
    Fsck(Fsck),
    /// Remove what is too old or too much
    Prune(Prune),
    /// Erase an interaction, or everything of a subject; exits with 10 if something has to wait
    Erase(Erase),
    /// Give out what is kept about a subject, as JSON Lines
    Kept(Kept),
    /// Show what is worth a person's label next
    Next(Next),
    /// Put a model version into service (`rules`: none)
    Promote(Promote),
}

/// A data directory.
#[derive(Debug, Args)]
pub struct DataArgs {
    /// Data directory
    #[arg(long, env = "LOGLOOP_DATA", default_value = "data")]
    pub data: PathBuf,
}

/// What is taken out of texts before they are stored.
#[derive(Debug, Args)]
pub struct RedactionArgs {
    /// Kinds to redact: token, private-key, password, email, card, ip, or secrets, default, all, none; `-name` takes away
    #[arg(long, env = "LOGLOOP_REDACT", default_value = "default", value_name = "KINDS", value_parser = kinds, allow_hyphen_values = true)]
    pub redact: Kinds,
    /// Regular expression of what to redact too, or its first group; can be given several times (environment: one a line)
    #[arg(
        long,
        env = "LOGLOOP_REDACT_PATTERNS",
        value_name = "REGEX",
        value_delimiter = '\n',
        allow_hyphen_values = true
    )]
    pub redact_pattern: Vec<String>,
    /// File with the key of the placeholders, outside of the data directory [default: a random key of this process]
    #[arg(long, env = "LOGLOOP_REDACT_KEY_FILE", value_name = "PATH")]
    pub redact_key_file: Option<PathBuf>,
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Data directory
    #[command(flatten)]
    pub data: DataArgs,
    /// Address to listen on
    #[arg(long, env = "LOGLOOP_LISTEN", default_value = "127.0.0.1:5000")]
    pub listen: SocketAddr,
    /// Name of this process among those that write to the same directory
    #[arg(long, env = "LOGLOOP_WRITER", default_value = "local", value_parser = writer)]
    pub writer: String,
    /// File with the serving document [default: models/serving.json in the data directory]
    #[arg(long, env = "LOGLOOP_SERVING_FILE")]
    pub serving_file: Option<PathBuf>,
    /// File with the token of PUT /internal/serving; without it the route is closed
    #[arg(long, env = "LOGLOOP_INTERNAL_TOKEN_FILE")]
    pub internal_token_file: Option<PathBuf>,
    /// Bytes from which on a segment is sealed
    #[arg(long, env = "LOGLOOP_SEAL_BYTES", default_value_t = 64 << 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub seal_bytes: u64,
    /// Age from which on a segment is sealed; retention reaches sealed segments only
    #[arg(long, env = "LOGLOOP_SEAL_AGE", default_value = "1h", value_parser = duration::parse)]
    pub seal_age: TimeDelta,
    /// Several nodes write to the data directory: refuse a volume whose locks do not reach from one to the other
    #[arg(long, env = "LOGLOOP_SEVERAL_NODES", value_parser = FalseyValueParser::new())]
    pub several_nodes: bool,
    /// Answer and store nothing; what is in the data directory already is served
    #[arg(long, env = "LOGLOOP_KEEP_NOTHING", value_parser = FalseyValueParser::new())]
    pub keep_nothing: bool,
    /// Redaction
    #[command(flatten)]
    pub redaction: RedactionArgs,
    /// Access
    #[command(flatten)]
    pub access: AccessArgs,
}

/// How callers of the HTTP API are known.
#[derive(Debug, Args)]
pub struct AccessArgs {
    /// File with lines of `TOKEN SUBJECT SCOPES [UNTIL]`; read again when it changes [default: nobody is checked on a loopback address]
    #[arg(long, env = "LOGLOOP_TOKENS_FILE", value_name = "PATH")]
    pub tokens_file: Option<PathBuf>,
    /// Header in which a proxy that signs people in names them, such as X-Forwarded-User
    #[arg(
        long,
        env = "LOGLOOP_IDENTITY_HEADER",
        value_name = "NAME",
        requires = "trusted_proxy"
    )]
    pub identity_header: Option<HeaderName>,
    /// Network that the proxy connects from, and nobody else; can be given several times
    #[arg(
        long,
        env = "LOGLOOP_TRUSTED_PROXY",
        value_name = "CIDR",
        value_delimiter = ',',
        requires = "identity_header"
    )]
    pub trusted_proxy: Vec<IpNet>,
    /// What those may do whom the proxy names: analyze, feedback, review, export, erase, or all
    #[arg(
        long,
        env = "LOGLOOP_IDENTITY_SCOPES",
        value_name = "SCOPES",
        default_value = "analyze,feedback"
    )]
    pub identity_scopes: Scopes,
    /// Check nobody, also where others reach this address: somebody else does it
    #[arg(long, env = "LOGLOOP_NO_ACCESS_CONTROL", value_parser = FalseyValueParser::new())]
    pub no_access_control: bool,
}

/// Options of `analyze`.
#[derive(Debug, Args)]
pub struct Analyze {
    /// The log; `-` reads standard input. gzip and zstd are unpacked
    pub file: PathBuf,
    /// Format of the log [default: detected]
    #[arg(long)]
    pub format: Option<Format>,
    /// The log of the last good run: what is new, gone, or changed in rate is told
    #[arg(long, value_name = "GOOD")]
    pub baseline: Option<PathBuf>,
    /// The answer of the API as JSON
    #[arg(long, conflicts_with = "entries")]
    pub json: bool,
    /// A JSON object for each entry: its lines, template, score and rank
    #[arg(long)]
    pub entries: bool,
    /// Data directory whose serving model and corrections answer [default: the rules]
    #[arg(long)]
    pub data: Option<PathBuf>,
}

/// Options of `export`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub struct Export {
    /// Data directory
    #[command(flatten)]
    pub data: DataArgs,
    /// Write the JSON document to this file; an example a line if its name ends with .jsonl
    #[arg(long, value_name = "FILE", group = "what")]
    pub output: Option<PathBuf>,
    /// Write log lines to this file, and the labels beside it [default: logs/chat_training/chat_interactions.log]
    #[arg(long, value_name = "FILE", group = "what", num_args = 0..=1)]
    pub output_log_format: Option<Option<PathBuf>>,
    /// Make the data set of this id, below datasets/; killed, it goes on where it was
    #[arg(long, value_name = "ID", group = "what")]
    pub dataset: Option<String>,
    /// Leave out interactions before this time (RFC 3339, or an age such as 30d), and logs that were last changed before
    #[arg(long, value_parser = moment)]
    pub since: Option<Moment>,
    /// Only the interactions of this person, and no other logs
    #[arg(long)]
    pub subject: Option<String>,
    /// Only interactions that somebody found useful, and no other logs
    #[arg(long)]
    pub useful_only: bool,
    /// Only examples with a label of this source: gold, correction, thumb, model, rule; can be given several times
    #[arg(long, value_delimiter = ',')]
    pub label_source: Vec<LabelSource>,
    /// Only the logs below logs/, those in logs/chat_training/ too
    #[arg(long, conflicts_with_all = ["subject", "useful_only"])]
    pub logs_only: bool,
    /// Threads, each with about 64 MiB [default: the cores, at most 4]
    #[arg(long, value_parser = threads)]
    pub threads: Option<usize>,
    /// Write the result here too
    #[arg(long)]
    pub termination_log: Option<PathBuf>,
}

/// Options of `next`.
#[derive(Debug, Args)]
pub struct Next {
    /// Data directory
    #[command(flatten)]
    pub data: DataArgs,
    /// Entries to show
    #[arg(long, default_value_t = DEFAULT_LIMIT, value_parser = limit)]
    pub limit: usize,
    /// As the API answers
    #[arg(long)]
    pub json: bool,
}

/// Options of `import`.
#[derive(Debug, Args)]
pub struct Import {
    /// Files in the documented format, a JSON object a line; `-` reads standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Data directory
    #[command(flatten)]
    pub data: DataArgs,
    /// Redaction
    #[command(flatten)]
    pub redaction: RedactionArgs,
}

/// Options of `fsck`.
#[derive(Debug, Args)]
pub struct Fsck {
    /// Data directory
    #[command(flatten)]
    pub data: DataArgs,
    /// Set damaged lines aside, rebuild counts, seal what dead writers left
    #[arg(long)]
    pub repair: bool,
    /// Seal the active segments that no process holds
    #[arg(long)]
    pub reseal: bool,
    /// The report as JSON
    #[arg(long)]
    pub json: bool,
    /// Write all records of a store to standard output, and check nothing
    #[arg(long, value_name = "STORE", conflicts_with_all = ["repair", "reseal", "json"])]
    pub dump: Option<Dump>,
}

/// A store to dump.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Dump {
    /// What was asked and answered
    Interactions,
    /// What people said about it
    Feedback,
}

/// Options of `prune`.
#[derive(Debug, Args)]
pub struct Prune {
    /// Data directory
    #[command(flatten)]
    pub data: DataArgs,
    /// Remove interactions older than this, such as 90d
    #[arg(long, value_parser = duration::parse)]
    pub max_age: Option<TimeDelta>,
    /// Remove the oldest segments until the store has no more bytes than this
    #[arg(long)]
    pub max_bytes: Option<u64>,
    /// Keep interactions with corrections this long
    #[arg(long, value_parser = duration::parse)]
    pub keep_corrected_for: Option<TimeDelta>,
    /// Keep interactions that a reviewer corrected this long
    #[arg(long, value_parser = duration::parse)]
    pub keep_gold_for: Option<TimeDelta>,
    /// Keep this many data sets, and those of the models that stay
    #[arg(long)]
    pub keep_datasets: Option<usize>,
    /// Keep this many model versions, and the protected ones
    #[arg(long)]
    pub keep_models: Option<usize>,
    /// Model version to keep in any case; can be given several times
    #[arg(long)]
    pub protect_model: Vec<String>,
    /// Data set to keep in any case, such as one that somebody trains on; can be given several times
    #[arg(long, value_name = "ID")]
    pub protect_dataset: Vec<String>,
    /// Only tell what would be removed
    #[arg(long)]
    pub dry_run: bool,
    /// The plan's cut-off, in place of the one that --max-age gives now
    #[arg(long, value_parser = time)]
    pub cutoff: Option<DateTime<Utc>>,
    /// Do nothing after this time: the plan is too old
    #[arg(long, value_parser = time)]
    pub not_after: Option<DateTime<Utc>>,
    /// Digest of the plan, repeated in the result
    #[arg(long)]
    pub plan_digest: Option<String>,
    /// Write the result here too
    #[arg(long)]
    pub termination_log: Option<PathBuf>,
}

/// Options of `erase`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub struct Erase {
    /// Data directory
    #[command(flatten)]
    pub data: DataArgs,
    /// Erase the interaction with this id, and what was said about it
    #[arg(long, value_name = "ID", group = "what")]
    pub interaction: Option<Uuid>,
    /// Erase all that this subject asked and said until now
    #[arg(long, group = "what")]
    pub subject: Option<String>,
    /// Show how far an erasure is
    #[arg(long, value_name = "ID", group = "what")]
    pub receipt: Option<Uuid>,
    /// Show how far all erasures are
    #[arg(long, group = "what")]
    pub receipts: bool,
    /// Write the result here too
    #[arg(long)]
    pub termination_log: Option<PathBuf>,
}

/// Options of `kept`.
#[derive(Debug, Args)]
pub struct Kept {
    /// Data directory
    #[command(flatten)]
    pub data: DataArgs,
    /// Whom it is about
    #[arg(long)]
    pub subject: String,
    /// Write to this file [default: standard output]
    #[arg(long)]
    pub output: Option<PathBuf>,
}

/// Options of `promote`.
#[derive(Debug, Args)]
pub struct Promote {
    /// Version below models/, or `rules`
    pub version: String,
    /// Also if something that the version was trained on was erased since
    #[arg(long)]
    pub even_marked: bool,
    /// Data directory
    #[command(flatten)]
    pub data: DataArgs,
}

/// Threads of an export.
fn limit(text: &str) -> Result<usize, String> {
    let number = text.parse().ok();
    let fits = number.filter(|number| (1..=MAX_LIMIT).contains(number));
    fits.ok_or_else(|| format!("use 1 to {MAX_LIMIT}"))
}

fn threads(text: &str) -> Result<usize, String> {
    let number = text.parse().ok();
    number
        .filter(|number| (1..=MAX_THREADS).contains(number))
        .ok_or(format!("give a number from 1 to {MAX_THREADS}"))
}

/// A list of kinds. An empty one is more likely a variable that somebody forgot to fill than the wish to redact nothing.
fn kinds(list: &str) -> Result<Kinds, String> {
    if list.trim().is_empty() {
        return Err("say `none` to redact nothing".to_owned());
    }
    list.parse()
        .map_err(|error: logloop_redaction::Error| error.to_string())
}

/// A file name's part: pod names and the like.
fn writer(text: &str) -> Result<String, String> {
    let fine = !text.is_empty()
        && text.len() <= 253
        && !text.starts_with('.')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    if fine {
        Ok(text.to_owned())
    } else {
        Err("use letters, digits, '-', '_' and '.'".to_owned())
    }
}

/// A time (RFC 3339) or an age.
fn time(text: &str) -> Result<DateTime<Utc>, String> {
    moment(text).map(|moment| moment.time)
}

/// A time, as it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub time: DateTime<Utc>,
    /// The age in seconds that it was given as.
    pub age: Option<u64>,
}

fn moment(text: &str) -> Result<Moment, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(Moment {
            time: time.to_utc(),
            age: None,
        });
    }
    let age = duration::parse(text).map_err(|_| {
        format!("{text:?} is neither a time such as 2026-01-31T00:00:00Z nor an age such as 30d")
    })?;
    let time = Utc::now().checked_sub_signed(age);
    let time = time.ok_or_else(|| format!("{text:?} is too long ago"))?;
    Ok(Moment {
        time,
        age: Some(age.num_seconds().unsigned_abs()),
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_are_taken_where_they_are_asked_for() {
        let at = "2026-01-31T00:00:00Z";
        let parsed = |text: &str| Cli::try_parse_from(text.split(' ')).unwrap().command;
        let Command::Prune(prune) = parsed(&format!(
            "logloop-analyzer prune --data d --max-age 90d --cutoff {at} --not-after {at}"
        )) else {
            panic!("another command");
        };
        assert!(prune.cutoff.is_some() && prune.cutoff == prune.not_after);
        let Command::Export(export) =
            parsed("logloop-analyzer export --data d --since 30d --dataset x")
        else {
            panic!("another command");
        };
        assert_eq!(export.since.unwrap().age, Some(2_592_000));
    }

    #[test]
    fn redaction_is_on_unless_told_otherwise() {
        let redaction = |arguments: &[&str]| {
            let program = ["logloop-analyzer", "serve"];
            match Cli::try_parse_from(program.iter().chain(arguments)).map(|cli| cli.command) {
                Ok(Command::Serve(serve)) => Some(serve.redaction),
                _ => None,
            }
        };
        assert_eq!(redaction(&[]).unwrap().redact, Kinds::DEFAULT);
        assert_eq!(
            redaction(&["--redact", "none"]).unwrap().redact,
            Kinds::NONE
        );
        let fewer = redaction(&["--redact", "-card", "--redact-pattern", "a,b\nc"]).unwrap();
        assert!(fewer.redact != Kinds::DEFAULT && fewer.redact != Kinds::NONE);
        assert_eq!(fewer.redact_pattern, ["a,b", "c"]);
        assert!(redaction(&["--redact", ""]).is_none() && redaction(&["--redact", "x"]).is_none());
    }

    #[test]
    fn moments() {
        assert_eq!(
            moment("2026-01-31T00:00:00Z").map(|m| (m.time.timestamp(), m.age)),
            Ok((1_769_817_600, None))
        );
        let month = moment("30d").unwrap();
        assert!(month.time < Utc::now() && month.age == Some(2_592_000));
        assert!(moment("yesterday").is_err());
        assert!(writer("../x").is_err() && writer("pod-1.a").is_ok());
    }
}
