//! Tables as kubectl has them. Pure.

/// Spaces between two columns.
const GAP: usize = 3;
/// Longest cell but the last of a row. Units: characters.
const CELL_MAX: usize = 48;

/// A table with its columns aligned; without rows, nothing.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let last = head.len() - 1;
    let shown = |row: &Vec<String>| -> Vec<String> {
        let cells = row.iter().enumerate();
        cells
            .map(|(at, cell)| {
                if at == last {
                    one_line(cell)
                } else {
                    cut(&one_line(cell))
                }
            })
            .collect()
    };
    let all: Vec<Vec<String>> = std::iter::once(&head).chain(rows).map(shown).collect();
    let width = |at: usize| all.iter().map(|row| row[at].chars().count()).max();
    let widths: Vec<usize> = (0..=last).map(|at| width(at).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &all {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            line.push_str(cell);
            if at < last {
                let fill = widths[at] - cell.chars().count() + GAP;
                line.extend(std::iter::repeat_n(' ', fill));
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn one_line(cell: &str) -> String {
    let cell: Vec<&str> = cell.split_whitespace().collect();
    if cell.is_empty() {
        "-".to_owned()
    } else {
        cell.join(" ")
    }
}

fn cut(cell: &str) -> String {
    if cell.chars().count() <= CELL_MAX {
        return cell.to_owned();
    }
    let mut short: String = cell.chars().take(CELL_MAX - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_whatever_is_in_them() {
        let rows = [
            vec!["é".to_owned(), String::new(), "a\nb  c".to_owned()],
            vec!["x".repeat(60), "y".to_owned(), "z".to_owned()],
        ];
        let text = table(&["NAME", "B", "MESSAGE"], &rows);
        let long = "x".repeat(47);
        let fill = " ".repeat(47);
        let expected = format!(
            "NAME{}   B   MESSAGE\né{fill}   -   a b c\n{long}…   y   z\n",
            " ".repeat(44)
        );
        assert_eq!(text, expected);
        assert_eq!(table(&["NAME"], &[]), "");
    }
}
