//! Reads JSON in the form in which this crate writes records: the members in the order of the fields, without blanks between
//! them, and without escapes in texts.
//!
//! In this form, a text ends at the next quotation mark, and the next member has one of few names, so that neither has to be
//! read byte by byte. A line in any other form is read by `serde_json`, as are all values but texts and objects. What is read
//! here, `serde_json` would read as the same value. There are no errors here, because only `serde_json` explains them.

use std::borrow::Cow;
use std::time::Duration;

use memchr::memchr;
use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, Error};

use super::in_place::Text;

/// The rest of a line that contains no escapes and no control characters.
#[derive(Debug)]
pub(super) struct Line<'a> {
    rest: &'a str,
    /// Whether the next member is the first one of its object.
    is_first: bool,
}

impl<'a> Line<'a> {
    /// Returns `None` if a text of the line could contain an escape, or a control character, which JSON does not allow.
    pub(super) fn of(line: &'a str) -> Option<Self> {
        // Looks at every byte, so that the compiler compares several at once.
        let is_special = |byte: u8| u8::from(byte < 0x20) | u8::from(byte == b'\\');
        let found = line.bytes().fold(0, |found, byte| found | is_special(byte));
        (found == 0).then_some(Self {
            rest: line,
            is_first: false,
        })
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes `expected`, or nothing.
    #[inline]
    fn take(&mut self, expected: &'static str) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    /// Takes the start of an object.
    #[inline]
    pub(super) fn open(&mut self) -> Option<()> {
        self.take("{")?;
        self.is_first = true;
        Some(())
    }

    /// Takes the end of an object.
    #[inline]
    pub(super) fn close(&mut self) -> Option<()> {
        self.take("}")?;
        self.is_first = false;
        Some(())
    }

    /// Takes the name of the next member if it is `expected`, which is `,"name":`, and nothing otherwise.
    #[expect(
        clippy::inline_always,
        reason = "a text of known length is compared in few instructions, and there are 18 names for each record"
    )]
    #[inline(always)]
    pub(super) fn take_name(&mut self, expected: &'static str) -> Option<()> {
        if self.is_first {
            self.take(expected.get(1..)?)?;
            self.is_first = false;
            return Some(());
        }
        self.take(expected)
    }

    /// Takes the name of the next member.
    pub(super) fn name(&mut self) -> Option<&'a str> {
        if !std::mem::replace(&mut self.is_first, false) {
            self.take(",")?;
        }
        let name = self.text()?;
        self.take(":")?;
        Some(name)
    }

    /// Takes a text. If the next value is not a text, nothing is taken.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let rest = self.rest.strip_prefix('"')?;
        let (text, rest) = rest.split_at_checked(memchr(b'"', rest.as_bytes())?)?;
        self.rest = rest.strip_prefix('"')?;
        Some(text)
    }

    /// Takes a whole number that is not negative.
    #[inline]
    pub(super) fn number(&mut self) -> Option<u64> {
        let is_digit = |byte: &u8| byte.is_ascii_digit();
        let digits = self.rest.bytes().take_while(is_digit).count();
        let (digits, rest) = self.rest.split_at_checked(digits)?;
        // JSON does not allow zeros before a number. A fraction or an exponent is not taken, and nothing expects one.
        if digits.len() > 1 && digits.starts_with('0') {
            return None;
        }
        self.rest = rest;
        digits.parse().ok()
    }

    /// Takes any value.
    pub(super) fn value<T: Deserialize<'a>>(&mut self) -> Option<T> {
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter();
        let value = values.next()?.ok()?;
        self.rest = self.rest.get(values.byte_offset()..)?;
        Some(value)
    }
}

/// A value in a line.
pub(super) trait FromLine<'a>: Sized {
    /// Takes the value. By default, `serde_json` reads the line.
    fn take(_: &mut Line<'a>) -> Option<Self> {
        None
    }

    /// Takes the value into a place, so that a large one is not copied.
    #[inline]
    fn take_into(line: &mut Line<'a>, place: &mut Self) -> Option<()> {
        *place = Self::take(line)?;
        Some(())
    }
}

impl<'a> FromLine<'a> for Cow<'a, str> {
    #[inline]
    fn take(line: &mut Line<'a>) -> Option<Self> {
        line.text().map(Cow::Borrowed)
    }
}

impl<'a> FromLine<'a> for Vec<Cow<'a, str>> {
    fn take(line: &mut Line<'a>) -> Option<Self> {
        let texts: Vec<Text<'a>> = line.value()?;
        Some(texts.into_iter().map(|text| text.0).collect())
    }
}

impl<'a, T: FromLine<'a>> FromLine<'a> for Option<T> {
    #[inline]
    fn take(line: &mut Line<'a>) -> Option<Self> {
        T::take(line).map(Some)
    }
}

impl FromLine<'_> for Duration {
    #[inline]
    fn take(line: &mut Line<'_>) -> Option<Self> {
        line.number().map(Self::from_nanos)
    }
}

/// Values that `serde_json` reads.
macro_rules! values {
    ($($kind:ty),+) => {
        $(impl FromLine<'_> for $kind {
            fn take(line: &mut Line<'_>) -> Option<Self> {
                line.value()
            }
        })+
    };
}

values!(bool, u32, usize);

/// Takes a value whose variants have no data.
#[inline]
pub(super) fn variant<'a, T: Deserialize<'a>>(line: &mut Line<'a>) -> Option<T> {
    let name = BorrowedStrDeserializer::<'a, Error>::new(line.text()?);
    T::deserialize(name).ok()
}

#[cfg(test)]
mod tests {
    use crate::decision_log::Record;

