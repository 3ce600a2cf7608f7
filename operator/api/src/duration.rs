//! Spans of time as people write them in a spec: `30d`, `12h`, `90m`.

/// Pattern of a span in a spec; what the API server checks. At most 9 digits, so that seconds fit an `i64`.
pub const PATTERN: &str = "^[1-9][0-9]{0,8}(s|m|h|d|w)$";

/// Seconds of a span such as `30d`. Units: `s`, `m`, `h`, `d` (24 hours), `w` (7 days).
pub fn parse_seconds(text: &str) -> Result<i64, String> {
    let fail = || {
        format!(
            "{text:?} is not a span of time; write a whole number and a unit, such as 30d, 12h or 90m"
        )
    };
    let unit = text.chars().next_back().ok_or_else(fail)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return Err(fail()),
    };
    let digits = &text[..text.len() - unit.len_utf8()];
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(fail());
    }
    let number: i64 = digits.parse().map_err(|_| fail())?;
    if number == 0 {
        Err(fail())
    } else {
        Ok(number * seconds)
    }
}

/// A span in the largest unit that divides it, up to days: what the commands of a Job are given.
pub fn format_seconds(seconds: i64) -> String {
    for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
        if seconds >= size && seconds % size == 0 {
            return format!("{}{unit}", seconds / size);
        }
    }
    format!("{seconds}s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (text, seconds, again) in [
            ("30d", 2_592_000, "30d"),
            ("2w", 1_209_600, "14d"),
            ("90m", 5_400, "90m"),
            ("7s", 7, "7s"),
            ("48h", 172_800, "2d"),
        ] {
            assert_eq!(parse_seconds(text), Ok(seconds), "{text}");
            assert_eq!(format_seconds(seconds), again, "{text}");
        }
        for text in [
            "",
            "d",
            "0d",
            "30",
            "-1d",
            "1.5h",
            "30 d",
            "1y",
            "9999999999s",
            "3é",
        ] {
            assert!(parse_seconds(text).is_err(), "{text}");
        }
    }
}
