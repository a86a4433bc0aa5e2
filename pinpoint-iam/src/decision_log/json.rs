//! Writes JSON as `serde_json` does, but looks for characters with escapes in sixteen bytes at a time, and not at all in
//! the names of fields and variants. Records are mostly texts without any.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::{Error, to_writer};

/// Appends `value` to `out`. Like `serde_json`, but without support for its `RawValue`.
pub(super) fn write<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), Error> {
    value.serialize(Json(out))
}

/// Whether JSON has to escape a part of `text`.
fn has_escapes(text: &[u8]) -> bool {
    // Compares every byte, so that the compiler compares all bytes of a chunk at once.
    #[inline]
    fn any(bytes: &[u8]) -> bool {
        let is_escaped =
            |byte: u8| u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\');
        bytes
            .iter()
            .fold(0, |found, byte| found | is_escaped(*byte))
            != 0
    }
    // The last chunk may overlap the one before it.
    if let Some(last) = text.last_chunk::<16>() {
        let (chunks, _) = text.as_chunks::<16>();
        return chunks.iter().any(|chunk| any(chunk)) || any(last);
    }
    match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) => any(first) | any(last),
        _ => any(text),
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) -> Result<(), Error> {
    if has_escapes(text.as_bytes()) {
        return to_writer(out, text);
    }
    write_quoted(out, text);
    Ok(())
}

/// Writes the name of a field or of a variant. Those of records and events have no character with an escape.
fn write_name(out: &mut Vec<u8>, name: &'static str) {
    debug_assert!(!has_escapes(name.as_bytes()), "{name:?} needs escapes");
    write_quoted(out, name);
}

fn write_quoted(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

struct Json<'o>(&'o mut Vec<u8>);

impl<'o> Json<'o> {
    /// Starts an object or an array.
    fn open(self, start: u8, end: &'static [u8]) -> Compound<'o> {
        self.0.push(start);
        Compound {
            out: self.0,
            is_first: true,
            end,
        }
    }

    /// Starts the object of a variant with data.
    fn open_variant(self, variant: &'static str, start: u8, end: &'static [u8]) -> Compound<'o> {
        self.0.push(b'{');
        write_name(self.0, variant);
        self.0.push(b':');
        self.open(start, end)
    }
}

/// An object or an array.
struct Compound<'o> {
    out: &'o mut Vec<u8>,
    is_first: bool,
    end: &'static [u8],
}

impl Compound<'_> {
    fn separate(&mut self) {
        if !self.is_first {
            self.out.push(b',');
        }
        self.is_first = false;
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.separate();
        write(self.out, value)
    }

    fn member<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.separate();
        write_name(self.out, name);
        self.out.push(b':');
        write(self.out, value)
    }

    fn close(self) {
        self.out.extend_from_slice(self.end);
    }
}

/// Implements methods for values that `serde_json` writes.
macro_rules! scalars {
    ($($method:ident: $kind:ty),+) => {
        $(fn $method(self, value: $kind) -> Result<(), Error> {
            to_writer(self.0, &value)
        })+
    };
}

impl<'o> Serializer for Json<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'o>;
    type SerializeTuple = Compound<'o>;
    type SerializeTupleStruct = Compound<'o>;
    type SerializeTupleVariant = Compound<'o>;
    type SerializeMap = Compound<'o>;
    type SerializeStruct = Compound<'o>;
    type SerializeStructVariant = Compound<'o>;

    scalars!(
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_char: char,
        serialize_bytes: &[u8]
    );

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        write_text(self.0, text)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        write_name(self.0, variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut object = self.open(b'{', b"}");
        object.member(variant, value)?;
        object.close();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'o>, Error> {
        Ok(self.open(b'[', b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'o>, Error> {
        Ok(self.open(b'[', b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'o>, Error> {
        Ok(self.open(b'[', b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'o>, Error> {
        Ok(self.open_variant(variant, b'[', b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'o>, Error> {
        Ok(self.open(b'{', b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'o>, Error> {
        Ok(self.open(b'{', b"}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'o>, Error> {
        Ok(self.open_variant(variant, b'{', b"}}"))
    }
}

/// Implements the traits of arrays.
macro_rules! arrays {
    ($($array:ident: $method:ident),+) => {
        $(impl $array for Compound<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })+
    };
}

arrays!(
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field
);

/// Implements the traits of objects whose members are fields.
macro_rules! objects {
    ($($object:ident),+) => {
        $(impl $object for Compound<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.member(name, value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })+
    };
}

objects!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Error;

    /// The names of members are texts in all records.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Error> {
        self.element(name)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.out.push(b':');
        write(self.out, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Everything<'a> {
        texts: Vec<&'a str>,
        map: BTreeMap<&'a str, i64>,
        none: Option<bool>,
        some: Option<f64>,
        tuple: (u8, char, ()),
        newtype: Newtype,
        variants: [Variants; 4],
        empty: [u8; 0],
    }

    #[derive(Serialize)]
    struct Newtype(u64);

    #[derive(Serialize)]
    enum Variants {
        Unit,
        Newtype(i8),
        Tuple(bool, bool),
        Struct { member: u16 },
    }

    #[test]
    fn values_are_written_as_by_serde_json() {
        let mut texts = vec![String::new(), "\u{e4}\u{10ffff}\u{7f}".to_owned()];
        // Every byte at every position of texts that are compared in different ways.
        for length in [1, 7, 8, 9, 15, 16, 17, 33] {
            for byte in 0..0x80_u8 {
                for position in 0..length {
                    let mut text = "a".repeat(length);
                    text.replace_range(
                        position..=position,
                        char::from(byte).encode_utf8(&mut [0; 4]),
                    );
                    texts.push(text);
                }
            }
        }
        let value = Everything {
            texts: texts.iter().map(String::as_str).collect(),
            map: BTreeMap::from([("", i64::MIN), ("a\"b", i64::MAX)]),
            none: None,
            some: Some(0.5),
            tuple: (u8::MAX, '\n', ()),
            newtype: Newtype(u64::MAX),
            variants: [
                Variants::Unit,
                Variants::Newtype(-1),
                Variants::Tuple(true, false),
                Variants::Struct { member: 1 },
            ],
            empty: [],
        };
        let mut written = Vec::new();
        write(&mut written, &value).expect("a value");
        assert_eq!(written, serde_json::to_vec(&value).expect("a value"));
    }
}
