//! Reads JSON as `serde_json` does, but only the form in which records are written: without spaces and without escapes.
//!
//! Everything else is an error, also if it is valid JSON. Then the caller reads the text with `serde_json`, which supports
//! all of JSON and has messages for errors.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use super::json::find_escape;

/// The maximum depth of arrays and objects. It is less than that of `serde_json`.
const MAX_DEPTH: u8 = 32;

/// Reads a value that is all of `text`; `None` if `serde_json` has to read it.
pub(super) fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Option<T> {
    let mut reader = Reader {
        rest: text,
        depth: 0,
    };
    let value = T::deserialize(&mut reader).ok()?;
    reader.rest.is_empty().then_some(value)
}

/// The value is not in the usual form, or it is not what was expected.
#[derive(Debug)]
struct Unusual;

impl fmt::Display for Unusual {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("not in the usual form")
    }
}

impl std::error::Error for Unusual {}

impl serde::de::Error for Unusual {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct Reader<'de> {
    rest: &'de str,
    depth: u8,
}

impl<'de> Reader<'de> {
    fn peek(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    /// Takes `expected`, which is the next part of the text.
    fn take(&mut self, expected: &str) -> Result<(), Unusual> {
        self.rest = self.rest.strip_prefix(expected).ok_or(Unusual)?;
        Ok(())
    }

    /// Takes a text without escapes.
    fn text(&mut self) -> Result<&'de str, Unusual> {
        self.take("\"")?;
        let end = find_escape(self.rest.as_bytes()).ok_or(Unusual)?;
        let (text, rest) = self.rest.split_at_checked(end).ok_or(Unusual)?;
        // It ends with the quote, and not before a control character or a backslash.
        self.rest = rest.strip_prefix('"').ok_or(Unusual)?;
        Ok(text)
    }

    /// Takes a whole number that is not negative.
    fn number(&mut self) -> Result<u64, Unusual> {
        let bytes = self.rest.as_bytes();
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
        let (digits, rest) = { self.rest.split_at_checked(digits.count()) }.ok_or(Unusual)?;
        if digits.len() > 1 && digits.starts_with('0') {
            return Err(Unusual);
        }
        self.rest = rest;
        digits.parse().map_err(|_| Unusual)
    }

    fn nested<T>(
        &mut self,
        start: &str,
        read: impl FnOnce(&mut Elements<'_, 'de>) -> Result<T, Unusual>,
        end: &str,
    ) -> Result<T, Unusual> {
        self.take(start)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Unusual);
        }
        let value = read(&mut Elements {
            reader: &mut *self,
            end: *end.as_bytes().first().ok_or(Unusual)?,
            is_first: true,
        })?;
        self.take(end)?;
        self.depth -= 1;
        Ok(value)
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Unusual;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        match self.peek() {
            Some(b'"') => visitor.visit_borrowed_str(self.text()?),
            Some(b'{') => self.nested("{", |members| visitor.visit_map(members), "}"),
            Some(b'[') => self.nested("[", |elements| visitor.visit_seq(elements), "]"),
            Some(b'n') => {
                self.take("null")?;
                visitor.visit_unit()
            }
            Some(b't') => {
                self.take("true")?;
                visitor.visit_bool(true)
            }
            Some(b'f') => {
                self.take("false")?;
                visitor.visit_bool(false)
            }
            _ => visitor.visit_u64(self.number()?),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        if self.peek() == Some(b'n') {
            self.take("null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unusual> {
        visitor.visit_newtype_struct(self)
    }

    /// Only variants without data are usual.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unusual> {
        visitor.visit_enum(BorrowedStrDeserializer::new(self.text()?))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map struct identifier ignored_any
    }
}

/// The elements of an array, or the members of an object.
struct Elements<'r, 'de> {
    reader: &'r mut Reader<'de>,
    end: u8,
    is_first: bool,
}

