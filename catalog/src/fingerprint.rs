//! Fingerprints for detecting changes of texts.
//!
//! They do not protect against forgery: an attacker who can write a catalog or the build directory can also write the
//! program.

/// The FNV-1a hash of the lines of a text. Line endings are ignored, because version control may change them.
pub(crate) fn of(text: &str) -> u64 {
    text.lines().fold(0xcbf2_9ce4_8422_2325, |hash, line| {
        let bytes = line.bytes().chain([b'\n']);
        bytes.fold(hash, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    })
}

/// The fingerprint in hexadecimal notation.
pub(crate) fn hexadecimal(text: &str) -> String {
    format!("{:016x}", of(text))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn line_endings_do_not_count_and_everything_else_does() {
        let text = "a = 1\nb = 2\n";
        assert_eq!(of(text), of("a = 1\r\nb = 2\r\n"));
        for (index, _) in text.trim_end().char_indices() {
            let mut changed = text.to_owned();
            changed.insert(index, ' ');
            assert_ne!(of(&changed), of(text), "{changed:?}");
        }
    }
}
