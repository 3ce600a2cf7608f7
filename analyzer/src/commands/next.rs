//! `next`: what is worth a label.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use anyhow::Context;
use logloop_records::DataDir;
use logloop_records::archive::Archive;

use crate::cli::Next as Asked;
use crate::corrections::Corrections;
use crate::next::{Judges, LookedAt, Suggestion, next};
use crate::report::printable::one_line;
use crate::serving::{Serving, read_document};

/// Columns of an entry that is shown.
const MAX_ENTRY_COLUMNS: usize = 120;

pub(super) fn run(options: &Asked) -> anyhow::Result<()> {
    let data = DataDir::new(&options.data.data);
    anyhow::ensure!(
        data.root().is_dir(),
        "there is no data directory at {}: check --data",
        data.root().display()
    );
    let serving = Serving::new(&data);
    if let Some(document) = read_document(&data.serving()).map_err(anyhow::Error::msg)? {
        serving.apply(&document)?;
    }
    let corrections = Arc::new(Corrections::read(&data)?);
    let judges = Judges::new(&data, serving.loaded().model.clone(), corrections);
    let archive = Archive::new(&data);
    let found = next(&data, &judges, options.limit, |query| {
        let page = archive.page(query)?;
        Ok((page.interactions, page.next))
    })?;
    let mut out = BufWriter::new(io::stdout().lock());
    let written = if options.json {
        serde_json::to_writer_pretty(&mut out, &found)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out))
    } else {
        found
            .next
            .iter()
            .enumerate()
            .try_for_each(|(at, one)| suggestion(&mut out, at + 1, one))
            .and_then(|()| looked(&mut out, &found.looked_at, &found.model_version))
    };
    match written.and_then(|()| out.flush()) {
        // The reader (head, less) has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write the list"),
    }
}

fn suggestion(out: &mut impl Write, rank: usize, one: &Suggestion) -> io::Result<()> {
    let times = if one.count > 1 {
        format!(", {}×", one.count)
    } else {
        String::new()
    };
    writeln!(
        out,
        "{rank:>3}. {}",
        one_line(&one.example, MAX_ENTRY_COLUMNS)
    )?;
    writeln!(out, "     {}{times}", one.text)?;
    writeln!(out, "     {} line {}\n", one.interaction_id, one.line)
}

fn looked(out: &mut impl Write, at: &LookedAt, version: &str) -> io::Result<()> {
    let more = if at.more {
        "; there are older ones"
    } else {
        ""
    };
    let unreadable = match at.unreadable {
        0 => String::new(),
        some => format!(", {some} of them without a readable log"),
    };
    writeln!(
        out,
        "from the last {} interactions{unreadable} ({} entries), judged by {version}{more}",
        at.interactions, at.entries
    )?;
    writeln!(
        out,
        "say what a line is: PUT /api/chat/interactions/ID/feedback {{\"corrections\":[{{\"line\":LINE,\"is_failure\":true}}]}}"
    )
}
