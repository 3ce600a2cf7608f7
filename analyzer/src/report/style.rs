//! How to write for the one who reads: with colours or without, and how wide.

use std::io::{IsTerminal, Stdout};

/// Columns where the reader is no terminal, or does not tell.
const DEFAULT_WIDTH: usize = 100;

/// Narrower than this, lines are cut as if it were this wide.
const MIN_WIDTH: usize = 40;

/// Wider lines are hard to read.
const MAX_WIDTH: usize = 160;

/// How a report is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Colours, as ANSI escape sequences.
    pub color: bool,
    /// Columns, 40 to 160.
    pub width: usize,
}

impl Style {
    /// Without colours, for a pipe or a file.
    pub const PLAIN: Self = Self {
        color: false,
        width: DEFAULT_WIDTH,
    };

    /// What fits a standard output: colours on a terminal only, unless `NO_COLOR` says otherwise (no-color.org) or the
    /// terminal is a dumb one.
    pub fn of(out: &Stdout) -> Self {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_some_and(|term| term == "dumb");
        let columns = rustix::termios::tcgetwinsize(out).map(|size| size.ws_col);
        choose(
            out.is_terminal(),
            set("NO_COLOR").is_some() || dumb,
            columns.ok(),
        )
    }
}

fn choose(is_terminal: bool, no_color: bool, columns: Option<u16>) -> Style {
    let columns = columns.map_or(0, usize::from);
    Style {
        color: is_terminal && !no_color,
        width: match columns {
            _ if !is_terminal => DEFAULT_WIDTH,
            0 => DEFAULT_WIDTH,
            columns => columns.clamp(MIN_WIDTH, MAX_WIDTH),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        for (is_terminal, no_color, columns, color, width) in [
            (true, false, Some(120), true, 120),
            (true, true, Some(120), false, 120),
            (false, false, Some(120), false, 100),
            (true, false, Some(0), true, 100),
            (true, false, None, true, 100),
            (true, false, Some(20), true, 40),
            (true, false, Some(500), true, 160),
        ] {
            let expected = Style { color, width };
            assert_eq!(choose(is_terminal, no_color, columns), expected);
        }
    }
}
