//! Points in time, parsed and formatted as in policies.

use std::fmt;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A point in time, exact to the nanosecond.
///
/// The range of years exceeds that of most date libraries. The Gregorian calendar repeats every 400 years, so dates are
/// shifted by whole cycles into the range that `jiff` supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant {
    /// Since 1970-01-01T00:00:00Z.
    nanoseconds: i128,
}

/// The reason why a string is not a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidInstant {
    Malformed,
    NoSuchDate,
    NoSuchTime,
    EpochTooLarge,
    YearOutOfRange,
    TooManyDecimals,
    Offset,
}

impl InvalidInstant {
    /// What to do about it.
    pub(crate) const fn hint(self) -> &'static str {
        match self {
            Self::Malformed => {
                "write a date such as `2026-10-30T00:00:00Z`, or the seconds since 1970-01-01"
            }
            Self::NoSuchDate => "the calendar has no such month or day",
            Self::NoSuchTime => "the clock goes from `00:00:00` to `23:59:59`",
            Self::EpochTooLarge => "the seconds since 1970-01-01 go up to `9223372036854775807`",
            Self::YearOutOfRange => "years go from `-292275054` to `292278993`",
            Self::TooManyDecimals => "a second has at most nine decimals",
            Self::Offset => "write the offset with two digits each, as in `+01:00` or `+01`",
        }
    }
}

impl Instant {
    /// Parses seconds since 1970, or a date of the ISO 8601 profile with an optional time of day.
    ///
    /// - Digits alone are seconds. With a minus sign they are a year, which is how AWS reads `-292275054`.
    /// - A date is `year`, `year-month` or `year-month-day`; then, optionally, `T` followed by `hour`, `hour:minute` or
    ///   `hour:minute:second` with up to nine decimals; then `Z`, an offset such as `+01:00` or `+01`, or nothing,
    ///   which means UTC. Months, days, hours, minutes and seconds may have one digit; letters may be lower case.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidInstant> {
        if is_digits(text) {
            let seconds: i64 = text.parse().map_err(|_| InvalidInstant::EpochTooLarge)?;
            return Ok(Self::from_seconds(seconds));
        }
        let (date, time) = match text.split_once(['T', 't']) {
            Some((date, time)) => (date, time),
            None => (text, ""),
        };
        let (cycles, year, month, day) = parse_date(date)?;
        let time = ClockTime::parse(time)?;
        let local = DateTime::new(year, month, day, time.hour, time.minute, time.second, 0)
            .map_err(|_| InvalidInstant::NoSuchDate)?;
        let seconds = Offset::UTC
            .to_timestamp(local)
            .map_err(|_| InvalidInstant::NoSuchDate)?
            .as_second();
        let seconds = i128::from(seconds) + i128::from(cycles) * CYCLE - i128::from(time.offset);
        Ok(Self {
            nanoseconds: seconds * NANOSECONDS + i128::from(time.nanosecond),
        })
    }

    /// Parses the value of a request: as [`parse`](Self::parse), but seconds since 1970 may have up to nine decimals.
    ///
    /// We observed that AWS's policy simulator accepts `1533859200.0` in a request. Whether it accepts this in a policy
    /// is not known.
    pub(crate) fn parse_in_request(text: &str) -> Result<Self, InvalidInstant> {
        match text.split_once('.') {
            Some((seconds, decimals)) if is_digits(seconds) => {
                let whole = Self::parse(seconds)?;
                Ok(Self {
                    nanoseconds: whole.nanoseconds + i128::from(parse_decimals(decimals)?),
                })
            }
            _ => Self::parse(text),
        }
    }

    /// The point in time `seconds` after the start of 1970.
    pub(crate) fn from_seconds(seconds: i64) -> Self {
        Self {
            nanoseconds: i128::from(seconds) * NANOSECONDS,
        }
    }

    /// The nanoseconds since 1970.
    pub(crate) const fn nanoseconds(self) -> i128 {
        self.nanoseconds
    }

    /// The point in time that is `seconds` seconds later.
    pub(crate) const fn moved(self, seconds: i128) -> Self {
        Self {
            nanoseconds: self.nanoseconds + seconds * NANOSECONDS,
        }
    }

    /// A point in time between two others, a whole second if possible.
    pub(crate) fn between(self, later: Self) -> Option<Self> {
        let second = (self.nanoseconds.div_euclid(NANOSECONDS) + 1) * NANOSECONDS;
        let middle = self.nanoseconds + (later.nanoseconds - self.nanoseconds) / 2;
        let nanoseconds = if second < later.nanoseconds {
            second
        } else {
            middle
        };
        (nanoseconds > self.nanoseconds).then_some(Self { nanoseconds })
    }

    /// The seconds since 1970, if the point in time is a whole second.
    pub(crate) fn whole_seconds(self) -> Option<i128> {
        (self.nanoseconds.rem_euclid(NANOSECONDS) == 0)
            .then_some(self.nanoseconds.div_euclid(NANOSECONDS))
    }
}

