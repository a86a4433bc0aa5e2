//! Reads the members of JSON objects into a value that exists already.
//!
//! A record is large. The code that serde derives collects the members in variables, and copies all of them into the value and
//! the value into results.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::MapAccess;

/// Implements `Deserialize` and `FromLine` for a struct whose texts are borrowed. Each member has its name in JSON, `required` or `optional`,
/// the field, and the function that reads the value into it. As with derived code, unknown members are ignored, a member that
/// occurs twice is an error, and so is a required member that is missing. `FromLine` reads members in this order only.
macro_rules! read_in_place {
    ($type:ident by $reader:ident from $empty:expr;
     $($name:literal $need:ident $field:ident by $read:path,)+) => {
        struct $reader<'p, 'a>(&'p mut $type<'a>);

        impl<'de> Visitor<'de> for $reader<'_, 'de> {
            type Value = ();

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!("struct ", stringify!($type)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
                #[derive(Deserialize)]
                #[serde(field_identifier)]
                #[expect(non_camel_case_types, reason = "the names are those of the fields")]
                enum Member {
                    $(#[serde(rename = $name)] $field,)+
                    #[serde(other)]
                    Unknown,
                }

                let Self(place) = self;
                $(let mut $field = false;)+
                while let Some(member) = map.next_key()? {
                    match member {
                        $(Member::$field => {
                            if std::mem::replace(&mut $field, true) {
                                return Err(A::Error::duplicate_field($name));
                            }
                            $read(&mut map, &mut place.$field)?;
                        })+
                        Member::Unknown => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                $(read_in_place!(@$need A, $field, $name);)+
                Ok(())
            }
        }

        impl<'a> FromLine<'a> for $type<'a> {
            fn take(line: &mut Line<'a>) -> Option<Self> {
                let mut place = $empty;
                Self::take_into(line, &mut place)?;
                Some(place)
            }

            fn take_into(line: &mut Line<'a>, place: &mut Self) -> Option<()> {
                line.open()?;
                $(read_in_place!(@$need line, place.$field, $name);)+
                line.close()
            }
        }

        impl<'de> DeserializeSeed<'de> for $reader<'_, 'de> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.deserialize_struct(stringify!($type), &[$($name),+], self)
            }
        }

        impl<'de: 'a, 'a> Deserialize<'de> for $type<'a> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut place = $empty;
                $reader(&mut place).deserialize(deserializer)?;
                Ok(place)
            }
        }
    };
    (@required $map:ident, $field:ident, $name:literal) => {
        if !$field {
            return Err($map::Error::missing_field($name));
        }
    };
    (@optional $map:ident, $field:ident, $name:literal) => {};
    (@required $line:ident, $place:ident.$field:ident, $name:literal) => {
        $line.take_name(concat!(",\"", $name, "\":"))?;
        FromLine::take_into($line, &mut $place.$field)?;
    };
    (@optional $line:ident, $place:ident.$field:ident, $name:literal) => {
        if $line.take_name(concat!(",\"", $name, "\":")).is_some() {
            FromLine::take_into($line, &mut $place.$field)?;
        }
    };
}

pub(super) use read_in_place;

/// A text that is borrowed if it contains no escapes.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// Reads any value.
pub(super) fn value<'de, A, T>(map: &mut A, place: &mut T) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    T: Deserialize<'de>,
{
    *place = map.next_value()?;
    Ok(())
}

/// Reads a text.
pub(super) fn text<'de, A>(map: &mut A, place: &mut Cow<'de, str>) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
{
    let Text(text) = map.next_value()?;
    *place = text;
    Ok(())
}

/// Reads a text that may be `null`. Serde borrows the text of a `Cow` only if it is not in an `Option`.
pub(super) fn optional_text<'de, A>(
    map: &mut A,
    place: &mut Option<Cow<'de, str>>,
) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
{
    *place = map.next_value::<Option<Text<'_>>>()?.map(|text| text.0);
    Ok(())
}

/// Reads several texts. Serde borrows the text of a `Cow` only if it is not in a `Vec`.
pub(super) fn texts<'de, A>(map: &mut A, place: &mut Vec<Cow<'de, str>>) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
{
    let texts: Vec<Text<'_>> = map.next_value()?;
    *place = texts.into_iter().map(|text| text.0).collect();
    Ok(())
}