impl Elements<'_, '_> {
    /// Takes the comma before the next element; `false` at the end.
    fn has_next(&mut self) -> Result<bool, Unusual> {
        if self.reader.peek() == Some(self.end) {
            return Ok(false);
        }
        if !self.is_first {
            self.reader.take(",")?;
        }
        self.is_first = false;
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Unusual;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unusual> {
        match self.has_next()? {
            true => seed.deserialize(&mut *self.reader).map(Some),
            false => Ok(None),
        }
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = Unusual;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unusual> {
        match self.has_next()? {
            // Names are texts, whatever the seed would accept.
            true if self.reader.peek() != Some(b'"') => Err(Unusual),
            true => seed.deserialize(&mut *self.reader).map(Some),
            false => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unusual> {
        self.reader.take(":")?;
        seed.deserialize(&mut *self.reader)
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::decision_log::Record;

    const LINES: [&str; 4] = [
        r#"{"v":1,"time":"2026-11-29T03:00:00.000001Z","request":"a-1","principal":{"arn":"arn:aws:iam::123456789012:user/ana"},"action":"mobiletargeting:GetApp","resource":"arn:aws:mobiletargeting:us-east-1:123456789012:apps/ä","keys":{"aws:SourceIp":"203.0.113.5","aws:A":null,"aws:B":true,"aws:C":7,"aws:D":["x",false,3],"aws:E":{"state":"masked"}},"outcome":"allow","reason":"statement","policy_type":"identity-based policy","statement":{"policy":"p","number":2,"sid":"S"},"revision":"7","sampled":10,"ns":812}"#,
        r#"{"v":1,"time":"2026-11-29T03:00:00Z","principal":{"kind":"service","name":"events","groups":["a","b"],"roles":[],"path_is_unknown":false},"action":"a:B","scope":"aws::1","resource_account":null,"outcome":"undecided","needs":["aws:X"],"revision":"","ns":0,"own":{"a":[1,{"b":[]}],"c":null}}"#,
        r#"{"v":1,"time":"2026-11-29T03:00:00Z","principal":{"kind":"anonymous"},"action":"a:*","outcome":"list","list":{"kind":"filter","considered":3,"selected":18446744073709551615},"revision":"7","ns":1}"#,
        r#"{"v":1,"time":"2026-11-29T03:00:00Z","principal":{"arn":"a"},"action":"a:*","outcome":"list","list":{"kind":"constraint","rows":"nothing"},"revision":"7","ns":1}"#,
    ];

    /// Whether the line is read. If so, the record is the one that `serde_json` reads.
    fn is_read(line: &str) -> bool {
        let found = read::<Record<'_>>(line);
        let expected = serde_json::from_str::<Record<'_>>(line).ok();
        let is_read = found.is_some();
        assert!(!is_read || found == expected, "{line}");
        is_read
    }

    #[test]
    fn records_are_read_as_by_serde_json() {
        for line in LINES {
            assert!(is_read(line), "{line}");
        }
    }

    /// A character of a line is lost, replaced, or has another text after it.
    #[test]
    fn changed_lines_are_read_as_by_serde_json() {
        let texts = [
            "",
            "\"",
            "\\",
            "\n",
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
            "n",
            "null",
            "true",
            " ",
            "\"x\"",
            "{}",
            "[]",
            "\u{10ffff}",
        ];
        let mut read = 0;
        for line in LINES {
            for (at, character) in line.char_indices() {
                let (before, rest) = line.split_at(at);
                let (_, after) = rest.split_at(character.len_utf8());
                for text in texts {
                    read += usize::from(is_read(&format!("{before}{text}{after}")));
                    read += usize::from(is_read(&format!("{before}{character}{text}{after}")));
                }
            }
        }
        assert!(read > 1_000, "{read} changed lines are records");
    }

    #[test]
    fn some_json_is_left_to_serde_json() {
        let line = |value: &str| {
            let start =
                r#"{"v":1,"time":"2026-11-29T03:00:00Z","principal":{"arn":"a"},"action":"a:B""#;
            format!(r#"{start},"outcome":"deny","revision":"7","ns":1,"own":{value}}}"#)
        };
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for (value, expected) in [
            ("18446744073709551615", true),
            ("18446744073709551616", false),
            ("-1", false),
            ("01", false),
            ("1.0", false),
            ("1e1", false),
            (r#""\u0041""#, false),
            ("\"\u{1f}\"", false),
            ("\"\u{20}\u{7f}\"", true),
            (" 1", false),
            ("1 ", false),
            ("{1:2}", false),
            (r#"{"a":1,}"#, false),
            ("[1,]", false),
            ("[,1]", false),
            ("[1", false),
            (&nested(31), true),
            (&nested(32), false),
            (&nested(100_000), false),
        ] {
            assert_eq!(is_read(&line(value)), expected, "{value:.20}");
        }
        assert!(!is_read(""));
        assert!(!is_read(&format!("{} ", line("1"))));
        assert!(!is_read(&format!("{0}{0}", line("1"))));
        let policies = r#""arn":"a","session_policies":[{"name":"s","document":{}}]"#;
        let session = line("1").replace(r#""arn":"a""#, policies);
        assert!(!is_read(&session), "a document keeps its text");
    }
}
