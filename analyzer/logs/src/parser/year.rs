//! The year of time stamps that name none.

use crate::timestamp;

/// Year of the first time stamp without one.
const FIRST_YEAR: i32 = 1970;

/// Months back after which a new year is assumed; fewer are lines out of order.
const MONTHS_BACK: i32 = 6;

/// Follows the months of the time stamps that name no year.
#[derive(Debug)]
pub(super) struct Years {
    year: i32,
    month: i32,
}

impl Default for Years {
    fn default() -> Self {
        Self {
            year: FIRST_YEAR,
            month: 0,
        }
    }
}

impl Years {
    /// Year of this time stamp, the next one of the log.
    #[inline]
    pub(super) fn of(&mut self, timestamp: &str) -> i32 {
        let Some(month) = timestamp::month_without_year(timestamp) else {
            return FIRST_YEAR;
        };
        if self.month > 0 {
            if month < self.month - MONTHS_BACK {
                self.year += 1;
            } else if month > self.month + MONTHS_BACK && self.year > FIRST_YEAR {
                // Late, from before the new year.
                return self.year - 1;
            }
        }
        self.month = month;
        self.year
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_year_begins_when_the_months_do() {
        let mut years = Years::default();
        let got = [
            "Nov 30 10:00:00",
            "Dec 31 23:59:59",
            "Jan  1 00:00:00",
            "Dec 31 23:59:59",
            "Jan  1 00:00:01",
            "2026-01-01T00:00:00Z",
            "1231 23:59:59.000001",
            "Feb  1 00:00:00",
            "Jan 31 23:59:00",
        ]
        .map(|timestamp| years.of(timestamp));
        assert_eq!(got, [1970, 1970, 1971, 1970, 1971, 1970, 1970, 1971, 1971]);
    }
}
