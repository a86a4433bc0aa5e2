//! Compares and splits short texts, several bytes at a time, without calling functions of the C library.

/// Whether two byte strings are equal.
///
/// Nearly all texts that a decision compares are at most 32 bytes long: accounts, Regions, service prefixes, names and ids.
/// Such texts are compared by their first and their last bytes, which overlap. Longer texts are compared as by `==`.
#[inline]
pub fn is_equal(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    match left.len() {
        33.. => left == right,
        16.. => has_equal_ends::<16>(left, right),
        8.. => has_equal_ends::<8>(left, right),
        4.. => has_equal_ends::<4>(left, right),
        2.. => has_equal_ends::<2>(left, right),
        _ => left.first() == right.first(),
    }
}

/// Whether the first and the last `N` bytes are equal.
#[inline]
fn has_equal_ends<const N: usize>(left: &[u8], right: &[u8]) -> bool {
    left.first_chunk::<N>() == right.first_chunk() && left.last_chunk::<N>() == right.last_chunk()
}

/// Splits a text at the first `separator`, an ASCII character.
#[inline]
pub fn split_once(text: &str, separator: u8) -> Option<(&str, &str)> {
    let (before, rest) = text.split_at_checked(position(text.as_bytes(), separator)?)?;
    Some((before, rest.get(1..)?))
}

/// Returns the position of the first `byte`.
#[inline]
fn position(bytes: &[u8], byte: u8) -> Option<usize> {
    let (groups, rest) = bytes.as_chunks();
    for (index, group) in groups.iter().enumerate() {
        if let Some(position) = position_in_group(*group, byte) {
            return Some(index * GROUP + position);
        }
    }
    let position = rest.iter().position(|other| *other == byte)?;
    Some(groups.len() * GROUP + position)
}

/// The number of bytes that are compared at once.
pub const GROUP: usize = size_of::<u64>();

/// Returns the position of the first `byte`.
#[inline]
pub fn position_in_group(group: [u8; GROUP], byte: u8) -> Option<usize> {
    let zeros = zeros(u64::from_le_bytes(group) ^ (EACH * u64::from(byte)));
    (zeros != 0).then_some(zeros.trailing_zeros() as usize / 8)
}

/// Whether a text contains one of the ASCII characters `characters`.
#[inline]
pub fn contains_any<const N: usize>(text: &str, characters: [u8; N]) -> bool {
    let has_any = |group: [u8; GROUP]| {
        let group = u64::from_le_bytes(group);
        let found = characters.map(|character| zeros(group ^ (EACH * u64::from(character))));
        found.into_iter().fold(0, |all, found| all | found)
    };
    let bytes = text.as_bytes();
    match bytes.last_chunk() {
        // The last group may overlap the one before it.
        Some(last) => {
            let groups = bytes.as_chunks().0.iter();
            groups.fold(has_any(*last), |found, group| found | has_any(*group)) != 0
        }
        None => bytes.iter().any(|byte| characters.contains(byte)),
    }
}

/// One in each byte.
const EACH: u64 = u64::MAX / 0xff;

/// Returns zero if no byte is zero. Otherwise the lowest bit is in the first byte that is zero; higher bits need not be in
/// one.
#[inline]
const fn zeros(bytes: u64) -> u64 {
    bytes.wrapping_sub(EACH) & !bytes & (EACH << 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every length on both sides of every limit, and a difference at every position.
    #[test]
    fn one_different_byte_is_noticed_at_every_position() {
        for length in 0..80 {
            let text: Vec<u8> = (0..length).collect();
            assert!(is_equal(&text, &text.clone()), "{length}");
            let mut longer = text.clone();
            longer.push(0);
            assert!(!is_equal(&text, &longer), "{length}");
            assert!(!is_equal(&longer, &text), "{length}");
            for position in 0..text.len() {
                let mut other = text.clone();
                other[position] ^= 0x80;
                assert!(!is_equal(&text, &other), "{length}, {position}");
            }
        }
    }

    #[test]
    fn the_first_of_equal_bytes_is_found() {
        let bytes: Vec<u8> = [
            [0, 1, 0x7f, 0x80, 0x81, 0xff, 2, 0],
            [1, 0, 3, 0xfe, 0x7e, 3, 3, 3],
            [0xff, 0xfe, 0xff, 0x80, 0, 0, 0, 0],
            [7; GROUP],
        ]
        .concat();
        for start in 0..bytes.len() {
            for end in start..=bytes.len() {
                let bytes = &bytes[start..end];
                for byte in 0..=u8::MAX {
                    let expected = bytes.iter().position(|other| *other == byte);
                    assert_eq!(position(bytes, byte), expected, "{bytes:?}, {byte}");
                }
            }
        }
    }

    /// Texts of every length around the length of a group, with characters of several bytes.
    #[test]
    fn texts_are_split_and_searched_as_by_the_standard_library() {
        let text = "arn:aws:ü:\u{80}\u{3a3a}z;;9:/*?:b";
        for (start, _) in text.char_indices() {
            for (end, _) in text.char_indices().filter(|(end, _)| *end >= start) {
                let text = text.get(start..end).unwrap();
                for character in b":;a9z*" {
                    let expected = text.split_once(char::from(*character));
                    assert_eq!(split_once(text, *character), expected, "{text}");
                }
                let expected = text.contains(['*', '?', 'b']);
                assert_eq!(contains_any(text, [b'*', b'?', b'b']), expected, "{text}");
            }
        }
    }
}
