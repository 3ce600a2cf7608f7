//! How an export was asked for: whether one can go on with what another has done, and what is different if not.

use chrono::{DateTime, SecondsFormat, Utc};

use super::options::{ExportOptions, Filter};
use crate::dataset::{DATASET_SCHEMA, DatasetManifest};
use crate::example::LabelSource;

/// All that the rows of an export depend on, but for the data.
#[derive(Clone, Copy, Debug)]
pub(super) struct How<'a> {
    pub(super) filter: &'a Filter,
    pub(super) logs_only: bool,
    pub(super) template_version: u32,
    pub(super) schema: u32,
}

impl<'a> How<'a> {
    /// As it is asked for now.
    pub(super) fn asked(options: &'a ExportOptions) -> Self {
        Self {
            filter: &options.filter,
            logs_only: options.logs_only,
            template_version: logloop_logs::TEMPLATE_VERSION,
            schema: DATASET_SCHEMA,
        }
    }

    /// As a data set was made.
    pub(super) fn made(manifest: &'a DatasetManifest) -> Self {
        Self {
            filter: &manifest.filter,
            logs_only: manifest.logs_only,
            template_version: manifest.template_version,
            schema: manifest.schema,
        }
    }

    /// Whether this can go on with what the other has done.
    pub(super) fn goes_on(&self, made: &Self) -> bool {
        self.differences(made).is_empty()
    }

    /// What is not as in the other, for people; a person is not named.
    pub(super) fn differences(&self, made: &Self) -> Vec<String> {
        let mut found = vec![];
        let mut differ = |name: &str, differs: bool, was: String, is: String| {
            if differs {
                found.push(format!("{name} was {was} and is {is} now"));
            }
        };
        let (is, was) = (self.filter, made.filter);
        differ("--since", is_other_cut(is, was), cut(was), cut(is));
        let person = |filter: &Filter| {
            let one = filter.subject.as_ref().map(|_| "one person");
            one.unwrap_or("everybody").to_owned()
        };
        let others = is.subject.is_some() && was.subject.is_some();
        let now = if others { "another" } else { &person(is) };
        differ(
            "--subject",
            is.subject != was.subject,
            person(was),
            now.to_owned(),
        );
        let on = |is: bool| if is { "on" } else { "off" }.to_owned();
        differ(
            "--useful-only",
            is.useful_only != was.useful_only,
            on(was.useful_only),
            on(is.useful_only),
        );
        let sources = (sources(was), sources(is));
        differ(
            "--label-source",
            sources.0 != sources.1,
            sources.0.join(","),
            sources.1.join(","),
        );
        differ(
            "--logs-only",
            self.logs_only != made.logs_only,
            on(made.logs_only),
            on(self.logs_only),
        );
        for (name, was, is) in [
            (
                "the version of the templates",
                made.template_version,
                self.template_version,
            ),
            ("the layout", made.schema, self.schema),
        ] {
            differ(name, was != is, was.to_string(), is.to_string());
        }
        found
    }
}

/// A cut-off that was given as an age moves with the clock, and that of the beginning counts.
fn is_other_cut(is: &Filter, was: &Filter) -> bool {
    match (is.since_age, was.since_age) {
        (Some(is), Some(was)) => is != was,
        (None, None) => is.since != was.since,
        _ => true,
    }
}

fn cut(filter: &Filter) -> String {
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    match filter.since_age {
        Some(seconds) => format!("{seconds}s"),
        None => filter.since.map_or("nothing".to_owned(), time),
    }
}

fn sources(filter: &Filter) -> Vec<&'static str> {
    let mut named: Vec<_> = filter
        .label_sources
        .iter()
        .copied()
        .map(LabelSource::as_str)
        .collect();
    named.sort_unstable();
    named.dedup();
    if named.is_empty() {
        named.push("any");
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_different_is_named() {
        let since = |seconds, since_age| Filter {
            since: DateTime::from_timestamp(seconds, 0),
            since_age,
            ..Filter::default()
        };
        let of = |subject: &str| Filter {
            subject: Some(subject.to_owned()),
            ..Filter::default()
        };
        let from = |label_sources: &[LabelSource]| Filter {
            label_sources: label_sources.to_vec(),
            ..Filter::default()
        };
        let useful = Filter {
            useful_only: true,
            ..Filter::default()
        };
        let all = Filter::default();
        use LabelSource::{Gold, Rule};
        for (is, was, expect) in [
            (all.clone(), all.clone(), ""),
            (since(2, Some(9)), since(1, Some(9)), ""),
            (
                since(1, Some(8)),
                since(1, Some(9)),
                "--since was 9s and is 8s now",
            ),
            (
                since(2, None),
                since(1, None),
                "--since was 1970-01-01T00:00:01Z and is 1970-01-01T00:00:02Z now",
            ),
            (
                all.clone(),
                since(1, Some(1)),
                "--since was 1s and is nothing now",
            ),
            (of("ann"), of("ann"), ""),
            (
                of("ann"),
                of("bob"),
                "--subject was one person and is another now",
            ),
            (
                all.clone(),
                of("bob"),
                "--subject was one person and is everybody now",
            ),
            (useful, all.clone(), "--useful-only was off and is on now"),
            (from(&[Rule, Gold]), from(&[Gold, Rule]), ""),
            (
                from(&[Gold]),
                all.clone(),
                "--label-source was any and is gold now",
            ),
        ] {
            let how = |filter| How {
                filter,
                logs_only: false,
                template_version: 1,
                schema: 1,
            };
            let found = how(&is).differences(&how(&was));
            assert_eq!(found.join("; "), expect, "{is:?} after {was:?}");
            let other = How {
                logs_only: true,
                template_version: 2,
                schema: 3,
                filter: &was,
            };
            let found = other.differences(&how(&was)).join("; ");
            assert_eq!(
                found,
                "--logs-only was off and is on now; the version of the templates was 1 and is 2 now; the layout was \
                 1 and is 3 now"
            );
        }
    }
}
