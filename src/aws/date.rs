//! UTC dates as Signature Version 4 writes them, without a date crate.

/// `(YYYYMMDDTHHMMSSZ, YYYYMMDD)` of a Unix time in milliseconds.
pub(super) fn amz_date(unix_ms: u64) -> (String, String) {
    let seconds = unix_ms / 1000;
    let (year, month, day) = civil_from_days(seconds / 86_400);
    let (h, m, s) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let date = format!("{year:04}{month:02}{day:02}");
    (format!("{date}T{h:02}{m:02}{s:02}Z"), date)
}

/// A Unix time in milliseconds as ISO 8601 in UTC, with six digits after the second.
#[cfg(feature = "branch-keys")]
pub(crate) fn iso_micros(unix_ms: u64) -> String {
    let seconds = unix_ms / 1000;
    let (year, month, day) = civil_from_days(seconds / 86_400);
    let (h, m, s) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{:03}000Z", unix_ms % 1000)
}

/// Year, month and day of a day counted from 1970-01-01 (proleptic Gregorian calendar).
///
/// The count is moved to years that begin in March, so that the leap day comes last and the lengths
/// of the months before it follow one formula.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    const DAYS_TO_1970: u64 = 719_468; // from 0000-03-01
    const DAYS_IN_400_YEARS: u64 = 146_097;
    let days = days + DAYS_TO_1970;
    let era = days / DAYS_IN_400_YEARS;
    let day_of_era = days % DAYS_IN_400_YEARS;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524
        - day_of_era / (DAYS_IN_400_YEARS - 1))
        / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates() {
        for (ms, text) in [
            (0, "19700101T000000Z"),
            (999, "19700101T000000Z"),
            (86_399_999, "19700101T235959Z"),
            (951_782_400_000, "20000229T000000Z"),
            (1_440_938_160_000, "20150830T123600Z"),
            (1_709_164_799_000, "20240228T235959Z"),
            (1_709_164_800_000, "20240229T000000Z"),
            (1_735_689_599_000, "20241231T235959Z"),
            (4_107_542_400_000, "21000301T000000Z"),
            (253_402_300_799_000, "99991231T235959Z"),
        ] {
            assert_eq!(amz_date(ms), (text.to_owned(), text[..8].to_owned()));
        }
    }

    #[cfg(feature = "branch-keys")]
    #[test]
    fn microseconds() {
        assert_eq!(iso_micros(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(iso_micros(1_709_251_199_123), "2024-02-29T23:59:59.123000Z");
        assert_eq!(iso_micros(1_709_251_199_007), "2024-02-29T23:59:59.007000Z");
    }

    #[test]
    fn every_day_of_800_years_follows_the_one_before() {
        let mut before = civil_from_days(0);
        for day in 1..292_194 {
            let now = civil_from_days(day);
            let (y, m, d) = before;
            let next = [(y, m, d + 1), (y, m + 1, 1), (y + 1, 1, 1)];
            assert!(next.contains(&now), "{before:?} {now:?}");
            if now.2 == 1 {
                let leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
                let days = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
                assert_eq!(d, days[usize::try_from(m).unwrap() - 1], "{before:?}");
            }
            before = now;
        }
    }

    #[test]
    fn absurd_clocks_do_not_panic() {
        amz_date(u64::MAX);
    }
}
