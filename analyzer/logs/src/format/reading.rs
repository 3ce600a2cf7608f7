//! One line, read: what it says, and what may go on after it.

use std::borrow::Cow;

use super::{Assumed, Fields, Format, read};
use crate::timestamp;

/// One line, read.
#[derive(Clone, Debug)]
pub(crate) struct Reading<'a> {
    /// The outermost format.
    pub(crate) format: Format,
    /// It has a structure of its own inside of what wraps it: no line like that continues another.
    pub(crate) begins: bool,
    /// Its writer begins messages with a time stamp or a level: what is indented goes on.
    pub(crate) structured: bool,
    /// A container runtime has split the line here.
    pub(crate) partial: bool,
    /// What it says; of a line that does not begin an entry the message is all of it, without what
    /// wraps it and with its indentation.
    pub(crate) fields: Fields<'a>,
    /// What wraps it, and whose line it is.
    pub(crate) source: Option<(Format, Cow<'a, str>)>,
}

impl<'a> Reading<'a> {
    /// A line that a format claims.
    #[inline(always)]
    pub(super) fn claimed(format: Format, fields: Fields<'a>) -> Self {
        Self {
            format,
            begins: true,
            structured: true,
            partial: false,
            fields,
            source: None,
        }
    }

    /// A line that says nothing but its text.
    #[inline(always)]
    pub(super) fn bare(text: &'a str) -> Self {
        Self {
            format: Format::Plain,
            begins: false,
            structured: false,
            partial: false,
            fields: Fields {
                message: Cow::Borrowed(text),
                ..Fields::default()
            },
            source: None,
        }
    }

    /// The first line of the message that an entry would have.
    #[inline]
    pub(crate) fn text(&self) -> &str {
        &self.fields.message
    }

    /// Whether the next line may go on with this one: both come from the same writer, or the next
    /// one lacks what wraps this one, as all but the first line of a message in a system's log do.
    pub(crate) fn is_source_of(&self, next: &Self) -> bool {
        next.source.is_none() || self.source == next.source
    }

    /// Whether what is indented in the next line goes on with this one.
    pub(crate) fn indents(&self, next: &Self) -> bool {
        let begun_by_time = matches!(
            self.source,
            Some((Format::Timed | Format::Syslog | Format::Ras, _))
        );
        self.structured || (next.source.is_none() && begun_by_time)
    }

    /// With the whole text of a line that came in pieces.
    pub(crate) fn completed(&self, text: &str) -> Self {
        let inner = read(text, Assumed::NOTHING).into_owned();
        let outer = &self.fields;
        let dated = |time: &Cow<'_, str>| timestamp::has_date(time);
        let timestamp = match inner.fields.timestamp {
            Some(time) if dated(&time) || outer.timestamp.is_none() => Some(time),
            _ => outer.timestamp.clone(),
        };
        Reading {
            format: self.format,
            partial: false,
            source: self.source.clone(),
            fields: Fields {
                timestamp,
                component: inner.fields.component.or_else(|| outer.component.clone()),
                ..inner.fields
            },
            ..inner
        }
    }

    pub(super) fn into_owned(self) -> Reading<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Reading {
            format: self.format,
            begins: self.begins,
            structured: self.structured,
            partial: self.partial,
            fields: self.fields.into_owned(),
            source: self.source.map(|(format, name)| (format, own(name))),
        }
    }
}
