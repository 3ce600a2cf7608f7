//! Durations as people write them: `90d`, `12h`, `30m`, `45s`.

use chrono::TimeDelta;

/// Reads a whole number and a unit: `s`, `m`, `h`, `d` or `w`.
pub(crate) fn parse(text: &str) -> Result<TimeDelta, String> {
    let wrong = || {
        format!("{text:?} is no duration: write a whole number and s, m, h, d or w, such as 90d")
    };
    let split = text
        .len()
        .checked_sub(1)
        .filter(|at| text.is_char_boundary(*at))
        .ok_or_else(wrong)?;
    let (number, unit) = text.split_at(split);
    let number: i64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return Err(wrong()),
    };
    let total = number.checked_mul(seconds).filter(|total| *total >= 0);
    total.and_then(TimeDelta::try_seconds).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        assert_eq!(parse("90d"), Ok(TimeDelta::days(90)));
        assert_eq!(parse("0s"), Ok(TimeDelta::zero()));
        for wrong in [
            "",
            "d",
            "1.5h",
            "-3d",
            "3y",
            "99999999999999999d",
            "3 d",
            "5ä",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
