//! Dates of signatures, in whole seconds.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The moment at which a request was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(i64);

impl Moment {
    /// Reads `20150830T123600Z`, and nothing else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = |range: std::ops::Range<usize>| {
            let part = text.get(range)?;
            let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| part.parse::<i16>().ok())?
        };
        let small = |range| i8::try_from(digits(range)?).ok();
        if text.len() != 16 || text.get(8..9) != Some("T") || text.get(15..) != Some("Z") {
            return None;
        }
        let (year, month, day) = (digits(0..4)?, small(4..6)?, small(6..8)?);
        let (hour, minute, second) = (small(9..11)?, small(11..13)?, small(13..15)?);
        let date = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
        let zoned = date.to_zoned(TimeZone::UTC).ok()?;
        Some(Self(zoned.timestamp().as_second()))
    }

    /// Reads the form of the header `Date`: `Sun, 30 Aug 2015 12:36:00 GMT`.
    pub(crate) fn parse_http(text: &str) -> Option<Self> {
        let timestamp = jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(text)
            .ok()?;
        Some(Self(timestamp.as_second()))
    }

    /// `20150830T123600Z`.
    pub(crate) fn to_basic(self) -> String {
        match Timestamp::from_second(self.0) {
            Ok(timestamp) => timestamp.strftime("%Y%m%dT%H%M%SZ").to_string(),
            // Beyond the year 9999, which no date of a request can be.
            Err(_) => String::from("99991231T235959Z"),
        }
    }

    /// The seconds from `earlier` to this moment; negative if this moment comes first.
    pub(crate) const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment that comes `seconds` later.
    pub(crate) const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        let seconds = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_secs())
                .map_or(i64::MIN, |seconds| seconds.saturating_neg()),
        };
        Self(seconds)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn reads_the_basic_form_only() {
        let moment = Moment::parse("20150830T123600Z").unwrap();
        assert_eq!(
            moment,
            Moment::from(UNIX_EPOCH + Duration::from_secs(1_440_938_160))
        );
        assert_eq!(moment.to_basic(), "20150830T123600Z");
        for other in [
            "",
            "20150830T123600",
            "20150830T1236000",
            "20150830t123600Z",
            "20150830 123600Z",
            "2015-8-30T123600Z",
            "20150830T123660Z",
            "20151330T123600Z",
            "20150229T123600Z",
            "+2015830T123600Z",
            "2015083éT12360Z",
            "2015-08-30T12:36:00Z",
        ] {
            assert_eq!(Moment::parse(other), None, "{other}");
        }
    }

    #[test]
    fn reads_the_date_header() {
        let moment = Moment::parse_http("Sun, 30 Aug 2015 12:36:00 GMT").unwrap();
        assert_eq!(moment.to_basic(), "20150830T123600Z");
        assert_eq!(Moment::parse_http("yesterday"), None);
    }

    #[test]
    fn survives_extreme_clocks() {
        let latest = Moment(i64::MAX);
        assert_eq!(latest.plus(1), latest);
        assert_eq!(latest.seconds_since(Moment(i64::MIN)), i64::MAX);
        assert_eq!(latest.to_basic(), "99991231T235959Z");
        assert_eq!(
            Moment::from(UNIX_EPOCH - Duration::from_secs(5)),
            Moment(-5)
        );
    }
}
