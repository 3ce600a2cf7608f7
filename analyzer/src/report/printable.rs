//! Strangers' text made fit to be shown: on a terminal, in markdown, on one line.

/// Columns of a tab.
const TAB: &str = "    ";

/// One line of `text` with nothing in it that steers a terminal or a reader's eye, cut at `max` columns.
///
/// Escape sequences (ANSI colours, titles, links) go whole; other control characters, those that change the direction of
/// writing and those that cannot be seen go too. Only the first line that is not blank counts.
pub(crate) fn one_line(text: &str, max: usize) -> String {
    let first = text.lines().find(|line| !line.trim().is_empty());
    cut(clean(first.unwrap_or_default()).trim(), max)
}

/// A line as it is, but for what steers a terminal; tabs become spaces.
pub(crate) fn clean(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(char) = rest.next() {
        match char {
            '\u{1b}' | '\u{9b}' => skip_sequence(char, &mut rest),
            '\t' => out.push_str(TAB),
            '\u{2028}' | '\u{2029}' => out.push(' '),
            char if char.is_control() || is_unseen(char) => {}
            char => out.push(char),
        }
    }
    out
}

/// Skips what follows the beginning of an escape sequence (ECMA-48; OSC up to BEL or ST, never past the line).
fn skip_sequence(begin: char, rest: &mut std::str::Chars<'_>) {
    let kind = if begin == '\u{9b}' {
        Some('[')
    } else {
        rest.clone().next().inspect(|_| {
            rest.next();
        })
    };
    match kind {
        Some('[') => {
            let parameter = |char: &char| ('\u{20}'..='\u{3f}').contains(char);
            while rest.clone().next().is_some_and(|char| parameter(&char)) {
                rest.next();
            }
            if rest
                .clone()
                .next()
                .is_some_and(|char| ('@'..='~').contains(&char))
            {
                rest.next();
            }
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            let ahead = rest.clone();
            let end = ahead.as_str().find(['\u{7}', '\u{1b}', '\u{9c}']);
            // One that does not end is text that happens to follow these two characters.
            if let Some(end) = end {
                let tail = &ahead.as_str()[end..];
                let st = tail.strip_prefix("\u{1b}\\");
                *rest = st
                    .unwrap_or_else(|| &tail[tail.chars().next().map_or(0, char::len_utf8)..])
                    .chars();
            }
        }
        _ => {}
    }
}

/// Directions of writing, joiners and marks that take no place: they hide or reorder what is read.
fn is_unseen(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The beginning of `text` that fits into `max` columns, with `…` where something is left out.
pub(crate) fn cut(text: &str, max: usize) -> String {
    let mut columns = 0;
    let mut fits = 0;
    for (at, char) in text.char_indices() {
        columns += width(char);
        if columns > max {
            return format!("{}…", text[..fits].trim_end());
        }
        if columns < max {
            fits = at + char.len_utf8();
        }
    }
    text.to_owned()
}

/// Columns that `text` takes on a terminal.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// Columns of a character: none for the marks that combine, two for the wide ones of East Asia and pictures
/// (the large blocks of Unicode's EastAsianWidth, not each single character).
fn width(char: char) -> usize {
    match char {
        '\u{300}'..='\u{36f}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_goes_and_what_is_read_stays() {
        for (text, shown) in [
            ("plain | `code` <b>", "plain | `code` <b>"),
            ("\u{1b}[1;31mred\u{1b}[0m text", "red text"),
            (
                "\u{1b}]0;title\u{7}a\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\",
                "alink",
            ),
            ("\u{9b}2Ja\u{1b}cb\u{1b}", "ab"),
            ("\u{1b}]never ends", "never ends"),
            ("\u{1b}[31ä", "ä"),
            ("a\u{0}b\u{8}c\u{7f}d\re", "abcde"),
            ("user\u{202e}gpj.exe\u{2066}", "usergpj.exe"),
            ("ze\u{200b}ro\u{feff}", "zero"),
            ("a\tb\u{2028}c", "a    b c"),
            ("Zürich 東京 🎉", "Zürich 東京 🎉"),
        ] {
            assert_eq!(clean(text), shown, "{text:?}");
        }
    }

    #[test]
    fn one_line_is_the_first_that_says_something() {
        for (text, shown) in [
            ("\n  \n  first\nsecond", "first"),
            ("", ""),
            ("12345678901", "123456789…"),
            ("1234567890", "1234567890"),
            ("東京東京東京", "東京東京…"),
        ] {
            assert_eq!(one_line(text, 10), shown);
            assert!(columns(&one_line(text, 10)) <= 10);
        }
    }
}
