//! An archive is either rejected, or contains files of one directory within the limits. What is cut from it is never a
//! different set, and it can be written and read again.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use pinpoint_iam::source::PolicyFiles;
use pinpoint_iam_sources::{SetLimits, read_archive};
use tar::{Builder, Header};

/// The size of a block of an archive, in bytes.
const BLOCK: usize = 512;

const BYTES: usize = 64 * 1024;
const FILES: usize = 8;

fn limits() -> SetLimits {
    SetLimits::default()
        .with_bytes(BYTES as u64)
        .with_files(FILES)
}

/// Returns an archive with these files.
///
/// # Panics
///
/// If a name cannot be written.
pub fn archive<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, text) in files {
        let mut header = Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        let appended = builder.append_data(&mut header, name, text.as_bytes());
        appended.expect("writing to memory");
    }
    builder.into_inner().expect("writing to memory")
}

/// Compresses bytes with gzip.
///
/// # Panics
///
/// Never, because writing to memory does not fail.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

fn pairs(files: &PolicyFiles) -> Vec<(&str, &str)> {
    files.iter().collect()
}

/// Checks one input.
///
/// # Panics
///
/// If the property does not hold.
pub fn check(bytes: &[u8]) {
    let limits = limits();
    let Ok(files) = read_archive(bytes, &limits) else {
        return;
    };
    let pairs_of_input = pairs(&files);
    assert!(pairs_of_input.len() <= FILES);
    let size: usize = pairs_of_input.iter().map(|(_, text)| text.len()).sum();
    assert!(size <= BYTES);
    for (name, _) in &pairs_of_input {
        let is_hidden = matches!(*name, "" | "." | "..");
        assert!(!is_hidden && !name.contains(['/', '\\', '\0', '\n']));
    }
    for length in (0..bytes.len()).step_by(BLOCK) {
        if let Ok(cut) = read_archive(&bytes[..length], &limits) {
            assert_eq!(pairs(&cut), pairs_of_input);
        }
    }
    // Names with more than 100 bytes are entries of their own, which count as well.
    let written = archive(pairs_of_input.iter().copied());
    if written.len() <= BYTES && pairs_of_input.iter().all(|(name, _)| name.len() <= 100) {
        for bytes in [gzip(&written), written] {
            let again = read_archive(&bytes, &limits).expect("an archive of flat files");
            assert_eq!(pairs(&again), pairs_of_input);
        }
    }
}
