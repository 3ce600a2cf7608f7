//! Which group of an answer an entry is in.

use logloop_logs::{Entry, Level, Template, TemplateMatcher};

use super::record::Group;

/// The groups of one answer, to be asked for each entry of its log.
pub(super) struct Found<'r> {
    failures: &'r [Group<'r>],
    /// First line, last line and group of each failure that is listed, by first line.
    spans: Vec<(u64, u64, usize)>,
    /// Groups with failures that they do not list, and the templates of these, in the same order.
    cut: Vec<usize>,
    templates: Vec<TemplateMatcher>,
}

impl<'r> Found<'r> {
    pub(super) fn of(failures: &'r [Group<'r>]) -> Self {
        let mut spans: Vec<(u64, u64, usize)> = failures
            .iter()
            .enumerate()
            .flat_map(|(group, failure)| {
                let ends = failure.line_ends.iter().copied();
                let ends = ends.map(Some).chain(std::iter::repeat(None));
                let lines = failure.lines.iter().copied().zip(ends);
                lines.map(move |(line, end)| (line, end.unwrap_or(line), group))
            })
            .collect();
        spans.sort_unstable();
        let cut: Vec<usize> = (0..failures.len())
            .filter(|group| failures[*group].is_cut())
            .collect();
        let templates = cut
            .iter()
            .map(|group| TemplateMatcher::new([&*failures[*group].template]))
            .collect();
        Self {
            failures,
            spans,
            cut,
            templates,
        }
    }

    /// The group that lists the entry; else one that lists not all of its failures, has the same level, and whose
    /// template the entry is an instance of. `masked` is asked for in that case alone.
    pub(super) fn group(
        &self,
        entry: &Entry<'_>,
        masked: impl FnOnce() -> Template,
    ) -> Option<&'r Group<'r>> {
        let after = self
            .spans
            .partition_point(|span| span.0 <= entry.line_start);
        let span = after.checked_sub(1).map(|at| self.spans[at]);
        if let Some((first, last, group)) = span
            && (first == entry.line_start || entry.line_start <= last)
        {
            return Some(&self.failures[group]);
        }
        let level = entry.level.map(Level::as_str);
        let mut same_level = self
            .cut
            .iter()
            .zip(&self.templates)
            .map(|(group, template)| (&self.failures[*group], template))
            .filter(|(failure, _)| failure.level.as_deref() == level)
            .peekable();
        same_level.peek()?;
        let masked = masked();
        same_level
            .find(|(failure, template)| {
                *failure.template_id == *masked.id || template.find(&masked.text).is_some()
            })
            .map(|(failure, _)| failure)
    }
}
