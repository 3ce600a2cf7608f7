//! Whether a file holds text at all, by its beginning.

/// Share of bytes that are not UTF-8 above which a file is none; a log in another encoding has less, packed or encrypted
/// data nearly half.
const MAX_INVALID_SHARE: f64 = 0.25;

/// Runs of NUL bytes in so many bytes above which a file is none. A log that a crash has torn has one, of whatever length.
const BYTES_FOR_A_RUN: usize = 1024;

/// Runs of NUL bytes that are fine in a file of any length.
const FINE_RUNS: usize = 2;

/// Whether the beginning of a file is text. UTF-16 with a byte order mark is; its pairs are judged when they are decoded.
pub(super) fn is_text(head: &[u8]) -> bool {
    if matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return true;
    }
    let invalid: usize = head.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    // The end of the head can cut a character.
    if invalid.saturating_sub(3) as f64 > head.len() as f64 * MAX_INVALID_SHARE {
        return false;
    }
    let runs = head.chunk_by(|a, b| (*a == 0) == (*b == 0));
    let runs = runs.filter(|run| run[0] == 0).count();
    runs <= FINE_RUNS.max(head.len() / BYTES_FOR_A_RUN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes as packed data has them.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn text_and_what_is_none() {
        let line = "2026-11-22 10:00:00 ERROR mail: cannot send\n";
        let latin = b"2026-11-22 10:00:00 ERROR mail: gesch\xe4ftlich nicht zugestellt, \xfc\xf6\n";
        let hole = [line.as_bytes(), &[0; 5000], line.as_bytes()].concat();
        let sparse = [line.repeat(40).as_bytes(), &[0]].concat().repeat(3);
        let utf16: Vec<u8> = [0xfeff]
            .into_iter()
            .chain(line.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let table: Vec<u8> = (0..4000_u32)
            .flat_map(|n| (n + 0x4142).to_le_bytes())
            .collect();
        for (name, bytes, expect) in [
            ("text", line.as_bytes(), true),
            ("nothing", b"", true),
            ("latin", latin, true),
            ("a hole", &hole, true),
            ("a NUL now and then", &sparse, true),
            ("cut", &"ä".as_bytes()[..1], true),
            ("UTF-16", &utf16, true),
            ("UTF-16 without a mark", &utf16[2..], false),
            ("packed", &noise(9000), false),
            ("packed, short", &noise(200), false),
            ("numbers", &table, false),
        ] {
            assert_eq!(is_text(bytes), expect, "{name}");
        }
    }
}
