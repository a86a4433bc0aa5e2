//! The formats of ids and their encoding in ARNs.

use std::borrow::Cow;

use super::error::InvalidIdReason;
use super::template::Ids;
use crate::pattern::characters::IdCharacters;

/// The maximum length of an [`IdFormat::Identifier`] value, in bytes.
pub const MAX_IDENTIFIER_LENGTH: usize = 128;

/// The maximum length of an [`IdFormat::Opaque`] value, in bytes, before encoding.
pub const MAX_OPAQUE_LENGTH: usize = 256;

/// The values that a field of a resource type accepts.
///
/// Every format rejects the empty string, `.` and `..`, control characters and values that are too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdFormat {
    /// An id that the service generates: ASCII letters, digits, `-`, `_` and `.`, at most [`MAX_IDENTIFIER_LENGTH`]
    /// bytes. The ARN contains it unchanged. All other characters are rejected, including `/`, `:`, `*`, `?`, `$` and
    /// `%`.
    Identifier,
    /// An id that an application chooses, such as a user id: any string of at most [`MAX_OPAQUE_LENGTH`] bytes without
    /// control characters.
    ///
    /// The ARN contains ASCII letters, digits and `-` `_` `.` `~` `+` `=` `,` `@` unchanged. Every other byte of the
    /// UTF-8 string, including `%`, is encoded as `%` and two upper-case hexadecimal digits. Thus `a/b` becomes
    /// `a%2Fb`, `a%2Fb` becomes `a%252Fb`, and different ids never share an ARN; `*`, `?`, `$`, `/` and `:` cannot
    /// occur in the ARN. Policies use the encoded form to name such a resource.
    Opaque,
    /// One of a closed list of names. It is accepted as spelled in the list, which is also its form in the ARN, or in
    /// lower case, as spelled in routes. No other spelling is accepted: `EMAIL` and `email` are valid, `Email` is not.
    OneOf(&'static [&'static str]),
}

impl IdFormat {
    /// Whether the ARN contains `character` unchanged. An [`IdFormat::Opaque`] field encodes other characters; other
    /// fields reject them.
    pub fn keeps(self, character: char) -> bool {
        match self {
            Self::Identifier => IdCharacters::Identifier.contain(character),
            Self::Opaque => IdCharacters::Opaque.contain(character),
            Self::OneOf(names) => names.iter().any(|name| name.contains(character)),
        }
    }

    /// The ids of this format, in the form used in ARNs.
    pub(super) fn ids(self) -> Ids<'static> {
        match self {
            Self::Identifier => Ids::Of(IdCharacters::Identifier),
            Self::Opaque => Ids::Of(IdCharacters::Opaque),
            Self::OneOf(values) => Ids::OneOf(values.to_vec()),
        }
    }

    /// Writes an accepted value in the form used in ARNs.
    pub(super) fn write(self, value: &str, out: &mut String) -> Result<(), InvalidIdReason> {
        let limit = match self {
            Self::Identifier | Self::OneOf(_) => MAX_IDENTIFIER_LENGTH,
            Self::Opaque => MAX_OPAQUE_LENGTH,
        };
        if value.is_empty() {
            return Err(InvalidIdReason::Empty);
        }
        if value.len() > limit {
            return Err(InvalidIdReason::TooLong { limit });
        }
        if value == "." || value == ".." {
            return Err(InvalidIdReason::Dots);
        }
        match self {
            Self::Identifier if consists_of(value, is_identifier) => out.push_str(value),
            Self::Opaque if consists_of(value, stands_for_itself) => out.push_str(value),
            _ => {
                if let Some(control) = value.chars().find(|character| character.is_control()) {
                    return Err(InvalidIdReason::Character(control));
                }
                self.write_with_care(value, out)?;
            }
        }
        Ok(())
    }

    /// Writes a value without control characters that is not written unchanged.
    fn write_with_care(self, value: &str, out: &mut String) -> Result<(), InvalidIdReason> {
        match self {
            Self::Identifier => match value.chars().find(|character| !self.keeps(*character)) {
                Some(refused) => return Err(InvalidIdReason::Character(refused)),
                None => out.push_str(value),
            },
            Self::Opaque => {
                for byte in value.bytes() {
                    if stands_for_itself(byte) {
                        out.push(char::from(byte));
                    } else {
                        out.push('%');
                        out.extend(hexadecimal(byte));
                    }
                }
            }
            Self::OneOf(names) => {
                let name = names
                    .iter()
                    .find(|name| **name == value || is_lower_case_of(name, value))
                    .ok_or(InvalidIdReason::NotOneOf(names))?;
                out.push_str(name);
            }
        }
        Ok(())
    }
}

/// Whether all bytes of `value` satisfy the predicate. It does not stop at the first other byte, so that the compiler
/// can process many bytes at once.
fn consists_of(value: &str, is_one: impl Fn(u8) -> bool) -> bool {
    value.bytes().fold(true, |all, byte| all & is_one(byte))
}

fn is_lower_case_of(name: &str, value: &str) -> bool {
    let lower_case = name.bytes().map(|byte| byte.to_ascii_lowercase());
    lower_case.eq(value.bytes())
}

fn is_identifier(byte: u8) -> bool {
    IdCharacters::Identifier.contain_byte(byte)
}

fn stands_for_itself(byte: u8) -> bool {
    IdCharacters::Opaque.contain_byte(byte)
}

fn hexadecimal(byte: u8) -> impl Iterator<Item = char> {
    [byte >> 4, byte & 0x0f]
        .into_iter()
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .map(|digit| digit.to_ascii_uppercase())
}

/// Decodes the percent-encoding of [`IdFormat::Opaque`]; `None` if a `%` is not followed by two hexadecimal digits, or
/// if the bytes are not UTF-8.
pub fn decode(value: &str) -> Option<Cow<'_, str>> {
    if !value.contains('%') {
        return Some(Cow::Borrowed(value));
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            let value = digit()? * 16 + digit()?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_list_is_spelled_as_in_the_arn_or_the_route() {
        let accepts = IdFormat::OneOf(&["EMAIL", "apns_Voip"]);
        let written = |value| {
            let mut text = String::new();
            accepts.write(value, &mut text).map(|()| text)
        };
        for (value, name) in [
            ("EMAIL", "EMAIL"),
            ("email", "EMAIL"),
            ("apns_Voip", "apns_Voip"),
            ("apns_voip", "apns_Voip"),
        ] {
            assert_eq!(written(value).as_deref(), Ok(name), "{value}");
        }
        for value in [
            "eMaIl",
            "Email",
            "EMAIl",
            "APNS_VOIP",
            "emai",
            "email ",
            "\u{212a}",
        ] {
            assert!(written(value).is_err(), "{value}");
        }
    }

    #[test]
    fn what_is_kept_is_written_as_it_is() {
        let kinds = [
            (IdFormat::Identifier, "aZ09-_.", "/:*?$% ~ü"),
            (IdFormat::Opaque, "aZ09-_.~+=,@", "/:*?$% ü\u{e9}"),
            (IdFormat::OneOf(&["SMS"]), "SM", "sm*"),
        ];
        for (accepts, kept, others) in kinds {
            assert!(kept.chars().all(|character| accepts.keeps(character)));
            assert!(!others.chars().any(|character| accepts.keeps(character)));
        }
    }
}
