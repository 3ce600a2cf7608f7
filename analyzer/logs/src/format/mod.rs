//! The formats, and what a line of each of them says.

mod access;
mod detect;
mod dispatch;
mod json;
mod klog;
mod leveled;
mod logcat;
mod logfmt;
mod name;
mod pipe;
mod ras;
mod reading;
mod syslog;
#[cfg(test)]
mod tests;
mod timed;
mod weak;
mod wrap;

use std::borrow::Cow;

use crate::level::Level;

pub use detect::{Detection, detect};
pub(crate) use dispatch::{Assumed, read};
pub use name::Format;
pub(crate) use reading::Reading;

/// What one line says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fields<'a> {
    /// As logged.
    pub(crate) timestamp: Option<Cow<'a, str>>,
    /// Read from whatever word the writer uses.
    pub(crate) level: Option<Level>,
    /// Logger, service or source file.
    pub(crate) component: Option<Cow<'a, str>>,
    /// What it was doing.
    pub(crate) operation: Option<Cow<'a, str>>,
    /// Transaction, trace or request id.
    pub(crate) transaction_id: Option<Cow<'a, str>>,
    /// The rest.
    pub(crate) message: Cow<'a, str>,
}

impl Fields<'_> {
    fn into_owned(self) -> Fields<'static> {
        let own = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        Fields {
            timestamp: own(self.timestamp),
            level: self.level,
            component: own(self.component),
            operation: own(self.operation),
            transaction_id: own(self.transaction_id),
            message: Cow::Owned(self.message.into_owned()),
        }
    }
}

/// Reads a JSON object that may span lines.
pub(crate) fn read_object(text: &str) -> Option<Fields<'static>> {
    Some(json::parse(text)?.into_owned())
}