impl From<SystemTime> for Instant {
    fn from(time: SystemTime) -> Self {
        let nanoseconds = |duration: std::time::Duration| {
            i128::from(duration.as_secs()) * NANOSECONDS + i128::from(duration.subsec_nanos())
        };
        Self {
            nanoseconds: match time.duration_since(SystemTime::UNIX_EPOCH) {
                Ok(since) => nanoseconds(since),
                Err(before) => -nanoseconds(before.duration()),
            },
        }
    }
}

/// Formats as `2026-11-23T05:00:00Z`, with as many decimals as necessary.
impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.nanoseconds.div_euclid(NANOSECONDS);
        let cycles = seconds.div_euclid(CYCLE);
        let within = i64::try_from(seconds.rem_euclid(CYCLE)).map_err(|_| fmt::Error)?;
        let time = Timestamp::from_second(within).map_err(|_| fmt::Error)?;
        let time = Offset::UTC.to_datetime(time);
        let year = i128::from(time.year()) + cycles * i128::from(YEARS_OF_A_CYCLE);
        let sign = if year < 0 { "-" } else { "" };
        write!(
            formatter,
            "{sign}{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            year.unsigned_abs(),
            time.month(),
            time.day(),
            time.hour(),
            time.minute(),
            time.second()
        )?;
        let fraction = self.nanoseconds.rem_euclid(NANOSECONDS);
        if fraction != 0 {
            let decimals = format!("{fraction:09}");
            write!(formatter, ".{}", decimals.trim_end_matches('0'))?;
        }
        formatter.write_str("Z")
    }
}

const NANOSECONDS: i128 = 1_000_000_000;
const YEARS_OF_A_CYCLE: i64 = 400;
/// The number of seconds in 400 years.
const CYCLE: i128 = 146_097 * 86_400;
/// The years that AWS accepts: those whose milliseconds since 1970 fit in 64 bits.
const YEARS: std::ops::RangeInclusive<i64> = -292_275_054..=292_278_993;

/// Parses a date. Returns a year from 2000 to 2399 with the same calendar, and the number of cycles by which it was
/// shifted.
fn parse_date(date: &str) -> Result<(i64, i16, i8, i8), InvalidInstant> {
    let (negative, rest) = match date.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, date),
    };
    let mut parts = rest.split('-');
    let year = parts.next().unwrap_or_default();
    if !is_digits(year) {
        return Err(InvalidInstant::Malformed);
    }
    let year: i64 = year.parse().map_err(|_| InvalidInstant::YearOutOfRange)?;
    let year = if negative { -year } else { year };
    if !YEARS.contains(&year) {
        return Err(InvalidInstant::YearOutOfRange);
    }
    let month = parts.next().map_or(Ok(1), short_number)?;
    let day = parts.next().map_or(Ok(1), short_number)?;
    if parts.next().is_some() {
        return Err(InvalidInstant::Malformed);
    }
    let cycles = (year - 2000).div_euclid(YEARS_OF_A_CYCLE);
    let year = i16::try_from(year - cycles * YEARS_OF_A_CYCLE)
        .map_err(|_| InvalidInstant::YearOutOfRange)?;
    Ok((cycles, year, month, day))
}

#[derive(Default)]
struct ClockTime {
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: u32,
    /// Seconds ahead of UTC.
    offset: i32,
}

impl ClockTime {
    fn parse(text: &str) -> Result<Self, InvalidInstant> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let (clock, offset) = match text.find(['Z', 'z', '+', '-']) {
            Some(end) => text
                .split_at_checked(end)
                .ok_or(InvalidInstant::Malformed)?,
            None => (text, "Z"),
        };
        let mut parts = clock.split(':');
        let hour = parts.next().map_or(Ok(0), short_number)?;
        let minute = parts.next().map_or(Ok(0), short_number)?;
        let (second, nanosecond) = match parts.next() {
            Some(second) => parse_second(second)?,
            None => (0, 0),
        };
        if parts.next().is_some() {
            return Err(InvalidInstant::Malformed);
        }
        if hour > 23 || minute > 59 || second > 59 {
            return Err(InvalidInstant::NoSuchTime);
        }
        Ok(Self {
            hour,
            minute,
            second,
            nanosecond,
            offset: parse_offset(offset)?,
        })
    }
}

fn parse_second(text: &str) -> Result<(i8, u32), InvalidInstant> {
    let Some((second, decimals)) = text.split_once('.') else {
        return Ok((short_number(text)?, 0));
    };
    Ok((short_number(second)?, parse_decimals(decimals)?))
}

/// Converts the decimals of a second to nanoseconds.
fn parse_decimals(decimals: &str) -> Result<u32, InvalidInstant> {
    if !is_digits(decimals) {
        return Err(InvalidInstant::Malformed);
    }
    if decimals.len() > 9 {
        return Err(InvalidInstant::TooManyDecimals);
    }
    format!("{decimals:0<9}")
        .parse()
        .map_err(|_| InvalidInstant::TooManyDecimals)
}