    /// Records in the form in which they are written, with every member.
    const WRITTEN: [&str; 3] = [
        r#"{"v":1,"time":"2026-11-29T03:00:00.000001Z","request":"a-1","principal":{"arn":"arn:aws:iam::123456789012:user/ana","role":"arn:aws:iam::123456789012:role/r","path_is_unknown":true,"unique_id":"AIDA","groups":["a","b"],"roles":["r"],"session_policies":[{"name":"s","document":{"Statement":[]}}]},"action":"mobiletargeting:GetApp","resource":"arn:aws:mobiletargeting:us-east-1:123456789012:apps/ä","scope":"aws:us-east-1:123456789012","resource_account":"123456789012","keys":{"aws:SourceIp":"203.0.113.5","aws:A":null,"aws:B":true,"aws:C":-7,"aws:D":["x",false,3],"aws:E":{"state":"masked"}},"outcome":"allow","reason":"root_user","policy_type":"identity-based policy","statement":{"policy":"p","number":2,"sid":"S"},"revision":"7","sampled":10,"ns":812}"#,
        r#"{"v":1,"time":"1969-12-31T23:59:59Z","principal":{"kind":"service","name":"events"},"action":"a:B","outcome":"undecided","needs":["aws:X","aws:Y"],"revision":"","ns":0}"#,
        r#"{"v":1,"time":"2026-11-29T04:00:00.5+01:00","principal":{},"action":"","keys":{},"outcome":"deny","reason":"implicit_deny","statement":{"policy":"p","number":1},"revision":"7","ns":18446744073709551615}"#,
    ];

    /// Whether the record is read as a line. If so, `serde_json` reads the same record.
    fn is_read(line: &str) -> bool {
        let read = Record::parse_written(line);
        let expected = serde_json::from_str::<Record<'_>>(line).ok();
        assert!(read.is_none() || read == expected, "{line}");
        assert_eq!(Record::parse(line).ok(), expected, "{line}");
        read.is_some()
    }

    #[test]
    fn written_records_are_read() {
        for line in WRITTEN {
            assert!(is_read(line), "{line}");
            let record = Record::parse(line).expect("a record");
            let again = serde_json::to_string(&record).expect("a text");
            assert!(is_read(&again), "{again}");
        }
    }

    /// Each character is lost, replaced, or followed by another text.
    #[test]
    fn changed_records_are_read_as_by_serde_json() {
        let texts = [
            "",
            "\"",
            "\\",
            "\\u0041",
            "\n",
            "\u{0}",
            "\u{7f}",
            "{",
            "}",
            "[",
            "]",
            ",",
            ",,",
            ":",
            "0",
            "00",
            "-1",
            "1.5",
            "1e2",
            "e",
            "null",
            "true",
            " ",
            "\"x\"",
            "\"x\":1,",
            "{}",
            "[]",
            "\u{10ffff}",
        ];
        let mut read = 0;
        for line in WRITTEN {
            for (at, character) in line.char_indices() {
                let (before, rest) = line.split_at(at);
                let (_, after) = rest.split_at(character.len_utf8());
                for text in texts {
                    read += usize::from(is_read(&format!("{before}{text}{after}")));
                    read += usize::from(is_read(&format!("{before}{character}{text}{after}")));
                }
            }
        }
        assert!(read > 1_000, "{read} changed records are read");
    }

    /// A part of the record is lost, occurs twice, or is exchanged with the next one.
    #[test]
    fn records_with_other_members_are_read_as_by_serde_json() {
        for line in WRITTEN {
            for separator in [",", ":", "{", "}"] {
                let parts: Vec<&str> = line.split(separator).collect();
                for position in 0..parts.len() {
                    let mut lost = parts.clone();
                    let part = lost.remove(position);
                    is_read(&lost.join(separator));
                    let mut twice = parts.clone();
                    twice.insert(position, part);
                    is_read(&twice.join(separator));
                    let mut exchanged = parts.clone();
                    exchanged.swap(position, (position + 1) % parts.len());
                    is_read(&exchanged.join(separator));
                }
            }
        }
    }

    #[test]
    fn other_forms_are_left_to_serde_json() {
        let [line, ..] = WRITTEN;
        for (from, to) in [
            ("{\"v\":1,", "{ \"v\":1,"),
            ("{\"v\":1,", "{\"v\": 1,"),
            ("{\"v\":1,", "{\"v\":2,"),
            ("{\"v\":1,", "{\"v\":01,"),
            ("{\"v\":1,", "{\"own\":1,\"v\":1,"),
            ("\"a-1\"", "null"),
            ("\"a-1\"", "\"a\\u002d1\""),
            ("\"a-1\"", "\"a\u{1f}1\""),
            (":812}", ":0812}"),
            (":812}", ":18446744073709551616}"),
            (":812}", ":812.0}"),
            (":812}", ":812,}"),
            (":812}", ":812,\"own\":1}"),
            (":812}", ":812} "),
            (":812}", ":812}}"),
            ("00.000001Z", "00.00000aZ"),
            ("-29T", "-32T"),
            ("aws:A", "aws:sourceip"),
            ("\"aws:A\":null,", ""),
        ] {
            let changed = line.replacen(from, to, 1);
            assert_ne!(changed, line, "{from}");
            let is_left = !to.is_empty();
            assert_eq!(is_read(&changed), !is_left, "{from} {to}");
        }
        let list = r#""outcome":"list","list":{"kind":"filter","considered":3,"selected":1},"#;
        let list = line.replace(r#""outcome":"allow","#, list);
        assert!(!is_read(&list), "{list}");
        assert!(Record::parse(&list).is_ok(), "{list}");
    }
}
