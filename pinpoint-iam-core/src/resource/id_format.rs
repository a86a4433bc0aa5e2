//! What an id may hold and how it is written.

use std::borrow::Cow;

use super::error::InvalidIdReason;
use crate::pattern::characters::IdCharacters;
use crate::pattern::nfa::Nfa;

/// The longest value of an [`IdFormat::Identifier`] field, in bytes.
pub const MAX_IDENTIFIER_LENGTH: usize = 128;

/// The longest value of an [`IdFormat::Opaque`] field, in bytes, before it is encoded.
pub const MAX_OPAQUE_LENGTH: usize = 256;

/// Which values a field of a resource type accepts.
///
/// Every kind refuses the empty text, `.` and `..`, control characters and over-long values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdFormat {
    /// An id that the service itself gives out: ASCII letters, digits, `-`, `_` and `.`, at most
    /// [`MAX_IDENTIFIER_LENGTH`] bytes. It stands in the ARN as it is; everything else is refused, `/`, `:`, `*`,
    /// `?`, `$` and `%` among it.
    Identifier,
    /// An id that an application chooses, such as a user id: any text of at most [`MAX_OPAQUE_LENGTH`] bytes without
    /// control characters.
    ///
    /// ASCII letters, digits and `-` `_` `.` `~` `+` `=` `,` `@` stand in the ARN as they are. Every other byte of
    /// the UTF-8 text, `%` included, is written as `%` and two upper-case hexadecimal digits. So `a/b` gives `a%2Fb`,
    /// `a%2Fb` gives `a%252Fb`, and no two ids share an ARN; `*`, `?`, `$`, `/` and `:` cannot reach the ARN.
    /// Policies name such a resource in its encoded form.
    Opaque,
    /// One of a closed list of names, given as the list spells it, which is how it is written in the ARN, or in lower case,
    /// as routes spell it. No other spelling is accepted: `EMAIL` and `email` are, `Email` is not.
    OneOf(&'static [&'static str]),
}

impl IdFormat {
    /// Whether `character` stands in the ARN as it is. What an [`IdFormat::Opaque`] field does not keep it encodes; what
    /// another field does not keep it refuses.
    pub fn keeps(self, character: char) -> bool {
        match self {
            Self::Identifier => IdCharacters::Identifier.contain(character),
            Self::Opaque => IdCharacters::Opaque.contain(character),
            Self::OneOf(names) => names.iter().any(|name| name.contains(character)),
        }
    }

    /// Appends every id of this format to the texts of `language`, as ARNs have it.
    pub(super) fn append_to(self, language: &mut Nfa) {
        match self {
            Self::Identifier => language.push_id(IdCharacters::Identifier),
            Self::Opaque => language.push_id(IdCharacters::Opaque),
            Self::OneOf(values) => language.push_one_of(values),
        }
    }

    /// Writes an accepted value as it stands in the ARN.
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

    /// Writes a value without control characters that does not stand in the ARN as it is.
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

/// Whether `value` has no other bytes than these. It does not end at the first other one, so that the compiler can look at
/// many bytes at once.
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

/// Undoes percent-encoding, the encoding of [`IdFormat::Opaque`]; `None` where a `%` is not followed by two hexadecimal
/// digits, or the bytes are not UTF-8.
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
