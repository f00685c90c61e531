//! UTC dates as Signature Version 4 and HTTP write them, without a date crate.

/// `(YYYYMMDDTHHMMSSZ, YYYYMMDD)` of a Unix time in milliseconds.
pub(crate) fn amz_date(unix_ms: u64) -> (String, String) {
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

/// The Unix time in milliseconds of a date as HTTP's headers have it (RFC 9110, section 5.6.7: `IMF-fixdate`).
pub(crate) fn http_date_ms(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.strip_suffix(" GMT")?.split([' ', ':']).skip(1);
    let number = |words: &mut dyn Iterator<Item = &str>, most: u64| {
        words.next()?.parse().ok().filter(|number| *number <= most)
    };
    let day: u64 = number(&mut words, 31)?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|name| *name == month)? as u64;
    let year: u64 = number(&mut words, 9999)?;
    let (h, m, s) = (number(&mut words, 23)?, number(&mut words, 59)?, number(&mut words, 60)?);
    // Years that begin in March, as below.
    let (year, month) =
        if month < 2 { (year.checked_sub(1)?, month + 10) } else { (year, month - 2) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    let days = days.checked_sub(DAYS_TO_1970 + 1)?;
    Some((((days * 24 + h) * 60 + m) * 60 + s) * 1000)
}

const DAYS_TO_1970: u64 = 719_468; // from 0000-03-01

/// Year, month and day of a day counted from 1970-01-01 (proleptic Gregorian calendar).
///
/// The count is moved to years that begin in March, so that the leap day comes last and the lengths
/// of the months before it follow one formula.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
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
    fn dates_of_headers() {
        for (text, ms) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777_000)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199_000)),
            ("Fri, 01 Mar 2024 00:00:00 GMT", Some(1_709_251_200_000)),
            ("Mon, 01 Mar 2100 00:00:00 GMT", Some(4_107_542_400_000)),
            ("Fri, 31 Dec 9999 23:59:60 GMT", Some(253_402_300_800_000)),
            ("", None),
            ("Sun, 06 Nov 1994 08:49:37", None),
            ("Sun, 06 Nov 1994 08:49:37 UTC", None),
            ("Sun, 06 nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 24:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:60:37 GMT", None),
            ("Sun, 32 Nov 1994 08:49:37 GMT", None),
            ("Sun, -6 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49 GMT", None),
            ("Sun, 06 Nov 99999999999999999999 08:49:37 GMT", None),
            ("Wed, 31 Dec 1969 23:59:59 GMT", None),
            ("Sat, 01 Jan 0000 00:00:00 GMT", None),
            ("1994-11-06T08:49:37Z", None),
            (" GMT", None),
        ] {
            assert_eq!(http_date_ms(text), ms, "{text}");
        }
    }

    #[test]
    fn a_date_of_a_header_is_the_day_that_it_names() {
        for day in (0..292_194).step_by(17) {
            let (year, month, date) = civil_from_days(day);
            let name = [
                "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
            ][usize::try_from(month).unwrap() - 1];
            let text = format!("Xyz, {date:02} {name} {year:04} 00:00:00 GMT");
            assert_eq!(http_date_ms(&text), Some(day * 86_400_000), "{text}");
        }
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
