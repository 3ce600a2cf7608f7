//! `next`: what is worth a label.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use anyhow::Context;
use logloop_records::DataDir;
use logloop_records::archive::Archive;

use crate::cli::Next as Asked;
use crate::corrections::Corrections;
use crate::next::{Judges, LookedAt, Next, Suggestion, next};
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
    match write(&mut out, &found, options.json).and_then(|()| out.flush()) {
        // The reader (head, less) has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write the list"),
    }
}

fn write(out: &mut impl Write, found: &Next, json: bool) -> io::Result<()> {
    if json {
        serde_json::to_writer_pretty(&mut *out, found)?;
        return writeln!(out);
    }
    for (rank, one) in (1..).zip(&found.next) {
        suggestion(out, rank, one)?;
    }
    looked(out, &found.looked_at, &found.model_version)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_where_to_correct_and_no_escape_sequence_gets_out() {
        let found = Next {
            model_version: "v1".to_owned(),
            looked_at: LookedAt {
                interactions: 3,
                unreadable: 1,
                entries: 40,
                more: true,
                ..LookedAt::default()
            },
            next: vec![Suggestion {
                text: "the model is unsure: 48 %, a failure from 50 % on".to_owned(),
                example: "peer 7 \u{1b}[31mrefused us".to_owned(),
                line: 12,
                count: 5,
                ..Suggestion::default()
            }],
        };
        let written = |json| {
            let mut out = vec![];
            write(&mut out, &found, json).unwrap();
            String::from_utf8(out).unwrap()
        };
        let text = written(false);
        let expect = "  1. peer 7 refused us\n     the model is unsure: 48 %, a failure from 50 % on, 5×\n     \
            00000000-0000-0000-0000-000000000000 line 12\n\nfrom the last 3 interactions, 1 of them without a readable \
            log (40 entries), judged by v1; there are older ones\n";
        assert!(text.starts_with(expect), "{text}");
        let read: serde_json::Value = serde_json::from_str(&written(true)).unwrap();
        assert_eq!(read["next"][0]["reason"], "unsure");
    }
}
