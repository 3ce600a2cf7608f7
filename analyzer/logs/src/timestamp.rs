//! Time stamps at the beginning of a line.

/// Length in bytes of the time stamp that `text` begins with, if it begins with one.
///
/// Read: ISO 8601 and its relatives (`2026-11-22T10:00:00.123Z`, `2026-11-22 10:00:00,123 +0100`,
/// `2026/11/22 10:00:00`), syslog (`Nov 22 10:00:00`), and each of them in square brackets.
pub(crate) fn leading(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.first() == Some(&b'[') {
        let length = bare(&bytes[1..])?;
        return (bytes.get(length + 1) == Some(&b']')).then_some(length + 2);
    }
    bare(bytes)
}

fn bare(bytes: &[u8]) -> Option<usize> {
    date(bytes).or_else(|| syslog(bytes))
}

fn date(bytes: &[u8]) -> Option<usize> {
    if !shape(bytes, b"dddd-dd-dd") && !shape(bytes, b"dddd/dd/dd") {
        return None;
    }
    if !matches!(bytes.get(10), Some(b'T' | b' ' | b't')) || !shape(&bytes[11..], b"dd:dd:dd") {
        return None;
    }
    let mut end = 19;
    if matches!(bytes.get(end), Some(b'.' | b',')) && digits(&bytes[end + 1..]) > 0 {
        end += 1 + digits(&bytes[end + 1..]);
    }
    Some(end + zone(&bytes[end..]))
}

fn zone(bytes: &[u8]) -> usize {
    if matches!(bytes.first(), Some(b'Z' | b'z')) {
        return 1;
    }
    let space = usize::from(bytes.first() == Some(&b' '));
    let rest = &bytes[space..];
    if !matches!(rest.first(), Some(b'+' | b'-')) {
        return 0;
    }
    if shape(&rest[1..], b"dd:dd") {
        space + 6
    } else if shape(&rest[1..], b"dddd") {
        space + 5
    } else {
        0
    }
}

fn syslog(bytes: &[u8]) -> Option<usize> {
    const MONTHS: [&[u8]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let month = bytes.get(..3)?;
    (MONTHS.contains(&month)
        && (shape(&bytes[3..], b" dd dd:dd:dd") || shape(&bytes[3..], b"  d dd:dd:dd")))
    .then_some(15)
}

fn digits(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count()
}

/// Whether `bytes` begins with `pattern`, where `d` stands for a digit.
fn shape(bytes: &[u8], pattern: &[u8]) -> bool {
    bytes.len() >= pattern.len()
        && pattern.iter().zip(bytes).all(|(want, got)| match want {
            b'd' => got.is_ascii_digit(),
            other => other == got,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        for (text, length) in [
            ("2026-11-22T10:00:00Z x", Some(20)),
            ("2026-11-22 10:00:00,123 INFO", Some(23)),
            ("2026-11-22 10:00:00.123456 +0100 x", Some(32)),
            ("2026-11-22T10:00:00+01:00|x", Some(25)),
            ("2026/11/22 10:00:00 [error]", Some(19)),
            ("[2026-11-22 10:00:00] x", Some(21)),
            ("Nov 22 10:00:00 host sshd[1]: x", Some(15)),
            ("Nov  2 10:00:00 host", Some(15)),
            ("2026-11-22", None),
            ("Novel idea", None),
            ("12:00", None),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(leading(text), length, "{text}");
        }
    }
}