/// Parses an offset as seconds ahead of UTC.
fn parse_offset(text: &str) -> Result<i32, InvalidInstant> {
    if text.eq_ignore_ascii_case("z") {
        return Ok(0);
    }
    let (sign, rest) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(rest), _) => (1, rest),
        (_, Some(rest)) => (-1, rest),
        _ => return Err(InvalidInstant::Malformed),
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "00"));
    if hours.len() != 2 || minutes.len() != 2 {
        return Err(InvalidInstant::Offset);
    }
    let read = |text| short_number(text).map_err(|_| InvalidInstant::Offset);
    let (hours, minutes) = (i32::from(read(hours)?), i32::from(read(minutes)?));
    if hours > 23 || minutes > 59 {
        return Err(InvalidInstant::Offset);
    }
    Ok(sign * (hours * 3600 + minutes * 60))
}

/// Parses a number of one or two digits.
fn short_number(text: &str) -> Result<i8, InvalidInstant> {
    if !is_digits(text) || text.len() > 2 {
        return Err(InvalidInstant::Malformed);
    }
    text.parse().map_err(|_| InvalidInstant::Malformed)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_instant_in_many_spellings() {
        for (left, right) in [
            ("2018-08-10T00:00:00Z", "1533859200"),
            ("2018-08-10", "1533859200"),
            ("2018-8-10", "1533859200"),
            ("2018-08", "2018-08-01T00:00:00.000Z"),
            ("2018T", "2018-01-01T00"),
            ("01T", "1-1-1"),
            ("2018-08-10t02:00:00+02:00", "2018-08-10T00:00Z"),
            ("2018-08-09T22-02", "2018-08-10T00:00:00z"),
            (
                "2016-12-13t2:00:00.593194+23",
                "2016-12-12T03:00:00.593194Z",
            ),
            ("0", "1970-01-01"),
            ("2000-02-29", "951782400"),
        ] {
            assert_eq!(
                Instant::parse(left),
                Instant::parse(right),
                "{left} {right}"
            );
            assert!(Instant::parse(left).is_ok(), "{left}");
        }
        assert_eq!(
            Instant::parse("-1-12-31T23:59:59Z"),
            Ok(Instant::from_seconds(-62_167_219_201))
        );
    }

    #[test]
    fn the_first_and_the_last_year() {
        for text in [
            "-292275054",
            "292278993-12-31T23:59:59.999999999Z",
            "-292275054-01-01T00:00:00Z",
        ] {
            assert!(Instant::parse(text).is_ok(), "{text}");
        }
        assert!(Instant::parse("-292275054").unwrap() < Instant::parse("-292275053").unwrap());
        assert!(Instant::parse("9223372036854775807").is_ok());
        for text in ["-292275055", "292278994T", "99999999999999999999999T"] {
            assert_eq!(
                Instant::parse(text),
                Err(InvalidInstant::YearOutOfRange),
                "{text}"
            );
        }
        assert_eq!(
            Instant::parse("9223372036854775808"),
            Err(InvalidInstant::EpochTooLarge)
        );
    }

    #[test]
    fn what_is_no_instant() {
        use InvalidInstant::{Malformed, NoSuchDate, NoSuchTime, Offset, TooManyDecimals};
        for (text, expected) in [
            ("", Malformed),
            ("-", Malformed),
            ("T", Malformed),
            ("T10:00", Malformed),
            ("sdfdsf", Malformed),
            ("+2018", Malformed),
            (" 2018-01-01", Malformed),
            ("2018-01-01 00:00:00", Malformed),
            ("2018-01-01-01", Malformed),
            ("2018-001", Malformed),
            ("2018-01-01TZ", Malformed),
            ("2018-01-01T1:2:3:4", Malformed),
            ("2018-01-01T00:00:00.", Malformed),
            ("2018-01-01T00:00:00,5", Malformed),
            ("1.5", Malformed),
            ("234-13", NoSuchDate),
            ("2018-02-29", NoSuchDate),
            ("1900-02-29", NoSuchDate),
            ("2018-00-01", NoSuchDate),
            ("2018-01-01T24:00:00Z", NoSuchTime),
            ("2018-01-01T00:60Z", NoSuchTime),
            ("2018-01-01T00:00:60Z", NoSuchTime),
            ("2016-12-13t2:00:00.593194+1", Offset),
            ("2016-12-13t2:00:00+1:00", Offset),
            ("2016-12-13t2:00:00+0100", Offset),
            ("2016-12-13t2:00:00+24", Offset),
            ("2016-12-13t2:00:00+01:60", Offset),
            ("2016-12-13t2:00:00+a1", Offset),
            ("2018-01-01T00:00:00Zx", Malformed),
            ("2016-12-13t2:00:00.1999999999+10:59", TooManyDecimals),
        ] {
            assert_eq!(Instant::parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in [
            "2026-11-23T05:00:00Z",
            "1969-12-31T23:59:59.5Z",
            "0000-01-01T00:00:00Z",
            "-0001-12-31T23:59:59.000000001Z",
            "-292275054-01-01T00:00:00Z",
            "292278993-12-31T23:59:59.999999999Z",
        ] {
            assert_eq!(Instant::parse(text).unwrap().to_string(), text);
        }
    }
}
