//! The Gregorian calendar, for any year.
//!
//! A year starts in March here, so that the leap day is the last one. The calendar repeats every 400 years.

const DAYS_OF_A_CYCLE: i128 = 146_097;
const YEARS_OF_A_CYCLE: i128 = 400;

/// The number of days from 0000-03-01 to 1970-01-01.
const EPOCH: i128 = 719_468;

/// Returns the days from 1970-01-01 to a date; `None` if the calendar does not have it. Years must be far from the limits of
/// the type.
pub(crate) fn days_since_1970(year: i64, month: u8, day: u8) -> Option<i128> {
    if day == 0 || day > days_of_month(year, month)? {
        return None;
    }
    let (month, day) = (i128::from(month), i128::from(day));
    let (year, month) = match month {
        1 | 2 => (i128::from(year) - 1, month + 9),
        _ => (i128::from(year), month - 3),
    };
    let (cycle, year) = (
        year.div_euclid(YEARS_OF_A_CYCLE),
        year.rem_euclid(YEARS_OF_A_CYCLE),
    );
    let before_year = year * 365 + year / 4 - year / 100;
    Some(cycle * DAYS_OF_A_CYCLE + before_year + before_month(month) + day - 1 - EPOCH)
}

/// A date with its month and day, from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i128,
    pub(crate) month: i128,
    pub(crate) day: i128,
}

impl Date {
    /// Returns the date that is some days after 1970-01-01.
    pub(crate) const fn after_1970(days: i128) -> Self {
        let days = days + EPOCH;
        let cycle = days.div_euclid(DAYS_OF_A_CYCLE);
        let day = days.rem_euclid(DAYS_OF_A_CYCLE);
        // Without the leap days before it, each year has 365 days.
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (year * 365 + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let (month_of_year, carry) = if month < 10 {
            (month + 3, 0)
        } else {
            (month - 9, 1)
        };
        Self {
            year: cycle * YEARS_OF_A_CYCLE + year + carry,
            month: month_of_year,
            day: day - before_month(month) + 1,
        }
    }
}

/// The days of a year before a month, with March as month 0. Five months in turn have 153 days.
const fn before_month(month: i128) -> i128 {
    (153 * month + 2) / 5
}

fn days_of_month(year: i64, month: u8) -> Option<u8> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 if is_leap => Some(29),
        2 => Some(28),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil;

    use super::*;

    /// Every date of 401 years, compared with a library for dates.
    #[test]
    fn dates_are_those_of_an_independent_calendar() {
        let mut date = civil::date(1849, 12, 31);
        let epoch = civil::date(1970, 1, 1);
        let first = epoch.duration_until(date).as_hours() / 24;
        for days in i128::from(first)..i128::from(first) + DAYS_OF_A_CYCLE + 366 {
            let parts = [date.year().into(), date.month().into(), date.day().into()];
            let [year, month, day]: [i128; 3] = parts;
            assert_eq!(Date::after_1970(days), Date { year, month, day });
            let [month, day] = [month, day].map(|part| u8::try_from(part).unwrap());
            assert_eq!(days_since_1970(date.year().into(), month, day), Some(days));
            date = date.tomorrow().unwrap();
        }
    }

    #[test]
    fn years_outside_of_a_library_repeat_every_400_years() {
        for (year, month, day) in [(2000, 2, 29), (1999, 12, 31), (2001, 3, 1), (2100, 2, 28)] {
            let near = days_since_1970(year, month, day).unwrap();
            for cycles in [-700_000, -6, -5, -1, 1, 700_000] {
                let far = days_since_1970(year + cycles * 400, month, day).unwrap();
                assert_eq!(far - near, i128::from(cycles) * DAYS_OF_A_CYCLE);
                let found = Date::after_1970(far);
                assert_eq!(found.year, i128::from(year + cycles * 400));
                assert_eq!([found.month, found.day], [month.into(), day.into()]);
            }
        }
    }

    #[test]
    fn dates_that_the_calendar_does_not_have_are_rejected() {
        for (year, month, day) in [
            (2026, 0, 1),
            (2026, 13, 1),
            (2026, 1, 0),
            (2026, 1, 32),
            (2026, 4, 31),
            (2026, 2, 29),
            (1900, 2, 29),
            (2000, 2, 30),
            (-1, 2, 29),
        ] {
            assert_eq!(
                days_since_1970(year, month, day),
                None,
                "{year}-{month}-{day}"
            );
        }
        assert!(days_since_1970(-4, 2, 29).is_some());
        assert!(days_since_1970(0, 2, 29).is_some());
    }
}
